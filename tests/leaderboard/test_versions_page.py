"""The pages of updates: what broke and what was fixed, named or found, and nothing claimed where nothing changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.harness.cli import main
from evalrun.leaderboard.records.table import RunTable, read_run
from evalrun.leaderboard.site.names import slug
from evalrun.leaderboard.updates.versions import build_versions, found_pairs, named_pairs, version_mark

from .page_words import words

MakeRun = Callable[..., Path]
TASKS = [f"t{i}" for i in range(8)]


def site(tmp_path: Path, *arguments: object) -> Path:
    folder = tmp_path / "site"
    assert main(["leaderboard", *map(str, arguments), "-o", str(folder), "-q"]) == 0
    return folder


def pair_page(folder: Path, old: str, new: str) -> str:
    return (folder / "versions" / f"{slug(old)}--{slug(new)}.html").read_text(encoding="utf-8")


def outcomes(letters: str) -> dict[str, str]:
    return dict(zip(TASKS, letters, strict=True))


def test_an_update_has_a_page_with_each_task_that_changed(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", outcomes("PPPPwwww"))
    new = make_run("new", outcomes("PPwePPww"), detail="expected 1, found 2")
    folder = site(tmp_path, old, new, "--pair", "old:new")

    text = words(pair_page(folder, "old", "new"))
    assert "2 tasks broke and 2 were fixed: the net change of 0.0 points could be chance" in text
    assert "Broken (NFR) 25.0 %" in text
    assert "Broken: 2 tasks" in text
    assert "Fixed: 2 tasks" in text
    assert "t2 −100.0 1/1 0/1 wrong" in text
    assert "t3 −100.0 1/1 0/1 error" in text
    assert "t4 +100.0 0/1 1/1 wrong" in text
    index = words((folder / "versions" / "index.html").read_text(encoding="utf-8"))
    assert "From old to new: 2 tasks broke and 2 were fixed" in index
    assert "sampling alone" not in index.lower()


def test_the_tables_of_an_update_are_there_as_csv_and_json(make_run: MakeRun, tmp_path: Path) -> None:
    old, new = make_run("old", outcomes("PPPPwwww")), make_run("=new", outcomes("PPwwPwww"))
    folder = site(tmp_path, old, new, "--pair", "old:=new")
    name = f"data/versions/{slug('old')}--{slug('=new')}"

    rows = list(csv.DictReader(io.StringIO((folder / f"{name}.csv").read_text(encoding="utf-8"))))
    assert [(row["task"], row["direction"], row["old_passed"], row["new_passed"]) for row in rows] == [
        ("t2", "broken", "1", "0"),
        ("t3", "broken", "1", "0"),
        ("t4", "fixed", "0", "1"),
    ]
    assert [row["task"] for row in json.loads((folder / f"{name}.json").read_text())] == ["t2", "t3", "t4"]
    (update,) = json.loads((folder / "data/versions.json").read_text())
    assert (update["tasks_broken"], update["tasks_fixed"], update["nfr"], update["noise_floor"]) == (2, 1, 0.25, None)
    assert update["new"] == "=new"
    assert "'=new" in (folder / "data/versions.csv").read_text()


def test_identical_models_claim_no_flip(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run(label, outcomes("PPPwwPwP")) for label in ("model v1", "model v2")]
    folder = site(tmp_path, *runs)
    text = words(pair_page(folder, "model v1", "model v2"))
    index = words((folder / "versions" / "index.html").read_text(encoding="utf-8"))

    assert "No pass rate differs on 8 tasks; nothing was broken and nothing fixed." in text
    assert "nothing flipped" in index
    for word in ("better", "worse", "▲", "▼"):
        assert word not in index
        assert word not in text
    assert "<svg role" not in pair_page(folder, "model v1", "model v2")


def test_with_several_samples_a_task_sampling_alone_is_set_beside_what_broke(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", dict.fromkeys(TASKS, "PPPPPPwwww"))
    new = make_run("new", {**dict.fromkeys(TASKS, "PPPPPPwwww"), "t0": "wwwwwwwwww"})
    folder = site(tmp_path, old, new, "--pair", "old:new")
    text = words(pair_page(folder, "old", "new"))
    index = words((folder / "versions" / "index.html").read_text(encoding="utf-8"))
    assert "Sampling alone" in index
    assert "1 task lost pass rate and 0 gained" in text
    assert "Tasks that changed beyond sampling 1 of 8" in text
    assert "t0 −60.0 beyond sampling 6/10 0/10" in text


def test_a_chain_of_labels_is_a_pair_for_each_step_on_every_board_they_share(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [
        make_run(label, outcomes(letters), suite=suite)
        for suite in ("core", "other")
        for label, letters in (("a:1", "PPPPPPPP"), ("b", "PPPPPPPw"), ("c", "PPPPPPww"))
    ]
    folder = site(tmp_path, *runs, "--pair", "a:1:b:c")
    assert sorted(path.name for path in (folder / "versions").iterdir()) == sorted(
        ["index.html", f"{slug('a:1')}--{slug('b')}.html", f"{slug('b')}--{slug('c')}.html"]
    )
    for old, new in (("a:1", "b"), ("b", "c")):
        page = pair_page(folder, old, new)
        assert '<h2 id="update-1">On core@1</h2>' in page
        assert '<h2 id="update-2">On other@1</h2>' in page


def test_tasks_link_to_their_pages_and_flips_are_told_by_operator_and_tag(make_run: MakeRun, tmp_path: Path) -> None:
    tasks = [f"t{i}" for i in range(12)]
    roots = {task: f"root-{task}" for task in tasks[:6]}
    old = make_run("old", dict.fromkeys(tasks, "P"), roots=roots)
    new = make_run("new", {task: "w" if task in roots else "P" for task in tasks}, roots=roots)
    folder = site(tmp_path, old, new, "--pair", "old:new")
    page = pair_page(folder, "old", "new")
    (version,) = build_versions([read_run(old), read_run(new)], [("old", "new")], [read_run(old).board_key])

    assert [(part.kind, part.name, part.tasks, part.net) for part in version.parts] == [
        ("operator", "original tasks", 6, 0.0),
        ("operator", "rename", 6, -1.0),
    ]
    assert version.parts[1].adjusted == pytest.approx(2 * 2 / 2**6)
    assert "rename ▼ −100.0" not in words(page)  # p = 0.06 once adjusted
    link = page.split('<th scope="row" class="code"><a href="')[1].split('"')[0]
    assert (folder / "versions" / link).resolve().is_file()


def test_hostile_ids_and_details_are_text(make_run: MakeRun, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "../../../etc/passwd", "nul\x00\u202e", "\ud83d lone"]
    old = make_run("old", dict.fromkeys(names, "P"))
    new = make_run("</title><b>", dict.fromkeys(names, "w"), detail="<img src=x onerror=alert(1)>")
    folder = site(tmp_path, old, new, "--pair", "old:</title><b>")
    page = pair_page(folder, "old", "</title><b>")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert r"nul\x00\u202e" in page
    assert {path.parent for path in (folder / "versions").rglob("*")} == {folder / "versions"}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("gpt-x-0314", "gpt-x 4 digits"),
        ("gpt-x-0613", "gpt-x 4 digits"),
        ("Kestrel 70B (March)", "kestrel 70b month "),
        ("Kestrel 70B (June 2024)", "kestrel 70b month year"),
        ("m-2024-05-13", "m 8 digits"),
        ("m 20240513", "m 8 digits"),
        ("m v2.1", "m v"),
        ("Tessera 2", None),
        ("llama-7b", None),
        ("2024-05-13", None),
        ("model 0", None),
        ("march", None),
        ("x" * 5000 + "-v2", None),
    ],
)
def test_a_label_is_a_version_only_where_it_ends_in_a_date_or_a_number_said_to_be_one(
    label: str, name: str | None
) -> None:
    found = version_mark(label)
    assert (None if found is None else found[0]) == name


def test_versions_are_ordered_by_date_and_number_not_by_letters() -> None:
    marks = [version_mark(f"m v{number}") for number in ("9", "10", "2.1")]
    assert sorted(marks, key=lambda mark: mark[1] if mark else ()) == [marks[2], marks[0], marks[1]]
    june, march = version_mark("m (June)"), version_mark("m (March)")
    assert june is not None
    assert march is not None
    assert march[1] < june[1]


def test_neighbouring_versions_with_tasks_in_common_are_found(make_run: MakeRun) -> None:
    def table(label: str, suite: str = "core", **more: object) -> RunTable:
        return read_run(make_run(label, outcomes("PPPPPPPP"), suite=suite, **more))

    runs = [table("m v10"), table("m v2"), table("m v9"), table("m v1", suite="other"), table("n v1")]
    assert found_pairs(runs) == [("m v2", "m v9"), ("m v9", "m v10")]
    family = {"model": {"name": "x", "label": "spring", "family": "k"}}
    later = {"model": {"name": "x", "label": "autumn", "family": "k"}}
    named = [
        table("a", manifest=later, created="2026-09-01T00:00:00Z"),
        table("b", manifest=family, created="2026-03-01T00:00:00Z"),
    ]
    assert found_pairs(named) == [("spring", "autumn")]


def test_a_chain_that_names_no_label_or_could_mean_two_things_is_refused() -> None:
    from evalrun.benchmarks.errors import BadInput

    assert named_pairs("a:b", ["a", "b"]) == [("a", "b")]
    assert named_pairs("a:b:c", ["a", "b:c"]) == [("a", "b:c")]
    for chain, labels in (("a", ["a"]), ("a:x", ["a", "b"]), ("a:b:c", ["a", "b", "c", "a:b"]), ("", ["a"])):
        with pytest.raises(BadInput, match="expected OLD:NEW"):
            named_pairs(chain, labels)


def test_a_pair_without_common_tasks_is_refused(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [make_run("a", {"x": "P"}), make_run("b", {"y": "P"})]
    code = main(["leaderboard", *map(str, runs), "-o", str(tmp_path / "site"), "--pair", "a:b"])
    assert code == 2
    assert "--pair a:b: the two labels have no set of tasks in common" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()

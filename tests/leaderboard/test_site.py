"""The site as a folder: repeatable, replaced whole or not at all, in the place of nothing else, and checkable."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.cli import main
from evalrun.leaderboard.site import build, downloads, replacing
from evalrun.leaderboard.site.render import Asset

MakeRun = Callable[..., Path]


def make(out: Path, folders: list[Path], *options: str) -> int:
    return main(["leaderboard", *map(str, folders), "-o", str(out), *options])


def check(site: Path, folders: list[Path], *options: str) -> int:
    return main(["leaderboard", *map(str, folders), "--check", str(site), *options])


def content_of_folder(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name.startswith("."))


@pytest.fixture
def runs(make_run: MakeRun) -> list[Path]:
    return [make_run("one", {"a": "P", "b": "P"}), make_run("two", {"a": "P", "b": "w"})]


@pytest.fixture
def many(make_run: MakeRun) -> list[Path]:
    """Two models on two suites, one of them twice."""
    roots = {f"t{i}~r": f"t{i}" for i in range(6)}
    made = []
    for label, letters in (("one", "PPPPPw"), ("two", "PPPwww"), ("two", "PwPwww")):
        made.append(make_run(label, {f"t{i}": letter for i, letter in enumerate(letters)}, suite="core"))
        evolved = {task: letters[i] for i, task in enumerate(roots)}
        made.append(make_run(label, evolved, suite="core-evolved", roots=roots))
    return made


def test_a_rebuild_is_the_same_bytes_in_whatever_order_runs_are_given(many: list[Path], tmp_path: Path) -> None:
    assert make(tmp_path / "one", many, "--pair", "one:two") == 0
    assert make(tmp_path / "two", many[::-1], "--pair", "one:two") == 0
    assert content_of_folder(tmp_path / "one") == content_of_folder(tmp_path / "two")


def test_checksums_list_every_file_as_sha256sum_would(runs: list[Path], tmp_path: Path) -> None:
    make(tmp_path / "site", runs)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "checksums.txt"], cwd=tmp_path / "site", check=False
    )
    assert done.returncode == 0
    listed = {line.split("  ", 1)[1] for line in (tmp_path / "site" / "checksums.txt").read_text().splitlines()}
    assert listed == content_of_folder(tmp_path / "site").keys() - {"checksums.txt"}


def test_one_run_given_twice_counts_once(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run("m", {"a": "P"})
    make(tmp_path / "one", [run])
    make(tmp_path / "two", [run, run])
    assert content_of_folder(tmp_path / "one") == content_of_folder(tmp_path / "two")


# Replacing


def test_a_site_is_replaced_by_the_next_one(runs: list[Path], tmp_path: Path) -> None:
    site = tmp_path / "site"
    make(site, runs, "--title", "Old", "--pair", "one:two")
    make(site, runs, "--title", "New")
    assert "New" in (site / "index.html").read_text(encoding="utf-8")
    assert not (site / "versions").exists()
    assert beside(site) == []


def test_a_fault_in_the_middle_leaves_the_old_site_whole(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    make(site, runs)
    before = content_of_folder(site)
    whole = build.assets

    def torn(content: object) -> object:
        for number, file in enumerate(whole(content)):  # type: ignore[arg-type]
            if number == 4:
                raise RuntimeError("torn")
            yield file

    monkeypatch.setattr(build, "assets", torn)
    with pytest.raises(RuntimeError, match="torn"):
        make(site, runs, "--title", "New")
    assert content_of_folder(site) == before
    assert beside(site) == []


def test_a_kill_in_the_middle_leaves_the_old_site_whole_and_the_next_build_works(
    runs: list[Path], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    make(site, runs)
    before = content_of_folder(site)
    script = (
        "import sys, time\n"
        "from evalrun.leaderboard.site import build\n"
        "from evalrun.harness.cli import main\n"
        "whole = build.assets\n"
        "def slow(content):\n"
        "    for number, file in enumerate(whole(content)):\n"
        "        yield file\n"
        "        if number == 5:\n"
        "            print('half', flush=True)\n"
        "            time.sleep(60)\n"
        "build.assets = slow\n"
        "main(sys.argv[1:])\n"
    )
    arguments = ["leaderboard", *map(str, runs), "-o", str(site), "--title", "New"]
    with subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)

    assert content_of_folder(site) == before
    (left,) = beside(site)
    assert left.startswith(".site.")
    assert left.endswith(".building")
    long_ago = time.time() - 7200
    os.utime(site.parent / left, (long_ago, long_ago))
    assert make(site, runs, "--title", "New") == 0
    assert "New" in (site / "index.html").read_text(encoding="utf-8")
    assert beside(site) == []


def test_a_build_that_may_still_be_running_is_let_alone(tmp_path: Path) -> None:
    other, fresh = tmp_path / f".site.{os.getpid()}.old", tmp_path / ".site.999999999.building"
    unlike = tmp_path / ".site.mine.building"
    for folder in (other, fresh, unlike):
        folder.mkdir()
    with replacing.replacing(tmp_path / "site") as building:
        (building / "index.html").write_text("x")
    assert beside(tmp_path / "site") == sorted(path.name for path in (other, fresh, unlike))


def test_where_two_names_cannot_be_exchanged_in_one_step_they_are_in_two(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "_exchange", lambda one, other: False)
    make(tmp_path / "site", runs)
    make(tmp_path / "site", runs, "--title", "New")
    assert "New" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert beside(tmp_path / "site") == []


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"thesis.txt": "mine"}, "not empty and no site that evalrun made"),
        ({"index.html": "mine"}, "not empty and no site that evalrun made"),
        ({"checksums.txt": f"{'0' * 64}  thesis.txt\n", "thesis.txt": "mine"}, "not empty and no site"),
    ],
)
def test_a_folder_that_is_no_site_is_refused_and_let_alone(
    runs: list[Path], tmp_path: Path, files: dict[str, str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name, text in files.items():
        (site / name).write_text(text)
    assert make(site, runs) == 2
    assert named in capsys.readouterr().err
    assert {path.name: path.read_text() for path in site.iterdir()} == files


def test_what_someone_put_into_a_site_is_never_deleted(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    make(site, runs)
    (site / ".git").mkdir()
    (site / ".git" / "HEAD").write_text("ref: refs/heads/pages")
    (site / "CNAME").write_text("bench.example.org")
    assert make(site, runs) == 2
    assert "holds .git/HEAD, CNAME, which evalrun did not put there" in capsys.readouterr().err
    assert (site / "CNAME").read_text() == "bench.example.org"


def test_a_file_in_the_place_of_the_site_is_refused(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    assert make(tmp_path / "site", runs) == 2
    assert (tmp_path / "site").read_text() == "mine"
    with pytest.raises(BadInput, match="a file, not a folder"):
        replacing.refuse_foreign(tmp_path / "site")


def test_a_single_page_of_an_earlier_time_is_replaced(runs: list[Path], tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in ("index.html", "data.csv", "data.json"):
        (site / name).write_text("old")
    assert make(site, runs) == 0
    assert not (site / "data.csv").exists()


def test_a_link_to_the_site_stays_a_link(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to("real")
    assert make(tmp_path / "site", runs) == 0
    assert make(tmp_path / "site", runs, "--title", "New") == 0
    assert (tmp_path / "site").is_symlink()
    assert "New" in (tmp_path / "real" / "index.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_named(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert make(tmp_path / "file" / "site", runs) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_site_that_would_be_too_large_is_not_written_and_its_largest_parts_are_named(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "assets", lambda content: iter([Asset("big/a", b"x" * 1_500_000), Asset("b", b"y")]))
    assert make(tmp_path / "site", [make_run("m", {"a": "P"})], "--max-size", "1") == 2
    error = capsys.readouterr().err
    assert "the site would have 1.5 MB, more than 1 MB (largest parts: big 1.5 MB, b 0.0 MB)" in error
    assert "--samples none" in error
    assert not (tmp_path / "site").exists()
    assert beside(tmp_path / "site") == []


# Checking


def test_a_site_is_checked_with_the_choices_recorded_in_it(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    make(site, runs, "--title", "A title", "--pair", "one:two", "--samples", "none", "--no-publish-prompts")
    assert check(site, runs[::-1]) == 0
    assert "exactly what 2 runs give" in capsys.readouterr().out


def test_a_site_whose_versions_were_found_by_their_labels_checks_out(make_run: MakeRun, tmp_path: Path) -> None:
    labels = ("zeta-1.0", "zeta-1.1", "alpha-2025-01-01", "alpha-2025-06-01", "alpha-2025-03-01")
    folders = [make_run(label, {"a": "P", "b": "Pw"[i % 2]}) for i, label in enumerate(labels)]
    make(tmp_path / "site", folders)
    assert len(json.loads((tmp_path / "site" / "data" / "options.json").read_text())["pairs"]) == 2
    assert check(tmp_path / "site", folders) == 0


def test_prices_are_shown_recorded_and_used_again(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run("m", {"a": "P", "b": "w"})
    lines = (run / "samples.jsonl").read_text().splitlines()
    usage = '{"usage":{"input_tokens":1000,"output_tokens":500},'
    (run / "samples.jsonl").write_text("".join(usage + line[1:] + "\n" for line in lines))
    (tmp_path / "prices.toml").write_text('["m"]\nin = 2.0\nout = 4.0\n["another"]\nin = 1\nout = 1\n')
    site = tmp_path / "site"
    assert make(site, [run], "--prices", str(tmp_path / "prices.toml")) == 0

    # 1,000 in at 2 and 500 out at 4 a million: 0.004 an answer.
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "Cost of 1,000 answers" in page
    assert ">4.00<" in page
    options = json.loads((site / "data" / "options.json").read_text())
    assert options["prices"] == {"m": [2.0, 4.0]}  # what others cost is nobody's business
    assert check(site, [run]) == 0
    (tmp_path / "prices.toml").write_text('["m"]\nin = 3.0\nout = 4.0\n')
    assert check(site, [run], "--prices", str(tmp_path / "prices.toml")) == 3


def test_a_price_that_is_none_is_refused_before_anything_is_written(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prices.toml").write_text('["m"]\nin = "free"\nout = 4.0\n')
    assert make(tmp_path / "site", runs, "--prices", str(tmp_path / "prices.toml")) == 2
    assert "prices.toml" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_check_says_which_files_are_not_what_the_runs_give(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    make(site, runs)
    page = site / "method.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Chen", "Chan"), encoding="utf-8")
    (site / "site.js").unlink()
    (site / "extra.html").write_text("x")
    before = content_of_folder(site)

    assert check(site, runs) == 3
    said = capsys.readouterr()
    assert "changed since the site was made: 1 file: method.html" in said.out
    assert "listed but not there: 1 file: site.js" in said.out
    assert "there but not listed: 1 file: extra.html" in said.out
    assert "not what these runs give" in said.err
    assert content_of_folder(site) == before


def test_a_check_with_other_runs_finds_the_pages_that_would_differ(
    runs: list[Path], make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "site", runs)
    assert check(tmp_path / "site", [*runs, make_run("three", {"a": "P"})]) == 3
    said = capsys.readouterr().out
    assert "the runs now give another content: " in said
    assert "index.html" in said
    assert "the runs give this file, the site lacks it" in said


def test_one_verdict_altered_in_a_record_is_found(runs: list[Path], tmp_path: Path) -> None:
    make(tmp_path / "site", runs)
    verdicts = runs[1] / "verdicts.jsonl"
    verdicts.write_text(verdicts.read_text().replace('"wrong"', '"pass"', 1))
    assert check(tmp_path / "site", runs) == 3


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1, "title": 7}', '{"schema": 99}'])
def test_a_folder_without_the_choices_of_a_site_cannot_be_checked(
    runs: list[Path], tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "site", runs)
    (tmp_path / "site" / "data" / "options.json").write_text(text)
    assert check(tmp_path / "site", runs) == 2
    assert "options.json" in capsys.readouterr().err


def test_checksums_that_lead_out_of_the_site_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "checksums.txt").write_text("0  ../secret\n0  /etc/passwd\n0  a/../../b\n0  fine.html\nnonsense\n")
    assert replacing.read_checksums(tmp_path) == {"fine.html": "0"}


def test_either_a_site_is_written_or_one_is_checked(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", str(runs[0])]) == 2
    assert make(tmp_path / "site", runs, "--check", str(tmp_path / "site")) == 2
    assert "give either -o FOLDER" in capsys.readouterr().err


def test_quiet_says_nothing(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make(tmp_path / "site", runs, "--quiet") == 0
    assert check(tmp_path / "site", runs, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_a_pair_of_unknown_labels_is_refused_with_the_known_ones(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [make_run(label, {"a": "P"}) for label in ("one", "two")]
    assert make(tmp_path / "site", folders, "--pair", "one:three") == 2
    assert "the labels are one, two" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


# Downloads


def test_csv_and_json_hold_what_the_page_holds(make_run: MakeRun, tmp_path: Path) -> None:
    make(tmp_path / "site", [make_run("=1+1", {"a": "PPwww", "b": "Pwwww"}), make_run("n", {"a": "P", "b": "i"})])
    data_folder = tmp_path / "site" / "data"
    for name in ("board", "board-1"):
        rows = list(csv.DictReader(io.StringIO((data_folder / f"{name}.csv").read_text(encoding="utf-8"))))
        assert [row["model"] for row in rows] == ["'=1+1", "n"]
        assert float(rows[0]["pass_at_1"]) == pytest.approx(0.3)
        assert (rows[0]["rank"], rows[1]["rank"]) == ("1", "")
        assert rows[1]["pass_at_1"] == ""
    data = json.loads((data_folder / "board.json").read_text(encoding="ascii"), parse_constant=pytest.fail)
    first, second = data["boards"][0]["rows"]
    assert first["model"] == "=1+1"
    assert first["pass_at_k"]["5"] == 1.0
    assert second["pass_at_k"]["1"] is None
    assert second["owed"] == 1
    assert data["bootstrap"]["seed"] == 0


def test_every_table_that_is_linked_is_there_in_both_forms_and_agrees(many: list[Path], tmp_path: Path) -> None:
    make(tmp_path / "site", many, "--pair", "one:two")
    data = tmp_path / "site" / "data"
    for path in data.rglob("*.csv"):
        if path.name == "board.csv":
            continue
        rows = json.loads(path.with_suffix(".json").read_text(encoding="ascii"))
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        assert len(lines) == len(rows) + 1, path
        assert not rows or lines[0] == list(rows[0]), path


def test_a_table_of_hostile_texts_cannot_become_a_formula_or_a_missing_number_a_zero() -> None:
    rows = [
        {"text": text, "number": number}
        for text in ("=1+1", "+1", "-1", "@x", "\t=1", "\uff1d1", 'say "hi", now\nor never', "\ud800\x00")
        for number in (float("nan"), None, -0.5, 3, True)
    ]
    written, plain = downloads.table("hostile/table", rows)
    assert (written.path, plain.path) == ("data/hostile/table.csv", "data/hostile/table.json")
    lines = list(csv.reader(io.StringIO(written.content.decode("utf-8"))))
    assert lines[0] == ["text", "number"]
    for text, number in lines[1:]:
        assert not text.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
        assert number in ("", "-0.5", "3", "True")
    back = json.loads(plain.content.decode("ascii"), parse_constant=pytest.fail)
    assert [row["text"] for row in back] == [row["text"] for row in rows]
    assert {str(row["number"]) for row in back} == {"None", "-0.5", "3", "True"}


def test_rows_of_one_table_have_the_same_columns() -> None:
    with pytest.raises(ValueError, match="different columns"):
        list(downloads.table("x", [{"a": 1}, {"b": 1}]))
    written, plain = downloads.table("empty", [])
    assert (written.content, plain.content) == (b"\n", b"[]\n")


def test_controls_are_recorded_with_a_site_and_a_label_that_no_run_has_is_refused(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(make_run(label, {"a": "P"})) for label in ("reference", "model")]
    site = tmp_path / "site"
    assert main(["leaderboard", *runs, "-o", str(site), "--control", "reference"]) == 0
    assert main(["leaderboard", *runs, "--check", str(site)]) == 0
    assert main(["leaderboard", *runs, "--check", str(site), "--control", "model"]) == 3
    assert main(["leaderboard", *runs, "-o", str(tmp_path / "new"), "--control", "nobody"]) == 2
    assert "no run has this label" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()

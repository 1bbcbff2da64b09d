"""The page: self-contained, repeatable, and deaf to whatever a run's texts say."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalrun.harness.cli import main

MakeRun = Callable[..., Path]

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</title></style></script><b>",
    "$\\frac$ {{ 7*7 }} {% raw %}",
    "abc\u202egnp.exe\u2066",
    "nul\x00 bell\x07 \x1b[2J",
    '=HYPERLINK("http://evil.example")',
    "\ud83d lone \udc00",
    "javascript:alert(1)",
    "<!-- --> <![CDATA[ &lt;b&gt; &#60;",
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Tree(HTMLParser):
    """Elements with their attributes, in order, and whether every one is closed in its place."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.elements]


def parse(html: str) -> Tree:
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def build(out: Path, folders: list[Path], *options: str) -> str:
    assert main(["leaderboard", *map(str, folders), "-o", str(out), *options]) == 0
    return (out / "index.html").read_text(encoding="utf-8")


def site_runs(make_run: MakeRun, names: tuple[str, ...], detail: str = "found 2") -> list[Path]:
    """Originals and evolved runs of every name, one run with owed samples; names also stand for tasks and operators."""
    originals = {f"{name}/{i}": "P" for i, name in enumerate(names)}
    roots = {f"{task}~e": task for task in originals}
    operators = {child: f"op {child}" for child in roots}
    folders = []
    for i, name in enumerate(names):
        letters = {task: "P" if position >= i else "w" for position, task in enumerate(originals)}
        folders.append(make_run(name, letters, suite=names[0], detail=detail, created=f"2026-01-02 {name}"))
        evolved = {child: "w" if position % 2 else "P" for position, child in enumerate(roots)}
        folders.append(
            make_run(name, evolved, suite=names[1], roots=roots, operators=operators, detail=detail, created=name)
        )
    folders.append(make_run("owing " + names[0], {**originals, next(iter(originals)): "i"}, suite=names[0]))
    return folders


@pytest.fixture
def site(make_run: MakeRun, tmp_path: Path) -> str:
    names = tuple(f"model {i}" for i in range(len(HOSTILE)))
    return build(tmp_path / "site", site_runs(make_run, names), "--pair", "model 0:model 1")


def test_hostile_runs_make_the_same_elements_as_harmless_ones(make_run: MakeRun, tmp_path: Path) -> None:
    harmless = tuple(f"model {i}" for i in range(len(HOSTILE)))
    pairs = []
    for kind, names in (("harmless", harmless), ("hostile", HOSTILE)):
        folders = site_runs(make_run, names, detail="".join(HOSTILE) if kind == "hostile" else "found 2")
        build(tmp_path / kind, folders, "--title", names[2])
        pairs.append(parse((tmp_path / kind / "index.html").read_text(encoding="utf-8")))
    harmless_tree, hostile_tree = pairs

    assert Counter(hostile_tree.shape()) == Counter(harmless_tree.shape())
    assert hostile_tree.others == harmless_tree.others == []
    text = "".join(hostile_tree.text)
    assert "<script>alert(1)</script>" in text
    assert r"abc\u202egnp.exe\u2066" in text
    assert r"nul\x00 bell\x07 \x1b[2J" in text
    assert "{{ 7*7 }}" in text
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}


def test_hostile_task_ids_and_details_are_text_in_the_flips(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", dict.fromkeys(HOSTILE, "P"), detail="".join(HOSTILE))
    new = make_run("a:b", dict.fromkeys(HOSTILE, "w"), detail="".join(HOSTILE))
    html = build(tmp_path / "site", [old, new], "--pair", "old:a:b")
    tree = parse(html)
    assert Counter(tag for tag, _ in tree.elements)["script"] == 1
    assert not any(name.startswith("on") for _, attributes in tree.elements for name in attributes)
    assert not any(tag == "img" for tag, _ in tree.elements)
    assert "javascript:alert(1)" in "".join(tree.text)


def test_the_page_refers_to_nothing_outside_its_folder(site: str) -> None:
    for tag, attributes in parse(site).elements:
        for name in ("src", "href", "action", "data", "poster", "srcset", "formaction"):
            value = attributes.get(name)
            assert value is None or value.startswith("#") or value in ("data.csv", "data.json", "data:,"), (tag, value)
    assert not re.search(r"@import|url\((?!#)", site)


def test_the_policy_names_exactly_the_style_and_the_script_that_are_there(site: str) -> None:
    tree = parse(site)
    (policy,) = [str(a["content"]) for tag, a in tree.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", site, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any("style" in attributes for _, attributes in tree.elements)
    order = [a.get("http-equiv") or tag for tag, a in tree.elements]
    assert order.index("Content-Security-Policy") < min(order.index("style"), order.index("link"), order.index("title"))
    assert len(re.findall(r"<script>(.*?)</script>", site, re.DOTALL)[0].encode()) < 2048


def test_the_page_is_sound_html_for_readers_and_screen_readers(site: str) -> None:
    tree = parse(site)
    ids = [str(attributes["id"]) for _, attributes in tree.elements if "id" in attributes]
    tags = Counter(tag for tag, _ in tree.elements)

    assert len(ids) == len(set(ids))
    assert (tags["h1"], tags["main"], tags["title"] >= 1) == (1, 1, True)
    assert all("scope" in attributes for tag, attributes in tree.elements if tag == "th")
    for tag, attributes in tree.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(str(attributes.get(name) or "").split()) <= set(ids), tag
        if str(attributes.get("href", "")).startswith("#"):
            assert str(attributes["href"])[1:] in ids
        if tag == "svg":
            assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"


def test_a_rebuild_is_the_same_bytes_in_whatever_order_runs_are_given(make_run: MakeRun, tmp_path: Path) -> None:
    folders = site_runs(make_run, tuple(f"model {i}" for i in range(6)))
    for name, order in (("one", folders), ("two", folders[::-1])):
        build(tmp_path / name, order)
    for file in ("index.html", "data.csv", "data.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_the_numbers_stand_in_the_page_without_any_script(make_run: MakeRun, tmp_path: Path) -> None:
    before = make_run("memorizer", {f"t{i}": "P" for i in range(40)}, suite="core")
    roots = {f"t{i}~r": f"t{i}" for i in range(40)}
    after = make_run("memorizer", dict.fromkeys(roots, "w"), suite="core-evolved", roots=roots)
    text = " ".join("".join(parse(build(tmp_path / "site", [before, after])).text).split())

    assert "memorizer scores 100.0 % on core@1, the only complete run there." in text
    assert "memorizer falls from 100.0 % to 0.0 % on tasks evolved from core@1." in text
    assert "−100.0" in text
    assert "newest run 2026-01-02" in text
    assert "docker abcdef012345" in text
    assert "temperature 0.0" in text


def test_owed_samples_are_flagged_on_the_page_and_on_stderr(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = build(
        tmp_path / "site",
        [make_run("m", {"a": "P", "b": "i", "c": "-"}), make_run("n", {"a": "P", "b": "P", "c": "P"})],
    )
    assert "incomplete: 2 owed" in html
    assert "1 unanswered, 1 lost to infra" in html
    assert "1 run is incomplete and not ranked" in html
    assert "2 samples owed" in capsys.readouterr().err


def test_csv_and_json_hold_what_the_page_holds(make_run: MakeRun, tmp_path: Path) -> None:
    build(tmp_path / "site", [make_run("=1+1", {"a": "PPwww", "b": "Pwwww"}), make_run("n", {"a": "P", "b": "i"})])
    rows = list(csv.DictReader(io.StringIO((tmp_path / "site" / "data.csv").read_text(encoding="utf-8"))))
    data = json.loads((tmp_path / "site" / "data.json").read_text(encoding="ascii"), parse_constant=pytest.fail)

    assert [row["model"] for row in rows] == ["'=1+1", "n"]
    assert float(rows[0]["pass_at_1"]) == pytest.approx(0.3)
    assert (rows[0]["rank"], rows[1]["rank"]) == ("1", "")
    assert rows[1]["pass_at_1"] == ""
    first, second = data["boards"][0]["rows"]
    assert first["model"] == "=1+1"
    assert first["pass_at_k"]["5"] == 1.0
    assert second["pass_at_k"]["1"] is None
    assert second["owed"] == 1
    assert data["bootstrap"]["seed"] == 0


def test_a_pair_of_unknown_labels_is_refused_with_the_known_ones(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [str(make_run(label, {"a": "P"})) for label in ("one", "two")]
    assert main(["leaderboard", *folders, "-o", str(tmp_path / "site"), "--pair", "one:three"]) == 2
    assert "the labels are one, two" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_one_run_given_twice_counts_once(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run("m", {"a": "P"})
    assert build(tmp_path / "site", [run, run]).count("<bdi>m</bdi>") == 2  # once on the board, once in provenance


def test_a_run_of_part_of_a_suite_and_settings_left_to_the_server_are_named(make_run: MakeRun, tmp_path: Path) -> None:
    manifest = {
        "suite": {"name": "toy", "version": "1", "digest": "d" * 64, "tasks": 2, "suite_tasks": 1640},
        "sampling": {"epochs": 1, "temperature": None, "top_p": 0.9},
    }
    html = build(tmp_path / "site", [make_run("m", {"a": "P", "b": "w"}, manifest=manifest)])
    text = "".join(parse(html).text)
    assert "2 tasks of the suite's 1,640" in text
    assert "epochs 1, top_p 0.9; left to the server: temperature" in text

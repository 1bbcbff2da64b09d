"""The pages: self-contained, sound, and deaf to whatever a run's texts say."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.harness.cli import main
from evalrun.leaderboard.commands.contents import Request, content_of
from evalrun.leaderboard.site.pages import index
from evalrun.leaderboard.site.render import POLICY, Frame, Page, render

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


def build(out: Path, folders: list[Path], *options: str) -> Path:
    assert main(["leaderboard", *map(str, folders), "-o", str(out), *options]) == 0
    return out


def pages(site: Path) -> Iterator[tuple[str, Tree]]:
    found = sorted(site.rglob("*.html"))
    assert found
    for path in found:
        yield path.relative_to(site).as_posix(), parse(path.read_text(encoding="utf-8"))


def text_of(site: Path, page: str = "index.html") -> str:
    return " ".join(" ".join(parse((site / page).read_text(encoding="utf-8")).text).split())


def site_runs(make_run: MakeRun, names: tuple[str, ...], detail: str = "found 2") -> list[Path]:
    """Originals and evolved runs of every name, one run with owed samples; names also stand for tasks and operators."""
    originals = {f"{name}/{i}": "P" for i, name in enumerate(names)}
    roots = {f"{task}~e": task for task in originals}
    operators = {child: f"op {child}" for child in roots}
    folders = []
    for i, name in enumerate(names):
        letters = {task: "P" if position >= i else "w" for position, task in enumerate(originals)}
        tags = {"model": {"name": name, "label": name, "tags": [name, "open"]}}
        created = f"2026-01-02 {name}"
        folders.append(make_run(name, letters, suite=names[0], detail=detail, created=created, manifest=tags))
        evolved = {child: "w" if position % 2 else "P" for position, child in enumerate(roots)}
        folders.append(
            make_run(name, evolved, suite=names[1], roots=roots, operators=operators, detail=detail, created=name)
        )
    folders.append(make_run("owing " + names[0], {**originals, next(iter(originals)): "i"}, suite=names[0]))
    return folders


@pytest.fixture
def site(make_run: MakeRun, tmp_path: Path) -> Path:
    names = tuple(f"model {i}" for i in range(3))
    return build(tmp_path / "site", site_runs(make_run, names), "--pair", "model 0:model 1")


def test_hostile_runs_make_the_same_elements_as_harmless_ones(make_run: MakeRun, tmp_path: Path) -> None:
    harmless = tuple(f"model {i}" for i in range(len(HOSTILE)))
    shapes, texts = [], []
    for kind, names in (("harmless", harmless), ("hostile", HOSTILE)):
        folders = site_runs(make_run, names, detail="".join(HOSTILE) if kind == "hostile" else "found 2")
        made = build(tmp_path / kind, folders, "--title", names[2])
        index = dict(pages(made))["index.html"]
        # The filter's choices are sorted by tag, and a tag without letters offers none.
        shapes.append(Counter(shape for shape in index.shape() if shape[0] != "option"))
        assert index.others == []
        texts.append(text_of(made) + text_of(made, "provenance.html") + text_of(made, "suites.html"))
    harmless_shape, hostile_shape = shapes

    assert harmless_shape.keys() == hostile_shape.keys() | {("tr", ("data-leads", "data-tags"))}
    for tag in ("script", "img", "a", "svg", "table", "td", "th", "form", "link", "meta"):
        counts = [sum(n for shape, n in one.items() if shape[0] == tag) for one in shapes]
        assert counts[0] == counts[1], tag
    assert "<script>alert(1)</script>" in texts[1]
    assert r"abc\u202egnp.exe\u2066" in texts[1]
    assert r"nul\x00 bell\x07 \x1b[2J" in texts[1]
    assert "{{ 7*7 }}" in texts[1]


def test_no_page_holds_a_character_that_cannot_be_seen(make_run: MakeRun, tmp_path: Path) -> None:
    made = build(tmp_path / "site", site_runs(make_run, HOSTILE, detail="".join(HOSTILE)), "--title", HOSTILE[4])
    for name, tree in pages(made):
        # Soft hyphens are ours: they say where a long head may be broken.
        text = "".join(tree.text) + "".join(str(v) for _, a in tree.elements for v in a.values())
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\xad"}, name


def test_hostile_task_ids_and_details_are_text_wherever_they_stand(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", dict.fromkeys(HOSTILE, "P"), detail="".join(HOSTILE))
    new = make_run("a:b", dict.fromkeys(HOSTILE, "w"), detail="".join(HOSTILE))
    made = build(tmp_path / "site", [old, new], "--pair", "old:a:b")
    for name, tree in pages(made):
        scripts = [attributes.get("src") for tag, attributes in tree.elements if tag == "script"]
        assert all(source and re.fullmatch(r"(\.\./)*[\w/.-]+\.js", source) for source in scripts), name
        assert not any(attribute.startswith("on") for _, attributes in tree.elements for attribute in attributes)
        assert not any(tag in ("img", "iframe", "object", "embed", "base") for tag, _ in tree.elements)
    assert {path.name for path in made.rglob("*") if ".." in path.name or ":" in path.name} == set()
    everything = "".join("".join(tree.text) for _, tree in pages(made))
    assert "javascript:alert(1)" in everything


def test_every_link_of_every_page_leads_to_a_file_or_an_element_of_the_site(site: Path) -> None:
    trees = dict(pages(site))
    ids = {name: {a["id"] for _, a in tree.elements if "id" in a} for name, tree in trees.items()}
    for name, tree in trees.items():
        for tag, attributes in tree.elements:
            for attribute in ("src", "href", "action", "data", "poster", "srcset", "formaction"):
                value = attributes.get(attribute)
                if value is None or value == "data:,":
                    continue
                assert ":" not in value, (name, tag, value)
                path, _, anchor = value.partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                assert (site / target).is_file(), (name, value)
                # What has an equals sign is no element, but what the script of the page is to choose.
                assert not anchor or "=" in anchor or anchor in ids[target], (name, value)
    for asset in (*site.glob("*.css"), *site.glob("*.js")):
        text = asset.read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(|https?:|fetch\(|innerHTML|XMLHttpRequest", text), asset


def test_the_policy_allows_the_sites_own_files_and_nothing_else(site: Path) -> None:
    assert POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;")
    assert "unsafe" not in POLICY
    for name, tree in pages(site):
        (policy,) = [a["content"] for _, a in tree.elements if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy == POLICY, name
        assert not any(tag == "style" or "style" in attributes for tag, attributes in tree.elements), name
        order = [a.get("http-equiv") or tag for tag, a in tree.elements]
        assert order.index("Content-Security-Policy") < min(order.index("link"), order.index("title"))


def test_every_page_is_sound_html_for_readers_and_screen_readers(site: Path) -> None:
    for name, tree in pages(site):
        ids = [str(attributes["id"]) for _, attributes in tree.elements if "id" in attributes]
        tags = Counter(tag for tag, _ in tree.elements)

        assert len(ids) == len(set(ids)), name
        assert (tags["h1"], tags["main"], tags["nav"], tags["title"] >= 1) == (1, 1, 1, True), name
        current = [a for _, a in tree.elements if a.get("aria-current")]
        assert len(current) == 1, name
        assert all("scope" in attributes for tag, attributes in tree.elements if tag == "th"), name
        levels = [int(tag[1]) for tag, _ in tree.elements if re.fullmatch(r"h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), (name, levels)
        for tag, attributes in tree.elements:
            for attribute in ("aria-labelledby", "aria-describedby"):
                assert set(str(attributes.get(attribute) or "").split()) <= set(ids), (name, tag)
            if tag == "svg":
                assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true", name


def test_identical_models_are_one_tie_without_arrows(make_run: MakeRun, tmp_path: Path) -> None:
    letters = {f"t{i}": "PPwP"[i % 4] for i in range(40)}
    roots = {f"t{i}~r": f"t{i}" for i in range(40)}
    evolved = {task: letters[root] for task, root in roots.items()}
    folders = []
    for label in ("one", "two", "three", "four"):
        folders.append(make_run(label, letters, suite="core"))
        folders.append(make_run(label, evolved, suite="core-evolved", roots=roots))
    made = build(tmp_path / "site", folders, "--pair", "one:two")
    index = dict(pages(made))["index.html"]
    text = text_of(made)

    assert "4 runs tie at 75.0 % on core@1" in text
    assert not re.search("[▲▼]", text)
    assert not any("down" in str(a.get("class")) or "up" in str(a.get("class")).split() for _, a in index.elements)
    rows = [a for tag, a in index.elements if tag == "tr" and "data-leads" in a]
    assert len(rows) == 8  # every one of the four may be first, on both boards


def test_the_numbers_stand_in_the_pages_without_any_script(make_run: MakeRun, tmp_path: Path) -> None:
    before = make_run("memorizer", {f"t{i}": "P" for i in range(40)}, suite="core")
    roots = {f"t{i}~r": f"t{i}" for i in range(40)}
    after = make_run("memorizer", dict.fromkeys(roots, "w"), suite="core-evolved", roots=roots)
    made = build(tmp_path / "site", [before, after])

    assert "memorizer scores 100.0 % on core@1, the only complete run there." in text_of(made)
    assert "100.0 % [91.2, 100.0] 0.0 % −100.0" in text_of(made)
    assert "newest run 2026-01-02" in text_of(made)
    assert "memorizer falls from 100.0 % to 0.0 % on tasks evolved from core@1." in text_of(made, "evolved.html")
    assert "docker abcdef012345" in text_of(made, "provenance.html")
    assert "temperature 0.0" in text_of(made, "provenance.html")


def test_every_pass_at_k_stands_in_the_page_and_the_selector_waits_for_the_script(
    make_run: MakeRun, tmp_path: Path
) -> None:
    made = build(tmp_path / "site", [make_run("m", {"a": "PPwww", "b": "Pwwww"}), make_run("n", {"a": "P", "b": "P"})])
    index = dict(pages(made))["index.html"]
    heads = [a["data-k"] for tag, a in index.elements if tag == "th" and "data-k" in a]

    assert heads == ["1", "2", "5", "1"]
    assert [("hidden" in a) for tag, a in index.elements if tag == "form"] == [True]
    assert "100.0 %" in text_of(made)  # m's pass@5
    assert [a["value"] for tag, a in index.elements if a.get("type") == "radio"] == ["1", "2", "5", ""]


def test_an_update_stands_beside_the_score_of_the_new_model(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("m1", {f"t{i}": "P" for i in range(10)})
    new = make_run("m2", {f"t{i}": "w" if i < 2 else "P" for i in range(10)})
    text = text_of(build(tmp_path / "site", [old, new], "--pair", "m1:m2"))
    assert "Broken by update" in text
    assert "20.0 % since m1" in text


def test_what_runs_cost_stands_in_the_page_where_they_say_so(make_run: MakeRun, tmp_path: Path) -> None:
    plain = make_run("plain", {"a": "P", "b": "w"})
    assert "Tokens" not in text_of(build(tmp_path / "one", [plain]))
    counted = make_run("counted", {"a": "P", "b": "P"})
    lines = (counted / "samples.jsonl").read_text().splitlines()
    usage = '{"usage":{"input_tokens":1200,"output_tokens":34},"latency_s":2.5,'
    (counted / "samples.jsonl").write_text("".join(usage + line[1:] + "\n" for line in lines))
    text = text_of(build(tmp_path / "two", [plain, counted]))
    assert "Tokens out" in text
    assert "68 2.4 k in" in text
    assert "2.5 s p95 2.5 s" in text


def test_a_run_that_owes_samples_is_not_ranked_and_the_page_says_why(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = text_of(
        build(
            tmp_path / "site",
            [make_run("m", {"a": "P", "b": "i", "c": "-"}), make_run("n", {"a": "P", "b": "P", "c": "P"})],
        )
    )
    assert "Not ranked, and why" in text
    assert "100.0 % 1/3" in text
    assert "2 samples owed" in capsys.readouterr().err


def test_a_board_without_a_complete_run_has_no_ranks(make_run: MakeRun, tmp_path: Path) -> None:
    made = build(tmp_path / "site", [make_run("m", {"a": "P", "b": "-"})])
    assert "No run on toy@1 is complete yet, so none is ranked." in text_of(made)
    assert "Rank" not in [t.strip() for t in dict(pages(made))["index.html"].text]


def test_a_run_of_part_of_a_suite_and_settings_left_to_the_server_are_named(make_run: MakeRun, tmp_path: Path) -> None:
    manifest = {
        "suite": {"name": "toy", "version": "1", "digest": "d" * 64, "tasks": 2, "suite_tasks": 1640},
        "sampling": {"epochs": 1, "temperature": None, "top_p": 0.9},
    }
    made = build(tmp_path / "site", [make_run("m", {"a": "P", "b": "w"}, manifest=manifest)])
    assert "2 tasks of the suite's 1,640" in text_of(made)
    assert "epochs 1, top_p 0.9; left to the server: temperature" in text_of(made, "provenance.html")


def test_provenance_names_the_records_and_hides_the_address_of_the_endpoint(make_run: MakeRun, tmp_path: Path) -> None:
    secret = {"endpoint": {"base_url": "https://user:sk-secret@intern.example/v1", "form": "chat", "api_key": "sk-2"}}
    run = make_run("m", {"a": "P"}, manifest={**secret, "unknown": "sk-3"})
    made = build(tmp_path / "site", [run])
    digest = hashlib.sha256((run / "verdicts.jsonl").read_bytes()).hexdigest()

    assert f"SHA-256 of verdicts.jsonl {digest}" in text_of(made, "provenance.html")
    assert "Endpoint: form chat" in text_of(made, "provenance.html")
    for path in made.rglob("*"):
        assert not path.is_file() or b"sk-" not in path.read_bytes(), path


def test_method_works_every_formula_on_the_sites_own_numbers(make_run: MakeRun, tmp_path: Path) -> None:
    several = [make_run("m", {"a": "PPPww", "b": "PPPPP"}), make_run("n", {"a": "Pwwww", "b": "PPPPP"})]
    text = text_of(build(tmp_path / "site", several, "--pair", "m:n"), "method.html")
    # 3 of 5 pass: of the 10 pairs of samples, one holds no pass.
    assert "m passes a in 3 of 5 samples: pass@1 = 3/5 = 0.60, pass@2 = 1 − 1/10 = 0.900." in text
    assert "1 of 2 ranked runs score higher than n: rank 2." in text
    assert "m → n: 1 of 2 tasks lost pass rate and 0 gained; NFR 24.0 %, PFR 4.0 %, net −20.0 points." in text


def test_suites_of_one_name_are_set_side_by_side(make_run: MakeRun, tmp_path: Path) -> None:
    def suite(version: str) -> dict[str, object]:
        return {"suite": {"name": "toy", "version": version, "digest": version * 32, "tasks": 3, "suite_tasks": 3}}

    first = make_run("m", {"a": "P", "b": "P", "c": "P"}, manifest=suite("11"), created="2026-01-01T00:00:00Z")
    second = make_run(
        "m",
        {"b": "P", "c": "P", "d": "P"},
        manifest=suite("22"),
        digests={"c": "0" * 64},
        created="2026-02-01T00:00:00Z",
    )
    made = build(tmp_path / "site", [second, first])
    assert "1 added, 1 removed, 1 changed, 1 kept." in text_of(made, "suites.html")
    assert "1 pair of versions differs, and their scores are not comparable." in text_of(made, "suites.html")
    rows = (made / "data" / "suite-changes.csv").read_text().splitlines()
    assert rows[1:] == [f"toy@11#{'1' * 12},toy@22#{'2' * 12},{t},{w}" for t, w in
                        (("d", "added"), ("a", "removed"), ("c", "changed"))]  # fmt: skip


def test_a_suite_that_was_given_shows_its_lineage_certificates_and_seal(make_run: MakeRun, tmp_path: Path) -> None:
    suite = Suite.load("core-evolved")
    some = list(suite)[:3]
    run = make_run(
        "m",
        {task.id: "P" for task in some},
        digests={task.id: task.digest for task in some},
        roots={task.id: task.root for task in some},
        manifest={"suite": {"name": suite.name, "version": suite.version, "digest": suite.digest, "tasks": 3}},
    )
    text = text_of(build(tmp_path / "site", [run]), "suites.html")
    assert suite.merkle_root in text
    certified = [task.id for task in suite if task.id in suite.certificates]
    assert len(certified) < len(suite.certificates)  # ancestors have some too, which do not count
    assert f"{len(certified)} of {len(suite)}" in text
    assert "Made from core@1" in text
    assert "tests_pass" in text


def test_crawlers_are_asked_away_only_where_tasks_could_be_learnt_from_the_site(
    make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run("m", {"a": "P"})
    shown = build(tmp_path / "shown", [run])
    hidden = build(tmp_path / "hidden", [run], "--no-publish-prompts", "--samples", "none")
    for made, unlisted in ((shown, True), (hidden, False)):
        assert (made / "robots.txt").exists() == unlisted
        for name, tree in pages(made):
            assert any(a.get("name") == "robots" for _, a in tree.elements) == unlisted, name


def test_the_scripts_of_a_site_are_small(site: Path) -> None:
    scripts = b"".join(path.read_bytes() for path in sorted(site.glob("*.js")))
    assert len(gzip.compress(scripts, 9, mtime=0)) < 4096


def test_the_first_page_of_a_hundred_models_is_under_250_kilobytes(make_run: MakeRun) -> None:
    roots = {f"t{i}~r": f"t{i}" for i in range(12)}
    folders = []
    for model in range(100):
        letters = {f"t{i}": "PP" if (i * 7 + model) % 23 < 12 else "wP" for i in range(12)}
        folders.append(make_run(f"a-model-of-some-family-{model}", letters, suite="core"))
        evolved = {task: letters[root] for task, root in roots.items()}
        folders.append(make_run(f"a-model-of-some-family-{model}", evolved, suite="core-evolved", roots=roots))
    content = content_of(Request(runs=tuple(folders), title="A hundred models"), quiet=True)
    frame = Frame("A hundred models", ["facts"] * 4, "2026-01-02", True, [index.PLACE] * 9)
    found = {one.path: render(one, frame) for one in index.pages(content) if isinstance(one, Page)}
    assert found["index.html"].count("<tr") > 200
    assert len(found["index.html"].encode()) < 250_000
    assert 'id="board-2-forest' in found["figures.html"]

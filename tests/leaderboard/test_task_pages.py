"""A task's page: what was asked, who solves it, how it is failed, what evolving changed; and nothing hostile."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.benchmarks import CodeTask, Suite
from evalrun.benchmarks.compare import Comparator
from evalrun.benchmarks.task import Case, CasesTest, CheckTest, LiteralTest, ModuleTest, StdioCase, StdioTest, Test
from evalrun.leaderboard.boards.board import build_boards
from evalrun.leaderboard.boards.tasks import items_of
from evalrun.leaderboard.records.answers import Answer
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.site.answers import BYTES, Shown, capped, published, read_shard, shard, shown_answer
from evalrun.leaderboard.site.certificates import certificate_view, holds
from evalrun.leaderboard.site.specimens import CASES, specimens

from .browser import Browser
from .small_suite import Elements, broken_links, page_of, publish, run_of, two_and_one

MakeRun = Callable[..., Path]

HOSTILE = (
    "<script>window.broken=1</script>\"'><img src=x onerror=alert(1)>\u202e\x00\ud800</pre></template>{{ 7*7 }}`${1}`"
)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    made = two_and_one()
    made.save(tmp_path / "toy")
    return made


def outcomes(first: str, second: str, third: str, task: str = "toy/double") -> dict[str, str]:
    return {task: first, "toy/halve": second, f"{task}-renamed": third}


@pytest.fixture
def site(make_run: MakeRun, suite: Suite, tmp_path: Path) -> Path:
    runs = [
        run_of(make_run, suite, "strong", outcomes("PP", "ww", "Pw")),
        run_of(make_run, suite, "weak", outcomes("wt", "we", "ww")),
        run_of(make_run, suite, "copy", outcomes("wP", "ww", "ww")),
    ]
    return publish(tmp_path / "site", runs, "--suite", str(tmp_path / "toy"))


def read(path: Path) -> Elements:
    return Elements(path.read_text(encoding="utf-8"))


# --- what stands in a page ---


def test_a_task_page_shows_prompt_tests_reference_and_facts(site: Path) -> None:
    words = read(page_of(site, "toy/double")).words()
    assert 'def double(n: int) -> int: """Double it."""' in words
    assert "double(1) == 2 double(2) == 4" in words
    assert "return 2 * n" in words
    assert "entry point double" in words
    assert "evolved from it toy/double-renamed" in words


def test_a_task_page_counts_passes_of_every_run_and_names_what_went_wrong(site: Path) -> None:
    words = read(page_of(site, "toy/double")).words()
    assert "Solved by 2 of 3 runs; the mean pass rate is 50.0 %." in words
    assert "strong 2/2" in words
    assert "weak 0/2 wrong 1, timeout 1 expected 1, found 2" in words


def test_an_evolved_task_shows_what_changed_from_its_parent_in_deleted_and_inserted_lines(site: Path) -> None:
    path = page_of(site, "toy/double-renamed")
    html = path.read_text(encoding="utf-8")
    assert '<del><span class="hidden">removed: </span>- def double(n: int) -&gt; int:</del>' in html
    assert '<ins><span class="hidden">added: </span>+ def twofold(n: int) -&gt; int:</ins>' in html
    assert "Tests: lines added 2, removed 2" in html
    links = {attributes.get("href") for tag, attributes in read(path).elements if tag == "a"}
    assert page_of(site, "toy/double").name in links


def test_a_certificate_shows_operator_parameters_seed_and_every_gate(site: Path) -> None:
    words = read(page_of(site, "toy/double-renamed")).words()
    assert "operator rename, version 1 seed 7 depth 1 names double → twofold" in words
    assert "certified 2 gates hold. An operator of kind preserving" in words
    demand = "no output differs from the parent's on any recorded or generated input"
    assert f"same_outputs ✓ holds {demand} different 0; inputs 44" in words


def test_a_gate_that_does_not_hold_is_never_called_certified() -> None:
    gates = [{"gate": "a", "holds": True}, {"gate": "b", "holds": "yes"}, "nonsense"]
    assert not holds({"gates": gates})
    assert not holds({"gates": []})
    assert not holds({"gates": "all"})
    view = certificate_view({"gates": gates}, texts=True)
    assert (view["held"], view["failed"]) == (1, 1)


def test_without_its_suite_a_page_says_that_the_text_is_not_at_hand(
    make_run: MakeRun, suite: Suite, tmp_path: Path
) -> None:
    site = publish(tmp_path / "site", [run_of(make_run, suite, "m", outcomes("w", "P", "P"))])
    words = read(page_of(site, "toy/double-renamed")).words()
    assert "The text is not at hand: the suite toy@1 was not given" in words
    assert "Double it" not in words
    assert "✓ holds" not in words


def test_a_task_of_a_set_evolved_by_others_shows_what_changed_from_the_root_it_names(
    make_run: MakeRun, tmp_path: Path
) -> None:
    double, halve, renamed = two_and_one()
    other = CodeTask("hard/0", renamed.prompt, "twofold", renamed.reference, renamed.tests, tags=("parent:toy/double",))
    suites = [Suite("toy", "1", (double, halve)), Suite("hard", "1", (other,))]
    for suite in suites:
        suite.save(tmp_path / suite.name)
    runs = [
        run_of(make_run, suites[0], "m", {"toy/double": "P", "toy/halve": "P"}),
        run_of(make_run, suites[1], "m", {"hard/0": "w"}),
    ]
    given = [option for suite in suites for option in ("--suite", str(tmp_path / suite.name))]
    site = publish(tmp_path / "site", runs, *given)
    words = read(page_of(site, "hard/0")).words()
    assert "Changed from toy/double Prompt: lines added 1, removed 1" in words
    assert "added: + def twofold(n: int) -> int:" in words
    assert "no certificate" in words


def test_controls_do_not_say_how_hard_a_task_is_where_a_model_was_asked(make_run: MakeRun) -> None:
    runs = [
        read_run(make_run(label, letters))
        for label, letters in (
            ("model", {"a": "w", "b": "w"}),
            ("weak", {"a": "w", "b": "w"}),
            ("reference", {"a": "P", "b": "P"}),
        )
    ]
    task = items_of(build_boards(runs, controls=["reference"]))[0]
    assert (task.scored, task.solvers, task.solve_rate, task.flag) == (2, 0, 0.0, "never solved")
    alone = items_of(build_boards(runs[2:], controls=["reference"]))[0]
    assert (alone.scored, alone.solve_rate, alone.flag, alone.controls_alone) == (1, 1.0, "", True)


# --- answers ---


def test_failing_answers_stand_in_the_page_best_run_first_and_equal_ones_once(site: Path) -> None:
    words = read(page_of(site, "toy/halve")).words()
    # All three fail with the same code in the same sample; "weak" fails its second with another verdict.
    assert "strong, copy, weak wrong sample 0; tests:" not in words  # make_run records no verdict of single tests
    assert "strong, copy, weak wrong sample 0 expected 1, found 2 # toy/halve return 0" in words
    assert "weak error sample 1 expected 1, found 2 # toy/halve return 1" in words


def test_answers_without_room_are_in_a_shard_of_two_failures_a_run(
    make_run: MakeRun, suite: Suite, tmp_path: Path
) -> None:
    runs = [
        run_of(
            make_run,
            suite,
            f"m{i}",
            outcomes("wwwP", "PPPP", "PPPP"),
            code=lambda task, epoch, i=i: f"{i} {epoch} {task}",
        )
        for i in range(4)
    ]
    site = publish(tmp_path / "site", runs, "--suite", str(tmp_path / "toy"))
    page = page_of(site, "toy/double")
    words = read(page).words()
    assert [f"{run} 0 toy/double" in words for run in range(4)] == [True, True, True, False]
    assert "0 1 toy/double" not in words
    assert "Show 5 more answers" in words

    rest = read_shard((site / "s" / f"{page.stem}.js").read_bytes())
    assert [(row[0], row[-1]) for row in rest] == [
        ("m3", "3 0 toy/double"),
        ("m0", "0 1 toy/double"),
        ("m1", "1 1 toy/double"),
        ("m2", "2 1 toy/double"),
        ("m3", "3 1 toy/double"),
    ]
    assert sorted(path.name for path in (site / "s").iterdir()) == [f"{page.stem}.js"]


def test_all_samples_include_passing_ones_after_the_failures(make_run: MakeRun, suite: Suite, tmp_path: Path) -> None:
    run = run_of(make_run, suite, "m", outcomes("PwP", "PPP", "PPP"))
    (item, *_) = items_of(build_boards([read_run(run, keep="all")]))
    assert [one.verdict for one in published(item, "all")] == ["wrong", "pass", "pass"]
    assert [one.verdict for one in published(item, "failures")] == ["wrong"]
    assert published(item, "none") == []


def test_without_samples_no_answer_is_published(make_run: MakeRun, suite: Suite, tmp_path: Path) -> None:
    run = run_of(make_run, suite, "m", outcomes("ww", "ww", "ww"))
    site = publish(tmp_path / "site", [run], "--samples", "none")
    assert not (site / "s").exists()
    assert not any("# toy/double" in path.read_text(encoding="utf-8") for path in site.rglob("*.html"))


def test_a_sample_lost_to_infrastructure_is_owed_and_no_failure(
    make_run: MakeRun, suite: Suite, tmp_path: Path
) -> None:
    site = publish(tmp_path / "site", [run_of(make_run, suite, "m", outcomes("iP", "PP", "PP"))])
    words = read(page_of(site, "toy/double")).words()
    assert "Every sample of 1 run solves it." in words
    assert "m 1/1 1 owed" in words
    assert "No answer that fails." in words


def test_a_shard_is_the_same_bytes_each_time_and_no_code_but_one_call() -> None:
    answers = [published_answer(HOSTILE.encode("utf-8", "replace").decode())]
    assert shard(answers) == shard(answers)
    text = shard(answers).decode("ascii")
    assert text.startswith('evalrunShard("')
    assert text.endswith('");\n')
    body = text.removeprefix('evalrunShard("').removesuffix('");\n')
    assert set(body) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    assert read_shard(shard(answers))[0][-1] == answers[0].text


def published_answer(text: str) -> Shown:
    return Shown(["m"], "wrong", "sample 0", "detail", capped(text, BYTES))


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\x00" * 1_000_000, "é" * 10_000, "\u202e" * 5_000, "a\n" * 9_999])
def test_a_long_text_is_cut_to_four_kilobytes_and_says_by_how_much(text: str) -> None:
    shown = capped(text, BYTES)
    assert len(shown.encode("utf-8")) < BYTES + 60
    kept, _, rest = shown.rpartition("\n… ")
    left = int(rest.removesuffix(" more characters").replace(",", ""))
    assert 0 < left < len(text)
    assert len(kept) >= BYTES / 20
    assert capped(text[:left], 10**7, cut=3).endswith("\n… 3 more characters")


def test_a_text_within_the_limit_stands_whole() -> None:
    assert capped("short\n", BYTES) == "short\n"
    assert capped("", BYTES) == ""
    assert capped("cut before", BYTES, cut=3100) == "cut before\n… 3,100 more characters"


def test_an_answer_without_code_shows_the_reply_and_why() -> None:
    shown = shown_answer(
        "m", Answer(0, "no_answer", "", {"base": "no_answer"}, "I cannot.", "", "no code block", "length"), BYTES
    )
    assert shown.text == "I cannot."
    assert shown.about == "sample 0; tests: base no_answer; ended by length; no code found: no code block"


# --- what is hidden, and what is hostile ---


def test_no_text_of_a_task_is_published_when_prompts_are_hidden(
    make_run: MakeRun, suite: Suite, tmp_path: Path
) -> None:
    runs = [
        run_of(
            make_run,
            suite,
            label,
            outcomes(*letters),
            detail="double(1) returned 3",
            code=lambda t, e: "Double it.",
        )
        for label, letters in (("a", ("ww", "PP", "wP")), ("b", ("PP", "ww", "wP")))
    ]
    given = ("--suite", str(tmp_path / "toy"), "--pair", "a:b")
    site = publish(tmp_path / "site", runs, *given, "--no-publish-prompts")
    assert list((site / "versions").glob("a-*--b-*.html"))
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        for secret in ("Double it", "double(1)", "twofold", "return 2"):
            assert secret not in text, (path.name, secret)
    assert not (site / "s").exists()
    words = read(page_of(site, "toy/double-renamed")).words()
    assert "does not publish the tasks’ texts" in words
    assert "✓ holds" in words


def hostile_site(make_run: MakeRun, folder: Path, words: str) -> Path:
    suite = two_and_one(words.replace("\ud800", "").replace("\x00", ""), task_id=f"toy/{words}")
    suite.save(folder / "suite")
    task = f"toy/{words}"
    runs = [
        run_of(
            make_run,
            suite,
            f"{words} {i}",
            outcomes("wwP", "wPP", "wPP", task),
            detail=words,
            code=lambda t, e, i=i: f"{i} {e} {words}",
        )
        for i in range(3)
    ]
    return publish(folder / "site", runs, "--suite", str(folder / "suite"))


def test_hostile_texts_make_the_same_elements_as_harmless_ones(make_run: MakeRun, tmp_path: Path) -> None:
    shapes = []
    for name, words in (("harmless", "plain"), ("hostile", HOSTILE)):
        site = hostile_site(make_run, tmp_path / name, words)
        pages = [*(site / "tasks").iterdir(), *(site / "models").iterdir(), site / "compare.html"]
        shapes.append(sorted(shape for page in pages for shape in read(page).shape()))
    assert shapes[0] == shapes[1]
    text = "".join(read(page).text for page in pages)
    assert "<script>window.broken=1</script>" in text
    assert r"\u202e\x00\ud800" in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_every_link_of_the_site_leads_somewhere(make_run: MakeRun, site: Path, tmp_path: Path) -> None:
    assert list(broken_links(site)) == []
    assert list(broken_links(hostile_site(make_run, tmp_path / "hostile", HOSTILE))) == []


def test_ids_are_unique_heads_have_scopes_and_there_is_one_h1(site: Path) -> None:
    for path in sorted(site.rglob("*.html")):
        elements = read(path).elements
        ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        assert [tag for tag, _ in elements].count("h1") == 1
        assert all("scope" in attributes for tag, attributes in elements if tag == "th"), path


# --- the index ---


def test_the_index_flags_tasks_that_none_or_one_or_all_solve(make_run: MakeRun, suite: Suite, tmp_path: Path) -> None:
    runs = [
        run_of(make_run, suite, "a", outcomes("P", "w", "P")),
        run_of(make_run, suite, "b", outcomes("w", "w", "P")),
    ]
    site = publish(tmp_path / "site", runs, "--suite", str(tmp_path / "toy"))
    rows = list(csv.DictReader((site / "data" / "tasks.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["task"]: row["flag"] for row in rows} == {
        "toy/double": "solved by one only",
        "toy/halve": "never solved",
        "toy/double-renamed": "always solved",
    }
    assert [row["solve_rate"] for row in rows] == ["0.5", "0.0", "1.0"]
    words = read(site / "tasks" / "index.html").words()
    assert "Of 3 tasks, 1 is never solved, 1 is solved by one only and 1 is always solved." in words
    assert "toy/double-renamed 100.0 % 2 of 2 — always solved rename certified toy/double toy@1" in words


def test_a_task_that_was_changed_has_a_page_for_each_digest(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run("m", {"a": "P"}, suite=name, digests={"a": name * 8}) for name in ("one", "two")]
    site = publish(tmp_path / "site", runs)
    assert len([path for path in (site / "tasks").iterdir() if path.name.startswith("a-")]) == 2


# --- tests in readable form ---


def lines(test: Test, entry: str | None = "f") -> list[str]:
    (specimen,) = specimens(CodeTask("t", "", entry, "", (test,)))
    return [specimen.summary, *specimen.text.split("\n")]


def test_cases_read_as_calls_with_what_they_must_return() -> None:
    cases = (
        Case(("a", [1]), {"b": 2}),
        Case(args_source="[*range(3)]", expected=None),
        Case((0,), raises="ValueError"),
        Case((1,), 2, any_of=(3, 4)),
        Case((5,)),
        Case((6,), expected_digest="abcdef0123456789"),
    )
    assert lines(CasesTest(cases, Comparator(atol=0.1), oracle="def accept(args, got, expected): ...")) == [
        "6 calls, compared with atol 0.1, own oracle",
        "f('a', [1]) == {'b': 2}",
        "f(*[*range(3)]) == None",
        "f(0) raises ValueError",
        "f(1) == 2  # or 2 other values",
        "f(5) == what the reference returns",
        "f(6) == a large value with digest abcdef012345",
        "",
        "# judged by",
        "def accept(args, got, expected): ...",
    ]


def test_only_the_first_cases_are_shown_and_the_rest_counted() -> None:
    shown = lines(CasesTest(tuple(Case((i,), i) for i in range(1000))))
    assert shown[0] == "1,000 calls"
    assert len(shown) == CASES + 2
    assert shown[-1] == "… 988 more calls"


def test_programs_files_runs_and_values_read_as_they_stand() -> None:
    assert lines(CheckTest("def check(c): ...")) == ["check(candidate)", "def check(c): ..."]
    assert lines(ModuleTest("import solution"), None) == ["test file, imports solution", "import solution"]
    assert lines(LiteralTest([1, "a"]), None) == ["the answer is this value", "[1, 'a']"]
    assert lines(StdioTest((StdioCase("1 2\n", "3\n"),), "tokens"), None) == [
        "1 program run, output compared by tokens",
        "# run 1: given",
        "1 2",
        "",
        "# must print",
        "3",
        "",
    ]


def test_values_too_large_to_write_are_named_instead() -> None:
    assert lines(CasesTest((Case((10**5000,), "x" * 10**6),)))[1].startswith("f(a int too large to show) == 'xxx")
    assert len(lines(CasesTest((Case((list(range(10**5)),), 1),)))[1]) < 500


# --- in a browser ---


@pytest.mark.browser
def test_a_click_shows_the_answers_of_the_shard_as_inert_text(
    browser: Browser, make_run: MakeRun, tmp_path: Path
) -> None:
    site = hostile_site(make_run, tmp_path, HOSTILE)
    page = next(path for path in (site / "tasks").glob("*.html") if (site / "s" / f"{path.stem}.js").is_file())
    expected = read_shard((site / "s" / f"{page.stem}.js").read_bytes())
    browser.open(page)
    assert browser.js("document.querySelectorAll('#answers article').length") == 3
    browser.js("document.querySelector('#more button').click(); new Promise((done) => setTimeout(done, 500))")
    shown = browser.js(
        "[...document.querySelectorAll('#answers article')].slice(3)"
        ".map((one) => [...one.querySelectorAll('[data-part]')].map((part) => part.textContent))"
    )
    assert shown == expected
    assert any("<script>window.broken=1</script>" in row[-1] for row in expected)
    assert browser.js("[window.broken === undefined, document.querySelectorAll('img').length]") == [True, 0]
    assert browser.complaints() == []
    assert all(url.startswith(("file://", "data:")) for url in browser.requests())
    assert browser.js("document.activeElement.tagName") == "ARTICLE"

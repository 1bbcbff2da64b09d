"""What `evalrun compare` writes: JSON, Markdown, JUnit XML, a job's summary; and that hostile answers stay inert."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.scorecards.scorecard import build_scorecard
from evalrun.leaderboard.scorecards.text import scorecard_text
from evalrun.leaderboard.updates.excerpts import excerpt, printed
from evalrun.leaderboard.updates.markdown import cell, fence
from evalrun.leaderboard.updates.report import as_text
from evalrun.leaderboard.updates.update import build_update

MakeRun = Callable[..., Path]

OLD = {"a": "P", "b": "P", "c": "w", "d": "w", "e": "P"}
NEW = {"a": "w", "b": "P", "c": "P", "d": "w", "e": "i"}
HOSTILE = (
    "def f():\n\treturn 1\n```\n</details>\n<script>alert(1)</script>\n"
    "~~~~~\n``````python\n# head\n| a | b |\n![x](http://x.test/x.png)\n"
    "::error::owned\n  ::add-mask::a\n##[error]owned\n##vso[task.setvariable variable=x]y\n##teamcity[x]\n"
    "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x00\ud800\ufffe]]>&amp;\r\n@everyone"
)


def answers(folder: Path, texts: Mapping[str, str], tests: Mapping[str, Mapping[str, str]] | None = None) -> Path:
    """Give the samples of a run other answers, and its verdicts the outcomes of tests by name."""
    for name, change in (
        ("samples", lambda row: {"text": texts.get(row["task"], row["text"]), "code": texts.get(row["task"], "")}),
        ("verdicts", lambda row: {"tests": dict((tests or {}).get(row["task"], {}))}),
    ):
        path = folder / f"{name}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        write_jsonl(path, [{**row, **change(row)} for row in rows])
    return folder


@pytest.fixture
def update(make_run: MakeRun) -> tuple[Path, Path]:
    """a broke, c was fixed, b and d stayed, e is owed; a fails the test "plus"."""
    old = answers(make_run("old", OLD, detail="old detail"), {"a": "old answer", "c": "old wrong answer"})
    new = answers(
        make_run("new", NEW, detail="new detail"),
        {"a": "new answer", "c": "new right answer"},
        {"a": {"base": "pass", "plus": "wrong"}},
    )
    return old, new


def written(option: str, update: tuple[Path, Path], path: Path, *more: str) -> str:
    assert main(["compare", *map(str, update), option, str(path), *more]) in (0, 3, 4)
    return path.read_text(encoding="utf-8")


def hidden(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn", "Co") and c != "\n"}


# --- JSON and the terminal ---


def test_the_json_has_both_answers_the_failing_test_and_the_gate(update: tuple[Path, Path], tmp_path: Path) -> None:
    data: dict[str, Any] = json.loads(written("--json", update, tmp_path / "out.json", "--max-broken", "1"))
    (broken,), (fixed,) = data["broken"], data["fixed"]
    assert (broken["task"], broken["failing_test"], broken["detail"]) == ("a", "plus", "new detail")
    assert broken["old_answer"] == {
        "epoch": 0, "verdict": "pass", "reason": "", "text": "old answer", "characters": 10, "truncated": False,
    }  # fmt: skip
    assert (broken["new_answer"]["verdict"], broken["new_answer"]["text"]) == ("wrong", "new answer")
    assert (fixed["old_answer"]["text"], fixed["new_answer"]["text"]) == ("old wrong answer", "new right answer")
    assert fixed["detail"] == "old detail"
    gate = data["gate"]
    assert (gate["outcome"], gate["exit_code"], gate["owed"]) == ("inconclusive", 4, 1)
    assert gate["limits"][0] == {
        "option": "--max-broken", "name": "broken tasks", "bound": "at most", "unit": "count", "limit": 1, "seen": 1,
        "interval": None, "outcome": "inconclusive", "tasks_needed": None,
        "why": "1 owed sample could change it: resume the run, or give --allow-owed",
    }  # fmt: skip
    assert data["verdict"].startswith("1 task broke and 1 was fixed")


def test_without_a_limit_there_is_no_gate(update: tuple[Path, Path], tmp_path: Path) -> None:
    assert json.loads(written("--json", update, tmp_path / "out.json"))["gate"] is None


def test_a_long_answer_is_cut_in_the_json_and_said_to_be(update: tuple[Path, Path], tmp_path: Path) -> None:
    answers(update[1], {"a": "x" * 64_001})
    answer = json.loads(written("--json", update, tmp_path / "out.json"))["broken"][0]["new_answer"]
    assert (len(answer["text"]), answer["characters"], answer["truncated"]) == (64_000, 64_001, True)


@pytest.mark.parametrize(("show", "shown"), [("0", 0), ("1", 1), ("5", 2)])
def test_as_many_answers_are_printed_as_are_asked_for(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str], show: str, shown: int
) -> None:
    old, new = make_run("old", {"a": "P", "b": "P"}), make_run("new", {"a": "w", "b": "w"})
    assert main(["compare", str(old), str(new), "--show", show]) == 0
    out = capsys.readouterr().out
    assert out.count("new answer, wrong") == shown
    assert ("the answers of 1 more task:" in out) is (shown == 1)


def test_the_terminal_shows_the_failing_test_and_cuts_long_answers(
    update: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    answers(update[1], {"a": "\n".join(f"line {i}" for i in range(30))}, {"a": {"base": "pass", "plus": "wrong"}})
    assert main(["compare", *map(str, update)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  a +wrong +plus: new detail$", out, re.MULTILINE)
    assert "      | line 11\n      … (" in out
    assert "line 12" not in out
    assert all(len(line) <= 140 for line in out.splitlines())


def test_a_narrow_terminal_gets_narrow_lines(
    update: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    answers(make := update[1], {"a": "x" * 500})
    assert main(["compare", str(update[0]), str(make)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 60 + 30 for line in lines if line.startswith("      |")), "a cut line says how much is left"


def test_settings_that_differ_are_named(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    old = make_run("old", {"a": "P"}, manifest={"sampling": {"epochs": 1, "temperature": 0.0, "top_p": 0.9}})
    new = make_run("new", {"a": "P"}, manifest={"sampling": {"epochs": 1, "temperature": 0.8}})
    assert main(["compare", str(old), str(new)]) == 0
    out = capsys.readouterr().out
    assert "Settings that differ: 2" in out
    assert "sampling.temperature: 0.0 -> 0.8" in out
    assert "sampling.top_p: 0.9 -> unset" in out
    assert main(["compare", str(old), str(old)]) == 0
    assert "Settings that differ" not in capsys.readouterr().out


def test_falls_that_may_be_chance_come_last_and_are_marked(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = {f"n{i}": "P" * 10 for i in range(25)}
    old = make_run("old", {**noisy, "z": "P" * 10})
    new = make_run(
        "new",
        {
            **dict.fromkeys(list(noisy)[:2], "P" * 5 + "w" * 5),
            **dict.fromkeys(list(noisy)[2:], "P" * 9 + "w"),
            "z": "w" * 10,
        },
    )
    report = tmp_path / "out.md"
    assert main(["compare", str(old), str(new), "--markdown", str(report)]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Broken: 26 tasks, 25 of them perhaps by chance of sampling (marked ~)")
    assert lines[at + 1].startswith("  z    10/10 -> 0/10")
    assert lines[at + 2].startswith("~ n0   10/10 -> 5/10")
    assert lines[at + 22] == "  and 5 more, perhaps by chance: --json or --markdown has them all"
    rows = [line for line in report.read_text().splitlines() if "10/10 |" in line]
    assert rows[0].startswith("| z |")
    assert all(row.startswith("| ~ n") for row in rows[1:])


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_where_one_file_cannot_be_written_none_is(update: tuple[Path, Path], tmp_path: Path, verb: str) -> None:
    numbers = tmp_path / "out.json"
    runs = [str(run) for run in update][: 2 if verb == "compare" else 1]
    assert main([verb, *runs, "--json", str(numbers), "--markdown", "/proc/evalrun"]) == 2
    assert not numbers.exists()


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_records_of_a_run_are_never_written_over(
    update: tuple[Path, Path], capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    runs = [str(run) for run in update][: 2 if verb == "compare" else 1]
    records = {path: path.read_bytes() for run in update for path in run.iterdir()}
    for record in ("run.json", "samples.jsonl", "verdicts.jsonl"):
        assert main([verb, *runs, "--json", str(update[0] / "." / record)]) == 2
        assert "is a record of the run" in capsys.readouterr().err
    assert {path: path.read_bytes() for run in update for path in run.iterdir()} == records
    for _ in range(2):  # a report of its own may lie there, and be written anew
        assert main([verb, *runs, "--json", str(update[0] / "report.json")]) == 0


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_two_outputs_want_two_files(
    update: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    runs = [str(run) for run in update][: 2 if verb == "compare" else 1]
    file = tmp_path / "out"
    assert main([verb, *runs, "--json", str(file), "--markdown", f"{tmp_path}/./out"]) == 2
    assert "two outputs" in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_a_closed_stdout_is_no_defect(update: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    runs = [str(run) for run in update][: 2 if verb == "compare" else 1]
    monkeypatch.setattr("sys.stdout", None)
    assert main([verb, *runs]) == 0


def test_long_names_of_tasks_keep_the_end_that_tells_them_apart(make_run: MakeRun) -> None:
    start = "suite-" + "x" * 90
    tasks = {f"{start}/{number}": "P" for number in range(3)}
    old, new = make_run("old", tasks), make_run("new", dict.fromkeys(tasks, "w"))
    text = as_text(build_update(read_run(old, keep="all"), read_run(new, keep="all")))
    rows = [line for line in text.splitlines() if line.startswith("  suite-")]
    assert {row.split()[0][-2:] for row in rows} >= {"/0", "/1", "/2"}
    assert "/1" in scorecard_text(build_scorecard(new)).split("Failures")[1]


# --- hostile answers ---


def test_a_text_that_ci_would_take_for_a_command_is_none_any_more() -> None:
    assert printed("##[error]x") == r"#\x23[error]x"
    assert printed("a ###vso[task.x]y") == r"a ##\x23vso[task.x]y"
    assert printed("::error::x") == r":\x3aerror::x"
    assert printed("  ::error::x") == r"  :\x3aerror::x"
    assert printed("a::b ## c") == "a::b ## c"


def test_no_line_of_the_terminal_is_a_command_of_ci(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    task = "::error::##[x]"
    old = answers(make_run("::add-mask::x", {task: "P"}, detail=HOSTILE, suite="##[group]"), {task: HOSTILE})
    new = answers(make_run("##[debug]", {task: "w"}, detail=HOSTILE, suite="##[group]"), {task: HOSTILE})
    assert main(["compare", str(old), str(new)]) == 0
    assert main(["report", str(new)]) == 0
    out = capsys.readouterr().out
    assert "##[" not in out
    assert not re.search(r"##\w+\[", out)
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]
    assert not hidden(out)


def test_an_excerpt_says_what_it_leaves_out() -> None:
    assert excerpt("a\nb\nc", lines=2, characters=100) == excerpt("a\r\nb\r\nc\n", lines=2, characters=100)
    cut = excerpt("a\n\tb\nc", lines=2, characters=100)
    assert (cut.lines, cut.cut) == (("a", "    b"), "… (2 more characters)")
    assert excerpt("abcdef", lines=9, characters=4).text == "abcd\n… (2 more characters)"
    assert excerpt("", lines=9, characters=4).text == ""
    assert excerpt("abcd", lines=9, characters=9, more=70).text == "abcd\n… (70 more characters)"


@pytest.mark.parametrize("text", ["```", "a\n`````\nb", "~~~", "plain", "````python\n```"])
def test_a_fence_is_longer_than_any_run_of_backticks_within(text: str) -> None:
    opening, *body, closing = fence(text)
    assert body == text.split("\n")
    assert opening == closing + "python"
    assert set(closing) == {"`"}
    assert len(closing) >= 3
    assert closing not in text


def outside_fences(text: str) -> list[str]:
    """The lines of Markdown that are in no fence, as CommonMark closes fences: by as many backticks or more."""
    outside, closing = [], ""
    for line in text.splitlines():
        mark = re.match(r" {0,3}(`{3,})", line)
        if closing:
            if mark and len(mark[1]) >= len(closing) and line.strip() == mark[1]:
                closing = ""
        elif mark:
            closing = mark[1]
        else:
            outside.append(line)
    assert not closing, "a fence is never closed"
    return outside


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_hostile_answers_stay_in_their_fences(make_run: MakeRun, tmp_path: Path, verb: str) -> None:
    old = answers(make_run("old" + HOSTILE, OLD, detail=HOSTILE, suite=HOSTILE), {"a": HOSTILE})
    new = answers(make_run("new", NEW, detail=HOSTILE, suite=HOSTILE), {"a": HOSTILE}, {"a": {HOSTILE: "wrong"}})
    path = tmp_path / "out.md"

    assert main([verb, *([str(old)] if verb == "compare" else []), str(new), "--markdown", str(path)]) == 0

    text = path.read_text(encoding="utf-8")
    assert not hidden(text)
    outside = "\n".join(outside_fences(text))
    assert set(re.findall(r"<[^>]*>?", outside)) == {"<details>", "</details>", "<summary>", "</summary>"}
    assert outside.count("<details>") == outside.count("</details>") >= 1
    assert not re.search(r"[`~]{3}|!\[|\]\(|https?://|@everyone", outside)
    assert "</details>" in text[text.index("``````") :], "the answer itself is there, and inert"


def test_a_report_of_many_long_answers_fits_in_a_comment(make_run: MakeRun, tmp_path: Path) -> None:
    tasks = {f"task/{i}": "P" for i in range(400)}
    old = answers(make_run("old", tasks), dict.fromkeys(tasks, "x = 1\n" * 1000))
    new = answers(make_run("new", dict.fromkeys(tasks, "w"), detail="d" * 5000), dict.fromkeys(tasks, "y\n" * 3000))
    text = written("--markdown", (old, new), tmp_path / "out.md")
    assert len(text) < 65_536
    assert "and 300 more: the JSON has them all." in text
    assert re.search(r"The answers of \d+ more tasks are in the JSON\.", text)


# --- JUnit XML ---


def junit(update: tuple[Path, Path], path: Path, *more: str) -> ElementTree.Element:
    text = written("--junit", update, path, *more)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert_fits_the_common_schemas(root)
    return root


def assert_fits_the_common_schemas(root: ElementTree.Element) -> None:
    """The rules that Ant's and Jenkins' schemas share, and those of each that the other does not forbid."""
    assert (root.tag, root.attrib) == ("testsuites", {})
    for number, suite in enumerate(root):
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {
            "name", "package", "id", "timestamp", "hostname", "time", "tests", "failures", "errors", "skipped",
        }  # fmt: skip
        assert suite.attrib["id"] == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        cases = suite.findall("testcase")
        assert suite.attrib["tests"] == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.attrib[name] == str(len(suite.findall(f"testcase/{tag}")))
        for case in cases:
            assert set(case.attrib) == {"name", "classname", "time"}
            assert case.attrib["name"]
            assert len(case) <= 1
            for child in case:
                assert child.tag in ("failure", "error", "skipped")
                assert set(child.attrib) == ({"message"} if child.tag == "skipped" else {"type", "message"})
        assert all(set(one.attrib) == {"name", "value"} for one in suite.findall("properties/property"))


def test_a_broken_task_is_a_failure_and_an_owed_one_is_skipped(update: tuple[Path, Path], tmp_path: Path) -> None:
    (suite,) = junit(update, tmp_path / "out.xml")
    found = {case.attrib["name"]: [child.tag for child in case] for case in suite.findall("testcase")}
    assert found == {"a": ["failure"], "b": [], "c": [], "d": [], "e": ["skipped"]}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {"type": "negative flip", "message": "1/1 -> 0/1: plus: new detail"}
    assert failure.text is not None
    assert "old answer (pass):\nold answer\n" in failure.text
    assert "new answer (wrong):\nnew answer\n" in failure.text
    assert [one.attrib for one in suite.findall("properties/property")] == [{"name": "fixed: c", "value": "0/1 -> 1/1"}]


def test_tasks_that_differ_are_skipped_with_the_reason(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", {"a": "P", "b": "P", "c": "P"})
    new = make_run("new", {"a": "P", "b": "P", "d": "P"}, digests={"b": "other"}, created="soon")
    (suite,) = junit((old, new), tmp_path / "out.xml")
    found = {case.attrib["name"]: case.find("skipped") for case in suite.findall("testcase")}
    said = {name: None if one is None else one.attrib["message"] for name, one in found.items()}
    assert said == {
        "a": None,
        "b": "not compared: changed between the suites",
        "c": "not compared: only in the old run",
        "d": "not compared: only in the new run",
    }
    assert suite.attrib["timestamp"] == "1970-01-01T00:00:00"


def test_a_fall_within_the_noise_of_sampling_is_no_failure(make_run: MakeRun, tmp_path: Path) -> None:
    old = make_run("old", {"a": "P" * 10, "b": "P" * 10})
    new = make_run("new", {"a": "w" * 10, "b": "P" * 9 + "w"})
    (suite,) = junit((old, new), tmp_path / "out.xml")
    assert [case.attrib["name"] for case in suite.findall("testcase[failure]")] == ["a"]
    properties = {one.attrib["name"]: one.attrib["value"] for one in suite.findall("properties/property")}
    assert properties == {"fell within noise: b": "10/10 -> 9/10"}


def test_each_limit_is_a_test_case(update: tuple[Path, Path], tmp_path: Path) -> None:
    options = ["--max-broken", "0", "--max-nfr", "30%", "--min-pairwise", "1%", "--allow-owed"]
    _, gate = junit(update, tmp_path / "out.xml", *options)
    found = {case.attrib["name"]: [child.tag for child in case] for case in gate.findall("testcase")}
    assert found == {
        "negative flip rate at most 30.0 %": ["error"],
        "pairwise agreement at least 1.0 %": [],
        "broken tasks at most 0": ["failure"],
    }


def test_junit_is_well_formed_whatever_the_records_hold(make_run: MakeRun, tmp_path: Path) -> None:
    everything = "".join(map(chr, range(0x300))) + "\ud800\udfff\ufffe\uffff\U0001ffff" + HOSTILE
    old = answers(make_run(everything, {everything: "P", "": "P"}, suite=everything), {everything: everything})
    new = answers(
        make_run(everything, {everything: "w", "": "w"}, suite=everything, detail=everything, created=everything),
        {everything: everything},
        {everything: {everything: "wrong"}},
    )
    (suite,) = junit((old, new), tmp_path / "out.xml")
    assert len(suite.findall("testcase/failure")) == 2
    assert not hidden("".join(suite.itertext()))


# --- GitHub ---


def test_the_report_is_appended_to_the_summary_of_the_job(
    update: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, report = tmp_path / "summary.md", tmp_path / "report.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["compare", *map(str, update), "--github", "--markdown", str(report)]) == 0
    assert summary.read_text(encoding="utf-8") == "before\n" + report.read_text(encoding="utf-8") + "\n"


def test_outside_of_github_actions_there_is_no_summary_to_append_to(
    update: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert main(["compare", *map(str, update), "--github"]) == 2
    assert "GITHUB_STEP_SUMMARY is not set" in capsys.readouterr().err


def test_names_and_numbers_in_a_pull_request_call_nobody() -> None:
    assert cell("@a #1 <b>") == "&#64;&#8203;a &#35;&#8203;1 &#60;b&#62;"

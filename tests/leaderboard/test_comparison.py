"""`evalrun compare`: two runs of one suite, what is left out, and hostile text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.cli import main
from evalrun.leaderboard.metrics.flips import mcnemar_exact
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.updates.comparison import compare_runs
from evalrun.leaderboard.updates.words import verdict_on_update

MakeRun = Callable[..., Path]

OLD = {**{f"t{i}": "P" for i in range(6)}, **{f"u{i}": "w" for i in range(4)}}
NEW = {**OLD, "t0": "e", "t1": "t", "u0": "P", "u1": "P", "u2": "P"}
HOSTILE = "<script>alert(1)</script>\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x00|`x`\r\n# head"


def test_one_sample_a_task_gives_exactly_the_flips(make_run: MakeRun) -> None:
    result = compare_runs(read_run(make_run("old", OLD)), read_run(make_run("new", NEW)))

    assert result.flips is not None
    assert (result.flips.broken, result.flips.fixed) == (("t0", "t1"), ("u0", "u1", "u2"))
    assert [change.task for change in result.broken] == ["t0", "t1"]
    assert [change.new_verdicts for change in result.broken] == [("error",), ("timeout",)]
    assert (result.rates.nfr, result.rates.pfr) == pytest.approx((0.2, 0.3))
    assert result.net == pytest.approx(0.1)
    assert (result.test, result.p) == ("exact McNemar", mcnemar_exact(2, 3))
    assert result.nfr_interval.method == "wilson"


def test_several_samples_a_task_give_expected_flips_and_say_so(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = make_run("old", {"a": "PPPPPPPPww", "b": "PP"}), make_run("new", {"a": "PPPPPwwwww", "b": "PP"})
    # b has two of ten samples on both sides: it is compared on those, and said to be partly owed.
    result = compare_runs(read_run(old), read_run(new))

    assert result.flips is None
    assert result.rates.nfr == pytest.approx(0.4 / 2)
    assert result.rates.pfr == pytest.approx(0.1 / 2)
    assert result.test == "sign-flip permutation over root tasks"
    assert result.partial == ("b",)
    assert main(["compare", str(old), str(new)]) == 0
    out = capsys.readouterr().out
    assert "expected flips of one fresh sample of each model" in out
    assert "PARTLY OWED: 1 task" in out
    assert "noise floor of NFR" in out


def test_tasks_that_differ_or_are_owed_are_listed_and_left_out(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    old = make_run("old", {"same": "P", "changed": "P", "gone": "P", "owed": "P"})
    new = make_run("new", {"same": "w", "changed": "w", "added": "w", "owed": "i"}, digests={"changed": "other"})

    result = compare_runs(read_run(old), read_run(new))

    assert (result.tasks, result.left_out.total) == (1, 4)
    assert main(["compare", str(old), str(new)]) == 0
    out = capsys.readouterr().out
    for line in (
        "LEFT OUT, only in the old run: 1 task: gone",
        "LEFT OUT, only in the new run: 1 task: added",
        "LEFT OUT, changed between the suites: 1 task: changed",
        "LEFT OUT, no scored sample in one of the runs: 1 task: owed",
    ):
        assert line in out


def test_runs_without_a_common_task_are_refused(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = make_run("old", {"a": "P"}), make_run("new", {"b": "P"})
    with pytest.raises(BadInput, match="no task in common that both have scored"):
        compare_runs(read_run(old), read_run(new))
    assert main(["compare", str(old), str(new)]) == 2
    assert "compare two runs of one suite" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--json", "--markdown", "-o"])
def test_where_nothing_can_be_written_is_one_line(
    option: str, make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(make_run("run", {"a": "P"}))
    verb = ["leaderboard", run] if option == "-o" else ["compare", run, run]
    assert main([*verb, option, "/proc/evalrun"]) == 2
    assert capsys.readouterr().err.startswith("evalrun: error: /proc/evalrun: cannot be written (")


def test_tasks_that_share_a_root_are_not_tested_as_if_they_were_independent(make_run: MakeRun) -> None:
    roots = {f"r~{i}": "r" for i in range(8)}
    old = make_run("old", dict.fromkeys(roots, "P"), roots=roots)
    new = make_run("new", dict.fromkeys(roots, "w"), roots=roots)
    result = compare_runs(read_run(old), read_run(new))
    assert (result.roots, result.p) == (1, 1.0)
    assert mcnemar_exact(8, 0) < 0.01


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (OLD, "No pass rate differs on 10 tasks; nothing was broken and nothing fixed."),
        (
            NEW,
            "2 tasks broke and 3 were fixed: the net change of +10.0 points could be chance (exact McNemar, p = 1.00).",
        ),
        (
            dict.fromkeys(OLD, "w"),
            "6 tasks broke and 0 were fixed: the new model is worse by 60.0 points, more than chance explains "
            "(exact McNemar, p = 0.031).",
        ),
    ],
)
def test_the_verdict_is_one_sentence(make_run: MakeRun, new: dict[str, str], sentence: str) -> None:
    result = compare_runs(read_run(make_run("old", OLD)), read_run(make_run("new", new)))
    assert verdict_on_update(result) == sentence


def test_hostile_text_reaches_terminal_and_markdown_only_as_visible_text(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = "t\x1b[31m|<img src=x onerror=alert(1)>"
    old = make_run(HOSTILE, {task: "P", "b": "w"}, detail=HOSTILE, suite=HOSTILE)
    new = make_run("new " + HOSTILE, {task: "w", "b": "P", "\ud800": "P"}, detail=HOSTILE, suite=HOSTILE)
    report, numbers = tmp_path / "report.md", tmp_path / "report.json"

    assert main(["compare", str(old), str(new), "--markdown", str(report), "--json", str(numbers)]) == 0

    out = capsys.readouterr().out
    assert not {c for c in out if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert r"\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x00" in out
    text = report.read_text(encoding="utf-8")
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert set(re.findall("<[^>]*>", text)) == {"<details>", "</details>", "<summary>", "</summary>"}
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 6}
    data = json.loads(numbers.read_bytes().decode("ascii"))
    assert data["broken"][0]["task"] == task
    assert data["left_out"]["only_new"] == ["\ud800"]


def test_the_json_holds_null_where_a_number_is_undefined(make_run: MakeRun, tmp_path: Path) -> None:
    numbers = tmp_path / "out.json"
    runs = [str(make_run(label, {"a": "P"})) for label in ("old", "new")]
    assert main(["compare", *runs, "--json", str(numbers)]) == 0
    data = json.loads(numbers.read_text(encoding="ascii"), parse_constant=pytest.fail)
    assert data["noise_floor"] is None
    assert data["counts"]["relative_nfr"] is None
    assert data["p"] == 1.0

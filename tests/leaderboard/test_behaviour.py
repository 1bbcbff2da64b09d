"""What a comparison says beyond pass and fail: tests passed, answers that fail otherwise, tasks that surely changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evalrun.leaderboard.data import to_text
from evalrun.leaderboard.metrics.intervals import wilson
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.updates.behaviour import RIGHT, Sample, samples_of
from evalrun.leaderboard.updates.comparison import compare_runs
from evalrun.leaderboard.updates.comparison_data import comparison_data

MakeRun = Callable[..., Path]


def with_tests(folder: Path, tests: Mapping[str, Mapping[str, str]]) -> Path:
    """Record the verdicts of single tests of the first sample of each task: the last line of a sample counts."""
    with (folder / "verdicts.jsonl").open("a", encoding="ascii") as stream:
        for task, verdicts in tests.items():
            failed = [verdict for verdict in verdicts.values() if verdict != "pass"]
            row = {"task": task, "epoch": 0, "verdict": failed[0] if failed else "pass", "tests": verdicts}
            stream.write(json.dumps(row) + "\n")
    return folder


PASS = {"base": "pass", "plus": "pass"}
HALF = {"base": "pass", "plus": "wrong"}
NONE = {"base": "wrong"}
CRASH = {"base": "error"}


def test_answers_that_fail_the_same_tests_in_the_same_way_count_as_equal() -> None:
    assert Sample("pass", (("base", "pass"),)).signature == RIGHT
    assert Sample("wrong", (("base", "pass"), ("plus", "wrong"))).signature == (("plus", "wrong"),)
    assert Sample("wrong", (("base", "wrong"),)).signature != Sample("error", (("base", "error"),)).signature
    assert Sample("no_answer", ()).signature == (("", "no_answer"),)


def test_samples_that_the_machine_failed_are_no_behaviour(make_run: MakeRun) -> None:
    found = samples_of(read_run(make_run("m", {"a": "Piw"})))
    assert [sample.verdict for sample in found["a"]] == ["pass", "wrong"]


def test_flips_of_the_share_of_tests_passed_see_what_verdicts_hide(make_run: MakeRun) -> None:
    tasks = dict.fromkeys("abcd", "P")
    old = with_tests(make_run("old", tasks), {"a": PASS, "b": HALF, "c": NONE, "d": PASS})
    new = with_tests(make_run("new", tasks), {"a": PASS, "b": NONE, "c": HALF, "d": NONE})

    found = compare_runs(read_run(old), read_run(new))

    assert (found.rates.nfr, found.rates.pfr) == (0.25, 0.0)
    assert found.smooth is not None
    assert (found.smooth.n, found.smooth.nfr, found.smooth.pfr) == (4, 0.5, 0.25)
    assert (found.smooth.loss, found.smooth.gain) == (0.75, 0.5)


def test_without_the_verdicts_of_single_tests_there_are_no_smooth_flips(make_run: MakeRun) -> None:
    old, new = make_run("old", {"a": "P", "b": "P"}), make_run("new", {"a": "w", "b": "P"})
    assert compare_runs(read_run(old), read_run(new)).smooth is None
    # Of one task both sides record them.
    found = compare_runs(read_run(with_tests(old, {"b": PASS})), read_run(with_tests(new, {"b": HALF})))
    assert found.smooth is not None
    assert (found.smooth.n, found.smooth.loss) == (1, 0.5)


def test_an_answer_without_code_passes_no_test(make_run: MakeRun) -> None:
    old, new = with_tests(make_run("old", {"a": "P"}), {"a": HALF}), make_run("new", {"a": "n"})
    found = compare_runs(read_run(old), read_run(new))
    assert found.smooth is not None
    assert (found.smooth.nfr, found.smooth.loss) == (1.0, 0.5)


def test_wrong_answers_that_are_wrong_otherwise_are_no_negative_flips_but_inconsistent(make_run: MakeRun) -> None:
    tasks = dict.fromkeys("abc", "P")
    old = with_tests(make_run("old", tasks), {"a": PASS, "b": HALF, "c": NONE})
    new = with_tests(make_run("new", tasks), {"a": PASS, "b": CRASH, "c": NONE})

    found = compare_runs(read_run(old), read_run(new))

    assert found.rates.nfr == 0.0
    assert found.answers.nfr_mc == found.answers.wrong_twice == found.answers.changed == pytest.approx(1 / 3)


def test_compatibility_is_the_same_from_counts_and_from_rates(make_run: MakeRun) -> None:
    old, new = "PPPPPPwwww", "PPPPwwPPPw"
    single = compare_runs(
        read_run(make_run("old", {str(i): letter for i, letter in enumerate(old)})),
        read_run(make_run("new", {str(i): letter for i, letter in enumerate(new)})),
    )
    twice = compare_runs(
        read_run(make_run("old", {str(i): 2 * letter for i, letter in enumerate(old)})),
        read_run(make_run("new", {str(i): 2 * letter for i, letter in enumerate(new)})),
    )
    for found in (single, twice):
        assert (found.nfi, found.btc, found.bec, found.relative_nfr) == pytest.approx((2 / 3, 2 / 3, 1 / 3, 10 / 9))
    assert single.btc_interval == wilson(4, 6)
    assert single.nfi_interval == wilson(2, 3)
    assert twice.btc_interval == single.btc_interval
    assert twice.rates.noise_floor == 0.0
    assert twice.rates.systematic == pytest.approx(0.5)
    assert single.flips is not None
    assert twice.flips is None


def test_hard_flips_are_given_for_the_k_that_all_tasks_have(make_run: MakeRun) -> None:
    old, new = make_run("old", {"a": "PPP", "b": "www"}), make_run("new", {"a": "www", "b": "wwP"})
    found = compare_runs(read_run(old), read_run(new)).at_k
    assert [one.k for one in found] == [2, 3]
    assert (found[1].hard_nfr, found[1].nfr, found[1].hard_pfr, found[1].pfr) == (0.5, 0.5, 0.0, 0.5)
    short = compare_runs(read_run(old), read_run(make_run("short", {"a": "www", "b": "w"})))
    assert short.at_k == ()


def test_tasks_that_surely_changed_are_named(make_run: MakeRun) -> None:
    tasks = {"fell": "PPPPP", **{f"t{i}": "PPPww" for i in range(4)}, "once": "P"}
    old = make_run("old", tasks)
    new = make_run("new", {**tasks, "fell": "wwwww", "t0": "Pwwww"})
    found = compare_runs(read_run(old), read_run(new))

    # Fisher's 2/252 of 5/5 against 0/5, times five tests; a task with one sample on each side is not tested.
    assert [one.task for one in found.task_tests if one.changed] == ["fell"]
    fell = found.task_tests[0]
    assert (fell.p, fell.adjusted) == (pytest.approx(2 / 252), pytest.approx(10 / 252))
    assert len(found.task_tests) == 5


def test_all_numbers_stand_in_the_json_and_undefined_ones_are_null(make_run: MakeRun) -> None:
    run = read_run(with_tests(make_run("old", {"a": "P"}), {"a": PASS}))
    data: dict[str, Any] = json.loads(to_text(comparison_data(compare_runs(run, run))), parse_constant=pytest.fail)
    assert (data["nfi"], data["btc"], data["bec"], data["relative_nfr"]) == (None, 1.0, None, None)
    assert data["answers"] == {"nfr_mc": 0.0, "wrong_in_another_way": 0.0, "changed": 0.0}
    assert data["smooth"]["mean_loss"] is None
    assert (data["smooth"]["tasks"], data["smooth"]["nfr"]) == (1, 0.0)
    assert data["at_k"] == {}
    assert data["systematic_churn"] is None
    assert data["task_tests"]["tested"] == 0

    old, new = (read_run(make_run(label, {"a": letters})) for label, letters in (("o", "PPPw"), ("n", "PPww")))
    data = comparison_data(compare_runs(old, new))
    assert (data["nfr"], data["noise_floor"]) == pytest.approx((0.375, (3 / 12 + 4 / 12) / 2))
    assert data["excess_nfr"] == pytest.approx(0.375 - 7 / 24)
    assert data["systematic_churn"] == pytest.approx(1 / 16 - 3 / 48 - 4 / 48)
    assert data["at_k"]["2"]["hard_nfr"] == pytest.approx(3 / 6 * 1 / 6)
    assert data["task_tests"]["tested"] == 1

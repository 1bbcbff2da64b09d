"""The gate: what decides a limit, how many tasks would, what owed samples may change, and the exit codes for CI."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalrun.harness.cli import main
from evalrun.leaderboard.metrics.deciding import decide, units_needed
from evalrun.leaderboard.metrics.intervals import Interval, bootstrap_mean, bootstrap_ratio, wilson
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.updates.comparison import compare_runs
from evalrun.leaderboard.updates.gate import Check, Gate, Limits, Rule, judge, surely_broken

MakeRun = Callable[..., Path]


def outcomes(passed: int, failed: int, *, owed: int = 0) -> dict[str, str]:
    """Tasks t0, t1, ...: first those that pass, then those that fail, then those that are owed."""
    return {f"t{i}": letter for i, letter in enumerate("P" * passed + "w" * failed + "i" * owed)}


def gate_of(old: Path, new: Path, limits: Limits, rule: Rule | None = None) -> Gate:
    tables = read_run(old), read_run(new)
    found = judge(*tables, compare_runs(*tables), limits, rule or Rule())
    assert found is not None
    return found


def only(gate: Gate) -> Check:
    (check,) = gate.checks
    return check


# --- the formulas ---


@pytest.mark.parametrize(
    ("low", "high", "at_most", "outcome"),
    [
        (0.01, 0.04, True, "ok"),
        (0.01, 0.05, True, "ok"),  # the bound itself keeps the limit
        (0.05, 0.09, True, "inconclusive"),
        (0.051, 0.09, True, "failed"),
        (0.01, 0.09, True, "inconclusive"),
        (0.06, 0.09, False, "ok"),
        (0.05, 0.09, False, "ok"),
        (0.01, 0.05, False, "inconclusive"),
        (0.01, 0.049, False, "failed"),
        (math.nan, math.nan, True, "inconclusive"),
    ],
)
def test_a_limit_of_five_percent_is_decided_by_the_whole_interval(
    low: float, high: float, at_most: bool, outcome: str
) -> None:
    assert decide(low, high, 0.05, at_most=at_most) == outcome


def test_without_a_flip_the_tasks_needed_are_those_whose_wilson_bound_reaches_the_limit() -> None:
    # z^2 (1 - L) / L = 3.8415 * 0.98 / 0.02 = 188.2
    assert units_needed(0.0, 0.02, wilson(0, 50), level=0.95) == 189
    assert wilson(0, 189).high <= 0.02 < wilson(0, 188).high


def test_tasks_needed_for_a_share_by_hand() -> None:
    # ((1.95996 * sqrt(0.1 * 0.9) + 0.84162 * sqrt(0.05 * 0.95)) / 0.05)^2 = (0.77142 / 0.05)^2 = 238.03
    assert units_needed(0.05, 0.10, wilson(5, 100), level=0.95) == 239


def test_tasks_needed_for_a_mean_by_hand() -> None:
    # 100 * ((1 + 0.84162 / 1.95996) * 0.04 / 0.01)^2 = 100 * 5.71763^2 = 3269.1
    assert units_needed(0.02, 0.03, Interval(-0.02, 0.06, "bootstrap", 100), level=0.95) == 3270
    # towards the other side it is the other half of the interval that counts
    assert units_needed(0.02, 0.01, Interval(0.0, 0.06, "bootstrap", 100), level=0.95) == 818


def test_no_number_of_tasks_decides_about_a_limit_that_is_what_was_seen() -> None:
    assert units_needed(0.05, 0.05, wilson(5, 100), level=0.95) is None
    assert units_needed(math.nan, 0.05, wilson(5, 100), level=0.95) is None
    assert units_needed(0.01, 0.05, Interval(math.nan, math.nan, "none", 1), level=0.95) is None


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
@example(0.0, 1.0, 0.8)
@example(1.0, 0.0, 0.99)
def test_with_the_tasks_needed_the_same_rate_would_decide(seen: float, limit: float, level: float) -> None:
    if abs(seen - limit) < 1e-4:
        return
    n = units_needed(seen, limit, wilson(0, 10), level=level)
    assert n is not None
    interval = wilson(seen * n, n, level)
    assert decide(interval.low, interval.high, limit, at_most=True) == ("ok" if seen < limit else "failed")


def test_with_the_tasks_needed_four_repetitions_in_five_decide() -> None:
    n = units_needed(0.05, 0.10, wilson(5, 100), level=0.95)
    assert n is not None
    drawn = np.random.default_rng(7).binomial(n, 0.05, size=4000)
    decided = np.mean([decide(0, wilson(int(k), n).high, 0.10, at_most=True) == "ok" for k in drawn])
    assert 0.77 < decided < 0.86  # a normal approximation of a coarse count: 0.8 within three points or so


def test_a_single_sample_that_flipped_fell_and_two_of_two_is_not_enough(make_run: MakeRun) -> None:
    old, new = (
        make_run("old", {"a": "P", "b": "PP", "c": "P" * 10}),
        make_run("new", {"a": "w", "b": "ww", "c": "w" * 10}),
    )
    found = compare_runs(read_run(old), read_run(new))
    assert len(found.broken) == 3
    assert surely_broken(found) == {"a", "c"}


def test_the_bootstrap_of_a_ratio_is_that_of_a_mean_where_all_weights_are_one() -> None:
    values, roots = [0.0, 1.0, 0.5, 0.25], ["a", "a", "b", "c"]
    assert bootstrap_ratio(values, [1.0] * 4, roots) == bootstrap_mean(values, roots)
    assert bootstrap_ratio([*values, 0.0], [1.0] * 4 + [0.0], [*roots, "empty"]) == bootstrap_mean(values, roots)
    with pytest.raises(ValueError, match="without weight"):
        bootstrap_ratio([1.0, 1.0], [0.0, 1.0], ["a", "b"])


# --- decisions on runs ---


def test_no_limit_is_no_gate(make_run: MakeRun) -> None:
    table = read_run(make_run("m", {"a": "P"}))
    assert judge(table, table, compare_runs(table, table), Limits(), Rule()) is None


@pytest.mark.parametrize(
    ("limit", "outcome"), [(0.055, "failed"), (0.0553, "inconclusive"), (0.174, "inconclusive"), (0.175, "ok")]
)
def test_ten_broken_of_a_hundred_are_judged_by_wilsons_interval(make_run: MakeRun, limit: float, outcome: str) -> None:
    # Wilson, 10 of 100: (0.1 + 0.01921 -+ 1.96 sqrt(0.0009 + 0.00009604)) / 1.03841 = [0.05523, 0.17437]
    check = only(gate_of(make_run("old", outcomes(100, 0)), make_run("new", outcomes(90, 10)), Limits(max_nfr=limit)))
    assert check.interval is not None
    assert (check.seen, check.interval.low, check.interval.high) == pytest.approx((0.1, 0.05523, 0.17437), abs=1e-4)
    assert check.outcome == outcome
    assert (check.needed is not None) is (outcome == "inconclusive")


def test_an_undecided_limit_names_the_tasks_that_would_decide(make_run: MakeRun) -> None:
    check = only(gate_of(make_run("old", outcomes(50, 0)), make_run("new", outcomes(50, 0)), Limits(max_nfr=0.02)))
    assert (check.outcome, check.why, check.needed) == ("inconclusive", "too few tasks to say", 189)


def test_of_what_worked_is_judged_over_what_worked(make_run: MakeRun) -> None:
    # 40 of 80 worked; 4 of these 40 broke
    old, new = make_run("old", outcomes(40, 40)), make_run("new", outcomes(36, 44))
    check = only(gate_of(old, new, Limits(max_nfr_of_correct=0.12)))
    expected = wilson(4, 40)
    assert check.seen == pytest.approx(0.1)
    assert check.interval == expected
    needed = units_needed(0.1, 0.12, expected, level=0.95)
    assert needed is not None
    assert check.needed == 2 * needed  # of two tasks, one worked


def test_what_worked_is_undefined_where_nothing_did(make_run: MakeRun) -> None:
    run = make_run("m", outcomes(0, 5))
    check = only(gate_of(run, run, Limits(max_nfr_of_correct=0.5)))
    assert (check.outcome, check.why) == ("inconclusive", "the old model passed nothing")
    assert math.isnan(check.seen)


def test_a_drop_counts_what_was_fixed_against_what_broke(make_run: MakeRun) -> None:
    old, new = outcomes(50, 50), {**outcomes(50, 50), "t0": "w", "t99": "P"}
    check = only(gate_of(make_run("old", old), make_run("new", new), Limits(max_drop=0.05)))
    assert (check.seen, check.outcome) == (0.0, "ok")
    check = only(gate_of(make_run("old", old), make_run("new", new), Limits(max_drop=-0.05)))
    assert check.outcome == "failed", "a gain of five points is demanded, and the interval reaches three"


def test_runs_that_do_not_differ_do_not_prove_a_drop_of_nothing(make_run: MakeRun) -> None:
    run = make_run("m", outcomes(30, 30))
    check = only(gate_of(run, run, Limits(max_drop=0.01)))
    # 0 of n roots changed: Wilson's bound reaches 0.01 at z^2 * 0.99 / 0.01 = 380.3
    assert (check.outcome, check.needed) == ("inconclusive", 381)
    assert only(gate_of(run, run, Limits(max_drop=0.0))).why.startswith("what was seen is the limit itself")


def test_pairwise_agreement_is_the_share_of_tasks_with_the_same_outcome(make_run: MakeRun) -> None:
    old, new = outcomes(60, 40), {**outcomes(60, 40), "t0": "w", "t98": "P", "t99": "P"}
    check = only(gate_of(make_run("old", old), make_run("new", new), Limits(min_pairwise=0.9)))
    assert check.seen == pytest.approx(0.97)
    assert check.interval == wilson(97, 100)
    assert check.outcome == "ok"
    assert only(gate_of(make_run("o", old), make_run("n", new), Limits(min_pairwise=0.995))).outcome == "failed"


def test_the_number_of_broken_tasks_needs_no_interval(make_run: MakeRun) -> None:
    old, new = make_run("old", outcomes(10, 0)), make_run("new", outcomes(8, 2))
    assert only(gate_of(old, new, Limits(max_broken=2))).outcome == "ok"
    failed = only(gate_of(old, new, Limits(max_broken=1)))
    assert (failed.outcome, failed.seen, failed.interval) == ("failed", 2, None)


def test_with_several_samples_a_fall_that_may_be_chance_leaves_the_number_open(make_run: MakeRun) -> None:
    old = make_run("old", {"a": "P" * 10, "b": "P" * 10, "c": "P" * 10})
    new = make_run("new", {"a": "w" * 10, "b": "P" * 9 + "w", "c": "P" * 10})
    assert [only(gate_of(old, new, Limits(max_broken=n))).outcome for n in (0, 1, 2)] == [
        "failed",
        "inconclusive",
        "ok",
    ]
    check = only(gate_of(old, new, Limits(max_broken=1)))
    assert check.why == "2 tasks lost pass rate, 1 of them by more than sampling explains"
    assert only(gate_of(old, new, Limits(max_broken=1), Rule(point=True))).outcome == "failed"


def test_nfr_above_the_noise_floor_forgives_what_sampling_does(make_run: MakeRun) -> None:
    # Both 5 of 10 on every task: NFR 0.25, floor 25/90 = 0.2778, excess -0.0278 everywhere.
    even = {f"t{i}": "PwPwPwPwPw" for i in range(40)}
    old, new = make_run("old", even), make_run("new", even)
    assert only(gate_of(old, new, Limits(max_nfr=0.2))).outcome == "failed"
    check = only(gate_of(old, new, Limits(max_excess_nfr=0.02)))
    assert check.seen == pytest.approx(0.25 - 25 / 90)
    assert check.outcome == "ok"


def test_the_noise_floor_is_unknown_with_one_sample_a_task(make_run: MakeRun) -> None:
    run = make_run("m", {"a": "P", "b": "PP"})
    check = only(gate_of(run, run, Limits(max_excess_nfr=0.02)))
    assert check.outcome == "inconclusive"
    assert "1 of 2 tasks have fewer" in check.why


def test_tasks_of_one_root_decide_nothing(make_run: MakeRun) -> None:
    roots = {f"r~{i}": "r" for i in range(50)}
    mixed = {task: "P" if i else "w" for i, task in enumerate(roots)}
    old, new = make_run("old", dict.fromkeys(roots, "P"), roots=roots), make_run("new", mixed, roots=roots)
    check = only(gate_of(old, new, Limits(max_nfr=0.9)))
    assert (check.outcome, check.needed) == ("inconclusive", None)
    assert "one root" in check.why


def test_a_share_of_tasks_that_could_be_compared_can_be_demanded(make_run: MakeRun) -> None:
    old = make_run("old", {"a": "P", "b": "P", "c": "P"})
    new = make_run("new", {"a": "P", "b": "P", "d": "P"}, digests={"b": "other"})
    check = only(gate_of(old, new, Limits(min_compared=0.5)))
    assert (check.seen, check.outcome) == (0.25, "failed")  # a of a, b, c, d
    assert only(gate_of(old, new, Limits(min_compared=0.25))).outcome == "ok"


def test_a_point_decision_looks_at_no_interval(make_run: MakeRun) -> None:
    old, new = make_run("old", outcomes(10, 0)), make_run("new", outcomes(9, 1))
    for limit, outcome in ((0.1, "ok"), (0.09, "failed")):
        assert only(gate_of(old, new, Limits(max_nfr=limit), Rule(point=True))).outcome == outcome


def test_the_worst_limit_decides(make_run: MakeRun) -> None:
    old, new = make_run("old", outcomes(10, 0)), make_run("new", outcomes(9, 1))
    ok, open_one, failed = {"max_broken": 1}, {"max_nfr": 0.2}, {"min_pairwise": 0.999}
    for limits, outcome, code in (
        (ok, "ok", 0),
        ({**ok, **open_one}, "inconclusive", 4),
        ({**ok, **open_one, **failed}, "failed", 3),
    ):
        gate = gate_of(old, new, Limits(**limits))
        assert (gate.outcome, gate.exit_code, len(gate.checks)) == (outcome, code, len(limits))
    assert gate_of(old, new, Limits(max_nfr=0.2), Rule(strict=True)).exit_code == 3


# --- owed samples ---


def test_an_owed_sample_that_could_break_the_limit_leaves_it_open(make_run: MakeRun) -> None:
    # 0 of 199 broken: bound 1.89 %. Were the owed one broken too, 1 of 200: bound 2.78 %.
    old, new = make_run("old", outcomes(200, 0)), make_run("new", outcomes(199, 0, owed=1))
    check = only(gate_of(old, new, Limits(max_nfr=0.02)))
    assert check.outcome == "inconclusive"
    assert check.why == "1 owed sample could change it: resume the run, or give --allow-owed"
    assert only(gate_of(old, new, Limits(max_nfr=0.03))).outcome == "ok", "no outcome of it could break this one"
    assert only(gate_of(old, new, Limits(max_nfr=0.02), Rule(allow_owed=True))).outcome == "ok"


def test_a_limit_that_fails_whatever_the_owed_samples_bring_fails(make_run: MakeRun) -> None:
    old, new = make_run("old", outcomes(100, 0)), make_run("new", outcomes(80, 15, owed=5))
    assert only(gate_of(old, new, Limits(max_nfr=0.05))).outcome == "failed"
    # 15 of 95: [9.8 %, 24.4 %]; of 100 with five more that pass: [9.3 %, ...]
    assert only(gate_of(old, new, Limits(max_nfr=0.095))).outcome == "inconclusive"
    assert only(gate_of(old, new, Limits(max_nfr=0.095), Rule(allow_owed=True))).outcome == "failed"


@pytest.mark.parametrize(("limit", "outcome"), [(0, "failed"), (1, "inconclusive"), (2, "inconclusive"), (3, "ok")])
def test_owed_samples_can_only_add_broken_tasks(make_run: MakeRun, limit: int, outcome: str) -> None:
    old, new = make_run("old", outcomes(10, 0)), make_run("new", outcomes(7, 1, owed=2))
    assert only(gate_of(old, new, Limits(max_broken=limit))).outcome == outcome


def test_owed_samples_of_the_old_run_count_as_well(make_run: MakeRun) -> None:
    old, new = make_run("old", outcomes(19, 0, owed=1)), make_run("new", outcomes(19, 1))
    assert only(gate_of(old, new, Limits(max_broken=0))).outcome == "inconclusive"
    agreement = gate_of(old, new, Limits(min_pairwise=1.0), Rule(point=True))
    assert only(agreement).outcome == "inconclusive", "had the owed one passed, the runs would disagree"


def test_a_task_that_recorded_answers_lack_is_owed(make_run: MakeRun) -> None:
    source = {"source": {"name": "answers.jsonl"}}
    old = make_run("old", outcomes(20, 0))
    new = make_run("new", {**outcomes(19, 0), "t19": "-"}, manifest=source)
    assert read_run(new).owed == 0
    gate = gate_of(old, new, Limits(max_broken=0))
    assert (gate.owed, gate.outcome) == (1, "inconclusive")


# --- the command ---


def run_compare(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["compare", *map(str, args)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ([], 0, "10 tasks broke and 0 were fixed"),
        (["--max-nfr", "20%"], 0, "GATE OK: the limit is kept."),
        (["--max-nfr", "0.2", "--max-broken", "10"], 0, "GATE OK: all 2 limits are kept."),
        (["--max-nfr", "5%"], 3, "GATE FAILED: the limit is exceeded."),
        (["--max-nfr", "10.5%"], 4, "GATE INCONCLUSIVE: the limit cannot be decided."),
        (["--max-nfr", "10.5%", "--strict"], 3, "--strict counts as failed"),
        (["--max-nfr", "10.5%", "--point"], 0, "GATE OK"),
        (["--max-nfr", "9.5%", "--point"], 3, "GATE FAILED"),
        (["--max-drop", "5%"], 4, "GATE INCONCLUSIVE"),
        (["--max-drop=-1%"], 3, "GATE FAILED"),
        (["--max-nfr", "17%"], 4, "GATE INCONCLUSIVE"),
        (["--max-nfr", "17%", "--level", "90%"], 0, "GATE OK"),
        (
            ["--min-pairwise", "80%", "--max-nfr", "10.5%", "--max-broken", "3"],
            3,
            "1 of 3 limits is exceeded; 1 cannot",
        ),
    ],
)
def test_the_exit_code_says_what_the_first_line_says(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str], options: list[str], code: int, sentence: str
) -> None:
    old, new = make_run("old", outcomes(100, 0)), make_run("new", outcomes(90, 10))
    found, out, err = run_compare(capsys, old, new, *options)
    assert (found, err) == (code, "")
    assert sentence in out.splitlines()[0]


def test_an_undecided_gate_prints_how_many_tasks_would_do(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run("m", outcomes(50, 0))
    _, out, _ = run_compare(capsys, run, run, "--max-nfr", "2%")
    assert "too few tasks to say: about 189 tasks like these would do" in out
    assert "with a chance of 80 %" in out


def test_every_limit_is_reported_whatever_the_others_say(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = make_run("old", outcomes(100, 0)), make_run("new", outcomes(90, 10))
    limits = {"--max-nfr": "5%", "--max-nfr-of-correct": "10.5%", "--max-excess-nfr": "1%", "--max-drop": "30%"}
    limits |= {"--max-broken": "3", "--min-pairwise": "80%", "--min-compared": "90%"}
    _, out, _ = run_compare(capsys, old, new, *(word for pair in limits.items() for word in pair))
    rows = [line for line in out.splitlines() if " at most " in line or " at least " in line]
    assert [row.split()[-1] for row in rows] == ["FAILED", "INCONCLUSIVE", "INCONCLUSIVE", "ok", "ok", "FAILED", "ok"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-nfr", "2"], "is that 2% or 200%"),
        (["--max-nfr", "1"], "is that 1% or 100%"),
        (["--max-nfr", "many"], "expected a share such as 2% or 0.02"),
        (["--max-nfr", "nan"], "expected a share"),
        (["--max-nfr", "-1%"], "from 0% to 100%"),
        (["--max-nfr", "101%"], "from 0% to 100%"),
        (["--max-drop", "-101%"], "from -100% to 100%"),
        (["--max-broken", "-1"], "-1 is not in the range"),
        (["--level", "100%"], "--level"),
        (["--level", "20%"], "--level"),
    ],
)
def test_a_limit_that_makes_no_sense_is_one_line(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    run = make_run("m", {"a": "P"})
    code, out, err = run_compare(capsys, run, run, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


# --- bad input ---


def test_a_truncated_record_in_the_middle_is_refused_and_a_torn_last_one_is_owed(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = make_run("old", outcomes(3, 0)), make_run("new", outcomes(3, 0))
    verdicts = new / "verdicts.jsonl"
    lines = verdicts.read_bytes().splitlines(keepends=True)
    verdicts.write_bytes(b"".join([lines[0], lines[1][:-8] + b"\n", lines[2]]))
    code, out, err = run_compare(capsys, old, new)
    assert (code, out) == (2, "")
    assert f"{verdicts}:2: not a JSON object" in err
    verdicts.write_bytes(b"".join(lines)[:-8])
    code, out, _ = run_compare(capsys, old, new, "--max-broken", "0")
    assert code == 4
    assert "1 owed sample could change it" in out
    assert "LEFT OUT, no scored sample in one of the runs: 1 task: t2" in out


def test_runs_of_different_suites_are_compared_on_what_is_identical(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = make_run("old", {"a": "P", "b": "P"}, suite="one"), make_run("new", {"b": "P", "c": "P"}, suite="two")
    code, out, _ = run_compare(capsys, old, new)
    assert code == 0
    assert "1 task compared" in out
    assert "suite.name: one -> two" in out
    code, out, err = run_compare(capsys, old, make_run("new", {"c": "P"}, suite="two"))
    assert (code, out) == (2, "")
    assert "no task in common" in err


def test_what_is_no_run_folder_is_refused_by_name(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, empty, file = make_run("m", {"a": "P"}), tmp_path / "empty", tmp_path / "file"
    empty.mkdir()
    file.write_text("x")
    for wrong in (empty, file, tmp_path / "absent"):
        for args in ((wrong, run), (run, wrong)):
            code, out, err = run_compare(capsys, *args, "--max-nfr", "5%")
            assert (code, out) == (2, "")
            assert f"{wrong}: not a run folder" in err


def test_runs_without_any_verdict_have_nothing_to_compare(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run("m", {"a": "u", "b": "-"})
    code, _, err = run_compare(capsys, run, run)
    assert code == 2
    assert "2 owed" in err


# --- real updates ---


@pytest.fixture
def recorded_update(shared_data: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Verdicts of two versions of GPT-4 on HumanEval, as recorded."""
    import gzip

    def verdicts(model: str) -> dict[str, str]:
        path = shared_data / "zero_shot_replication" / "human_eval" / f"{model}.json.gz"
        results: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))["eval"]
        return {task: "P" if row["base"][0][0] == "success" else "w" for task, row in results.items()}

    return verdicts("openai__gpt_4_0314__T0p7"), verdicts("openai__gpt_4_0613__T0p7")


def test_a_real_update_is_judged_by_its_recorded_flips(
    make_run: MakeRun, shared_data: Path, recorded_update: tuple[dict[str, str], dict[str, str]]
) -> None:
    name = "openai__gpt_4_0314__T0p7 -> openai__gpt_4_0613__T0p7 HumanEval"
    expected = json.loads((shared_data / "EXPECTED.json").read_text())["negative_flips"]["zero_shot_replication"][name]
    old, new = make_run("0314", recorded_update[0]), make_run("0613", recorded_update[1])
    limits = Limits(0.02, 0.05, None, 0.01, expected["n_negative_flips"], 0.8)

    gate = gate_of(old, new, limits)

    found = {check.option: check for check in gate.checks}
    assert found["--max-nfr"].seen == pytest.approx(expected["nfr"])
    assert found["--max-nfr-of-correct"].seen == pytest.approx(expected["nfr_over_old_correct"])
    assert found["--max-drop"].seen == pytest.approx(expected["acc_old"] - expected["acc_new"])
    assert found["--min-pairwise"].seen == pytest.approx(1 - expected["nfr"] - expected["pfr"])
    assert {option: check.outcome for option, check in found.items()} == {
        "--max-nfr": "failed",
        "--max-nfr-of-correct": "inconclusive",
        "--max-drop": "inconclusive",
        "--max-broken": "ok",
        "--min-pairwise": "ok",
    }

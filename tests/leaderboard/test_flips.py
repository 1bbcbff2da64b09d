"""Flips and McNemar's test: hand values, published values, identities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.flips import (
    evolution_flips,
    expected_flips,
    flips_from_booleans,
    holm,
    mcnemar_exact,
    update_flips,
)
from evalrun.leaderboard.metrics.passk import TaskCounts

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


def bits(text: str) -> list[bool]:
    return [letter == "1" for letter in text]


def test_flips_of_ten_tasks_equal_values_computed_by_hand() -> None:
    flips = flips_from_booleans(bits("1111110000"), bits("1111001110"))

    assert (flips.both, flips.broken, flips.fixed, flips.neither) == (4, ("4", "5"), ("6", "7", "8"), 1)
    assert (flips.nfr, flips.pfr) == (0.2, 0.3)
    assert (flips.old_accuracy, flips.new_accuracy) == (0.6, 0.7)
    assert flips.nfr_of_old_correct == pytest.approx(1 / 3)
    assert flips.relative_nfr == pytest.approx(0.2 / (0.6 * 0.3))
    assert flips.p_value == 1.0


@given(PAIRS)
def test_the_net_change_is_positive_minus_negative_flips(pairs: list[tuple[bool, bool]]) -> None:
    flips = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])

    assert flips.n == len(pairs)
    assert flips.new_correct - flips.old_correct == flips.positive - flips.negative
    if pairs:
        assert flips.new_accuracy - flips.old_accuracy == pytest.approx(flips.pfr - flips.nfr)
        assert max(0.0, flips.old_accuracy - flips.new_accuracy) <= flips.nfr + 1e-12
        assert flips.nfr <= min(flips.old_accuracy, 1 - flips.new_accuracy) + 1e-12


@given(PAIRS)
def test_swapping_old_and_new_swaps_the_kinds_of_flip(pairs: list[tuple[bool, bool]]) -> None:
    there = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])
    back = flips_from_booleans([new for _, new in pairs], [old for old, _ in pairs])
    assert (there.broken, there.fixed, there.p_value) == (back.fixed, back.broken, back.p_value)


def test_rates_of_nothing_are_undefined() -> None:
    none = flips_from_booleans([], [])
    assert all(math.isnan(rate) for rate in (none.nfr, none.pfr, none.old_accuracy, none.relative_nfr))
    assert none.p_value == 1.0
    perfect = flips_from_booleans([True], [True])
    assert perfect.nfr == 0.0
    assert math.isnan(perfect.relative_nfr)


@pytest.mark.parametrize(
    ("broken", "fixed", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (10, 25, 0.01667)],
)
def test_mcnemar_equals_hand_values(broken: int, fixed: int, p: float) -> None:
    assert mcnemar_exact(broken, fixed) == pytest.approx(p, rel=1e-3)
    assert mcnemar_exact(fixed, broken) == mcnemar_exact(broken, fixed)


def test_mcnemar_of_many_flips_does_not_overflow() -> None:
    assert mcnemar_exact(20_000, 20_000) == 1.0
    assert mcnemar_exact(0, 5_000) < 1e-300


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_the_binomial_test_of_scipy(broken: int, fixed: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not needed, only compared with")
    if broken + fixed:
        assert mcnemar_exact(broken, fixed) == pytest.approx(stats.binomtest(broken, broken + fixed).pvalue, rel=1e-9)


def test_update_flips_use_only_tasks_both_models_have() -> None:
    flips = update_flips({"a": True, "b": True, "only old": True}, {"b": False, "a": True, "only new": False})
    assert (flips.n, flips.broken) == (2, ("b",))


def test_evolution_flips_pair_each_evolved_task_with_its_root() -> None:
    original = {"r1": True, "r2": False}
    evolved = {"r1~a": False, "r1~b": True, "r2~a": True, "stray": False}
    flips = evolution_flips(original, evolved, {"r1~a": "r1", "r1~b": "r1", "r2~a": "r2", "stray": "elsewhere"})
    assert (flips.n, flips.both, flips.broken, flips.fixed) == (3, 1, ("r1~a",), ("r2~a",))


@given(PAIRS)
def test_with_one_sample_a_task_expected_flips_are_the_observed_ones(pairs: list[tuple[bool, bool]]) -> None:
    flips = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])
    rates = expected_flips((TaskCounts("", old, not old), TaskCounts("", new, not new)) for old, new in pairs)
    if pairs:
        assert (rates.nfr, rates.pfr) == pytest.approx((flips.nfr, flips.pfr))
    assert math.isnan(rates.noise_floor)
    assert math.isnan(rates.excess_nfr)


def test_expected_flips_of_several_samples_equal_hand_values() -> None:
    rates = expected_flips([(TaskCounts("a", 8, 2), TaskCounts("a", 5, 5))])
    assert (rates.nfr, rates.pfr) == (pytest.approx(0.4), pytest.approx(0.1))
    assert rates.noise_floor == pytest.approx((8 * 2 / 90 + 5 * 5 / 90) / 2)
    assert rates.excess_nfr == pytest.approx(0.4 - 0.2277777778)


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 4).filter(lambda t: t[0] + t[1] and t[2] + t[3]), min_size=1))
def test_expected_flips_add_up_to_the_change_of_pass_at_1(tasks: list[tuple[int, int, int, int]]) -> None:
    rates = expected_flips((TaskCounts("", a, b), TaskCounts("", c, d)) for a, b, c, d in tasks)
    assert rates.pfr - rates.nfr == pytest.approx(rates.new_rate - rates.old_rate, abs=1e-12)


def test_a_task_without_a_sample_has_no_flip_rate() -> None:
    with pytest.raises(ValueError, match="without a scored sample"):
        expected_flips([(TaskCounts("a", 1, 0), TaskCounts("a", 0, 0, infra=1))])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        flips_from_booleans([True], [True, False])


def test_holm_equals_hand_values() -> None:
    # sorted .01 .02 .04: x3 = .03, x2 = .04, x1 = .04; never below its forerunner, never above 1
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []

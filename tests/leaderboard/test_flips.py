"""Flips and McNemar's test: hand values, published values, identities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.flips import Flips, evolution_flips, flips_from_booleans, update_flips

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


def test_update_flips_use_only_tasks_both_models_have() -> None:
    flips = update_flips({"a": True, "b": True, "only old": True}, {"b": False, "a": True, "only new": False})
    assert (flips.n, flips.broken) == (2, ("b",))


def test_evolution_flips_pair_each_evolved_task_with_its_root() -> None:
    original = {"r1": True, "r2": False}
    evolved = {"r1~a": False, "r1~b": True, "r2~a": True, "stray": False}
    flips = evolution_flips(original, evolved, {"r1~a": "r1", "r1~b": "r1", "r2~a": "r2", "stray": "elsewhere"})
    assert (flips.n, flips.both, flips.broken, flips.fixed) == (3, 1, ("r1~a",), ("r2~a",))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        flips_from_booleans([True], [True, False])


def table(both: int, broken: int, fixed: int, neither: int) -> Flips:
    return Flips(both, tuple("b" * broken), tuple("f" * fixed), neither)


def test_impact_trust_and_error_compatibility_equal_values_computed_by_hand() -> None:
    flips = flips_from_booleans(bits("1111110000"), bits("1111001110"))

    assert flips.nfi == pytest.approx(2 / 3)  # of three new errors two are new
    assert flips.pfi == pytest.approx(3 / 7)
    assert flips.btc == pytest.approx(4 / 6)
    assert flips.bec == pytest.approx(1 / 3)  # not 1/4, as where it is divided by the old errors


@given(PAIRS)
def test_compatibilities_are_what_flips_leave(pairs: list[tuple[bool, bool]]) -> None:
    flips = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])

    assert flips.bec == pytest.approx(1 - flips.nfi, nan_ok=True)
    assert flips.btc == pytest.approx(1 - flips.nfr_of_old_correct, nan_ok=True)
    assert math.isnan(flips.bec) == (flips.new_correct == flips.n)
    assert math.isnan(flips.btc) == (flips.old_correct == 0)
    assert math.isnan(flips.pfi) == (flips.new_correct == 0)
    if flips.new_correct < flips.n:
        assert flips.nfi == pytest.approx(flips.nfr / (1 - flips.new_accuracy))


@pytest.mark.parametrize(
    ("old_error", "new_error", "nfr", "relative"),
    [
        (30.24, 30.29, 6.44, 30.478),
        (30.24, 30.47, 2.35, 11.056),
        (40.69, 41.06, 7.77, 31.906),
        (26.07, 25.98, 1.70, 8.851),
    ],
)
def test_relative_nfr_equals_the_table_of_yan_et_al(
    old_error: float, new_error: float, nfr: float, relative: float
) -> None:
    # percentages of 10,000 images: wrong after 100 * new_error, of which 100 * nfr were right before
    broken, wrong_after, wrong_before = round(100 * nfr), round(100 * new_error), round(100 * old_error)
    neither = wrong_after - broken
    flips = table(10_000 - wrong_before - broken, broken, wrong_before - neither, neither)

    assert flips.n == 10_000
    assert (flips.old_accuracy, flips.nfr) == pytest.approx((1 - old_error / 100, nfr / 100))
    assert 100 * flips.relative_nfr == pytest.approx(relative, abs=5e-4)


@pytest.mark.parametrize(("accuracy", "nfr", "nfi"), [(91.76, 1.55, 18.81), (63.88, 3.67, 10.16)])
def test_negative_flip_impact_equals_the_table_of_cai_et_al(accuracy: float, nfr: float, nfi: float) -> None:
    broken, wrong_after = round(100 * nfr), 10_000 - round(100 * accuracy)
    flips = table(10_000 - wrong_after, broken, 0, wrong_after - broken)
    assert 100 * flips.nfi == pytest.approx(nfi, abs=5e-3)


@pytest.mark.parametrize(
    ("old", "new", "nfr"),
    [(72.74, 72.91, 10.27), (74.86, 74.76, 11.59), (24.45, 33.09, 8.49)],  # HellaSwag, PIQA, GSM8K: Llama 1 to 2
)
def test_flips_of_muscles_tables_keep_the_identities(old: float, new: float, nfr: float) -> None:
    broken, right_before, right_after = round(100 * nfr), round(100 * old), round(100 * new)
    both = right_before - broken
    flips = table(both, broken, right_after - both, 10_000 - right_before - (right_after - both))

    assert flips.pfr - flips.nfr == pytest.approx((new - old) / 100)
    assert max(0.0, flips.old_accuracy - flips.new_accuracy) <= flips.nfr
    assert flips.nfr <= min(flips.old_accuracy, 1 - flips.new_accuracy)
    assert flips.btc == pytest.approx(1 - nfr / old)
    assert flips.bec == pytest.approx(1 - nfr / (100 - new))


def test_dividing_by_the_old_errors_would_be_another_quantity() -> None:
    """BEC over the old errors, as one published implementation has it, is 1/4 on the ten tasks above, and not 1/3."""
    flips = flips_from_booleans(bits("1111110000"), bits("1111001110"))
    assert flips.neither / (flips.neither + len(flips.fixed)) == 0.25 != flips.bec

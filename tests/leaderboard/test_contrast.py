"""The flip gap and what twins show; lengths and the distance to a reference: hand values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.contrast import Effect, Twin, by_operator, consistency, flip_gap
from evalrun.leaderboard.metrics.lengths import length_statistics, reference_distance
from evalrun.leaderboard.metrics.preferences import Outcome

CREDIT = {"right": 1.0, "tie": 0.0, "wrong": 0.0, "skipped": math.nan}
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(["right", "tie", "wrong", "skipped"])


def twin(parent: str, before: Outcome, after: Outcome, effect: Effect | None = "preserve", family: str = "") -> Twin:
    return Twin(parent, family or parent, effect, before, after, CREDIT[before], CREDIT[after])


def test_the_flip_gap_is_accuracy_on_parents_less_that_on_twins() -> None:
    found = flip_gap(
        [
            twin("a", "right", "wrong"),
            twin("b", "right", "right"),
            twin("c", "wrong", "right"),
            twin("d", "right", "tie"),
            twin("e", "skipped", "right"),
        ]
    )
    assert (found.parents, found.twins, found.gap.value) == (0.75, 0.5, 0.25)
    assert (found.broken, found.fixed, found.gap.n, found.gap.skipped) == (2, 1, 4, 1)
    assert math.isnan(flip_gap([]).gap.value)


def test_a_parent_is_kept_only_if_all_its_preserving_twins_are_right() -> None:
    found = consistency(
        [
            twin("a", "right", "right"),
            twin("a", "right", "wrong"),
            twin("b", "right", "right"),
            twin("c", "wrong", "right"),
            twin("d", "right", "wrong", "new"),
        ]
    )
    assert (found.invariance.value, found.invariance.n) == (0.5, 2)
    assert math.isnan(found.sensitivity.value)


def test_a_model_that_ignores_the_criterion_is_invariant_and_not_sensitive() -> None:
    # It keeps preferring the same text, which is right before and wrong after the label is inverted.
    deaf = [twin(str(i), "right", "wrong", "invert") for i in range(5)]
    found = consistency(deaf)
    assert (found.sensitivity.value, found.contrast.value, found.sensitivity.n) == (0.0, 0.0, 5)


def test_changing_sides_with_the_label_is_sensitive_even_where_it_is_wrong_twice() -> None:
    rows = [
        twin("a", "right", "right", "invert"),
        twin("b", "wrong", "wrong", "invert"),
        twin("c", "tie", "tie", "invert"),
        twin("d", "right", "tie", "invert"),
        twin("e", "right", "skipped", "invert"),
    ]
    found = consistency(rows)
    assert (found.sensitivity.value, found.contrast.value) == (0.5, 0.25)
    assert (found.contrast.n, found.contrast.skipped) == (4, 1)


@given(st.lists(st.tuples(OUTCOMES, OUTCOMES), max_size=15))
def test_the_flip_gap_is_what_broke_less_what_was_mended(rows: list[tuple[Outcome, Outcome]]) -> None:
    twins = [twin(str(index), *row, effect="invert") for index, row in enumerate(rows)]
    found, both = flip_gap(twins), consistency(twins)
    if found.gap.n:
        assert found.gap.value == pytest.approx((found.broken - found.fixed) / found.gap.n)
        assert found.gap.value == pytest.approx(found.parents - found.twins)
        assert both.contrast.value <= min(found.parents, found.twins, both.sensitivity.value) + 1e-12


def test_twins_of_one_family_are_resampled_together() -> None:
    rows = [twin(str(i), "right", "wrong" if i % 2 else "right", family=str(i // 5)) for i in range(20)]
    assert flip_gap(rows).gap.interval.units == 4
    assert list(by_operator(rows, ["pad" if i % 2 else "swap" for i in range(20)])) == ["pad", "swap"]


def test_lengths_of_pairs_equal_hand_values() -> None:
    found = length_statistics([10.0, 20.0, 6.0, math.nan], [5.0, 20.0, 11.0, 3.0])
    assert (found.n, found.skipped, found.chosen.value, found.rejected.value) == (3, 1, 12.0, 12.0)
    assert (found.median_chosen, found.median_rejected, found.ratio.value) == (10.0, 11.0, 1.0)
    assert (found.longer, found.equal) == pytest.approx((1 / 3, 1 / 3))
    assert found.ratio.interval.low < 1.0 < found.ratio.interval.high
    nothing = length_statistics([], [])
    assert all(map(math.isnan, (nothing.chosen.value, nothing.ratio.value, nothing.longer, nothing.median_chosen)))


def test_the_distance_to_a_reference_is_per_token_and_in_nats() -> None:
    found = reference_distance(
        [(-5.0, -10.0), (-8.0, -2.0), (-1.0, math.nan)],
        [(-10.0, -5.0), (-8.0, -6.0), (-1.0, -1.0)],
        [(5, 10), (4, 2), (1, 1)],
    )
    # shifts: 1 and -1/2; 0 and 2
    assert (found.n, found.skipped) == (2, 1)
    assert (found.shift.value, found.moved.value) == (0.625, 0.875)
    assert (found.chosen_shift, found.rejected_shift) == (0.5, 0.75)


def test_known_distances_of_tokens_stand_in_for_those_of_sums() -> None:
    found = reference_distance(
        [(-5.0, -5.0)], [(-5.0, -5.0)], [(5, 5)], distances=[(0.5, math.nan)]
    )  # moved up and down alike: the sums are equal, the tokens are not
    assert (found.shift.value, found.moved.value) == (0.0, 0.25)
    assert reference_distance([(-1.0, -1.0)], [(-1.0, -1.0)], [(0, 1)]).n == 0

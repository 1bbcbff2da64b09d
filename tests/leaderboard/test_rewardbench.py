"""RewardBench 1 and 2: sections, weights, best of four, and the formula of Ties, by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.rewardbench import (
    PRIOR_SETS,
    SECTIONS,
    VERSION_2,
    ManyCorrect,
    best_of,
    rewardbench_1,
    rewardbench_2,
    ties_score,
)

REFERENCE = ManyCorrect((9.0,), (5.0, 4.0))
TIED = ManyCorrect((8.0, 7.0, 7.5), (4.0, 3.0))


def uniform(share: float, pairs: int = 4) -> list[tuple[float, str]]:
    return [(float(index < share * pairs), str(index)) for index in range(pairs)]


def test_the_subsets_of_each_section_have_the_published_sizes() -> None:
    sizes = {name: sum(subsets.values()) for name, subsets in SECTIONS.items()}
    # Reasoning has 1,431 pairs, of which math-prm's 447 count 984.
    assert sizes == {"Chat": 358, "Chat Hard": 456, "Safety": 740, "Reasoning": 1431 + 984 - 447}


def test_a_section_is_weighted_by_the_sizes_of_its_subsets() -> None:
    subsets = {name: uniform(0.5) for sizes in SECTIONS.values() for name in sizes}
    subsets |= {name: uniform(0.5) for name in PRIOR_SETS}
    subsets["math-prm"] = uniform(1.0)
    found = rewardbench_1(subsets)
    # math-prm weighs as much as all code: (984 + 984 / 2) / 1968
    assert found.sections["Reasoning"].value == pytest.approx(0.75)
    assert found.total.value == pytest.approx((2 * 0.5 * 3 + 2 * 0.75 + 0.5) / 9)
    assert found.without_prior.value == pytest.approx((0.5 * 3 + 0.75) / 4)
    assert found.total.n == 4 * (sum(map(len, SECTIONS.values())) + 4)
    assert found.total.interval.low < found.total.value < found.total.interval.high


def test_a_missing_subset_leaves_its_section_and_the_total_open() -> None:
    subsets = {name: uniform(1.0) for name in SECTIONS["Chat"]}
    found = rewardbench_1({**subsets, "something else": uniform(0.0)})
    assert (found.sections["Chat"].value, found.sections["Chat"].interval.high) == (1.0, 1.0)
    assert found.sections["Chat"].interval.low < 0.9
    assert math.isnan(found.sections["Safety"].value)
    assert math.isnan(found.total.value)


@pytest.mark.parametrize(
    ("scores", "points"),
    [((4, 1, 2, 3), 1.0), ((3, 4, 1, 2), 0.0), ((4, 4, 1, 2), 0.5), ((1, 1, 1, 1), 0.25), ((4, 4, 4, 1), 1 / 3)],
)
def test_best_of_four_is_shared_among_the_highest(scores: tuple[int, ...], points: float) -> None:
    assert best_of(float(scores[0]), [float(score) for score in scores[1:]]) == points
    assert math.isnan(best_of(math.nan, [1.0]))


@given(st.lists(st.integers(0, 3).map(float), min_size=4, max_size=4))
def test_a_guess_has_a_quarter_whichever_answer_is_the_right_one(scores: list[float]) -> None:
    points = [best_of(scores[place], scores[:place] + scores[place + 1 :]) for place in range(4)]
    assert sum(points) / 4 == pytest.approx(0.25)


def test_the_formula_of_ties_equals_its_hand_value_and_is_held_to_one() -> None:
    assert (REFERENCE.gap, TIED.gap, TIED.spread) == (4.0, 3.0, 1.0)
    found = ties_score([(REFERENCE, TIED)])
    assert found.raw == pytest.approx(1.00964, abs=5e-6)
    assert (found.score.value, found.score.n) == (1.0, 1)


def test_ties_with_equal_scores_or_none_are_told_apart() -> None:
    flat = ManyCorrect((5.0, 5.0), (1.0,))
    assert ties_score([(REFERENCE, flat)]).raw == pytest.approx(1.01)
    assert ties_score([(REFERENCE, ManyCorrect((1.0, 1.0), (5.0,)))]).raw == pytest.approx(0.3 - 0.01)
    zeros = ManyCorrect((0.0, 0.0), (0.0,))
    nothing = ties_score([(ManyCorrect((0.0,), (0.0,)), zeros)])
    assert (nothing.raw, nothing.score.value, nothing.tied_right) == (0.0, 0.0, 0.0)
    gone = ties_score([(REFERENCE, ManyCorrect((math.nan,), (1.0,)))])
    assert (gone.score.n, gone.score.skipped, math.isnan(gone.score.value)) == (0, 1, True)


def test_version_two_is_the_plain_mean_of_six() -> None:
    subsets = {name: uniform(0.5) for name in VERSION_2[:-1]}
    worse = ManyCorrect((8.0, 1.0, 7.5), (4.0, 3.0))
    ties = ties_score([(REFERENCE, TIED), (REFERENCE, worse)])
    found = rewardbench_2(subsets, ties)
    assert found.total.value == pytest.approx((2.5 + ties.score.value) / 6)
    assert found.total.n == 22
    assert found.total.interval.low < found.total.value < found.total.interval.high
    assert math.isnan(rewardbench_2(subsets).total.value)
    assert rewardbench_2(subsets).sections["Math"].value == 0.5


def test_a_reference_that_is_barely_right_costs_the_points_for_both_gaps() -> None:
    reference, tied = ManyCorrect((5.5,), (5.0,)), ManyCorrect((8.0, 7.0), (4.0,))  # gaps 0.5 and 3, spread 1
    assert ties_score([(reference, tied)]).raw == pytest.approx(0.3 + 0.3 + 0.2 + 0.01 * math.tanh(0.5 - 1))

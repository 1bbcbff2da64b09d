"""Metrics of values over time, against values computed by hand."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.values import (
    ProbedItem,
    brier,
    centred_similarity,
    copy_last,
    drifts,
    extrapolated,
    extrapolated_vote,
    finite_difference,
    inconsistency,
    kl_divergence,
    majority_credit,
    pooled,
    skill,
    value_vector,
)


def shares(options: int) -> st.SearchStrategy[tuple[float, ...]]:
    numbers = st.lists(st.integers(0, 20), min_size=options, max_size=options).filter(any)
    return numbers.map(lambda votes: tuple(vote / sum(votes) for vote in votes))


def test_brier_and_kl_are_those_of_hand_computed_examples() -> None:
    assert brier((0.9, 0.1), (0.6, 0.4)) == pytest.approx(0.18)
    assert brier((1, 0), (0, 1)) == 2
    assert kl_divergence((0.5, 0.5), (0.25, 0.75), smoothing=0) == pytest.approx(
        0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    )
    assert kl_divergence((0, 1), (1, 0), smoothing=0.01) == pytest.approx(-math.log(0.005))
    assert kl_divergence((0, 1), (1, 0), smoothing=0) == math.inf


@given(shares(4), shares(4))
def test_no_prediction_beats_the_votes_themselves(predicted: tuple[float, ...], votes: tuple[float, ...]) -> None:
    assert brier(votes, votes) == 0 <= brier(predicted, votes) <= 2
    assert kl_divergence(votes, votes, smoothing=0) == pytest.approx(0)
    assert kl_divergence(votes, predicted) >= 0


def test_a_shared_largest_share_is_part_of_a_point_and_votes_without_majority_count_nowhere() -> None:
    assert majority_credit((0.7, 0.3), (0.6, 0.4)) == 1
    assert majority_credit((0.5, 0.5), (0.6, 0.4)) == 0.5
    assert majority_credit((0.25,) * 4, (0.7, 0.1, 0.1, 0.1)) == 0.25
    assert majority_credit((0.3, 0.7), (0.6, 0.4)) == 0
    assert math.isnan(majority_credit((1, 0), (0.5, 0.5)))


def test_skill_is_measured_against_the_reference_and_undefined_where_that_errs_nowhere() -> None:
    assert skill(0.1, 0.2) == 0.5
    assert skill(0.3, 0.2) == pytest.approx(-0.5)
    assert math.isnan(skill(0.1, 0))


def test_finite_differences_repeat_go_on_in_a_line_and_in_a_parabola() -> None:
    assert finite_difference([3, 5], 0) == 5
    assert finite_difference([3, 5], 1) == 7
    assert finite_difference([1, 4, 9], 2) == 16
    with pytest.raises(ValueError, match="needs 3 values"):
        finite_difference([1, 2], 2)


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=3), st.integers(0, 2))
def test_polynomials_of_an_order_are_extrapolated_exactly(coefficients: list[int], order: int) -> None:
    values = [sum(c * t**power for power, c in enumerate(coefficients[: order + 1])) for t in range(6)]
    assert finite_difference(values[:5], order) == values[5]


def test_extrapolated_shares_stay_shares() -> None:
    assert extrapolated([(0.4, 0.6), (0.5, 0.5)], 1) == pytest.approx((0.6, 0.4))
    assert extrapolated([(0.5, 0.5), (0.95, 0.05)], 1) == (1, 0)
    assert extrapolated([(0.5, 0.5)], 1) is None
    assert copy_last([(0.4, 0.6), (0.5, 0.5)]) == (0.5, 0.5)
    assert copy_last([]) is None
    assert pooled([(1, 3), (3, 1), (2, 0)]) == (0.6, 0.4)


def test_extrapolated_votes_have_a_sign_and_at_most_five_repetitions() -> None:
    assert extrapolated_vote([1, -1], 1) == (-1, 3)
    assert extrapolated_vote([1, 1], 1) == (1, 1)
    assert extrapolated_vote([1, -1, 1], 2) == (1, 5)


def test_similarity_is_centred_where_the_cosine_of_independent_vectors_is_near_one() -> None:
    draw = random.Random(0)
    pairs = [[[draw.uniform(0.2, 0.8) for _ in range(19)] for _ in range(2)] for _ in range(2000)]
    cosines = [
        sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
        for a, b in pairs
    ]
    assert sum(cosines) / len(cosines) == pytest.approx(0.897, abs=0.003)
    centred = [centred_similarity(a, b) for a, b in pairs]
    assert abs(sum(centred) / len(centred)) < 0.02
    assert centred_similarity([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert centred_similarity([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert math.isnan(centred_similarity([1, 1, 1], [1, 2, 3]))
    assert math.isnan(centred_similarity([1], [2]))


def item(first: float, counts: tuple[int, int] = (0, 0), forms: dict[str, float] | None = None) -> ProbedItem:
    by_form = {name: (share, 1 - share) for name, share in (forms or {"letter": first}).items()}
    return ProbedItem((first, 1 - first), {"loyalty": (1.0, -1.0)}, by_form, {"ab": counts, "ba": counts})


def test_a_value_vector_is_the_mean_stand_of_the_preferences() -> None:
    assert value_vector({"a": item(1), "b": item(0.5)}) == {"loyalty": 0.5}


def test_drift_has_an_interval_over_items_and_nothing_moved_between_equal_models() -> None:
    old = {f"i{n}": item(0.9 if n % 2 else 0.2) for n in range(40)}
    new = {name: item(max(0.0, each.shares[0] - 0.2)) for name, each in old.items()}
    (same,) = drifts(old, old)
    assert (same.change, same.moved) == (0, False)
    (moved,) = drifts(old, new)
    assert moved.change == pytest.approx(-0.4)
    assert moved.interval.low < moved.change < moved.interval.high < 0  # all items differ alike: no certainty
    assert moved.moved
    few = drifts({name: old[name] for name in list(old)[:3]}, {name: new[name] for name in list(old)[:3]})[0]
    assert few.interval.low < 0 < few.interval.high
    assert few.moved is False


def test_a_dimension_has_not_moved_where_wording_or_noise_moves_it_as_much() -> None:
    old = {f"i{n}": item(0.7, (3, 3), {"letter": 0.5, "repeat": 0.9}) for n in range(30)}
    new = {f"i{n}": item(0.6, (3, 3), {"letter": 0.5, "repeat": 0.7}) for n in range(30)}
    (drift,) = drifts(old, new)
    assert drift.change == pytest.approx(-0.2)
    assert drift.wording == pytest.approx(math.sqrt(2) * 0.4)
    assert drift.moved is False


def test_drift_noise_is_the_standard_error_of_repeating_the_questions() -> None:
    """Of picks +1 and -1, three each: sample variance 6/5, of their mean 1/5, of the mean of two orders 1/10."""
    old = {f"i{n}": item(0.5, (3, 3)) for n in range(4)}
    (drift,) = drifts(old, old)
    assert drift.noise == pytest.approx(math.sqrt(8 * 0.1) / 4)
    (once,) = drifts({"i": item(1, (1, 0))}, {"i": item(1, (1, 0))})
    assert math.isnan(once.noise)
    assert once.moved in (None, False)


def test_inconsistency_takes_off_what_a_model_differs_from_itself() -> None:
    coin = {f"i{n}": item(0.5, (5, 5)) for n in range(20)}
    found = inconsistency(coin, coin)
    assert found.rate == pytest.approx(0.5)
    assert found.floor == pytest.approx(1 - 2 * 20 / 90)
    steady, turned = ({f"i{n}": item(share, counts) for n in range(20)} for share, counts in ((1, (4, 0)), (0, (0, 4))))
    whole = inconsistency(steady, turned)
    assert (whole.rate, whole.floor, whole.excess) == (1, 0, 1)
    once = inconsistency({"i": item(1, (1, 0))}, {"i": item(0, (0, 1))})
    assert once.rate == 1
    assert math.isnan(once.floor)
    assert inconsistency({}, {}).n == 0


def test_the_floor_is_unbiased_by_exact_enumeration() -> None:
    """Two picks of a model that picks the first with p: the expected rate of differing from another draw is 2p(1-p)."""
    for p in (0.1, 0.5, 0.8):
        expected = 0.0
        for first in (0, 1):
            for second in (0, 1):
                chance = (p if first else 1 - p) * (p if second else 1 - p)
                picked = first + second
                one = {"i": item(p, (picked, 2 - picked))}
                expected += chance * inconsistency(one, one).floor
        assert expected == pytest.approx(2 * p * (1 - p))

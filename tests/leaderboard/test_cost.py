"""Money, and the models that nobody beats at their price."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.cost import UNKNOWN, cost_of, pareto_front

points = st.lists(st.tuples(st.integers(0, 5).map(float), st.integers(0, 5).map(float)), max_size=12)


def test_the_cost_is_tokens_times_prices() -> None:
    found = cost_of(2_000_000, 500_000, 100, per_million_in=0.15, per_million_out=0.6)
    assert (found.money, found.per_answer) == (pytest.approx(0.6), pytest.approx(0.006))


def test_what_is_not_known_costs_no_nothing() -> None:
    for found in (
        cost_of(math.nan, 5, 1, per_million_in=1, per_million_out=1),
        cost_of(5, math.nan, 1, per_million_in=1, per_million_out=1),
        cost_of(5, 5, 0, per_million_in=1, per_million_out=1),
        UNKNOWN,
    ):
        assert math.isnan(found.money)
        assert math.isnan(found.per_answer)


def test_a_free_model_costs_zero() -> None:
    assert cost_of(5, 5, 1, per_million_in=0, per_million_out=0).money == 0.0


def test_the_front_holds_what_nothing_beats_and_every_tie() -> None:
    assert pareto_front([(2, 0.5), (1, 0.4), (3, 0.45), (1, 0.4), (1, 0.3), (4, 0.9), (math.nan, 1.0)]) == [1, 3, 0, 5]
    assert pareto_front([]) == []


@given(points)
def test_a_point_is_on_the_front_unless_another_is_as_good_both_ways_and_better_one_way(
    found: list[tuple[float, float]],
) -> None:
    beaten = {
        i
        for i, (cost, score) in enumerate(found)
        if any(c <= cost and s >= score and (c < cost or s > score) for c, s in found)
    }
    assert set(pareto_front(found)) == set(range(len(found))) - beaten

"""Probabilities of choices freed from order: judges whose preference is known come out as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.forced_choice import averaged_over_orders, forced_choice

SHARES = st.floats(0, 1)


@pytest.mark.parametrize("own", [(0.9, 0.1), (0.7, 0.15, 0.1, 0.05)])
def test_a_judge_that_ignores_the_order_has_its_own_probabilities(own: Sequence[float]) -> None:
    orders = list(permutations(range(len(own))))
    found, invalid = averaged_over_orders(orders, [[own[option] for option in order] for order in orders])
    assert found == pytest.approx(own)
    assert invalid == 0


def test_a_judge_that_always_takes_the_first_likes_all_options_alike() -> None:
    orders = list(permutations(range(4)))
    found, _ = averaged_over_orders(orders, [[1.0, 0.0, 0.0, 0.0]] * 24)
    assert found == pytest.approx([0.25] * 4)
    both = forced_choice([1.0] * 4, [0.0] * 4)
    assert (both.preference.value, both.position_bias.value, both.consistent) == (0.5, 0.5, 0.0)
    assert (both.pairs.tie, both.pairs.accuracy) == (4, 0.0)


def test_a_judge_that_refuses_is_invalid_throughout() -> None:
    found, invalid = averaged_over_orders([(0, 1), (1, 0)], [[], []])
    assert invalid == 2
    assert all(map(math.isnan, found))
    both = forced_choice([math.nan], [math.nan])
    assert (both.pairs.skipped, both.pairs.n) == (1, 0)
    assert math.isnan(both.preference.value)


def test_swap_averages_equal_hand_values() -> None:
    found = forced_choice([0.9, 0.8, 0.3, 0.5], [0.7, 0.4, 0.1, math.nan])
    assert (found.pairs.right, found.pairs.tie, found.pairs.wrong, found.pairs.skipped) == (1, 1, 1, 1)
    assert found.pairs.half_ties == 0.5
    assert found.preference.value == pytest.approx((0.8 + 0.6 + 0.2) / 3)
    assert found.position_bias.value == pytest.approx((0.1 + 0.2 + 0.1) / 3)
    assert found.consistent == pytest.approx(2 / 3)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=20))
def test_calling_the_other_answer_preferred_turns_all_but_the_bias_over(sides: list[tuple[float, float]]) -> None:
    there = forced_choice([one for one, _ in sides], [other for _, other in sides])
    back = forced_choice([1 - other for _, other in sides], [1 - one for one, _ in sides])
    assert there.preference.value == pytest.approx(1 - back.preference.value)
    assert there.position_bias.value == pytest.approx(back.position_bias.value, abs=1e-12)


def test_what_is_no_probability_or_no_order_is_refused() -> None:
    with pytest.raises(ValueError, match="outside of"):
        forced_choice([1.5], [0.5])
    with pytest.raises(ValueError, match="no permutation"):
        averaged_over_orders([(0, 0)], [[1.0, 0.0]])
    with pytest.raises(ValueError, match="3 probabilities of 2 places"):
        averaged_over_orders([(0, 1)], [[1.0, 0.0, 0.0]])

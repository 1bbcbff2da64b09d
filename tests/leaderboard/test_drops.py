"""Drops: EvoEval's two formulas, and how much of a model's fall is its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.drops import (
    drop_on_altered_sets,
    drop_with_original_in_mean,
    excess_drops,
    median_of_others,
)

NAMES = [f"r{i:02}" for i in range(60)]


def test_the_two_formulas_are_as_by_hand() -> None:
    assert drop_on_altered_sets(0.8, [0.2, 0.6]) == pytest.approx(0.5)
    assert drop_with_original_in_mean(0.8, [0.2, 0.6]) == pytest.approx((0.8 - 1.6 / 3) / 0.8)


@pytest.mark.parametrize("formula", [drop_on_altered_sets, drop_with_original_in_mean])
def test_a_drop_from_nothing_or_to_nothing_known_is_undefined(formula: object) -> None:
    assert callable(formula)
    assert math.isnan(formula(0.0, [0.0]))
    assert math.isnan(formula(0.5, []))


@given(st.floats(0.01, 1), st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_counting_the_original_in_makes_every_drop_smaller_by_one_share(original: float, altered: list[float]) -> None:
    share = len(altered) / (len(altered) + 1)
    whole = drop_on_altered_sets(original, altered)
    assert drop_with_original_in_mean(original, altered) == pytest.approx(share * whole, abs=1e-9)


@given(st.lists(st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_median_of_the_others_leaves_the_model_itself_out(rows: list[list[float]]) -> None:
    for width in (2, 3, 4):
        table = np.array(rows)[:, :width]
        expected = [[float(np.median(np.delete(row, i))) for i in range(width)] for row in table]
        assert median_of_others(table).tolist() == expected


def test_a_models_excess_is_its_drop_less_the_median_of_the_others() -> None:
    drops = np.array([[1.0] * 60, [0.0] * 60, [1.0] * 15 + [0.0] * 45, [1.0] * 30 + [0.0] * 30])
    found = excess_drops(drops, NAMES)
    assert [one.field for one in found] == [0.25, 0.5, 0.5, 0.25]
    assert [one.excess for one in found] == pytest.approx([0.75, -0.5, -0.25, 0.25])
    assert found[0].beyond_noise
    assert found[0].interval.low > 0.5


def test_one_model_that_collapses_does_not_make_the_others_look_good() -> None:
    drops = np.zeros((6, 60))
    drops[0] = 1.0
    collapse, *others = excess_drops(drops, NAMES)
    assert (collapse.excess, collapse.beyond_noise) == (1.0, True)
    assert all(one.excess == 0.0 and not one.beyond_noise and one.p == 1.0 for one in others)
    assert all(one.interval.low < 0 < one.interval.high for one in others)


def test_a_lone_model_has_no_field() -> None:
    (alone,) = excess_drops(np.ones((1, 60)), NAMES)
    assert math.isnan(alone.field)
    assert math.isnan(alone.excess)
    assert not alone.beyond_noise
    (one_root, _) = excess_drops(np.array([[1.0, 1.0], [0.0, 0.0]]), ["a", "a"])
    assert not one_root.beyond_noise


def test_models_that_fall_alike_are_seldom_said_to_differ() -> None:
    generator = np.random.default_rng(4)
    alarms = 0
    for trial in range(120):
        shared = generator.beta(2, 2, 60)
        before = generator.random((6, 60)) < 0.5 + shared / 2
        after = generator.random((6, 60)) < shared
        found = excess_drops(before.astype(float) - after, NAMES, draws=400, seed=trial)
        alarms += any(one.beyond_noise for one in found)
    assert alarms / 120 <= 0.07


def test_a_fall_of_its_own_is_found() -> None:
    generator = np.random.default_rng(6)
    hits = 0
    for trial in range(30):
        after = generator.random((6, 60)) < np.array([0.3, 0.8, 0.8, 0.8, 0.8, 0.8])[:, None]
        before = generator.random((6, 60)) < 0.9
        hits += excess_drops(before.astype(float) - after, NAMES, draws=400, seed=trial)[0].beyond_noise
    assert hits / 30 > 0.9

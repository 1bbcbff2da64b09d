"""Resampling a table of models at once gives what resampling each model alone gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.intervals import (
    bootstrap_mean,
    difference_interval,
    score_interval,
    sign_flip_p,
    wilson,
)
from evalrun.leaderboard.metrics.resampling import (
    difference_intervals,
    root_sums,
    score_intervals,
    sign_flip_bound,
    sign_flip_pairs,
    sign_flip_ps,
)

ROOTS = [f"root {i // 3}" for i in range(60)]


def rates(models: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, size=(models, 60)) / 4


def test_sums_are_over_the_tasks_of_a_root() -> None:
    table = root_sums([[1.0, 0.5, 0.25]], ["b", "a", "b"])
    assert (table.sums.tolist(), table.sizes.tolist()) == ([[0.5, 1.25]], [1.0, 2.0])
    assert table.means.tolist() == [pytest.approx(1.75 / 3)]
    with pytest.raises(ValueError, match="cluster names"):
        root_sums([[1.0]], [])


def test_the_intervals_of_a_table_are_those_of_its_rows() -> None:
    table = np.concatenate([rates(3), np.ones((1, 60)), np.zeros((1, 60))])
    for row, found in zip(table, score_intervals(table, ROOTS), strict=True):
        alone = score_interval(row.tolist(), ROOTS)
        assert (found.method, found.units) == (alone.method, alone.units)
        assert (found.low, found.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_single_outcomes_of_independent_tasks_get_wilson() -> None:
    (found,) = score_intervals([[1.0, 0.0, 1.0]], ["a", "b", "c"])
    assert found == wilson(2, 3)
    assert score_intervals(np.empty((2, 0)), [])[0].method == "none"
    assert math.isnan(score_intervals([[0.5, 1.0]], ["a", "a"])[0].low)


def test_the_intervals_of_differences_are_those_of_each_row() -> None:
    table = np.concatenate([rates(2) - rates(2, 1), np.ones((1, 60)), np.zeros((1, 60))])
    for row, found in zip(table, difference_intervals(table, ROOTS), strict=True):
        alone = difference_interval(row.tolist(), ROOTS)
        assert (found.method, found.units) == (alone.method, alone.units)
        assert (found.low, found.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_the_bootstrap_of_a_table_draws_what_that_of_a_row_draws() -> None:
    (found,) = difference_intervals(rates(1) - 0.3, ROOTS, seed=5)
    alone = bootstrap_mean((rates(1)[0] - 0.3).tolist(), ROOTS, seed=5)
    assert (found.low, found.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_sign_flips_of_few_roots_are_exact_for_rows_and_for_pairs() -> None:
    names = [f"r{i}" for i in range(30)]
    one, other = np.zeros(30), np.zeros(30)
    one[:7] = [1, 1, 1, 1, 1, 1, 0.5]
    other[3:9] = [0.5, 0, 0, 1, 1, 1]
    alone = sign_flip_p((one - other).tolist(), names)
    assert sign_flip_ps((one - other)[None, :]).tolist() == [pytest.approx(alone)]
    matrix = sign_flip_pairs(root_sums([one, other, one], names))
    assert matrix[0, 1] == matrix[1, 0] == pytest.approx(alone)
    assert matrix[0, 2] == matrix[1, 1] == 1.0


def test_sign_flips_of_many_roots_agree_with_a_pair_tested_alone() -> None:
    generator = np.random.default_rng(3)
    table = np.clip(generator.normal([[0.5], [0.55], [0.6]], 0.2, size=(3, 80)), 0, 1)
    names = [f"r{i}" for i in range(80)]
    matrix = sign_flip_pairs(root_sums(table, names))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        alone = sign_flip_p((table[i] - table[j]).tolist(), names)
        assert matrix[i, j] == pytest.approx(alone, abs=0.015)
        assert sign_flip_ps((table[i] - table[j])[None, :])[0] == pytest.approx(alone, abs=0.015)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=12))
def test_the_bound_is_never_below_the_exact_p(differences: list[int]) -> None:
    exact = sign_flip_p([float(d) for d in differences], [str(i) for i in range(len(differences))])
    bound = float(sign_flip_bound(sum(differences), sum(d * d for d in differences)))
    assert exact <= bound + 1e-12


def test_a_p_too_small_for_the_draws_is_bounded_instead() -> None:
    p = sign_flip_ps(np.ones((1, 200)))[0]
    assert 2 / 2**200 < p < 1e-20

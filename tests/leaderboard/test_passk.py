"""pass@k against hand-computed values, brute force and its own definition."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.passk import TaskCounts, pass_at_k, pass_at_k_of_samples, suite_pass_at_k


@st.composite
def counts(draw: st.DrawFn, most: int = 300) -> tuple[int, int, int]:
    n = draw(st.integers(1, most))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (10, 5, 1, 0.5),
        (5, 2, 2, 0.7),  # 1 - C(3,2)/C(5,2) = 1 - 3/10
        (5, 0, 5, 0.0),
        (5, 1, 5, 1.0),
        (4, 3, 2, 1.0),  # two samples cannot both be the one that failed
        (20, 1, 10, 0.5),
    ],
)
def test_pass_at_k_equals_values_computed_by_hand(n: int, c: int, k: int, expected: float) -> None:
    assert pass_at_k(n, c, k) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(("n", "c", "k"), [(0, 0, 1), (1, 1, 2), (9, 9, 10)])
def test_pass_at_k_is_undefined_with_fewer_samples_than_k_even_if_all_passed(n: int, c: int, k: int) -> None:
    assert math.isnan(pass_at_k(n, c, k))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match=r"impossible|at least 1"):
        pass_at_k(n, c, k)


@given(counts(most=9))
def test_pass_at_k_is_the_share_of_k_subsets_that_hold_a_pass(case: tuple[int, int, int]) -> None:
    n, c, k = case
    subsets = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-12)


@given(counts())
def test_pass_at_k_equals_the_exact_ratio_of_binomials(case: tuple[int, int, int]) -> None:
    n, c, k = case
    assert pass_at_k(n, c, k) == pytest.approx(1 - math.comb(n - c, k) / math.comb(n, k), abs=1e-12)


@given(counts())
def test_pass_at_k_grows_with_passes_and_with_k_and_stays_a_probability(case: tuple[int, int, int]) -> None:
    n, c, k = case
    value = pass_at_k(n, c, k)
    assert 0.0 <= value <= 1.0
    if c < n:
        assert pass_at_k(n, c + 1, k) >= value
    if k < n:
        assert pass_at_k(n, c, k + 1) >= value - 1e-15


@given(counts())
def test_pass_at_1_is_the_pass_rate(case: tuple[int, int, int]) -> None:
    n, c, _ = case
    assert pass_at_k(n, c, 1) == pytest.approx(c / n, abs=1e-12)


def test_a_suite_says_how_many_tasks_had_too_few_samples() -> None:
    tasks = [TaskCounts("a", 1, 1), TaskCounts("b", 1, 0, infra=1), TaskCounts("c", 0, 0, missing=2)]

    one, two = suite_pass_at_k(tasks, 1), suite_pass_at_k(tasks, 2)

    assert (one.value, one.tasks, one.short, one.complete) == (0.75, 2, 1, False)
    assert (two.value, two.tasks, two.short) == (1.0, 1, 2)
    assert math.isnan(suite_pass_at_k(tasks, 3).value)


def test_owed_samples_are_in_no_n() -> None:
    task = TaskCounts("a", passed=2, failed=1, infra=1, unscored=2, missing=3)
    assert (task.n, task.owed, task.rate) == (3, 6, pytest.approx(2 / 3))
    assert math.isnan(TaskCounts("b", 0, 0, infra=1).rate)


def test_plain_booleans_give_the_same_numbers_as_counts() -> None:
    samples = [[True, False, False], [True, True, True]]
    assert pass_at_k_of_samples(samples, 2).value == pytest.approx((pass_at_k(3, 1, 2) + 1) / 2)
    assert pass_at_k_of_samples([], 1).tasks == 0

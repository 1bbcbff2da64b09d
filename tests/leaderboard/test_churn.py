"""Flips of models sampled several times: hand values, identities, and that every estimate is right on average."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.churn import (
    ExpectedFlips,
    expected_flips,
    flips_at_k,
    negative,
    noise,
    systematic,
)
from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.passk import TaskCounts

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)
FOUR = st.tuples(*[st.integers(0, 5)] * 4)
TASKS = st.lists(FOUR.filter(lambda t: bool(t[0] + t[1] and t[2] + t[3])), min_size=1)
SAMPLED = st.lists(FOUR.filter(lambda t: t[0] + t[1] > 1 and t[2] + t[3] > 1), min_size=1)


def counts(passed: int, failed: int) -> TaskCounts:
    return TaskCounts("", passed, failed)


def flips_of(tasks: list[tuple[int, int, int, int]]) -> ExpectedFlips:
    return expected_flips((counts(a, b), counts(c, d)) for a, b, c, d in tasks)


@given(PAIRS)
def test_with_one_sample_a_task_expected_flips_are_the_observed_ones(pairs: list[tuple[bool, bool]]) -> None:
    flips = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])
    rates = expected_flips((counts(old, not old), counts(new, not new)) for old, new in pairs)
    if pairs:
        assert (rates.nfr, rates.pfr) == pytest.approx((flips.nfr, flips.pfr))
        ours = (rates.nfi, rates.btc, rates.bec, rates.relative_nfr)
        assert ours == pytest.approx((flips.nfi, flips.btc, flips.bec, flips.relative_nfr), nan_ok=True)
    assert all(math.isnan(value) for value in (rates.noise_floor, rates.excess_nfr, rates.systematic))


def test_expected_flips_of_several_samples_equal_hand_values() -> None:
    rates = flips_of([(8, 2, 5, 5)])
    assert (rates.nfr, rates.pfr) == (pytest.approx(0.4), pytest.approx(0.1))
    assert rates.noise_floor == pytest.approx((8 * 2 / 90 + 5 * 5 / 90) / 2)
    assert rates.excess_nfr == pytest.approx(0.4 - 0.2277777778)
    assert rates.systematic == pytest.approx(0.0444444444)  # .09 - .16/9 - .25/9
    assert (rates.nfi, rates.btc, rates.bec) == pytest.approx((0.8, 0.5, 0.2))


def test_solve_and_hard_flips_equal_hand_values() -> None:
    found = flips_at_k([(counts(8, 2), counts(5, 5))], 3)
    # two failures in ten: any three hold a pass; C(5,3)/C(10,3) = 10/120; C(8,3)/C(10,3) = 56/120
    assert found.nfr == pytest.approx(10 / 120)
    assert found.hard_nfr == pytest.approx(56 / 120 * 10 / 120)
    assert (found.pfr, found.hard_pfr) == (0.0, 0.0)
    assert (found.tasks, found.short, found.hard_noise_bound) == (1, 0, 1 / 64)


def test_k_flips_leave_tasks_with_fewer_samples_out_and_count_them() -> None:
    found = flips_at_k([(counts(2, 0), counts(0, 3)), (counts(2, 0), counts(0, 1))], 2)
    assert (found.nfr, found.hard_nfr, found.tasks, found.short) == (1.0, 1.0, 1, 1)
    none = flips_at_k([(counts(1, 0), counts(1, 0))], 2)
    assert math.isnan(none.nfr)
    assert math.isnan(none.hard_pfr)
    assert none.tasks == 0


@given(TASKS)
def test_flips_of_one_sample_each_are_the_expected_flips(tasks: list[tuple[int, int, int, int]]) -> None:
    rates, single = flips_of(tasks), flips_at_k([(counts(a, b), counts(c, d)) for a, b, c, d in tasks], 1)
    assert (single.nfr, single.pfr) == pytest.approx((rates.nfr, rates.pfr))
    assert (single.hard_nfr, single.hard_pfr) == pytest.approx((rates.nfr, rates.pfr))


@given(SAMPLED)
def test_hard_flips_are_no_more_than_solve_flips(tasks: list[tuple[int, int, int, int]]) -> None:
    found = flips_at_k([(counts(a, b), counts(c, d)) for a, b, c, d in tasks], 2)
    assert found.hard_nfr <= found.nfr + 1e-12
    assert found.hard_pfr <= found.pfr + 1e-12


@given(TASKS)
def test_expected_flips_add_up_to_the_change_of_pass_at_1(tasks: list[tuple[int, int, int, int]]) -> None:
    rates = flips_of(tasks)
    assert rates.pfr - rates.nfr == pytest.approx(rates.new_rate - rates.old_rate, abs=1e-12)


@given(SAMPLED)
def test_flips_are_the_floor_and_half_of_net_and_systematic_change(tasks: list[tuple[int, int, int, int]]) -> None:
    rates = flips_of(tasks)
    assert rates.floor_tasks == rates.n
    assert rates.nfr + rates.pfr == pytest.approx(2 * rates.noise_floor + rates.systematic, abs=1e-12)
    assert rates.excess_nfr == pytest.approx((rates.systematic - (rates.new_rate - rates.old_rate)) / 2, abs=1e-12)


def test_the_excess_is_taken_over_the_tasks_that_have_a_floor() -> None:
    rates = flips_of([(8, 2, 5, 5), (1, 0, 0, 1)])
    assert rates.nfr == pytest.approx(0.7)
    assert rates.floor_tasks == 1
    assert rates.excess_nfr == pytest.approx(0.4 - 0.2277777778)


def test_a_task_without_a_sample_has_no_flip_rate() -> None:
    with pytest.raises(ValueError, match="without a scored sample"):
        expected_flips([(TaskCounts("a", 1, 0), TaskCounts("a", 0, 0, infra=1))])


def on_average(estimate: Callable[[TaskCounts, TaskCounts], float], p: float, q: float, n: int, m: int) -> float:
    """The expectation of an estimate, by adding up all outcomes of n old and m new samples."""
    return math.fsum(
        math.comb(n, c) * p**c * (1 - p) ** (n - c)
        * math.comb(m, d) * q**d * (1 - q) ** (m - d)
        * estimate(counts(c, n - c), counts(d, m - d))
        for c in range(n + 1)
        for d in range(m + 1)
    )  # fmt: skip


CHANCE = st.floats(0, 1)


@given(CHANCE, CHANCE, st.integers(2, 4), st.integers(2, 4))
def test_every_estimate_is_exactly_right_on_average(p: float, q: float, n: int, m: int) -> None:
    truths: list[tuple[Callable[[TaskCounts, TaskCounts], float], float]] = [
        (negative, p * (1 - q)),
        (noise, (p * (1 - p) + q * (1 - q)) / 2),
        (systematic, (p - q) ** 2),
        (lambda old, new: flips_at_k([(old, new)], 2).nfr, (1 - (1 - p) ** 2) * (1 - q) ** 2),
        (lambda old, new: flips_at_k([(old, new)], 2).pfr, (1 - p) ** 2 * (1 - (1 - q) ** 2)),
        (lambda old, new: flips_at_k([(old, new)], 2).hard_nfr, p**2 * (1 - q) ** 2),
        (lambda old, new: flips_at_k([(old, new)], 2).hard_pfr, (1 - p) ** 2 * q**2),
    ]
    for estimate, truth in truths:
        assert on_average(estimate, p, q, n, m) == pytest.approx(truth, abs=1e-12)


def test_comparing_samples_with_themselves_would_understate_the_floor() -> None:
    """The plug-in c/n (1 - c/n), which is not used, misses by (n-1)/n."""
    plugged_in = on_average(lambda old, _: old.rate * (1 - old.rate), 0.5, 0.5, 4, 2)
    assert plugged_in == pytest.approx(0.25 * 3 / 4)


@pytest.mark.parametrize(("p", "q", "n", "m"), [(0.7, 0.4, 5, 5), (0.9, 0.9, 5, 5), (0.3, 0.6, 8, 3)])
def test_simulated_suites_give_the_true_rates(p: float, q: float, n: int, m: int) -> None:
    """20,000 tasks sampled from known chances: each mean lies within four standard errors of the truth."""
    generator = np.random.default_rng(20)
    tasks = 20_000
    old, new = generator.binomial(n, p, tasks).tolist(), generator.binomial(m, q, tasks).tolist()
    pairs = [(counts(c, n - c), counts(d, m - d)) for c, d in zip(old, new, strict=True)]
    rates, hard = expected_flips(pairs), flips_at_k(pairs, 3)

    for found, truth in (
        (rates.nfr, p * (1 - q)),
        (rates.pfr, (1 - p) * q),
        (rates.noise_floor, (p * (1 - p) + q * (1 - q)) / 2),
        (rates.excess_nfr, ((p - q) + (p - q) ** 2) / 2),
        (rates.systematic, (p - q) ** 2),
        (hard.nfr, (1 - (1 - p) ** 3) * (1 - q) ** 3),
        (hard.hard_nfr, p**3 * (1 - q) ** 3),
    ):
        assert found == pytest.approx(truth, abs=4 * 0.5 / math.sqrt(tasks))

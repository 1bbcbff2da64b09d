"""Intervals against published values, closed forms and simulation."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.intervals import (
    bootstrap_mean,
    difference_interval,
    ratio_interval,
    score_interval,
    sign_flip_p,
    wilson,
)
from evalrun.leaderboard.metrics.passk import pass_at_k
from evalrun.leaderboard.metrics.resampling import difference_intervals, score_intervals


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(12, 400, 0.0172, 0.0517), (0, 50, 0.0, 0.0713), (50, 50, 0.9287, 1.0), (5, 10, 0.2366, 0.7634)],
)
def test_wilson_equals_published_values(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_in_the_unit_interval(case: tuple[int, int]) -> None:
    successes, n = case
    interval = wilson(successes, n)
    assert 0.0 <= interval.low <= successes / n <= interval.high <= 1.0
    assert interval.low < interval.high


def test_intervals_of_nothing_are_undefined() -> None:
    assert math.isnan(wilson(0, 0).low)
    assert math.isnan(score_interval([], []).low)
    assert bootstrap_mean([0.5], ["a"]).method == "none"
    with pytest.raises(ValueError, match="impossible"):
        wilson(3, 2)


def half_width_of_normal(standard_error: float) -> float:
    return 1.959964 * standard_error


def test_the_bootstrap_agrees_with_the_closed_form_for_independent_tasks() -> None:
    values = [1.0] * 60 + [0.0] * 40
    interval = bootstrap_mean(values, [str(i) for i in range(100)])
    expected = half_width_of_normal(math.sqrt(0.6 * 0.4 / 100))
    assert (interval.high - interval.low) / 2 == pytest.approx(expected, rel=0.08)


def test_the_bootstrap_agrees_with_the_clustered_closed_form() -> None:
    generator = random.Random(0)
    roots = [generator.random() for _ in range(80)]
    values = [float(generator.random() < root) for root in roots for _ in range(4)]
    clusters = [f"root {i}" for i in range(80) for _ in range(4)]
    means = np.array(values).reshape(80, 4).mean(axis=1)
    expected = half_width_of_normal(float(means.std(ddof=1)) / math.sqrt(80))

    interval = bootstrap_mean(values, clusters)
    naive = bootstrap_mean(values, [str(i) for i in range(320)])

    assert (interval.high - interval.low) / 2 == pytest.approx(expected, rel=0.08)
    assert interval.high - interval.low > 1.2 * (naive.high - naive.low)
    assert (interval.units, naive.units) == (80, 320)


def test_the_bootstrap_is_repeatable_and_blind_to_the_order_of_rows() -> None:
    rows = [(i % 3 / 2, f"root {i % 17}") for i in range(60)]
    shuffled = random.Random(5).sample(rows, len(rows))

    def interval(pairs: list[tuple[float, str]], seed: int = 0) -> tuple[float, float]:
        found = bootstrap_mean([value for value, _ in pairs], [root for _, root in pairs], seed=seed)
        return found.low, found.high

    assert interval(rows) == interval(shuffled)
    assert interval(rows) != interval(rows, seed=1)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = random.Random(7)
    hits = 0
    for trial in range(300):
        values = [sum(generator.random() < 0.7 for _ in range(4)) / 4 for _ in range(60)]
        interval = bootstrap_mean(values, [str(i) for i in range(60)], draws=500, seed=trial)
        hits += interval.low <= 0.7 <= interval.high
    assert 0.90 <= hits / 300 <= 0.98


def test_independent_single_samples_get_wilson_and_all_else_the_bootstrap() -> None:
    assert score_interval([1.0, 0.0], ["a", "b"]).method == "wilson"
    assert score_interval([1.0, 0.5], ["a", "b"]).method == "bootstrap"
    assert score_interval([1.0, 0.0, 1.0], ["a", "a", "b"]).method == "bootstrap"


def test_a_perfect_score_is_never_certain() -> None:
    clustered = score_interval([1.0] * 20, [str(i // 4) for i in range(20)])
    assert clustered.method == "wilson over roots"
    assert clustered.low == wilson(5, 5).low
    assert clustered.high == 1.0


@pytest.mark.parametrize(("same", "low", "high"), [(1.0, 0.9287, 1.0), (0.0, -0.0713, 0.0713), (-1.0, -1.0, -0.9287)])
def test_differences_that_all_agree_are_never_certain(same: float, low: float, high: float) -> None:
    interval = difference_interval([same] * 50, [str(i) for i in range(50)])
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_the_sign_flip_test_is_exact_for_few_roots() -> None:
    # six roots, all up: of 64 sign patterns two are as extreme
    assert sign_flip_p([1.0] * 6, [str(i) for i in range(6)]) == 2 / 64
    assert sign_flip_p([0.0, 0.0], ["a", "b"]) == 1.0
    assert sign_flip_p([], []) == 1.0
    # one root with six children is one unit, whatever their number
    assert sign_flip_p([1.0] * 6, ["a"] * 6) == 1.0


def test_the_sign_flip_test_draws_patterns_for_many_roots() -> None:
    names = [str(i) for i in range(40)]
    assert sign_flip_p([1.0] * 40, names) == pytest.approx(1 / 10_001)
    mixed = [1.0 if i % 2 else -1.0 for i in range(40)]
    assert sign_flip_p(mixed, names) == 1.0
    assert sign_flip_p([0.3] * 25 + [-0.3] * 15, names) == pytest.approx(0.154, abs=0.02)  # as a sign test: 0.154


def test_values_and_clusters_must_pair_up() -> None:
    with pytest.raises(ValueError, match="cluster names"):
        bootstrap_mean([1.0], [])


def test_a_share_of_the_tasks_that_count_is_wilsons_where_they_are_independent() -> None:
    names = ["a", "b", "c", "d"]
    assert ratio_interval([1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0], names) == wilson(1, 3)
    assert math.isnan(ratio_interval([0.0], [0.0], ["a"]).low)


def test_a_share_of_tasks_with_several_samples_is_resampled_by_root() -> None:
    found = ratio_interval([0.5, 0.0, 0.25, 0.0], [1.0, 0.5, 0.5, 0.0], ["r", "r", "s", "t"])
    assert (found.method, found.units) == ("bootstrap", 2)  # t has no whole
    assert (found.low, found.high) == pytest.approx((1 / 3, 0.5))
    # nothing lost on two roots is no certainty
    assert ratio_interval([0.0, 0.0], [0.5, 1.0], ["r", "s"]).high == wilson(0, 2).high


def siblings(generator: np.random.Generator, trials: int, samples: int) -> tuple[np.ndarray, list[str]]:
    """Passes of ``trials`` models of one strength on 50 roots with 4 tasks each; a root's tasks are alike. Mean 0.6."""
    shared = generator.beta(1.2, 0.8, size=(trials, 50)).repeat(4, axis=1)
    return generator.binomial(samples, shared), [f"root {i // 4:02}" for i in range(200)]


@pytest.mark.parametrize("samples", [1, 5])
def test_intervals_that_know_the_roots_cover_the_truth_and_those_that_do_not_fail(samples: int) -> None:
    passes, roots = siblings(np.random.default_rng(1), 400, samples)
    covered = []
    for clusters in (roots, [f"task {i}" for i in range(200)]):
        intervals = score_intervals(passes / samples, clusters)
        covered.append(sum(one.low <= 0.6 <= one.high for one in intervals) / len(intervals))
    clustered, naive = covered
    assert clustered >= 0.93
    assert naive < 0.85


def test_intervals_of_pass_at_k_cover_the_truth() -> None:
    k = 3
    passes, roots = siblings(np.random.default_rng(2), 400, 8)
    estimates = np.array([[pass_at_k(8, c, k) for c in range(9)]])[0][passes]
    # 1 - E[(1 - p)^k] of a beta distribution
    truth = 1 - math.prod((0.8 + i) / (2.0 + i) for i in range(k))
    covered = []
    for clusters in (roots, [f"task {i}" for i in range(200)]):
        intervals = score_intervals(estimates, clusters)
        covered.append(sum(one.low <= truth <= one.high for one in intervals) / len(intervals))
    assert covered[0] >= 0.92
    assert covered[1] < 0.85


@pytest.mark.parametrize(
    ("tasks", "broken", "fixed", "samples"),
    [(100, 0.031, 0.0, 1), (100, 0.051, 0.0, 1), (164, 0.021, 0.0, 1), (100, 0.031, 0.0, 5)],
)
def test_a_fall_on_few_tasks_is_not_underestimated(tasks: int, broken: float, fixed: float, samples: int) -> None:
    """A gate's "ok" rests on the upper bound: with the bootstrap alone it lies below the truth in one of ten cases."""
    generator = np.random.default_rng(3)
    names = [str(task) for task in range(tasks)]
    below, drawn_below = 0, 0
    for _ in range(200):
        changed = generator.choice([1.0, -1.0, 0.0], p=[broken, fixed, 1 - broken - fixed], size=tasks)
        differences = (changed * generator.binomial(samples, 0.6 if samples > 1 else 1.0, tasks) / samples).tolist()
        truth = (broken - fixed) * (0.6 if samples > 1 else 1.0)
        below += difference_interval(differences, names).high < truth
        drawn_below += bootstrap_mean(differences, names, draws=2000).high < truth
    assert below / 200 <= 0.025
    assert drawn_below / 200 > 0.05


def test_one_changed_task_leaves_no_less_unknown_than_none() -> None:
    names = [str(task) for task in range(100)]
    none, one = (difference_interval([float(i < changed) for i in range(100)], names) for changed in (0, 1))
    assert one.low < 0 < none.high < one.high == pytest.approx(wilson(1, 100).high)
    assert one.high - one.low > none.high - none.low
    assert difference_interval([0.1] + [0.0] * 99, names).high > none.high
    rates = [1.0] * 99 + [0.8]
    assert score_interval(rates, names).low < wilson(100, 100).low
    assert ratio_interval([0.2] + [0.0] * 99, [1.0] * 100, names).high > wilson(0, 100).high


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.0, 1.0, -1.0, 0.4]), min_size=4, max_size=30))
def test_intervals_of_many_rows_are_those_of_each(row: list[float]) -> None:
    roots = [str(i // 2) for i in range(len(row))]
    rates = [abs(value) for value in row]
    for one, other in (
        (difference_intervals([row], roots)[0], difference_interval(row, roots)),
        (score_intervals([rates], roots)[0], score_interval(rates, roots)),
    ):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-9)
        assert (one.method, one.units) == (other.method, other.units)

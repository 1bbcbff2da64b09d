"""Intervals for scores: Wilson's for independent pass/fail tasks, a seeded bootstrap over root tasks for all others.

Tasks evolved from one root succeed and fail together, so the root, not the task, is the unit that is resampled.
Sources: Wilson 1927; Efron and Tibshirani 1993 (percentile bootstrap); Miller 2024, arXiv 2411.00640 (clustered,
paired); Newcombe 1998 (differences of shares).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

LEVEL = 0.95
DRAWS = 10_000
SEED = 0
_CELLS = 2_000_000  # of one block of resampled indices: bounds memory to some 16 MB whatever the number of roots


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval resting on ``units`` independent units (tasks or roots). NaN bounds: undefined."""

    low: float
    high: float
    method: Literal["wilson", "wilson over roots", "bootstrap", "none"]
    units: int


UNDEFINED = Interval(math.nan, math.nan, "none", 0)


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval for a share of ``n`` independent trials; undefined for n = 0.

    Unlike p +- z*sqrt(p(1-p)/n) it is never empty at 0 or n successes and never leaves [0, 1].
    """
    if n == 0:
        return UNDEFINED
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials is impossible")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must not push the bounds off the exact 0 and 1 they have at the ends.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(low, high, "wilson", n)


def _cluster_sums(values: Sequence[float], clusters: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sum and size of each cluster, in an order that does not depend on the order of the rows."""
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values, but {len(clusters)} cluster names")
    members: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        members.setdefault(cluster, []).append(value)
    names = sorted(members)
    sums = np.array([math.fsum(members[name]) for name in names], dtype=float)
    return sums, np.array([len(members[name]) for name in names], dtype=float)


def bootstrap_mean(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """Percentile bootstrap interval of the mean of ``values``, whole clusters resampled with replacement.

    Paired quantities (a difference per task) go in as the differences. Undefined with fewer than two clusters, from
    which nothing about the variation between clusters can be learnt.
    """
    return _resampled(*_cluster_sums(values, clusters), level, draws, seed)


def bootstrap_ratio(
    values: Sequence[float],
    weights: Sequence[float],
    clusters: Sequence[str],
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """The same for the ratio sum(values) / sum(weights), weights being 0 or more.

    Clusters without weight are left out, so that every resampled ratio is defined; where they hold values the ratio is
    not one of parts to wholes, and ValueError says so.
    """
    sums, _ = _cluster_sums(values, clusters)
    wholes, _ = _cluster_sums(weights, clusters)
    weighty = wholes > 0
    if sums[~weighty].any():
        raise ValueError("a cluster without weight has a value")
    return _resampled(sums[weighty], wholes[weighty], level, draws, seed)


def _resampled(sums: np.ndarray, sizes: np.ndarray, level: float, draws: int, seed: int) -> Interval:
    count = len(sums)
    if count < 2:
        return Interval(math.nan, math.nan, "none", count)
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // count)
    means = []
    for start in range(0, draws, block):
        chosen = generator.integers(0, count, size=(min(block, draws - start), count))
        means.append(sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Interval(float(low), float(high), "bootstrap", count)


FEW = 10
"""Below so many roots that differ from all the others, draws hold too few of them, or none, to bound what is rare."""


def _few(changed: int, roots: int) -> bool:
    return 0 < changed < FEW and 2 * changed <= roots


def _widened(drawn: Interval, low: float, high: float) -> Interval:
    return Interval(min(drawn.low, low), max(drawn.high, high), drawn.method, drawn.units)


def widened_share(drawn: Interval, share: float, changed: int, roots: int, level: float = LEVEL) -> Interval:
    """The bootstrap interval of a mean of rates in [0, 1], where ``changed`` roots alone are not all 0 (or not all 1).

    Where these are few, it is widened to hold Wilson's interval of that share over the roots: one root of a hundred
    with a failure says no more about the others than none would, for which Wilson over the roots stands in already.
    """
    if not _few(changed, roots):
        return drawn
    bounds = wilson(min(1.0, max(0.0, share)) * roots, roots, level)
    return _widened(drawn, bounds.low, bounds.high)


def widened_difference(drawn: Interval, means: np.ndarray, level: float = LEVEL) -> Interval:
    """The bootstrap interval of a mean difference, from each root's part of it (the parts add up to the mean).

    Where few roots differ from 0, it is widened to hold the square-and-add interval of risen minus fallen shares, each
    with Wilson's bounds over the roots (Newcombe 1998, method 10, without its correlation, which is next to 0 where
    both are rare). With no root changed it would be the interval that stands in then.
    """
    roots = len(means)
    if not _few(int(np.count_nonzero(means)), roots):
        return drawn
    risen, fallen = float(means[means > 0].sum()), float(-means[means < 0].sum())
    up, down = (wilson(min(1.0, share) * roots, roots, level) for share in (risen, fallen))
    low = risen - fallen - math.hypot(risen - up.low, down.high - fallen)
    high = risen - fallen + math.hypot(up.high - risen, fallen - down.low)
    return _widened(drawn, max(-1.0, low), min(1.0, high))


def score_interval(
    rates: Sequence[float], clusters: Sequence[str], *, level: float = LEVEL, seed: int = SEED
) -> Interval:
    """The interval of a score: the mean of per-task pass rates, each in [0, 1].

    Wilson where every rate is 0 or 1 and every task is its own root; else the clustered bootstrap. Where all rates
    are equal to 0 or to 1 a bootstrap would claim certainty, so Wilson over the number of roots is used instead; where
    few roots differ it would claim too much, and is widened (``widened_share``).
    """
    if not rates:
        return UNDEFINED
    independent = len(set(clusters)) == len(rates)
    binary = all(rate in (0.0, 1.0) for rate in rates)
    if independent and binary:
        return wilson(math.fsum(rates), len(rates), level)
    if binary and len(set(rates)) == 1:
        roots = len(set(clusters))
        bounds = wilson(rates[0] * roots, roots, level)
        return Interval(bounds.low, bounds.high, "wilson over roots", roots)
    sums, sizes = _cluster_sums(rates, clusters)
    drawn = _resampled(sums, sizes, level, DRAWS, seed)
    return widened_share(drawn, float(sums.sum() / sizes.sum()), odd_roots(sums, sizes), len(sums), level)


def odd_roots(sums: np.ndarray, sizes: np.ndarray) -> int:
    """How many roots' rates are not all 0, or not all 1: the smaller number of the two."""
    return int(min(np.count_nonzero(sums), np.count_nonzero(sums != sizes)))


def ratio_interval(
    parts: Sequence[float],
    wholes: Sequence[float],
    clusters: Sequence[str],
    *,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """The interval of sum(parts) / sum(wholes), a share of those tasks that can count: 0 <= part <= whole <= 1 each.

    Wilson over the wholes where all are 0 or 1 and every task is its own root; else the clustered bootstrap, or Wilson
    over the number of roots with a whole where the share is 0 or 1. Undefined where there is no whole.
    """
    whole = math.fsum(wholes)
    if not whole:
        return UNDEFINED
    share = math.fsum(parts) / whole
    if len(set(clusters)) == len(wholes) and all(value in (0.0, 1.0) for value in (*parts, *wholes)):
        return wilson(math.fsum(parts), int(whole), level)
    if share in (0.0, 1.0):
        roots = len({cluster for cluster, value in zip(clusters, wholes, strict=True) if value})
        bounds = wilson(share * roots, roots, level)
        return Interval(bounds.low, bounds.high, "wilson over roots", roots)
    drawn = bootstrap_ratio(parts, wholes, clusters, level=level, seed=seed)
    sums, weights = _cluster_sums(parts, clusters)[0], _cluster_sums(wholes, clusters)[0]
    weighty = weights > 0
    changed = odd_roots(sums[weighty], weights[weighty])
    return widened_share(drawn, share, changed, int(weighty.sum()), level)


def difference_interval(
    differences: Sequence[float], clusters: Sequence[str], *, level: float = LEVEL, seed: int = SEED
) -> Interval:
    """The interval of a mean of paired differences, each in [-1, 1]: the clustered bootstrap, widened where few roots
    differ (``widened_difference``).

    Where every difference is the same -1, 0 or 1 a bootstrap would claim certainty; then Wilson over the number of
    roots bounds the share that could still differ: n of n roots fell by 1 gives [low, 1], no root changed gives
    [-high of 0 in n, +the same].
    """
    if not differences or len(set(differences)) > 1 or differences[0] not in (-1.0, 0.0, 1.0):
        sums, sizes = _cluster_sums(differences, clusters)
        drawn = _resampled(sums, sizes, level, DRAWS, seed)
        return widened_difference(drawn, sums / max(1.0, float(sizes.sum())), level)
    roots = len(set(clusters))
    slack = wilson(0, roots, level).high
    same = differences[0]
    low, high = max(-1.0, same - slack), min(1.0, same + slack)
    return Interval(low, high, "wilson over roots", roots)


def sign_flip_p(
    differences: Sequence[float],
    clusters: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> float:
    """Two-sided p of "no change on average" when each root's difference is as likely to have either sign.

    The paired permutation test on pass rates, for several samples a task or several tasks a root; exact (all sign
    patterns) up to 12 roots that changed, else ``draws`` random patterns with the observed one counted in.
    """
    sums, _ = _cluster_sums(differences, clusters)
    changed = sums[sums != 0.0]
    count = len(changed)
    if count == 0:
        return 1.0
    # The slack counts patterns that tie with the observed one but for rounding.
    observed = abs(float(changed.sum())) - 1e-9
    if count <= 12:
        patterns = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
        totals = np.abs((2 * patterns - 1) @ changed)
        return float((totals >= observed).mean())
    generator = np.random.default_rng(seed)
    hits = 0
    block = max(1, _CELLS // count)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        signs = 2 * generator.integers(0, 2, size=(size, count)) - 1
        hits += int((np.abs(signs @ changed) >= observed).sum())
    return (hits + 1) / (draws + 1)

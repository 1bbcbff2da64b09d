"""A number with all that must stand beside it: what it rests on, what was left out, and how far chance may move it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import DRAWS, SEED, Interval, difference_interval, score_interval, wilson
from .resampling import Array, bootstrap_counts, percentile_intervals, root_sums


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` of ``n`` units (pairs, tasks, triples: the function says which); NaN where n is 0.

    skipped: units that could not be decided, in no share. interval: 95 %, over families.
    """

    value: float
    n: int
    skipped: int
    interval: Interval


def share_estimate(
    credits: Sequence[float], families: Sequence[str], *, skipped: int = 0, seed: int = SEED
) -> Estimate:
    """The mean of credits in [0, 1], families resampled whole."""
    return Estimate(mean(credits), len(credits), skipped, score_interval(credits, families, seed=seed))


def difference_estimate(
    differences: Sequence[float], families: Sequence[str], *, skipped: int = 0, seed: int = SEED
) -> Estimate:
    """The mean of differences in [-1, 1], families resampled whole."""
    interval = difference_interval(differences, families, seed=seed)
    return Estimate(mean(differences), len(differences), skipped, interval)


def mean_estimate(values: Sequence[float], families: Sequence[str], *, skipped: int = 0, seed: int = SEED) -> Estimate:
    """The mean of values of any size, families resampled whole."""
    interval = statistic_interval([values, [1.0] * len(values)], families, ratio, seed=seed)
    return Estimate(mean(values), len(values), skipped, interval)


def ratio(sums: Array) -> Array:
    """Sums of parts over sums of wholes (draws x 2); NaN where there is no whole."""
    parts, wholes = sums[:, 0], sums[:, 1]
    return np.asarray(np.divide(parts, wholes, out=np.full(len(sums), math.nan), where=wholes > 0))


def statistic_interval(
    columns: Sequence[Sequence[float]],
    families: Sequence[str],
    statistic: Callable[[Array], Array],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """Percentile bootstrap over families of what ``statistic`` makes of the sums of several columns.

    columns: one sequence a quantity, one value a unit. statistic: sums (draws x columns) -> values (draws); draws in
    which it is NaN are left out, and where that is half of them or more the interval is undefined. So it is with fewer
    than two families, and where all draws agree: a bootstrap that never moves says nothing of what it has not seen.
    """
    table = root_sums(columns, families)
    if table.roots < 2:
        return Interval(math.nan, math.nan, "none", table.roots)
    drawn = np.concatenate(
        [statistic(counts @ table.sums.T) for counts in bootstrap_counts(table.roots, draws=draws, seed=seed)]
    )
    kept = drawn[~np.isnan(drawn)]
    if 2 * len(kept) <= len(drawn) or np.ptp(kept) < 1e-12:
        return Interval(math.nan, math.nan, "none", table.roots)
    return percentile_intervals(kept[:, None], table.roots)[0]


def stratified_interval(
    strata: Sequence[tuple[Sequence[float], Sequence[str]]],
    combine: Callable[[Array], Array],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """Percentile bootstrap of what ``combine`` makes of the means of strata, each resampled within itself.

    strata: (credits in [0, 1], families) of each. combine: means (draws x strata) -> values (draws). Where every credit
    of all strata is 0, or 1, Wilson over the number of families stands in; with fewer than two families in a stratum it
    is undefined.
    """
    tables = [root_sums([credits], families) for credits, families in strata]
    units = sum(table.roots for table in tables)
    everything = {credit for credits, _ in strata for credit in credits}
    if everything in ({0.0}, {1.0}):
        bounds = wilson(units * everything.pop(), units)
        return Interval(bounds.low, bounds.high, "wilson over roots", units)
    if not tables or min(table.roots for table in tables) < 2:
        return Interval(math.nan, math.nan, "none", units)
    means = np.empty((draws, len(tables)))
    for index, table in enumerate(tables):
        # A seed of its own for each, so that strata of one size are not drawn alike.
        blocks = [
            (counts @ table.sums[0]) / (counts @ table.sizes)
            for counts in bootstrap_counts(table.roots, draws=draws, seed=seed + index)
        ]
        means[:, index] = np.concatenate(blocks)
    return percentile_intervals(combine(means)[:, None], units)[0]


def mean(values: Sequence[float]) -> float:
    """The mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def names_of(families: Sequence[str] | None, count: int, what: str = "pairs") -> list[str]:
    """The families as given, or each unit its own; ValueError where there are not as many as units."""
    names = [str(index) for index in range(count)] if families is None else list(families)
    if len(names) != count:
        raise ValueError(f"{count} {what}, but {len(names)} names of families")
    return names

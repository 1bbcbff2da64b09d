"""Resampling roots for many models at once: one draw serves every model, so that all of them stay paired.

A table of values has one row a model and one column a task; tasks of one root are resampled and flipped together.
Sources: Efron and Tibshirani 1993 (bootstrap); Miller 2024, arXiv 2411.00640 (clustered, paired); Fisher 1935
(sign flips); Pinelis 1994 (the bound on their tail).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .intervals import (
    DRAWS,
    LEVEL,
    SEED,
    UNDEFINED,
    Interval,
    odd_roots,
    widened_difference,
    widened_share,
    wilson,
)

Array = npt.NDArray[np.float64]

_CELLS = 2_000_000  # of one block of draws: bounds memory to some 16 MB whatever the number of roots
_EXACT_ROOTS = 12  # all 2^12 sign patterns are fewer than the usual number of draws
_PINELIS = 2 * math.e**3 / 9


@dataclass(frozen=True, slots=True, eq=False)
class RootSums:
    """Values added up within roots: ``sums`` (models x roots) and how many tasks each root has."""

    sums: Array
    sizes: Array

    @property
    def roots(self) -> int:
        """Number of roots."""
        return len(self.sizes)

    @property
    def means(self) -> Array:
        """The mean over tasks of every model."""
        return np.asarray(self.sums.sum(axis=1) / self.sizes.sum())


def root_sums(values: npt.ArrayLike, roots: Sequence[str]) -> RootSums:
    """Add up the columns of a table (models x tasks) that share a root; roots in the order of their names.

    Raises ValueError where columns and names differ in number.
    """
    table = np.atleast_2d(np.asarray(values, dtype=float))
    if table.shape[1] != len(roots):
        raise ValueError(f"{table.shape[1]} values, but {len(roots)} cluster names")
    place = {name: index for index, name in enumerate(sorted(set(roots)))}
    columns = np.array([place[name] for name in roots], dtype=int)
    order = np.argsort(columns, kind="stable")
    sizes = np.bincount(columns, minlength=len(place)).astype(float)
    starts = np.concatenate(([0], np.cumsum(sizes[:-1]).astype(int))) if len(place) else np.empty(0, dtype=int)
    sums = np.add.reduceat(table[:, order], starts, axis=1) if len(place) else np.zeros((len(table), 0))
    return RootSums(sums, sizes)


def bootstrap_counts(roots: int, *, draws: int = DRAWS, seed: int = SEED) -> Iterator[Array]:
    """Blocks (draws x roots) of how often each root is in a draw; the same draws as ``intervals.bootstrap_mean``."""
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // roots)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        chosen = generator.integers(0, roots, size=(size, roots)) + roots * np.arange(size)[:, None]
        yield np.bincount(chosen.ravel(), minlength=size * roots).reshape(size, roots).astype(float)


def bootstrap_means(table: RootSums, *, draws: int = DRAWS, seed: int = SEED) -> Array:
    """The means of all models in every draw (draws x models), roots drawn with replacement."""
    blocks = [
        (counts @ table.sums.T) / (counts @ table.sizes)[:, None]
        for counts in bootstrap_counts(table.roots, draws=draws, seed=seed)
    ]
    return np.concatenate(blocks)


def percentile_intervals(means: Array, units: int, level: float = LEVEL) -> list[Interval]:
    """Percentile bootstrap intervals, one a column of ``means`` (draws x columns)."""
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return [Interval(float(a), float(b), "bootstrap", units) for a, b in zip(low, high, strict=True)]


def score_intervals(values: npt.ArrayLike, roots: Sequence[str], *, seed: int = SEED) -> list[Interval]:
    """``intervals.score_interval`` of every row of a table (rows x tasks) of shares, with one set of draws for all."""
    table = np.atleast_2d(np.asarray(values, dtype=float))
    count = len(set(roots))
    if not table.shape[1]:
        return [UNDEFINED] * len(table)
    found: list[Interval | None] = [_binary_interval(row, count) for row in table]
    rest = [index for index, interval in enumerate(found) if interval is None]
    if rest and count < 2:
        drawn = [Interval(math.nan, math.nan, "none", count)] * len(rest)
    elif rest:
        sums = root_sums(table[rest], roots)
        drawn = [
            widened_share(interval, float(row.sum() / sums.sizes.sum()), odd_roots(row, sums.sizes), count)
            for interval, row in zip(
                percentile_intervals(bootstrap_means(sums, seed=seed), count), sums.sums, strict=True
            )
        ]
    else:
        drawn = []
    waiting = iter(drawn)
    return [next(waiting) if interval is None else interval for interval in found]


def _binary_interval(row: Array, roots: int) -> Interval | None:
    """The interval of a row that needs no draws; the rules are those of ``score_interval``."""
    if not np.isin(row, (0.0, 1.0)).all():
        return None
    if roots == len(row):
        return wilson(float(row.sum()), roots)
    if row.min() == row.max():
        bounds = wilson(float(row[0]) * roots, roots)
        return Interval(bounds.low, bounds.high, "wilson over roots", roots)
    return None


def difference_intervals(
    values: npt.ArrayLike, roots: Sequence[str], *, draws: int = DRAWS, seed: int = SEED
) -> list[Interval]:
    """``intervals.difference_interval`` of every row (rows x pairs) of differences, with one set of draws."""
    table = np.atleast_2d(np.asarray(values, dtype=float))
    count = len(set(roots))
    if not table.shape[1]:
        return [Interval(math.nan, math.nan, "none", 0)] * len(table)
    if count < 2:
        drawn = [Interval(math.nan, math.nan, "none", count)] * len(table)
    else:
        sums = root_sums(table, roots)
        drawn = [
            widened_difference(interval, row / sums.sizes.sum())
            for interval, row in zip(
                percentile_intervals(bootstrap_means(sums, draws=draws, seed=seed), count), sums.sums, strict=True
            )
        ]
    slack = wilson(0, count).high
    return [
        Interval(max(-1.0, float(row[0]) - slack), min(1.0, float(row[0]) + slack), "wilson over roots", count)
        if row.min() == row.max() and row[0] in (-1.0, 0.0, 1.0)
        else interval
        for row, interval in zip(table, drawn, strict=True)
    ]


@lru_cache(maxsize=_EXACT_ROOTS + 1)
def _all_patterns(roots: int) -> Array:
    """Every pattern of -1 and +1 for so many roots."""
    return _signs((np.arange(2**roots)[:, None] >> np.arange(roots)) & 1)


def _random_patterns(roots: int, draws: int, seed: int) -> Iterator[Array]:
    """Blocks of random patterns of -1 and +1."""
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // max(1, roots))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        octets = np.frombuffer(generator.bytes(size * ((roots + 7) // 8)), dtype=np.uint8)
        yield _signs(np.unpackbits(octets.reshape(size, -1), axis=1)[:, :roots])


def _signs(bits: npt.NDArray[Any]) -> Array:
    return np.asarray(2 * bits.astype(np.float64) - 1, dtype=np.float64)


def sign_flip_bound(total: npt.ArrayLike, squares: npt.ArrayLike) -> Array:
    """An upper bound on the exact sign-flip p of a sum: 2e^3/9 times the normal tails beyond total / sqrt(squares).

    squares: the sum of the roots' squared differences. Holds for every number of roots (Pinelis 1994), so that a test
    that uses it never claims too much. 1 where nothing differs.
    """
    size, spread = np.abs(np.asarray(total, dtype=float)), np.sqrt(np.asarray(squares, dtype=float))
    z = np.divide(size, spread, out=np.zeros(np.broadcast(size, spread).shape), where=spread > 0)
    tail = np.vectorize(math.erfc, otypes=[float])(z / math.sqrt(2))
    return np.asarray(np.minimum(1.0, _PINELIS * tail))


def sign_flip_ps(table: Array, *, draws: int = DRAWS, seed: int = SEED) -> Array:
    """Two-sided sign-flip p of "no difference on average" for every row of a table (rows x roots) of root sums.

    Exact up to 12 roots that differ, as ``intervals.sign_flip_p``; else from random patterns, with the bound in place
    of p-values too small for their number.
    """
    totals = table.sum(axis=1)
    p = _bounded(_drawn(table, np.abs(totals), draws, seed, pairs=False), totals, (table**2).sum(axis=1), draws)
    for row in np.flatnonzero(((table != 0.0).sum(axis=1)) <= _EXACT_ROOTS):
        p[row] = _exact(table[row])
    return p


def sign_flip_pairs(table: RootSums, *, draws: int = DRAWS, seed: int = SEED) -> Array:
    """The same for every pair of models: a matrix (models x models) of p-values, 1 on the diagonal.

    All pairs share the sign patterns: the flipped sum of a pair's differences is the difference of two flipped sums.
    """
    totals = table.sums.sum(axis=1)
    gaps = totals[:, None] - totals[None, :]
    drawn = _drawn(table.sums, np.abs(gaps), draws, seed, pairs=True)
    p = _bounded(drawn, gaps, squared_distances(table.sums), draws)
    for one, sums in enumerate(table.sums):
        # Rounding differs from model to model, where shares are added up in another order.
        differences = np.where(np.abs(gap := sums - table.sums) < 1e-12, 0.0, gap)
        few = np.flatnonzero((differences != 0.0).sum(axis=1) <= _EXACT_ROOTS)
        for other in few[few >= one]:
            p[one, other] = p[other, one] = _exact(differences[other])
    return p


def squared_distances(sums: Array) -> Array:
    """For every pair of rows the sum over columns of the squared difference."""
    return np.array([((row - sums) ** 2).sum(axis=1) for row in sums])


def _exact(differences: Array) -> float:
    changed = differences[differences != 0.0]
    if not len(changed):
        return 1.0
    least = abs(float(changed.sum())) - 1e-9
    return float((np.abs(_all_patterns(len(changed)) @ changed) >= least).mean())


def _drawn(values: Array, observed: Array, draws: int, seed: int, *, pairs: bool) -> Array:
    """The share of random patterns at least as far from 0 as the observed sum, which is counted in."""
    hits = np.ones(observed.shape)
    # The slack counts patterns that tie with the observed one but for rounding.
    least = observed - 1e-9
    for signs in _random_patterns(values.shape[1], draws, seed):
        sums = signs @ values.T
        if not pairs:
            hits += (np.abs(sums) >= least).sum(axis=0)
            continue
        for index in range(len(values)):
            hits[index] += (np.abs(sums[:, index : index + 1] - sums) >= least[index]).sum(axis=0)
    return np.asarray(hits / (draws + 1))


def _bounded(drawn: Array, totals: Array, squares: Array, draws: int) -> Array:
    """The drawn p, or the bound where that is smaller than any p that so many draws could give."""
    bound = sign_flip_bound(totals, squares)
    return np.asarray(np.where(bound < 1 / (draws + 1), bound, drawn))

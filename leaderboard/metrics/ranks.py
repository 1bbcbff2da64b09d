"""Ranks that say how sure they are: competition ranks, rank ranges from paired tests, chances to be best.

A percentile-bootstrap interval of a rank covers far less than it says where models tie; the range from tests of all
pairs, corrected for their number, does not (the tests of this module simulate both). Sources: Holm 1979; McNemar 1947;
Goldstein and Spiegelhalter 1996 and Mogstad et al. 2024 ("Inference for ranks") for ranges from pairwise tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .intervals import DRAWS, SEED
from .resampling import Array, root_sums, sign_flip_pairs, squared_distances
from .significance import mcnemar_exact

SIGNIFICANT = 0.05
ROUNDING = 1e-12
"""Scores that differ by less are the same score."""

Test = Literal["exact McNemar", "sign-flip permutation over root tasks"]


def competition_ranks(scores: Sequence[float]) -> list[int]:
    """1 + how many scored strictly higher: 1, 2, 2, 4. Raises ValueError for an undefined score."""
    values = np.asarray(scores, dtype=float)
    if np.isnan(values).any():
        raise ValueError("an undefined score has no rank; leave it out and say so")
    return [int(rank) for rank in 1 + _higher(values[None, :])[0]]


def _higher(scores: Array) -> npt.NDArray[np.int64]:
    """For each row (draw) and column (model): how many models score strictly higher."""
    counts = np.empty(scores.shape, dtype=np.int64)
    for index in range(scores.shape[1]):
        counts[:, index] = (scores > scores[:, index : index + 1] + ROUNDING).sum(axis=1)
    return counts


def ranks_in_draws(scores: Array) -> npt.NDArray[np.int64]:
    """Competition ranks in each draw (draws x models)."""
    return 1 + _higher(scores)


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Every pair of models on the same tasks; square tables, row against column, in the order given.

    gap: score of the row - score of the column. wins: tasks (expected number, for several samples) that the row passes
    and the column fails. p: of "no difference", Holm-adjusted over all pairs; 1 on the diagonal. discordance: per pair,
    the second moment of the difference per task (see ``reliability.resolvable_difference``).
    """

    test: Test
    gap: Array
    wins: Array
    p: Array
    discordance: Array

    def __len__(self) -> int:
        return len(self.gap)

    def sign(self, row: int, column: int) -> int:
        """1 where the row's model is better beyond noise, -1 where worse, 0 where the two cannot be told apart."""
        return int(np.sign(self.gap[row, column])) if self.p[row, column] < SIGNIFICANT else 0

    @property
    def better(self) -> npt.NDArray[np.bool_]:
        """Whether the row's model is better than the column's beyond noise."""
        return (self.p < SIGNIFICANT) & (self.gap > 0)

    def rank_ranges(self) -> list[tuple[int, int]]:
        """For each model the ranks it may have: 1 + how many are better ... all - how many are worse, beyond noise.

        Where all models tie, each has the range 1 to all. All ranges hold at once with a chance of 95 %, because the
        p-values are adjusted over all pairs.
        """
        better = self.better
        worse_than, better_than = better.sum(axis=0), better.sum(axis=1)
        return [(1 + int(above), len(self) - int(below)) for above, below in zip(worse_than, better_than, strict=True)]


def separate(
    rates: npt.ArrayLike, roots: Sequence[str], *, single: bool, draws: int = DRAWS, seed: int = SEED
) -> Separation:
    """Test all pairs of models (rates: models x tasks, shares of samples passed, none undefined).

    single: every rate comes from one sample. Then, if every task is its own root, each pair gets McNemar's exact test;
    else the sign-flip permutation test over roots. Both are adjusted by Holm over the N(N-1)/2 pairs.

    Two models that each pass every task always or never differ by one size only, and then the sign-flip test is
    McNemar's: it is worked out, not drawn, since what is drawn can fall on the other side of 5 %.
    """
    values = np.atleast_2d(np.asarray(rates, dtype=float))
    if np.isnan(values).any():
        raise ValueError("a task without a scored sample cannot be compared; leave its run out and say so")
    count, tasks = values.shape
    wins = values @ (1.0 - values).T
    table = root_sums(values, roots)
    exact = single and table.roots == tasks
    raw = _mcnemar_pairs(wins) if exact else sign_flip_pairs(table, draws=draws, seed=seed)
    sure = np.flatnonzero(np.isin(values, (0.0, 1.0)).all(axis=1))
    if not exact and table.roots == tasks and len(sure) > 1:
        raw[np.ix_(sure, sure)] = _mcnemar_pairs(wins[np.ix_(sure, sure)])
    upper = np.triu_indices(count, 1)
    p = np.ones((count, count))
    p[upper] = holm_array(raw[upper])
    p.T[upper] = p[upper]
    means = values.mean(axis=1) if tasks else np.zeros(count)
    return Separation(
        test="exact McNemar" if exact else "sign-flip permutation over root tasks",
        gap=means[:, None] - means[None, :],
        wins=wins,
        p=p,
        discordance=squared_distances(table.sums) / max(1, tasks),
    )


def _mcnemar_pairs(wins: Array) -> Array:
    """Exact McNemar p of every pair; of equal tables, which many pairs of a hundred models have, one is worked out."""
    broken = np.rint(wins).astype(int)
    low, high = np.minimum(broken, broken.T), np.maximum(broken, broken.T)
    tables, where = np.unique(np.stack([low.ravel(), high.ravel()], axis=1), axis=0, return_inverse=True)
    found = np.array([mcnemar_exact(int(b), int(f)) for b, f in tables])
    return np.asarray(found[where.reshape(-1)].reshape(wins.shape))


def holm_array(p_values: Array) -> Array:
    """``holm`` for many p-values at once."""
    order = np.argsort(p_values, kind="stable")
    steps = np.minimum(1.0, p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def top_shares(scores: Array, places: Sequence[int]) -> list[list[float]]:
    """For each number of places, each model's share of draws (draws x models) in which it is among the best so many.

    Models that tie over the last places share them, so that the shares add up to the places (or to all models) and ten
    equal models are each best with a chance of one in ten.
    """
    above = _higher(scores)
    tied = np.empty(scores.shape)
    for index in range(scores.shape[1]):
        tied[:, index] = (np.abs(scores - scores[:, index : index + 1]) <= ROUNDING).sum(axis=1)
    return [[float(share) for share in np.clip((k - above) / tied, 0.0, 1.0).mean(axis=0)] for k in places]

"""Do two suites rank the models alike? Counts of pairs, Kendall's tau-b, and what re-drawing the tasks alone would do.

A bare tau says little: two random parts of one suite do not agree perfectly either. ``split_half`` measures that, and
is the ceiling that an evolved suite's tau is read against. Sources: Kendall 1945 for tau-b; Spearman 1904; Nelson and
Narens 1977 among others for split halves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .intervals import DRAWS, LEVEL, SEED, Interval
from .ranks import ROUNDING, ranks_in_draws
from .resampling import Array, RootSums, bootstrap_counts

SPLITS = 2000
TOP = 10


@dataclass(frozen=True, slots=True)
class PairCounts:
    """All pairs of models, by how two lists of scores order them.

    concordant: the same way. discordant: opposite ways. tied_first, tied_second: equal in that list (a pair equal in
    both is in both counts). pairs: all of them.
    """

    pairs: int
    concordant: int
    discordant: int
    tied_first: int
    tied_second: int

    @property
    def tau_b(self) -> float:
        """Kendall's tau-b, (C - D) / sqrt((P - T1)(P - T2)); NaN where a list has no two different scores."""
        room = (self.pairs - self.tied_first) * (self.pairs - self.tied_second)
        return (self.concordant - self.discordant) / math.sqrt(room) if room else math.nan

    @property
    def pairwise(self) -> float:
        """Pairwise agreement C / (C + D): of the pairs that both lists order, the share ordered alike; NaN for none."""
        ordered = self.concordant + self.discordant
        return self.concordant / ordered if ordered else math.nan


def pair_counts(first: Sequence[float], second: Sequence[float]) -> PairCounts:
    """Compare two lists of scores of the same models. Raises ValueError for undefined scores or other lengths."""
    one, other = _signs(first), _signs(second)
    if len(one) != len(other):
        raise ValueError("two lists of scores of different lengths")
    products = one * other
    return PairCounts(
        pairs=len(one),
        concordant=int((products > 0).sum()),
        discordant=int((products < 0).sum()),
        tied_first=int((one == 0).sum()),
        tied_second=int((other == 0).sum()),
    )


def _signs(scores: Sequence[float]) -> npt.NDArray[np.int8]:
    """The order of every pair: 1, 0 or -1."""
    values = np.asarray(scores, dtype=float)
    if np.isnan(values).any():
        raise ValueError("an undefined score cannot be ordered; leave its model out and say so")
    upper = np.triu_indices(len(values), 1)
    gaps = values[upper[0]] - values[upper[1]]
    return np.where(np.abs(gaps) <= ROUNDING, 0, np.sign(gaps)).astype(np.int8)


def tau_b(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's tau-b of two lists of scores of the same models."""
    return pair_counts(first, second).tau_b


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rho: the correlation of mid-ranks; NaN where a list has no two different scores."""
    one, other = _mid_ranks(first), _mid_ranks(second)
    if len(one) != len(other):
        raise ValueError("two lists of scores of different lengths")
    one, other = one - one.mean(), other - other.mean()
    room = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / room if room else math.nan


def _mid_ranks(scores: Sequence[float]) -> Array:
    values = np.asarray(scores, dtype=float)
    above = (values[None, :] > values[:, None] + ROUNDING).sum(axis=1)
    tied = (np.abs(values[None, :] - values[:, None]) <= ROUNDING).sum(axis=1)
    return np.asarray(above + (tied + 1) / 2)


def top_models(scores: Sequence[float], count: int = TOP) -> list[int]:
    """Indices of the best ``count`` models, and of those that tie with the last of them."""
    if len(scores) <= count:
        return list(range(len(scores)))
    least = sorted(scores, reverse=True)[count - 1]
    return [index for index, score in enumerate(scores) if score >= least - ROUNDING]


def taus_in_draws(first: Array, second: Array) -> Array:
    """tau-b of every row of two tables of scores (draws x models); NaN where a row has no two different scores."""
    draws, models = first.shape
    net, ordered_first, ordered_second = (np.zeros(draws) for _ in range(3))
    for index in range(models - 1):
        one, other = (_order(table[:, index : index + 1] - table[:, index + 1 :]) for table in (first, second))
        net += (one * other).sum(axis=1)
        ordered_first += np.abs(one).sum(axis=1)
        ordered_second += np.abs(other).sum(axis=1)
    room = np.sqrt(ordered_first * ordered_second)
    return np.asarray(np.divide(net, room, out=np.full(draws, math.nan), where=room > 0))


def _order(gaps: Array) -> Array:
    return np.asarray(np.where(np.abs(gaps) <= ROUNDING, 0.0, np.sign(gaps)))


def tau_interval(first: RootSums, second: RootSums, *, draws: int = DRAWS // 5, seed: int = SEED) -> Interval:
    """Bootstrap interval of tau between two suites over the same roots, each root drawn with both of its sides.

    It is the tau that suites of this size give: like the ceiling's, and unlike that of endless suites, it is pulled
    towards 0 by chance, and resampling adds some chance of its own. Percentiles, widened to hold the estimate.
    """
    estimate = tau_b(first.means.tolist(), second.means.tolist())
    if first.roots < 2 or math.isnan(estimate):
        return Interval(math.nan, math.nan, "none", first.roots)
    found = []
    for counts in bootstrap_counts(first.roots, draws=draws, seed=seed):
        means = [(counts @ table.sums.T) / (counts @ table.sizes)[:, None] for table in (first, second)]
        found.append(taus_in_draws(*means))
    return _percentiles(np.concatenate(found), estimate, first.roots)


def _percentiles(values: Array, estimate: float, units: int) -> Interval:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return Interval(math.nan, math.nan, "none", units)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(min(float(low), estimate), max(float(high), estimate), "bootstrap", units)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """How two random disjoint parts of one suite, of ``roots`` roots each, rank the models.

    tau: the mean tau-b over the splits; low, high: its 2.5 and 97.5 percentiles; pairwise is not kept. matched: whether
    a part is as large as the suite that is read against it; if not, it is the largest that leaves room for another, and
    agrees less than parts of that size would. moves: by model, |rank in one part - rank in the other| in each split
    (splits x models).
    """

    roots: int
    matched: bool
    splits: int
    tau: float
    low: float
    high: float
    moves: npt.NDArray[np.int64]

    def move_p(self, model: int, move: int) -> float:
        """How often chance alone moves this model by so many ranks or more, the observed move counted in."""
        return (int((self.moves[:, model] >= abs(move)).sum()) + 1) / (len(self.moves) + 1)


def split_half(table: RootSums, *, size: int | None = None, splits: int = SPLITS, seed: int = SEED) -> Split | None:
    """Split a suite's roots at random into two disjoint parts, over and over, and compare how they rank the models.

    size: roots of the suite that will be read against this; a part has so many, or half of what there is. No formula
    (such as Spearman and Brown's, which is for correlations) makes up for parts that are too small: what is reported is
    what such parts gave. None for fewer than two models or two roots.
    """
    models, roots = table.sums.shape
    part = min(roots // 2, size or roots)
    if models < 2 or part < 1:
        return None
    generator = np.random.default_rng(seed)
    one, other = (np.empty((splits, models)) for _ in range(2))
    for index in range(splits):
        order = generator.permutation(roots)
        for means, chosen in ((one, order[:part]), (other, order[part : 2 * part])):
            means[index] = table.sums[:, chosen].sum(axis=1) / table.sizes[chosen].sum()
    taus = taus_in_draws(one, other)
    defined = taus[~np.isnan(taus)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (math.nan, math.nan)
    return Split(
        roots=part,
        matched=part == size,
        splits=splits,
        tau=float(defined.mean()) if len(defined) else math.nan,
        low=float(low),
        high=float(high),
        moves=np.abs(ranks_in_draws(one) - ranks_in_draws(other)),
    )

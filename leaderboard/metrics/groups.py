"""Whose preferences a model shares: accuracy by group of raters, the best that one ranking can do, and steerability.

Raters disagree, so one ranking cannot be right for all of them. Source of the setting: Chen et al., "PAL: Pluralistic
Alignment" (ICLR 2025, arXiv 2406.08469), which reports seen and unseen raters apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .estimates import names_of, ratio, statistic_interval
from .intervals import SEED, UNDEFINED, Interval, wilson
from .preferences import Outcome
from .resampling import Array


@dataclass(frozen=True, slots=True)
class Votes:
    """Of raters asked about one pair: how many prefer the chosen answer, the other one, and neither."""

    chosen: int
    rejected: int
    tie: int

    def __add__(self, other: Votes) -> Votes:
        return Votes(self.chosen + other.chosen, self.rejected + other.rejected, self.tie + other.tie)

    @property
    def n(self) -> int:
        """How many raters."""
        return self.chosen + self.rejected + self.tie

    @property
    def agreement(self) -> float:
        """Share for the chosen answer, a tie counting half; NaN for no votes."""
        return (self.chosen + self.tie / 2) / self.n if self.n else math.nan


NOBODY = Votes(0, 0, 0)


@dataclass(frozen=True, slots=True)
class GroupAccuracy:
    """RA_g: of the votes of one group (or of all raters), the share that the model's ranking agrees with.

    n: votes; pairs: pairs with votes of it; skipped: pairs with votes of it that the model did not decide. ceiling: the
    most that one ranking, the same for everybody, could agree with (``plurality_ceiling``); attained: (accuracy - 1/2)
    / (ceiling - 1/2), 0 like a coin, 1 as good as any such ranking.
    """

    name: str
    accuracy: float
    n: int
    pairs: int
    skipped: int
    interval: Interval
    ceiling: float
    attained: float
    attained_interval: Interval


@dataclass(frozen=True, slots=True)
class Groups:
    """everybody: all votes together. groups: by name. least: the worst group's accuracy; spread: best minus worst.

    With noise the worst of many groups looks worse than any is: read ``least`` beside the number of groups and votes.
    """

    everybody: GroupAccuracy
    groups: tuple[GroupAccuracy, ...]
    least: float
    least_interval: Interval
    spread: float
    spread_interval: Interval


def group_accuracies(
    outcomes: Sequence[Outcome],
    votes: Sequence[Mapping[str, Votes]],
    families: Sequence[str] | None = None,
    *,
    seed: int = SEED,
) -> Groups:
    """Accuracy by group of raters, RA_g = sum of votes that the model agrees with / number of votes.

    outcomes[i]: of pair i, right where the model ranks the chosen answer first. A vote for "neither", and every vote on
    a pair that the model ties, counts half. Intervals resample families (a vote's rater is not known, so that votes of
    one rater on many pairs count as independent).
    """
    names = names_of(families, len(outcomes))
    if len(votes) != len(outcomes):
        raise ValueError(f"{len(outcomes)} pairs, but {len(votes)} sets of votes")
    groups = sorted({group for one in votes for group in one})
    found = tuple(_group(name, outcomes, [one.get(name, NOBODY) for one in votes], names, seed) for name in groups)
    whole = [sum(one.values(), NOBODY) for one in votes]
    known = [one for one in found if one.n]
    scores = [one.accuracy for one in known]
    columns = [
        column for one in known for column in agreed_votes(outcomes, [each.get(one.name, NOBODY) for each in votes])
    ]

    def least(sums: Array) -> Array:
        return np.asarray(_shares(sums).min(axis=1))

    def spread(sums: Array) -> Array:
        return np.asarray(np.ptp(_shares(sums), axis=1))

    return Groups(
        everybody=_group("", outcomes, whole, names, seed),
        groups=found,
        least=min(scores, default=math.nan),
        least_interval=statistic_interval(columns, names, least, seed=seed) if known else UNDEFINED,
        spread=max(scores) - min(scores) if scores else math.nan,
        spread_interval=statistic_interval(columns, names, spread, seed=seed) if len(known) > 1 else UNDEFINED,
    )


def plurality_ceiling(votes: Sequence[Votes], *, shrink: bool = True) -> float:
    """E[max(alpha, 1 - alpha)] over votes: the most that one ranking can agree with; NaN without votes.

    alpha: share of a pair's n votes for the chosen answer, k of n with half of the ties. A few raters agree by chance
    too, which inflates it, so by default alpha is shrunk to (k + 1/2) / (n + 1).
    """
    total = sum(one.n for one in votes)
    return math.fsum(one.n * _best_share(one, shrink) for one in votes if one.n) / total if total else math.nan


def _best_share(one: Votes, shrink: bool) -> float:
    won = one.chosen + one.tie / 2
    alpha = (won + 0.5) / (one.n + 1) if shrink else won / one.n
    return max(alpha, 1 - alpha)


def agreed_votes(outcomes: Sequence[Outcome], votes: Sequence[Votes]) -> tuple[list[float], list[float]]:
    """Of each pair: votes that the model agrees with, and votes; none of pairs that it did not decide."""
    won = {"right": 1.0, "tie": 0.5, "wrong": 0.0}
    agreed, total = [], []
    for found, one in zip(outcomes, votes, strict=True):
        if found == "skipped":
            agreed.append(0.0)
            total.append(0.0)
            continue
        share = won[found]
        agreed.append(one.chosen * share + one.rejected * (1 - share) + one.tie / 2)
        total.append(float(one.n))
    return agreed, total


def _shares(sums: Array) -> Array:
    """From sums (draws x (agreed, votes) of each group) the groups' shares; NaN in a draw without a group's votes."""
    agreed, total = sums[:, ::2], sums[:, 1::2]
    return _divided(agreed, total)


def _group(
    name: str, outcomes: Sequence[Outcome], votes: Sequence[Votes], families: Sequence[str], seed: int
) -> GroupAccuracy:
    agreed, total = agreed_votes(outcomes, votes)
    asked = [one for one, found in zip(votes, outcomes, strict=True) if one.n and found != "skipped"]
    n = sum(one.n for one in asked)
    ceiling = plurality_ceiling(asked)
    accuracy = math.fsum(agreed) / n if n else math.nan
    over = [got - each / 2 for got, each in zip(agreed, total, strict=True)]
    room = [each * (_best_share(one, True) - 0.5) if each else 0.0 for one, each in zip(votes, total, strict=True)]
    # Pairs without votes are no part of the group, and must not stand for independent units.
    voted = [index for index, each in enumerate(total) if each]
    units = [families[index] for index in voted]
    return GroupAccuracy(
        name=name,
        accuracy=accuracy,
        n=n,
        pairs=len(voted),
        skipped=sum(1 for one, found in zip(votes, outcomes, strict=True) if one.n and found == "skipped"),
        interval=_ratio_interval([agreed[i] for i in voted], [total[i] for i in voted], units, seed),
        ceiling=ceiling,
        attained=(accuracy - 0.5) / (ceiling - 0.5) if n and ceiling > 0.5 else math.nan,
        attained_interval=statistic_interval(
            [[over[i] for i in voted], [room[i] for i in voted]], units, ratio, seed=seed
        )
        if n and ceiling > 0.5
        else UNDEFINED,
    )


def _divided(parts: Array, wholes: Array) -> Array:
    return np.asarray(np.divide(parts, wholes, out=np.full(parts.shape, math.nan), where=wholes > 0))


def _ratio_interval(parts: Sequence[float], wholes: Sequence[float], units: Sequence[str], seed: int) -> Interval:
    """Bootstrap over families; Wilson over their number where all votes are on one side, for draws would all agree."""
    if parts and sum(parts) in (0.0, sum(wholes)):
        roots = len(set(units))
        bounds = wilson(roots if sum(parts) else 0, roots)
        return Interval(bounds.low, bounds.high, "wilson over roots", roots)
    return statistic_interval([parts, wholes], units, ratio, seed=seed)

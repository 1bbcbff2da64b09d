"""Accuracy where the label may be a tie, and where a judge may leave a pair undecided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .estimates import names_of
from .intervals import SEED, Interval, score_interval
from .preferences import Outcome, PairAccuracy, accuracy_of, outcome

TOLERANCE = 0.01
"""Nats a token. Chen et al. state 0.01 for likelihoods of sequences, which are all within 0.01 of 0 and of each other;
a difference of 0.01 in the mean token log-probability is a likelihood ratio of 1.01 a token."""


@dataclass(frozen=True, slots=True)
class TieAwareAccuracy:
    """All pairs, and apart those whose label is a tie and those that have a preferred answer.

    Of tied pairs one is right where the scores are within ``tolerance``, else wrong. Of the others one is right where
    the preferred answer scores strictly higher, as everywhere.
    """

    all: PairAccuracy
    tied: PairAccuracy
    decided: PairAccuracy
    tolerance: float


def tie_aware_outcome(first: float, second: float, agreement: float, tolerance: float = TOLERANCE) -> Outcome:
    """Chen et al. 2024 (arXiv 2405.19534), definition C.1 (eq. 14), on scores per token in log space.

    first, second: mean token log-probabilities of two answers. agreement: share of raters for the first; one half is a
    tie, and then the pair is right where |first - second| < tolerance. Above it the first must score strictly higher,
    below it the second. skipped where any of them is NaN.
    """
    if math.isnan(agreement):
        return "skipped"
    if agreement == 0.5:
        if math.isnan(first - second):
            return "skipped"
        return "right" if abs(first - second) < tolerance else "wrong"
    return outcome(first, second) if agreement > 0.5 else outcome(second, first)


def tie_aware_accuracy(
    first: Sequence[float],
    second: Sequence[float],
    agreement: Sequence[float],
    families: Sequence[str] | None = None,
    *,
    tolerance: float = TOLERANCE,
    seed: int = SEED,
) -> TieAwareAccuracy:
    """Accuracy over pairs with and without a tie as label (``tie_aware_outcome``). ValueError for unequal lengths."""
    names = names_of(families, len(first))
    rows = list(zip(first, second, agreement, strict=True))
    found = [tie_aware_outcome(*row, tolerance) for row in rows]
    tied = [index for index, row in enumerate(rows) if row[2] == 0.5]
    rest = [index for index, row in enumerate(rows) if row[2] != 0.5]

    def part(places: Sequence[int]) -> PairAccuracy:
        return accuracy_of([found[i] for i in places], [names[i] for i in places], seed=seed)

    return TieAwareAccuracy(part(range(len(rows))), part(tied), part(rest), tolerance)


@dataclass(frozen=True, slots=True)
class UndecidedAccuracy:
    """(right + undecided/2) / n, and by how much the undecided could move it: ``slack`` either way.

    interval: of the accuracy, for the pairs that might have been drawn; slack is no part of it.
    """

    n: int
    right: int
    undecided: int
    accuracy: float
    slack: float
    interval: Interval


def undecided_accuracy(
    outcomes: Sequence[Outcome], families: Sequence[str] | None = None, *, seed: int = SEED
) -> UndecidedAccuracy:
    """CodePrefBench's accuracy (Liu et al. 2024, arXiv 2410.03837): (right + undecided/2) / total +- undecided/2/total.

    A tie, and a pair that was asked but not decided ("skipped"), are undecided: here every pair is in the total.
    """
    halves: list[Outcome] = ["tie" if found == "skipped" else found for found in outcomes]
    result = accuracy_of(halves, families, seed=seed)
    credits = [1.0 if found == "right" else 0.5 if found == "tie" else 0.0 for found in halves]
    return UndecidedAccuracy(
        n=result.n,
        right=result.right,
        undecided=result.tie,
        accuracy=result.half_ties,
        slack=result.tie_rate / 2,
        interval=score_interval(credits, names_of(families, len(halves)), seed=seed),
    )

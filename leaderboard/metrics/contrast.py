"""Pairs beside the pairs that were made from them: the flip gap, and whether verdicts move just when labels do.

"Parent" is a pair, "twin" one that an operator made from it. Where the operator preserves the label, a model that reads
what matters keeps its verdict; where it inverts the label, it changes sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .estimates import Estimate, difference_estimate, mean, share_estimate
from .intervals import SEED
from .preferences import Outcome

Effect = Literal["preserve", "invert", "new", "tie"]
"""What became of the label: kept, turned over, another one, or a tie."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin and its parent, as one model ranked them.

    credit, parent_credit: points in [0, 1] (1 for right; of a judge the mean over its judgements).
    """

    parent: str
    family: str
    effect: Effect | None
    parent_outcome: Outcome
    outcome: Outcome
    parent_credit: float
    credit: float


@dataclass(frozen=True, slots=True)
class FlipGap:
    """Twins that were decided together with their parents.

    parents, twins: accuracy on either, a parent counting once for each of its twins. gap: parents minus twins; above 0
    the twins are harder for this model than their parents. broken, fixed: twins that are wrong (or tie) where the
    parent is right, and the other way round.
    """

    parents: float
    twins: float
    gap: Estimate
    broken: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Consistency:
    """invariance: of parents that are right and have label-preserving twins, the share all of whose such twins are
    right. sensitivity: of label-inverting twins, the share whose verdict changed sides with the label, right or wrong
    twice; a tie never does. contrast: of the same, the share that is right on parent and twin both.

    A model that ignores what the label hangs on has an invariance of 1 and a sensitivity of 0. n of each says how many
    parents, or twins, are behind it.
    """

    invariance: Estimate
    sensitivity: Estimate
    contrast: Estimate


def flip_gap(twins: Sequence[Twin], *, seed: int = SEED) -> FlipGap:
    """Accuracy on parents minus accuracy on their twins, families resampled whole; undecided ones are skipped."""
    kept = [twin for twin in twins if "skipped" not in (twin.outcome, twin.parent_outcome)]
    gap = difference_estimate(
        [twin.parent_credit - twin.credit for twin in kept],
        [twin.family for twin in kept],
        skipped=len(twins) - len(kept),
        seed=seed,
    )
    return FlipGap(
        parents=mean([twin.parent_credit for twin in kept]),
        twins=mean([twin.credit for twin in kept]),
        gap=gap,
        broken=sum(twin.parent_outcome == "right" != twin.outcome for twin in kept),
        fixed=sum(twin.outcome == "right" != twin.parent_outcome for twin in kept),
    )


def consistency(twins: Sequence[Twin], *, seed: int = SEED) -> Consistency:
    """Invariance rate, inversion sensitivity and contrast consistency of one model's twins."""
    kept = [twin for twin in twins if "skipped" not in (twin.outcome, twin.parent_outcome)]
    skipped = {
        effect: sum(twin.effect == effect for twin in twins) - sum(twin.effect == effect for twin in kept)
        for effect in ("preserve", "invert")
    }
    held: dict[str, tuple[bool, str]] = {}
    for twin in kept:
        if twin.effect == "preserve" and twin.parent_outcome == "right":
            before = held.get(twin.parent, (True, twin.family))[0]
            held[twin.parent] = (before and twin.outcome == "right", twin.family)
    inverted = [twin for twin in kept if twin.effect == "invert"]
    families = [twin.family for twin in inverted]
    return Consistency(
        invariance=share_estimate(
            [float(all_right) for all_right, _ in held.values()],
            [family for _, family in held.values()],
            skipped=skipped["preserve"],
            seed=seed,
        ),
        sensitivity=share_estimate(
            [float(twin.parent_outcome == twin.outcome != "tie") for twin in inverted],
            families,
            skipped=skipped["invert"],
            seed=seed,
        ),
        contrast=share_estimate(
            [float(twin.parent_outcome == twin.outcome == "right") for twin in inverted],
            families,
            skipped=skipped["invert"],
            seed=seed,
        ),
    )


def by_operator(twins: Sequence[Twin], operators: Sequence[str], *, seed: int = SEED) -> Mapping[str, FlipGap]:
    """The flip gap of the twins of each operator, by name. ValueError for unequal numbers."""
    members: dict[str, list[Twin]] = {}
    for twin, operator in zip(twins, operators, strict=True):
        members.setdefault(operator, []).append(twin)
    return {name: flip_gap(members[name], seed=seed) for name in sorted(members)}

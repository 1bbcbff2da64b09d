"""Pairs of a run beside the pairs that they were made from, in the same file or in another one of the same model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..metrics.contrast import Consistency, FlipGap, Twin, by_operator, consistency, flip_gap
from ..metrics.intervals import SEED
from .measures import headline
from .outcomes import credit_of, labelled, outcome_of
from .table import Pair, PreferenceRun


@dataclass(frozen=True, slots=True)
class TwinSummary:
    """The flip gap of all twins and of each operator's, and whether verdicts move just when labels do.

    orphans: pairs that name a parent which is in no file of this model, or has no preferred answer; in no number.
    """

    all: FlipGap
    operators: Mapping[str, FlipGap]
    consistency: Consistency
    orphans: int


def twins_of(run: PreferenceRun, others: Sequence[PreferenceRun] = (), *, seed: int = SEED) -> TwinSummary | None:
    """The twins of a run; None where no pair of it names a parent.

    others: runs in which parents may be as well; only those of the same label, measure and condition are looked into.
    """
    parents: dict[str, Pair] = {}
    for one in (run, *(other for other in others if _comparable(run, other))):
        for row in labelled(one).rows:
            parents.setdefault(row.pair, row)
    children = [row for row in labelled(run).rows if row.parent]
    if not children:
        return None
    known = [row for row in children if row.parent in parents]
    twins = [_twin(parents[row.parent], row, run) for row in known]
    return TwinSummary(
        all=flip_gap(twins, seed=seed),
        operators=by_operator(twins, [row.operator for row in known], seed=seed),
        consistency=consistency(twins, seed=seed),
        orphans=len(children) - len(known),
    )


def _comparable(run: PreferenceRun, other: PreferenceRun) -> bool:
    return (
        other is not run
        and (other.label, other.conditioned_on) == (run.label, run.conditioned_on)
        and headline(other) == headline(run)
    )


def _twin(parent: Pair, child: Pair, run: PreferenceRun) -> Twin:
    return Twin(
        parent=parent.pair,
        family=child.family,
        effect=child.effect,
        parent_outcome=outcome_of(parent, run.mode),
        outcome=outcome_of(child, run.mode),
        parent_credit=credit_of(parent, run.mode),
        credit=credit_of(child, run.mode),
    )

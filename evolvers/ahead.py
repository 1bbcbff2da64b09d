"""Proving the candidates of several altering operators together, before their turn comes.

What a candidate's own proofs show depends on nothing that was admitted before it. So each wish's candidates are proven
in order until one holds, those of all operators side by side: one parent's children share what is compiled for it, and
jobs are full where an operator by itself would ask little. Whether a task that holds is new is seen when it is the
operator's turn; only the candidates that are then needed instead are proven later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..benchmarks import CodeTask
from ..harness.sandbox.api import Sandbox
from .altering import evaluate_altering
from .evaluated import Evaluated
from .observe import Progress
from .protocol import AlteringOperator, Candidate, Observation, Pool

Place = tuple[str, int]
"""A parent's id and a slot."""


@dataclass(slots=True)
class Ahead:
    """What is known of an operator's wishes before its turn: the candidates of each, or why there are none; what the
    proofs showed for each place and choice; which slot of a parent was the first with some outputs."""

    waiting: dict[Place, list[Candidate]] = field(default_factory=dict)
    refused: dict[Place, str] = field(default_factory=dict)
    proven: dict[tuple[Place, int], Evaluated] = field(default_factory=dict)
    outputs: dict[tuple[str, str], int] = field(default_factory=dict)


def prove_ahead(
    known: Sequence[tuple[AlteringOperator, Ahead]],
    parents: Sequence[CodeTask],
    observations: Mapping[str, Observation],
    sandbox: Sandbox,
    progress: Progress,
) -> None:
    """Prove each wish's candidates until one holds. InfraError when the sandbox fails."""
    pool = Pool((), observations)
    order = {parent.id: number for number, parent in enumerate(parents)}
    left = [(operator, ahead, place, 0) for operator, ahead in known for place in ahead.waiting]
    left.sort(key=lambda each: order[each[2][0]])
    while left:
        proposed = [(operator, ahead.waiting[place][choice]) for operator, ahead, place, choice in left]
        results = evaluate_altering(proposed, pool, sandbox, progress)
        for (_, ahead, place, choice), result in zip(left, results, strict=True):
            ahead.proven[place, choice] = result
        left = [
            (operator, ahead, place, choice + 1)
            for operator, ahead, place, choice in left
            if choice + 1 < len(ahead.waiting[place]) and not _holds(ahead, place, choice)
        ]


def _holds(ahead: Ahead, place: Place, choice: int) -> bool:
    """Whether a candidate may be admitted: its proofs hold, and no earlier slot's has the same outputs."""
    result = ahead.proven[place, choice]
    if result.rejected:
        return False
    told = ahead.outputs.setdefault((place[0], result.outputs_digest), place[1])
    return told == place[1]

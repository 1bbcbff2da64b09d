"""A candidate after its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..benchmarks import CodeTask
from ..benchmarks.jsonio import digest
from ..benchmarks.plain import encode
from .protocol import Candidate, Executed, Gate


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A candidate after its proofs: the finished task, the gates up to the first that fails, what it was run on.

    functional_hash: see ``novelty``; None where nothing could be said. rows: the calls and outcomes that its tests and
    examples are made of.
    """

    candidate: Candidate
    task: CodeTask
    gates: tuple[Gate, ...]
    inputs_digest: str
    outputs_digest: str
    rows: tuple[Executed, ...] = ()
    functional_hash: str | None = None

    @property
    def rejected(self) -> str | None:
        """The name of the gate that does not hold, or None."""
        return next((gate.gate for gate in self.gates if not gate.holds), None)


def admitted(
    candidate: Candidate,
    task: CodeTask,
    gates: Sequence[Gate],
    rows: Sequence[Executed],
    functional_hash: str | None = None,
) -> Evaluated:
    """A candidate with its gates, of which only the first that fails is kept."""
    kept: list[Gate] = []
    for gate in gates:
        kept.append(gate)
        if not gate.holds:
            break
    return Evaluated(candidate, task, tuple(kept), *digests_of(rows), tuple(rows), functional_hash)


def digests_of(rows: Sequence[Executed]) -> tuple[str, str]:
    """Digests of the inputs and of the outcomes of executed calls."""
    outcomes = [{"raised": row.raised} if row.raised else encode(row.returns) for row in rows]
    return digest([encode(row.args) for row in rows]), digest(outcomes)

"""A candidate after its proofs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..benchmarks import CodeTask
from ..benchmarks.jsonio import canonical_json, text_digest
from .protocol import Candidate, Executed, Gate
from .texts import text_of


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
    """A candidate with its gates, of which only the first that fails is kept; the digests are made where all hold."""
    kept: list[Gate] = []
    for gate in gates:
        kept.append(gate)
        if not gate.holds:
            break
    holds = all(gate.holds for gate in kept)
    digests = digests_of(rows) if holds else ("", "")
    return Evaluated(candidate, task, tuple(kept), *digests, tuple(rows), functional_hash)


def digests_of(rows: Sequence[Executed]) -> tuple[str, str]:
    """Digests of the inputs and of the outcomes of executed calls: of the canonical JSON of all in a list.

    The codec's texts are canonical already, and known for most inputs.
    """
    outcomes = [canonical_json({"raised": row.raised}) if row.raised else text_of(row.returns) for row in rows]
    return _digest_of(text_of(row.args) for row in rows), _digest_of(outcomes)


def _digest_of(texts: Iterable[str]) -> str:
    return text_digest(f"[{','.join(texts)}]")

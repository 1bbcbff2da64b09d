"""What a preference operator is: a named, versioned, seeded function from a parent task to candidate tasks."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from ...benchmarks.preference import PreferenceTask
from ..protocol import Gate, NotApplicable

GROUP = "evalrun.preference_operators"
Kind = Literal["preserving", "altering"]
"""preserving: who is right stays (by position or id); altering: the label is new, inverted or a tie, known by proof."""
RENAMED_IDS = "renamed_ids"
"""The parameter of a preserving operator that gives responses other ids: from each old id to its new one."""


@dataclass(frozen=True, slots=True)
class PreferenceCandidate:
    """A proposed task; the engine gives it its id, family, lineage and metadata.

    parameters: everything that was drawn, as plain JSON. gates: static proofs beyond what ``prove`` gives (one of the
    same name counts once). twin: whether the task is meant to be read beside its parent (flip gap: accuracy on the
    parent minus accuracy here).
    """

    task: PreferenceTask
    parents: tuple[PreferenceTask, ...]
    parameters: Mapping[str, Any]
    gates: tuple[Gate, ...] = ()
    twin: bool = True


@runtime_checkable
class PreferenceOperator(Protocol):
    """An operator on preference tasks.

    ``propose`` depends on its arguments only (no global random, no clock, no sandbox), so that a task can be replayed
    from its lineage; change ``version`` whenever the same arguments would give another proposal. The engine runs the
    proof of the candidate's label (``PreferenceTask.proof``) in the sandbox; ``prove`` gives the rest.
    """

    name: str
    version: str
    kind: Kind

    def describe(self) -> str:
        """One line for people."""

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """Candidates in order of preference, the best first; NotApplicable with the reason when there is none."""

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """The static proofs of a finished task, computed from the texts and not from how they were made."""


def seeded(seed: int, operator: PreferenceOperator, parent: PreferenceTask, slot: int) -> random.Random:
    """The generator of one proposal: leaf ``sha256(seed/operator/version/parent digest/slot)`` of the seed tree."""
    path = f"{seed}/{operator.name}/{operator.version}/{parent.digest}/{slot}"
    return random.Random(int.from_bytes(hashlib.sha256(path.encode()).digest(), "big"))


__all__ = [
    "GROUP",
    "RENAMED_IDS",
    "Gate",
    "Kind",
    "NotApplicable",
    "PreferenceCandidate",
    "PreferenceOperator",
    "seeded",
]

"""What an operator is: a named, versioned, seeded function from a parent task to candidate tasks with their proofs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal, Protocol, runtime_checkable

from ..benchmarks import BadInput, CodeTask

GROUP = "evalrun.operators"
Kind = Literal["preserving", "altering"]


class NotApplicable(Exception):
    """An operator cannot do this task; the message is a short category of reasons, which reports count."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One proof obligation: whether it holds, and the numbers and digests that show it (plain JSON, no timings)."""

    gate: str
    holds: bool
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"gate": self.gate, "holds": self.holds, "evidence": dict(self.evidence)}


@dataclass(frozen=True, slots=True)
class Example:
    """One executed call that a prompt may show."""

    args: tuple[Any, ...]
    returns: Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed task.

    parameters:
        everything that was drawn, as plain JSON; goes into the lineage.
    gates:
        the static proofs that hold whatever the sandbox finds.
    An altering operator leaves expected values MISSING and the examples out of the prompt; ``finish`` puts them in.
    """

    task: CodeTask
    parents: tuple[CodeTask, ...]
    parameters: Mapping[str, Any]
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What running a task's reference on its own tests showed.

    problem:
        why nothing may be built on this task, or None.
    inputs:
        test name to the distinct argument tuples of that test, in order; at most MAX_INPUTS each.
    outputs:
        the value for each input, tests in the order of ``inputs``.
    output_type:
        the deep runtime type of all outputs together (see ``deeptypes``).
    unobservable:
        why inputs could not be recorded as plain data (``inputs`` is then empty); the reference still passes its tests.
    """

    problem: str | None = None
    inputs: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    outputs: tuple[Any, ...] = ()
    output_type: str = ""
    pure: bool = True
    unobservable: str | None = None

    @property
    def calls(self) -> tuple[tuple[Any, ...], ...]:
        """All inputs in one row, in the order of ``outputs``."""
        return tuple(args for rows in self.inputs.values() for args in rows)


@dataclass(frozen=True, slots=True)
class Pool:
    """What an operator may look at: the tasks it may mate a parent with, and what was observed of each (by digest)."""

    tasks: tuple[CodeTask, ...]
    observations: Mapping[str, Observation]

    def observed(self, task: CodeTask) -> Observation:
        """The observation of a task; NotApplicable when there is none."""
        found = self.observations.get(task.digest)
        if found is None:
            raise NotApplicable("the parent was not observed")
        return found


@runtime_checkable
class Operator(Protocol):
    """A semantics-preserving operator, or the common part of an altering one.

    ``propose`` depends on its arguments only (no global random, no clock, no sandbox), so that a task can be
    replayed from its lineage; change ``version`` whenever the same arguments would give another proposal.
    """

    name: str
    version: str
    kind: Kind

    def describe(self) -> str:
        """One line for people."""

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """Candidates in order of preference, the best first; NotApplicable with the reason when there is none."""

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """The static proofs of a finished task, computed from the two programs and not from how they were made."""


@runtime_checkable
class AlteringOperator(Operator, Protocol):
    """An operator whose tasks have new expected values: they come from running the new reference."""

    def finish(self, candidate: Candidate, examples: Sequence[Example]) -> CodeTask:
        """The task with executed examples in its prompt."""

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program for the task made from its prompt and the parents' references alone; it must behave like the
        reference.

        ValueError when the prompt does not say what to do.
        """


def seeded(seed: int, operator: Operator, parent: CodeTask, slot: int) -> random.Random:
    """The generator of one proposal: leaf ``sha256(seed/operator/version/parent digest/slot)`` of the seed tree."""
    path = f"{seed}/{operator.name}/{operator.version}/{parent.digest}/{slot}"
    return random.Random(int.from_bytes(hashlib.sha256(path.encode()).digest(), "big"))


def operator_named(name: str) -> Operator:
    """The operator registered under a name in the entry-point group ``evalrun.operators``.

    An entry point names an operator or a class that makes one without arguments. BadInput when there is none or it
    is none.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise BadInput(f"no operator is called {name[:60]!r}; there are: {', '.join(sorted(found)) or 'none'}")
    loaded = found[name].load()
    operator = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(operator, Operator) or operator.name != name:
        raise BadInput(f"operator {name}: {found[name].value} is no operator of that name; see docs/evolvers.md")
    if operator.kind == "altering" and not isinstance(operator, AlteringOperator):
        raise BadInput(f"operator {name}: an altering operator needs finish() and witness(); see docs/evolvers.md")
    return operator


def registered_operators() -> tuple[str, ...]:
    """Names of all installed operators."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))

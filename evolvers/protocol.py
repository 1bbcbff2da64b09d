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
Kind = Literal["preserving", "altering", "derived"]


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
class Executed:
    """One call that was run: what it returned, or the exception's name that ended it (``returns`` is then None)."""

    args: tuple[Any, ...]
    returns: Any
    raised: str | None = None


Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed task.

    parameters:
        everything that was drawn, as plain JSON; goes into the lineage.
    gates:
        the static proofs that hold whatever the sandbox finds.

    The rest is for altering operators, whose task is a draft until ``finish`` has seen what the reference does (its
    tests say no more than how values are compared):

    calls:
        test name to the argument tuples on which the reference is run; they become the hidden tests and the examples.
    base:
        the part of the reference that the parents gave, a prefix of it; what follows is the new part, whose mutants the
        tests must kill. "" means all of the parent's reference.
    driver:
        Python source that defines ``evalrun_drive(*args)`` in terms of the task's program, where the entry point cannot
        be called with plain data to give plain data (classes, generators); it is run instead of the entry point.
    called:
        the name under which each parent's function stands in ``base`` (as ``tools.as_tool`` gives it), "" for one that
        does not stand there; () when all stand there as they are.
    raises:
        names of the exceptions that the task's specification allows a call to end in.
    """

    task: CodeTask
    parents: tuple[CodeTask, ...]
    parameters: Mapping[str, Any]
    gates: tuple[Gate, ...] = ()
    calls: Mapping[str, Rows] = field(default_factory=dict)
    base: str = ""
    driver: str = ""
    raises: tuple[str, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedMutant:
    """A program that differs from a reference in one place, and what it does.

    source: the whole program, layout kept. line: the changed line, from 1. results: what each of the observation's
    calls gives, then each of its generated inputs; a call that was stopped for its cost has ``raised`` "Endless".
    ticked: as in ``mutants.Mutant``.
    """

    source: str
    line: int
    description: str
    results: tuple[Executed, ...]
    ticked: str = field(default="", compare=False, repr=False)


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
    generated, generated_outputs:
        further inputs from inside the envelope of ``inputs`` (none of them among these) and their values.
    mutants:
        first-order mutants of the reference that differ from it on some input, most informative first.
    functional_hash:
        what the reference gives for a fixed set of probes (see ``novelty``); None where nothing could be said.
    untrue_examples:
        how many examples of the prompt contradict the reference. Whoever keeps the prompt would hand them on, so only
        an operator with the attribute ``mends_examples = True`` gets such a task.
    steps:
        the most that one call took (see ``prover``).
    """

    problem: str | None = None
    inputs: Mapping[str, Rows] = field(default_factory=dict)
    outputs: tuple[Any, ...] = ()
    output_type: str = ""
    pure: bool = True
    unobservable: str | None = None
    generated: Rows = ()
    generated_outputs: tuple[Any, ...] = ()
    mutants: tuple[ObservedMutant, ...] = ()
    functional_hash: str | None = None
    untrue_examples: int = 0
    steps: int = 0
    _calls: list[Rows] = field(default_factory=list, init=False, repr=False, compare=False)
    _executed: list[tuple[Executed, ...]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def calls(self) -> Rows:
        """All inputs in one row, in the order of ``outputs``."""
        if not self._calls:
            self._calls.append(tuple(args for rows in self.inputs.values() for args in rows))
        return self._calls[0]

    @property
    def executed(self) -> tuple[Executed, ...]:
        """All inputs with their values, then the generated ones; a mutant's ``results`` have the same order."""
        if not self._executed:
            rows = (*self.calls, *self.generated)
            values = (*self.outputs, *self.generated_outputs)
            self._executed.append(tuple(Executed(args, value) for args, value in zip(rows, values, strict=True)))
        return self._executed[0]


def spread(mutants: Sequence[ObservedMutant], most: int) -> tuple[ObservedMutant, ...]:
    """At most so many of a parent's mutants, evenly from those that differ on few inputs to those that do on many.

    The first ones alone would be the hardest to kill, and say little of the whole.
    """
    if len(mutants) <= most:
        return tuple(mutants)
    return tuple(mutants[place * len(mutants) // most] for place in range(most))


@dataclass(frozen=True, slots=True)
class Pool:
    """What an operator may look at: what was observed of its parents and of the tasks that it may join to them.

    tasks: the human-made tasks of the suite, by id, for an operator with the attribute ``mates = True``; else empty.
    observations: by task digest.
    """

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

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The task with its tests (of ``rows``, test name to executed calls), and with ``examples`` in its prompt."""

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program for the task made from its prompt and the parents' references alone; it must behave like the
        reference.

        ValueError when the prompt does not say what to do.
        """


@runtime_checkable
class DerivedOperator(Operator, Protocol):
    """An operator that asks another question about the parent's program (repair it, predict it, tell it from another).

    Its candidates are finished when they are proposed: what they need is in the pool's observations.
    """

    def controls(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Mapping[str, str]:
        """Answers that must not pass the task's tests, by name: the buggy program, the parent's, a constant, ..."""


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
        if any(entry.name == name for entry in entry_points(group="evalrun.preference_operators")):
            raise BadInput(
                f"{name} is an operator on preference tasks, and these are code tasks; `evalrun evolve SUITE "
                "--as-preferences` makes pairs of them first"
            )
        through_models = sorted(entry.name for entry in entry_points(group="evalrun.model_operators"))
        if name.partition(":")[0] in through_models:
            raise BadInput(
                f"{name[:60]} is an operator through a model, which needs --model and comes first in a chain; evolve "
                "twice to put it on another"
            )
        raise BadInput(
            f"no operator is called {name[:60]!r}; there are: {', '.join(sorted(found)) or 'none'}; "
            f"through a model (--model): {', '.join(through_models) or 'none'}"
        )
    loaded = found[name].load()
    operator = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(operator, Operator) or operator.name != name:
        raise BadInput(f"operator {name}: {found[name].value} is no operator of that name; see docs/operators/own.md")
    if operator.kind == "altering" and not isinstance(operator, AlteringOperator):
        raise BadInput(f"operator {name}: an altering operator needs finish() and witness(); see docs/operators/own.md")
    if operator.kind == "derived" and not isinstance(operator, DerivedOperator):
        raise BadInput(f"operator {name}: a derived operator needs controls(); see docs/operators/own.md")
    return operator


def registered_operators() -> tuple[str, ...]:
    """Names of all installed operators."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))

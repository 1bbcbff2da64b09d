"""Verifying labels again: one module for each ``Proof.kind``, and what they have in common.

    kind          what decides who is better                            where
    tests         which programs pass the tests                         by_tests
    cases         how many cases of the tests programs pass             by_cases
    constraints   which checkable instructions a response follows       by_constraints
    operations    how much work programs with equal results do          by_operations
    rules         which patterns of unsafe code a program holds         by_rules
    stated        nothing that a machine can see: the author says why   stated

A gate's name says which of these it was (``label_by_tests``); its evidence is plain JSON without timings, so that it
can be compared with a certificate's. Whatever is wrong with a task's proof is a gate that does not hold and says why;
only a sandbox that fails raises (InfraError).

``"inverted": true`` in a proof says that the criterion asks for the worse response: the ranking is then read from its
end. The criterion must be the one of ``INVERTED``, or any proof could show any label. That the question asks for it too
is for the operator that inverted it to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ....benchmarks.preference import PreferenceTask, Proof
from ....harness.sandbox.api import Sandbox
from ...protocol import Gate
from . import by_cases, by_constraints, by_operations, by_rules, by_tests, stated

GATE = "label_by_"


@dataclass(frozen=True, slots=True)
class Verifier:
    """How the proofs of one kind are verified: gates in the order of the tasks.

    machine: whether the label is shown by a machine, and not only said.
    """

    verify: Callable[[Sequence[PreferenceTask], Sandbox], list[Gate]]
    machine: bool = True


PROOFS: Mapping[str, Verifier] = {
    "tests": Verifier(by_tests.verify),
    "cases": Verifier(by_cases.verify),
    "constraints": Verifier(by_constraints.verify),
    "operations": Verifier(by_operations.verify),
    "rules": Verifier(by_rules.verify),
    "stated": Verifier(stated.verify, machine=False),
}
"""Every kind of proof."""

_FAULTS = "incorrectness: the program with more faults is the one asked for"
INVERTED: Mapping[str, str] = {
    "tests": _FAULTS,
    "cases": _FAULTS,
    "operations": "slowness: of programs that do the same, the one that does more work is asked for",
    "rules": "insecurity: the program with unsafe code is the one asked for",
    "constraints": "disregard of instructions: the response that follows fewer of them is the one asked for",
}
"""By kind of proof, the criterion that asks for the worse response."""


def kind_of(task: PreferenceTask) -> str:
    """The kind of a task's proof; ``stated`` for a task without one."""
    return "stated" if task.proof is None else task.proof.kind


def is_proven(task: PreferenceTask) -> bool:
    """Whether the task has a proof that a machine can run (whether it holds is for ``reverify`` to say)."""
    known = PROOFS.get(kind_of(task))
    return known is not None and known.machine


def is_inverted(task: PreferenceTask) -> bool:
    """Whether a task's proof says that the criterion asks for the worse response."""
    return task.proof is not None and task.proof.data.get("inverted") is True


def _asks_otherwise(task: PreferenceTask) -> Gate | None:
    """The gate of an inverted proof whose criterion does not ask for the worse response; None for all others."""
    if not is_inverted(task) or task.criterion == INVERTED.get(kind_of(task)):
        return None
    problem = "the proof is inverted, but the criterion does not ask for the worse response in the words known for it"
    return Gate(f"{GATE}{kind_of(task)[:40]}", False, {"problem": problem})


def upright(task: PreferenceTask) -> PreferenceTask:
    """A task as its verifier reads it: with an inverted proof, the ranking from its end."""
    if task.proof is None or not is_inverted(task):
        return task
    data = {key: value for key, value in task.proof.data.items() if key != "inverted"}
    return replace(task, ranking=task.ranking[::-1], votes={}, proof=Proof(task.proof.kind, data))


def reverify(task: PreferenceTask, sandbox: Sandbox) -> Gate:
    """Verify one task's label again. InfraError when the sandbox fails."""
    return reverify_all([task], sandbox)[0]


def reverify_all(
    tasks: Iterable[PreferenceTask], sandbox: Sandbox, progress: Callable[[str, int], None] | None = None
) -> list[Gate]:
    """Verify many labels again, those of a kind together; gates in the order of the tasks.

    InfraError when the sandbox fails: nothing is known then of any task.
    """
    given = list(tasks)
    told = [upright(task) for task in given]
    gates = {place: gate for place, task in enumerate(given) if (gate := _asks_otherwise(task)) is not None}
    places: dict[str, list[int]] = {}
    for place, task in enumerate(told):
        if place not in gates:
            places.setdefault(kind_of(task), []).append(place)
    for kind, chosen in places.items():
        known = PROOFS.get(kind)
        if known is None:
            unknown = Gate(
                f"{GATE}{kind[:40]}", False, {"problem": f"no verifier for this kind; known: {', '.join(PROOFS)}"}
            )
            found = [unknown] * len(chosen)
        else:
            found = known.verify([told[place] for place in chosen], sandbox)
        gates.update(zip(chosen, found, strict=True))
        if progress is not None:
            progress("labels", len(chosen))
    return [gates[place] for place in range(len(told))]


__all__ = [
    "GATE",
    "INVERTED",
    "PROOFS",
    "Verifier",
    "is_inverted",
    "is_proven",
    "kind_of",
    "reverify",
    "reverify_all",
    "upright",
]

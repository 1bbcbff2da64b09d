"""What every verifier does: read the proof's data, and see whether the label follows from what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.preference import PreferenceTask
from ...protocol import Gate

Found = Mapping[str, float]
"""By response id: a number that is higher for a better response."""


def gate(kind: str, problem: str | None, **evidence: Any) -> Gate:
    """The gate of a kind of proof; it holds without a problem."""
    told = evidence if problem is None else {"problem": problem, **evidence}
    return Gate(f"label_by_{kind}", problem is None, told)


def guarded(kind: str, work: Callable[[], Gate]) -> Gate:
    """A gate, or one that does not hold and says what is wrong with the proof's data."""
    try:
        return work()
    except BadInput as error:
        return gate(kind, str(error))


def order_problem(task: PreferenceTask, found: Found) -> str | None:
    """Why the ranking does not follow from the numbers, or None: equal within a tier, falling from tier to tier."""
    before: tuple[str, float] | None = None
    for tier in task.ranking:
        first = tier[0]
        for name in tier[1:]:
            if found[name] != found[first]:
                return (
                    f"{first} and {name} are ranked equal, but {first} has {found[first]:g} and {name} {found[name]:g}"
                )
        if before is not None and not before[1] > found[first]:
            return f"{before[0]} is ranked above {first}, but it has {before[1]:g} and {first} {found[first]:g}"
        before = (first, found[first])
    return None


def data_of(task: PreferenceTask) -> Mapping[str, Any]:
    """The proof's data; empty where there is none."""
    return {} if task.proof is None else task.proof.data


def by_response(task: PreferenceTask, name: str) -> Mapping[str, Any]:
    """A field of the proof that says something of every response; BadInput unless it does."""
    told = data_of(task).get(name)
    ids = {response.id for response in task.responses}
    if not isinstance(told, Mapping) or set(told) != ids:
        raise BadInput(f"proof: {name}: expected an object with the ids of the responses, and these only")
    return told

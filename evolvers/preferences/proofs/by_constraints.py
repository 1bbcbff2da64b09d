"""Proof by constraints: which checkable instructions each response follows (``benchmarks.preference.constraints``).

    {"kind": "constraints", "constraints": [{"kind": "max_words", "number": 9}], "holds": {"a": [true], "b": [false]}}

A response that follows more of them is better, and what follows as many is as good. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ....benchmarks import BadInput
from ....benchmarks.preference import PreferenceTask
from ....benchmarks.preference.constraints import Constraint
from ....harness.sandbox.api import Sandbox
from ...protocol import Gate
from .labels import by_response, data_of, gate, guarded, order_problem

KIND = "constraints"


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks with proofs of this kind, in order."""
    return [guarded(KIND, partial(_gate, task)) for task in tasks]


def constraints_of(task: PreferenceTask) -> list[Constraint]:
    """The constraints of a task's proof; BadInput where they are none."""
    told = data_of(task).get("constraints")
    if not isinstance(told, list) or not told:
        raise BadInput("proof: constraints: expected a list of constraints")
    return [Constraint.from_json(row) for row in told]


def _gate(task: PreferenceTask) -> Gate:
    constraints, says = constraints_of(task), by_response(task, "holds")
    found = {
        response.id: [constraint.holds(response.text) for constraint in constraints] for response in task.responses
    }
    problem = order_problem(task, {name: sum(held) for name, held in found.items()})
    wrong = next((name for name in found if says[name] != found[name]), None)
    if wrong is not None:
        problem = f"holds: of {wrong} it does not say what was found"
    return gate(KIND, problem, holds=found)

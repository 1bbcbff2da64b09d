"""No proof: a person judged, and says why. Only the structure of the task can be checked by a machine.

    {"kind": "stated", "why": "the second answer invents a source"}

``PreferenceTask`` itself sees to the structure (distinct responses that are not empty, a ranking of all of them). What
remains is that a reason is given, and that it is one line. Such tasks are counted apart from those that are proven.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import Sandbox
from ...protocol import Gate
from .labels import data_of, gate

KIND = "stated"


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks without a machine's proof, in order."""
    return [_gate(task) for task in tasks]


def _gate(task: PreferenceTask) -> Gate:
    if task.proof is None:
        return gate(KIND, None, machine=False, why="")
    why = data_of(task).get("why")
    if not isinstance(why, str) or not why.strip() or "\n" in why:
        return gate(KIND, "proof: why: expected one line that says why the label is right")
    return gate(KIND, None, machine=False, why=why)

"""No label: who is right depends on norms, and the task says so.

    {"kind": "open", "why": "who is right may depend on the norms of: a crew at sea"}

All responses stand in one tier, and the task has the tag ``open``. It is no tie: nobody says that the responses are
equally good. Reports keep such tasks out of every accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import Sandbox
from ...protocol import Gate
from .labels import data_of, gate

KIND = "open"
TAG = "open"


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks without a label, in order."""
    return [_gate(task) for task in tasks]


def _gate(task: PreferenceTask) -> Gate:
    why = data_of(task).get("why")
    if not isinstance(why, str) or not why.strip() or "\n" in why:
        return gate(KIND, "proof: why: expected one line that says why no response is called better")
    if len(task.ranking) != 1:
        return gate(KIND, "an open task calls a response better than another")
    if TAG not in task.tags:
        return gate(KIND, f"an open task has the tag {TAG!r}")
    return gate(KIND, None, machine=False, why=why)

"""What judges said: models of other families than the author's, each asked in both orders.

    {"kind": "judged", "agree": 3, "judges": 3, "families": 2, "independent": true}

No machine shows such a label. What can be checked here is that as many agree as must; the verdicts themselves, with the
digests of the judges' replies, stand in the task's certificate, from which ``evalrun verify`` counts them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import Sandbox
from ...protocol import Gate
from .labels import data_of, gate, guarded

KIND = "judged"


def needed(judges: int) -> int:
    """How many of so many judges must agree: two thirds, rounded up."""
    return max(1, -(-2 * judges // 3))


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks whose labels judges gave, in order."""
    return [guarded(KIND, partial(_gate, task)) for task in tasks]


def _gate(task: PreferenceTask) -> Gate:
    data = data_of(task)
    agree, judges, families = (_count(data.get(name), name) for name in ("agree", "judges", "families"))
    if not isinstance(data.get("independent"), bool):
        raise BadInput("proof: independent: expected true or false")
    evidence: dict[str, Any] = {"machine": False, "agree": agree, "judges": judges, "families": families}
    if not needed(judges) <= agree <= judges or not 1 <= families <= agree:
        return gate(KIND, f"{agree} of {judges} judges agree; {needed(judges)} must", **evidence)
    return gate(KIND, None, **evidence)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000:
        raise BadInput(f"proof: {name}: expected a whole number")
    return value

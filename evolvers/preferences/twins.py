"""What makes an evolved task a twin: the task of the source suite that it is read beside, and what became of the label.

The facts stand in the task's metadata under the names that scored pairs have for them::

    {"parent": "align/h-03", "operator": "pad_rejected+position_swap", "effect": "preserve"}

The parent is the nearest task above that this evolution did not make, because that is the one that models were asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...benchmarks.preference import PreferenceTask
from .protocol import PreferenceOperator
from .structure import effect_of

FIELDS = ("parent", "operator", "effect")


def twin_facts(
    operator: PreferenceOperator,
    task: PreferenceTask,
    parent: PreferenceTask,
    suite_name: str,
    known: Mapping[str, PreferenceTask],
) -> dict[str, Any]:
    """The metadata of a twin; {} where a task between it and its source is none.

    known: tasks by id, among them all between the parent and its source.
    """
    effect = effect_of(operator.kind, task, parent)
    if not _made_here(parent, suite_name):
        return {"parent": parent.id, "operator": operator.name, "effect": effect}
    above = known[parent.id].metadata
    if not all(isinstance(above.get(field), str) for field in FIELDS):
        return {}
    return {
        "parent": above["parent"],
        "operator": f"{above['operator']}+{operator.name}",
        "effect": _joined(above["effect"], effect),
    }


def _made_here(task: PreferenceTask, suite_name: str) -> bool:
    return task.lineage is not None and task.id.startswith(f"{suite_name}/")


def _joined(first: str, second: str) -> str:
    """What became of a label in two steps."""
    if second == "preserve":
        return first
    if first == "preserve" or second == "tie":
        return second
    return "preserve" if first == second == "invert" else "new"

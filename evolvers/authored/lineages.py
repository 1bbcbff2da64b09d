"""How lineages name operators through a model: ``model:combine`` is another operator than ``combine``."""

from __future__ import annotations

from collections.abc import Sequence

from ...benchmarks import CodeTask, Lineage
from ...harness.sandbox.api import Sandbox
from ..designed import operators as designed
from ..observe import Progress, observe
from ..protocol import Kind, Observation
from .protocol import ModelOperator
from .registry import model_operator_named

PREFIX = "model:"


def lineage_name(operator: ModelOperator) -> str:
    """The operator's name in lineages."""
    return f"{PREFIX}{operator.name}"


def is_authored(task: CodeTask) -> bool:
    """Whether a task says that a model wrote it."""
    return task.lineage is not None and task.lineage.operator.startswith(PREFIX)


def operator_of(name: str) -> ModelOperator:
    """The operator that a lineage names with the prefix. BadInput when there is none."""
    return model_operator_named(name.removeprefix(PREFIX))


def kind_of(lineage: Lineage) -> Kind:
    """The kind of the operator that a lineage names or holds. BadInput when there is none."""
    name = lineage.operator
    return operator_of(name).kind if name.startswith(PREFIX) else designed.operator_of(lineage).kind


def observe_apart(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress) -> dict[str, Observation]:
    """What was seen of each task, by digest. One that a model wrote shares no process with any other."""
    own = [task for task in tasks if not is_authored(task)]
    found = observe(own, sandbox, progress) if own else {}
    for task in tasks:
        if is_authored(task):
            found.update(observe([task], sandbox, progress))
    return found

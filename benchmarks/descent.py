"""How a task came about, step by step from its root: for ``evalrun suites lineage``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import BadInput
from .jsonio import canonical_json
from .loading import AnySuite
from .preference import PreferenceTask
from .preference.shown import content_text
from .task import CodeTask

AnyTask = CodeTask | PreferenceTask


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a lineage: the human-made root, or what an operator made of its parents.

    generation: steps from the root. prompt_diff: a unified difference of the first parent's prompt and this one (of a
    preference task: of conversation, responses and ranking).
    """

    task: AnyTask
    generation: int
    prompt_diff: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        lineage = self.task.lineage.to_json() if self.task.lineage else None
        return {
            "id": self.task.id,
            "digest": self.task.digest,
            "generation": self.generation,
            "lineage": lineage,
            "prompt_diff": self.prompt_diff,
        }

    def text(self) -> str:
        """For people: the tree's line, and the difference below it."""
        indent = "  " * self.generation
        lineage = self.task.lineage
        if lineage is None:
            return f"{indent}{self.task.id}  root, digest {self.task.digest[:12]}"
        others = f", with {', '.join(lineage.parents[1:])}" if len(lineage.parents) > 1 else ""
        head = f"{indent}{self.task.id}  {lineage.operator} {lineage.operator_version}, seed {lineage.seed}{others}"
        lines = [head, f"{indent}  parameters {canonical_json(dict(lineage.parameters))}"]
        return "\n".join([*lines, *(f"{indent}  {line}" for line in self.prompt_diff.splitlines())])


def descent(suite: AnySuite, task_id: str) -> list[Step]:
    """The task's ancestors and itself, parents before children, each once; BadInput if a parent is not in the suite."""
    known: dict[str, AnyTask] = {task.id: task for task in (*suite.tasks, *suite.ancestors)}
    order: dict[str, int] = {}

    def visit(name: str, path: Sequence[str]) -> int:
        if name in order:
            return order[name]
        task = known.get(name)
        if task is None:
            raise BadInput(f"suite {suite.ref}: {path[-1]} descends from {name}, which is not among its ancestors")
        if name in path:
            raise BadInput(f"suite {suite.ref}: {name} descends from itself")
        parents = task.lineage.parents if task.lineage else ()
        order[name] = 1 + max([visit(parent, [*path, name]) for parent in parents], default=-1)
        return order[name]

    visit(suite.task(task_id).id, [])
    return [Step(known[name], generation, _prompt_diff(known, known[name])) for name, generation in order.items()]


def _prompt_diff(known: dict[str, AnyTask], task: AnyTask) -> str:
    if task.lineage is None or not task.lineage.parents:
        return ""
    parent = known[task.lineage.parents[0]]
    return "\n".join(_unified(parent, task))


def _unified(parent: AnyTask, child: AnyTask) -> Iterator[str]:
    old, new = _text(parent).splitlines(), _text(child).splitlines()
    return difflib.unified_diff(old, new, parent.id, child.id, lineterm="", n=2)


def _text(task: AnyTask) -> str:
    return task.prompt if isinstance(task, CodeTask) else content_text(task)

"""How two suites differ: for ``evalrun suites diff``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import BadInput
from .loading import AnySuite
from .preference import PreferenceTask
from .task import CodeTask

AnyTask = CodeTask | PreferenceTask
PREFERENCE_FIELDS = ("messages", "responses", "ranking", "criterion", "votes", "proof", "category", "tags", "lineage")
FIELDS = ("prompt", "form", "entry_point", "reference", "tests", "time_limit_s", "tags", "lineage")


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of the tasks of ``old`` in ``new``, by task id; ``changed`` names the fields that differ."""

    old: AnySuite
    new: AnySuite
    added: tuple[AnyTask, ...]
    removed: tuple[AnyTask, ...]
    changed: tuple[tuple[AnyTask, tuple[str, ...]], ...]
    kept: int

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "old": {"ref": self.old.ref, "digest": self.old.digest, "tasks": len(self.old)},
            "new": {"ref": self.new.ref, "digest": self.new.digest, "tasks": len(self.new)},
            "added": [{"id": task.id, "root": task.root} for task in self.added],
            "removed": [{"id": task.id, "root": task.root} for task in self.removed],
            "changed": [{"id": task.id, "root": task.root, "fields": list(names)} for task, names in self.changed],
            "kept": self.kept,
        }

    def lines(self) -> list[str]:
        """For people: a summary, then the tasks by the root that they descend from."""
        told = [(task.root, f"+ {task.id}") for task in self.added]
        told += [(task.root, f"- {task.id}") for task in self.removed]
        told += [(task.root, f"~ {task.id} ({', '.join(names)})") for task, names in self.changed]
        numbers = f"{len(self.added)} added, {len(self.removed)} removed, {len(self.changed)} changed, {self.kept} kept"
        lines = [f"{self.old.ref} -> {self.new.ref}: {numbers}"]
        for root in sorted({root for root, _ in told}):
            lines.append(root)
            lines += [f"  {text}" for other, text in told if other == root]
        return lines


def difference(old: AnySuite, new: AnySuite) -> Difference:
    """Compare two suites task by task; BadInput where one holds code tasks and the other preferences."""
    if type(old) is not type(new):
        raise BadInput(f"{old.ref} and {new.ref}: one holds code tasks, the other preference tasks")
    before: dict[str, AnyTask] = {task.id: task for task in old}
    after: dict[str, AnyTask] = {task.id: task for task in new}
    pairs = [(before[name], task) for name, task in after.items() if name in before]
    changed = [(task, _fields(was, task)) for was, task in pairs]
    return Difference(
        old,
        new,
        added=tuple(task for name, task in after.items() if name not in before),
        removed=tuple(task for name, task in before.items() if name not in after),
        changed=tuple((task, names) for task, names in changed if names),
        kept=sum(not names for _, names in changed),
    )


def _fields(old: AnyTask, new: AnyTask) -> tuple[str, ...]:
    # Of values that NaN is equal to itself: JSON forms, not the objects.
    before, after = old.to_json(), new.to_json()
    names = FIELDS if isinstance(new, CodeTask) else PREFERENCE_FIELDS
    return tuple(name for name in names if before.get(name) != after.get(name))

"""How two suites differ: for ``evalrun suites diff``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .suite import Suite
from .task import CodeTask

FIELDS = ("prompt", "form", "entry_point", "reference", "tests", "time_limit_s", "tags", "lineage")


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of the tasks of ``old`` in ``new``, by task id; ``changed`` names the fields that differ."""

    old: Suite
    new: Suite
    added: tuple[CodeTask, ...]
    removed: tuple[CodeTask, ...]
    changed: tuple[tuple[CodeTask, tuple[str, ...]], ...]
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


def difference(old: Suite, new: Suite) -> Difference:
    """Compare two suites task by task."""
    before, after = ({task.id: task for task in suite} for suite in (old, new))
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


def _fields(old: CodeTask, new: CodeTask) -> tuple[str, ...]:
    # Of values that NaN is equal to itself: JSON forms, not the objects.
    before, after = old.to_json(), new.to_json()
    return tuple(name for name in FIELDS if before.get(name) != after.get(name))

"""The tasks' own texts, for the pages that may show them: found by (id, digest), and their parents by digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...benchmarks import CodeTask, Suite
from ..boards.tasks import Key


class Library:
    """The tasks of some suites and of those suites' ancestors."""

    def __init__(self, suites: Iterable[Suite]) -> None:
        self._tasks: dict[Key, CodeTask] = {}
        self._by_digest: dict[str, CodeTask] = {}
        self._certificates: dict[Key, Mapping[str, Any]] = {}
        for suite in suites:
            for task in (*suite.tasks, *suite.ancestors):
                self._tasks.setdefault((task.id, task.digest), task)
                self._by_digest.setdefault(task.digest, task)
                if task.id in suite.certificates:
                    self._certificates.setdefault((task.id, task.digest), suite.certificates[task.id])

    def task(self, key: Key) -> CodeTask | None:
        """The task, where its suite was given."""
        return self._tasks.get(key)

    def parents(self, task: CodeTask) -> list[tuple[Key, CodeTask | None]]:
        """The parents named by the task's lineage, each with its text where that is known."""
        if task.lineage is None:
            return []
        pairs = zip(task.lineage.parents, task.lineage.parent_digests, strict=False)
        return [
            ((name, digest), self._tasks.get((name, digest)) or self._by_digest.get(digest)) for name, digest in pairs
        ]

    def certificate(self, key: Key) -> Mapping[str, Any] | None:
        """The evidence that came with an evolved task."""
        return self._certificates.get(key)

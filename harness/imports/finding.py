"""Which task of a suite a foreign file means: by its id, however that tool spells it."""

from __future__ import annotations

import re
from typing import TypeVar

from ...benchmarks import CodeTask, Suite
from ..runs.foreign import task_index

Name = TypeVar("Name")
_NUMBERED = re.compile(r"([A-Za-z][A-Za-z0-9 ._\-]*?|)[/_\-: ]?([0-9]{1,9})")


class TaskFinder:
    """Finds a task by its own id or its source's, whatever the case and the separator; ``0`` for ``HumanEval/0``.

    A number alone, or with the name of its benchmark, is taken only where every task of the suite is numbered under one
    name: in any other suite it could mean several tasks.
    """

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._exact = task_index(suite)
        self._folded: dict[str, CodeTask | None] = {}
        self._numbered: dict[tuple[str, str], CodeTask | None] = {}
        for name, task in self._exact.items():
            _add(self._folded, _folded(name), task)
            number = _number_of(name)
            if number is not None:
                _add(self._numbered, number, task)
        self._counted = self._numbers_of_one_benchmark()

    def find(self, name: str) -> CodeTask | None:
        """The task with this id, or None where there is none, or more than one."""
        found = self._exact.get(name) or self._folded.get(_folded(name))
        if found is not None:
            return found
        number = _number_of(name)
        if number is None:
            return None
        if number[0]:
            return self._numbered.get(number)
        return self._counted.get(number[1])

    def at(self, position: int) -> CodeTask | None:
        """The task at a place in the suite."""
        return self._suite.tasks[position] if 0 <= position < len(self._suite) else None

    def _numbers_of_one_benchmark(self) -> dict[str, CodeTask]:
        by_task = {task.id for task in self._numbered.values() if task is not None}
        if len(by_task) != len(self._suite):
            return {}
        counted: dict[str, CodeTask | None] = {}
        for (_, number), task in self._numbered.items():
            if task is not None:
                _add(counted, number, task)
        unambiguous = {number: task for number, task in counted.items() if task is not None}
        return unambiguous if len(unambiguous) == len(self._suite) else {}


def _add(index: dict[Name, CodeTask | None], name: Name, task: CodeTask) -> None:
    """Put a task in under a name; None stands for a name of two."""
    if index.setdefault(name, task) is not task:
        index[name] = None


def _folded(name: str) -> str:
    return re.sub(r"[/_\-: ]", "/", name.casefold())


def _number_of(name: str) -> tuple[str, str] | None:
    """(name of the benchmark without case and signs, number without leading zeros)."""
    found = _NUMBERED.fullmatch(name.strip())
    if found is None:
        return None
    return re.sub(r"[^a-z0-9]", "", found[1].casefold()), str(int(found[2]))

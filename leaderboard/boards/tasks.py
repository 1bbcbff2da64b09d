"""Tasks as the boards see them: who was asked, who passed, and what is odd about a task."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..metrics.passk import TaskCounts
from .board import Board, Row

Key = tuple[str, str]
"""(task id, digest): a task that was changed is another task, whatever its id."""


@dataclass(frozen=True)
class Item:
    """One task, on every board that has it. operator: None for an original task. boards: in the site's order."""

    id: str
    digest: str
    root: str
    operator: str | None
    parents: tuple[str, ...]
    tags: tuple[str, ...]
    boards: tuple[Board, ...]

    @property
    def key(self) -> Key:
        """(id, digest)."""
        return self.id, self.digest

    @property
    def is_evolved(self) -> bool:
        """Whether it was made from another task."""
        return self.root != self.id

    def results(self) -> Iterator[tuple[Board, Row, TaskCounts]]:
        """Every run's counts on this task: board by board, best run first."""
        for board in self.boards:
            for row in board.rows:
                yield board, row, row.run.counts[self.id]

    @cached_property
    def judges(self) -> tuple[TaskCounts, ...]:
        """The counts by which the task is judged: of models' runs, since what a control solves says nothing of a task;
        where there are controls alone, of those.
        """
        every = tuple(self.results())
        return tuple(counts for _, row, counts in every if self.controls_alone or not row.is_control)

    @cached_property
    def controls_alone(self) -> bool:
        """Whether no model was asked it, only control baselines."""
        return all(row.is_control for _, row, _ in self.results())

    @cached_property
    def scored(self) -> int:
        """Runs (of ``judges``) that have a scored sample of this task."""
        return sum(counts.n > 0 for counts in self.judges)

    @cached_property
    def solvers(self) -> int:
        """Runs (of ``judges``) of which some sample passed."""
        return sum(counts.passed > 0 for counts in self.judges)

    @cached_property
    def solve_rate(self) -> float:
        """Mean over runs (of ``judges``) of the share of scored samples that passed; NaN where none is scored."""
        rates = [counts.rate for counts in self.judges if counts.n]
        return math.fsum(rates) / len(rates) if rates else math.nan

    @property
    def discrimination(self) -> float:
        """Item-rest correlation over the ranked runs of the first board that ranks any; NaN where it is undefined.

        Negative where better models pass less often: the task, or its tests, may be faulty.
        """
        found = next((board.health for board in self.boards if board.health is not None), None)
        return math.nan if found is None else found.items[self.id].discrimination

    @property
    def suspect(self) -> bool:
        """Whether better models pass it less often."""
        return self.discrimination < 0

    @property
    def flag(self) -> str:
        """What is odd about who passed: "never solved", "solved by one only", "always solved", or "".

        With a single run there is nothing to compare, so only "never solved" can be said; of controls alone nothing.
        """
        if not self.scored or self.controls_alone:
            return ""
        if not self.solvers:
            return "never solved"
        if self.scored > 1 and self.solvers == 1:
            return "solved by one only"
        return "always solved" if self.scored > 1 and self.solve_rate == 1.0 else ""


def items_of(boards: Sequence[Board]) -> list[Item]:
    """Every task of the boards once, in the order of the boards and of their first runs' tasks."""
    where: dict[Key, list[Board]] = {}
    for board in boards:
        tasks = board.rows[0].run.tasks
        for key in zip(tasks.index, tasks["digest"], strict=True):
            where.setdefault(key, []).append(board)
    facts = {board.key: _facts(board) for board in boards}
    return [Item(task, digest, *facts[found[0].key][task], tuple(found)) for (task, digest), found in where.items()]


def _facts(board: Board) -> dict[str, tuple[str, str | None, tuple[str, ...], tuple[str, ...]]]:
    tasks = board.rows[0].run.tasks
    columns = (tasks[name] for name in ("root", "operator", "parents", "tags"))
    return {
        task: (root, operator, parents, tags)
        for task, root, operator, parents, tags in zip(tasks.index, *columns, strict=True)
    }

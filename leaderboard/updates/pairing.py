"""The tasks of two runs as pairs of counts, and as they would be if the owed samples came out one way or the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..metrics.passk import TaskCounts
from ..records.table import RunTable
from .comparison import Comparison

Pair = tuple[TaskCounts, TaskCounts]
Cost = Callable[[TaskCounts, TaskCounts], tuple[float, ...]]
"""How bad a pair is for the new model: larger is worse."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """(old, new) counts of tasks that are identical in both runs, with the root of each."""

    counts: tuple[Pair, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """The identical tasks of two runs. scored: those with a scored sample on both sides. every: these and the others.

    owed: samples of them that are still to be scored, old and new together.
    """

    scored: Pairs
    every: Pairs
    owed: int

    def completed(self, cost: Cost, *, worst: bool) -> Pairs:
        """Every task with its owed samples come out as badly (or as well) for the new model as ``cost`` can tell."""
        choose = max if worst else min
        counts = [choose(_completions(*pair), key=lambda filled: cost(*filled)) for pair in self.every.counts]
        return Pairs(tuple(counts), self.every.roots)


def common_tasks(comparison: Comparison, old: RunTable, new: RunTable) -> Common:
    """The identical tasks of the two runs that were compared, in the old run's order."""
    differing = {*comparison.left_out.only_old, *comparison.left_out.changed}
    tasks = [task for task in old.counts if task not in differing]
    waiting = set(comparison.left_out.owed)
    every = _pairs(tasks, old, new)
    return Common(
        scored=_pairs([task for task in tasks if task not in waiting], old, new),
        every=every,
        owed=sum(owed_of(before) + owed_of(after) for before, after in every.counts),
    )


def _pairs(tasks: Sequence[str], old: RunTable, new: RunTable) -> Pairs:
    return Pairs(tuple((old.counts[task], new.counts[task]) for task in tasks), tuple(old.root[task] for task in tasks))


def owed_of(counts: TaskCounts) -> int:
    """Samples of a task that are to be scored yet; a task of recorded answers that has none owes one."""
    return counts.owed or int(counts.n == 0)


def _completions(old: TaskCounts, new: TaskCounts) -> list[Pair]:
    """The pair with all owed samples of each side passing or all failing: the extremes of what may come."""
    return [(before, after) for before in _ends(old) for after in _ends(new)]


def _ends(counts: TaskCounts) -> list[TaskCounts]:
    owed = owed_of(counts)
    if not owed:
        return [counts]
    return [
        TaskCounts(counts.task, counts.passed + owed, counts.failed),
        TaskCounts(counts.task, counts.passed, counts.failed + owed),
    ]

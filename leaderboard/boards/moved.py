"""Evolved tasks that moved most: how the models do on a task and on the root it was made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..records.table import RunTable
from .evolved import Evolution


@dataclass(frozen=True, slots=True)
class Moved:
    """One evolved task with its root. original, evolved: mean pass rates over the ``models`` with a scored sample of
    both. fell, rose: how many models' rates are lower, higher on the evolved task."""

    task: str
    digest: str
    root: str
    root_digest: str
    operator: str
    models: int
    original: float
    evolved: float
    fell: int
    rose: int

    @property
    def drop(self) -> float:
        """original - evolved."""
        return self.original - self.evolved


def moved_tasks(evolution: Evolution, runs: Sequence[RunTable]) -> list[Moved]:
    """Every evolved task of an evolution whose root was run, largest mean drop first.

    runs: all runs; of several of one label the newest on each side is taken.
    """
    newest: dict[tuple[str, str], RunTable] = {
        (run.board_key, run.label): run for run in sorted(runs, key=lambda run: (run.created, run.path.name))
    }
    labels = sorted({drop.label for drop in evolution.drops})
    pairs = [
        (newest[evolution.original_key, label], newest[evolution.evolved_key, label])
        for label in labels
        if (evolution.original_key, label) in newest and (evolution.evolved_key, label) in newest
    ]
    if not pairs:
        return []
    original, evolved = pairs[0]
    found = [
        _moved(str(task), str(root), str(operator or "unknown"), str(digest), original, pairs)
        for task, root, operator, digest in evolved.tasks[["root", "operator", "digest"]].itertuples(name=None)
        if root != task and root in original.counts
    ]
    return sorted((one for one in found if one.models), key=lambda one: (-one.drop, one.task))


def _moved(
    task: str, root: str, operator: str, digest: str, first: RunTable, pairs: Sequence[tuple[RunTable, RunTable]]
) -> Moved:
    rates = [
        (before.counts[root].rate, after.counts[task].rate)
        for before, after in pairs
        if before.counts[root].n and after.counts[task].n
    ]
    count = len(rates)
    return Moved(
        task=task,
        digest=digest,
        root=root,
        root_digest=str(first.tasks["digest"][root]),
        operator=operator,
        models=count,
        original=math.fsum(old for old, _ in rates) / count if count else math.nan,
        evolved=math.fsum(new for _, new in rates) / count if count else math.nan,
        fell=sum(new < old for old, new in rates),
        rose=sum(new > old for old, new in rates),
    )

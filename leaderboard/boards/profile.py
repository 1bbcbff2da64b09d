"""One run against the others of its board: by tag, operator and root, and the tasks on which it differs from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...benchmarks.formats.evoeval import PARENT
from .board import Board, Row

Kind = Literal["tag", "operator", "root"]
ORIGINAL = "original"
FEWEST = 3
"""Tasks with a tag: of fewer a mean says nothing, and a tag of one task only names it again."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some of a board's tasks. score: the run's mean pass rate on them; field: the mean of the other runs' means
    (controls are no field, unless there is nothing else).

    NaN where the run, or every other run, has no scored sample of them.
    """

    kind: Kind
    name: str
    tasks: int
    score: float
    field: float

    @property
    def lead(self) -> float:
        """score - field."""
        return self.score - self.field


@dataclass(frozen=True, slots=True)
class Surprise:
    """A task on which a run differs from most others. rate: its own pass rate; field: the other runs' mean rate."""

    task: str
    rate: float
    field: float


@dataclass(frozen=True)
class Profiles:
    """A board's pass rates as one table, asked about one run at a time.

    rates: runs x tasks, NaN where a run has no scored sample. groups: (kind, name) to the numbers of its tasks.
    """

    board: Board
    tasks: tuple[str, ...]
    rates: np.ndarray
    groups: dict[tuple[Kind, str], np.ndarray]

    def of(self, row: Row, kind: Kind) -> list[Group]:
        """The run on every group of a kind: largest groups first, for roots the largest shortfall first."""
        own = self._position(row)
        found = [self._group(own, kind, name, chosen) for (k, name), chosen in self.groups.items() if k == kind]
        if kind == "root":
            return sorted(found, key=lambda group: (math.isnan(group.lead), group.lead, group.name))
        return sorted(found, key=lambda group: (-group.tasks, group.name))

    def hardest_solved(self, row: Row, most: int) -> list[Surprise]:
        """Tasks that the run passes at least once and fewer than half of the others' samples do, hardest first."""
        found = [one for one in self._surprises(row) if one.rate > 0 and one.field < 0.5]
        return sorted(found, key=lambda one: (one.field, -one.rate, one.task))[:most]

    def unexpected_failures(self, row: Row, most: int) -> list[Surprise]:
        """Tasks that the run never passes and at least half of the others' samples do, easiest first."""
        found = [one for one in self._surprises(row) if one.rate == 0 and one.field >= 0.5]
        return sorted(found, key=lambda one: (-one.field, one.task))[:most]

    def _position(self, row: Row) -> int:
        return next(i for i, other in enumerate(self.board.rows) if other is row)

    def _field(self, own: int) -> list[int]:
        """The runs that a run is set against: the other models; the other controls where there is no other model."""
        others = [i for i in range(len(self.board.rows)) if i != own]
        return [i for i in others if not self.board.rows[i].is_control] or others

    def _group(self, own: int, kind: Kind, name: str, chosen: np.ndarray) -> Group:
        means = _mean_of_known(self.rates[:, chosen], axis=1)
        others = _mean_of_known(means[self._field(own)][None, :], axis=1)
        return Group(kind, name, len(chosen), float(means[own]), float(others[0]))

    def _surprises(self, row: Row) -> list[Surprise]:
        own = self._position(row)
        field = _mean_of_known(self.rates[self._field(own)], axis=0)
        return [
            Surprise(task, float(rate), float(other))
            for task, rate, other in zip(self.tasks, self.rates[own], field, strict=True)
            if not math.isnan(rate) and not math.isnan(other)
        ]


def profiles_of(board: Board) -> Profiles:
    """The board's pass rates, and its tasks by tag (of at least ``FEWEST`` tasks), operator (where any is evolved) and
    root (where some has two).
    """
    tasks = board.rows[0].run.tasks
    names = tuple(tasks.index)
    rates = np.array([[row.run.counts[task].rate for task in names] for row in board.rows], dtype=float)
    members: dict[tuple[Kind, str], list[int]] = {}
    for number, (root, operator, tags) in enumerate(zip(tasks["root"], tasks["operator"], tasks["tags"], strict=True)):
        for tag in dict.fromkeys(tag for tag in tags if not tag.startswith(PARENT)):
            members.setdefault(("tag", tag), []).append(number)
        members.setdefault(("operator", ORIGINAL if operator is None else operator), []).append(number)
        members.setdefault(("root", root), []).append(number)
    evolved = bool(tasks["operator"].notna().any())
    families = any(kind == "root" and len(chosen) > 1 for (kind, _), chosen in members.items())
    kept = {"tag": True, "operator": evolved, "root": families}
    groups = {
        key: np.array(chosen)
        for key, chosen in members.items()
        if kept[key[0]] and (key[0] != "tag" or len(chosen) >= FEWEST)
    }
    return Profiles(board, names, rates, groups)


def _mean_of_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean without NaN; NaN where nothing is known (numpy's nanmean warns then)."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    sums = np.where(known, values, 0.0).sum(axis=axis)
    means: np.ndarray = np.divide(sums, counts, out=np.full(counts.shape, math.nan), where=counts > 0)
    return means

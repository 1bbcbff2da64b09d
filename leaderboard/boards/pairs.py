"""Two runs of one board in few numbers: what "compare any two" computes in the page, and the table of neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..metrics.churn import ExpectedFlips, expected_flips
from ..metrics.flips import Flips, update_flips
from ..records.table import RunTable
from .board import Board


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs on the tasks of a board of which both have a scored sample.

    flips: the 2x2 table, None where a run has several samples of a task. independent: whether every task is its own
    root, so that McNemar's test applies to single samples. left_out: tasks without a scored sample on either side.
    """

    old: RunTable
    new: RunTable
    rates: ExpectedFlips
    flips: Flips | None
    independent: bool
    left_out: int

    @property
    def net(self) -> float:
        """new pass@1 - old pass@1 over these tasks."""
        return self.rates.new_rate - self.rates.old_rate

    @property
    def p(self) -> float | None:
        """Exact McNemar p; None where that test does not apply."""
        return self.flips.p_value if self.flips is not None and self.independent else None


def pair_of(old: RunTable, new: RunTable) -> Pair:
    """The numbers of two runs of one board (same tasks, same digests)."""
    tasks = [task for task in old.tasks.index if old.counts[task].n and new.counts[task].n]
    counts = [(old.counts[task], new.counts[task]) for task in tasks]
    single = all(a.n == 1 and b.n == 1 for a, b in counts)
    passes = [{task: run.counts[task].passed > 0 for task in tasks} for run in (old, new)]
    return Pair(
        old=old,
        new=new,
        rates=expected_flips(counts),
        flips=update_flips(*passes) if single else None,
        independent=len({old.root[task] for task in tasks}) == len(tasks),
        left_out=len(old.tasks) - len(tasks),
    )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A pair of ranked runs that follow each other. adjusted_p: of no change, Holm over all pairs of the board."""

    pair: Pair
    adjusted_p: float
    separable: bool


def neighbours(board: Board) -> Iterator[Neighbours]:
    """Every ranked run of a board against the next better one: the better run is the newer one of the pair."""
    if board.separation is not None:
        for place, (better, worse) in enumerate(pairwise(board.ranked)):
            p = float(board.separation.p[place, place + 1])
            yield Neighbours(pair_of(worse.run, better.run), p, board.separation.sign(place, place + 1) != 0)

"""Boards: the runs of one set of tasks, ranked. A run of other tasks is on another board, however alike the names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .comparison import Test, paired_p
from .metrics.intervals import SEED, Interval, score_interval
from .metrics.passk import PassAtK, suite_pass_at_k
from .metrics.significance import holm
from .table import RunTable

KS = (1, 2, 5, 10, 20, 50, 100)
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One run on a board.

    rank: competition rank among complete runs (1 + how many scored strictly higher), None for an incomplete one.
    passes: pass@k for the board's ks. leader_p: Holm-adjusted p of the paired test against the first-ranked run; None
    for the leader itself and for unranked runs.
    """

    run: RunTable
    score: PassAtK
    interval: Interval
    passes: tuple[PassAtK, ...]
    rank: int | None = None
    leader_p: float | None = None

    @property
    def separable(self) -> bool | None:
        """False where the run cannot be told from the leader at the 5 % level; None where nobody asks."""
        return None if self.leader_p is None else self.leader_p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Board:
    """Ranked rows first, then incomplete ones. ``ks`` are the k that some run has enough samples for."""

    key: str
    suite: str
    suite_digest: str
    tasks: int
    suite_tasks: int | None
    roots: int
    ks: tuple[int, ...]
    rows: tuple[Row, ...]
    test: Test | None

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The complete runs."""
        return tuple(row for row in self.rows if row.rank is not None)

    @property
    def newest(self) -> str:
        """The date of the newest run, as recorded."""
        return max(row.run.created for row in self.rows)


def build_boards(runs: Sequence[RunTable], *, seed: int = SEED) -> list[Board]:
    """One board per set of tasks, original suites before evolved ones, then by suite; every run is on exactly one."""
    groups: dict[str, list[RunTable]] = {}
    for run in runs:
        groups.setdefault(run.board_key, []).append(run)
    boards = [_board(key, group, seed) for key, group in groups.items()]
    return sorted(boards, key=lambda board: (_evolved_share(board), board.suite, board.key))


def _evolved_share(board: Board) -> bool:
    return bool(board.rows[0].run.tasks["operator"].notna().any())


def _board(key: str, runs: Sequence[RunTable], seed: int) -> Board:
    first = runs[0]
    ks = tuple(k for k in KS if any(suite_pass_at_k(run.counts.values(), k).complete for run in runs)) or (1,)
    rows = [_row(run, ks, seed) for run in runs]
    ranked = sorted((row for row in rows if _is_complete(row)), key=_best_first)
    rest = sorted((row for row in rows if not _is_complete(row)), key=_best_first)
    ranked = [replace(row, rank=1 + sum(_beats(other, row) for other in ranked)) for row in ranked]
    test, ranked = _against_leader(ranked, seed)
    suite = first.section("suite")
    total = suite.get("suite_tasks", suite.get("tasks"))
    return Board(
        key=key,
        suite=first.suite,
        suite_digest=str(first.section("suite").get("digest")),
        tasks=len(first.tasks),
        suite_tasks=total if type(total) is int else None,
        roots=len(set(first.root.values())),
        ks=ks,
        rows=(*ranked, *rest),
        test=test,
    )


def _row(run: RunTable, ks: Sequence[int], seed: int) -> Row:
    counts = [task for task in run.counts.values() if task.n]
    rates = [task.rate for task in counts]
    return Row(
        run=run,
        score=suite_pass_at_k(run.counts.values(), 1),
        interval=score_interval(rates, [run.root[task.task] for task in counts], seed=seed),
        passes=tuple(suite_pass_at_k(run.counts.values(), k) for k in ks),
    )


def _is_complete(row: Row) -> bool:
    return row.run.owed == 0 and row.score.complete


def _best_first(row: Row) -> tuple[float, str, str, str]:
    score = -1.0 if math.isnan(row.score.value) else row.score.value
    return (-score, row.run.label, row.run.created, row.run.path.name)


def _beats(one: Row, other: Row) -> bool:
    # Scores that differ by rounding only are the same score.
    return one.score.value > other.score.value + 1e-12


def _against_leader(ranked: Sequence[Row], seed: int) -> tuple[Test | None, list[Row]]:
    """The paired test of every ranked run against the first, Holm-adjusted over the board."""
    if len(ranked) < 2:
        return None, list(ranked)
    leader = ranked[0].run
    roots = [leader.root[task] for task in leader.tasks.index]
    tests = [
        paired_p([(leader.counts[task], row.run.counts[task]) for task in leader.tasks.index], roots, seed=seed)
        for row in ranked[1:]
    ]
    adjusted = holm([p for _, p in tests])
    rows = [replace(row, leader_p=p) for row, p in zip(ranked[1:], adjusted, strict=True)]
    # One row with several samples a task is enough to name the more general test for the board.
    names = {name for name, _ in tests}
    return ("exact McNemar" if names == {"exact McNemar"} else "sign-flip permutation over root tasks"), [
        ranked[0],
        *rows,
    ]

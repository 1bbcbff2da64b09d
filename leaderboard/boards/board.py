"""Boards: the runs of one set of tasks, ranked. A run of other tasks is on another board, however alike the names."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..metrics.cost import UNKNOWN, Cost, cost_of, pareto_front
from ..metrics.intervals import SEED, UNDEFINED, Interval, score_interval
from ..metrics.passk import PassAtK, suite_pass_at_k
from ..metrics.ranks import ROUNDING, SIGNIFICANT, Separation, Test, separate, top_shares
from ..metrics.resampling import bootstrap_means, root_sums, score_intervals
from ..records.table import RunTable
from .health import Health, health_of

CONTROL = "a control baseline: it gives the scale and takes no rank"
KS = (1, 2, 5, 10, 20, 50, 100)
TOP = 3


class Price(Protocol):
    """Money per million tokens, as ``harness.runs.prices.read_prices`` gives it."""

    @property
    def per_million_in(self) -> float: ...

    @property
    def per_million_out(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One run on a board.

    rank: competition rank among complete runs (1 + how many scored strictly higher), None for an incomplete one.
    passes: pass@k for the board's ks. leader_p: Holm-adjusted p (over all pairs of the board) of the paired test
    against the first-ranked run; None for the leader itself and for unranked runs. rank_low, rank_high: the ranks that
    the tests leave open. p_best, p_top: share of bootstrap draws in which it is first, or among the best ``TOP``; NaN
    where there is nothing to draw. pass_intervals: one a k, undefined where not every task has k samples. cost:
    unknown (NaN) without a price. on_front: whether no run is both cheaper and better; None where the cost is unknown.
    reasons: why it is not ranked, as finished sentences without untrusted text; empty for a ranked run.
    """

    run: RunTable
    score: PassAtK
    interval: Interval
    passes: tuple[PassAtK, ...]
    rank: int | None = None
    leader_p: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    p_best: float = math.nan
    p_top: float = math.nan
    pass_intervals: tuple[Interval, ...] = ()
    cost: Cost = UNKNOWN
    on_front: bool | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_control(self) -> bool:
        """Whether it is a baseline, which says nothing of how hard the tasks are for models."""
        return CONTROL in self.reasons

    @property
    def separable(self) -> bool | None:
        """False where the run cannot be told from the leader at the 5 % level; None where nobody asks."""
        return None if self.leader_p is None else self.leader_p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Board:
    """Ranked rows first, then incomplete ones. ``ks`` are the k that some run has enough samples for.

    test: of all pairs; None for fewer than two ranked runs. separation: the pairs, in the order of ``ranked``. health:
    what this set of tasks can tell about the ranked runs; None where none is ranked.
    """

    key: str
    suite: str
    suite_digest: str
    tasks: int
    suite_tasks: int | None
    roots: int
    ks: tuple[int, ...]
    rows: tuple[Row, ...]
    test: Test | None
    separation: Separation | None = None
    health: Health | None = None

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The complete runs."""
        return tuple(row for row in self.rows if row.rank is not None)

    @property
    def unranked(self) -> tuple[Row, ...]:
        """The incomplete runs; each says why."""
        return tuple(row for row in self.rows if row.rank is None)

    @property
    def neighbours(self) -> int:
        """Pairs of runs that follow one another in the ranking."""
        return max(0, len(self.ranked) - 1)

    @property
    def inseparable_neighbours(self) -> int:
        """Of ``neighbours``, those that cannot be told apart."""
        pairs = self.separation
        return 0 if pairs is None else sum(pairs.sign(i, i + 1) == 0 for i in range(self.neighbours))

    @property
    def tied_with_leader(self) -> int:
        """Ranked runs, other than the first row, that cannot be told from it."""
        return sum(row.separable is False for row in self.ranked)

    @property
    def newest(self) -> str:
        """The date of the newest run, as recorded."""
        return max(row.run.created for row in self.rows)


def build_boards(
    runs: Sequence[RunTable],
    *,
    prices: Mapping[str, Price] | None = None,
    controls: Collection[str] = (),
    seed: int = SEED,
) -> list[Board]:
    """One board per set of tasks, original suites before evolved ones, then by suite; every run is on exactly one.

    prices: by the label or the name of a model; without one its cost is unknown. controls: labels of baselines that are
    shown with their scores and take no rank from a model.
    """
    groups: dict[str, list[RunTable]] = {}
    for run in runs:
        groups.setdefault(run.board_key, []).append(run)
    boards = [_board(key, group, prices or {}, controls, seed) for key, group in groups.items()]
    return sorted(boards, key=lambda board: (_evolved_share(board), board.suite, board.key))


def _evolved_share(board: Board) -> bool:
    return bool(board.rows[0].run.tasks["operator"].notna().any())


def _board(
    key: str, runs: Sequence[RunTable], prices: Mapping[str, Price], controls: Collection[str], seed: int
) -> Board:
    first = runs[0]
    scores = {k: [suite_pass_at_k(run.counts.values(), k) for run in runs] for k in KS}
    ks = tuple(k for k in KS if any(one.complete for one in scores[k])) or (1,)
    rows = [
        Row(
            run=run,
            score=scores[1][index],
            interval=UNDEFINED,
            passes=tuple(scores[k][index] for k in ks),
            cost=_cost(run, prices),
            reasons=(*_reasons(run, scores[1][index]), *([CONTROL] if run.label in controls else [])),
        )
        for index, run in enumerate(runs)
    ]
    rows = sorted(_with_intervals(rows, ks, seed), key=_best_first)
    ranked = _with_front([row for row in rows if not row.reasons])
    separation, ranked = _ranked(ranked, seed)
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
        rows=(*ranked, *(row for row in rows if row.reasons)),
        test=None if separation is None else separation.test,
        separation=separation,
        health=_health(ranked, separation, seed),
    )


def _best_first(row: Row) -> tuple[float, str, str, str]:
    score = -1.0 if math.isnan(row.score.value) else row.score.value
    return (-score, row.run.label, row.run.created, row.run.path.name)


def _reasons(run: RunTable, score: PassAtK) -> tuple[str, ...]:
    """Why a run is not ranked: what is owed, and tasks that nothing was recorded for."""
    due = run.scored + run.owed
    kinds = (
        ("missing", "without an answer"),
        ("unscored", "answered but not scored"),
        ("infra", "lost to the machine, not to the answer"),
    )
    owed = [(int(run.tasks[column].sum()), words) for column, words in kinds]
    found = [f"{count:,} of {due:,} samples {words}: resume the run" for count, words in owed if count]
    if score.short and not run.owed:
        found.append(f"{score.short:,} of {len(run.tasks):,} tasks have no sample in what was recorded")
    return tuple(found) if found or score.complete else ("no sample is scored",)


def _with_intervals(rows: Sequence[Row], ks: Sequence[int], seed: int) -> list[Row]:
    """Each row with the intervals of its pass@k, those over all tasks resampled together."""
    first = rows[0].run
    tasks, roots = list(first.tasks.index), list(first.root.values())
    whole = [(index, k) for at, k in enumerate(ks) for index, row in enumerate(rows) if row.passes[at].complete]
    values = [[rows[index].run.counts[task].pass_at(k) for task in tasks] for index, k in whole]
    found = dict(zip(whole, score_intervals(values, roots, seed=seed) if whole else [], strict=True))
    return [
        replace(
            row,
            interval=found[index, 1] if (index, 1) in found else _of_what_is_scored(row.run, seed),
            pass_intervals=tuple(found.get((index, k), UNDEFINED) for k in ks),
        )
        for index, row in enumerate(rows)
    ]


def _of_what_is_scored(run: RunTable, seed: int) -> Interval:
    counts = [task for task in run.counts.values() if task.n]
    return score_interval([task.rate for task in counts], [run.root[task.task] for task in counts], seed=seed)


def _rates(rows: Sequence[Row]) -> tuple[np.ndarray, list[str]]:
    """Pass rates (runs x tasks) of complete runs, and the root of each task."""
    first = rows[0].run
    tasks = list(first.tasks.index)
    return np.array([[row.run.counts[task].rate for task in tasks] for row in rows]), [first.root[t] for t in tasks]


def _ranked(rows: Sequence[Row], seed: int) -> tuple[Separation | None, list[Row]]:
    """Ranks, rank ranges and chances of complete runs, given best first."""
    ranks = [1 + sum(_beats(other, row) for other in rows) for row in rows]
    if len(rows) < 2:
        return None, [replace(row, rank=1, rank_low=1, rank_high=1) for row in rows]
    rates, roots = _rates(rows)
    single = all(task.n == 1 for row in rows for task in row.run.counts.values())
    pairs = separate(rates, roots, single=single, seed=seed)
    table = root_sums(rates, roots)
    drawn = bootstrap_means(table, seed=seed) if table.roots > 1 else None
    unknown = [math.nan] * len(rows)
    best, top = (unknown, unknown) if drawn is None else top_shares(drawn, (1, TOP))
    return pairs, [
        replace(
            row,
            rank=ranks[index],
            rank_low=low,
            rank_high=high,
            leader_p=float(pairs.p[0, index]) if index else None,
            p_best=best[index],
            p_top=top[index],
        )
        for index, (row, (low, high)) in enumerate(zip(rows, pairs.rank_ranges(), strict=True))
    ]


def _beats(one: Row, other: Row) -> bool:
    # Scores that differ by rounding only are the same score.
    return one.score.value > other.score.value + ROUNDING


def _health(rows: Sequence[Row], pairs: Separation | None, seed: int) -> Health | None:
    if not rows:
        return None
    rates, roots = _rates(rows)
    single = all(task.n == 1 for row in rows for task in row.run.counts.values())
    return health_of(list(rows[0].run.tasks.index), rates, roots, pairs, single=single, seed=seed)


def _cost(run: RunTable, prices: Mapping[str, Price]) -> Cost:
    price = prices.get(run.label) or prices.get(str(run.section("model").get("name")))
    if price is None:
        return UNKNOWN
    spent = run.spent
    answers = run.scored + int(run.tasks[["infra", "unscored"]].to_numpy().sum())
    return cost_of(
        spent.input_tokens,
        spent.output_tokens,
        answers,
        per_million_in=price.per_million_in,
        per_million_out=price.per_million_out,
    )


def _with_front(rows: Sequence[Row]) -> list[Row]:
    """Ranked runs, each told whether it is on the Pareto front of money an answer and score."""
    front = set(pareto_front([(row.cost.per_answer, row.score.value) for row in rows]))
    return [
        row if math.isnan(row.cost.per_answer) else replace(row, on_front=index in front)
        for index, row in enumerate(rows)
    ]

"""One run by itself: its score, what was found, what it cost, where it is weak, and each failure with its evidence."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...harness.runs.ledger import Spent as Paid
from ...harness.runs.records import TaskRow, read_samples, read_spent, read_verdicts
from ..boards.board import KS
from ..metrics.intervals import SEED, Interval, score_interval
from ..metrics.passk import PassAtK, suite_pass_at_k
from ..records.reading import read_records
from ..records.table import Answer, RunTable, table_of
from ..updates.cases import failing_test
from ..updates.settings import settings

if TYPE_CHECKING:
    from ...harness.runs.budget import Prices

SLOWEST = 5
_CANDIDATES = 50  # a sample may be recorded more than once
ORIGINAL = "original tasks"


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that have something in common: their pass@1 over the tasks with a scored sample."""

    name: str
    tasks: int
    score: PassAtK
    interval: Interval


@dataclass(frozen=True, slots=True)
class Slow:
    """A sample by the time something of it took, in seconds."""

    task: str
    epoch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A task of which a scored sample failed. verdicts: those that are no pass, in the order of epochs. answer: the
    first failing one, None where no answer is recorded; test and detail are of it, and untrusted.
    """

    task: str
    passed: int
    scored: int
    verdicts: tuple[str, ...]
    test: str
    detail: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What was paid for: tokens as the server counted them, none for answers from the cache. uncounted: answers without
    a count. money: by the prices given, NaN without prices; an estimate where the server counted nothing at all.
    """

    input_tokens: int
    output_tokens: int
    uncounted: int
    cached: int
    money: float
    estimated: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All that `evalrun report` shows. passes: pass@k for each k that every task has samples for, at least k = 1.

    tags, operators, families: groups, worst first; families are the roots with several tasks. slow_tests: samples by
    the time their scoring took; slow_replies: by the time of the request (none from the cache).
    """

    run: RunTable
    score: PassAtK
    interval: Interval
    passes: tuple[PassAtK, ...]
    roots: int
    tags: tuple[Group, ...]
    operators: tuple[Group, ...]
    families: tuple[Group, ...]
    slow_replies: tuple[Slow, ...]
    slow_tests: tuple[Slow, ...]
    failures: tuple[Failure, ...]
    cost: Cost
    settings: Mapping[str, str]
    seed: int


def build_scorecard(folder: str | Path, prices: Prices | None = None, *, seed: int = SEED) -> Scorecard:
    """Read a run and sum it up; BadInput where it is no run, or one without tasks."""
    reading = read_records(folder, "failures")
    table = table_of(reading)
    cost, replies = _cost(reading.path, reading.tasks, prices)
    whole = _group("", list(table.counts), table, seed)
    ks = [suite_pass_at_k(table.counts.values(), k) for k in KS]
    return Scorecard(
        run=table,
        score=whole.score,
        interval=whole.interval,
        passes=(ks[0], *(one for one in ks[1:] if one.complete)),
        roots=len(set(table.root.values())),
        tags=_tags(reading.tasks, table, seed),
        operators=_operators(reading.tasks, table, seed),
        families=_families(table, seed),
        slow_replies=replies,
        slow_tests=_slowest(Slow(v.task, v.epoch, v.wall_s) for v in read_verdicts(reading.path, reading.tasks)),
        failures=_failures(table),
        cost=cost,
        settings=settings(table),
        seed=seed,
    )


def _group(name: str, tasks: list[str], table: RunTable, seed: int) -> Group:
    counts = [table.counts[task] for task in tasks]
    scored = [task for task in counts if task.n]
    rates, roots = [task.rate for task in scored], [table.root[task.task] for task in scored]
    return Group(name, len(tasks), suite_pass_at_k(counts, 1), score_interval(rates, roots, seed=seed))


def _groups(members: Iterable[tuple[str, str]], table: RunTable, seed: int) -> tuple[Group, ...]:
    """Groups of (name, task), the lowest score first, those without a score last."""
    found: dict[str, list[str]] = {}
    for name, task in members:
        found.setdefault(name, []).append(task)
    groups = [_group(name, tasks, table, seed) for name, tasks in found.items()]
    return tuple(sorted(groups, key=lambda g: (math.isnan(g.score.value), g.score.value, -g.tasks, g.name)))


def _tags(tasks: Mapping[str, TaskRow], table: RunTable, seed: int) -> tuple[Group, ...]:
    return _groups(((tag, task.id) for task in tasks.values() for tag in dict.fromkeys(task.tags)), table, seed)


def _operators(tasks: Mapping[str, TaskRow], table: RunTable, seed: int) -> tuple[Group, ...]:
    if all(task.operator is None for task in tasks.values()):
        return ()
    return _groups(((task.operator or ORIGINAL, task.id) for task in tasks.values()), table, seed)


def _families(table: RunTable, seed: int) -> tuple[Group, ...]:
    groups = _groups(((root, task) for task, root in table.root.items()), table, seed)
    return tuple(group for group in groups if group.tasks > 1)


def _slowest(timed: Iterable[Slow]) -> tuple[Slow, ...]:
    """The longest times, of a sample recorded twice the longer one."""
    known = (slow for slow in timed if 0 < slow.seconds < math.inf)
    found: dict[tuple[str, int], Slow] = {}
    for slow in heapq.nsmallest(_CANDIDATES, known, key=_longest_first):
        found.setdefault((slow.task, slow.epoch), slow)
    return tuple(found.values())[:SLOWEST]


def _longest_first(slow: Slow) -> tuple[float, str, int]:
    return (-slow.seconds, slow.task, slow.epoch)


def _failures(table: RunTable) -> tuple[Failure, ...]:
    """Tasks that failed, the lowest pass rate first, else in the run's order."""
    found = []
    for task, counts in table.counts.items():
        if not counts.failed:
            continue
        rows = [row for row in table.verdicts_by_task[task] if row[0] not in ("pass", "infra")]
        answer = next((a for a in table.answers.get(task, ()) if a.verdict != "infra"), None)
        found.append(
            Failure(
                task=task,
                passed=counts.passed,
                scored=counts.n,
                verdicts=tuple(verdict for verdict, _ in rows),
                test=failing_test(answer),
                detail=rows[0][1] if answer is None else answer.detail,
                answer=answer,
            )
        )
    return tuple(sorted(found, key=lambda failure: failure.passed / failure.scored))


def _cost(folder: Path, tasks: Mapping[str, TaskRow], prices: Prices | None) -> tuple[Cost, tuple[Slow, ...]]:
    """What was paid for, and the slowest replies: one walk over the samples, none of them kept."""
    paid, cached = Paid(), 0

    def timed() -> Iterator[Slow]:
        nonlocal cached
        for sample in read_samples(folder, tasks):
            paid.add(sample)
            cached += sample.cached
            if sample.latency_s is not None and not sample.cached:
                yield Slow(sample.task, sample.epoch, sample.latency_s)

    slowest = _slowest(timed())
    for row in read_spent(folder):
        paid.add_unanswered(row)
    counted = bool(paid.input_tokens or paid.output_tokens)
    cost = Cost(
        input_tokens=paid.input_tokens,
        output_tokens=paid.output_tokens,
        uncounted=paid.uncounted,
        cached=cached,
        money=math.nan if prices is None else prices.of(paid),
        estimated=not counted and paid.uncounted > 0,
    )
    return cost, slowest

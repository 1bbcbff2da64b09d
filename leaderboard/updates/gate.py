"""The gate: limits on what an update may break, decided from intervals, for a release and its CI.

A limit on a rate is kept when the rate's whole interval keeps it, broken when none of it does, and otherwise
inconclusive: too few tasks to say. A limit on a count is a statement about these very tasks and needs no interval.
Every limit is decided by itself and reported; the worst outcome is the gate's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...benchmarks.errors import EvalrunError, GateFailed, Inconclusive
from ..metrics.deciding import Outcome, decide, units_needed
from ..metrics.intervals import LEVEL, SEED, Interval
from ..records.table import RunTable
from .comparison import Comparison
from .measures import DROP, EXCESS_NFR, NFR, NFR_OF_CORRECT, PAIRWISE, Measure, Measured
from .pairing import Common, common_tasks

_WORST: tuple[Outcome, ...] = ("failed", "inconclusive", "ok")


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be exceeded (or fallen short of, for the ``min_`` ones); None: no limit. Shares are in [0, 1].

    max_nfr: negative flip rate. max_nfr_of_correct: broken tasks of those that worked. max_excess_nfr: NFR above the
    noise floor. max_drop: old - new pass@1; below 0 it demands a gain. max_broken: number of broken tasks.
    min_pairwise: share of tasks with the same outcome, 1 - NFR - PFR. min_compared: share of all tasks of both runs
    that could be compared.
    """

    max_nfr: float | None = None
    max_nfr_of_correct: float | None = None
    max_excess_nfr: float | None = None
    max_drop: float | None = None
    max_broken: int | None = None
    min_pairwise: float | None = None
    min_compared: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How limits are decided. level: of the intervals. point: by what was seen alone, without intervals. strict: what
    is inconclusive fails. allow_owed: on what is scored, whatever the owed samples may bring.
    """

    level: float = LEVEL
    point: bool = False
    strict: bool = False
    allow_owed: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One limit, decided. interval: None for a count. needed: how many tasks would decide, None where that is not the
    trouble or no number would. why: the reason where the outcome is inconclusive.
    """

    name: str
    option: str
    at_most: bool
    kind: str
    limit: float
    seen: float
    interval: Interval | None
    outcome: Outcome
    why: str = ""
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """All limits, decided by one rule. owed: samples of the common tasks that are still to be scored."""

    checks: tuple[Check, ...]
    rule: Rule
    tasks: int
    owed: int

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of any limit; with a strict rule what is inconclusive counts as failed."""
        found = next(worst for worst in _WORST if any(check.outcome == worst for check in self.checks))
        return "failed" if found == "inconclusive" and self.rule.strict else found

    @property
    def exit_code(self) -> int:
        """0 where every limit is kept, 3 where one is broken, 4 where none is but one is inconclusive."""
        ends: dict[Outcome, type[EvalrunError]] = {"failed": GateFailed, "inconclusive": Inconclusive}
        return ends[self.outcome].exit_code if self.outcome in ends else 0


def judge(
    old: RunTable, new: RunTable, comparison: Comparison, limits: Limits, rule: Rule, *, seed: int = SEED
) -> Gate | None:
    """Every limit that was set, decided on two runs and their comparison; None where none was set."""
    common = common_tasks(comparison, old, new)
    checks = (
        *(_check(measure, limit, common, rule, seed) for measure, limit in _rates(limits)),
        *_broken(limits.max_broken, comparison, common, rule),
        *_compared(limits.min_compared, comparison),
    )
    return Gate(checks, rule, comparison.tasks, common.owed) if checks else None


def _rates(limits: Limits) -> Iterator[tuple[Measure, float]]:
    for measure, limit in (
        (NFR, limits.max_nfr),
        (NFR_OF_CORRECT, limits.max_nfr_of_correct),
        (EXCESS_NFR, limits.max_excess_nfr),
        (DROP, limits.max_drop),
        (PAIRWISE, limits.min_pairwise),
    ):
        if limit is not None:
            yield measure, limit


def _check(measure: Measure, limit: float, common: Common, rule: Rule, seed: int) -> Check:
    found = measure.measure(common.scored, rule.level, seed)
    outcome = _outcome(found, limit, measure, rule)
    check = Check(
        name=measure.name,
        option=measure.option,
        at_most=measure.at_most,
        kind="points" if measure.signed else "share",
        limit=limit,
        seen=found.seen,
        interval=found.interval,
        outcome=outcome,
    )
    if outcome == "inconclusive":
        return _undecided(check, found, common, rule)
    if not common.owed or rule.allow_owed or _stands(measure, limit, common, rule, seed):
        return check
    return replace(check, outcome="inconclusive", why=_owed(common.owed))


def _outcome(found: Measured, limit: float, measure: Measure, rule: Rule) -> Outcome:
    low, high = (found.seen, found.seen) if rule.point else (found.interval.low, found.interval.high)
    return decide(low, high, limit, at_most=measure.at_most)


def _undecided(check: Check, found: Measured, common: Common, rule: Rule) -> Check:
    """Why the interval does not decide, and how many tasks would."""
    if math.isnan(found.seen):
        return replace(check, why=found.why or "it is undefined here")
    if math.isnan(found.interval.low):
        return replace(check, why="all tasks are of one root, which says nothing about others")
    units = units_needed(found.seen, check.limit, found.interval, level=rule.level)
    if units is None:
        return replace(check, why="what was seen is the limit itself, so that no number of tasks decides")
    tasks = len(common.scored.counts)
    return replace(check, why="too few tasks to say", needed=math.ceil(tasks * units / found.interval.units))


def _stands(measure: Measure, limit: float, common: Common, rule: Rule, seed: int) -> bool:
    """True where the outcome is the same whether the owed samples come out at their best or at their worst."""
    ends = {
        _outcome(measure.measure(common.completed(measure.cost, worst=worst), rule.level, seed), limit, measure, rule)
        for worst in (True, False)
    }
    return len(ends) == 1 and "inconclusive" not in ends


def _owed(owed: int) -> str:
    return f"{owed:,} owed sample{'s' * (owed != 1)} could change it: resume the run, or give --allow-owed"


def _broken(limit: int | None, comparison: Comparison, common: Common, rule: Rule) -> Iterator[Check]:
    """The limit on the number of broken tasks.

    With one sample a task they are counted. With several, a task that fell may have fallen by chance: then the number
    lies between the tasks that fell by more than chance and all that fell, and the limit is decided as on an interval.
    """
    if limit is None:
        return
    most = len(comparison.broken)
    least = len(surely_broken(comparison))
    low = most if rule.point else least
    outcome, why = decide(low, most, limit, at_most=True), ""
    if outcome == "inconclusive":
        why = f"{most} tasks lost pass rate, {least} of them by more than sampling explains"
    elif outcome == "ok" and common.owed and not rule.allow_owed and most + _could_break(common) > limit:
        # What failed stays failed: owed samples can only add broken tasks.
        outcome, why = "inconclusive", _owed(common.owed)
    yield Check("broken tasks", "--max-broken", True, "count", limit, most, None, outcome, why)


def surely_broken(comparison: Comparison) -> frozenset[str]:
    """Tasks that fell by more than sampling explains: those with a single sample that flipped, as that is what was
    seen, and of those with several the ones that Fisher's test finds changed among all tasks.
    """
    changed = {test.task: test.changed for test in comparison.task_tests}
    return frozenset(change.task for change in comparison.broken if changed.get(change.task, True))


def _could_break(common: Common) -> int:
    return sum(bool(old.owed or new.owed or not old.n or not new.n) for old, new in common.every.counts)


def _compared(limit: float | None, comparison: Comparison) -> Iterator[Check]:
    if limit is None:
        return
    seen = comparison.tasks / (comparison.tasks + comparison.left_out.total)
    outcome = decide(seen, seen, limit, at_most=False)
    yield Check("tasks compared", "--min-compared", False, "share", limit, seen, None, outcome)

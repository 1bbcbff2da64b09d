"""Two runs of one suite, task by task: what broke, what was mended, and whether the net change could be chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...benchmarks.errors import BadInput
from ..metrics.churn import CountPair, ExpectedFlips, KFlips, expected_flips, flips_at_k, negative
from ..metrics.flips import Flips, update_flips
from ..metrics.intervals import SEED, Interval, difference_interval, ratio_interval, score_interval, sign_flip_p
from ..metrics.passk import TaskCounts
from ..metrics.ranks import Test
from ..metrics.significance import benjamini_hochberg, fisher_exact, mcnemar_exact
from ..metrics.smooth import AnswerChanges, SmoothFlips
from ..records.table import RunTable
from .behaviour import behaviour_changes, samples_of, share_flips

KS = (2, 3, 5, 10)
"""The k of solve@k and hard flips; those that every compared task has samples for are computed."""
FALSE_ALARMS = 0.10
"""Of the tasks that are said to have changed, the share that may be false alarms."""


@dataclass(frozen=True, slots=True)
class TaskChange:
    """One task whose pass rate moved; verdicts and details are untrusted text, epoch by epoch."""

    task: str
    old: TaskCounts
    new: TaskCounts
    old_verdicts: tuple[str, ...]
    new_verdicts: tuple[str, ...]
    new_detail: str
    old_detail: str


@dataclass(frozen=True, slots=True)
class TaskTest:
    """Fisher's exact test of one task with several samples; adjusted: among all such tasks (Benjamini-Hochberg)."""

    task: str
    p: float
    adjusted: float

    @property
    def changed(self) -> bool:
        """True where the task is among those of which at most ``FALSE_ALARMS`` are false alarms on average."""
        return self.adjusted <= FALSE_ALARMS


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Tasks that could not be compared, by reason."""

    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    changed: tuple[str, ...]
    owed: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many in all."""
        return len(self.only_old) + len(self.only_new) + len(self.changed) + len(self.owed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An update measured; ``flips`` is the 2x2 table, None where a model has several samples of a task.

    rates: expected flip rates (equal to the observed ones for one sample a task). net: new minus old pass@1. p: of
    "no change", by ``test``. answers: how often an answer behaves otherwise than before. smooth: flips of the share of
    tests passed, None where the runs do not record tests. at_k: solve@k and hard flips, for each k that every task has
    samples for. task_tests: of each task with several samples on a side.
    """

    old: str
    new: str
    suite: str
    tasks: int
    roots: int
    flips: Flips | None
    rates: ExpectedFlips
    nfr_interval: Interval
    pfr_interval: Interval
    net_interval: Interval
    test: Test
    p: float
    broken: tuple[TaskChange, ...]
    fixed: tuple[TaskChange, ...]
    left_out: LeftOut
    partial: tuple[str, ...]
    seed: int
    nfi_interval: Interval
    btc_interval: Interval
    answers: AnswerChanges
    smooth: SmoothFlips | None
    at_k: tuple[KFlips, ...]
    task_tests: tuple[TaskTest, ...]

    @property
    def nfi(self) -> float:
        """Share of the new model's errors that are new; NaN where it makes none."""
        return self.rates.nfi if self.flips is None else self.flips.nfi

    @property
    def btc(self) -> float:
        """Share of what worked that still does; NaN where nothing worked."""
        return self.rates.btc if self.flips is None else self.flips.btc

    @property
    def bec(self) -> float:
        """Share of the new model's errors that the old one made too: 1 - nfi."""
        return self.rates.bec if self.flips is None else self.flips.bec

    @property
    def relative_nfr(self) -> float:
        """NFR as a multiple of what independent errors would give."""
        return self.rates.relative_nfr if self.flips is None else self.flips.relative_nfr

    @property
    def net(self) -> float:
        """new pass@1 - old pass@1, which is exactly pfr - nfr."""
        return self.rates.new_rate - self.rates.old_rate


def paired_p(
    pairs: Sequence[tuple[TaskCounts, TaskCounts]], roots: Sequence[str], *, seed: int = SEED
) -> tuple[Test, float]:
    """The test of "no change" that fits: McNemar for independent single samples, else a permutation of roots."""
    single = all(old.n == 1 and new.n == 1 for old, new in pairs)
    if single and len(set(roots)) == len(roots):
        broken = sum(old.passed > new.passed for old, new in pairs)
        fixed = sum(old.passed < new.passed for old, new in pairs)
        return "exact McNemar", mcnemar_exact(broken, fixed)
    differences = [new.rate - old.rate for old, new in pairs]
    return "sign-flip permutation over root tasks", sign_flip_p(differences, roots, seed=seed)


def compare_runs(old: RunTable, new: RunTable, *, seed: int = SEED) -> Comparison:
    """Compare on the tasks that are identical (same id, same digest) in both runs; BadInput where there is none.

    Broken and fixed tasks come largest change first, then in the old run's order."""
    left_out, shared = _shared_tasks(old, new)
    if not shared:
        raise BadInput(
            f"{old.path} and {new.path} have no task in common that both have scored "
            f"({len(left_out.changed)} changed between the suites, {len(left_out.owed)} owed); "
            "compare two runs of one suite, and resume what is owed "
            "(a suite and the one evolved from it: `evalrun leaderboard` sets them side by side)"
        )
    pairs = [(old.counts[task], new.counts[task]) for task in shared]
    roots = [old.root[task] for task in shared]
    rates = expected_flips(pairs)
    single = all(a.n == 1 and b.n == 1 for a, b in pairs)
    flips = update_flips(_passes(old, shared), _passes(new, shared)) if single else None
    test, p = paired_p(pairs, roots, seed=seed)
    before, after = samples_of(old), samples_of(new)
    changes = [_change(task, old, new) for task in shared]
    return Comparison(
        old=old.label,
        new=new.label,
        suite=new.suite,
        tasks=len(shared),
        roots=len(set(roots)),
        flips=flips,
        rates=rates,
        nfr_interval=score_interval([a.rate * (1 - b.rate) for a, b in pairs], roots, seed=seed),
        pfr_interval=score_interval([(1 - a.rate) * b.rate for a, b in pairs], roots, seed=seed),
        net_interval=difference_interval([b.rate - a.rate for a, b in pairs], roots, seed=seed),
        test=test,
        p=p,
        broken=tuple(sorted((c for c in changes if c.new.rate < c.old.rate), key=_size, reverse=True)),
        fixed=tuple(sorted((c for c in changes if c.new.rate > c.old.rate), key=_size, reverse=True)),
        left_out=left_out,
        partial=tuple(task for task, (a, b) in zip(shared, pairs, strict=True) if a.owed or b.owed),
        seed=seed,
        nfi_interval=ratio_interval(
            [negative(*pair) for pair in pairs], [1 - b.rate for _, b in pairs], roots, seed=seed
        ),
        btc_interval=ratio_interval([a.rate * b.rate for a, b in pairs], [a.rate for a, _ in pairs], roots, seed=seed),
        answers=behaviour_changes(before, after, shared),
        smooth=share_flips(before, after, shared),
        at_k=_at_k(pairs),
        task_tests=_task_tests(shared, pairs),
    )


def _at_k(pairs: Sequence[CountPair]) -> tuple[KFlips, ...]:
    samples = min(min(old.n, new.n) for old, new in pairs)
    return tuple(flips_at_k(pairs, k) for k in KS if k <= samples)


def _task_tests(tasks: Sequence[str], pairs: Sequence[CountPair]) -> tuple[TaskTest, ...]:
    """One sample on each side can show nothing about one task: p would be 1, and the others' adjustment dearer."""
    several = [(task, *pair) for task, pair in zip(tasks, pairs, strict=True) if max(pair[0].n, pair[1].n) > 1]
    found = [fisher_exact(old.passed, old.failed, new.passed, new.failed) for _, old, new in several]
    rows = zip(several, found, benjamini_hochberg(found), strict=True)
    return tuple(TaskTest(task, p, adjusted) for (task, _, _), p, adjusted in rows)


def _shared_tasks(old: RunTable, new: RunTable) -> tuple[LeftOut, list[str]]:
    """The tasks both runs have, with one digest and a verdict each, in the old run's order; and the rest."""
    old_digest: Mapping[str, str] = dict(zip(old.tasks.index, old.tasks["digest"], strict=True))
    new_digest: Mapping[str, str] = dict(zip(new.tasks.index, new.tasks["digest"], strict=True))
    same = [task for task, digest in old_digest.items() if new_digest.get(task) == digest]
    scored = [task for task in same if old.counts[task].n and new.counts[task].n]
    left_out = LeftOut(
        only_old=tuple(task for task in old_digest if task not in new_digest),
        only_new=tuple(task for task in new_digest if task not in old_digest),
        changed=tuple(task for task in old_digest if task in new_digest and new_digest[task] != old_digest[task]),
        owed=_missing_from(same, scored),
    )
    return left_out, scored


def _missing_from(whole: Iterable[str], part: Iterable[str]) -> tuple[str, ...]:
    kept = set(part)
    return tuple(item for item in whole if item not in kept)


def _passes(run: RunTable, tasks: Sequence[str]) -> dict[str, bool]:
    return {task: run.counts[task].passed > 0 for task in tasks}


def _change(task: str, old: RunTable, new: RunTable) -> TaskChange:
    old_rows, new_rows = old.verdicts_by_task.get(task, []), new.verdicts_by_task.get(task, [])
    return TaskChange(
        task=task,
        old=old.counts[task],
        new=new.counts[task],
        old_verdicts=tuple(verdict for verdict, _ in old_rows),
        new_verdicts=tuple(verdict for verdict, _ in new_rows),
        old_detail=next((detail for verdict, detail in old_rows if verdict != "pass"), ""),
        new_detail=next((detail for verdict, detail in new_rows if verdict != "pass"), ""),
    )


def _size(change: TaskChange) -> float:
    return abs(change.new.rate - change.old.rate)

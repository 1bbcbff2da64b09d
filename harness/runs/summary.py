"""What a run came to, for people."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from dataclasses import dataclass

from ...benchmarks import Owed
from ...benchmarks.visible import visible
from ..verdict import Verdict
from .ledger import Ledger
from .records import Run

Records = Run | Ledger

_ORDER = (Verdict.PASS, Verdict.WRONG, Verdict.ERROR, Verdict.TIMEOUT, Verdict.OOM, Verdict.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a run. ``pass_at_1``: mean over the scored tasks of each one's share of passes, or None."""

    verdicts: dict[Verdict, int]
    unanswered: int
    unscored: int
    scored_tasks: int
    tasks: int
    pass_at_1: float | None

    @property
    def owed(self) -> int:
        """Samples without a verdict that counts."""
        return self.unanswered + self.unscored


def summarise(run: Records) -> Summary:
    """Count a run's verdicts; what is owed is in no count but its own."""
    counts: Counter[Verdict] = Counter()
    passed: defaultdict[str, int] = defaultdict(int)
    scored: defaultdict[str, int] = defaultdict(int)
    unanswered = unscored = 0
    for key in run.planned:
        verdict = run.verdict_of(key)
        if verdict is None or verdict is Verdict.INFRA:
            unanswered += not run.is_answered(key)
            unscored += run.is_answered(key)
            continue
        counts[verdict] += 1
        scored[key[0]] += 1
        passed[key[0]] += verdict is Verdict.PASS
    shares = [passed[task] / scored[task] for task in scored]
    return Summary(
        verdicts={verdict: counts[verdict] for verdict in _ORDER},
        unanswered=unanswered,
        unscored=unscored,
        scored_tasks=len(scored),
        tasks=len(run.tasks),
        pass_at_1=sum(shares) / len(shares) if shares else None,
    )


def summary_lines(run: Records) -> list[str]:
    """The table that ends `run` and `score`."""
    found = summarise(run)
    suite, model = run.manifest["suite"], run.manifest["model"]
    lines = [
        f"model  {visible(str(model['label']))}",
        f"suite  {suite['name']}@{suite['version']}#{suite['digest'][:12]}",
        f"tasks  {len(run.tasks)} of {suite['suite_tasks']}",
        "",
        *(f"{verdict.value:<10} {count:>7}" for verdict, count in found.verdicts.items()),
        f"{'owed':<10} {found.owed:>7}" + _owed_detail(found),
        "",
    ]
    if found.pass_at_1 is None:
        lines.append("pass@1 unknown: nothing is scored yet")
    else:
        lines.append(
            f"pass@1 {found.pass_at_1:.4f} over the {found.scored_tasks} of {found.tasks} tasks that are scored"
        )
    lines.append(f"records in {run.folder}")
    if not found.owed:
        folder = shlex.quote(str(run.folder))
        lines.append(f"next: evalrun leaderboard {folder} -o site, or evalrun compare OLD_RUN {folder}")
    return lines


def check_nothing_owed(run: Records, how: str, *, scored: bool = True) -> None:
    """Raise Owed, which ends the command with exit code 5, where samples are owed.

    how: what to do then. scored: whether samples without a verdict are owed as well.
    """
    planned = owed = 0
    for key in run.planned:
        planned += 1
        owed += not (run.is_scored(key) if scored else run.is_answered(key))
    if owed:
        raise Owed(f"{run.folder}: {owed} of {planned} samples are owed, neither right nor wrong; {how}")


def _owed_detail(found: Summary) -> str:
    if not found.owed:
        return ""
    return f"  ({found.unanswered} not answered, {found.unscored} not scored; counted neither as right nor as wrong)"

"""An update with all that its reports show: the comparison, the evidence task by task, the gate, differing settings."""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics.intervals import SEED
from ..records.table import RunTable
from .cases import Case, cases
from .comparison import Comparison, compare_runs
from .gate import Gate, Limits, Rule, judge, surely_broken
from .pairing import common_tasks
from .settings import differences


@dataclass(frozen=True, slots=True)
class Update:
    """What every report of an update is made of. tasks: those compared, in the old run's order. gate: None where no
    limit was set. differing: (setting, old, new) in which the runs were not made alike.
    """

    comparison: Comparison
    tasks: tuple[str, ...]
    broken: tuple[Case, ...]
    fixed: tuple[Case, ...]
    gate: Gate | None
    differing: tuple[tuple[str, str, str], ...]


def build_update(
    old: RunTable, new: RunTable, limits: Limits | None = None, rule: Rule | None = None, *, seed: int = SEED
) -> Update:
    """Compare two runs and decide the limits; both tables are to hold all answers. BadInput as for ``compare_runs``."""
    comparison = compare_runs(old, new, seed=seed)
    counts = common_tasks(comparison, old, new).scored.counts
    return Update(
        comparison=comparison,
        tasks=tuple(before.task for before, _ in counts),
        broken=cases(comparison.broken, old, new, surely_broken(comparison)),
        fixed=cases(comparison.fixed, old, new),
        gate=judge(old, new, comparison, limits or Limits(), rule or Rule(), seed=seed),
        differing=tuple(differences(old, new)),
    )

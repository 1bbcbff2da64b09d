"""pass@k against k: how the chance that one of k samples passes grows with k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .metrics.intervals import SEED, Interval, score_interval
from .metrics.passk import suite_pass_at_k
from .table import RunTable


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's pass@k at each k for which every task has enough samples. intervals: as many, or none where not asked."""

    label: str
    ks: tuple[int, ...]
    values: tuple[float, ...]
    intervals: tuple[Interval, ...] = ()


def pass_at_k_curve(run: RunTable, ks: Sequence[int], *, intervals: bool = False, seed: int = SEED) -> Curve:
    """The curve of a run; intervals by clustered bootstrap over root tasks of the per-task estimates (``passk``)."""
    counts = list(run.counts.values())
    means = [mean for mean in (suite_pass_at_k(counts, k) for k in sorted(ks)) if mean.complete]
    found: list[Interval] = []
    if intervals:
        roots = [run.root[task.task] for task in counts]
        for mean in means:
            rates = [task.pass_at(mean.k) for task in counts]
            found.append(score_interval(rates, roots, seed=seed))
    return Curve(run.label, tuple(mean.k for mean in means), tuple(mean.value for mean in means), tuple(found))

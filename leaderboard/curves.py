"""pass@k against k: how the chance that one of k samples passes grows with k."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .metrics.intervals import SEED, Interval, score_interval
from .metrics.passk import pass_at_k, suite_pass_at_k
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
            rates = [pass_at_k(task.n, task.passed, mean.k) for task in counts]
            found.append(score_interval(rates, roots, seed=seed))
    return Curve(run.label, tuple(mean.k for mean in means), tuple(mean.value for mean in means), tuple(found))


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the (cost, score) points that no other beats: none has a lower cost and as high a score, or as low a
    cost and a higher score. By rising cost; points with an undefined or negative number are on no front; of equal
    points all are on it."""
    known = [i for i, (cost, score) in enumerate(points) if cost >= 0 and not math.isnan(score)]
    front: list[int] = []
    best, price = -math.inf, math.nan
    for i in sorted(known, key=lambda i: (points[i][0], -points[i][1])):
        cost, score = points[i]
        if score > best or (score == best and cost == price):
            front.append(i)
            best, price = score, cost
    return front

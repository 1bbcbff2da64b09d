"""Flips of models that are sampled several times a task: expected flips, the noise floor, and what is beyond it.

A model that is sampled flips against itself. With p and q the chances that the old and the new model pass a task,

    p (1 - q)  =  1/2 [p (1 - p) + q (1 - q)]  +  1/2 [(p - q) + (p - q)^2]
    flips         noise floor                     excess

and NFR + PFR = 2 floor + (p - q)^2. Every estimate here is unbiased for its term, given that all samples are drawn
independently, and the estimates satisfy the same equations, task by task.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .passk import TaskCounts, pass_at_k

CountPair = tuple[TaskCounts, TaskCounts]
"""The old and the new model's counts of one task."""


@dataclass(frozen=True, slots=True)
class ExpectedFlips:
    """Flip rates of models sampled several times a task: the chance that one fresh sample of each model would flip.

    nfr, pfr: mean over tasks of p(1-q) and (1-p)q; pfr - nfr is exactly the change of pass@1. The other terms need two
    samples on both sides; they are means over the ``floor_tasks`` that have them, NaN where none has. noise_floor:
    [p(1-p) + q(1-q)] / 2, the negative flips that sampling alone would show if each model were compared with itself.
    excess_nfr: flips beyond that, on the same tasks. systematic: (p-q)^2, the churn of both directions that is not
    sampling; an estimate can lie below 0.
    """

    n: int
    old_rate: float
    new_rate: float
    nfr: float
    pfr: float
    noise_floor: float
    excess_nfr: float
    systematic: float
    floor_tasks: int

    @property
    def nfi(self) -> float:
        """Negative flip impact, NFR / new error rate: the share of the new model's errors that are new."""
        return _ratio(self.nfr, 1 - self.new_rate)

    @property
    def btc(self) -> float:
        """Backward trust compatibility, 1 - NFR / old accuracy: the share of what worked that still does."""
        return 1 - _ratio(self.nfr, self.old_rate)

    @property
    def bec(self) -> float:
        """Backward error compatibility, 1 - NFI: the share of the new model's errors that the old one made too."""
        return 1 - self.nfi

    @property
    def relative_nfr(self) -> float:
        """NFR / (old accuracy * new error rate): 1 is what independent errors would give."""
        return _ratio(self.nfr, self.old_rate * (1 - self.new_rate))


def expected_flips(pairs: Iterable[CountPair]) -> ExpectedFlips:
    """Unbiased flip rates of (old, new) counts of the same tasks: c/n * (m-d)/m for c of n and d of m passes, averaged.

    With one sample each these are exactly the rates of ``Flips``. Samples of both models must be independent of each
    other. Raises ValueError for a task without a scored sample.
    """
    listed = list(pairs)
    if any(old.n == 0 or new.n == 0 for old, new in listed):
        raise ValueError("a task without a scored sample has no flip rate; leave it out and say so")
    several = [(old, new) for old, new in listed if old.n > 1 and new.n > 1]
    floors = [noise(old, new) for old, new in several]
    return ExpectedFlips(
        n=len(listed),
        old_rate=_mean([old.rate for old, _ in listed]),
        new_rate=_mean([new.rate for _, new in listed]),
        nfr=_mean([negative(old, new) for old, new in listed]),
        pfr=_mean([negative(new, old) for old, new in listed]),
        noise_floor=_mean(floors),
        excess_nfr=_mean([negative(*pair) - floor for pair, floor in zip(several, floors, strict=True)]),
        systematic=_mean([systematic(old, new) for old, new in several]),
        floor_tasks=len(several),
    )


def negative(old: TaskCounts, new: TaskCounts) -> float:
    """Unbiased p(1 - q) of one task: c/n * (m-d)/m. With the two swapped, q(1 - p): the positive flips."""
    return old.rate * (new.failed / new.n)


def variance(task: TaskCounts) -> float:
    """Unbiased p(1 - p) of one task, c(n-c) / (n(n-1)), for two samples or more.

    The plug-in c/n (1 - c/n) would be too small by (n-1)/n: it compares samples with themselves.
    """
    return task.passed * task.failed / (task.n * (task.n - 1))


def noise(old: TaskCounts, new: TaskCounts) -> float:
    """Unbiased [p(1-p) + q(1-q)] / 2 of one task, the noise floor, for two samples or more on both sides."""
    return (variance(old) + variance(new)) / 2


def systematic(old: TaskCounts, new: TaskCounts) -> float:
    """Unbiased (p - q)^2 of one task, for two samples or more on both sides; may lie below 0."""
    return (old.rate - new.rate) ** 2 - variance(old) / old.n - variance(new) / new.n


@dataclass(frozen=True, slots=True)
class KFlips:
    """Flips of k samples against k, over the ``tasks`` with k samples on both sides; ``short`` have fewer.

    nfr, pfr: some of k old samples passed and none of k new ones would, and the converse (solve@k flips). hard_nfr,
    hard_pfr: all of k passed and none would, and the converse: from reliable to reliably broken.
    """

    k: int
    nfr: float
    pfr: float
    hard_nfr: float
    hard_pfr: float
    tasks: int
    short: int

    @property
    def hard_noise_bound(self) -> float:
        """What sampling alone can add to hard_nfr at most: p^k (1-p)^k <= 4^-k, reached at p = 1/2."""
        return float(4**-self.k)


def flips_at_k(pairs: Iterable[CountPair], k: int) -> KFlips:
    """Solve@k and hard flips, each the product of two unbiased estimates from independent samples, hence unbiased.

    pass@k of one side times the chance that k of the other all fail, C(m-d, k) / C(m, k); hard: C(c, k) / C(n, k) times
    the same. NaN where no task has k samples on both sides.
    """
    listed = list(pairs)
    long = [(old, new) for old, new in listed if old.n >= k and new.n >= k]
    return KFlips(
        k=k,
        nfr=_mean([pass_at_k(old.n, old.passed, k) * _none_of(new, k) for old, new in long]),
        pfr=_mean([_none_of(old, k) * pass_at_k(new.n, new.passed, k) for old, new in long]),
        hard_nfr=_mean([_all_of(old, k) * _none_of(new, k) for old, new in long]),
        hard_pfr=_mean([_none_of(old, k) * _all_of(new, k) for old, new in long]),
        tasks=len(long),
        short=len(listed) - len(long),
    )


def _none_of(task: TaskCounts, k: int) -> float:
    """The chance that k samples drawn from those at hand all fail."""
    return math.comb(task.failed, k) / math.comb(task.n, k)


def _all_of(task: TaskCounts, k: int) -> float:
    return math.comb(task.passed, k) / math.comb(task.n, k)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

"""Flips: what an update breaks and mends, task by task, and whether the net change could be chance.

Two questions that must not be mixed have two functions: ``update_flips`` (same task, another model) and
``evolution_flips`` (same model, root task against the task evolved from it). Sources: Yan et al. 2021,
"Positive-Congruent Training" (CVPR), for NFR and relative NFR; McNemar 1947 for the test on discordant pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .passk import TaskCounts


@dataclass(frozen=True, slots=True)
class Flips:
    """The 2x2 table of paired outcomes, with the ids in its two discordant cells.

    both: right before and after. broken: right before, wrong after (negative flips). fixed: the converse. neither:
    wrong twice.
    """

    both: int
    broken: tuple[str, ...]
    fixed: tuple[str, ...]
    neither: int

    @property
    def n(self) -> int:
        """Pairs compared."""
        return self.both + len(self.broken) + len(self.fixed) + self.neither

    @property
    def negative(self) -> int:
        """Number of negative flips."""
        return len(self.broken)

    @property
    def positive(self) -> int:
        """Number of positive flips."""
        return len(self.fixed)

    @property
    def old_correct(self) -> int:
        """Pairs right before."""
        return self.both + self.negative

    @property
    def new_correct(self) -> int:
        """Pairs right after."""
        return self.both + self.positive

    @property
    def old_accuracy(self) -> float:
        """Share right before; NaN for no pairs."""
        return _share(self.old_correct, self.n)

    @property
    def new_accuracy(self) -> float:
        """Share right after; NaN for no pairs."""
        return _share(self.new_correct, self.n)

    @property
    def nfr(self) -> float:
        """Negative flip rate: broken / all (Yan et al. 2021). new_accuracy - old_accuracy = pfr - nfr."""
        return _share(self.negative, self.n)

    @property
    def pfr(self) -> float:
        """Positive flip rate: fixed / all."""
        return _share(self.positive, self.n)

    @property
    def nfr_of_old_correct(self) -> float:
        """Broken / right before: of what worked, the share that no longer does; NaN where nothing worked."""
        return _share(self.negative, self.old_correct)

    @property
    def relative_nfr(self) -> float:
        """NFR / (old_accuracy * (1 - new_accuracy)) (Yan et al. 2021, eq. 11); NaN where nothing could flip.

        1 is what two models with independent errors would have; an update of the same model should lie far below.
        """
        could_flip = self.old_correct * (self.n - self.new_correct)
        return self.negative * self.n / could_flip if could_flip else math.nan

    @property
    def p_value(self) -> float:
        """Exact two-sided McNemar p of "accuracy unchanged"."""
        return mcnemar_exact(self.negative, self.positive)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def flips_from_booleans(old: Sequence[bool], new: Sequence[bool], ids: Sequence[str] | None = None) -> Flips:
    """Flips of two columns of a plain table; row i of both is one task, called ``ids[i]`` (by default i)."""
    names = [str(index) for index in range(len(old))] if ids is None else list(ids)
    if not len(old) == len(new) == len(names):
        raise ValueError(f"columns of different lengths: {len(old)} old, {len(new)} new, {len(names)} ids")
    pairs = [(name, bool(before), bool(after)) for name, before, after in zip(names, old, new, strict=True)]
    return Flips(
        both=sum(before and after for _, before, after in pairs),
        broken=tuple(name for name, before, after in pairs if before and not after),
        fixed=tuple(name for name, before, after in pairs if after and not before),
        neither=sum(not before and not after for _, before, after in pairs),
    )


def update_flips(old: Mapping[str, bool], new: Mapping[str, bool]) -> Flips:
    """Flips of a model update, over the tasks both models have; the caller says which were left out."""
    shared = [task for task in old if task in new]
    return flips_from_booleans([old[task] for task in shared], [new[task] for task in shared], shared)


def evolution_flips(original: Mapping[str, bool], evolved: Mapping[str, bool], root_of: Mapping[str, str]) -> Flips:
    """Flips of one model between root tasks (old) and the tasks evolved from them (new), named by the evolved task.

    A root with several evolved tasks is compared with each. Under an operator that keeps meaning and difficulty a
    negative flip is a sign of memory or brittleness; under one that makes tasks harder, some are expected.
    """
    pairs = [task for task in evolved if root_of.get(task) in original]
    return flips_from_booleans([original[root_of[task]] for task in pairs], [evolved[task] for task in pairs], pairs)


def mcnemar_exact(broken: int, fixed: int) -> float:
    """Two-sided exact McNemar p: min(1, 2 P[Bin(b + c, 1/2) <= min(b, c)]); 1 where nothing flipped.

    The null hypothesis is that a flip is as likely to go either way, pairs being independent of each other.
    """
    if broken < 0 or fixed < 0:
        raise ValueError(f"negative counts of flips: {broken}, {fixed}")
    flips = broken + fixed
    # Whole numbers throughout: the one division at the end is correctly rounded, whatever the size.
    term, tail = 1, 1
    for i in range(1, min(broken, fixed) + 1):
        term = term * (flips - i + 1) // i
        tail += term
    return min(1.0, float(2 * tail / 2**flips))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment of several p-values, in the given order (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


@dataclass(frozen=True, slots=True)
class ExpectedFlips:
    """Flip rates of models sampled several times a task: the chance that one fresh sample of each model would flip.

    nfr, pfr: mean over tasks of p(1-q) and (1-p)q, where p and q are the two models' chances to pass; pfr - nfr is
    exactly the change of pass@1. noise_floor: mean of [p(1-p) + q(1-q)] / 2, the negative flips that sampling alone
    would show between two runs of one model; NaN unless both have two samples of some task. ``floor_tasks`` says over
    how many tasks it is taken.
    """

    n: int
    old_rate: float
    new_rate: float
    nfr: float
    pfr: float
    noise_floor: float
    floor_tasks: int

    @property
    def excess_nfr(self) -> float:
        """nfr - noise_floor: what is left once sampling noise is taken off; NaN where the floor is unknown."""
        return self.nfr - self.noise_floor if self.floor_tasks == self.n else math.nan


def expected_flips(pairs: Iterable[tuple[TaskCounts, TaskCounts]]) -> ExpectedFlips:
    """Unbiased flip rates of (old, new) counts of the same tasks: c/n * (m-d)/m for c of n and d of m passes, averaged.

    With one sample each these are exactly the rates of ``Flips``. Samples of both models must be independent of each
    other. Raises ValueError for a task without a scored sample.
    """
    listed = list(pairs)
    if any(old.n == 0 or new.n == 0 for old, new in listed):
        raise ValueError("a task without a scored sample has no flip rate; leave it out and say so")
    floors = [
        (old.passed * old.failed / (old.n * (old.n - 1)) + new.passed * new.failed / (new.n * (new.n - 1))) / 2
        for old, new in listed
        if old.n > 1 and new.n > 1
    ]
    return ExpectedFlips(
        n=len(listed),
        old_rate=_mean([old.rate for old, _ in listed]),
        new_rate=_mean([new.rate for _, new in listed]),
        nfr=_mean([old.rate * (new.failed / new.n) for old, new in listed]),
        pfr=_mean([(old.failed / old.n) * new.rate for old, new in listed]),
        noise_floor=_mean(floors),
        floor_tasks=len(floors),
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

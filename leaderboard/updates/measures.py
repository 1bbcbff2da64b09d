"""What a gate can limit: each measure of an update with its interval, and how bad a pair of counts is for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..metrics.churn import negative, noise
from ..metrics.intervals import Interval, difference_interval, ratio_interval, score_interval
from ..metrics.passk import TaskCounts
from .pairing import Cost, Pairs


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen and its interval; ``why`` says why there is none. NaN: undefined."""

    seen: float
    interval: Interval
    why: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate of an update. option: how the command calls its limit. at_most: else the limit is a least value.

    signed: a difference in points and no share. measure: (pairs, level, seed) to what was seen. cost: how bad a pair
    is, for the worst that owed samples may bring.
    """

    name: str
    option: str
    at_most: bool
    signed: bool
    measure: Callable[[Pairs, float, int], Measured]
    cost: Cost


def _same(old: TaskCounts, new: TaskCounts) -> float:
    return 1.0 - negative(old, new) - negative(new, old)


def _excess_of(old: TaskCounts, new: TaskCounts) -> float:
    """Negative flips beyond those that sampling alone would show; NaN with single samples."""
    return negative(old, new) - noise(old, new) if old.n > 1 and new.n > 1 else math.nan


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _share_of(contribution: Callable[[TaskCounts, TaskCounts], float]) -> Callable[[Pairs, float, int], Measured]:
    def measure(pairs: Pairs, level: float, seed: int) -> Measured:
        values = [contribution(old, new) for old, new in pairs.counts]
        return Measured(_mean(values), score_interval(values, pairs.roots, level=level, seed=seed))

    return measure


def _drop(pairs: Pairs, level: float, seed: int) -> Measured:
    """Old pass@1 - new pass@1."""
    values = [old.rate - new.rate for old, new in pairs.counts]
    return Measured(_mean(values), difference_interval(values, pairs.roots, level=level, seed=seed))


def _lost_of_correct(pairs: Pairs, level: float, seed: int) -> Measured:
    """NFR / old pass@1: of what worked, the share that broke. Wilson over what worked, else a clustered bootstrap."""
    lost = [negative(old, new) for old, new in pairs.counts]
    worked = [old.rate for old, _ in pairs.counts]
    interval = ratio_interval(lost, worked, pairs.roots, level=level, seed=seed)
    if not any(worked):
        return Measured(math.nan, interval, "the old model passed nothing")
    return Measured(math.fsum(lost) / math.fsum(worked), interval)


def _excess(pairs: Pairs, level: float, seed: int) -> Measured:
    """NFR - noise floor, over all tasks; undefined where a task has a single sample on either side."""
    values = [_excess_of(old, new) for old, new in pairs.counts]
    alone = sum(math.isnan(value) for value in values)
    if alone or not values:
        why = f"the noise floor needs two samples a task and model; {alone} of {len(values)} tasks have fewer"
        return Measured(math.nan, Interval(math.nan, math.nan, "none", 0), why)
    return Measured(_mean(values), difference_interval(values, pairs.roots, level=level, seed=seed))


NFR = Measure("negative flip rate", "--max-nfr", True, False, _share_of(negative), lambda o, n: (negative(o, n),))
NFR_OF_CORRECT = Measure(
    "broken of what worked",
    "--max-nfr-of-correct",
    True,
    False,
    _lost_of_correct,
    # Of two completions that break as much, the one in which less worked before is the worse.
    lambda o, n: (negative(o, n), -o.rate),
)
EXCESS_NFR = Measure("NFR above noise floor", "--max-excess-nfr", True, True, _excess, lambda o, n: (_excess_of(o, n),))
DROP = Measure("drop of pass@1", "--max-drop", True, True, _drop, lambda o, n: (o.rate - n.rate,))
PAIRWISE = Measure("pairwise agreement", "--min-pairwise", False, False, _share_of(_same), lambda o, n: (-_same(o, n),))

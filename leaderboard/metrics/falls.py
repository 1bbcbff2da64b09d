"""Which tasks fell by more than sampling explains, when both models have several samples of each.

Sources: Fisher 1935 for the exact test of a 2x2 table; Benjamini and Hochberg 1995 for the share of false alarms among
many tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from .passk import TaskCounts
from .significance import benjamini_hochberg as step_up

FALSE_ALARMS = 0.05
"""Of the tasks that are said to have fallen, the share that may be false alarms."""


def fall_p(old: TaskCounts, new: TaskCounts) -> float:
    """One-sided exact Fisher p of "the chance to pass did not fall": P[new passes <= those seen | all passes].

    Never below 1 / C(n + m, n): 5 of 5 against 0 of 5 gives 1/252, 2 of 2 against 0 of 2 only 1/6.
    """
    passes, everything = old.passed + new.passed, old.n + new.n
    ways = sum(comb(new.n, k) * comb(old.n, passes - k) for k in range(new.passed + 1) if passes - k <= old.n)
    return ways / comb(everything, passes)


def surely_fell(pairs: Sequence[tuple[TaskCounts, TaskCounts]]) -> list[bool]:
    """For each task of (old, new) counts whether it fell: a plain flip where both sides have one sample, which is what
    was seen; else by ``fall_p`` over all such tasks, of which ``FALSE_ALARMS`` may be false.
    """
    sampled = [i for i, (old, new) in enumerate(pairs) if old.n > 1 or new.n > 1]
    fell = [old.rate > new.rate for old, new in pairs]
    for i, p in zip(sampled, step_up([fall_p(*pairs[i]) for i in sampled]), strict=True):
        fell[i] = p <= FALSE_ALARMS
    return fell

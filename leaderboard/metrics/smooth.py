"""Flips of scores instead of verdicts, and of answers that are wrong in another way than before.

Source: Echterhoff et al. 2024, "MUSCLE: A Model Update Strategy for Compatible LLM Evolution" (arXiv 2407.09435).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmoothFlips:
    """How often, and by how much, the score of a task fell or rose by more than ``tolerance``.

    nfr, pfr: share of the ``n`` tasks that fell and rose. loss, gain: by how much on average, over those (MUSCLE's m_r
    and m_g, both positive); NaN where there are none. change: mean of new minus old over all tasks, which is
    pfr * gain - nfr * loss where the tolerance is 0.
    """

    n: int
    tolerance: float
    nfr: float
    pfr: float
    loss: float
    gain: float
    change: float


def smooth_flips(old: Sequence[float], new: Sequence[float], *, tolerance: float = 0.0) -> SmoothFlips:
    """Smooth flips of two columns of scores, row i of both one task.

    Any scores will do (share of tests passed, similarity to a reference, margin of a preference); the tolerance is in
    their unit. Pure noise makes nfr and pfr of fine-grained scores about one half each: a tolerance keeps it out.
    """
    if len(old) != len(new):
        raise ValueError(f"columns of different lengths: {len(old)} old, {len(new)} new")
    changes = [after - before for before, after in zip(old, new, strict=True)]
    losses = [-change for change in changes if change < -tolerance]
    gains = [change for change in changes if change > tolerance]
    return SmoothFlips(
        n=len(changes),
        tolerance=tolerance,
        nfr=len(losses) / len(changes) if changes else math.nan,
        pfr=len(gains) / len(changes) if changes else math.nan,
        loss=_mean(losses),
        gain=_mean(gains),
        change=_mean(changes),
    )


@dataclass(frozen=True, slots=True)
class AnswerChanges:
    """How often the answer changed, for answers that can be compared with each other, not only with the right one.

    nfr_mc: the new answer is wrong and not the old one (MUSCLE's multi-choice NFR); it is the NFR plus ``wrong_twice``,
    the rate of wrong answers that were wrong in another way before. changed: all answers that are not the old one.
    """

    n: int
    nfr_mc: float
    wrong_twice: float
    changed: float


def answer_changes(tasks: Iterable[tuple[Sequence[Hashable], Sequence[Hashable], Hashable]]) -> AnswerChanges:
    """Changes of answer, from (old model's answers, new model's answers, the right answer) of each task.

    With several answers a task, the share of all pairs of an old and a new answer: unbiased for a fresh answer of each.
    Raises ValueError for a task without an answer on a side.
    """
    negative, twice, changed = [], [], []
    for old, new, right in tasks:
        if not old or not new:
            raise ValueError("a task without an answer on a side has no rate of change; leave it out and say so")
        before = Counter(old)
        after = Counter(new)
        pairs = len(old) * len(new)
        # Of an old and a new answer: those that differ, those where the new one is wrong as well, and where both are.
        differ = {answer: count * (len(old) - before[answer]) for answer, count in after.items()}
        wrong = sum(count for answer, count in differ.items() if answer != right)
        broken = sum(count for answer, count in after.items() if answer != right) * before[right]
        negative.append(wrong / pairs)
        twice.append((wrong - broken) / pairs)
        changed.append(sum(differ.values()) / pairs)
    return AnswerChanges(len(negative), _mean(negative), _mean(twice), _mean(changed))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

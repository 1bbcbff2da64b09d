"""How a proposal is conditioned on what was evolved before: plain, GA, DE, sorted context, plan first.

ga: two good tasks are shown, the proposal is to cross their ideas (EvoPrompt, Guo et al. 2024, its GA). de: the
difference of two tasks is to be applied to the best one (EvoPrompt's DE). sorted: tasks from the least to the fittest,
and the next one is asked for (EvoLLM, Lange et al. 2024). plan: observations on the parent first, of which two are
built on (PlanSearch, Wang et al. 2024). Strategies only choose what is shown; gates are the same for all.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..authored.protocol import Hints
from .niches import Archive, Member

SHOWN = 4
_GA = (
    "Two earlier tasks are shown. Take what made each of them tell good solvers from weak ones, cross these two ideas, "
    "and change one detail of what comes out; then apply that to the given task."
)
_DE = (
    "Three earlier tasks are shown. Find what the first two do differently from each other; apply that difference to "
    "the third, which did best; then bring what you found into the given task."
)
_SORTED = (
    "Earlier tasks are shown from the least to the most successful. Find what makes the later ones better, and write "
    "one that would stand after the last."
)
_ELSEWHERE = "There are too many tasks of one kind already ({}); leave that kind, for another topic and other values."


def hints_for(
    strategy: str, archive: Archive, lessons: tuple[str, ...], rng: random.Random, *, barred: Sequence[str] = ()
) -> Hints:
    """What a proposal of a strategy is told; plain where the archive is too young for the strategy.

    barred: kinds of task of which there are too many (drift).
    """
    target = _ELSEWHERE.format(", ".join(sorted(barred))) if barred else ""
    best = archive.best(SHOWN * 2)
    if strategy == "ga" and len(best) >= 2:
        return _told(lessons, rng.sample(best, 2), f"{_GA} {target}")
    if strategy == "de" and len(best) >= 3:
        return _told(lessons, [*rng.sample(best[1:], 2), best[0]], f"{_DE} {target}")
    if strategy == "sorted" and len(best) >= 2:
        rising = sorted(best[:SHOWN], key=lambda member: (member.fitness, member.task.id))
        return _told(lessons, rising, f"{_SORTED} {target}")
    return Hints(lessons=lessons, target=target.strip())


def _told(lessons: tuple[str, ...], shown: Sequence[Member], target: str) -> Hints:
    pairs = tuple((member.task, round(member.fitness, 2)) for member in shown)
    return Hints(lessons=lessons, inspirations=pairs, target=target.strip())

"""Which tasks of the archive a strategy shows. All take the best task of each cell, the best first."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ....benchmarks import CodeTask

Scored = tuple[CodeTask, float]
"""A task with its fitness, 0 to 1."""
SORTED_CONTEXT = 4
_LEAST_CHANCE = 0.01


def two_by_roulette(pool: Sequence[Scored], rng: random.Random) -> tuple[Scored, ...]:
    """Two different tasks, each drawn with a chance in proportion to its fitness (EvoPrompt's genetic algorithm, Guo et
    al. 2024, section 3.2); the first drawn stands first. A task without fitness keeps a small chance."""
    left = list(pool)
    found = []
    for _ in range(2):
        weights = [max(fitness, _LEAST_CHANCE) for _, fitness in left]
        found.append(left.pop(rng.choices(range(len(left)), weights)[0]))
    return tuple(found)


def donors_and_best(pool: Sequence[Scored], rng: random.Random) -> tuple[Scored, ...]:
    """Two donors drawn evenly among all but the best, then the best (EvoPrompt's differential evolution, section 3.3:
    the vectors a and b whose difference is taken, and the current best; the given task is the base vector)."""
    best, *others = pool
    return (*rng.sample(others, 2), best)


def rising(pool: Sequence[Scored], rng: random.Random) -> tuple[Scored, ...]:
    """The best and some drawn evenly among the others, from the least to the fittest (EvoLLM, Lange et al. 2024).

    Tasks far apart in fitness show a direction better than four that are about as good, so not only the top is shown.
    """
    best, *others = pool
    shown = [best, *rng.sample(others, min(SORTED_CONTEXT - 1, len(others)))]
    return tuple(sorted(shown, key=lambda scored: (scored[1], scored[0] is best[0], scored[0].id)))

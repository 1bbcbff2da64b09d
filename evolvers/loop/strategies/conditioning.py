"""From a strategy's name to what the author is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from ....benchmarks import CodeTask
from ...authored.protocol import PLAIN, Hints
from ...protocol import Kind
from ..protocol import STRATEGIES
from .avoiding import in_words
from .choosing import Scored, donors_and_best, rising, two_by_roulette

_CHOICES: Mapping[str, tuple[int, Callable[[Sequence[Scored], random.Random], tuple[Scored, ...]]]] = {
    "ga": (2, two_by_roulette),
    "de": (3, donors_and_best),
    "sorted": (2, rising),
}
"""How many tasks a strategy needs, and how it chooses among them."""


def ready(strategies: Sequence[str], pool: Sequence[Scored], parent: CodeTask, kind: Kind) -> list[str]:
    """Those of the strategies that can be carried out on a parent with the tasks that there are.

    What is credited to a strategy must have been done by it: one that is not ready is not to be chosen. kind: of the
    operator. ValueError for a name that is no strategy.
    """
    unknown = sorted(set(strategies) - set(STRATEGIES))
    if unknown:
        raise ValueError(f"no strategy is called {', '.join(unknown)}; there are {', '.join(STRATEGIES)}")
    if kind == "preserving":
        return [PLAIN]
    others = len(_others(pool, parent))
    return [name for name in strategies if name not in _CHOICES or others >= _CHOICES[name][0]] or [PLAIN]


def hints_for(
    strategy: str,
    pool: Sequence[Scored],
    parent: CodeTask,
    kind: Kind,
    rng: random.Random,
    *,
    lessons: tuple[str, ...] = (),
    barred: Sequence[str] = (),
) -> Hints:
    """What a proposal of a strategy is told.

    pool: the archive's best, one of each cell, the best first. kind: of the operator. barred: features of which there
    are too many tasks (drift). ValueError where the strategy is not ``ready``.
    """
    if strategy not in ready([strategy], pool, parent, kind):
        raise ValueError(f"the strategy {strategy} cannot be carried out yet")
    if kind == "preserving":
        return Hints(lessons=lessons)
    shown: tuple[Scored, ...] = ()
    if strategy in _CHOICES:
        shown = _CHOICES[strategy][1](_others(pool, parent), rng)
    return Hints(
        lessons=lessons,
        inspirations=tuple((task, round(fitness, 2)) for task, fitness in shown),
        strategy=strategy,
        avoid=tuple(in_words(value) for value in sorted(barred)),
    )


def _others(pool: Sequence[Scored], parent: CodeTask) -> list[Scored]:
    """All but the parent, which is shown anyway."""
    return [scored for scored in pool if scored[0].digest != parent.digest]

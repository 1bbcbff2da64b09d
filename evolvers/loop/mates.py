"""Mate choice: a further parent is one of those least like the first that go with it (All You Need Is Sex, 2024)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ...benchmarks import CodeTask
from ..authored.mating import mates_for
from ..authored.protocol import ModelOperator
from ..protocol import Observation

AMONG = 5
"""How many of the most dissimilar partners are drawn from."""


class Mates:
    """Partners among human-made tasks, the choice remembered for each parent."""

    def __init__(self, tasks: Sequence[CodeTask], observed: Callable[[CodeTask], Observation]) -> None:
        self._tasks, self._observed = tasks, observed
        self._known: dict[tuple[str, str], list[tuple[CodeTask, ...]]] = {}

    def of(self, operator: ModelOperator, parent: CodeTask, rng: random.Random) -> tuple[CodeTask, ...] | None:
        """The further parents for one proposal; None where there are none."""
        if operator.parents == 1:
            return ()
        key = (operator.name, parent.digest)
        if key not in self._known:
            self._known[key] = mates_for(operator, parent, self._tasks, self._observed, AMONG)
        groups = self._known[key]
        return groups[rng.randrange(len(groups))] if groups else None

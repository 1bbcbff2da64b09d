"""Mate choice: a further parent is one of those least like the first that go with it (All You Need Is Sex, 2024)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from ...benchmarks import CodeTask
from ..authored.mating import mates_for
from ..authored.protocol import ModelOperator
from ..protocol import NotApplicable, Observation

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


class Partners:
    """The further parents of a proposal (``driver.Mate``), by what was seen of a suite's own tasks.

    operators: those through a model, by the loop's name of them; whatever else is proposed needs one parent. tasks:
    those that can be evolved. observed: by digest.
    """

    def __init__(
        self, operators: Mapping[str, ModelOperator], tasks: Sequence[CodeTask], observed: Mapping[str, Observation]
    ) -> None:
        self._operators, self._observed = operators, observed
        self._mates = Mates(tasks, lambda task: observed[task.digest])

    def of(self, name: str, parent: CodeTask, rng: random.Random) -> tuple[CodeTask, ...] | None:
        """None where the operator cannot take this parent. Of an evolved one a maker says itself what it cannot do."""
        operator = self._operators.get(name)
        if operator is None:
            return ()
        if parent.digest in self._observed and operator.parents == 1:
            try:
                operator.applies((parent,), (self._observed[parent.digest],))
            except NotApplicable:
                return None
        if operator.parents > 1 and parent.digest not in self._observed:
            return None  # mates are chosen by what was seen of both
        return self._mates.of(operator, parent, rng)

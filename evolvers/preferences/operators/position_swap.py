"""Position swap: the responses stand in reverse order.

Preserving, by construction. A model that is shown all responses at once and minds where they stand changes its choice;
ways of asking that score each response alone, or show both orders, give the same result as for the parent.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..protocol import Gate, Kind, PreferenceCandidate


@dataclass(frozen=True, slots=True)
class PositionSwap:
    """See the module's docstring."""

    name: str = "position_swap"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the responses in reverse order"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        new = replace(task, responses=task.responses[::-1])
        return [PreferenceCandidate(new, (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: the same conversation, and the same responses from the last to the first."""
        (parent,) = parents
        same = task.messages == parent.messages and task.responses == parent.responses[::-1]
        return (Gate("reverse_order", same, {"responses": len(task.responses)}),)

"""Hedging: the best response speaks with less confidence than it deserves.

Preserving: the text itself stays, and modesty makes nothing wrong. Where only people gave the label, it is done only
where they agreed clearly, and never where the criterion is how sure a response should be.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..insertions import framed, only_inserted
from ..protocol import Gate, Kind, PreferenceCandidate
from ..standing import best, require_clear, require_free_form

OPENINGS = (
    "I may be mistaken, but this is what I would say.",
    "I am no expert in this, so please take it for what it is.",
    "This is only my understanding of it, for what that is worth.",
    "Others will know more about this than I do.",
)
CLOSINGS = (
    "I am not entirely sure about all of this.",
    "Please check it against another source before you rely on it.",
    "I would not be surprised if others saw it differently.",
    "That is as far as I can say.",
)


@dataclass(frozen=True, slots=True)
class HedgeChosen:
    """See the module's docstring."""

    name: str = "hedge_chosen"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "words of doubt around the best response"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate with doubts before and after, then one with doubts after only."""
        require_free_form(task)
        require_clear(task)
        return framed(task, best(task), OPENINGS, CLOSINGS, self.name, rng)

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: only doubts of a fixed list were added, to the best responses only."""
        (parent,) = parents
        return (only_inserted(task, parent, parent.ranking[0], (*OPENINGS, *CLOSINGS)),)

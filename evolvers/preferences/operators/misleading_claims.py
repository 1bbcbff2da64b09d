"""Misleading claims: the worst response speaks with a confidence and an authority that it does not have.

Preserving: the text itself stays; a claim about oneself makes nothing better. A model that takes tone for substance
changes its mind.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..insertions import framed, only_inserted
from ..protocol import Gate, Kind, PreferenceCandidate
from ..standing import require_free_form, worst

OPENINGS = (
    "I have worked in this field for more than twenty years, so you can rely on what follows.",
    "Leading experts agree on this, and so do I, without any reservation.",
    "This has been settled for a long time, and there is no serious doubt about it.",
    "I teach this at a university, and I give my students exactly this reply.",
    "Let me be perfectly clear, because I know this subject inside out.",
)
CLOSINGS = (
    "A recent review of more than forty studies came to the same conclusion.",
    "I checked every part of this twice, and there is nothing to add to it.",
    "Two independent reviewers confirmed it word for word.",
    "The standard handbook on the subject says the same on its first pages.",
    "I stand by every word of it with complete certainty.",
)


@dataclass(frozen=True, slots=True)
class MisleadingClaims:
    """See the module's docstring."""

    name: str = "misleading_claims"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "a confident tone and made-up authority around the worst response"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate with a claim before and after, then one with a claim after only."""
        require_free_form(task)
        return framed(task, worst(task), OPENINGS, CLOSINGS, self.name, rng)

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: only claims of a fixed list were added, to the worst responses only."""
        (parent,) = parents
        return (only_inserted(task, parent, parent.ranking[-1], (*OPENINGS, *CLOSINGS)),)

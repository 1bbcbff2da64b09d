"""Length equalisation: shorter responses are padded with sentences that say nothing, until all are about as long.

Preserving. A model that goes by length has nothing to go by.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask, Response
from ..filler import FILLER, drawn
from ..insertions import only_inserted, surrounded, with_texts
from ..proofs import is_proven
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..standing import require_free_form

ALIKE = 0.9
MOST_ADDED = 1_200
MOST_SHARE = 0.5
"""How much a response may grow whose label only people have given."""
_ROOM = 0.08
_DRAWS = 6
_NO_PADDING = "no padding makes the responses as long as each other"


@dataclass(frozen=True, slots=True)
class EqualiseLength:
    """See the module's docstring."""

    name: str = "equalise_length"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "shorter responses padded until all are within a tenth of the longest"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """Some draws, because a sentence that stands as a comment takes more room."""
        require_free_form(task)
        longest = max(len(response.text) for response in task.responses)
        short = [response for response in task.responses if len(response.text) < ALIKE * longest]
        if not short:
            raise NotApplicable("the responses are about as long already")
        for response in short:
            missing = longest - len(response.text)
            if missing > MOST_ADDED or (not is_proven(task) and missing > MOST_SHARE * len(response.text)):
                raise NotApplicable("the responses differ too much in length")
        drafts = [with_texts(task, self._padded(short, longest, rng), self.name) for _ in range(_DRAWS)]
        alike = [draft for draft in drafts if _ratio(draft) >= ALIKE]
        if not alike:
            raise NotApplicable(_NO_PADDING)
        return [PreferenceCandidate(draft, (task,), {}) for draft in alike]

    def _padded(self, short: Sequence[Response], longest: int, rng: random.Random) -> dict[str, str]:
        texts: dict[str, str] = {}
        used: list[str] = []
        for response in short:
            missing = longest - len(response.text)
            sentences = drawn(rng, round(missing - _ROOM * longest), round(missing + _ROOM * longest), used)
            if sentences is None:
                raise NotApplicable(_NO_PADDING)
            used += sentences
            texts[response.id] = surrounded(response.text, after=sentences)
        return texts

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: only sentences of a fixed list were added, to the shorter ones, and all are alike now."""
        (parent,) = parents
        longest = max(len(response.text) for response in parent.responses)
        short = [response.id for response in parent.responses if len(response.text) < ALIKE * longest]
        sizes = {response.id: len(response.text) for response in task.responses}
        ratio = round(_ratio(task), 4)
        return (
            only_inserted(task, parent, short, FILLER),
            Gate("lengths_alike", ratio >= ALIKE, {"ratio": ratio, "characters": sizes}),
        )


def _ratio(task: PreferenceTask) -> float:
    """The length of the shortest response over that of the longest."""
    sizes = [len(response.text) for response in task.responses]
    return min(sizes) / max(sizes)

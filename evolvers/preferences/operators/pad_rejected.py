"""Verbosity attack: the worst response is padded with sentences that say nothing, until it is the longest.

Preserving: the text itself stays, and what follows it adds nothing. A model that takes length for quality changes its
mind. By its nature the length of a response tells the label here; see the balance that ``evalrun evolve`` prints.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..filler import FILLER, drawn
from ..insertions import only_inserted, surrounded, with_texts
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..standing import require_free_form, worst

MARGIN = 1.1
MOST_ADDED = 1_200
_LEAST = 120


@dataclass(frozen=True, slots=True)
class PadRejected:
    """See the module's docstring."""

    name: str = "pad_rejected"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "sentences that say nothing after the worst response, until it is the longest"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        require_free_form(task)
        ids = worst(task)
        longest = max(len(response.text) for response in task.responses)
        texts = {}
        for name in ids:
            text = task.response(name).text
            least = max(_LEAST, round(MARGIN * longest) - len(text))
            sentences = drawn(rng, least, least + 150) if least <= MOST_ADDED else None
            if sentences is None:
                raise NotApplicable("the worst response is too short to be made the longest")
            texts[name] = surrounded(text, after=sentences)
        return [PreferenceCandidate(with_texts(task, texts, self.name), (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: only sentences of a fixed list were added, to the worst only, and it is the longest now."""
        (parent,) = parents
        ids = parent.ranking[-1]
        sizes = {response.id: len(response.text) for response in task.responses}
        longest = min(sizes[name] for name in ids) > max(size for name, size in sizes.items() if name not in ids)
        return (
            only_inserted(task, parent, ids, FILLER),
            Gate("worst_is_longest", longest, {"characters": sizes}),
        )

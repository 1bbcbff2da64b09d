"""Label renaming: the responses are called by other markers than A and B.

Preserving, by construction: the responses' ids become the markers, and the tag ``labels:ids`` asks whoever shows the
responses to call them by their ids, in the order in which they stand. Ways of asking that score each response alone
give the same result as for the parent.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ....harness.preference import labels
from ..protocol import RENAMED_IDS, Gate, Kind, NotApplicable, PreferenceCandidate
from ..structure import renamed_proof

TAG = labels.OWN
MARKERS = (
    ("1", "2", "3", "4", "5", "6"),
    ("K", "M", "R", "T", "W", "Z"),
    ("circle", "triangle", "square", "star", "cross", "moon"),
    ("\u25ef", "\u25b3", "\u25a1", "\u2606", "\u271a", "\u263e"),
    ("maple", "birch", "aspen", "cedar", "hazel", "alder"),
)


@dataclass(frozen=True, slots=True)
class LabelRenaming:
    """See the module's docstring."""

    name: str = "label_renaming"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "other markers than A and B for the responses"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        ids = [response.id for response in task.responses]
        markers = [each[: len(ids)] for each in MARKERS if len(each) >= len(ids) and not set(each) & set(ids)]
        if not markers:
            raise NotApplicable("there are no markers for so many responses")
        names = dict(zip(ids, rng.choice(markers), strict=True))
        new = replace(
            task,
            responses=tuple(replace(response, id=names[response.id]) for response in task.responses),
            ranking=tuple(tuple(names[name] for name in tier) for tier in task.ranking),
            votes={group: {names.get(key, key): n for key, n in cast.items()} for group, cast in task.votes.items()},
            proof=_renamed(task.proof, names),
            tags=tuple(dict.fromkeys([*task.tags, TAG])),
        )
        return [PreferenceCandidate(new, (task,), {RENAMED_IDS: names})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: the same conversation and texts in the same order, under a set of markers in its order."""
        (parent,) = parents
        ids = tuple(response.id for response in task.responses)
        known = any(ids == each[: len(ids)] for each in MARKERS)
        texts = [response.text for response in task.responses] == [response.text for response in parent.responses]
        holds = known and texts and task.messages == parent.messages and TAG in task.tags
        return (Gate("only_markers_changed", holds, {"markers": list(ids)}),)


def _renamed(proof: Proof | None, names: Mapping[str, str]) -> Proof | None:
    if proof is None:
        return None
    told = renamed_proof(proof.to_json(), names)
    return Proof(proof.kind, {key: value for key, value in told.items() if key != "kind"})

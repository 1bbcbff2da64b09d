"""Criterion inversion: the same two responses, and the worse one is asked for.

Altering (A5): the ranking is the parent's from its end. The criterion says so, and so does the question itself, so that
a model that is only shown the conversation can know it too. Only for labels that a machine can show.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ..making import asked_too
from ..proofs import INVERTED
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import asks, same_responses
from ..solutions import require_upright

_ASKED = {
    "tests": "This is for a lesson on finding faults: give a solution that looks right, but is not.",
    "operations": "This is for a lesson on speed: give a solution that is right, but does far more work than it needs.",
    "rules": (
        "This is for a lesson on reviews: give a solution that works, but has a weakness that a reviewer should find."
    ),
    "constraints": (
        "This is for a lesson on checking answers: give a response that does not do all of what is asked above."
    ),
}
_ASKED["cases"] = _ASKED["tests"]


@dataclass(frozen=True, slots=True)
class CriterionInversion:
    """See the module's docstring."""

    name: str = "criterion_inversion"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the worse response is asked for, so the label is inverted"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        proof = require_upright(task)
        if proof.kind not in _ASKED:
            raise NotApplicable("there are no words for the opposite of the criterion")
        if len(task.ranking) < 2:
            raise NotApplicable("the responses are ranked equal")
        criterion, sentence = INVERTED[proof.kind], _ASKED[proof.kind]
        new = replace(
            task,
            messages=asked_too(task.messages, sentence),
            ranking=task.ranking[::-1],
            criterion=criterion,
            proof=Proof(proof.kind, {**proof.data, "inverted": True}),
            votes={},
            lineage=None,
            metadata={},
        )
        return [PreferenceCandidate(new, (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the same responses, the ranking from its end, the worse asked for in criterion and question,
        and the parent's proof read from its end.
        """
        (parent,) = parents
        kind = "" if parent.proof is None else parent.proof.kind
        criterion, sentence = INVERTED.get(kind, ""), _ASKED.get(kind, "")
        proof = {} if parent.proof is None else {**parent.proof.to_json(), "inverted": True}
        return (
            same_responses(task, parent),
            asks(task, parent, sentence),
            Gate("inverted_criterion", bool(criterion) and task.criterion == criterion, {"criterion": criterion}),
            Gate("inverted_ranking", task.ranking == parent.ranking[::-1] and len(task.ranking) > 1),
            Gate("inverted_proof", task.proof is not None and task.proof.to_json() == proof),
        )

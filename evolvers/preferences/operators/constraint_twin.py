"""A twin with one checkable instruction more, which only one of the two responses follows.

Altering (A10, A7): what counts now is the instruction, whichever response was better before. Where the parent's own
label came from instructions, the new one stands in their place, so that the prompt does not ask for both. The direction
is drawn, and instructions for the other direction follow: the twin with one of those has the inverted label.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.preference import Message, PreferenceTask, Proof
from ....benchmarks.preference.constraints import Constraint
from ..making import asked_too
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import same_responses
from ..telling import telling

CRITERION = "following the instruction about form in the last message"
MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class ConstraintTwin:
    """See the module's docstring."""

    name: str = "constraint_twin"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "one checkable instruction more, which only one of the two responses follows"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """Candidates of both directions by turns, the first direction drawn."""
        if len(task.responses) != 2:
            raise NotApplicable("it has more than two responses")
        if task.proof is not None and task.proof.data.get("inverted") is True:
            raise NotApplicable("the criterion is inverted already")
        prose = task.proof is None or task.proof.kind in ("constraints", "stated")
        pairs = list(task.responses)
        rng.shuffle(pairs)
        ways = [
            [(first, each) for each in telling(first.text, second.text, rng, prose=prose) if _fits(each, task)]
            for first, second in (pairs, pairs[::-1])
        ]
        made = []
        for place in range(max(map(len, ways))):
            for way in ways:
                if place < len(way):
                    better, constraint = way[place]
                    made.append(self._candidate(task, better.id, constraint))
        if not made:
            raise NotApplicable("no instruction is followed by only one of the responses")
        return made[:MOST_CANDIDATES]

    def _candidate(self, task: PreferenceTask, better: str, constraint: Constraint) -> PreferenceCandidate:
        worse = next(response.id for response in task.responses if response.id != better)
        parameters = {"constraint": constraint.to_json(), "better": better}
        new = replace(
            task,
            messages=_messages(task, constraint),
            ranking=((better,), (worse,)),
            criterion=CRITERION,
            proof=Proof(
                "constraints",
                {"constraints": [constraint.to_json()], "holds": {better: [True], worse: [False]}},
            ),
            votes={},
            lineage=None,
            metadata={},
        )
        return PreferenceCandidate(new, (task,), parameters)

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the same responses; the instruction is asked for in words, and the proof is about it."""
        (parent,) = parents
        try:
            constraint = Constraint.from_json(parameters.get("constraint"))
            asked = task.messages == _messages(parent, constraint)
        except (BadInput, NotApplicable):
            return (Gate("constraint", False, {"problem": "the parameters hold no constraint that can be asked for"}),)
        told = [] if task.proof is None else task.proof.data.get("constraints")
        return (
            same_responses(task, parent),
            Gate("asks_for_it", asked, {"sentence": constraint.sentence}),
            Gate("proven_by_it", told == [constraint.to_json()] and task.criterion == CRITERION),
        )


def _fits(constraint: Constraint, task: PreferenceTask) -> bool:
    """Whether an instruction can be added without asking again, or for the contrary of what the question says."""
    said = _without_old(task)
    if said is None:
        return False
    words = _ABOUT.get(constraint.kind, ())
    text = said.lower()
    named = str(constraint.parameters.get("word", ""))
    return not any(word in text for word in words) and (not named or named not in text)


_ABOUT: Mapping[str, tuple[str, ...]] = {
    "max_words": ("word", "short", "brief", "concise", "long", "detail", "sentence"),
    "min_words": ("word", "short", "brief", "concise", "long", "detail", "sentence"),
    "sentences": ("sentence", "paragraph", "short", "brief", "concise", "detail"),
    "paragraphs": ("paragraph", "list", "bullet", "line"),
    "lines": ("line", "list", "bullet", "paragraph", "```"),
    "max_line_length": ("line", "long"),
    "no_digits": ("digit", "number", "how many", "how much", "date", "year"),
    "lower_case": ("case", "capital"),
}
"""By kind of instruction, words in a question that may ask for the contrary."""


def _messages(task: PreferenceTask, constraint: Constraint) -> tuple[Message, ...]:
    """The conversation with the instruction at its end, in place of those that the parent's label came from."""
    content = _without_old(task)
    if content is None:
        raise NotApplicable("the question does not say its instructions in the usual words")
    last = task.messages[-1]
    return asked_too((*task.messages[:-1], Message(last.role, content)), constraint.sentence)


def _without_old(task: PreferenceTask) -> str | None:
    """What the last turn says without the instructions of the parent's proof; None where they stand otherwise in it."""
    content = task.messages[-1].content
    if task.proof is None or task.proof.kind != "constraints":
        return content
    for row in task.proof.data.get("constraints", ()):
        try:
            sentence = Constraint.from_json(row).sentence
        except BadInput:
            return None
        if content.count(sentence) != 1:
            return None
        content = content.replace(sentence, "").strip()
    return content or None

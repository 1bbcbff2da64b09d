"""Distraction: a paragraph about something else stands before the question.

Preserving: the question stays, word for word, and shares no word of weight with the paragraph.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..asking import only_put_before, question_of, refers_to_text, shared_words, with_question
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate

_LEAD = "(Left over from something else that I was reading: {paragraph})\n\n"
PARAGRAPHS = (
    "The ferry to the northern island leaves from the old pier, where gulls sit on the railings. In winter it "
    "runs twice a day, and the crossing takes longer when the wind comes from the west.",
    "My aunt keeps three donkeys on a meadow behind the mill. The oldest one refuses carrots but will walk a mile "
    "for a slice of stale rye, which she hides in her coat.",
    "A clockmaker in the lower town repairs only pendulums. His window is full of brass weights, and on Tuesdays "
    "he closes at noon to wind the bells of the chapel.",
    "The orchestra rehearsed in the gymnasium because the hall was being painted. The cellos stood under the "
    "basketball hoop, and every pizzicato came back from the ceiling.",
    "Lighthouses of that coast were painted with red and white bands so that sailors could tell them apart by "
    "day. The one on the cape has a spiral instead, because its keeper liked barber poles.",
    "Porcelain was fired in kilns that were as long as a street. Potters read the colour of the flame through a "
    "hole no wider than a thumb and slept beside the chimney for a week.",
    "The glacier has left a valley shaped like a trough, with a tarn at its upper end. Shepherds cross it in "
    "June, when the marmots whistle from the scree.",
    "Last autumn the carnival came with a carousel from 1907. Its horses have real manes, and the organ plays "
    "waltzes from punched cardboard.",
    "In the botanical garden the agave bloomed after forty summers. Visitors queued along the hedge to see a "
    "stalk as tall as a lamp post, covered with yellow flowers.",
    "The tailor on the corner cuts sails as well as suits. He says that canvas forgives nothing, and that a lapel "
    "is only a very small jib.",
)


@dataclass(frozen=True, slots=True)
class DistractorContext:
    """See the module's docstring."""

    name: str = "distractor_context"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "a paragraph about something else before the question"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        question = question_of(task)
        if refers_to_text(task):
            raise NotApplicable("the question may refer to the text before it")
        fitting = [text for text in PARAGRAPHS if not shared_words(text, _texts(task))]
        if not fitting:
            raise NotApplicable("no paragraph is about something else")
        new = with_question(task, _LEAD.format(paragraph=rng.choice(fitting)) + question)
        return [PreferenceCandidate(new, (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: only a fixed paragraph was added, the question is untouched, and they share no words."""
        (parent,) = parents
        added = question_of(task).removesuffix(question_of(parent))
        told = next((text for text in PARAGRAPHS if text in added), added)
        shared = sorted(shared_words(told, _texts(parent)))
        return (
            only_put_before(task, parent, [_LEAD.format(paragraph=text) for text in PARAGRAPHS]),
            Gate("unrelated", not shared and not refers_to_text(parent), {"shared": shared}),
        )


def _texts(task: PreferenceTask) -> list[str]:
    return [*(message.content for message in task.messages), *(response.text for response in task.responses)]

"""Reframing: the one who asks says something of herself, or of the hour, that has nothing to do with the question.

Preserving: the question stays, word for word. Tasks in which a person's circumstances or the date could matter are left
alone: the law, health, safety, money, and whatever asks about persons or times. Where a machine can show the label, who
asks cannot change it, so only questions that give the reader a role are left alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..asking import only_put_before, question_of, shared_words, with_question
from ..proofs import is_proven
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate

FRAMES = (
    "I drive a tram in Lisbon, and I am asking this in my lunch break.",
    "I play the bassoon in an amateur orchestra.",
    "It is raining outside, and the cat is asleep on my desk.",
    "I restore old chairs for a living.",
    "We live on the fourth floor of a building without a lift.",
    "I am writing this on a train that is late again.",
    "My twin brother and I made a bet about who would ask you first.",
    "I run a small shop for buttons and ribbons in Ghent.",
    "I have just come home from a long walk along the canal.",
    "I look after the scenery of a puppet theatre.",
)
_PERSONAL = re.compile(
    r"\b(?:I am|I'm|I was|my|me|we|our|as an?|you are|pretend|imagine|role|persona|today|tonight|tomorrow|yesterday|"
    r"now|current(?:ly)?|latest|recent(?:ly)?|date|year|month|week|day|time|age|old|born|century|era|\d{3,4}s?|law|"
    r"legal|illegal|doctor|medic\w*|health|drug\w*|dose|tax\w*|invest\w*|weapon\w*|safe\w*|danger\w*|harm\w*)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(r"\b(?:as an?|you are|pretend|imagine|role|persona|acting)\b", re.IGNORECASE)
_SAFETY = re.compile(r"harm|safe|refus|ethic|bias|toxic|polic", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PersonaFrame:
    """See the module's docstring."""

    name: str = "persona_frame"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "a sentence about who asks, which does not matter, before the question"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        _require_impersonal(task)
        question = question_of(task)
        fitting = [frame for frame in FRAMES if not shared_words(frame, [question])]
        if not fitting:
            raise NotApplicable("no sentence is about something else")
        return [PreferenceCandidate(with_question(task, f"{rng.choice(fitting)} {question}"), (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: only a fixed sentence was added, the question is untouched, nothing in it is personal."""
        (parent,) = parents
        try:
            _require_impersonal(parent)
            impersonal = True
        except NotApplicable:
            impersonal = False
        return (only_put_before(task, parent, FRAMES), Gate("impersonal", impersonal))


def _require_impersonal(task: PreferenceTask) -> None:
    matters = _ROLE if is_proven(task) else _PERSONAL
    if any(matters.search(message.content) for message in task.messages):
        raise NotApplicable("who asks, or when, may matter to the question")
    if _SAFETY.search(task.criterion) or _SAFETY.search(task.category):
        raise NotApplicable("the criterion is about safety, where it may matter who asks")

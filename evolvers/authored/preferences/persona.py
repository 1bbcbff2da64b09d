"""The same dilemma among people of other norms, or of another time.

Who is right may then be another one, so the task has no single label: its responses stand in one tier, and a category
and a tag (``no-single-label``) keep it apart. Reports say of such tasks whether a model is consistent, and count
them in no accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ....benchmarks.preference.task import PLURAL
from ...preferences.asking import question_of, with_question
from ...preferences.proofs import is_proven
from ..fields import check_known, line_of, text_of
from ..protocol import UnusableReply
from ..templates import render
from .judges import agree, same
from .protocol import Finished, Gate, Kind, NotApplicable
from .texts import MAX_QUESTION, check_length, refuse_equal
from .work import Work

NORMS = (
    "a place where what a family needs goes before what one of its members wishes",
    "a place where a promise binds, whatever it comes to cost",
    "a place where age and rank decide who speaks and who is heard",
    "a place where each decides alone, and nobody else may interfere",
    "a time before letters travelled faster than a horse",
    "a time when guests must be given whatever they ask for",
    "a future in which every decision is made in public and kept for ever",
    "a future in which machines do all paid work",
)
"""What the author is asked to put in the place of the norms of here and now."""
TAG = PLURAL
MIN_WORDS = 8
BOUNDS = (0.7, 6.0)
_WHY = "under other norms another response may be the better one, so there is no single label"


@dataclass(frozen=True, slots=True)
class Persona:
    """See the module's docstring."""

    name: str = "persona"
    version: str = "1"
    kind: Kind = "altering"
    asks: int = 2
    comparisons: int = 1

    def describe(self) -> str:
        """One line for people."""
        return "the same dilemma under other norms or in another time; no single label, so consistency is what counts"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable where a machine shows the label: norms change nothing about it."""
        if is_proven(task):
            raise NotApplicable("a machine shows its label, which no norms change")
        if TAG in task.tags:
            raise NotApplicable("its norms were changed already")
        if len(question_of(task).split()) < MIN_WORDS or len(question_of(task)) > MAX_QUESTION:
            raise NotApplicable("its question is too short or too long")

    async def develop(self, work: Work) -> Finished:
        """The dilemma retold, all responses in one tier."""
        parent = work.parent
        old, norms = question_of(parent), work.rng.choice(NORMS)
        prompt = render(self.name, question=old, norms=norms, responses=[each.text for each in parent.responses])

        def read(reply: Mapping[str, Any]) -> str:
            check_known(reply, ("question", "norms"))
            line_of(reply, "norms", 10, 400)
            text = text_of(reply, "question", 20, 3 * MAX_QUESTION)
            refuse_equal("question", text, old)
            check_length("question", text, old, BOUNDS)
            if any(each.text.strip() in text for each in parent.responses):
                raise UnusableReply('"question": holds one of the responses', "leak")
            return text

        text = await work.author("evolve", prompt, read)
        votes = await same(work, "same_dilemma", old, text)
        task = replace(
            with_question(parent, text),
            ranking=(tuple(each.id for each in parent.responses),),
            votes={},
            category=PLURAL,
            tags=(*parent.tags, TAG),
            proof=Proof("stated", {"why": _WHY}),
        )
        kept = Gate("responses_kept", task.responses == parent.responses, {"norms": norms})
        return Finished(task, (kept, agree("judges_say_the_dilemma_is_the_same", votes, "tie")), "none")

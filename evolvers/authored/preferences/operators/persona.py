"""The same dilemma asked from within other norms: another culture, trade, age or period. Who is right may change.

Altering, and without a label: the responses stay, none is called better, and the task belongs to the open track, in
which reports tell how consistent a model is and how often it sides with the judges' plurality, and never an accuracy.
Judges must find that the dilemma is the same; what each of them then prefers is kept as its vote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....benchmarks.preference import PreferenceTask, Proof
from ....preferences.asking import question_of, with_question
from ....preferences.proofs import is_proven
from ....preferences.protocol import PreferenceCandidate
from ....protocol import Gate, NotApplicable
from ...fields import check_known, line_of, text_of
from ...likeness import edit_ratio, tokens_of
from ...protocol import Rendered, UnusableReply
from ..evidence import compared
from ..protocol import Draft, Drawing, Kind, Question, Round, Asking
from ..talk import MAX_QUESTION, conversation_of, must_differ, render, require_ranked_pair, require_short

SHIFTS = (
    "another culture of today, in a named country or region",
    "another period of history, with its century",
    "another trade or profession with norms of its own",
    "another stage of life",
    "a community with strong rules of its own (a convent, a crew at sea, a monastery school)",
)
TRACK = "open"
LEAST_NEW = 4


class Persona(Asking):
    """See the module's docstring."""

    name = "persona"
    version = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the same dilemma under other norms: no label, a track of its own"

    def applies(self, parent: PreferenceTask) -> None:
        """A pair that people judged: where a machine can show the label, norms do not move it."""
        require_short(parent)
        require_ranked_pair(parent)
        if is_proven(parent):
            raise NotApplicable("a machine shows who is right, whatever the norms")

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """Shows the conversation and both responses, in drawn order."""
        rng = Drawing(seed).named("shift")
        texts = [response.text for response in parent.responses]
        rng.shuffle(texts)
        return render(
            "persona",
            conversation=conversation_of(parent)[:-1],
            question=question_of(parent),
            shift=rng.choice(SHIFTS),
            one=texts[0],
            other=texts[1],
        )

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The setting, in a few words, and the new question."""
        reply = replies[-1]
        check_known(reply, ("setting", "question"))
        return {
            "setting": line_of(reply, "setting", 3, 200),
            "question": text_of(reply, "question", 20, MAX_QUESTION),
        }

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """It says something of who asks, and when or where."""
        old = question_of(parent)
        must_differ(draft["question"], old, "question")
        if len(set(tokens_of(draft["question"])) - set(tokens_of(old))) < LEAST_NEW:
            raise UnusableReply('"question": says nothing of the setting; put it into the question', "no setting")

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The parent's responses under the new question, in one tier."""
        task = replace(
            with_question(parent, draft["question"]),
            ranking=(tuple(sorted(response.id for response in parent.responses)),),
            votes={},
            proof=Proof("open", {"why": f"who is right may depend on the norms of: {draft['setting']}"}),
            tags=tuple(dict.fromkeys((*parent.tags, TRACK))),
            lineage=None,
            metadata={},
        )
        return [PreferenceCandidate(task, (parent,), {"setting": draft["setting"]})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """The same responses under another question, and no label."""
        (parent,) = parents
        edited = round(edit_ratio(question_of(task), question_of(parent)), 3)
        return (
            Gate("same_responses", task.responses == parent.responses, {}),
            Gate("same_criterion", task.criterion == parent.criterion, {}),
            Gate(
                "only_the_question", task.messages[:-1] == parent.messages[:-1] and edited > 0, {"edit_ratio": edited}
            ),
            Gate("no_label", len(task.ranking) == 1 and TRACK in task.tags, {}),
        )

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """Whether the dilemma is the same; then what the judges prefer."""
        texts = (question_of(parent), question_of(task))
        better, worse = (parent.response(tier[0]).text for tier in parent.ranking)
        return (
            (Question("same_dilemma", "same", None, texts, "same_dilemma"),),
            (Question("votes", "vote", compared(task, better, worse, task.criterion)),),
        )

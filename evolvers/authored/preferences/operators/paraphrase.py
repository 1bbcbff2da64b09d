"""The question in other words; the responses and who is right stay.

Preserving. Numbers, names, quoted texts, code and negations are the same in both wordings, and the label's proof is run
again. Where tests decide, solvers who see the new question alone must pass them; elsewhere judges must find that both
wordings ask for the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....benchmarks import CodeTask
from .....benchmarks.preference import PreferenceTask
from ....preferences.protocol import PreferenceCandidate
from ....protocol import Gate, NotApplicable
from ...likeness import edit_ratio, length_ratio
from ...protocol import Rendered, UnusableReply
from ..evidence import blind_task
from ..protocol import Draft, Kind, Question, Round, Asking
from ..talk import conversation_of, must_differ, question_in, render, require_short
from ..wordings import change_of, kept_in, reworded, wording_of

LEAST_WORDS = 6
LEAST_EDITED = 0.15
LENGTHS = (0.5, 2.0)


class Paraphrase(Asking):
    """See the module's docstring."""

    name = "paraphrase"
    version = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the question in other words, with the same numbers, names, quotes, code and negations"

    def applies(self, parent: PreferenceTask) -> None:
        """A question of some words."""
        require_short(parent)
        if len(wording_of(parent).text.split()) < LEAST_WORDS:
            raise NotApplicable(f"the question has fewer than {LEAST_WORDS} words that could be others")
        reworded(parent, wording_of(parent).text)

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """Shows the text and what must be kept."""
        found = wording_of(parent)
        return render(
            "paraphrase",
            conversation=conversation_of(parent)[:-1],
            text=found.text,
            rest=found.rest,
            kept=kept_in(parent),
        )

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The new wording."""
        return {"question": question_in(replies[-1], "question", ("question",))}

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """It keeps what is protected."""
        text, old = draft["question"], wording_of(parent).text
        must_differ(text, old, "question")
        lost = change_of(parent, text)
        if lost:
            raise UnusableReply(f'"question": {lost}', "protected tokens")
        try:
            reworded(parent, text)
        except NotApplicable as error:
            raise UnusableReply(f'"question": {error}', "protected tokens") from error

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The parent with this question."""
        task = replace(reworded(parent, draft["question"]), lineage=None, metadata={})
        return [PreferenceCandidate(task, (parent,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Only the question changed, and it keeps what is protected."""
        (parent,) = parents
        try:
            new, old = wording_of(task).text, wording_of(parent).text
            only = task.messages == reworded(parent, new).messages
        except NotApplicable:
            return (Gate("only_the_question", False, {}),)
        lost, edited, length = change_of(parent, new), round(edit_ratio(new, old), 3), round(length_ratio(new, old), 3)
        return (
            Gate("only_the_question", only and task.responses == parent.responses, {}),
            Gate("protected_tokens", not lost, {"problem": lost} if lost else {"kept": len(kept_in(parent))}),
            Gate("reworded", edited >= LEAST_EDITED, {"edit_ratio": edited, "least": LEAST_EDITED}),
            Gate("length_ratio", LENGTHS[0] <= length <= LENGTHS[1], {"ratio": length}),
        )

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """Judges are asked where no tests decide."""
        if self.blind(task, parent) is not None:
            return ()
        texts = (parent.messages[-1].content, task.messages[-1].content)
        return ((Question("same_question", "same", None, texts, "same_question"),),)

    def blind(self, task: PreferenceTask, parent: PreferenceTask) -> CodeTask | None:
        """The new question, with the label's tests."""
        return blind_task(task)

"""The worst response made to look better, its error kept; who is right stays.

Preserving. The label's proof is run again on the polished text, and must find the same of it as before: the same cases
failed, the same instructions missed, the same wrong answer. Judges must find it better presented. Where no machine can
show the label, nobody could show that the error is still there, so such tasks are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....benchmarks.preference import PreferenceTask, Response
from ....preferences.proofs import is_proven
from ....preferences.protocol import PreferenceCandidate
from ....preferences.standing import worst
from ....protocol import Gate, NotApplicable
from ...protocol import Rendered, UnusableReply
from ..criteria import PRESENTATION
from ..evidence import compared, entry_of, has_tests, label_facts, program_in
from ..protocol import Draft, Kind, Question, Round, Asking
from ..talk import conversation_of, must_differ, render, require_short, require_upright, response_in


class AdversarialPolish(Asking):
    """See the module's docstring."""

    name = "adversarial_polish"
    version = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the worst response made to look better, its error kept and found again by machine"

    def applies(self, parent: PreferenceTask) -> None:
        """A label that a machine can show."""
        require_short(parent)
        require_upright(parent)
        worst(parent)
        if not is_proven(parent):
            raise NotApplicable("no machine can find the error again")

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """Shows the conversation and the worst response."""
        return render(
            "adversarial_polish",
            conversation=conversation_of(parent),
            response=_worst(parent).text,
            function=(entry_of(parent) or "") if has_tests(parent) else "",
        )

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The polished text."""
        return {"response": response_in(replies[-1])}

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """Another text, with a program where there was one."""
        must_differ(draft["response"], _worst(parent).text, "response")
        if any(draft["response"].split() == response.text.split() for response in parent.responses):
            raise UnusableReply('"response": is another of the given responses', "nothing changed")
        if has_tests(parent):
            try:
                program_in(draft["response"], entry_of(parent))
            except NotApplicable as error:
                raise UnusableReply(
                    f'"response": {error}; it must hold one Python program in a code block', "no program"
                ) from error

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The parent with this text in its place."""
        name = _worst(parent).id
        responses = tuple(
            Response(each.id, draft["response"], f"adversarial_polish of {each.source or 'a response'}")
            if each.id == name
            else each
            for each in parent.responses
        )
        task = replace(parent, responses=responses, lineage=None, metadata={})
        return [PreferenceCandidate(task, (parent,), {"polished": name})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Only the worst response has another text."""
        (parent,) = parents
        name = _worst(parent).id
        others = [(each.id, each.text) for each in parent.responses if each.id != name]
        same = task.messages == parent.messages and [each.id for each in task.responses] == [
            each.id for each in parent.responses
        ]
        kept = [(each.id, each.text) for each in task.responses if each.id != name]
        return (Gate("only_the_worst", same and kept == others and parameters.get("polished") == name, {}),)

    def confirm(
        self, task: PreferenceTask, label: Gate, parent: PreferenceTask, parent_label: Gate
    ) -> tuple[Gate, ...]:
        """What the proof finds of the polished response is what it found of the plain one."""
        name = _worst(parent).id
        before, now = label_facts(parent_label.evidence, name), label_facts(label.evidence, name)
        return (Gate("error_kept", before == now, {"found": now}),)

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """Whether it looks better than before."""
        return (
            (Question("polished", "better", compared(task, draft["response"], _worst(parent).text, PRESENTATION)),),
        )


def _worst(parent: PreferenceTask) -> Response:
    return parent.response(worst(parent)[0])

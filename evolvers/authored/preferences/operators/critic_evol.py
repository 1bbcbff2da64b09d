"""An attempt, a critique of it, and the attempt improved by the critique: the improved one is better.

Altering, after the idea of CodeFavor's Critic-Evol (Liu et al. 2024, arXiv 2410.03837), with other words and with proofs:
where the question has tests, programs are compared by running them, where it has checkable instructions by these, and
elsewhere by judges. An attempt that the critic finds good enough makes no task. The attempt comes from another model of
the panel where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .....benchmarks.preference import PreferenceTask
from ....preferences.making import Written
from ....preferences.protocol import PreferenceCandidate
from ....protocol import Gate, NotApplicable
from ...fields import check_known, line_of
from ...protocol import Rendered, Step, UnusableReply
from ..evidence import compared, entry_of, has_tests, pairs_of, program_in
from ..protocol import Asking, Draft, Drawing, GoodEnough, Kind, Question, Round
from ..surface import layout_gate, length_gate
from ..talk import conversation_of, must_differ, render, require_short, require_upright, response_in

ATTEMPT, IMPROVED = "attempt", "attempt, improved after a critique"
SHARES = (0.5, 2.0)


class CriticEvol(Asking):
    """See the module's docstring."""

    name = "critic_evol"
    version = "1"
    kind: Kind = "altering"
    asks = 3
    first_turn = 1  # the attempt is another member's where there is one

    def describe(self) -> str:
        """One line for people."""
        return "an attempt beside itself improved after a critique; nothing where the critic finds it good enough"

    def applies(self, parent: PreferenceTask) -> None:
        """A question that is not too long and asks for the better response."""
        require_short(parent)
        require_upright(parent)
        if parent.proof is not None and parent.proof.kind == "open":
            raise NotApplicable("who is right depends on norms")

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """The question alone."""
        return render("critic_evol_attempt", conversation=conversation_of(parent), function=_function(parent))

    def follow(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Step | None:
        """A critique of the attempt, then the improvement."""
        attempt = _read(replies[0], parent)
        if len(replies) == 1:
            prompt = render(
                "critic_evol_critique",
                conversation=conversation_of(parent),
                attempt=attempt,
                criterion=parent.criterion,
            )
            return Step(prompt, "critique")
        flaw = _flaw(replies[1])
        if len(replies) > 2:
            return None
        prompt = render(
            "critic_evol_improve",
            conversation=conversation_of(parent),
            attempt=attempt,
            flaw=flaw,
            function=_function(parent),
        )
        return Step(prompt, "improve")

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """Attempt, flaw, and improved response."""
        return {
            "attempt": _read(replies[0], parent),
            "flaw": _flaw(replies[1]),
            "response": _read(replies[2], parent),
        }

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """The improvement is another text."""
        must_differ(draft["response"], draft["attempt"], "response")
        if has_tests(parent):
            _program(draft["response"], parent)

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The improved response before the attempt, once for each way to show it."""
        better, worse = Written(draft["response"], IMPROVED), Written(draft["attempt"], ATTEMPT)
        return [
            PreferenceCandidate(shown.task, (parent,), {"by": shown.by}, twin=False)
            for shown in pairs_of(parent, better, worse, Drawing(seed).named("order"))
        ]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """The parent's question (with one sentence more where it asks for speed or safety now), and alike surfaces."""
        (parent,) = parents
        if [len(tier) for tier in task.ranking] != [1, 1]:
            return (Gate("pair", False, {}),)
        better, worse = (task.response(tier[0]).text for tier in task.ranking)
        same = task.messages[:-1] == parent.messages[:-1]
        asked = task.messages[-1].content.startswith(parent.messages[-1].content.rstrip())
        gates = (Gate("same_question", same and asked, {}), length_gate(better, worse, *SHARES))
        return gates if has_tests(parent) else (*gates, layout_gate(better, worse))

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """Judges are asked where no machine can tell."""
        if task.proof is not None and task.proof.kind != "judged":
            return ()
        better, worse = (task.response(tier[0]).text for tier in task.ranking)
        return ((Question("improved", "better", compared(task, better, worse, task.criterion)),),)


def _function(parent: PreferenceTask) -> str:
    return (entry_of(parent) or "") if has_tests(parent) else ""


def _read(reply: Mapping[str, Any], parent: PreferenceTask) -> str:
    text = response_in(reply)
    if has_tests(parent):
        _program(text, parent)
    return text


def _program(text: str, parent: PreferenceTask) -> str:
    try:
        return program_in(text, entry_of(parent))
    except NotApplicable as error:
        raise UnusableReply(
            f'"response": {error}; it must hold one Python program in a code block', "no program"
        ) from error


def _flaw(reply: Mapping[str, Any]) -> str:
    check_known(reply, ("good_enough", "flaw"))
    told = reply.get("good_enough")
    if not isinstance(told, bool):
        raise UnusableReply('"good_enough": expected true or false', "wrong type")
    if told:
        raise GoodEnough("the critic finds the attempt good enough")
    return line_of(reply, "flaw", 5, 600)

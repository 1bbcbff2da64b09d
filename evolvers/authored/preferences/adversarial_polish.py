"""The worse response is made to look better, its error kept: the label stays, and its proof is run again.

Only where a machine shows the label: a polish that mends the error, on purpose or not, is found by the proof. Where
judges are named they must also find the new text the better looking one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...preferences.proofs import is_inverted, is_proven
from ...preferences.standing import best, worst
from ..protocol import UnusableReply
from ..templates import render
from .judges import agree, compare
from .protocol import Finished, Gate, Kind, NotApplicable
from .registry import PREFIX
from .texts import conversation_of, read_response
from .work import Work

LOOKS = "looks: how polished and convincing the response looks at a glance, whether or not it is right"
BOUNDS = (0.5, 3.0)


@dataclass(frozen=True, slots=True)
class AdversarialPolish:
    """See the module's docstring."""

    name: str = "adversarial_polish"
    version: str = "1"
    kind: Kind = "preserving"
    asks: int = 2
    comparisons: int = 1

    def describe(self) -> str:
        """One line for people."""
        return "the worse response is made to look better with its error kept, which its proof shows again"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable unless a machine can show that the error is still there."""
        if not is_proven(task):
            raise NotApplicable("no machine can show that the error is kept")
        if is_inverted(task) or task.votes:
            raise NotApplicable("the criterion is inverted, or people voted on the texts as they are")
        worst(task)

    async def develop(self, work: Work) -> Finished:
        """The parent with another text in the place of its worst response."""
        parent = work.parent
        old = parent.response(worst(parent)[0])
        prompt = render(
            self.name,
            conversation=conversation_of(parent),
            response=old.text,
            better=parent.response(best(parent)[0]).text,
            criterion=parent.criterion,
        )

        def read(reply: Mapping[str, Any]) -> str:
            text = read_response(reply, other_than=old.text, bounds=BOUNDS)
            if any(text == each.text for each in parent.responses):
                raise UnusableReply('"response": is another response of the task', "nothing changed")
            return text

        text = await work.author("evolve", prompt, read)
        new = replace(old, text=text, source=f"{PREFIX}{self.name}")
        responses = tuple(new if each.id == old.id else each for each in parent.responses)
        task = replace(parent, responses=responses)
        gates: tuple[Gate, ...] = (Gate("only_the_worse_response", task.messages == parent.messages, {"id": old.id}),)
        if work.panel.judges and (await work.prover.label(task)).holds:
            votes = await compare(work, parent, text, old.text, LOOKS)
            gates = (*gates, agree("judges_find_it_better_looking", votes, "one"))
        return Finished(task, gates, "machine")

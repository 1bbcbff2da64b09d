"""A good response made worse by one named criterion, all else kept; the better of the two is the one that was there.

Altering. A machine shows what was kept (question, the better response, most words, layout, about the length); judges of
other families must find the original better by that criterion, and see no difference by the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .....benchmarks import BadInput, CodeTask
from .....benchmarks.preference import PreferenceTask
from ....preferences.making import Written, ranked
from ....preferences.protocol import PreferenceCandidate
from ....preferences.shapes import shape_of
from ....preferences.standing import best
from ....protocol import Gate, NotApplicable
from ...protocol import Rendered, UnusableReply
from ..criteria import CRITERIA, Criterion
from ..evidence import compared, unjudged
from ..protocol import Draft, Drawing, Kind, Question, Round, Asking
from ..surface import kept_share, layout_gate, length_gate
from ..talk import conversation_of, must_differ, render, require_short, require_upright, response_in

LEAST_CHARACTERS = 80
LEAST_KEPT = 0.4


class RubricDegrade(Asking):
    """See the module's docstring. criterion: None draws one for each proposal."""

    version = "1"
    kind: Kind = "altering"

    def __init__(self, criterion: str | None = None) -> None:
        self._criterion = criterion
        self.name = "rubric_degrade" if criterion is None else f"rubric_degrade:{criterion}"

    @classmethod
    def set_to(cls, text: str) -> RubricDegrade:
        """``rubric_degrade:clarity``; BadInput for a criterion that is not known."""
        if text not in CRITERIA:
            raise BadInput(f"rubric_degrade:{text[:40]}: the criterion must be one of {', '.join(CRITERIA)}")
        return cls(text)

    def describe(self) -> str:
        """One line for people."""
        return "a good response made worse by one named criterion; judges must see that and nothing else"

    def applies(self, parent: PreferenceTask) -> None:
        """Prose that is long enough to have something to lose."""
        require_short(parent)
        require_upright(parent)
        text = _original(parent)
        if shape_of(text) != "prose":
            raise NotApplicable("the best response is no prose")
        if len(text) < LEAST_CHARACTERS:
            raise NotApplicable(f"the best response has fewer than {LEAST_CHARACTERS} characters")

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """Shows the conversation and the best response."""
        chosen, text = self._chosen(seed), _original(parent)
        low, high = (round(len(text) * share) for share in chosen.shares)
        return render(
            "rubric_degrade",
            conversation=conversation_of(parent),
            response=text,
            criterion=chosen.criterion,
            worsen=chosen.worsen,
            others=[CRITERIA[name].criterion for name in chosen.others],
            least=low,
            most=high,
        )

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The worse text."""
        return {"response": response_in(replies[-1]), "criterion": self._chosen(seed).name}

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """Within the bounds that were asked for."""
        old, new = _original(parent), draft["response"]
        if draft["criterion"] != self._chosen(seed).name:
            raise UnusableReply("the criterion is not the one that was drawn", "criterion")
        must_differ(new, old, "response")
        gate = length_gate(new, old, *self._chosen(seed).shares)
        if not gate.holds:
            low, high = (round(len(old) * share) for share in self._chosen(seed).shares)
            raise UnusableReply(f'"response": has {len(new)} characters; it must have from {low} to {high}', "length")

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The original beside the worse text, by the criterion."""
        chosen = CRITERIA[draft["criterion"]]
        source = parent.response(best(parent)[0]).source
        tiers = [
            [Written(_original(parent), source)],
            [Written(draft["response"], f"rubric_degrade of {source or 'a response'}")],
        ]
        task = ranked(parent, tiers, Drawing(seed).named("order"), unjudged, criterion=chosen.criterion)
        return [PreferenceCandidate(task, (parent,), {"criterion": chosen.name})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """What was kept."""
        (parent,) = parents
        chosen = CRITERIA.get(str(parameters.get("criterion")))
        if chosen is None or [len(tier) for tier in task.ranking] != [1, 1]:
            return (Gate("criterion", False, {}),)
        better, worse = (task.response(tier[0]).text for tier in task.ranking)
        kept = round(kept_share(worse, better), 3)
        return (
            Gate("same_question", task.messages == parent.messages, {}),
            Gate("criterion", task.criterion == chosen.criterion, {"criterion": chosen.name}),
            Gate("best_response_kept", better in {parent.response(name).text for name in best(parent)}, {}),
            length_gate(worse, better, *chosen.shares),
            layout_gate(worse, better),
            Gate("rest_kept", chosen.name == "clarity" or kept >= LEAST_KEPT, {"share": kept, "least": LEAST_KEPT}),
        )

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """First whether it is worse by the criterion; then whether it is as good by the others."""
        chosen = CRITERIA[draft["criterion"]]
        better, worse = (task.response(tier[0]).text for tier in task.ranking)

        def asked(criterion: Criterion) -> PreferenceTask:
            return compared(task, better, worse, criterion.criterion)

        return (
            (Question(f"worse_{chosen.name}", "better", asked(chosen)),),
            [Question(f"same_{name}", "no_difference", asked(CRITERIA[name])) for name in chosen.others],
        )

    def _chosen(self, seed: int) -> Criterion:
        names = sorted(CRITERIA)
        return CRITERIA[self._criterion or Drawing(seed).named("criterion").choice(names)]


def _original(parent: PreferenceTask) -> str:
    return parent.response(best(parent)[0]).text

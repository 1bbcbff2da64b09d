"""One named criterion of a good response is worsened, all else kept: the original is the better one by that criterion.

Judges show it: they prefer the original by that criterion and see no difference by the others, so that a reply which
worsens two things at once, or none, falls out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...preferences.making import Written, ranked
from ...preferences.programs_in import RUN
from ...preferences.proofs import kind_of
from ...preferences.shapes import shape_of
from ...preferences.standing import best
from ...preferences.structure import structural_gates
from ..drafting import Rejected
from ..templates import render
from .judges import agree, compare
from .protocol import Finished, Kind, NotApplicable
from .registry import PREFIX
from .texts import conversation_of, judged_proof, read_response
from .work import Work

RUBRIC: Mapping[str, str] = {
    "accuracy": "accuracy: what the response says is true, and nothing in it is made up",
    "completeness": "completeness: the response covers everything that the question asks for",
    "clarity": "clarity: a reader follows the response easily, in its order and its words",
    "relevance": "relevance: everything in the response is about the question",
}
"""By name, the criterion in the words in which author and judges are told it."""
MIN_WORDS = 15
BOUNDS = (0.75, 1.25)
"""Words for each word of the original: the length must not give the worse one away."""


@dataclass(frozen=True, slots=True)
class RubricDegrade:
    """See the module's docstring."""

    name: str = "rubric_degrade"
    version: str = "1"
    kind: Kind = "altering"
    asks: int = 2
    comparisons: int = len(RUBRIC)

    def describe(self) -> str:
        """One line for people."""
        return "one named criterion of a good response is worsened, and nothing else; judges show that it is so"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable to programs, to data, and to responses of a few words."""
        if kind_of(task) in RUN:
            raise NotApplicable("its responses are programs; their faults are shown by tests")
        text = task.response(best(task)[0]).text
        if shape_of(text) == "data":
            raise NotApplicable("its response is data")
        if len(text.split()) < MIN_WORDS:
            raise NotApplicable(f"its response has fewer than {MIN_WORDS} words")

    async def develop(self, work: Work) -> Finished:
        """The original and the worsened response, ranked by the criterion."""
        parent, rng = work.parent, work.rng
        original = parent.response(best(parent)[0])
        name = rng.choice(sorted(RUBRIC))
        others = [each for each in RUBRIC if each != name]
        prompt = render(
            self.name,
            conversation=conversation_of(parent),
            response=original.text,
            criterion=RUBRIC[name],
            others=[RUBRIC[each] for each in others],
        )

        def read(reply: Mapping[str, Any]) -> str:
            return read_response(reply, ("response", "changed"), other_than=original.text, bounds=BOUNDS)

        worse = await work.author("evolve", prompt, read)
        votes = await compare(work, parent, original.text, worse, RUBRIC[name])
        task = ranked(
            parent,
            [[Written(original.text, original.source)], [Written(worse, f"{PREFIX}{self.name}")]],
            rng,
            lambda _: judged_proof(votes),
            criterion=RUBRIC[name],
        )
        gates = [agree("judges_prefer", votes, "one")]
        if not gates[0].holds or not all(gate.holds for gate in structural_gates(task, (parent,))):
            return Finished(task, tuple(gates), "judges")
        for other in others:
            found = await compare(work, parent, original.text, worse, RUBRIC[other])
            gates.append(agree(f"no_difference_by_{other}", found, "tie"))
            if not gates[-1].holds:
                raise Rejected("gate no_difference", f"judges see another difference than {name}, too: by {other}")
        return Finished(task, tuple(gates), "judges")

"""A critic's evolution: an attempt, a critique, and an improved attempt, which is the better one (CodeFavor, 2024).

Where the task has tests, they decide: the attempt fails and the improved one passes. Else judges do, by the task's own
criterion. Where the critic finds the attempt good enough, or it passes the tests, there is no task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask, Response
from ...preferences.making import Tiered, Written, ranked
from ...preferences.programs_in import RUN
from ...preferences.proofs import is_inverted, kind_of
from ...preferences.solutions import Coded, coded, solution_in, tests_proof
from ..drafting import Rejected
from ..fields import check_known, text_of
from ..protocol import UnusableReply
from ..templates import render
from .judges import agree, compare
from .protocol import Finished, Kind, NotApplicable
from .registry import PREFIX
from .texts import conversation_of, judged_proof, read_response
from .work import Work

_MAX_CRITIQUE = 4_000


@dataclass(frozen=True, slots=True)
class CriticEvol:
    """See the module's docstring."""

    name: str = "critic_evol"
    version: str = "1"
    kind: Kind = "altering"
    asks: int = 4
    comparisons: int = 1

    def describe(self) -> str:
        """One line for people."""
        return "an attempt and the one improved after a critique; tests decide where there are any, else judges"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable where the criterion asks for the worse response, or tests of programs are not to be had."""
        if is_inverted(task):
            raise NotApplicable("the criterion is inverted already")
        if kind_of(task) in RUN:
            coded(task)

    async def develop(self, work: Work) -> Finished:
        """Attempt and improved attempt, ranked."""
        parent = work.parent
        tests = coded(parent) if kind_of(parent) in RUN else None
        shown: dict[str, Any] = {"conversation": conversation_of(parent), "criterion": parent.criterion}
        attempt = await work.author("evolve", render("critic_attempt", **shown), read_response)
        if tests is not None and await _passes(work, tests, attempt):
            raise NotApplicable("good enough: the attempt passes the tests")
        critique = await work.author(
            "critique", render("critic_critique", **shown, response=attempt), lambda reply: _critique(reply)
        )
        if not critique:
            raise NotApplicable("good enough: the critic has nothing to object to in the attempt")
        asked = render("critic_improve", **shown, response=attempt, critique=critique)
        improved = await work.author("improve", asked, lambda reply: read_response(reply, other_than=attempt))
        source = f"{PREFIX}{self.name}"
        tiers = [[Written(improved, source)], [Written(attempt, source)]]
        if tests is not None:
            task = ranked(parent, tiers, work.rng, lambda names: _tested(tests, names))
            return Finished(task, (), "machine")
        votes = await compare(work, parent, improved, attempt, parent.criterion)
        task = ranked(parent, tiers, work.rng, lambda _: judged_proof(votes))
        return Finished(task, (agree("judges_prefer", votes, "one"),), "judges")


def _tested(tests: Coded, names: Tiered) -> Any:
    (better,), (worse,) = names
    return tests_proof(tests.entry_point, tests.tests, {better: True, worse: False})


async def _passes(work: Work, tests: Coded, text: str) -> bool:
    try:
        attempt = solution_in(Response("attempt", text), tests.entry_point)
    except NotApplicable as error:
        raise Rejected("no program", f"the attempt holds no program: {error}") from error
    return (await work.passing([attempt]))[0]


def _critique(reply: Mapping[str, Any]) -> str:
    """What is to be improved; "" where the attempt is good enough."""
    check_known(reply, ("good_enough", "critique"))
    enough = reply.get("good_enough")
    if not isinstance(enough, bool):
        raise UnusableReply('"good_enough": expected true or false', "wrong type")
    return "" if enough else text_of(reply, "critique", 10, _MAX_CRITIQUE)

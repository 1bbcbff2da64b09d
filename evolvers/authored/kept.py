"""What the certificate of an authored task keeps of its models: read as the untrusted data that it is, and handed out
in their stead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import canonical_json
from ...benchmarks.plain import PlainError, decode_items
from ...harness.endpoint.api import RequestRefused
from ..protocol import Executed, Rows
from .calls import Answer, Call, Member, Panel, Role
from .clarifying import Clarification
from .developing import Settings
from .drafting import Rejected
from .protocol import Draft, Rendered
from .solving import Solution, members_in_turn

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, PlainError)
"""What reading a certificate of another shape raises."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a certificate keeps, read."""

    draft: Draft
    extra: Rows
    said: tuple[Clarification, ...]
    solutions: tuple[Solution, ...]
    parent_solutions: tuple[Solution, ...]
    panel: Panel
    calls: tuple[Call, ...]
    settings: Settings


class Stored:
    """What a certificate keeps, as a source: nobody is asked."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @property
    def panel(self) -> Panel:
        """Who was asked."""
        return self._kept.panel

    async def draft(self) -> Draft:
        """The author's."""
        return self._kept.draft

    async def more_inputs(self, draft: Draft, places: Sequence[str]) -> Rows:
        """Those that were given."""
        return self._kept.extra

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """Those of the last round."""
        return list(self._kept.solutions)

    async def parent_solutions(self, parent: CodeTask) -> list[Solution]:
        """Those that were given."""
        return list(self._kept.parent_solutions)

    def said_before(self) -> tuple[Clarification, ...]:
        """All that was said."""
        return self._kept.said

    async def clarify(self, draft: Draft, row: Executed, others: Sequence[Executed]) -> Clarification:
        """Nothing more was said."""
        raise Rejected("ambiguous", "the solutions that the certificate keeps do not agree")


class Canned:
    """An asker that hands out the replies that a certificate's calls name."""

    def __init__(self, calls: Sequence[Call], texts: Mapping[str, str]) -> None:
        self._calls, self._texts = list(calls), texts

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """The reply to the next call of that purpose, member and repetition."""
        for call in self._calls:
            if (call.role, call.purpose, call.model, call.epoch) == (role, purpose, member.model, epoch):
                self._calls.remove(call)
                return Answer(self._texts[call.reply_digest], call, cached=True)
        if role == "solver":
            raise RequestRefused("the certificate names no reply")
        raise Rejected("replies", f"the certificate names no call with the purpose {purpose}")

    @property
    def left(self) -> int:
        """Calls that nobody asked for."""
        return len(self._calls)


def contradictions(kept: Kept) -> list[str]:
    """Where a certificate contradicts itself on who said what."""
    problems = []
    replies = Counter((call.model, call.reply_digest) for call in kept.calls if call.role == "solver")
    solutions = (*kept.solutions, *kept.parent_solutions)
    # each is a reply of its own: two that say the same come of two calls
    told = Counter((each.member.model, each.reply_digest) for each in solutions if each.reply_digest)
    if told - replies:
        problems.append("gate calls does not hold: a solution comes from no call that the certificate names")
    turns = [member for member, _ in members_in_turn(kept.panel, kept.settings.solutions)]
    for group in (kept.solutions, kept.parent_solutions):
        members = [(each.member.model, each.member.family) for each in group]
        if group and members != [(each.model, each.family) for each in turns]:
            problems.append("gate calls does not hold: the solutions are not those of the panel's solvers in turn")
    families = {(member.model, member.family) for member in (kept.panel.author, *kept.panel.solvers)}
    if any((call.model, call.family) not in families for call in kept.calls):
        problems.append("gate calls does not hold: a call went to somebody outside of the panel")
    if not any(call.purpose == "evolve" for call in kept.calls):
        problems.append("gate calls does not hold: nobody was asked for a draft")
    return problems


def read_kept(stored: Mapping[str, Any]) -> Kept:
    """What a certificate keeps; one of UNREADABLE where it is of another shape, or contradicts itself in numbers."""
    canonical_json(stored)  # JSON as Python reads it knows Infinity and NaN, and no digest is made of these
    settings = Settings(int(stored["settings"]["solutions"]), int(stored["settings"]["clarifications"]))
    author, *solvers = (
        Member(str(each["model"]), "", str(each["family"]))
        for each in (stored["panel"]["author"], *stored["panel"]["solvers"])
    )
    panel = Panel(author, tuple(solvers))
    if stored["panel"]["independent"] is not panel.independent or not solvers:
        raise ValueError("the panel is not as independent as it says")
    kept = Kept(
        draft=Draft.from_json(stored["draft"]),
        extra=tuple(tuple(decode_items(args, 0)) for args in stored["further_inputs"]),
        said=tuple(map(Clarification.from_json, stored["clarifications"])),
        solutions=tuple(map(_solution, stored["solutions"])),
        parent_solutions=tuple(map(_solution, stored["parent_solutions"])),
        panel=panel,
        calls=tuple(map(Call.from_json, stored["calls"])),
        settings=settings,
    )
    if len(kept.solutions) != settings.solutions or len(kept.said) > settings.clarifications:
        raise ValueError("the number of solutions or clarifications is not the one that was set")
    return kept


def _solution(data: Mapping[str, Any]) -> Solution:
    program, unusable = str(data["program"]), str(data.get("unusable", ""))
    if bool(program) == bool(unusable):
        raise ValueError("a solution is a program, or there is a reason why it is none")
    member = Member(str(data["model"]), "", str(data["family"]))
    return Solution(member, program, unusable, str(data["reply_digest"]))

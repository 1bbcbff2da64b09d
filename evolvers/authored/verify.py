"""Verifying authored tasks without any model: each is made again from its certificate's draft and solutions, and from
its parents; every program is run again, every gate computed again, and all of it compared.

With the store of replies it is also checked that the calls that a certificate names got these replies, and that draft,
clarifications and solutions are what the replies say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.jsonio import text_digest
from ...benchmarks.plain import PlainError, decode_items
from ...harness.endpoint.api import RequestRefused
from ...harness.sandbox.api import Sandbox
from ..certificate import differences
from ..observe import Progress
from ..protocol import Executed, Observation, Rows
from .calls import Answer, Call, Member, Panel, Role
from .certificate import ENVIRONMENT, KIND, certificate_of, lineage_of
from .clarifying import Clarification
from .developing import Developed, Settings, Source, Subject, develop, settle
from .drafting import Rejected
from .lineages import observe_apart, operator_of
from .pipeline import FAULTS, tags_of
from .protocol import Draft, Hints, Rendered
from .solving import Solution, members_in_turn
from .sources import Live
from .twins import Twins

Failure = tuple[str, str]
"""A task's id, and what does not hold."""
_READS = (KeyError, TypeError, ValueError, AttributeError, PlainError)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a certificate keeps, read."""

    draft: Draft
    extra: Rows
    said: tuple[Clarification, ...]
    solutions: tuple[Solution, ...]
    parent_solutions: tuple[Solution, ...]
    panel: Panel
    calls: tuple[Call, ...]
    settings: Settings


def verify_authored(
    suite: Suite,
    tasks: Sequence[CodeTask],
    sandbox: Sandbox,
    progress: Progress,
    replies: Path | None = None,
    failed: Collection[str] = (),
) -> list[Failure]:
    """Every failure of these tasks of a suite, whose lineages were found in order.

    failed: tasks that are known not to hold; what descends from them does not either. InfraError when the sandbox
    fails. BadInput when there is no such store of replies.
    """
    texts = None if replies is None else replies_in(replies)
    check = _Check(suite, sandbox, progress, texts, failed)
    # a task that others were made of stands among the tasks and among the ancestors: it is no duplicate of itself
    each = {(task.id, task.digest, repr(task.lineage)): task for task in tasks}
    for task in sorted(each.values(), key=lambda task: task.lineage.depth if task.lineage else 0):
        check.task(task)
        progress("candidates", 1)
    return check.failures


def replies_in(path: Path) -> dict[str, str]:
    """Every reply of a store, by its digest."""
    from .store import entries  # whoever verifies without one needs no database

    texts = [reply.text for kept in entries(path) for reply in kept.response.replies]
    return {text_digest(text): text for text in texts}


class _Check:
    """The state of one verification."""

    def __init__(
        self,
        suite: Suite,
        sandbox: Sandbox,
        progress: Progress,
        texts: Mapping[str, str] | None,
        failed: Collection[str],
    ) -> None:
        self._suite, self._sandbox, self._progress, self._texts = suite, sandbox, progress, texts
        self._known = {task.id: task for task in suite.ancestors}
        self._observed: dict[str, Observation] = {}
        self._twins = Twins(sandbox)
        self._failed = set(failed)
        self.failures: list[Failure] = []

    def task(self, task: CodeTask) -> None:
        """Check one task, after those that it descends from."""
        for problem in self._problems(task):
            self._failed.add(task.id)
            self.failures.append((task.id, problem))

    def _problems(self, task: CodeTask) -> list[str]:
        lineage = task.lineage
        assert lineage is not None
        if self._failed & set(lineage.parents):
            return ["a parent's certificate does not hold"]
        stored = self._suite.certificates.get(task.id)
        if not isinstance(stored, dict) or stored.get("made_by") != KIND:
            return ["there is no certificate of a task that a model wrote"]
        try:
            kept = _read(stored)
        except _READS as error:
            return [f"the certificate cannot be read ({type(error).__name__}: {one_line(str(error))})"]
        parents = tuple(self._known[parent] for parent in lineage.parents)
        subject = Subject(operator_of(lineage.operator), parents, self._seen(parents), lineage.seed)
        problems = _unlike_calls(kept)
        found = Developed(subject)
        try:
            made = asyncio.run(self._made_again(found, Stored(kept), kept.settings))
        except Rejected as rejected:
            return [*problems, f"gate {rejected.reason} does not hold: {one_line(rejected.said)}"]
        except FAULTS as error:
            return [*problems, f"the certificate proves nothing ({type(error).__name__}: {one_line(str(error))})"]
        problems += self._compared(task, made, found, kept, stored)
        self._twins.add(task, found.evidence.functional_hash if found.evidence else None)
        if self._texts is not None:
            problems += asyncio.run(_from_replies(subject, kept, stored, self._texts, self._sandbox))
        return problems

    def _seen(self, parents: Sequence[CodeTask]) -> tuple[Observation, ...]:
        new = [parent for parent in parents if parent.digest not in self._observed]
        found = observe_apart(new, self._sandbox, self._progress)
        self._observed.update(found)
        for parent in new:
            self._twins.add_observed(parent, found[parent.digest])
        return tuple(self._observed[parent.digest] for parent in parents)

    async def _made_again(self, found: Developed, source: Source, settings: Settings) -> CodeTask:
        await develop(found, source, settings, self._sandbox)
        return await settle(found, self._twins)

    def _compared(
        self, task: CodeTask, made: CodeTask, found: Developed, kept: _Kept, stored: dict[str, Any]
    ) -> list[str]:
        if made.digest != task.digest:
            fields = ("prompt", "form", "entry_point", "reference", "tests", "time_limit_s")
            changed = [name for name in fields if getattr(made, name) != getattr(task, name)]
            return [f"made again, the task is another one: {', '.join(changed)} differ"]
        assert task.lineage is not None
        problems = []
        calls = [call.to_json() for call in kept.calls]
        lineage = lineage_of(found, task.lineage.parameters, stored["panel"], calls, kept.settings)
        if lineage.to_json() != task.lineage.to_json():
            old, new = task.lineage.to_json(), lineage.to_json()
            names = [name for name in new["parameters"] if new["parameters"][name] != old["parameters"].get(name)]
            problems.append(f"the lineage is not what the certificate gives: {', '.join(names) or 'fields differ'}")
        if task.tags != tags_of(kept.panel.independent):
            problems.append("made again, the task has other tags")
        again = certificate_of(found, task, stored["panel"], calls, kept.settings, self._sandbox.info)
        return problems + differences(stored, again, ENVIRONMENT)


class Stored:
    """What a certificate keeps, as a source: nobody is asked."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    @property
    def panel(self) -> Panel:
        """Who was asked."""
        return self._kept.panel

    async def draft(self) -> Draft:
        """The author's."""
        return self._kept.draft

    async def more_inputs(self, draft: Draft) -> Rows:
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


async def _from_replies(
    subject: Subject, kept: _Kept, stored: Mapping[str, Any], texts: Mapping[str, str], sandbox: Sandbox
) -> list[str]:
    """What does not follow from the replies."""
    missing = sum(call.reply_digest not in texts for call in kept.calls)
    if missing:
        return [f"gate replies does not hold: the store lacks {missing} of {len(kept.calls)} replies"]
    asker = Canned(kept.calls, texts)
    found = Developed(subject)
    try:
        await develop(found, Live(subject, Hints(), kept.panel, asker, kept.settings), kept.settings, sandbox)
    except Rejected as rejected:
        return [f"gate replies does not hold: the replies give {rejected.reason}: {one_line(rejected.said)}"]
    except FAULTS as error:
        return [f"gate replies does not hold: the replies cannot be read ({type(error).__name__})"]
    other = [
        name
        for name, made, old in (
            ("draft", found.draft, kept.draft),
            ("further inputs", found.extra, kept.extra),
            ("clarifications", tuple(found.said), kept.said),
            ("solutions", _said(found.solutions), _said(kept.solutions)),
            ("parent's solutions", _said(found.parent_solutions), _said(kept.parent_solutions)),
        )
        if made != old
    ]
    if asker.left:
        other.append(f"{asker.left} calls that nobody made")
    return [f"gate replies does not hold: the replies do not give these: {', '.join(other)}"] if other else []


def _said(solutions: Sequence[Solution]) -> list[Any]:
    return [solution.to_json() for solution in solutions]


def _unlike_calls(kept: _Kept) -> list[str]:
    """Where a certificate contradicts itself on who said what."""
    problems = []
    replies = {(call.model, call.reply_digest) for call in kept.calls if call.role == "solver"}
    for solution in (*kept.solutions, *kept.parent_solutions):
        if solution.reply_digest and (solution.member.model, solution.reply_digest) not in replies:
            problems.append("gate calls does not hold: a solution comes from no call that the certificate names")
            break
    turns = [member for member, _ in members_in_turn(kept.panel, kept.settings.solutions)]
    for solutions in (kept.solutions, kept.parent_solutions):
        members = [(each.member.model, each.member.family) for each in solutions]
        if solutions and members != [(each.model, each.family) for each in turns]:
            problems.append("gate calls does not hold: the solutions are not those of the panel's solvers in turn")
    families = {(member.model, member.family) for member in (kept.panel.author, *kept.panel.solvers)}
    if any((call.model, call.family) not in families for call in kept.calls):
        problems.append("gate calls does not hold: a call went to somebody outside of the panel")
    if not any(call.purpose == "evolve" for call in kept.calls):
        problems.append("gate calls does not hold: nobody was asked for a draft")
    return problems


def _read(stored: Mapping[str, Any]) -> _Kept:
    settings = Settings(int(stored["settings"]["solutions"]), int(stored["settings"]["clarifications"]))
    author, *solvers = (
        Member(str(each["model"]), "", str(each["family"]))
        for each in (stored["panel"]["author"], *stored["panel"]["solvers"])
    )
    panel = Panel(author, tuple(solvers))
    if stored["panel"]["independent"] is not panel.independent or not solvers:
        raise ValueError("the panel is not as independent as it says")
    kept = _Kept(
        draft=Draft.from_json(stored["draft"]),
        extra=tuple(tuple(decode_items(args, 0)) for args in stored["further_inputs"]),
        said=tuple(map(Clarification.from_json, stored["clarifications"])),
        solutions=tuple(map(_solution, stored["solutions"])),
        parent_solutions=tuple(map(_solution, stored["parent_solutions"])),
        panel=panel,
        calls=tuple(Call(**call) for call in stored["calls"]),
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


def one_line(text: str) -> str:
    """The beginning of an untrusted text, in one line."""
    return " ".join(text.split())[:160]


def operator_problem(task: CodeTask) -> str | None:
    """Why a task's operator cannot have made it here, or None."""
    assert task.lineage is not None
    try:
        operator = operator_of(task.lineage.operator)
    except BadInput as error:
        return str(error)
    if operator.version != task.lineage.operator_version:
        made = task.lineage.operator_version[:20]
        return f"made by version {made} of {operator.name}; version {operator.version} is installed"
    return None

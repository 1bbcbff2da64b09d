"""Verifying preference tasks that a model wrote, without any model: each is made again from its certificate's draft,
verdicts and solutions; every label is proven again, every program run again, the judges' verdicts counted again.

With the store of replies it is also checked that draft, verdicts and solutions are what the replies say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....benchmarks import CodeTask
from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceSuite, PreferenceTask
from ....harness.endpoint.api import RequestRefused
from ....harness.sandbox.api import Sandbox
from ...observe import Progress
from ...preferences.certificate import differences
from ...preferences.labels import Labels
from ...protocol import Gate, NotApplicable
from ..calls import Answer, Call, Member, OutOfBudget, Panel, Role
from ..drafting import Rejected
from ..protocol import Rendered
from ..solving import Solution, members_in_turn
from .certificate import KIND, certificate_of, local_label, panel_json, parameters_of
from .developing import Live, Source, Subject, Work, independent, placed, settled, witnessed, written
from .jury import Ballot, jury_of
from .nearness import Near, new_part
from .pipeline import made_task
from .protocol import Draft, ModelPreferenceOperator, Question

Fail = Callable[[PreferenceTask, str], None]
_READS = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Told:
    """A reply of a store."""

    text: str
    finish_reason: str | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a certificate keeps, read."""

    draft: Draft
    ballots: tuple[Ballot, ...]
    solutions: tuple[Solution, ...]
    panel: Panel
    calls: tuple[Call, ...]
    count: int
    choice: int


class Stored:
    """What a certificate keeps, as a source: nobody is asked."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    async def draft(self) -> Draft:
        """The author's."""
        return self._kept.draft

    async def ballots(self, question: Question, judges: Sequence[Member]) -> list[Ballot]:
        """Those of these judges."""
        found = {(each.model, each.family): each for each in self._kept.ballots if each.key == question.key}
        places = [(judge.model, judge.family) for judge in judges]
        return [found[place] for place in places if place in found]

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """Those that were given."""
        return list(self._kept.solutions)


class Canned:
    """An asker that hands out the replies that a certificate's calls name."""

    def __init__(self, calls: Sequence[Call], told: Mapping[str, Told]) -> None:
        self._calls, self._told = list(calls), told

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """The reply to the next call of that role, purpose, member, prompt and repetition."""
        wanted = (role, purpose, member.model, prompt.template, prompt.version, epoch)
        for call in self._calls:
            if (call.role, call.purpose, call.model, call.template, call.template_version, call.epoch) == wanted:
                self._calls.remove(call)
                reply = self._told[call.reply_digest]
                return Answer(reply.text, call, reply.finish_reason, cached=True)
        if role == "author":
            raise Rejected("replies", f"the certificate names no call with the purpose {purpose}")
        raise RequestRefused("the certificate names no reply")

    @property
    def left(self) -> int:
        """Calls that nobody asked for."""
        return len(self._calls)


def replies_in(path: Path) -> dict[str, Told]:
    """Every reply of a store, by its digest."""
    from ..store import entries  # whoever verifies without one needs no database

    replies = [reply for kept in entries(path) for reply in kept.response.replies]
    return {text_digest(reply.text): Told(reply.text, reply.finish_reason) for reply in replies}


class Verifier:
    """Verifies tasks of one suite. told: the replies to check against, None for none; labels: of the ancestors."""

    def __init__(
        self,
        suite: PreferenceSuite,
        known: Mapping[str, PreferenceTask],
        labels: Mapping[str, Gate],
        prover: Labels,
        sandbox: Sandbox,
        progress: Progress,
        told: Mapping[str, Told] | None,
    ) -> None:
        self._suite, self._known, self._labels = suite, known, labels
        self._prover, self._sandbox, self._progress, self._told = prover, sandbox, progress, told
        self._near = Near()

    def verify(self, operator: ModelPreferenceOperator, tasks: Sequence[PreferenceTask], fail: Fail) -> None:
        """Make the tasks again, run their proofs again, compare. InfraError when the sandbox fails."""
        for task in tasks:
            for problem in self._problems(operator, task):
                fail(task, problem)
            self._progress("candidates", 1)

    def _problems(self, operator: ModelPreferenceOperator, task: PreferenceTask) -> Iterator[str]:
        lineage, stored = task.lineage, self._suite.certificates.get(task.id)
        assert lineage is not None
        if not isinstance(stored, Mapping) or stored.get("made_by") != KIND:
            yield "gate certificate: there is none of a task that a model wrote"
            return
        try:
            kept = _read(stored, lineage.parameters)
            slot = _whole(lineage.parameters["slot"])
        except _READS as error:
            yield f"gate certificate: it cannot be read ({type(error).__name__}: {str(error)[:80]})"
            return
        parent = self._known[lineage.parents[0]]
        subject = Subject(operator, parent, self._labels[parent.id], lineage.seed, slot)
        try:
            if not subject.label.holds:
                raise NotApplicable("the parent's own label does not hold")
            operator.applies(parent)
        except NotApplicable as error:
            yield f"gate replay: the operator makes nothing of its parent: {error}"
            return
        yield from _contradictions(kept)
        work = self._made_again(subject, Stored(kept), kept)
        if work.end is not None:
            yield _words(work)
            return
        yield from self._compared(task, work, kept, stored)
        if self._told is not None:
            yield from self._from_replies(subject, work, kept)

    def _made_again(self, subject: Subject, source: Source, kept: _Kept) -> Work:
        """All steps, with another source than the panel."""
        work, jury = Work(subject, source), jury_of(kept.panel)
        asyncio.run(written(work))
        placed([work], self._prover, only=kept.choice)
        asyncio.run(witnessed(work, jury, self._sandbox))
        settled([work], jury, self._prover)
        return work

    def _compared(self, task: PreferenceTask, work: Work, kept: _Kept, stored: Mapping[str, Any]) -> Iterator[str]:
        calls = [call.to_json() for call in kept.calls]
        parameters = parameters_of(work, stored["panel"], calls, kept.count)
        made = made_task(work, parameters, task.id, self._suite.name, self._known, kept.panel)
        old, new = task.to_json(), made.to_json()
        changed = [name for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name)]
        if changed:
            yield f"gate replay: made again, the task is another one: {', '.join(changed)} differ"
        if not task.id.endswith(f"-{local_label(work.subject.operator)}-{work.subject.slot}"):
            yield "gate replay: its id is not that of its proposal"
        near = self._near.find(new_part(made, work.subject.parent))
        if near not in (None, task.id):
            yield f"gate near_duplicate: it is nearly the same as {near}"
        self._near.add(task.id, new_part(made, work.subject.parent))
        alone = independent(work, kept.panel)
        found = certificate_of(work, made, stored["panel"], calls, alone, self._sandbox.info)
        for problem in differences(stored, found):
            yield f"gate certificate: {problem}"

    def _from_replies(self, subject: Subject, work: Work, kept: _Kept) -> Iterator[str]:
        """What does not follow from the replies."""
        told = self._told or {}
        missing = sum(call.reply_digest not in told for call in kept.calls)
        if missing:
            yield f"gate replies: the store lacks {missing} of {len(kept.calls)} replies"
            return
        asker = Canned(kept.calls, told)
        again = self._made_again(subject, Live(subject, kept.panel, asker, kept.count), kept)
        if again.end is not None:
            yield f"gate replies: the replies give no such task: {_words(again)}"
            return
        other = [
            name
            for name, made, old in (
                ("draft", dict(again.draft or {}), dict(kept.draft)),
                ("verdicts", again.ballots, work.ballots),
                (
                    "solutions",
                    [each.to_json() for each in again.solutions],
                    [each.to_json() for each in kept.solutions],
                ),
            )
            if made != old
        ]
        if asker.left:
            other.append(f"{asker.left} calls that nobody made")
        if other:
            yield f"gate replies: the replies do not give these: {', '.join(other)}"


def _words(work: Work) -> str:
    end = work.end
    if isinstance(end, OutOfBudget | None):
        return "gate replay: nothing is there"
    return f"{end.reason if end.reason.startswith('gate ') else f'gate {end.reason}'} does not hold: {end.said[:200]}"


def _contradictions(kept: _Kept) -> Iterator[str]:
    """Where a certificate contradicts itself on who said what."""
    jury = jury_of(kept.panel)
    counted = {(judge.model, judge.family) for judge in jury.counted}
    if any((ballot.model, ballot.family) not in counted for ballot in kept.ballots):
        yield "gate calls: a verdict is of nobody whose verdicts count"
    heard = {(call.model, call.reply_digest) for call in kept.calls if call.role == "judge"}
    if any((ballot.model, reply) not in heard for ballot in kept.ballots for reply in ballot.replies):
        yield "gate calls: a verdict comes from no call that the certificate names"
    solved = {(call.model, call.reply_digest) for call in kept.calls if call.role == "solver"}
    if any(each.reply_digest and (each.member.model, each.reply_digest) not in solved for each in kept.solutions):
        yield "gate calls: a solution comes from no call that the certificate names"
    turns = [(member.model, member.family) for member, _ in members_in_turn(kept.panel, kept.count)]
    if kept.solutions and [(each.member.model, each.member.family) for each in kept.solutions] != turns:
        yield "gate calls: the solutions are not those of the panel's solvers in turn"
    everyone = (kept.panel.author, *kept.panel.solvers, *kept.panel.judges)
    families = {(member.model, member.family) for member in everyone}
    if any((call.model, call.family) not in families for call in kept.calls):
        yield "gate calls: a call went to somebody outside of the panel"
    if not any(call.purpose == "evolve" for call in kept.calls):
        yield "gate calls: nobody was asked for a draft"


def _read(stored: Mapping[str, Any], parameters: Mapping[str, Any]) -> _Kept:
    told, jury = stored["panel"], stored["panel"]["jury"]
    author, solvers = _member(told["author"]), tuple(map(_member, told["solvers"]))
    panel = Panel(author, solvers, tuple(map(_member, (*jury["judges"], *jury["excluded"]))))
    draft = stored["draft"]
    if not solvers or not isinstance(draft, dict) or not all(isinstance(text, str) for text in draft.values()):
        raise ValueError("a panel has solvers, and a draft holds texts")
    kept = _Kept(
        draft=draft,
        ballots=tuple(map(Ballot.from_json, stored["ballots"])),
        solutions=tuple(map(_solution, stored["solutions"])),
        panel=panel,
        calls=tuple(Call(**call) for call in stored["calls"]),
        count=_whole(parameters["solutions"]),
        choice=_whole(parameters["choice"]),
    )
    if panel_json(panel, jury_of(panel)) != dict(told):
        raise ValueError("the panel does not say of itself what it is")
    return kept


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise ValueError("expected a whole number")
    return value


def _member(data: Mapping[str, Any]) -> Member:
    return Member(str(data["model"]), "", str(data["family"]))


def _solution(data: Mapping[str, Any]) -> Solution:
    program, unusable = str(data["program"]), str(data.get("unusable", ""))
    if bool(program) == bool(unusable):
        raise ValueError("a solution is a program, or there is a reason why it is none")
    return Solution(_member(data), program, unusable, str(data["reply_digest"]))

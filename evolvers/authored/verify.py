"""Verifying authored tasks without any model: each is made again from its certificate's draft and solutions, and from
its parents; every program is run again, every gate computed again, and all of it compared.

With the store of replies it is also checked that the calls that a certificate names got these replies, and that draft,
clarifications and solutions are what the replies say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, CodeTask, Lineage, Suite
from ...benchmarks.jsonio import text_digest
from ...harness.sandbox.api import Sandbox
from ..certificate import differences
from ..observe import Progress
from ..protocol import Observation
from .certificate import ENVIRONMENT, KIND, certificate_of, lineage_of
from .developing import Developed, Subject, develop, settle
from .drafting import Rejected
from .kept import UNREADABLE, Canned, Kept, Stored, contradictions, read_kept
from .lineages import observe_apart, operator_of
from .pipeline import FAULTS, TOGETHER, tags_of
from .planning import PLAN
from .protocol import Hints
from .solving import Solution
from .sources import Live
from .twins import Twins

Failure = tuple[str, str]
"""A task's id, and what does not hold."""


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
    # A task that others were made of stands among the tasks and among the ancestors: it is no duplicate of itself.
    each = {(task.id, task.digest, repr(task.lineage)): task for task in tasks}
    ordered = sorted(each.values(), key=lambda task: lineage_in(task).depth)
    for _, generation in groupby(ordered, key=lambda task: lineage_in(task).depth):
        check.generation(list(generation))
    return check.failures


def lineage_in(task: CodeTask) -> Lineage:
    """The lineage of a task that has one."""
    assert task.lineage is not None
    return task.lineage


def replies_in(path: Path) -> dict[str, str]:
    """Every reply of a store, by its digest."""
    from .store import entries  # whoever verifies without one needs no database

    texts = [reply.text for kept in entries(path) for reply in kept.response.replies]
    return {text_digest(text): text for text in texts}


@dataclass
class _Claim:
    """A task that can be made again. problems: what does not hold of it."""

    task: CodeTask
    stored: dict[str, Any]
    kept: Kept
    found: Developed
    problems: list[str] = field(default_factory=list)


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

    def generation(self, tasks: Sequence[CodeTask]) -> None:
        """Check tasks that do not descend from each other, after those that they descend from."""
        read = [(task, self._kept(task)) for task in tasks]
        self._observe([task for task, kept in read if not isinstance(kept, str)])
        claims = []
        for task, kept in read:
            if isinstance(kept, str):
                self._fail(task, [kept])
            else:
                claims.append(self._claim(task, kept))
        asyncio.run(self._prove(claims))
        for claim in claims:
            self._fail(claim.task, claim.problems)

    def _fail(self, task: CodeTask, problems: Sequence[str]) -> None:
        self.failures += [(task.id, problem) for problem in problems]
        if problems:
            self._failed.add(task.id)

    def _kept(self, task: CodeTask) -> Kept | str:
        """What a task's certificate keeps, or why there is nothing to be proven."""
        if self._failed & set(lineage_in(task).parents):
            return "a parent's certificate does not hold"
        stored = self._suite.certificates.get(task.id)
        if not isinstance(stored, dict) or stored.get("made_by") != KIND:
            return "there is no certificate of a task that a model wrote"
        try:
            return read_kept(stored)
        except UNREADABLE as error:
            return f"the certificate cannot be read ({type(error).__name__}: {one_line(str(error))})"

    def _observe(self, tasks: Sequence[CodeTask]) -> None:
        parents = {self._known[name].digest: self._known[name] for task in tasks for name in lineage_in(task).parents}
        new = [parent for digest, parent in parents.items() if digest not in self._observed]
        found = observe_apart(new, self._sandbox, self._progress)
        self._observed.update(found)
        for parent in new:
            self._twins.add_observed(parent, found[parent.digest])

    def _claim(self, task: CodeTask, kept: Kept) -> _Claim:
        lineage = lineage_in(task)
        parents = tuple(self._known[name] for name in lineage.parents)
        observed = tuple(self._observed[parent.digest] for parent in parents)
        found = Developed(Subject(operator_of(lineage.operator), parents, observed, lineage.seed))
        return _Claim(task, dict(self._suite.certificates[task.id]), kept, found, contradictions(kept))

    async def _prove(self, claims: Sequence[_Claim]) -> None:
        """Side by side what stands by itself, then one after the other what depends on others."""
        turns = asyncio.Semaphore(TOGETHER)
        fell = await asyncio.gather(*(self._developed(claim, turns) for claim in claims))
        for claim, problem in zip(claims, fell, strict=True):
            claim.problems += [problem] if problem else await self._settled(claim)
            self._progress("certificates", 1)

    async def _developed(self, claim: _Claim, turns: asyncio.Semaphore) -> str:
        async with turns:
            try:
                await develop(claim.found, Stored(claim.kept), claim.kept.settings, self._sandbox)
                return ""
            except Rejected as rejected:
                return f"gate {rejected.reason} does not hold: {one_line(rejected.said)}"
            except FAULTS as error:
                return f"the certificate proves nothing ({type(error).__name__}: {one_line(str(error))})"

    async def _settled(self, claim: _Claim) -> list[str]:
        found = claim.found
        try:
            made = await settle(found, self._twins)
        except Rejected as rejected:
            return [f"gate {rejected.reason} does not hold: {one_line(rejected.said)}"]
        problems = list(self._differences(claim, made))
        self._twins.add(claim.task, found.evidence.functional_hash if found.evidence else None)
        if self._texts is not None:
            problems += await _from_replies(found.subject, claim.kept, self._texts, self._sandbox)
        return problems

    def _differences(self, claim: _Claim, made: CodeTask) -> Iterator[str]:
        """Where the task, its lineage or its certificate are not what was made again."""
        task, kept, stored = claim.task, claim.kept, claim.stored
        if made.digest != task.digest:
            fields = ("prompt", "form", "entry_point", "reference", "tests", "time_limit_s")
            changed = [name for name in fields if getattr(made, name) != getattr(task, name)]
            yield f"made again, the task is another one: {', '.join(changed)} differ"
            return
        calls = [call.to_json() for call in kept.calls]
        old = lineage_in(task).to_json()
        new = lineage_of(claim.found, old["parameters"], stored["panel"], calls, kept.settings).to_json()
        if old != new:
            names = {*old["parameters"], *new["parameters"]}
            told = sorted(name for name in names if old["parameters"].get(name) != new["parameters"].get(name))
            yield f"the lineage is not what the certificate gives: {one_line(', '.join(told)) or 'fields differ'}"
        if task.tags != tags_of(kept.panel.independent):
            yield "made again, the task has other tags"
        again = certificate_of(claim.found, task, stored["panel"], calls, kept.settings, self._sandbox.info)
        yield from differences(stored, again, ENVIRONMENT)


async def _from_replies(subject: Subject, kept: Kept, texts: Mapping[str, str], sandbox: Sandbox) -> list[str]:
    """What does not follow from the replies."""
    missing = sum(call.reply_digest not in texts for call in kept.calls)
    if missing:
        return [f"gate replies does not hold: the store lacks {missing} of {len(kept.calls)} replies"]
    asker = Canned(kept.calls, texts)
    found = Developed(subject)
    # what else the author was told changes no call that is made
    hints = Hints(strategy=PLAN) if any(call.purpose == PLAN for call in kept.calls) else Hints()
    try:
        await develop(found, Live(subject, hints, kept.panel, asker, kept.settings), kept.settings, sandbox)
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

"""Preference tasks through models: proposals become drafts, drafts are proven, what is left becomes a suite.

Results come in the order of the proposals, whatever the number of requests in flight. A model's fault rejects its
candidate; an outage, or the end of the budget, rejects nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import PreferenceSuite, PreferenceTask
from ....harness.sandbox.api import Sandbox
from ...observe import Progress
from ...pipeline import MAX_DEPTH, Tally, silent
from ...preferences.depths import Depths
from ...preferences.engine import Evolution, admitted, ancestors_of, local_names
from ...preferences.labels import Labels
from ...protocol import NotApplicable
from ..calls import OutOfBudget, Panel
from ..drafting import Rejected
from ..pipeline import PanelAsker, tags_of
from .certificate import certificate_of, local_label, named, panel_json, parameters_of
from .developing import Live, Subject, Work, independent, placed, settled, witnessed, written
from .jury import jury_of
from .nearness import Near, new_part
from .protocol import ModelPreferenceOperator

TOGETHER = 32
"""Proposals that are developed side by side."""
NEAR = "near_duplicate"
TWICE = "the same task is there already"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of the proposals of one call. ended: why no more was asked, "" where all was."""

    evolution: Evolution | None
    tallies: tuple[Tally, ...]
    ended: str


def evolve_preferences(
    suite: PreferenceSuite,
    operators: Sequence[ModelPreferenceOperator],
    asker: PanelAsker,
    sandbox: Sandbox,
    *,
    seed: int,
    name: str,
    count: int = 1,
    depth: int = MAX_DEPTH,
    solutions: int = 5,
    progress: Progress = silent,
) -> Made:
    """Up to ``count`` new tasks for each task and operator. solutions: blind ones of a task that needs them.

    Where the budget ends, what is proven by then counts. Outages of endpoints and of the sandbox are raised.
    """
    run = _Run(suite, asker, sandbox, seed, name, count, depth, solutions, progress)
    for operator in operators:
        run.proposed(operator)
    run.work()
    tallies = tuple(run.tallies.values())
    if not run.tasks:
        return Made(None, tallies, run.ended)
    ancestors = ancestors_of(run.tasks, run.known)
    certificates = {**suite.certificates, **run.certificates}
    new = PreferenceSuite(
        name=name,
        version=suite.version,
        tasks=tuple(run.tasks),
        description=f"{', '.join(operator.name for operator in operators)} through {asker.panel.author.model} applied to "
        f"{suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates={task.id: certificates[task.id] for task in (*run.tasks, *ancestors) if task.id in certificates},
        evolution={"seed": seed},
    )
    return Made(Evolution(new, tallies), tallies, run.ended)


class _Run:
    """The state of one evolution."""

    def __init__(
        self,
        suite: PreferenceSuite,
        asker: PanelAsker,
        sandbox: Sandbox,
        seed: int,
        name: str,
        count: int,
        depth: int,
        solutions: int,
        progress: Progress,
    ) -> None:
        self._suite, self._asker, self._sandbox = suite, asker, sandbox
        self._seed, self._name, self._count, self._depth = seed, name, count, depth
        self._solutions, self._progress = solutions, progress
        self.known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
        self._locals = local_names(suite)
        self._depths = Depths(suite.ref, self.known)
        self._labels = Labels(sandbox, progress)
        self._shown = dict(zip((task.id for task in suite), self._labels.verified(suite), strict=True))
        self._jury = jury_of(asker.panel)
        self._panel = panel_json(asker.panel, self._jury)
        self._digests = {task.digest for task in self.known.values()}
        self._near = Near()
        self._works: list[Work] = []
        self.tallies: dict[str, Tally] = {}
        self.tasks: list[PreferenceTask] = []
        self.certificates: dict[str, Mapping[str, Any]] = {}
        self.ended = ""

    def proposed(self, operator: ModelPreferenceOperator) -> None:
        """Note an operator's proposals."""
        tally = self.tallies.setdefault(operator.name, Tally(operator.name))
        for parent in self._suite:
            try:
                self._require(operator, parent)
            except NotApplicable as reason:
                tally.refused[str(reason)] += self._count
                continue
            for slot in range(self._count):
                subject = Subject(operator, parent, self._shown[parent.id], self._seed, slot)
                source = Live(subject, self._asker.panel, self._asker, self._solutions)
                self._works.append(Work(subject, source))

    def _require(self, operator: ModelPreferenceOperator, parent: PreferenceTask) -> None:
        if not self._shown[parent.id].holds:
            raise NotApplicable("the task's own label does not hold")
        if operator.kind == "altering" and self._depths.of(parent) >= self._depth:
            raise NotApplicable(f"altered {self._depth} times already")
        operator.applies(parent)

    def work(self) -> None:
        """Develop all proposals, a batch after the other."""
        for works in _batches(self._works):
            self._asker.run(_all(written(work) for work in works))
            placed(works, self._labels)
            self._asker.run(_all(witnessed(work, self._jury, self._sandbox) for work in works))
            settled(works, self._jury, self._labels)
            for work in works:
                self._count_in(work)

    def _count_in(self, work: Work) -> None:
        tally = self.tallies[work.subject.operator.name]
        if isinstance(work.end, OutOfBudget):
            self.ended = self.ended or str(work.end)
            return
        tally.proposed += 1
        reason = work.end.reason if isinstance(work.end, Rejected) else self._old(work)
        self._progress("candidates", 1)
        if reason is not None:
            tally.rejected[reason] += 1
            self._progress(f"rejected by {reason}", 1)
            return
        tally.accepted += 1
        self._progress("admitted", 1)
        self._admit(work)

    def _old(self, work: Work) -> str | None:
        """Why a sound candidate says nothing new, or None."""
        if work.task.digest in self._digests:
            return TWICE
        return NEAR if self._near.find(new_part(work.task, work.subject.parent)) is not None else None

    def _admit(self, work: Work) -> None:
        subject, source = work.subject, work.source
        assert work.candidate is not None and isinstance(source, Live)
        calls = [answer.call.to_json() for answer in source.answers(work)]
        parameters = parameters_of(work, self._panel, calls, self._solutions)
        task_id = f"{self._name}/{self._locals[subject.parent.id]}-{local_label(subject.operator)}-{subject.slot}"
        task = made_task(work, parameters, task_id, self._name, self.known, self._asker.panel)
        alone = independent(work, self._asker.panel)
        self.certificates[task.id] = certificate_of(work, task, self._panel, calls, alone, self._sandbox.info)
        self.known[task.id] = task
        self._digests.add(task.digest)
        self._near.add(task.id, new_part(task, subject.parent))
        self.tasks.append(task)


def made_task(
    work: Work,
    parameters: Mapping[str, Any],
    task_id: str,
    suite_name: str,
    known: Mapping[str, PreferenceTask],
    panel: Panel,
) -> PreferenceTask:
    """A proven candidate as a task of a suite."""
    assert work.candidate is not None
    candidate = replace(work.candidate, parameters=dict(parameters))
    task = admitted(named(work.subject.operator), candidate, task_id, suite_name, work.subject.seed, known)
    tags = dict.fromkeys((*task.tags, *tags_of(independent(work, panel))))
    return replace(task, tags=tuple(tags))


def _batches(works: Sequence[Work]) -> Iterator[Sequence[Work]]:
    for start in range(0, len(works), TOGETHER):
        yield works[start : start + TOGETHER]


async def _all(steps: Iterator[Any]) -> None:
    """All of them; where one fails for an outage, nothing further is begun."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise

"""A preference run at work: each answer is recorded as it comes, in bounded memory.

The first SIGINT (Ctrl-C) or SIGTERM: nothing further is sent, what is sent is received and recorded. The second: all
ends at once. What an endpoint does not answer is owed, never wrong; what cannot be scored is recorded with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...benchmarks import InfraError
from ...benchmarks.preference import PreferenceTask
from ..endpoint.api import Endpoint, EndpointRefused, Stoppable
from ..runs.appending import RecordAppender, appending
from ..runs.generate import Stop
from ..runs.progress import Counters, Shown, showing
from ..runs.records import now
from ..runs.signals import handling_signals
from .api import Chooser, LogLikelihoods, NotScorable
from .records import ANSWERS, AnswerRow, Item, Role, check_tasks, load_tasks, planned_items, read_answers

INTERRUPTED = "interrupted"
_MIN_GIVE_UPS = 4
_REFUSED_AT_FIRST = 8


@dataclass(frozen=True, slots=True)
class Askers:
    """What is asked. scores: by role, for log-likelihoods; chooser: for choices; clients: what both talk through."""

    clients: tuple[Endpoint, ...]
    scores: Mapping[Role, LogLikelihoods] = field(default_factory=dict)
    chooser: Chooser | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What one run is to do. manifest: as it is stored in the folder."""

    folder: Path
    manifest: Mapping[str, Any]
    tasks: Mapping[str, PreferenceTask]
    askers: Askers
    connections: int


@dataclass(slots=True)
class Ended:
    """How it ended. failures: why an item was not got. down: so many failed in a row that its endpoint was taken for
    down, by role ("" for the model that chooses).
    """

    planned: int = 0
    answered: int = 0
    failures: dict[Item, str] = field(default_factory=dict)
    last_failure: str = ""
    down: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def owed(self) -> int:
        """Items without an answer."""
        return self.planned - self.answered


@dataclass(slots=True)
class _Counters(Counters):
    skipped: int = 0

    def words(self) -> str:
        """What people watch."""
        return f"{self.skipped} skipped, {self.errors} errors, {self.planned - self.answered} to ask"


def work_off(work: Work) -> Ended:
    """Ask for everything that the run lacks. The caller holds the run's lock.

    Raises:
        EndpointRefused: the server refuses the requests; what was recorded stays.
        InfraError: the records cannot be written; what was recorded stays.
    """
    with ExitStack() as stack:
        # opened before the records are read: opening cuts off a torn last line, which must count as owed
        answers = stack.enter_context(appending(work.folder / ANSWERS))
        rows = load_tasks(work.folder)
        check_tasks(work.folder, rows, work.tasks.values())
        planned = list(planned_items(rows.values(), work.manifest))
        counters = _Counters(planned=len(planned))
        done: set[Item] = set()
        for row in read_answers(work.folder, rows, frozenset(planned)):
            done.add(row.item)
            counters.skipped += bool(row.skipped)
        counters.answered = len(done)
        if len(done) == len(planned):
            return Ended(len(planned), len(done))
        shown = stack.enter_context(showing(counters, work.folder.name))
        line = _Line(work, answers, counters, shown)
        return asyncio.run(line.run([item for item in planned if item not in done]))


class _Line:
    """Asks with a bounded number of workers, each taking the next item."""

    def __init__(self, work: Work, answers: RecordAppender, counters: _Counters, shown: Shown) -> None:
        self._work = work
        self._answers = answers
        self._counters = counters
        self._shown = shown
        self._stop = Stop()
        self._patience = max(_MIN_GIVE_UPS, work.connections)
        self._in_a_row: dict[str, int] = {}
        self._refused: list[AnswerRow] = []  # held back until something was answered: it may be meant for all
        self._answered_here = 0
        self.ended = Ended(counters.planned, counters.answered)

    async def run(self, items: Iterable[Item]) -> Ended:
        """Ask for the items."""
        asking = asyncio.ensure_future(self._ask_all(iter(items)))
        with handling_signals(asyncio.get_running_loop(), self._interrupt, asking):
            try:
                await asking
            except asyncio.CancelledError:  # by the second signal
                if not self._stop:
                    raise
        self.ended.interrupted = self._stop.why == INTERRUPTED
        return self.ended

    async def _ask_all(self, queue: Iterator[Item]) -> None:
        async with AsyncExitStack() as stack:
            for client in self._work.askers.clients:
                await stack.enter_async_context(client)
            workers = [asyncio.ensure_future(self._take_on(queue)) for _ in range(self._work.connections)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        for row in self._refused:
            self._record(row)

    def _interrupt(self) -> None:
        self._stop.now(INTERRUPTED)
        for client in self._work.askers.clients:
            if isinstance(client, Stoppable):
                client.stop()

    async def _take_on(self, queue: Iterator[Item]) -> None:
        for item in queue:
            if self._stop:
                return
            if item.role not in self.ended.down:
                await self._ask(item)

    async def _ask(self, item: Item) -> None:
        task = self._work.tasks[item.task]
        try:
            row = await self._answer(item, task)
        except NotScorable as reason:
            self._skip(AnswerRow(item, skipped=str(reason), created=now()))
        except InfraError as failure:
            self._failed(item, failure)
        else:
            self._record(row)
            self._in_a_row[item.role] = 0
            self._answered_here += 1
        self._shown.refresh()

    async def _answer(self, item: Item, task: PreferenceTask) -> AnswerRow:
        askers = self._work.askers
        if item.role:
            texts = [response.text for response in task.responses]
            found = await askers.scores[item.role].score(task.messages, texts)
            names = [response.id for response in task.responses]
            return AnswerRow(item, scores=dict(zip(names, found, strict=True)), created=now())
        assert askers.chooser is not None
        first, second = task.response(item.first).text, task.response(item.second).text
        said = await askers.chooser.choose(task, first, second, epoch=item.epoch)
        return AnswerRow(item, said=said, created=now())

    def _skip(self, row: AnswerRow) -> None:
        """Record why an item has no score; what the server refuses at first may be meant for all, and ends the run."""
        self._in_a_row[row.item.role] = 0
        if not row.skipped.startswith("refused") or self._answered_here:
            self._record(row)
            return
        self._refused.append(row)
        if len(self._refused) >= _REFUSED_AT_FIRST:
            refused = len(self._refused)
            self._refused.clear()
            raise EndpointRefused(f"the first {refused} requests were all refused, the last with: {row.skipped}")

    def _record(self, row: AnswerRow) -> None:
        self._answers.append([row.to_json()])
        self.ended.answered += 1
        self._counters.answered += 1
        self._counters.skipped += bool(row.skipped)

    def _failed(self, item: Item, failure: InfraError) -> None:
        ended = self.ended
        ended.failures[item] = ended.last_failure = str(failure)
        self._counters.errors += 1
        self._in_a_row[item.role] = self._in_a_row.get(item.role, 0) + 1
        if self._in_a_row[item.role] >= self._patience and not self._stop:
            ended.down[item.role] = str(failure)

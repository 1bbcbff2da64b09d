"""A run at work: replies are recorded, and scored while further ones are asked for, in bounded memory.

The event loop in the main thread asks and records; a ``Scorer`` in a thread of its own scores. When it holds as much as
it may, asking waits. A reply is on its way to the disk before anything is scored: all that one turn of the loop brings
is handed to the operating system with one write.

The first SIGINT (Ctrl-C) or SIGTERM: nothing further is sent, no retry either; what is sent is received and scored.
The second: all ends at once; what was received is recorded. It acts also where something blocks the event loop.

When scoring has an outage, asking goes on: the answers are wanted whatever scores them later, and a warning says at
once that they are not scored. When the disk refuses records, everything ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ...benchmarks import CodeTask, InfraError
from ...benchmarks.jsonio import JsonlAppender
from ..endpoint.api import Endpoint, Stoppable
from ..sandbox.api import Sandbox
from .appending import DiskFailed, RecordAppender, appending, as_outage
from .budget import Budget, Caps, Prices
from .folder import record_scoring
from .generate import Answered, Asker, Asking, Stop, Tally, requests
from .ledger import Ledger, read_ledger
from .limits import settled_limits
from .manifest import scoring_of
from .progress import Counters, Shown, showing
from .records import SAMPLES, SPENT, VERDICTS, SampleRow, SpentRow
from .score import Scorer
from .signals import handling_signals

log = logging.getLogger("evalrun.run")
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Scoring:
    """How samples are scored.

    tasks: by id, with every expected value filled in. timeout_s: CPU seconds per test, where they are asked for.
    """

    tasks: Mapping[str, CodeTask]
    sandbox: Sandbox
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What one run is to do. scoring: None to ask only. budget: shared by the runs of one command."""

    folder: Path
    tasks: Mapping[str, CodeTask]
    endpoint: Endpoint
    asking: Asking
    connections: int
    scoring: Scoring | None = None
    budget: Budget = field(default_factory=lambda: Budget(Caps()))
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. interrupted: by a signal. scoring_failure: what ended the scoring before the asking."""

    ledger: Ledger
    tally: Tally
    interrupted: bool = False
    scoring_failure: InfraError | None = None


def work_off(work: Work) -> Ended:
    """Ask for every sample that the run lacks, and score what is not scored. The caller holds the run's lock.

    Raises:
        EndpointRefused: the server refuses the requests; what was recorded stays.
        InfraError: the records cannot be written; what was recorded stays.
    """
    with ExitStack() as stack:
        # opened before the records are read: opening cuts off a torn last line, which must count as owed
        samples = stack.enter_context(appending(work.folder / SAMPLES))
        verdicts = None if work.scoring is None else stack.enter_context(appending(work.folder / VERDICTS))
        ledger = read_ledger(work.folder)
        counters = Counters(*ledger.count())
        counters.cost = None if work.prices is None else 0.0
        shown = stack.enter_context(showing(counters, str(work.folder.name)))
        scorer = None
        line = _Line(work, ledger, samples, counters, shown)
        if work.scoring is not None and verdicts is not None:
            how = work.scoring
            begun = record_scoring(ledger, scoring_of(how.sandbox.info, how.timeout_s))
            if counters.scored == counters.planned:
                return Ended(ledger, Tally())
            limits = settled_limits(work.folder, how.tasks, how.sandbox, how.timeout_s, begun=begun)
            scorer = stack.enter_context(
                Scorer(how.tasks, how.sandbox, verdicts, ledger, limits=limits, on_verdict=line.on_verdict)
            )
        return asyncio.run(line.run(scorer))


class _Line:
    """The two halves of one run and what joins them."""

    def __init__(self, work: Work, ledger: Ledger, samples: RecordAppender, counters: Counters, shown: Shown) -> None:
        self._work = work
        self._ledger = ledger
        self._samples = samples
        self._counters = counters
        self._shown = shown
        self._stop = Stop()
        self._scorer: Scorer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        self._warned = False
        self._unwritten: list[Answered] = []  # of this turn of the loop
        self._asking: asyncio.Future[Tally] | None = None
        self._failure: Exception | None = None  # of recording
        self._asker = Asker(
            work.endpoint,
            work.asking,
            self._record,
            connections=work.connections,
            stop=self._stop,
            budget=work.budget,
            prices=work.prices,
            room=self._room,
            unanswered=self._record_spent,
            changed=self._on_change,
        )

    async def run(self, scorer: Scorer | None) -> Ended:
        """Ask, score and wait for both."""
        self._scorer = scorer
        self._loop = asyncio.get_running_loop()
        backlog = iter(()) if scorer is None else self._ledger.unscored_samples()
        halves = asyncio.ensure_future(self._both(backlog))
        with handling_signals(self._loop, self._interrupt, halves):
            try:
                await halves
            except asyncio.CancelledError:  # by the second signal
                self._abort()
            except BaseException:
                self._abort()
                raise
            finally:
                self._write()
        if self._failure is not None:
            raise self._failure
        failure = None if scorer is None else scorer.failure
        if failure is not None and not isinstance(failure, InfraError):
            raise failure
        return Ended(self._ledger, self._asker.tally, self._stop.why == INTERRUPTED, failure)

    async def _both(self, backlog: Iterator[SampleRow]) -> None:
        feeding = asyncio.ensure_future(asyncio.to_thread(self._feed, backlog))
        try:
            async with self._work.endpoint:
                wanted = requests(self._ledger.unanswered(), self._work.tasks, self._work.asking.batch)
                self._asking = asyncio.ensure_future(self._asker.ask_all(wanted))
                await self._asking
            self._write()
            await feeding
            while self._scorer is not None and self._scorer.held:
                await self._next_move()
        except asyncio.CancelledError:
            self._check_records()  # or else it is the second signal
            raise
        finally:
            self._stop.now("ended")  # for the feeding, where something else went wrong
        self._check_records()

    def _interrupt(self) -> None:
        """Send nothing further."""
        self._stop.now(INTERRUPTED)
        if isinstance(self._work.endpoint, Stoppable):
            self._work.endpoint.stop()
        self._moved.set()

    def _abort(self) -> None:
        if self._scorer is not None:
            self._scorer.abort()

    def _feed(self, backlog: Iterator[SampleRow]) -> None:
        """Score what was answered before; in a thread."""
        for sample in backlog:
            if self._scorer is None or self._stop or self._scorer.failure is not None:
                return
            self._scorer.put(sample)
            self._scorer.wait()

    def _record(self, answered: Answered) -> None:
        """Record the samples at the end of this turn of the loop, in one go with what else it brings.

        By then the next requests are sent, and the server works while the code is looked for in the replies.
        """
        if not self._unwritten and self._loop is not None:
            self._loop.call_soon(self._write)
        self._unwritten.append(answered)
        self._counters.retries += answered.response.attempts - 1

    def _write(self) -> None:
        """Append what came; where the disk refuses, end the asking: what else comes would be lost like this."""
        if not self._unwritten or isinstance(self._failure, DiskFailed):
            return
        rows: list[SampleRow] = []
        for answered in self._unwritten:
            try:
                rows += answered
            except Exception as defect:  # of ours, in reading this reply: the others are recorded all the same
                self._end(defect)
        self._unwritten = []  # not before: a KeyboardInterrupt in the loop above must lose nothing
        try:
            self._samples.append(row.to_json() for row in rows)
        except DiskFailed as failure:
            self._end(failure)
            return
        for row in rows:
            self._note(row)

    def _end(self, failure: Exception) -> None:
        """Ask for nothing further; ``run`` raises the failure."""
        self._failure = failure
        if self._asking is not None:
            self._asking.cancel()

    def _note(self, row: SampleRow) -> None:
        """Count a recorded sample, and have it scored."""
        counters = self._counters
        if self._ledger.add_sample(row):
            counters.answered += 1
            if self._scorer is not None and self._scorer.failure is None:
                self._scorer.put(row)
        if row.usage is not None and not row.cached:
            counters.input_tokens += row.usage.input_tokens
            counters.output_tokens += row.usage.output_tokens

    def _record_spent(self, row: SpentRow) -> None:
        """At once and by itself: it is rare, and a budget that is resumed must know of it."""
        path = self._work.folder / SPENT
        with as_outage(path), JsonlAppender(path) as appender:
            appender.append(row.to_json())
        self._ledger.spent.add_unanswered(row)
        self._counters.input_tokens += row.input_tokens
        self._counters.output_tokens += row.output_tokens

    def _on_change(self, tally: Tally) -> None:
        self._counters.errors = tally.gave_up + tally.refused
        if self._work.prices is not None:
            self._counters.cost = self._work.prices.cost(self._counters.input_tokens, self._counters.output_tokens)
        self._shown.refresh()

    def on_verdict(self) -> None:
        """In the scorer's thread: wake the loop."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it closed in between
                self._loop.call_soon_threadsafe(self._on_move)

    def _on_move(self) -> None:
        scorer = self._scorer
        if scorer is not None and scorer.failure is None:
            self._counters.scored += 1
        self._warn_of_outage()
        self._moved.set()
        self._shown.refresh()

    async def _next_move(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _room(self) -> None:
        """Until the scorer has room; at once where there is no use in waiting."""
        self._check_records()
        while self._unwritten and self._scorer is not None and not self._stop:
            await asyncio.sleep(0)  # it will hold these too
        while not self._stop and self._scorer is not None and self._scorer.is_full and self._scorer.failure is None:
            await self._next_move()

    def _check_records(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._scorer is not None and isinstance(self._scorer.failure, DiskFailed):
            raise self._scorer.failure

    def _warn_of_outage(self) -> None:
        failure = None if self._scorer is None else self._scorer.failure
        if failure is None or self._warned:
            return
        self._warned = True
        if isinstance(failure, InfraError) and not isinstance(failure, DiskFailed):
            log.warning("scoring has stopped (%s); asking goes on, and resuming scores what is answered", failure)
        else:
            self._stop.now("scoring failed")

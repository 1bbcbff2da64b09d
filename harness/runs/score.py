"""Scoring samples as they come, beside whatever brings them; verdicts reach the disk in small batches.

A ``Scorer`` takes samples from any thread and holds a bounded number of them. An outage of the sandbox (it cannot be
reached at all, or many jobs in a row fail in it) ends the scoring, not what brings the samples: they are on the disk,
and are scored when the run is resumed.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ...benchmarks import CodeTask, InfraError
from ...benchmarks.jsonio import text_digest
from ..sandbox.api import Limits, Sandbox
from ..scoring import program_of, submit_score
from ..verdict import Score, Verdict
from .appending import Progress, RecordAppender, appending
from .folder import record_scoring
from .ledger import Ledger, read_ledger
from .limits import settled_limits
from .manifest import scoring_of
from .records import VERDICTS, SampleRow, VerdictRow, now

_BATCH = 64
_BATCH_S = 1.0
_AHEAD_PER_WORKER = 250  # samples held: enough that one endless answer does not keep the other workers waiting
_AHEAD_CHARS = 64_000_000
_OUTAGE = 12  # verdicts `infra` in a row, for each worker


@dataclass(frozen=True, slots=True)
class _Scored:
    sample: SampleRow
    future: Future[Score]


class Scorer:
    """Scores samples in a thread of its own; use it as a context manager, which ends it without waiting.

    limits: of each task's tests, by task id. on_verdict: called, in that thread, once a verdict is on the disk or a
    sample was let go without one. ``failure`` is what ended the scoring early: an InfraError for an outage; anything
    else is a fault for whoever finishes.
    """

    def __init__(
        self,
        tasks: Mapping[str, CodeTask],
        sandbox: Sandbox,
        verdicts: RecordAppender,
        ledger: Ledger,
        *,
        limits: Mapping[str, Sequence[Limits]],
        on_verdict: Callable[[], None] = lambda: None,
    ) -> None:
        self.failure: BaseException | None = None
        self._tasks = tasks
        self._sandbox = sandbox
        self._verdicts = verdicts
        self._ledger = ledger
        self._limits = limits
        self._on_verdict = on_verdict
        self._most = _AHEAD_PER_WORKER * sandbox.info.workers
        self._patience = _OUTAGE * sandbox.info.workers
        self._inbox: queue.SimpleQueue[SampleRow | _Scored | None] = queue.SimpleQueue()  # bounded by what is held
        self._room = threading.Condition()  # guards these two:
        self._held = 0
        self._held_chars = 0
        self._infra_in_a_row = 0
        self._aborted = False
        self._thread = threading.Thread(target=self._work, name="evalrun-scoring", daemon=True)

    def __enter__(self) -> Scorer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()
        self._thread.join()

    # --- from other threads ---

    @property
    def is_full(self) -> bool:
        """Whether so many samples are held that no more should be brought."""
        return self._held >= self._most or self._held_chars >= _AHEAD_CHARS

    @property
    def held(self) -> int:
        """Samples that were put and are neither scored nor let go."""
        return self._held

    def put(self, sample: SampleRow) -> None:
        """Score a sample some time soon; never waits. Whoever brings many asks ``is_full`` before, or uses ``wait``."""
        with self._room:
            self._held += 1
            self._held_chars += _size(sample)
        self._inbox.put(sample)

    def wait(self) -> None:
        """Wait for room."""
        with self._room:
            self._room.wait_for(lambda: not self.is_full or self._aborted)

    def abort(self) -> None:
        """Begin no further sample; the verdicts that are there are written, and nobody waits any more."""
        with self._room:
            self._aborted = True
            self._room.notify_all()
        self._inbox.put(None)

    def finish(self) -> None:
        """Wait until nothing is held; then raise ``failure`` if there is one."""
        with self._room:
            self._room.wait_for(lambda: not self._held or self._aborted)
        if self.failure is not None:
            raise self.failure

    # --- in its thread ---

    def _work(self) -> None:
        try:
            self._score_until_aborted()
        except BaseException as error:  # a fault of ours: nobody may wait for this thread for ever
            self.failure = self.failure or error
            with self._room:
                self._held = 0
                self._aborted = True
                self._room.notify_all()
            self._on_verdict()

    def _score_until_aborted(self) -> None:
        batch: list[tuple[SampleRow, Score]] = []
        due = 0.0
        while True:
            item = self._next(due if batch else None)
            if isinstance(item, SampleRow):
                self._submit(item)
            elif isinstance(item, _Scored):
                due = due if batch else time.monotonic() + _BATCH_S
                self._take(item, batch)
            if batch and (item is None or len(batch) >= min(_BATCH, self._held) or time.monotonic() >= due):
                self._write(batch)
                batch = []
            if item is None and self._aborted:
                return

    def _next(self, due: float | None) -> SampleRow | _Scored | None:
        """What comes next; None when a batch is due, or the end has come."""
        try:
            return self._inbox.get(timeout=None if due is None else max(0.0, due - time.monotonic()))
        except queue.Empty:
            return None

    def _submit(self, sample: SampleRow) -> None:
        if self.failure is not None or self._aborted:
            self._release([sample])
            return
        try:
            task = self._tasks[sample.task]
            # no code is no answer, also where a bare prompt would be a program of its own
            program = program_of(task, sample.code, sample.assembly) if sample.code.strip() else ""
            future = submit_score(task, program, self._sandbox, limits=self._limits[task.id])
        except Exception as error:  # an outage, or bad input: whoever finishes is told
            self._fail(error, sample)
            return
        future.add_done_callback(lambda done: self._inbox.put(_Scored(sample, done)))

    def _take(self, item: _Scored, batch: list[tuple[SampleRow, Score]]) -> None:
        error = item.future.exception()
        if error is not None:
            self._fail(error, item.sample)
            return
        score = item.future.result()
        batch.append((item.sample, score))
        self._infra_in_a_row = self._infra_in_a_row + 1 if score.verdict is Verdict.INFRA else 0
        if self._infra_in_a_row >= self._patience and self.failure is None:
            self.failure = InfraError(
                f"the sandbox failed {self._infra_in_a_row} times in a row, the last time with: {score.detail}"
            )

    def _fail(self, error: BaseException, sample: SampleRow) -> None:
        self.failure = self.failure or error
        self._release([sample])

    def _write(self, batch: list[tuple[SampleRow, Score]]) -> None:
        rows = [verdict_row(sample, score) for sample, score in batch]
        try:
            self._verdicts.append(row.to_json() for row in rows)
        except InfraError as error:
            self.failure = self.failure or error
        else:
            for row in rows:
                self._ledger.add_verdict(row)
        self._release([sample for sample, _ in batch])

    def _release(self, samples: list[SampleRow]) -> None:
        with self._room:
            self._held -= len(samples)
            self._held_chars -= sum(map(_size, samples))
            self._room.notify_all()
        for _ in samples:
            self._on_verdict()


def _size(sample: SampleRow) -> int:
    return len(sample.text) + len(sample.code) + len(sample.reasoning or "")


def score_missing(
    folder: Path,
    tasks: Mapping[str, CodeTask],
    sandbox: Sandbox,
    *,
    timeout_s: float | None = None,
    progress: Progress,
) -> None:
    """Score what the run in ``folder`` has a sample but no verdict of. The caller holds the run's lock.

    tasks: by id, with every expected value filled in. timeout_s: CPU seconds per test of tasks without a limit of
    their own; by default the times of their references decide. ``progress(total, done)`` is entered once and gives what
    to call for each further verdict.

    Raises:
        InfraError: the sandbox or the disk failed as a whole; the verdicts that came before are kept.
    """
    with appending(folder / VERDICTS) as verdicts:  # before reading: opening cuts off a torn last line
        ledger = read_ledger(folder)
        begun = record_scoring(ledger, scoring_of(sandbox.info, timeout_s))  # first: it refuses other settings
        _, answered, scored = ledger.count()
        if answered == scored:
            return
        limits = settled_limits(folder, tasks, sandbox, timeout_s, begun=begun)
        with (
            progress(answered, scored) as advance,
            Scorer(tasks, sandbox, verdicts, ledger, limits=limits, on_verdict=advance) as scorer,
        ):
            for sample in chain.from_iterable(map(ledger.unscored_samples, _longest_first(limits))):
                if scorer.failure is not None:
                    break
                scorer.put(sample)
                scorer.wait()
            scorer.finish()


def _longest_first(limits: Mapping[str, Sequence[Limits]]) -> list[set[str]]:
    """The tasks whose answers may take longer than the others', and these: what begins last is waited for alone."""
    most = {task: max((one.cpu_s for one in each), default=0.0) for task, each in limits.items()}
    least = min(most.values(), default=0.0)
    usual = {task for task, cpu_s in most.items() if cpu_s == least}
    return [most.keys() - usual, usual]


def verdict_row(sample: SampleRow, score: Score) -> VerdictRow:
    """The record of one score."""
    detail = sample.reason if score.verdict is Verdict.NO_ANSWER and sample.reason else score.detail
    return VerdictRow(
        task=sample.task,
        epoch=sample.epoch,
        verdict=score.verdict,
        detail=detail,
        tests=dict(score.tests),
        wall_s=round(score.wall_s, 4),
        cpu_s=round(score.cpu_s, 4),
        shielded=score.shielded,
        code_digest=text_digest(sample.code),
        created=now(),
    )

"""Scoring the samples of a run that have no verdict yet; verdicts reach the disk in small batches, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..sandbox.api import Limits, Sandbox
from ..scoring import program_of, score_answers
from ..verdict import Score, Verdict
from .appending import Progress, RecordAppender, appending
from .folder import record_scoring
from .limits import settled_limits
from .manifest import scoring_of
from .records import VERDICTS, SampleRow, VerdictRow, load_run, now

_BATCH = 64
_BATCH_S = 1.0


def score_missing(
    folder: Path,
    tasks: Mapping[str, CodeTask],
    sandbox: Sandbox,
    *,
    timeout_s: float | None = None,
    progress: Progress,
) -> None:
    """Score what the run in ``folder`` has a sample but no verdict of. The caller holds the run's lock.

    tasks: by id, with every expected value filled in. timeout_s: CPU seconds per test of tasks without a limit of their
    own; by default the times of their references decide. ``progress(total, done)`` is entered once and gives what to
    call for each further verdict.

    Raises:
        InfraError: the sandbox or the disk failed as a whole; the verdicts that came before are kept.
    """
    with appending(folder / VERDICTS) as verdicts:  # before reading, see generate_missing
        run = load_run(folder)
        pending = [run.samples[key] for key in run.unscored]
        # first of all: it refuses another scoring's settings
        begun = record_scoring(run, scoring_of(sandbox.info, timeout_s))
        if not pending:
            return
        limits = settled_limits(folder, tasks, sandbox, timeout_s, begun=begun)
        with progress(len(run.samples), len(run.samples) - len(pending)) as advance:
            _score(pending, tasks, sandbox, limits, verdicts, advance)


def _score(
    pending: list[SampleRow],
    tasks: Mapping[str, CodeTask],
    sandbox: Sandbox,
    limits: Mapping[str, Sequence[Limits]],
    verdicts: RecordAppender,
    advance: Callable[[], None],
) -> None:
    batch: list[VerdictRow] = []
    flushed = time.monotonic()
    try:
        scores = score_answers(_programs(pending, tasks), sandbox, limits=limits)
        for sample, score in zip(pending, scores, strict=True):
            batch.append(verdict_row(sample, score))
            advance()
            if len(batch) >= _BATCH or time.monotonic() - flushed > _BATCH_S:
                verdicts.append(row.to_json() for row in batch)
                batch.clear()
                flushed = time.monotonic()
    finally:
        verdicts.append(row.to_json() for row in batch)


def _programs(samples: list[SampleRow], tasks: Mapping[str, CodeTask]) -> Iterator[tuple[CodeTask, str]]:
    for sample in samples:
        task = tasks[sample.task]
        # no code is no answer, also where a bare prompt would be a program of its own
        yield task, program_of(task, sample.code, sample.assembly) if sample.code.strip() else ""


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

"""How long each task's reference takes in the sandbox that is to score its answers, so that limits can follow it."""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..benchmarks import CodeTask, InfraError
from ..benchmarks.jsonio import canonical_json, digest
from ..benchmarks.visible import visible
from .limits import Allowance, Needed, allowance, asked, needed_to_compute, usual_limits
from .paths import cache_dir
from .sandbox.api import REFERENCE_LIMITS, Job, Outcome, SandboxInfo, TakesJobs
from .sandbox.worker import guest_digest
from .scoring import submit_score
from .verdict import Score, Verdict

log = logging.getLogger("evalrun")

_SHOWN = 20
_AHEAD_PER_WORKER = 500


@dataclass(frozen=True, slots=True)
class Trial:
    """What one test found of the reference, and what its longest job took."""

    verdict: Verdict
    needed: Needed


def calibrated(
    tasks: Iterable[CodeTask], sandbox: TakesJobs, timeout_s: float | None = None
) -> dict[str, tuple[Allowance, ...]]:
    """What each test of each task may use, by task id.

    Where neither the task nor ``timeout_s`` sets a limit, the reference is run through the task's own tests, once for
    each task and sandbox image: the times are cached on disk. That is not done where it computed the expected values
    here, which took the same. A test that the reference does not pass has the default limit, and a warning names it.
    InfraError when the sandbox fails.
    """
    tasks = tuple(tasks)
    untimed = [task for task in tasks if not asked(task, timeout_s) and needed_to_compute(task) is None]
    trials = measured(untimed, sandbox)
    _warn(untimed, trials, len(tasks))
    needed = {task.id: _needed(trials[task.digest]) for task in untimed if task.digest in trials}

    def allowances(task: CodeTask) -> tuple[Allowance, ...]:
        known = needed.get(task.id) or (needed_to_compute(task),) * len(task.tests)
        return tuple(allowance(task, test, timeout_s, each) for test, each in zip(task.tests, known, strict=True))

    return {task.id: allowances(task) for task in tasks}


def _needed(trials: Sequence[Trial]) -> tuple[Needed | None, ...]:
    return tuple(trial.needed if trial.verdict is Verdict.PASS else None for trial in trials)


def measured(tasks: Iterable[CodeTask], sandbox: TakesJobs) -> dict[str, tuple[Trial, ...]]:
    """The trials of each task that has a reference, one for each of its tests, by task digest."""
    found: dict[str, tuple[Trial, ...]] = {}
    missing: dict[str, CodeTask] = {}
    for task in tasks:
        if task.reference.strip() and task.digest not in found:
            known = _cached(task, sandbox.info)
            if known is None:
                missing[task.digest] = task
            else:
                found[task.digest] = known
    writable = True
    for task, trials in _measure(list(missing.values()), sandbox):
        found[task.digest] = trials
        if writable:
            try:
                _keep(task, sandbox.info, trials)
            except OSError as error:
                log.warning("the times of references cannot be cached, and are measured each time: %s", error)
                writable = False
    return found


def _measure(tasks: Sequence[CodeTask], sandbox: TakesJobs) -> Iterator[tuple[CodeTask, tuple[Trial, ...]]]:
    ahead = _AHEAD_PER_WORKER * sandbox.info.workers
    waiting: deque[tuple[CodeTask, list[tuple[_Meter, Future[Score]]]]] = deque()
    for task in tasks:
        waiting.append((task, [_try(task, index, sandbox) for index in range(len(task.tests))]))
        if len(waiting) >= ahead:
            yield _finished(*waiting.popleft())
    while waiting:
        yield _finished(*waiting.popleft())


def _try(task: CodeTask, index: int, sandbox: TakesJobs) -> tuple[_Meter, Future[Score]]:
    """Judge the reference by one of its task's tests, on the way that answers take."""
    meter = _Meter(sandbox)
    limits = replace(REFERENCE_LIMITS, memory_mb=usual_limits(task).memory_mb)
    single = replace(task, tests=(task.tests[index],))
    return meter, submit_score(single, task.reference, meter, limits=(limits,))


def _finished(task: CodeTask, running: Sequence[tuple[_Meter, Future[Score]]]) -> tuple[CodeTask, tuple[Trial, ...]]:
    trials = []
    for meter, future in running:
        score = future.result()
        if score.verdict is Verdict.INFRA:
            raise InfraError(
                f"the sandbox failed while the reference of task {task.id} was timed: {score.detail[:200]}; "
                "start again, or give a limit with --test-timeout, and no reference is timed"
            )
        trials.append(Trial(score.verdict, meter.needed))
    return task, tuple(trials)


class _Meter:
    """A sandbox that notes what the longest of the jobs it is given took."""

    def __init__(self, sandbox: TakesJobs) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self.needed = Needed(0.0, 0.0)

    @property
    def info(self) -> SandboxInfo:
        return self._sandbox.info

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        future = self._sandbox.submit(job, alone=alone)
        future.add_done_callback(self._note)  # the first callback, so that it comes before the score is known
        return future

    def _note(self, future: Future[Outcome]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        outcome = future.result()
        with self._lock:
            self.needed = Needed(
                max(self.needed.cpu_s, round(outcome.cpu_s, 5)), max(self.needed.wall_s, round(outcome.wall_s, 5))
            )


def _warn(tasks: Sequence[CodeTask], trials: dict[str, tuple[Trial, ...]], of: int) -> None:
    """Say which references fail their own tests: their answers are scored, but with a limit that knows nothing."""
    failing = [
        (task, test.name, trial)
        for task in tasks
        for test, trial in zip(task.tests, trials.get(task.digest, ()), strict=False)
        if trial.verdict is not Verdict.PASS
    ]
    if not failing:
        return
    named = "; ".join(
        f"{visible(task.id, 80)} ({name}: {trial.verdict}, limit {usual_limits(task).cpu_s:g} s)"
        for task, name, trial in failing[:_SHOWN]
    )
    more = f"; and {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else ""
    log.warning(
        "the reference fails its own tests in %d of %d tasks, so that right answers to them may fail too, and time "
        "limits cannot follow it: %s%s",
        len({task.id for task, _, _ in failing}), of, named, more,
    )  # fmt: skip


# --- the cache: one small file for each task and kind of sandbox ---


def _place(task: CodeTask, info: SandboxInfo) -> Path:
    sandbox = [info.kind, info.image, info.python, info.runtime, sorted(info.requires), guest_digest(), __version__]
    return cache_dir() / "calibration" / f"{task.digest}-{digest(sandbox)[:16]}.json"


def _cached(task: CodeTask, info: SandboxInfo) -> tuple[Trial, ...] | None:
    try:
        rows = json.loads(_place(task, info).read_text(encoding="ascii"))
        trials = tuple(
            Trial(Verdict(row["verdict"]), Needed(_seconds(row["cpu_s"]), _seconds(row["wall_s"]))) for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # absent or damaged: the cache only ever saves work
    return trials if len(trials) == len(task.tests) else None


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("no number of seconds")
    return float(value)


def _keep(task: CodeTask, info: SandboxInfo, trials: Sequence[Trial]) -> None:
    """Write the cache's file whole or not at all. Not flushed to disk: after a power cut it is measured again."""
    rows = [{"verdict": str(one.verdict), "cpu_s": one.needed.cpu_s, "wall_s": one.needed.wall_s} for one in trials]
    place = _place(task, info)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{place.stem[:16]}", suffix=".tmp", dir=place.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(canonical_json(rows))
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

"""Several runs read at once, in processes of their own: reading is all text and hashing, which threads cannot share."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path

from ..benchmarks.errors import InfraError
from ..harness.runs.records import SAMPLES, VERDICTS
from .answers import Keep
from .reading import Reading, read_records

_SMALL = 32_000_000  # bytes that are read sooner than a process is started


def read_many(paths: Sequence[Path], keep: Keep, jobs: int | None, progress: Callable[[Path], None]) -> list[Reading]:
    """What the records of each folder say, in the order of ``paths``; see ``table.read_runs``.

    Raises:
        BadInput: the first folder (in the order of ``paths``) that cannot be read, and why.
        InfraError: a process died, most likely for want of memory.
    """
    sizes = [sum(map(_size, (path / SAMPLES, path / VERDICTS))) for path in paths]
    if jobs is None:
        jobs = 1 if sum(sizes) < _SMALL else _processors()
    jobs = min(jobs, len(paths))
    if jobs <= 1:
        return [_read_and_tell(path, keep, progress) for path in paths]
    # Not forked: a process with threads (numpy's) must not be.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        # The largest first, so that no process is left alone with it.
        order = sorted(range(len(paths)), key=lambda place: -sizes[place])
        reading = {place: pool.submit(read_records, paths[place], keep) for place in order}
        _tell({future: paths[place] for place, future in reading.items()}, progress)
        return [reading[place].result() for place in range(len(paths))]
    except BrokenProcessPool as error:
        raise InfraError("a process that read the runs died, perhaps for want of memory; give fewer runs") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _read_and_tell(path: Path, keep: Keep, progress: Callable[[Path], None]) -> Reading:
    reading = read_records(path, keep)
    progress(path)
    return reading


def _tell(futures: dict[Future[Reading], Path], progress: Callable[[Path], None]) -> None:
    """Tell of each run as it is read, until all are or one cannot be."""
    for future in as_completed(futures):
        if future.exception() is not None:
            return
        progress(futures[future])


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # told of where it is read
        return 0


def _begin() -> None:
    """In a new process: end without a word on Ctrl-C, and when the process that started this one is gone."""
    gc.disable()  # records hold no circles, and looking for some takes a sixth of the time
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)

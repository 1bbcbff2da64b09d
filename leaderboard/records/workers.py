"""Several runs read at once, in processes of their own: reading is all text and hashing, which threads cannot share.

Not by ``multiprocessing``: it would run the caller's script again in each process, or copy this one with its threads.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import get_args

from ...benchmarks.errors import EvalrunError, InfraError
from ...harness.runs.records import SAMPLES, VERDICTS
from .answers import Keep
from .reading import Reading, read_records

_SMALL = 32_000_000  # bytes that are read sooner than a process is started
_START = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import serve; serve(sys.argv[2])"
_SIZE = 8  # bytes before each answer that tell its length

Outcome = Reading | EvalrunError


def read_many(paths: Sequence[Path], keep: Keep, jobs: int | None, progress: Callable[[Path], None]) -> list[Reading]:
    """What the records of each folder say, in the order of ``paths``; see ``table.read_runs``.

    Raises:
        BadInput: of the folders that cannot be read the first, and why.
        InfraError: a process died, most likely for want of memory.
    """
    sizes = [sum(map(_size, (path / SAMPLES, path / VERDICTS))) for path in paths]
    if jobs is None:
        jobs = 1 if sum(sizes) < _SMALL else _processors()
    jobs = min(jobs, len(paths))
    if jobs > 1 and sys.executable:
        # The largest first, so that no process is left alone with it.
        order = sorted(range(len(paths)), key=lambda place: -sizes[place])
        return _read_apart(paths, keep, jobs, order, progress)
    found = []
    for path in paths:
        found.append(read_records(path, keep))
        progress(path)
    return found


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # told of where it is read
        return 0


def _read_apart(
    paths: Sequence[Path], keep: Keep, jobs: int, order: Sequence[int], progress: Callable[[Path], None]
) -> list[Reading]:
    todo, done = deque(order), SimpleQueue[tuple[int, Outcome | None]]()
    found: dict[int, Outcome] = {}
    readers = [_Reader(keep) for _ in range(jobs)]
    try:
        for reader in readers:
            Thread(target=_work, args=(reader, paths, todo, done), daemon=True).start()
        while jobs:
            place, outcome = done.get()
            if outcome is None:
                jobs -= 1
            elif isinstance(outcome, Reading):
                found[place] = outcome
                progress(paths[place])
            else:
                found[place] = outcome
                for later in [other for other in todo.copy() if other > place]:
                    with suppress(ValueError):  # begun meanwhile
                        todo.remove(later)
    finally:
        for reader in readers:
            reader.close()
    return [_reading_of(found[place]) for place in range(len(paths))]


def _reading_of(outcome: Outcome) -> Reading:
    if isinstance(outcome, Reading):
        return outcome
    raise outcome


def _work(
    reader: _Reader, paths: Sequence[Path], todo: deque[int], done: SimpleQueue[tuple[int, Outcome | None]]
) -> None:
    """In a thread for each process: hand it one run after another."""
    while todo:
        try:
            place = todo.popleft()
        except IndexError:
            break
        done.put((place, reader.read(paths[place])))
    done.put((-1, None))


class _Reader:
    """A process that reads one run after another."""

    def __init__(self, keep: Keep) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(sys.path), keep], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def read(self, path: Path) -> Outcome:
        """What the run says, or what is wrong with it."""
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        try:
            into.write(json.dumps(str(path)).encode("ascii") + b"\n")
            into.flush()
            size = int.from_bytes(out.read(_SIZE), "big")
            # Nobody but our own process writes here.
            outcome: Outcome = pickle.loads(out.read(size))
        except (OSError, EOFError, pickle.UnpicklingError):
            return InfraError(f"{path}: the process that read it died, perhaps for want of memory; give fewer runs")
        return outcome

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.communicate()


def serve(keep: str) -> None:
    """In the new process: read the runs that are asked for until nobody asks any more."""
    (kept,) = (name for name in get_args(Keep) if name == keep)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # on Ctrl-C it ends without a word, as the command does
    gc.disable()  # records hold no circles, and looking for some takes a sixth of the time
    asked: SimpleQueue[str] = SimpleQueue()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Thread(target=_listen, args=(asked,), daemon=True).start()
    while True:
        try:
            outcome: Outcome = read_records(asked.get(), kept)
        except EvalrunError as error:
            outcome = error
        frame = pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
        with suppress(BrokenPipeError):
            answers.write(len(frame).to_bytes(_SIZE, "big") + frame)
            answers.flush()


def _listen(asked: SimpleQueue[str]) -> None:
    for line in sys.stdin.buffer:
        asked.put(json.loads(line))
    os._exit(0)  # nobody is there any more, so that what is being read is of no use

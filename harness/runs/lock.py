"""One process at a time writes to a run's folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...benchmarks import BadInput
from ...benchmarks.jsonio import writing

LOCK = ".lock"


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. The kernel drops it when the process ends, however it ends, so none is ever stale.

    Raises:
        BadInput: another process holds it.
    """
    with writing(folder):
        held = (folder / LOCK).open("ab")
    with held as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"{folder}: another process is working on this run; wait for it, or end it") from error
        yield


@contextmanager
def not_at_work(folder: Path) -> Iterator[None]:
    """Keep others from working on a run while it is read; it needs no right to write there.

    Raises:
        BadInput: a process is working on it.
    """
    path = folder / LOCK
    if not path.exists():
        yield
        return
    try:
        held = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    with held as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"{folder}: a process is working on this run; wait for it, or end it") from error
        yield

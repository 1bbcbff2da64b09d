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

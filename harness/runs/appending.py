"""Appending to a run's records; a disk that fails is an outage, never a wrong answer.

When a record is safe:

- ``append`` hands it to the operating system, so from then on it survives the end of this process, by ``kill -9`` as
  well. A run does so in the turn of the event loop that brought it.
- It is on the disk (fsync) within ``GROUP_S`` and the time of one fsync, which all that came meanwhile share: replies
  come by the thousand a second, and no disk does as many. A loss of power costs at most that much, which is then owed
  again. When the file is closed everything is on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ...benchmarks import InfraError
from ...benchmarks.jsonio import JsonlAppender

Progress = Callable[[int, int], AbstractContextManager[Callable[[], None]]]
"""``with progress(total, done) as advance``: a bar that ``advance()`` moves on by one record."""
GROUP_S = 0.05
"""Seconds within which the fsync of a reply begins."""


class DiskFailed(InfraError):
    """The disk refuses records (it is full, or gone); what was recorded before is kept."""


class RecordAppender:
    """Appends rows at once, and flushes them to the disk from a thread, many with one fsync; see the module's text."""

    def __init__(self, path: Path, appender: JsonlAppender) -> None:
        self._path = path
        self._appender = appender
        self._failure: OSError | None = None
        self._unsynced = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._sync_for_ever, name="evalrun-fsync", daemon=True)
        self._thread.start()

    def append(self, rows: Iterable[object]) -> None:
        """Write rows; DiskFailed where the disk refuses them, or refused to keep earlier ones."""
        with as_outage(self._path):
            if self._failure is not None:
                raise self._failure
            self._appender.write_all(rows)
        self._unsynced.set()

    def finish(self) -> None:
        """Wait until everything is on the disk; DiskFailed where it is not."""
        self._closing.set()
        self._unsynced.set()
        self._thread.join()
        with as_outage(self._path):
            if self._failure is not None:
                raise self._failure
            self._appender.sync()

    def _sync_for_ever(self) -> None:
        while not self._closing.is_set() and self._failure is None:
            self._unsynced.wait()
            self._closing.wait(GROUP_S)  # for company
            self._unsynced.clear()
            try:
                self._appender.sync()
            except OSError as error:  # whoever appends next, or finishes, is told
                self._failure = error


@contextmanager
def appending(path: Path) -> Iterator[RecordAppender]:
    """Open a file of records for appending; DiskFailed where the disk refuses.

    Opening cuts off a torn last line, so read the records after it.
    """
    with as_outage(path):
        appender = JsonlAppender(path)
    try:
        records = RecordAppender(path, appender)
        try:
            yield records
        finally:
            records.finish()
    finally:
        with as_outage(path):
            appender.close()


@contextmanager
def as_outage(path: Path) -> Iterator[None]:
    """Around writing records: where the disk refuses, DiskFailed says what to do."""
    try:
        yield
    except OSError as error:
        raise DiskFailed(
            f"{path}: cannot be written ({error.strerror or error}); make room or mend the disk, then resume"
        ) from error

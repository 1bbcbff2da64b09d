"""Appending to a run's records; a disk that fails is an outage, never a wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ...benchmarks import InfraError
from ...benchmarks.jsonio import JsonlAppender

Progress = Callable[[int, int], AbstractContextManager[Callable[[], None]]]
"""``with progress(total, done) as advance``: a bar that ``advance()`` moves on by one record."""


class RecordAppender:
    """Appends rows durably to one file of records; opening it cuts off a torn last line, so read the records after."""

    def __init__(self, path: Path, appender: JsonlAppender) -> None:
        self._path = path
        self._appender = appender

    def append(self, rows: Iterable[object]) -> None:
        """Write rows with one flush to disk; InfraError where the disk refuses."""
        with _as_outage(self._path):
            self._appender.append_all(rows)


@contextmanager
def appending(path: Path) -> Iterator[RecordAppender]:
    """Open a file of records for appending; InfraError where the disk refuses."""
    with _as_outage(path):
        appender = JsonlAppender(path)
    try:
        yield RecordAppender(path, appender)
    finally:
        with _as_outage(path):
            appender.close()


@contextmanager
def _as_outage(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InfraError(
            f"{path}: cannot be written ({error.strerror or error}); make room or mend the disk, then resume"
        ) from error

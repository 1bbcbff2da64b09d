"""Where responses are kept, for event loops: the cache file behind two threads, one to read and one to write."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from ...benchmarks import EvalrunError
from .batching import BatchThread
from .cachefile import Damaged, damage_in, inode_of, move_aside, open_database, unusable
from .claims import Claims

log = logging.getLogger("evalrun.cache")
Rows = TypeVar("Rows")
Item = TypeVar("Item")
_PART = 199  # five values each, and SQLite before 3.32 takes 999


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a response came from: what `evalrun cache` counts by."""

    base_url: str
    form: str
    model: str


@dataclass(frozen=True, slots=True)
class _Entry:
    key: bytes
    origin: Origin
    value: bytes


class ResponseCache:
    """The cache's file, for use by event loops: reading and writing have a thread each, and gather while it works.

    Errors of the file: a damaged one is moved aside, with a warning, and its entries are asked for again. One that
    cannot be read is an outage (InfraError), since asking would pay twice. One that cannot be written costs a warning:
    the response in hand is worth more than its copy; where it is ``strict``, that is an outage as well, and so is a
    damaged file, which then stays where it is.
    """

    def __init__(self, path: Path, *, vfs: str | None = None, strict: bool = False) -> None:
        self.path = path
        self._strict = strict
        self._lock = threading.Lock()
        self._hits: Counter[Origin] = Counter()
        self._unwritten = 0
        self._reading, self._writing = _Handle(path, vfs, strict), _Handle(path, vfs, strict)
        try:
            self.claims = Claims(path)
        except OSError as error:
            raise unusable(path, error) from error
        self._readers: BatchThread[bytes, bytes | None] = BatchThread(self._read, "evalrun-cache-read")
        self._writers: BatchThread[_Entry, None] = BatchThread(self._write, "evalrun-cache-write")

    def __enter__(self) -> ResponseCache:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Write what is under way and the counts of hits, and close the file."""
        self._readers.close()
        self._writers.close()
        if self._hits:
            self._write([])
        self._reading.close()
        self._writing.close()
        self.claims.close()

    async def get(self, key: bytes) -> bytes | None:
        """What is kept under a key, or None."""
        return await self._readers.do(key)

    async def put(self, key: bytes, origin: Origin, value: bytes) -> None:
        """Keep a value; it is in the file (or a warning was given) when this returns. InfraError where it is strict."""
        await self._writers.do(_Entry(key, origin, value))

    def count_hit(self, origin: Origin) -> None:
        """Note that an entry was of use; the counts are written now and then, and on closing."""
        with self._lock:
            self._hits[origin] += 1

    def _read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        def read(connection: sqlite3.Connection) -> dict[bytes, list[object]]:
            return {key: found for part in _parts(keys) for key, *found in connection.execute(_select(len(part)), part)}

        try:
            rows = self._reading.use(read)
        except (sqlite3.Error, OSError) as error:
            raise unusable(self.path, error) from error
        return [self._checked(key, *rows[key]) if key in rows else None for key in keys]

    def _checked(self, key: bytes, value: object, check_sum: object) -> bytes | None:
        if not isinstance(value, bytes) or check_sum != _check_sum(key, value):
            log.warning("%s: a damaged entry; it is asked for again", self.path)
            return None
        return value

    def _write(self, entries: Sequence[_Entry]) -> list[None]:
        with self._lock:
            hits, self._hits = self._hits, Counter()

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _write_all(connection, entries, hits)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        try:
            self._writing.use(write)
        except (sqlite3.Error, OSError, EvalrunError) as error:
            if self._strict and entries:
                raise unusable(self.path, error) from error
            if not self._unwritten:
                log.warning("the response cache %s cannot be written (%s); replies go on uncached", self.path, error)
            self._unwritten += len(entries)
        return [None] * len(entries)


class _Handle:
    """One thread's connection, opened anew where the file was found damaged, here or by another process."""

    def __init__(self, path: Path, vfs: str | None, strict: bool) -> None:
        self._path, self._vfs, self._strict = path, vfs, strict
        self._connection, self._inode = open_database(path, vfs=vfs, strict=strict)

    def use(self, work: Callable[[sqlite3.Connection], Rows]) -> Rows:
        """Do the work; where the file is damaged, do it again in a new one, unless that is not wanted."""
        if inode_of(self._path) != self._inode:  # what goes into a file that was moved aside, no later run would find
            self._reopen()
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            if self._strict or not damage_in(error):
                raise
            move_aside(self._path, Damaged(str(error), self._inode))
            self._reopen()
            return work(self._connection)

    def _reopen(self) -> None:
        self._connection.close()
        self._connection, self._inode = open_database(self._path, vfs=self._vfs, strict=self._strict)

    def close(self) -> None:
        self._connection.close()


def _write_all(connection: sqlite3.Connection, entries: Sequence[_Entry], hits: Mapping[Origin, int]) -> None:
    ids = {origin: _origin_id(connection, origin) for origin in {*hits, *(entry.origin for entry in entries)}}
    connection.executemany("UPDATE origins SET hits = hits + ? WHERE id = ?", [(n, ids[o]) for o, n in hits.items()])
    now = int(time.time())
    for part in _parts(entries):
        connection.execute(
            # where files cannot be locked two processes may have asked the same; the last to write is what counts
            "INSERT OR REPLACE INTO responses (key, origin, created, value, check_sum) VALUES "
            + ", ".join(["(?, ?, ?, ?, ?)"] * len(part)),
            [each for e in part for each in (e.key, ids[e.origin], now, e.value, _check_sum(e.key, e.value))],
        )


def _select(count: int) -> str:
    return f"SELECT key, value, check_sum FROM responses WHERE key IN ({', '.join('?' * count)})"


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """As many as one statement takes. A statement for each would, at each, hand the interpreter to the event loop and
    wait to get it back.
    """
    for start in range(0, len(items), _PART):
        yield items[start : start + _PART]


def _origin_id(connection: sqlite3.Connection, origin: Origin) -> int:
    named = (origin.base_url, origin.form, origin.model)
    connection.execute("INSERT OR IGNORE INTO origins (base_url, form, model) VALUES (?, ?, ?)", named)
    row = connection.execute("SELECT id FROM origins WHERE base_url = ? AND form = ? AND model = ?", named).fetchone()
    return int(row[0])


def _check_sum(key: bytes, value: bytes) -> bytes:
    """SQLite does not notice a flipped bit within a value; this does."""
    return hashlib.blake2b(value, key=key, digest_size=16).digest()

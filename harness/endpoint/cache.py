"""A cache of responses that all runs share: the same request, asked for the same epoch, is paid for once.

The key is the SHA-256 of the base URL, the form, the exact request and the epoch. What is kept is a response that the
endpoint handed over; a failure has none, and so is never kept. A response is on disk before it is handed on: a
kill at any instant loses nothing that was paid for.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ...benchmarks.jsonio import canonical_json
from .api import Endpoint, Reply, Response
from .batching import BatchThread
from .cachefile import Damaged, damage_in, inode_of, move_aside, open_database, unusable

log = logging.getLogger("evalrun.cache")
KEY_VERSION = 1
Made = TypeVar("Made", Reply, Response)
Rows = TypeVar("Rows")


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


def cache_key(base_url: str, form: str, body: Mapping[str, Any], epoch: int) -> bytes:
    """SHA-256 of all that decides a response. base_url: as ``normal_base_url`` gives it."""
    asked = {"v": KEY_VERSION, "base_url": base_url, "form": form, "body": dict(body), "epoch": epoch}
    return hashlib.sha256(canonical_json(asked).encode("ascii")).digest()


def is_worth_keeping(response: Response) -> bool:
    """False for what is less than an answer: no reply, a failure of the server, nothing said and no reason given.

    An empty reply with a reason (it was cut off while it thought, it was filtered) was paid for like any other.
    """
    return bool(response.replies) and all(
        reply.finish_reason not in ("error", "abort") and (reply.finish_reason or reply.text.strip() or reply.reasoning)
        for reply in response.replies
    )


class ResponseCache:
    """The cache's file, for use by event loops: reading and writing have a thread each, and gather while it works.

    Errors of the file: a damaged one is moved aside, with a warning, and its entries are asked for again. One that
    cannot be read is an outage (InfraError), since asking would pay twice. One that cannot be written costs a warning:
    the response in hand is worth more than its copy.
    """

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._hits: Counter[Origin] = Counter()
        self._unwritten = 0
        self._reading, self._writing = _Handle(path, vfs), _Handle(path, vfs)
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

    async def get(self, key: bytes, origin: Origin) -> Response | None:
        """The response that is kept under the key, with ``cached`` set, or None."""
        value = await self._readers.do(key)
        if value is None:
            return None
        try:
            response = response_from_json(json.loads(value))
        except (ValueError, TypeError, KeyError) as error:
            log.warning("%s: an entry is of another shape (%s); it is asked for again", self.path, error)
            return None
        with self._lock:
            self._hits[origin] += 1
        return response

    async def put(self, key: bytes, origin: Origin, response: Response) -> None:
        """Keep a response; it is on disk (or a warning was given) when this returns."""
        value = canonical_json(response_to_json(response)).encode("ascii")
        await self._writers.do(_Entry(key, origin, value))

    def _read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        def read(connection: sqlite3.Connection) -> list[bytes | None]:
            return [self._checked(connection, key) for key in keys]

        try:
            return self._reading.use(read)
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def _checked(self, connection: sqlite3.Connection, key: bytes) -> bytes | None:
        row = connection.execute("SELECT value, check_sum FROM responses WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        value, check_sum = row
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
        except sqlite3.Error as error:
            if not self._unwritten:
                log.warning("the response cache %s cannot be written (%s); replies go on uncached", self.path, error)
            self._unwritten += len(entries)
        return [None] * len(entries)


class _Handle:
    """One thread's connection, opened anew where the file was found damaged, here or by another process."""

    def __init__(self, path: Path, vfs: str | None) -> None:
        self._path, self._vfs = path, vfs
        self._connection, self._inode = open_database(path, vfs=vfs)

    def use(self, work: Callable[[sqlite3.Connection], Rows]) -> Rows:
        """Do the work; where the file is damaged, do it again in a new one."""
        if inode_of(self._path) != self._inode:  # what goes into a file that was moved aside, no later run would find
            self._reopen()
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            if not damage_in(error):
                raise
            move_aside(self._path, Damaged(str(error), self._inode))
            self._reopen()
            return work(self._connection)

    def _reopen(self) -> None:
        self._connection.close()
        self._connection, self._inode = open_database(self._path, vfs=self._vfs)

    def close(self) -> None:
        self._connection.close()


def _write_all(connection: sqlite3.Connection, entries: Sequence[_Entry], hits: Mapping[Origin, int]) -> None:
    ids = {origin: _origin_id(connection, origin) for origin in {*hits, *(entry.origin for entry in entries)}}
    connection.executemany("UPDATE origins SET hits = hits + ? WHERE id = ?", [(n, ids[o]) for o, n in hits.items()])
    now = int(time.time())
    # Two processes may have asked for the same; whichever wrote last is what later runs get.
    connection.executemany(
        "INSERT OR REPLACE INTO responses (key, origin, created, value, check_sum) VALUES (?, ?, ?, ?, ?)",
        [(e.key, ids[e.origin], now, e.value, _check_sum(e.key, e.value)) for e in entries],
    )


def _origin_id(connection: sqlite3.Connection, origin: Origin) -> int:
    named = (origin.base_url, origin.form, origin.model)
    connection.execute("INSERT OR IGNORE INTO origins (base_url, form, model) VALUES (?, ?, ?)", named)
    row = connection.execute("SELECT id FROM origins WHERE base_url = ? AND form = ? AND model = ?", named).fetchone()
    return int(row[0])


def _check_sum(key: bytes, value: bytes) -> bytes:
    """SQLite does not notice a flipped bit within a value; this does."""
    return hashlib.blake2b(value, key=key, digest_size=16).digest()


def response_to_json(response: Response) -> dict[str, Any]:
    """A response as the cache holds it."""
    kept = asdict(response)
    del kept["cached"]
    return kept


def response_from_json(row: Mapping[str, Any]) -> Response:
    """Read it back, with ``cached`` set; fields that this version does not know are left out.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    replies = tuple(_made(Reply, reply) for reply in row["replies"])
    if not replies or not all(isinstance(reply.text, str) for reply in replies):
        raise ValueError("it has no reply with a text")
    return replace(_made(Response, {**row, "replies": replies}), cached=True)


def _made(kind: type[Made], row: Mapping[str, Any]) -> Made:
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in row.items() if name in names})


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    taking: int = 0


class CachedEndpoint:
    """An endpoint whose responses are kept in, and taken from, a cache that its owner opens and closes.

    base_url: as ``normal_base_url`` gives it. A request without an epoch goes past the cache: no two samples can
    share a reply because a caller forgot to tell them apart.
    """

    def __init__(self, inner: Endpoint, cache: ResponseCache, form: str, base_url: str) -> None:
        self._inner, self._cache, self._form, self._base_url = inner, cache, form, base_url
        self._turns: dict[bytes, _Turn] = {}

    async def __aenter__(self) -> CachedEndpoint:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._inner.__aexit__(kind, error, tb)

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """See ``Endpoint.ask``. What the inner endpoint raises is raised, and not kept.

        Raises:
            InfraError: the cache cannot be read.
        """
        if epoch is None:
            return await self._inner.ask(body)
        key = cache_key(self._base_url, self._form, body, epoch)
        origin = Origin(self._base_url, self._form, str(body.get("model", "")))
        async with self._one_at_a_time(key):
            found = await self._cache.get(key, origin)
            if found is not None:
                return found
            response = await self._inner.ask(body, epoch=epoch)
            if is_worth_keeping(response):
                await self._cache.put(key, origin, response)
            return response

    @asynccontextmanager
    async def _one_at_a_time(self, key: bytes) -> AsyncIterator[None]:
        """Who asks the same meanwhile waits, and finds the response in the cache."""
        turn = self._turns.setdefault(key, _Turn())
        turn.taking += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.taking -= 1
            if not turn.taking:
                del self._turns[key]

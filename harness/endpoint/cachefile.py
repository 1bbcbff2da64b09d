"""The response cache's file: SQLite, safe under several processes; a damaged one is moved aside, never believed."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...benchmarks import BadInput, InfraError

log = logging.getLogger("evalrun.cache")
FILE_NAME = "responses.sqlite3"
SCHEMA = 1
BUSY_S = 30.0
_CHECKPOINT_PAGES = 4_000
_APPLICATION_ID = 0x65767231  # "evr1": what tells our file from somebody else's database
_SIDECARS = ("", "-wal", "-shm", "-journal")
_TABLES = """
CREATE TABLE origins (
    id INTEGER PRIMARY KEY, base_url TEXT NOT NULL, form TEXT NOT NULL, model TEXT NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0, UNIQUE (base_url, form, model)
);
CREATE TABLE responses (
    key BLOB PRIMARY KEY, origin INTEGER NOT NULL REFERENCES origins (id), created INTEGER NOT NULL,
    value BLOB NOT NULL, check_sum BLOB NOT NULL
);
CREATE INDEX responses_by_origin ON responses (origin, created);
"""


class Damaged(Exception):
    """SQLite says that the file is no whole database; ``inode`` tells which file that was."""

    def __init__(self, what: str, inode: int) -> None:
        super().__init__(what)
        self.inode = inode


def open_database(path: Path, *, vfs: str | None = None, strict: bool = False) -> tuple[sqlite3.Connection, int]:
    """A connection to the cache's file, made where absent, moved aside where damaged; and the file's inode.

    The journal is write-ahead where the filesystem can, else the classical one. A commit survives the end of any
    process; with the write-ahead log it is flushed to the disk some commits later, in order, so that a power cut takes
    the newest at most.
    vfs: SQLite's name for another way to lock files. The connection may be used by any one thread at a time.
    strict: a damaged file, or one that is no database, stays where and as it is.

    Raises:
        BadInput: the file is another program's database, or of a later evalrun.
        InfraError: the disk, or the rights to it, do not allow the file; or (strict) it is damaged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opening(path):
            try:
                return _open(path, vfs, whole=strict)
            except Damaged as damage:
                if strict:
                    raise
                _move_aside(path, damage)
                return _open(path, vfs)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from error
    except Damaged as damage:
        raise unusable(path, damage) from damage


def move_aside(path: Path, damage: Damaged) -> None:
    """Rename the damaged file, unless that was done already; the next opening makes a new one."""
    with _opening(path):
        _move_aside(path, damage)


def inode_of(path: Path) -> int | None:
    """Which file lies there now; None where there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def unusable(path: Path, error: Exception) -> InfraError:
    """What to say where the cache cannot be used at all."""
    return InfraError(
        f"the response cache {path}: {error}; mend it, name another place (--cache-dir), or go without --cache"
    )


def damage_in(error: sqlite3.Error) -> bool:
    """Whether SQLite complains about the file's content; a lock, a full disk or a wrong statement are none."""
    return type(error) is sqlite3.DatabaseError


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """One process at a time opens, makes or moves the file."""
    with path.with_name(f".{path.name}.lock").open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _open(path: Path, vfs: str | None, *, whole: bool = False) -> tuple[sqlite3.Connection, int]:
    """whole: look at every page before anything is written, since a file whose end was cut off opens like any other."""
    uri = path.absolute().as_uri() + (f"?vfs={vfs}" if vfs else "")
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    inode = path.stat().st_ino
    try:
        # another program's database is not ours to touch, not even its journal
        is_new = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if not is_new:
            _check_ours(connection, path)
            if whole and (said := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise Damaged(" ".join(str(said).split()), inode)
        _set_journal(connection, path)
        if is_new:
            _make(connection)
        connection.execute("SELECT 1 FROM responses LEFT JOIN origins ON origins.id = origin LIMIT 1").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if damage_in(error) or str(error).startswith("no such"):  # ours by its head, and its tables are gone
            raise Damaged(str(error), inode) from error
        raise
    except BaseException:
        connection.close()
        raise
    return connection, inode


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    try:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    except sqlite3.OperationalError as error:
        mode = f"none of it ({error})"
    if mode == "wal":
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
    else:
        log.info("%s: no write-ahead log on this filesystem (%s); readers will wait for writers", path, mode)


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise BadInput(f"{path}: another program's database; name another folder with --cache-dir")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA:
        raise BadInput(
            f"{path}: a response cache of schema {version}, this evalrun reads {SCHEMA}; "
            "name another folder with --cache-dir, or remove the file"
        )


def _make(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN;{_TABLES}PRAGMA application_id={_APPLICATION_ID};PRAGMA user_version={SCHEMA};COMMIT;"
    )


def _move_aside(path: Path, damage: Damaged) -> None:
    if inode_of(path) != damage.inode:
        return  # another process did it
    target = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for suffix in _SIDECARS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    log.warning("the response cache %s is damaged (%s); moved to %s, and a new one begun", path, damage, target.name)

"""What the response cache holds, and emptying it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .cachefile import open_database, unusable
from .cachestore import Origin

_DAY_S = 86_400
_BY_ORIGIN = """
SELECT base_url, form, model, hits, count(key), coalesce(sum(length(value)), 0), min(created), max(created)
FROM origins LEFT JOIN responses ON responses.origin = origins.id GROUP BY origins.id ORDER BY base_url, model, form
"""


@dataclass(frozen=True, slots=True)
class OriginStats:
    """What is kept of one origin. hits: responses given from the cache so far. size: bytes of the responses as JSON.
    oldest, newest: seconds since 1970, None where there are no entries.
    """

    origin: Origin
    hits: int
    entries: int
    size: int
    oldest: int | None
    newest: int | None


def cache_stats(path: Path) -> list[OriginStats]:
    """By origin, sorted; InfraError where the file cannot be read."""
    with _connection(path) as connection:
        rows = connection.execute(_BY_ORIGIN).fetchall()
    return [OriginStats(Origin(*row[:3]), *row[3:]) for row in rows]


def count_matching(path: Path, *, older_than_days: float | None, model: str | None) -> int:
    """How many entries ``clear_cache`` would remove now."""
    with _connection(path) as connection:
        where, values = _condition(older_than_days, model)
        return int(connection.execute(f"SELECT count(*) FROM responses WHERE {where}", values).fetchone()[0])


def clear_cache(path: Path, *, older_than_days: float | None = None, model: str | None = None) -> int:
    """Remove entries, all of them or those that are old and of one model, and give how many; other processes may be
    using the cache meanwhile. Without a condition, files that were moved aside as damaged are removed as well.
    """
    with _connection(path) as connection:
        where, values = _condition(older_than_days, model)
        connection.execute("BEGIN IMMEDIATE")
        removed = connection.execute(f"DELETE FROM responses WHERE {where}", values).rowcount
        connection.execute("DELETE FROM origins WHERE id NOT IN (SELECT origin FROM responses)")
        connection.execute("COMMIT")
        _give_back_space(connection)
    if older_than_days is None and model is None:
        for damaged in path.parent.glob(f"{path.name}.damaged-*"):
            damaged.unlink(missing_ok=True)
    return int(removed)


def _condition(older_than_days: float | None, model: str | None) -> tuple[str, list[object]]:
    parts, values = ["1"], list[object]()
    if older_than_days is not None:
        parts.append("created < ?")
        values.append(time.time() - older_than_days * _DAY_S)
    if model is not None:
        parts.append("origin IN (SELECT id FROM origins WHERE model = ?)")
        values.append(model)
    return " AND ".join(parts), values


def _give_back_space(connection: sqlite3.Connection) -> None:
    """Shrink the file, unless another process reads it just now: SQLite then uses the room for what comes next."""
    connection.execute("PRAGMA busy_timeout=1000")
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        opened, _ = open_database(path)
        with closing(opened):
            yield opened
    except sqlite3.Error as error:
        raise unusable(path, error) from error

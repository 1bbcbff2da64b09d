"""Every reply that an evolution got, kept before it is used: nothing is paid for twice, and all of it can be replayed.

It is a file of its own, of the kind of the response cache. A reply is known by the SHA-256 of the exact request, of the
member that was asked (by its model's name, whatever the URL), of the seed and of the epoch; that a server refused a
request is kept like a reply. Beside each stands what it was asked for, so that a later estimate can count.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ...benchmarks import BadInput, InfraError
from ...benchmarks.jsonio import canonical_json
from ...benchmarks.visible import visible
from ...harness.endpoint.api import RequestRefused, Response
from ...harness.endpoint.cache import cache_key, response_from_json, response_to_json
from ...harness.endpoint.cachefile import Damaged, open_database
from ...harness.endpoint.cachestore import Origin, ResponseCache

FORM = "chat"
_END = hashlib.sha256(b"evalrun: how the evolution ended").digest()
_NOTES = Origin("", "notes", "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request was for. chars: of the question, system part and all."""

    role: str
    purpose: str
    model: str
    template: str
    template_version: str
    chars: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry: the response, or (where the server refused the request) why, and what that cost all the same."""

    asked: Asked
    response: Response
    refused: str | None = None
    too_long: bool = False

    def result(self) -> Response:
        """The response; RequestRefused where there is none."""
        if self.refused is not None:
            raise RequestRefused(self.refused, too_long=self.too_long)
        return self.response


def key_of(label: str, body: Mapping[str, Any], seed: int, epoch: int) -> bytes:
    """The name of a reply. label: of the member, the same wherever it is asked."""
    place = hashlib.sha256(canonical_json([seed, epoch]).encode("ascii")).digest()
    return cache_key(label, FORM, body, int.from_bytes(place[:6], "big"))


class ReplyStore:
    """The store's file, for one event loop; close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Make it where there is none. BadInput: the file is no store. InfraError: the disk does not allow it."""
        self.path = path
        try:
            self._cache = ResponseCache(path, strict=True)
        except BadInput as error:
            raise BadInput(f"{path}: no store of replies; name another file with --replies") from error
        except InfraError as error:
            raise _unreadable(path, error) from error

    def __enter__(self) -> ReplyStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Write what is under way, and close the file."""
        self._cache.close()

    def claim(self, key: bytes, is_over: Callable[[], bool]) -> AbstractAsyncContextManager[None]:
        """Hold the right to ask for a reply, so that no other process pays for it meanwhile."""
        return self._cache.claims.holding(key, is_over)

    async def get(self, key: bytes) -> Kept | None:
        """What is kept, or None. InfraError: the file cannot be read."""
        value = await self._get(key)
        return None if value is None else _read(value)

    async def put(self, key: bytes, kept: Kept) -> None:
        """Keep an entry; it is in the file when this returns. InfraError: it cannot be written."""
        row: dict[str, Any] = {"asked": asdict(kept.asked), "response": response_to_json(kept.response)}
        if kept.refused is not None:
            row.update(refused=kept.refused, too_long=kept.too_long)
        await self._put(key, Origin("", FORM, kept.asked.model), row)

    async def ended(self) -> str:
        """How the evolution ended, where it was for want of budget; "" otherwise."""
        value = await self._get(_END)
        return "" if value is None else visible(json.loads(value).get("ended", ""))

    async def end(self, words: str) -> None:
        """Note why nothing further was asked ("" where that holds no longer), so that a replay ends there too."""
        if words != await self.ended():
            await self._put(_END, _NOTES, {"ended": words})

    async def _get(self, key: bytes) -> bytes | None:
        try:
            return await self._cache.get(key)
        except InfraError as error:
            raise _outage(self.path, error) from error

    async def _put(self, key: bytes, origin: Origin, row: Mapping[str, Any]) -> None:
        try:
            await self._cache.put(key, origin, canonical_json(row).encode("ascii"))
        except InfraError as error:
            raise _outage(self.path, error) from error


def require_store(path: Path) -> None:
    """BadInput where there is no such file."""
    if not path.is_file():
        raise BadInput(f"{path}: there is no such store of replies; name the one to replay with --replies FILE")


def entries(path: Path) -> Iterator[Kept]:
    """All that a store holds, in the order in which it came. BadInput: there is no store."""
    require_store(path)
    try:
        connection, _ = open_database(path, strict=True)
    except BadInput as error:
        raise BadInput(f"{path}: no store of replies; name another file with --replies") from error
    except InfraError as error:
        raise _unreadable(path, error) from error
    with closing(connection):
        try:
            rows = connection.execute("SELECT key, value FROM responses ORDER BY rowid").fetchall()
        except sqlite3.Error as error:
            raise BadInput(f"{path}: cannot be read ({error})") from error
    for key, value in rows:
        kept = None if key == _END else _read(value)
        if kept is not None:
            yield kept


def _read(value: bytes) -> Kept | None:
    """None for what is of another shape: it is asked for again."""
    try:
        row = json.loads(value)
        refused = row.get("refused")
        response = response_from_json(row["response"]) if refused is None else _nothing(row["response"])
        asked = row["asked"]
        names = ("role", "purpose", "model", "template", "template_version")
        found = Asked(**{name: str(asked[name]) for name in names}, chars=int(asked["chars"]))
        counts = (response.input_tokens, response.output_tokens)
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            return None
        return Kept(found, response, None if refused is None else str(refused), bool(row.get("too_long", False)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _nothing(row: Mapping[str, Any]) -> Response:
    asked, said = (int(row.get(name) or 0) for name in ("spent_input_tokens", "spent_output_tokens"))
    return Response((), 0, 0, cached=True, spent_input_tokens=asked, spent_output_tokens=said)


def _unreadable(path: Path, error: InfraError) -> BadInput | InfraError:
    """A file that is none, or is damaged, stays as it is: a new store in its place would have all paid for again."""
    if isinstance(error.__cause__, Damaged):
        return BadInput(
            f"{path}: no store of replies, or a damaged one ({error.__cause__}); it was left as it is. Bring back a "
            "copy, or name another file with --replies"
        )
    return _outage(path, error)


def _outage(path: Path, error: Exception) -> InfraError:
    return InfraError(f"the store of replies {path} cannot be used: {error.__cause__ or error}; nothing in it is lost")

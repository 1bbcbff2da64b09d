"""A cache of responses that all runs share: the same request, asked for the same epoch, is paid for once.

The key is the SHA-256 of the base URL, the form, the exact request and the epoch. What is kept is a response that the
endpoint handed over; a failure has none, and so is never kept. A response is in the file before it is handed on: a
kill at any instant loses nothing that was paid for. Who asks the same at the same time waits for it, in another process
too (``claims``). (A power cut may take the newest entries, never the file: what a
run recorded is in its own folder, and that is flushed to disk.)
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import Any

from ...benchmarks.jsonio import canonical_json
from .api import Endpoint, Reply, Response, Stoppable
from .cachestore import Origin, ResponseCache

log = logging.getLogger("evalrun.cache")
KEY_VERSION = 1
_REPLY_FIELDS = frozenset(each.name for each in fields(Reply))
_RESPONSE_FIELDS = frozenset(each.name for each in fields(Response)) - {"replies", "cached"}

__all__ = ["CachedEndpoint", "ResponseCache", "cache_key", "is_worth_keeping", "response_from_json", "response_to_json"]


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


def response_to_json(response: Response) -> dict[str, Any]:
    """A response as the cache holds it. (``asdict`` would copy it deeply, at twice the price of all the rest.)"""
    return {
        **{name: getattr(response, name) for name in _RESPONSE_FIELDS},
        "replies": [{name: getattr(reply, name) for name in _REPLY_FIELDS} for reply in response.replies],
    }


def response_from_json(row: Mapping[str, Any]) -> Response:
    """Read it back, with ``cached`` set; fields that this version does not know are left out.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    replies = tuple(Reply(**_known(reply, _REPLY_FIELDS)) for reply in row["replies"])
    if not replies or not all(isinstance(reply.text, str) for reply in replies):
        raise ValueError("it has no reply with a text")
    return Response(replies, cached=True, **_known(row, _RESPONSE_FIELDS))


def _known(row: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names}


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
        self._stopped = False

    async def __aenter__(self) -> CachedEndpoint:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._inner.__aexit__(kind, error, tb)

    def stop(self) -> None:
        """See ``Stoppable.stop``."""
        self._stopped = True
        if isinstance(self._inner, Stoppable):
            self._inner.stop()

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """See ``Endpoint.ask``. What the inner endpoint raises is raised, and not kept.

        Raises:
            InfraError: the cache cannot be read.
        """
        if epoch is None:
            return await self._inner.ask(body)
        key = cache_key(self._base_url, self._form, body, epoch)
        origin = Origin(self._base_url, self._form, str(body.get("model", "")))
        async with self._one_at_a_time(key), self._cache.claims.holding(key, lambda: self._stopped):
            found = await self._kept(key)
            if found is not None:
                self._cache.count_hit(origin)
                return found
            response = await self._inner.ask(body, epoch=epoch)
            if is_worth_keeping(response):
                value = canonical_json(response_to_json(response)).encode("ascii")
                await self._cache.put(key, origin, value)
            return response

    async def _kept(self, key: bytes) -> Response | None:
        value = await self._cache.get(key)
        if value is None:
            return None
        try:
            return response_from_json(json.loads(value))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("%s: an entry is of another shape (%s); it is asked for again", self._cache.path, error)
            return None

    @asynccontextmanager
    async def _one_at_a_time(self, key: bytes) -> AsyncIterator[None]:
        """Who asks the same meanwhile, in this process, waits, and finds the response in the cache."""
        turn = self._turns.setdefault(key, _Turn())
        turn.taking += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.taking -= 1
            if not turn.taking:
                del self._turns[key]

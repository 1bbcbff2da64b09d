"""Who is asking for what: processes that share a cache do not pay for the same request at the same time.

A claim is a lock on one byte of a file beside the cache, at a place that the key names. The operating system lets go
of it when its holder ends, however it ends, so that a killed claimant keeps nobody waiting, and nothing is left behind.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

log = logging.getLogger("evalrun.cache")
_POLL_S = 0.05
_LONGEST_WAIT_S = 1800.0
"""Seconds after which a claim is passed over: its holder lives, and yet does nothing (it was suspended)."""
_PLACE = 7  # bytes of the key; two that are the same wait for each other, and that is all


class Claims:
    """The claims of this process on the keys of one cache file."""

    def __init__(self, path: Path) -> None:
        self._stream = path.with_name(f".{path.name}.claims").open("ab")
        self._usable = True

    @asynccontextmanager
    async def holding(self, key: bytes, is_over: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold the claim on a key, waiting while another process has it. is_over: ends the wait, without the claim."""
        place = int.from_bytes(key[:_PLACE], "big")
        held = await self._take(place, is_over)
        try:
            yield
        finally:
            if held:
                self._lock(fcntl.LOCK_UN, place)

    async def _take(self, place: int, is_over: Callable[[], bool]) -> bool:
        end = time.monotonic() + _LONGEST_WAIT_S
        while self._usable and not is_over():
            try:
                if self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB, place):
                    return True
            except OSError as error:  # not every network filesystem has such locks
                self._usable = False
                log.warning(
                    "%s: cannot be locked (%s); processes that ask the same at once may pay twice",
                    self._stream.name,
                    error.strerror or error,
                )
                return False
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL_S)
        return False

    def _lock(self, how: int, place: int) -> bool:
        """False where another process has it."""
        try:
            fcntl.lockf(self._stream, how, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def close(self) -> None:
        """Let go of all."""
        self._stream.close()

"""Ending waits early: who waits before sending a request stops waiting when none is to be sent any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


class Interrupted(Exception):
    """The wait was ended; what it was for is not to be done."""

    def __init__(self) -> None:
        super().__init__("interrupted")


class Stopping:
    """Whether to stop, and the waits that end when it is so."""

    def __init__(self) -> None:
        self._stopped = False
        self._waits: set[asyncio.Future[None]] = set()

    def __bool__(self) -> bool:
        return self._stopped

    def now(self) -> None:
        """Stop; in the event loop's thread."""
        self._stopped = True
        for wait in self._waits:
            if not wait.done():
                wait.set_result(None)

    def check(self) -> None:
        """Raise ``Interrupted`` if it is so."""
        if self._stopped:
            raise Interrupted

    async def wait(self, for_what: Awaitable[None]) -> None:
        """Wait for it, or for the stop; it is cancelled unless it was done.

        Raises:
            Interrupted: it is stopped, also where both happened at once.
        """
        waited = asyncio.ensure_future(for_what)
        stopped = asyncio.get_running_loop().create_future()
        self._waits.add(stopped)
        try:
            if not self._stopped:
                await asyncio.wait((waited, stopped), return_when=asyncio.FIRST_COMPLETED)
            self.check()
            waited.result()
        finally:
            self._waits.discard(stopped)
            stopped.cancel()
            waited.cancel()

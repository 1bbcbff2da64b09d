"""How many requests an endpoint gets at a time: fewer while it says that it has too many, more again as it answers.

Additive increase, multiplicative decrease, as TCP does it: every response makes room for 1/limit of a request, so one
more after as many responses as are let out at a time; an overload halves the limit, once for all the requests that
were under way when it was noticed. Nothing else shrinks it: a reset connection or a 500 says nothing about load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from .clocks import REAL_CLOCKS, Clocks
from .stopping import Interrupted, Stopping

_DECREASE = 0.5
_NEVER = float("-inf")


class PauseTooLong(Exception):
    """The server wants to be left alone for longer than the caller has; ``pause_s`` says for how many seconds."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(f"the server asks for a pause of {pause_s:.0f} s")
        self.pause_s = pause_s


class AdaptiveLimit:
    """A gate that lets at most ``limit`` requests out at a time, and none while the server asked for a pause.

    most: the bound that is never passed, and where the limit starts: the user named it. adaptive: False keeps the
    limit there; pauses are kept in any case. stopping: ends every wait.
    """

    def __init__(
        self, most: int, *, adaptive: bool = True, clocks: Clocks = REAL_CLOCKS, stopping: Stopping | None = None
    ) -> None:
        if most < 1:
            raise ValueError(f"a limit of {most} requests lets none out")
        self._most = most
        self._adaptive = adaptive
        self._clocks = clocks
        self._stopping = Stopping() if stopping is None else stopping  # one that has not stopped is false
        self._limit = float(most)
        self._out = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._cut_at = _NEVER
        self._paused_until = _NEVER

    @property
    def limit(self) -> int:
        """Requests that may be out at this moment."""
        return int(self._limit)

    @property
    def out(self) -> int:
        """Requests that are out."""
        return self._out

    def pause_s(self) -> float:
        """Seconds until the server wants to hear of us again."""
        if self._paused_until == _NEVER:
            return 0.0
        return max(0.0, self._paused_until - self._clocks.monotonic())

    async def enter(self, longest_pause_s: float = float("inf")) -> None:
        """Wait for a place, in the order of asking, and for the end of a pause; ``leave`` gives the place back.

        Raises:
            PauseTooLong: the pause would be longer than that; no place is taken.
            Interrupted: nothing is to be sent any more; no place is taken.
        """
        self._stopping.check()
        if self.pause_s() > longest_pause_s:
            raise PauseTooLong(self.pause_s())
        await self._place()
        try:
            while (pause_s := self.pause_s()) > 0:  # it may be prolonged meanwhile
                if pause_s > longest_pause_s:
                    raise PauseTooLong(pause_s)
                await self._stopping.wait(self._clocks.sleep(pause_s))
        except BaseException:
            self.leave()
            raise

    async def _place(self) -> None:
        if self._out < int(self._limit) and not self._waiting:
            self._out += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await self._stopping.wait(place)
        except (asyncio.CancelledError, Interrupted):
            if place.done() and not place.cancelled():
                self.leave()  # it was given in the very moment: let the next one have it
            else:
                with suppress(ValueError):  # passed over already
                    self._waiting.remove(place)
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._out -= 1
        self._let_out()

    def answered(self) -> None:
        """A response came that is no complaint about load."""
        if self._limit < self._most:
            self._limit = min(float(self._most), self._limit + 1.0 / self._limit)
            self._let_out()

    def overloaded(self, sent_at: float) -> None:
        """The server said that it has too many requests, to one that was sent at that (monotonic) moment."""
        if not self._adaptive or sent_at <= self._cut_at:
            return  # it was sent under the limit that has been cut since
        self._cut_at = self._clocks.monotonic()
        self._limit = max(1.0, self._limit * _DECREASE)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._paused_until = max(self._paused_until, self._clocks.monotonic() + seconds)

    def _let_out(self) -> None:
        while self._waiting and self._out < int(self._limit):
            place = self._waiting.popleft()
            if not place.done():
                self._out += 1
                place.set_result(None)

"""Blocking work for an event loop, on one thread that does all that waits in one go."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_MAX_BATCH = 1_000


class BatchThread(Generic[Item, Result]):
    """``await do(item)`` hands an item to the thread; while it works, what comes meanwhile gathers to the next batch.

    work: takes a batch and returns one result for each item, in order; what it raises is raised to all who wait for
    that batch. So a hundred commits that come at once cost one flush to disk.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], name: str) -> None:
        self._work = work
        self._queue: queue.SimpleQueue[tuple[Item, asyncio.Future[Result]] | None] = queue.SimpleQueue()
        # A daemon, so that an interpreter whose owner forgot close() can end; close() is what loses nothing.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def do(self, item: Item) -> asyncio.Future[Result]:
        """Hand over an item at once; the future brings its result. Cancelling the wait does not undo the work."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put((item, future))
        return future

    def close(self) -> None:
        """Finish what was handed over, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        ending = False
        while not ending:
            batch: list[tuple[Item, asyncio.Future[Result]]] = []
            entry = self._queue.get()
            while entry is not None:
                batch.append(entry)
                if len(batch) == _MAX_BATCH or self._queue.empty():
                    break
                entry = self._queue.get()
            ending = entry is None
            if batch:
                self._answer(batch)

    def _answer(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:  # whatever it is belongs to those who wait, not to this thread
            results = [error] * len(batch)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result | Exception]]] = {}
        for (_, future), result in zip(batch, results, strict=True):
            by_loop.setdefault(future.get_loop(), []).append((future, result))
        for loop, settled in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle, settled)
            except RuntimeError:
                if not loop.is_closed():  # a closed loop has nobody left who waits
                    raise


def _settle(settled: list[tuple[asyncio.Future[Result], Result | Exception]]) -> None:
    for future, result in settled:
        if future.done():  # the wait was cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

"""What Ctrl-C (SIGINT) and SIGTERM do to a run: the first ends the asking in order, the second everything at once."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

log = logging.getLogger("evalrun.run")
_GRACE_S = 3.0
"""Seconds that the event loop has to act on the second signal before KeyboardInterrupt breaks into what blocks it."""


@contextmanager
def handling_signals(
    loop: asyncio.AbstractEventLoop, interrupt: Callable[[], None], halves: asyncio.Future[None]
) -> Iterator[None]:
    """The first signal stops the asking, the second everything."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    begun = False

    def on_signal() -> None:
        nonlocal begun
        if begun:
            halves.cancel()
            return
        begun = True
        interrupt()
        log.warning("interrupted: waiting for what is in flight; once more ends it at once")

    handled = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    force = _Force(handled)
    for each in handled:
        loop.add_signal_handler(each, on_signal)
        signal.signal(each, force.on_signal)  # beside the loop's handler, which hears of it by its wakeup descriptor
    try:
        yield
    finally:
        force.over.set()
        for each in handled:
            loop.remove_signal_handler(each)


class _Force:
    """What makes the second signal act while the event loop does not come to it: something in Python may block it.

    The loop is given ``_GRACE_S`` (then the run ends in order); after that, or with a third signal, KeyboardInterrupt
    is raised in the main thread. What was received is recorded in either case. over: set when the run has ended.
    """

    def __init__(self, handled: Sequence[signal.Signals]) -> None:
        self.over = threading.Event()
        self._again = next(iter(handled), signal.SIGINT)
        self._heard = 0

    def on_signal(self, number: int, frame: object) -> None:
        """The plain handler, run by the interpreter between two instructions of the main thread."""
        self._heard += 1
        if self._heard > 2 and not self.over.is_set():
            raise KeyboardInterrupt
        if self._heard == 2:
            threading.Thread(target=self._insist, daemon=True).start()

    def _insist(self) -> None:
        main = threading.main_thread().ident
        if not self.over.wait(_GRACE_S) and main is not None:
            signal.pthread_kill(main, self._again)  # a real one, so that it ends a system call too

"""A sandbox that is opened in the background: starting its first worker is waiting, which other work can fill."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from .api import Sandbox

_PATIENCE_S = 10.0  # for an opening under way when nobody wants the sandbox any more; an image may take minutes


@contextmanager
def opened_ahead(make: Callable[[], Sandbox]) -> Iterator[Callable[[], Sandbox]]:
    """Make and enter a sandbox in a thread; gives what waits for it and returns it, or raises what kept it from
    opening. It is closed at the end.

    Where the end comes, by an exception, while an image is still being built, it is not waited for longer than a few
    seconds: the thread then closes the sandbox itself, or ends with the process.
    """
    opened: Future[Sandbox] = Future()
    lock = threading.Lock()
    abandoned = False

    def work() -> None:
        try:
            sandbox = make().__enter__()
        except BaseException as error:  # whoever waits gets it
            opened.set_exception(error)
            return
        with lock:
            if not abandoned:
                opened.set_result(sandbox)
                return
        sandbox.__exit__(None, None, None)

    thread = threading.Thread(target=work, name="evalrun-opening", daemon=True)
    thread.start()
    try:
        yield opened.result
    finally:
        thread.join(_PATIENCE_S)
        with lock:
            abandoned = True
        if opened.done() and opened.exception() is None:
            opened.result().__exit__(None, None, None)

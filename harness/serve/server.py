"""An OpenAI-compatible server of stand-ins for models: in a thread of this process, or until a signal ends it."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from ipaddress import ip_address

from ...benchmarks import BadInput
from .faults import NO_FAULTS, Faults
from .language import StandIn
from .token_service import TokenSettings

__all__ = ["NO_FAULTS", "Faults", "TokenSettings", "is_loopback", "serve_until_signal", "serving"]
_BACKLOG = 1024
_AT_ONCE_S = 0.05
_GRACE_S = 15.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def serving(
    baselines: StandIn | Iterable[StandIn],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Faults = NO_FAULTS,
    tokens: TokenSettings | None = None,
) -> Iterator[str]:
    """Serve one stand-in or several from a thread of this process; yields the base URL.

    Port 0 takes any that is free. tokens: how those with tokens of their own are served. At the end every open
    connection is ended.

    Raises:
        BadInput: the server cannot listen there, or two stand-ins have one name.
    """
    models = tuple(baselines) if isinstance(baselines, Iterable) else (baselines,)
    ready: Future[tuple[str, Callable[[], None]]] = Future()

    async def serve() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        async with _listening(models, host, port, faults, tokens, _AT_ONCE_S) as base_url:

            def stop() -> None:
                loop.call_soon_threadsafe(ended.set)

            ready.set_result((base_url, stop))
            await ended.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=run, name="evalrun-serve")
    thread.start()
    try:
        base_url, stop = ready.result()
    except BaseException:
        thread.join()
        raise
    try:
        yield base_url
    finally:
        stop()
        thread.join()


def serve_until_signal(
    baselines: Iterable[StandIn],
    announce: Callable[[str], None],
    *,
    host: str,
    port: int,
    faults: Faults = NO_FAULTS,
    tokens: TokenSettings | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` gets the base URL once it works.

    The first signal ends the listening, and what is in work has five seconds to end; the second ends all at once.
    """
    asyncio.run(_serve_until_signal(tuple(baselines), announce, host, port, faults, tokens))


async def _serve_until_signal(
    models: tuple[StandIn, ...],
    announce: Callable[[str], None],
    host: str,
    port: int,
    faults: Faults,
    tokens: TokenSettings | None,
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    task = asyncio.current_task()

    def stop() -> None:
        if ended.is_set() and task is not None:
            task.cancel()
        ended.set()

    with suppress(asyncio.CancelledError):  # the second signal
        async with _listening(models, host, port, faults, tokens, _GRACE_S) as base_url:
            for each in _SIGNALS:
                loop.add_signal_handler(each, stop)
            announce(base_url)
            await ended.wait()


@asynccontextmanager
async def _listening(
    models: tuple[StandIn, ...], host: str, port: int, faults: Faults, tokens: TokenSettings | None, grace_s: float
) -> AsyncIterator[str]:
    from aiohttp import web

    from .service import Service

    app = Service(models, faults, tokens).application()
    # a handler whose client has left is cancelled: a drill's hanging requests would pile up for ever
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=grace_s)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        except (OSError, OverflowError) as error:
            raise BadInput(f"--host {host} --port {port}: cannot listen there ({_why(error)})") from error
        yield _base_url(host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _why(error: Exception) -> str:
    is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
    return "the port is in use; --port 0 takes a free one" if is_taken else str(error)


def _base_url(host: str, port: int) -> str:
    wildcards = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    shown = wildcards.get(host, host)
    return f"http://[{shown}]:{port}/v1" if ":" in shown else f"http://{shown}:{port}/v1"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    with suppress(OSError):
        found = socket.getaddrinfo(host or None, None, proto=socket.IPPROTO_TCP) if host else []
        return bool(found) and all(ip_address(str(each[4][0])).is_loopback for each in found)
    return False

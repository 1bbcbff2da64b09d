"""HTTP/2 by httpx, for servers that offer it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpx

from .transport import Limits, Received, StaleConnection, TransportFailure, connection_failure

_STREAMS = 100
"""Requests on one connection; servers allow about as many at a time, and what is beyond would wait."""
_STALE_WITHIN_S = 2.0


class HttpxTransport:
    """See ``Transport``. tls: what certificates are checked against; it is changed to offer HTTP/2."""

    def __init__(self, *, connections: int, tls: ssl.SSLContext) -> None:
        # one client has one HTTP/2 connection, however many streams the server allows on it
        self._lanes = [_Lane(tls) for _ in range(-(-connections // _STREAMS))]

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, limits: Limits) -> Received:
        lane = min(self._lanes, key=lambda lane: lane.out)
        lane.out += 1
        trace = _Trace()
        began = time.monotonic()
        try:
            # httpx limits the wait for each piece of a reply; a reply that drips must end as well
            return await asyncio.wait_for(_exchange(lane.client, url, headers, content, limits, trace), limits.total_s)
        except httpx.ConnectTimeout as error:
            raise connection_failure(asyncio.TimeoutError(), httpx.URL(url).host) from error
        except (httpx.TimeoutException, asyncio.TimeoutError) as error:
            raise TransportFailure(f"no reply within {limits.total_s:g} s") from error
        except httpx.ConnectError as error:
            raise connection_failure(_cause(error), httpx.URL(url).host) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            if not trace.connected and not trace.replied and time.monotonic() - began < _STALE_WITHIN_S:
                raise StaleConnection("the server closed a kept connection") from error
            raise TransportFailure(f"the connection broke ({error or type(error).__name__})") from error
        finally:
            lane.out -= 1

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.client.aclose()


class _Lane:
    """One client, and how many requests are out on it."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.out = 0
        self.client = httpx.AsyncClient(http2=True, verify=tls, trust_env=False, follow_redirects=False)


class _Trace:
    """What happened to one request: whether a connection was made for it, and whether a reply began."""

    def __init__(self) -> None:
        self.connected = False
        self.replied = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self.connected = True
        elif event.endswith("receive_response_headers.complete"):
            self.replied = True


async def _exchange(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], content: bytes, limits: Limits, trace: _Trace
) -> Received:
    timeout = httpx.Timeout(limits.total_s, connect=limits.connect_s)
    data = bytearray()
    async with client.stream(
        "POST", url, headers=dict(headers), content=content, timeout=timeout, extensions={"trace": trace}
    ) as response:
        async for piece in response.aiter_bytes():
            data += piece
            if len(data) > limits.max_bytes:
                raise TransportFailure(f"the reply is longer than {limits.max_bytes} bytes")
    return Received(response.status_code, response.headers, bytes(data))


def _cause(error: BaseException) -> BaseException:
    """The exception at the bottom: httpx words it, but only its type says what happened."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error

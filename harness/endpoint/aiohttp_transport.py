"""HTTP/1.1 with connections that are kept alive, by aiohttp."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

import aiohttp

from .transport import Limits, Received, StaleConnection, TransportFailure, connection_failure

_KEEP_ALIVE_S = 4.5
"""Idle connections are closed before the servers do it, whose usual limit is 5 s (uvicorn, Node)."""
_STALE_WITHIN_S = 2.0
"""A kept connection that ends sooner than this after the request, without a byte, was closed by then."""
_MAX_HEADER = 65_536
_LARGE = 1 << 20
_FAREWELL_S = 0.05
"""TLS connections close in the loop's next turns, which older aiohttp does not wait for."""

_reused: ContextVar[bool] = ContextVar("_reused")
"""Whether the request of the running task went out on a connection that had been used before."""


class AiohttpTransport:
    """See ``Transport``. proxy: the URL of an HTTP proxy. tls: what certificates are checked against."""

    def __init__(self, *, connections: int, proxy: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._connections = connections
        self._proxy = proxy
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._last_timeout = Limits(), aiohttp.ClientTimeout()

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, limits: Limits) -> Received:
        session = self._session or self._open()
        _reused.set(False)
        began = time.monotonic()
        try:
            async with session.post(
                url,
                # a large text is handed over in pieces, so that others' turns come in between
                data=content if len(content) < _LARGE else io.BytesIO(content),
                headers=headers,
                timeout=self._timeout(limits),
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                body = await _body(response, limits.max_bytes)
                return Received(response.status, response.headers, body)
        except aiohttp.ConnectionTimeoutError as error:
            raise connection_failure(error, _host(url)) from error
        except asyncio.TimeoutError as error:
            raise TransportFailure(f"no reply within {limits.total_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            closed = isinstance(error, (aiohttp.ServerDisconnectedError, ConnectionError, aiohttp.ClientOSError))
            if _reused.get() and closed and time.monotonic() - began < _STALE_WITHIN_S:
                raise StaleConnection("the server closed a kept connection") from error
            raise _failure(error, _host(url)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
            if self._tls is not None:
                await asyncio.sleep(_FAREWELL_S)

    def _timeout(self, limits: Limits) -> aiohttp.ClientTimeout:
        """The same for most requests, and dear to make."""
        if self._last_timeout[0] is not limits:
            found = aiohttp.ClientTimeout(total=limits.total_s, sock_connect=limits.connect_s)
            self._last_timeout = limits, found
        return self._last_timeout[1]

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                limit=self._connections,
                keepalive_timeout=_KEEP_ALIVE_S,
                ttl_dns_cache=60,
                ssl=True if self._tls is None else self._tls,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_MAX_HEADER,
            max_field_size=_MAX_HEADER,
        )
        return self._session


class _Connector(aiohttp.TCPConnector):
    """Notes whether a connection is a kept one; aiohttp's traces would tell it too, for a fifth of a request's cost."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._used: WeakSet[object] = WeakSet()

    async def connect(self, *args: Any, **settings: Any) -> aiohttp.connector.Connection:
        connection = await super().connect(*args, **settings)
        protocol = connection.protocol
        if protocol in self._used:
            _reused.set(True)
        elif protocol is not None:
            self._used.add(protocol)
        return connection


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if (response.content_length or 0) > most:
        raise TransportFailure(f"the reply is longer than {most} bytes")
    stream = response.content
    first = await stream.readany()
    if stream.at_eof() and len(first) <= most:
        return first
    data = bytearray(first)
    while len(data) <= most and not stream.at_eof():
        data += await stream.readany()
    if len(data) > most:
        raise TransportFailure(f"the reply is longer than {most} bytes")
    return bytes(data)


def _failure(error: Exception, host: str) -> TransportFailure:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return connection_failure(error.certificate_error, host)
    if isinstance(error, aiohttp.ClientConnectorError):
        where = host if not isinstance(error, aiohttp.ClientProxyConnectionError) else f"the proxy {error.host}"
        return connection_failure(error.os_error, where)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportFailure(f"the proxy refused: HTTP {error.status}")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return TransportFailure("the server closed the connection without a reply")
    if isinstance(error, aiohttp.ClientPayloadError):
        return TransportFailure("the reply broke off, or cannot be decoded")
    if isinstance(error, aiohttp.ClientResponseError):
        return TransportFailure(f"the reply is no HTTP ({error.message})")
    said = error.strerror if isinstance(error, OSError) else None
    return TransportFailure(f"the connection broke ({said or type(error).__name__})")


def _host(url: str) -> str:
    return url.split("/", 3)[2]

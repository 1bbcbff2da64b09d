"""How a request's bytes get to a server and the response's bytes back: what a transport is, and which one a URL gets.

Three are real: ``http1_transport`` (HTTP/1.1 with connections kept alive, by far the cheapest one),
``aiohttp_transport`` (the same through a proxy) and ``httpx_transport`` (HTTP/2). A server behind https is asked once,
in the TLS handshake (ALPN), whether it speaks HTTP/2; all else gets HTTP/1.1.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ...benchmarks import BadInput

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange. total_s: seconds from the first step to the last byte, connecting included.

    connect_s: seconds for name, connection and TLS. max_bytes: of the body, after decompression.
    """

    total_s: float = 300.0
    connect_s: float = 30.0
    max_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Received:
    """A whole response. ``headers`` ignore case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportFailure(Exception):
    """No whole response came; another attempt may bring one. The message is one line and holds no header of ours."""


class StaleConnection(TransportFailure):
    """A kept connection turned out to be closed before the server took the request: ask again, nothing happened."""


class Untrusted(TransportFailure):
    """The server's certificate is not trusted; it will not be in the next attempt."""


class Transport(Protocol):
    """Something that sends POST requests over one pool of connections. No redirect is followed, no cookie kept."""

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, limits: Limits) -> Received:
        """Send a request and wait for its whole response, whatever its status.

        Raises:
            TransportFailure: no whole response within the limits.
        """

    async def close(self) -> None:
        """Close the connections."""


def open_transport(url: str, *, connections: int, http2: bool = True) -> Transport:
    """The transport for a URL. Nothing is connected yet.

    connections: requests that the caller has under way at a time, at the most.
    http2: use HTTP/2 where an https server offers it (not through a proxy).

    Raises:
        BadInput: the environment names a proxy or certificates that cannot be used.
    """
    from .http1_transport import Http1Transport

    parts = urlsplit(url)
    proxy = proxy_of(url)
    tls = tls_context() if parts.scheme == "https" else None
    if proxy is not None:
        from .aiohttp_transport import AiohttpTransport

        return AiohttpTransport(connections=connections, proxy=proxy, tls=tls)
    if tls is None or not http2:
        return Http1Transport(tls=tls)
    return _Negotiated(parts.hostname or "", parts.port or _DEFAULT_PORT["https"], connections, tls)


def proxy_of(url: str) -> str | None:
    """The proxy that the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY) names for a URL, None for none.

    This machine's own servers are never asked through one.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORT[parts.scheme]
    if host in LOOPBACK or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    named = getproxies()
    proxy = named.get(parts.scheme) or named.get("all")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise BadInput(
            f"the proxy in {parts.scheme.upper()}_PROXY or ALL_PROXY is no HTTP proxy ({urlsplit(proxy).scheme}); "
            f"name another, or add {host} to NO_PROXY"
        )
    return proxy


def tls_context(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """What servers' certificates are checked against: SSL_CERT_FILE and SSL_CERT_DIR where set, else the system's.

    Certifi's certificates are trusted besides the system's, because some systems come without any.

    Raises:
        BadInput: what the variables name cannot be read.
    """
    file, folder = environment.get("SSL_CERT_FILE") or None, environment.get("SSL_CERT_DIR") or None
    if not file and not folder:
        import certifi

        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context
    try:
        if folder and not Path(folder).is_dir():
            raise NotADirectoryError(folder)
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:  # ssl.SSLError is one
        raise BadInput(
            f"SSL_CERT_FILE={file or ''} SSL_CERT_DIR={folder or ''}: no certificates can be read there ({error})"
        ) from error


def connection_failure(error: BaseException, host: str) -> TransportFailure:
    """Why no connection came about, in words."""
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return TransportFailure(f"no connection to {host} in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(
            f"the certificate of {host} is not trusted ({error.verify_message}); "
            "SSL_CERT_FILE names certificates to trust instead"
        )
    if isinstance(error, ssl.SSLError):
        return TransportFailure(f"TLS with {host} failed ({error.reason or error})")
    if isinstance(error, socket.gaierror):
        return TransportFailure(f"the host {host} cannot be found ({error.strerror or error})")
    said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else None
    return TransportFailure(f"cannot connect to {host} ({said or error or type(error).__name__})")


class _Negotiated:
    """Finds out with the first request which HTTP an https server speaks, and has the transport for it from then on."""

    def __init__(self, host: str, port: int, connections: int, tls: ssl.SSLContext) -> None:
        self._host = host
        self._port = port
        self._connections = connections
        self._tls = tls
        self._chosen: Transport | None = None
        self._choosing = asyncio.Lock()

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, limits: Limits) -> Received:
        transport = self._chosen
        if transport is None:
            async with self._choosing:  # the others wait for the first one's finding
                transport = self._chosen = self._chosen or await self._choose(limits)
        return await transport.post(url, headers, content, limits)

    async def close(self) -> None:
        if self._chosen is not None:
            await self._chosen.close()

    async def _choose(self, limits: Limits) -> Transport:
        if await self._protocol(min(limits.connect_s, limits.total_s)) == "h2":
            from .httpx_transport import HttpxTransport

            return HttpxTransport(connections=self._connections, tls=self._tls)
        from .http1_transport import Http1Transport

        self._tls.set_alpn_protocols(["http/1.1"])
        return Http1Transport(tls=self._tls)

    async def _protocol(self, timeout_s: float) -> str | None:
        self._tls.set_alpn_protocols(["h2", "http/1.1"])
        opening = asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            _, writer = await asyncio.wait_for(opening, timeout_s)
        except (OSError, asyncio.TimeoutError) as error:
            raise connection_failure(error, self._host) from error
        found: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        writer.transport.abort()  # it has served; a farewell could hang
        return None if found is None else found.selected_alpn_protocol()

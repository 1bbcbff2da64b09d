"""HTTP/1.1 over kept connections, straight on asyncio's protocols, parsed by httptools (llhttp, in C).

A general client spends most of a request's time on what one POST of JSON has no use for (cookies, redirects, traces,
a stream for the body). Against a server on the same machine that time is what bounds the rate: this transport takes a
third of it (``tests/speed/endpoint_rate.py``).
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import httptools
from multidict import CIMultiDict
from yarl import URL

from .transport import Limits, Received, StaleConnection, TransportFailure, connection_failure

_KEEP_ALIVE_S = 4.5
"""Idle connections are closed before the servers do it, whose usual limit is 5 s (uvicorn, Node)."""
_STALE_WITHIN_S = 2.0
"""A kept connection that ends sooner than this after the request, without a byte, was closed by then."""
_MAX_HEAD = 1 << 20
_MAX_FRAMING = 8
"""Bytes that may come for each byte of a body, with ``_MAX_HEAD`` more: chunks of one byte take six."""
_HAPPY_EYEBALLS_S = 0.25  # RFC 8305's delay before the next address is tried beside the first
_BROKEN_OFF = "the reply broke off, or cannot be decoded"
_NO_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where requests go, and what all of them begin with."""

    host: str
    port: int
    named: str
    tls: bool
    head: bytes

    @property
    def server(self) -> tuple[str, int, bool]:
        """What a connection is to: one serves all paths of a server."""
        return self.host, self.port, self.tls


class Http1Transport:
    """See ``Transport``. tls: what certificates are checked against, for https.

    There are as many connections as there were requests under way at a time: who asks bounds them.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._last: tuple[str, dict[str, str], _Target] | None = None

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, limits: Limits) -> Received:
        target = self._target(url, headers)
        began = time.monotonic()
        connection = self._kept(target, began) or await self._connected(target, limits)
        request = b"%b%d\r\n\r\n%b" % (target.head, len(content), content)
        try:
            return await connection.exchange(request, limits, began + limits.total_s)
        finally:
            if connection.is_reusable:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                connection.abort()

    async def close(self) -> None:
        self._idle.clear()
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)  # for the loop to let go of them

    def _target(self, url: str, headers: Mapping[str, str]) -> _Target:
        """The same for most requests."""
        last = self._last
        if last is None or last[0] != url or last[1] != headers:
            last = self._last = url, dict(headers), _target_of(url, headers)
        return last[2]

    def _kept(self, target: _Target, now: float) -> _Connection | None:
        """The connection that was used last, if it is still open."""
        while self._idle:
            connection = self._idle.pop()
            is_fresh = now - connection.idle_since < _KEEP_ALIVE_S
            if is_fresh and connection.is_reusable and connection.server == target.server:
                return connection
            connection.abort()
        return None

    async def _connected(self, target: _Target, limits: Limits) -> _Connection:
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(
            lambda: _Connection(target.server, self._open, loop),
            target.host,
            target.port,
            ssl=self._tls or True if target.tls else None,
            happy_eyeballs_delay=_HAPPY_EYEBALLS_S,
        )
        try:
            _, connection = await asyncio.wait_for(opening, min(limits.connect_s, limits.total_s))
        except (OSError, asyncio.TimeoutError, UnicodeError) as error:
            raise connection_failure(error, target.named) from error
        return connection


def _target_of(url: str, headers: Mapping[str, str]) -> _Target:
    found = URL(url)
    host = found.raw_host or ""
    named = f"[{host}]" if ":" in host else host
    where = named if found.is_default_port() else f"{named}:{found.port}"
    lines = [f"POST {found.raw_path_qs} HTTP/1.1", f"host: {where}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(character in line for line in lines for character in "\r\n\0"):
        raise TransportFailure("a header holds a line end, and cannot be sent")
    try:
        head = "\r\n".join([*lines, "content-length: "]).encode("latin-1")
    except UnicodeEncodeError as error:
        raise TransportFailure("a header holds a character that HTTP has none for, and cannot be sent") from error
    return _Target(host, cast("int", found.port), f"{named}:{found.port}", found.scheme == "https", head)


class _Connection(asyncio.Protocol):
    """One connection, with at most one request under way. The parser calls the methods ``on_...``.

    connections: all that are open; it is in there from its beginning to its end. loop: asking for the running one takes
    a system call before Python 3.12. Moments are those of ``time.monotonic``.
    """

    def __init__(
        self, server: tuple[str, int, bool], connections: set[_Connection], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.server = server
        self.idle_since = 0.0
        self._connections = connections
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._due = float("inf")  # when the timer ends, and when the exchange is to end
        self._ends = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Received] | None = None
        self._exchanges = 0
        self._keep = True
        self._early = b""
        self._begin(Limits())

    @property
    def is_reusable(self) -> bool:
        """Whether it is open and between two requests."""
        transport = self._transport
        return (
            self._keep
            and self._waiter is None
            and transport is not None
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )

    async def exchange(self, request: bytes, limits: Limits, ends: float) -> Received:
        """Send a request and wait for its whole response, until the moment ``ends``."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise TransportFailure("the server closed the connection without a reply")
        self._begin(limits)
        self._exchanges += 1
        waiter: asyncio.Future[Received] = self._loop.create_future()
        self._waiter = waiter
        self._watch(ends)
        transport.write(request)
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
        try:
            return await waiter
        finally:
            if self._waiter is not None:  # cancelled: what comes now is nobody's
                self._waiter = None
                self._keep = False

    def _watch(self, ends: float) -> None:
        """Have the exchange fail at that moment.

        The timer of an earlier exchange, which ended long before, is let run and set anew when it is due: a timer for
        each would cost more than reading the response's head.
        """
        self._ends = ends
        if ends < self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(ends - time.monotonic(), self._on_time)
            self._due = ends

    def _on_time(self) -> None:
        due, self._due = self._due, float("inf")
        if self._waiter is None:
            return
        if due < self._ends:
            self._watch(self._ends)
        else:
            self._fail(TransportFailure(f"no reply within {self._limits.total_s:g} s"))

    def abort(self) -> None:
        """Close it at once."""
        self._keep = False
        if self._transport is not None:
            self._transport.abort()

    def _begin(self, limits: Limits) -> None:
        self._limits = limits
        self._began = time.monotonic()
        self._came = 0
        self._status = 0
        self._is_headed = False
        self._ends_with_connection = False
        self._headers = _Headers()
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Of ``asyncio.Protocol``."""
        if self._waiter is None:  # before any request there may be a server that answers whatever is asked
            self._early += data
            if self._exchanges or len(self._early) > _MAX_HEAD:
                self.abort()
            return
        self._came += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(TransportFailure(f"the reply is no HTTP ({error})"))
        if self._came > _MAX_HEAD + _MAX_FRAMING * len(self._body):
            what = "what surrounds its body does not end" if self._is_headed else "its headers do not end"
            self._fail(TransportFailure(f"the reply is no HTTP ({what})"))

    def connection_lost(self, error: Exception | None) -> None:
        """Of ``asyncio.Protocol``."""
        self._keep = False
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._waiter is None:
            return
        if self._is_headed and self._ends_with_connection and error is None:
            self._finish()
        elif self._came:
            self._fail(TransportFailure(_BROKEN_OFF))
        elif self._exchanges > 1 and time.monotonic() - self._began < _STALE_WITHIN_S:
            self._fail(StaleConnection("the server closed a kept connection"))
        elif isinstance(error, OSError):
            self._fail(TransportFailure(f"the connection broke ({error.strerror or type(error).__name__})"))
        else:
            self._fail(TransportFailure("the server closed the connection without a reply"))

    def on_message_begin(self) -> None:
        """Of the parser."""
        if self._waiter is None:
            self._keep = False  # a second response to one request; the next request must not get what is left of it

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the parser; what comes after a body, or after the response, is none of its headers."""
        if not self._is_headed and self._waiter is not None:
            self._headers.raw.append((name, value))

    def on_headers_complete(self) -> None:
        """Of the parser."""
        if self._waiter is None:
            return
        self._status = self._parser.get_status_code()
        self._is_headed = self._status >= 200
        length = self._headers.first(b"content-length")
        is_measured = length or self._headers.first(b"transfer-encoding") is not None or self._status in _NO_BODY
        self._ends_with_connection = not is_measured
        if length is not None and length.isdigit() and int(length[:20]) > self._limits.max_bytes:
            self._fail(self._too_long())

    def on_body(self, piece: bytes) -> None:
        """Of the parser."""
        if len(self._body) + len(piece) > self._limits.max_bytes:
            self._fail(self._too_long())
        else:
            self._body += piece

    def on_message_complete(self) -> None:
        """Of the parser; an interim response (100, 103) comes before the real one."""
        if self._status < 200:
            self._headers = _Headers()
            return
        self._keep = self._keep and self._parser.should_keep_alive()
        self._finish()

    def _too_long(self) -> TransportFailure:
        return TransportFailure(f"the reply is longer than {self._limits.max_bytes} bytes")

    def _finish(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._keep = False  # a second response to one request
            return
        try:
            encoding = (self._headers.first(b"content-encoding") or b"").strip().lower()
            body = _unpacked(bytes(self._body), encoding, self._limits)
        except TransportFailure as failure:
            self._fail(failure)
            return
        self._waiter = None
        waiter.set_result(Received(self._status, self._headers, body))

    def _fail(self, failure: TransportFailure) -> None:
        waiter, self._waiter = self._waiter, None
        self.abort()
        if waiter is not None and not waiter.done():
            waiter.set_exception(failure)


class _Headers(Mapping[str, str]):
    """The headers of one response, which ignore case. They are decoded when somebody looks: of a good one nobody does.

    raw: as they came.
    """

    def __init__(self) -> None:
        self.raw: list[tuple[bytes, bytes]] = []
        self._decoded: CIMultiDict[str] | None = None

    def first(self, name: bytes) -> bytes | None:
        """The first value under a name in small letters; None where there is none."""
        for each, value in self.raw:
            if len(each) == len(name) and each.lower() == name:
                return value
        return None

    def _all(self) -> CIMultiDict[str]:
        if self._decoded is None:
            self._decoded = CIMultiDict((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw)
        return self._decoded

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _unpacked(body: bytes, encoding: bytes, limits: Limits) -> bytes:
    """The body; nothing is asked to be packed, and some servers do it all the same."""
    if not encoding or encoding == b"identity":
        return body
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise TransportFailure(_BROKEN_OFF)
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, whichever it is
    try:
        found = unpacking.decompress(body, limits.max_bytes + 1)
    except zlib.error as error:
        raise TransportFailure(_BROKEN_OFF) from error
    if len(found) > limits.max_bytes:
        raise TransportFailure(f"the reply is longer than {limits.max_bytes} bytes")
    if not unpacking.eof:
        raise TransportFailure(_BROKEN_OFF)
    return found

"""How bytes get to a server and back: kept connections, HTTP/2 where offered, proxies."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
import trustme

from evalrun.benchmarks import BadInput
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.endpoint.transport import Limits, TransportFailure, open_transport, proxy_of

BODY = {"model": "m", "messages": [{"role": "user", "content": "Say fine."}]}
GOOD = json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GOOD)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@asynccontextmanager
async def listening(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server's port; at the end every connection's handler has ended too."""
    tasks: list[asyncio.Task[Any]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        try:
            await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # for the transports to close


class Hasty:
    """A server that answers ``keeps`` requests on a connection, and closes it when the next one has come."""

    def __init__(self, keeps: int) -> None:
        self.keeps = keeps
        self.connections = 0
        self.answered = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for number in range(self.keeps + 1):
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                if number < self.keeps:
                    self.answered += 1
                    writer.write(HEAD + GOOD)
                    await writer.drain()
        writer.close()


def test_a_kept_connection_that_the_server_closed_is_no_failure() -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as served:
            hasty = Hasty(keeps=2)
            port = await served.enter_async_context(listening(hasty))
            async with OpenAIEndpoint(f"http://127.0.0.1:{port}", "chat") as endpoint:
                found = [await endpoint.ask(BODY) for _ in range(7)]
        assert [reply.attempts for reply in found] == [1] * 7
        assert (hasty.answered, hasty.connections) == (7, 4)

    asyncio.run(scenario())


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as served:
            hasty = Hasty(keeps=50)
            port = await served.enter_async_context(listening(hasty))
            async with OpenAIEndpoint(f"http://127.0.0.1:{port}", "chat", connections=4) as endpoint:
                for _ in range(5):
                    await asyncio.gather(*(endpoint.ask(BODY) for _ in range(8)))
        assert (hasty.answered, hasty.connections) == (40, 4)

    asyncio.run(scenario())


def test_a_request_that_cannot_be_sent_at_once_arrives_whole(scripts: Any) -> None:
    script = scripts.serve([scripts.good()])
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 3_000_000}]}

    async def scenario() -> None:
        async with OpenAIEndpoint(script.base_url, "chat") as endpoint:
            await endpoint.ask(body)

    asyncio.run(scenario())
    assert script.bodies == [body]


class SpeaksHttp2:
    """A server of HTTP/2. refuses: connections that are told to go away before they are answered."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.refuses = refuses
        self.connections = 0
        self.requests: list[dict[bytes, bytes]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tls = writer.get_extra_info("ssl_object")
        if tls.selected_alpn_protocol() != "h2":
            writer.close()
            return
        wire = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        wire.initiate_connection()
        writer.write(wire.data_to_send())
        counted = False
        while data := await reader.read(65536):
            for event in wire.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.requests.append(dict(event.headers))
                    self.connections += not counted
                    counted = True
                elif isinstance(event, h2.events.StreamEnded):
                    if self.refuses:
                        self.refuses -= 1
                        writer.transport.abort()
                        return
                    head = [(":status", "200"), ("content-type", "application/json")]
                    wire.send_headers(event.stream_id, head)
                    wire.send_data(event.stream_id, GOOD, end_stream=True)
            writer.write(wire.data_to_send())
        writer.close()


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A server's context, whose certificate clients trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("refuses", [0, 2])
def test_http2_is_spoken_with_a_server_that_offers_it(tls: ssl.SSLContext, refuses: int) -> None:
    from evalrun.harness.endpoint.retry import RetryPolicy

    async def scenario() -> None:
        async with AsyncExitStack() as served:
            model = SpeaksHttp2(refuses=refuses)
            port = await served.enter_async_context(listening(model, tls))
            policy = RetryPolicy(base_s=0.01)
            async with OpenAIEndpoint(
                f"https://127.0.0.1:{port}", "chat", connections=150, retry=policy, key="k"
            ) as endpoint:
                found = [await endpoint.ask(BODY)]
                found += await asyncio.gather(*(endpoint.ask(BODY) for _ in range(300)))
        assert {response.replies[0].text for response in found} == {"fine"}
        assert model.requests[0][b":path"] == b"/v1/chat/completions"
        assert model.requests[0][b"authorization"] == b"Bearer k"
        assert len(model.requests) >= 301
        assert 2 <= model.connections <= 2 + 2 * refuses

    asyncio.run(scenario())


def test_a_server_that_offers_http11_only_gets_that(tls: ssl.SSLContext) -> None:
    tls.set_alpn_protocols(["http/1.1"])

    async def scenario() -> None:
        async with AsyncExitStack() as served:
            hasty = Hasty(keeps=50)
            port = await served.enter_async_context(listening(hasty, tls))
            async with OpenAIEndpoint(f"https://127.0.0.1:{port}", "chat", connections=2) as endpoint:
                await asyncio.gather(*(endpoint.ask(BODY) for _ in range(10)))
        assert (hasty.answered, hasty.connections) == (10, 3)  # one of them was to find out

    asyncio.run(scenario())


def test_a_proxy_is_used_except_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://plain.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert proxy_of("https://host.example/v1") == "http://proxy.example:3128"
    assert proxy_of("http://host.example/v1") == "http://plain.example:3128"
    assert proxy_of("https://inside.example/v1") is None
    assert proxy_of("http://localhost:8000/v1") is None
    assert proxy_of("http://[::1]:8000/v1") is None


def test_a_proxy_that_is_none_of_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example:1080")
    with pytest.raises(BadInput, match="NO_PROXY"):
        open_transport("https://host.example/v1", connections=1)


def test_requests_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as served:
            hasty = Hasty(keeps=1)
            port = await served.enter_async_context(listening(hasty))
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
            async with OpenAIEndpoint("http://no-such-host.invalid/v1", "chat") as endpoint:
                assert (await endpoint.ask(BODY)).replies[0].text == "fine"

    asyncio.run(scenario())


def test_an_address_that_never_answers_costs_no_more_than_the_time_to_connect() -> None:
    async def scenario() -> None:
        transport = open_transport("http://192.0.2.1/v1", connections=1)  # RFC 5737: nobody is there
        with pytest.raises(TransportFailure):
            await transport.post("http://192.0.2.1/v1", {}, b"{}", Limits(total_s=5.0, connect_s=0.2))
        await transport.close()

    asyncio.run(asyncio.wait_for(scenario(), 4.0))


@asynccontextmanager
async def answering(*replies: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that reads one request on each connection and sends one of these; and the requests' heads."""
    heads: list[bytes] = []
    left = list(replies)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while left:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(2)
                writer.write(left.pop(0))
                await writer.drain()
                if b"close" in heads[-1]:
                    break
        writer.close()

    async with listening(handle) as port:
        yield port, heads


def received(*replies: bytes, limits: Limits = Limits(), path: str = "/v1/x") -> list[Any]:  # noqa: B008
    """What each request got: a response, or the failure."""

    async def scenario() -> list[Any]:
        found: list[Any] = []
        async with answering(*replies) as (port, _):
            transport = open_transport(f"http://127.0.0.1:{port}{path}", connections=1)
            for _ in replies:
                try:
                    found.append(await transport.post(f"http://127.0.0.1:{port}{path}", {"a": "b"}, b"{}", limits))
                except TransportFailure as failure:
                    found.append(failure)
            await transport.close()
        return found

    return asyncio.run(asyncio.wait_for(scenario(), 20.0))


def test_pieces_packed_bodies_and_interim_responses_are_read_as_one() -> None:
    packed = gzip.compress(GOOD)
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (GOOD[:5], GOOD[5:])) + b"0\r\n\r\n"
    first, second, third = received(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + HEAD + GOOD,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(packed), packed),
    )
    assert [each.body for each in (first, second, third)] == [GOOD] * 3
    assert first.headers["CONTENT-TYPE"] == "application/json"
    assert "link" not in first.headers


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", "longer than 1000 bytes"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5dc\r\n" + b"x" * 1500, "longer than 1000 bytes"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1010\r\n\r\n"
            + gzip.compress(b"x" * 1_000_000)
            + b"x" * 10,
            "longer than 1000 bytes",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", "cannot be decoded"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 4\r\n\r\nnope", "cannot be decoded"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_100_000, "headers do not end"),
    ],
)
def test_what_is_no_reply_is_told_in_words(reply: bytes, why: str) -> None:
    (failure,) = received(reply, limits=Limits(max_bytes=1000))
    assert isinstance(failure, TransportFailure)
    assert why in str(failure)


def test_a_body_that_ends_with_its_connection_is_whole() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD)
        await writer.drain()
        writer.close()

    async def scenario() -> None:
        async with listening(handle) as port:
            transport = open_transport(f"http://127.0.0.1:{port}", connections=1)
            for _ in range(2):
                found = await transport.post(f"http://127.0.0.1:{port}/", {}, b"{}", Limits())
                assert found.body == GOOD
            await transport.close()

    asyncio.run(scenario())


def test_a_second_response_to_one_request_is_given_to_nobody() -> None:
    other = GOOD.replace(b"fine", b"else")
    found = received(HEAD + GOOD + HEAD + other, HEAD + GOOD)
    assert [each.body for each in found] == [GOOD, GOOD]


def test_a_request_that_is_given_up_leaves_nothing_for_the_next() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for number in range(2):
                await reader.readuntil(b"\r\n\r\n{}")
                await asyncio.sleep(0.3 if number == 0 else 0)
                writer.write(HEAD + GOOD.replace(b"fine", b"%4d" % number))
                await writer.drain()

    async def scenario() -> None:
        async with listening(slow) as port:
            transport = open_transport(f"http://127.0.0.1:{port}", connections=1)
            url = f"http://127.0.0.1:{port}/"
            given_up = asyncio.create_task(transport.post(url, {}, b"{}", Limits()))
            await asyncio.sleep(0.1)
            given_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await given_up
            with pytest.raises(TransportFailure, match=r"no reply within 0\.1 s"):
                await transport.post(url, {}, b"{}", Limits(total_s=0.1))
            found = await transport.post(url, {}, b"{}", Limits())
            assert b'"   0"' in found.body  # of a connection of its own
            await transport.close()

    asyncio.run(scenario())


def test_a_request_on_a_kept_connection_has_its_whole_time_and_no_more() -> None:
    async def second_slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for wait_s in (0.0, 0.6, 60.0):
                await reader.readuntil(b"\r\n\r\n{}")
                await asyncio.sleep(wait_s)
                writer.write(HEAD + GOOD)
                await writer.drain()

    async def scenario() -> float:
        async with listening(second_slow) as port:
            transport = open_transport(f"http://127.0.0.1:{port}", connections=1)
            url, limits = f"http://127.0.0.1:{port}/", Limits(total_s=0.8)
            await transport.post(url, {}, b"{}", limits)
            await asyncio.sleep(0.4)
            assert (await transport.post(url, {}, b"{}", limits)).body == GOOD  # 1.0 s after the first one began
            began = time.monotonic()
            with pytest.raises(TransportFailure, match=r"no reply within 0\.8 s"):
                await transport.post(url, {}, b"{}", limits)
            took_s = time.monotonic() - began
            await transport.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            return took_s

    assert 0.75 < asyncio.run(scenario()) < 5.0


def test_a_header_that_would_be_two_is_not_sent() -> None:
    async def scenario() -> None:
        transport = open_transport("http://127.0.0.1:9", connections=1)
        with pytest.raises(TransportFailure, match="line end"):
            await transport.post("http://127.0.0.1:9/", {"a": "b\r\nc: d"}, b"{}", Limits())
        await transport.close()

    asyncio.run(scenario())


def test_the_beginning_of_a_second_response_is_no_part_of_this_one_or_the_next() -> None:
    found = received(HEAD + GOOD + b"HTTP/1.1 200 OK\r\nx-left: over\r\n", HEAD + GOOD)
    assert [each.body for each in found] == [GOOD, GOOD]
    assert not any("x-left" in each.headers for each in found)


def test_what_comes_after_a_body_is_no_header() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nretry-after: 9\r\n\r\n"
    (found,) = received(chunked % (len(GOOD), GOOD))
    assert found.body == GOOD
    assert "retry-after" not in found.headers


@pytest.mark.parametrize(
    "endless", [b"2;" + b"x" * 3_000_000 + b"\r\n{}\r\n0\r\n\r\n", b"0\r\n" + b"a: b\r\n" * 300_000]
)
def test_chunks_and_trailers_without_an_end_are_given_up(endless: bytes) -> None:
    (failure,) = received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + endless)
    assert "surrounds its body does not end" in str(failure)


def test_a_body_in_pieces_of_one_byte_is_whole() -> None:
    body = b"x" * 300_000
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * len(body) + b"0\r\n\r\n"
    (found,) = received(chunked)
    assert found.body == body


def test_a_server_that_speaks_first_is_heard_once() -> None:
    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + GOOD)  # before it was asked
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n{}")
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(HEAD + GOOD.replace(b"fine", b"late"))
            await writer.drain()
            await reader.read()

    async def scenario() -> list[bytes]:
        async with listening(hasty) as port:
            transport = open_transport(f"http://127.0.0.1:{port}", connections=1)
            url = f"http://127.0.0.1:{port}/"
            bodies = [(await transport.post(url, {}, b"{}", Limits(total_s=5.0))).body for _ in range(2)]
            await transport.close()
            return bodies

    first, second = asyncio.run(scenario())
    assert (b"fine" in first, b"late" in second) == (True, True)


def test_one_connection_serves_all_paths_of_a_server() -> None:
    async def scenario() -> int:
        server = Hasty(keeps=9)
        async with listening(server) as port:
            transport = open_transport(f"http://127.0.0.1:{port}", connections=1)
            for path in ("/v1/completions", "/tokenize", "/v1/completions"):
                await transport.post(f"http://127.0.0.1:{port}{path}", {}, b"{}", Limits())
            await transport.close()
        return server.connections

    assert asyncio.run(scenario()) == 1


def test_a_header_that_http_has_no_letters_for_is_a_failure_in_words() -> None:
    async def scenario() -> None:
        transport = open_transport("http://127.0.0.1:9", connections=1)
        with pytest.raises(TransportFailure, match="HTTP has none for"):
            await transport.post("http://127.0.0.1:9/", {"a": "\u20ac"}, b"{}", Limits())
        await transport.close()

    asyncio.run(scenario())

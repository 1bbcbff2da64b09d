"""A real HTTP server that answers as a model would, and fails in every way that real servers do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]
Answer = Callable[[str], str]
MOST = 12_000_000
"""Bytes of a body that tests let clients take."""


def completion(text: str | None, finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """What a chat server sends."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}, **fields}


def _status(status: int, message: str = "no", **headers: str) -> Handler:
    async def fault(request: web.Request, good: bytes) -> web.StreamResponse:
        return web.json_response({"error": {"message": message}}, status=status, headers=headers)

    return fault


def _body(change: Callable[[bytes], bytes], kind: str = "application/json") -> Handler:
    async def fault(request: web.Request, good: bytes) -> web.StreamResponse:
        return web.Response(body=change(good), content_type=kind)

    return fault


def _edited(change: Callable[[dict[str, Any]], object]) -> Handler:
    def edit(good: bytes) -> bytes:
        payload = json.loads(good)
        change(payload)
        return json.dumps(payload).encode()

    return _body(edit)


async def _reset_mid_body(request: web.Request, good: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(good)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(good[: len(good) // 2])
    assert request.transport is not None
    request.transport.abort()
    return response


async def _reset_before_reply(request: web.Request, good: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _drip(request: web.Request, good: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _ in range(600):
            await response.write(b" ")
            await asyncio.sleep(0.05)
    return response


async def _hang(request: web.Request, good: bytes) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


def _choice(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = payload["choices"][0]
    return found


def _wrong_text(text: str | None, finish: str | None) -> Handler:
    def change(payload: dict[str, Any]) -> None:
        _choice(payload)["message"]["content"] = text
        _choice(payload)["finish_reason"] = finish
        payload["usage"]["completion_tokens"] = 0

    return _edited(change)


PASSING: dict[str, Handler] = {
    "429 with seconds": _status(429, "slow down", **{"Retry-After": "1"}),
    "429 with a date long past": _status(429, "slow down", **{"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    "429 without Retry-After": _status(429),
    "500": _status(500),
    "503": _status(503),
    "529": _status(529),
    "reset mid-body": _reset_mid_body,
    "reset before a reply": _reset_before_reply,
    "truncated JSON": _body(lambda good: good[:-9]),
    "a web page with a good status": _body(lambda good: b"<html><body>Please sign in</body></html>", "text/html"),
    "a stream of events that nobody asked for": _body(lambda good: b"data: " + good + b"\n\n", "text/event-stream"),
    "slow drip": _drip,
    "hang": _hang,
    "200 with an error body": _body(lambda good: b'{"error": {"message": "the GPU is gone", "code": "internal"}}'),
    "200 with a 429 in its body": _body(lambda good: b'{"error": {"message": "busy", "code": 429}}'),
    "200 with an error in the choice": _edited(lambda payload: _choice(payload).update(error={"code": 502})),
    "invalid UTF-8": _body(lambda good: good.replace(b"def ", b"d\xff\xfe ")),
    "empty body": _body(lambda good: b""),
    "no choices": _edited(lambda payload: payload["choices"].clear()),
    "empty content that is not finished": _wrong_text("", None),
    "empty content": _wrong_text("", "stop"),
    "null content": _wrong_text(None, "stop"),
    "content filter": _wrong_text("", "content_filter"),
    "a text cut by the content filter": _wrong_text("def ", "content_filter"),
    "longer than allowed": _body(lambda good: good + b" " * MOST),
}
"""Faults that another attempt may be spared."""

REFUSING: dict[str, Handler] = {
    "context too long": _status(400, "This model's maximum context length is 4096 tokens."),
    "content policy": _status(400, "The prompt triggered our content management policy."),
    "unprocessable": _status(422, "messages: too odd"),
}
"""Refusals of one request."""

HARMLESS: dict[str, Handler] = {
    "wrong content type": _body(lambda good: good, "text/plain"),
    "duplicate choices": _edited(lambda payload: payload["choices"].append(completion("raise OSError")["choices"][0])),
    "missing usage": _edited(lambda payload: payload.pop("usage")),
    "missing finish reason": _edited(lambda payload: _choice(payload).pop("finish_reason")),
    "10 MB reply": _body(lambda good: good + b" " * 10_000_000),
}
"""Oddities behind which the whole answer is there."""


class FaultyServer:
    """Answers chat requests by ``answer(prompt)``, unless a fault is set for a prompt.

    ``fault``: asked with the prompt and how often it came before, it gives the fault or None. ``seen`` counts requests
    by prompt.
    """

    def __init__(
        self, answer: Answer, fault: Callable[[str, int], Handler | None] = lambda prompt, times: None
    ) -> None:
        self.answer = answer
        self.fault = fault
        self.seen: Counter[str] = Counter()
        self.base_url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        times = self.seen[prompt]
        self.seen[prompt] += 1
        good = json.dumps(completion(self.answer(prompt))).encode()
        fault = self.fault(prompt, times)
        return await (fault or _body(lambda text: text))(request, good)

    @contextlib.contextmanager
    def serving(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[str]:
        """Serve in a thread until left; gives the base URL."""
        loop = asyncio.new_event_loop()
        ready: list[int] = []
        started, ending = threading.Event(), asyncio.Event()

        async def serve() -> None:
            app = web.Application(client_max_size=1 << 26)
            app.router.add_post("/v1/chat/completions", self.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls, reuse_address=True)
            await site.start()
            ready.append(runner.addresses[0][1])
            started.set()
            await ending.wait()
            await runner.cleanup()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        try:
            assert started.wait(10)
            self.base_url = f"http{'s' if tls else ''}://127.0.0.1:{ready[0]}/v1"
            yield self.base_url
        finally:
            loop.call_soon_threadsafe(ending.set)
            thread.join()
            loop.close()

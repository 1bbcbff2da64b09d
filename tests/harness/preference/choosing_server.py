"""A real HTTP server on localhost that answers questions about two responses as a function says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from evalrun.benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from evalrun.harness.preference.question_layout import Shown, read_shown


@dataclass(frozen=True)
class Answer:
    """What one request gets. top: log-probabilities of what might be said at each token, sent where they are asked."""

    text: str | None = ""
    status: int = 200
    finish: str = "stop"
    reasoning: str | None = None
    top: Sequence[tuple[str, dict[str, float]]] | None = None


Rule = Callable[[Shown, dict[str, Any]], Answer | str]


@dataclass
class Choosing:
    """What was asked. delay_s: before each reply. log: bodies of the requests."""

    rule: Rule
    base_url: str = ""
    delay_s: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.log.append(body)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        shown = read_shown(body["messages"][-1]["content"])
        assert shown is not None, "the question shows no two responses"
        found = self.rule(shown, body)
        answer = Answer(found) if isinstance(found, str) else found
        if answer.status != 200:
            return web.json_response({"error": {"message": answer.text or "no"}}, status=answer.status)
        return web.json_response(payload(answer, bool(body.get("logprobs"))))


def payload(answer: Answer, with_logprobs: bool = True) -> dict[str, Any]:
    """A chat reply as OpenAI documents it."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.reasoning is not None:
        message["reasoning_content"] = answer.reasoning
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": answer.finish}
    if answer.top is not None and with_logprobs:
        choice["logprobs"] = {"content": [_token(said, top) for said, top in answer.top]}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def _token(said: str, top: dict[str, float]) -> dict[str, Any]:
    rows = [{"token": token, "logprob": value} for token, value in top.items()]
    return {"token": said, "logprob": top.get(said, -20.0), "top_logprobs": rows}


@contextmanager
def choosing(rule: Rule) -> Iterator[Choosing]:
    """Serve until the block ends."""
    server = Choosing(rule)
    ready: Future[tuple[str, Callable[[], None]]] = Future()

    async def serve() -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", server.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = runner.addresses[0]
        ready.set_result((f"http://127.0.0.1:{address[1]}/v1", lambda: loop.call_soon_threadsafe(ended.set) and None))
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server.base_url, stop = ready.result(10)
    try:
        yield server
    finally:
        stop()
        thread.join()


def pair(number: int, better: str, worse: str, **fields: Any) -> PreferenceTask:
    """A task of two responses; which one stands first in the suite changes from task to task."""
    responses = [Response("good", better), Response("bad", worse)]
    return PreferenceTask(
        id=f"toy/{number:03}",
        messages=(Message("user", f"Question {number}?"),),
        responses=tuple(responses if number % 2 else responses[::-1]),
        ranking=(("good",), ("bad",)),
        criterion="helpfulness",
        **fields,
    )


def suite(tasks: Sequence[PreferenceTask], name: str = "toy") -> PreferenceSuite:
    """A suite of them."""
    return PreferenceSuite(name, "1", tuple(tasks))


def lines(path: Any) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text().splitlines()]

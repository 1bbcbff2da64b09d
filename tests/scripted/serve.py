"""The scripted panel as an OpenAI-compatible endpoint: ``POST /v1/chat/completions``, real HTTP, a process of its own.

It counts, for each request by its content, how often it was answered: what is asked twice was paid for twice. ``GET
/scripted/counts`` tells these, and what authors played; ``POST /scripted/shut`` makes every further request fail.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

from .panel import Panel
from .reading import markers

FAILURES = (429, 500, 503)


class Scripted:
    """The endpoint's state. delay: seconds that every reply takes. stumble: each request fails so often before it is
    answered."""

    def __init__(self, panel: Panel, delay: float = 0.0, stumble: int = 0) -> None:
        self.panel, self.delay, self.stumble = panel, delay, stumble
        self.answered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.shut = False
        self.unknown: list[str] = []

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """One reply."""
        body = await request.json()
        name = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:24]
        if self.shut or self.failed[name] < self.stumble:
            self.failed[name] += 1
            status = 503 if self.shut else FAILURES[self.failed[name] % len(FAILURES)]
            return web.json_response({"error": {"message": "busy"}}, status=status, headers={"Retry-After": "0"})
        try:
            text = self.panel.answer(body)
        except Exception as error:  # a script's fault must be seen by the test, and not as an outage
            self.unknown.append("".join(traceback.format_exception(error))[-600:])
            text = ""
        await asyncio.sleep(self.delay)
        asked = sum(len(message["content"]) for message in body["messages"]) // 4
        usage = {"prompt_tokens": asked, "completion_tokens": max(1, len(text) // 4)}
        self.tokens.update(usage)
        self.answered[name] += 1
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({"id": name, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def counts(self, request: web.Request) -> web.Response:
        """What was answered so far."""
        return web.json_response(self.told())

    def told(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "answered": dict(self.answered),
            "failed": sum(self.failed.values()),
            "tokens": dict(self.tokens),
            "plays": self.panel.plays,
            "nothing": self.panel.nothing,
            "unknown": self.unknown,
        }

    async def change(self, request: web.Request) -> web.Response:
        """Shut or open it, or count anew."""
        what = request.match_info["what"]
        if what == "forget":
            self.answered.clear()
            self.tokens.clear()
        else:
            self.shut = what == "shut"
        return web.json_response({})

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=20_000_000)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/scripted/counts", self.counts)
        app.router.add_post("/scripted/{what:shut|open|forget}", self.change)
        return app


async def serve(scripted: Scripted, port: int) -> None:
    """Say the address on standard output, and serve until standard input ends: no server outlives its test."""
    runner = web.AppRunner(scripted.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of the prompt files")
    parser.add_argument("--parents", type=Path, required=True, help="JSON: programs by their functions' names")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--stumble", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    panel = Panel(markers(given.prompts), json.loads(given.parents.read_text(encoding="utf-8")))
    asyncio.run(serve(Scripted(panel, given.delay, given.stumble), given.port))


if __name__ == "__main__":
    main()

"""A model that answers every chat request with the same program, after a set time, in a set number of slots.

``python endpoint_server.py LATENCY_S SLOTS`` prints its port. ``GET /figures`` tells, and clears, what was seen:
``requests``, ``seconds`` from the first request's arrival to the last reply, and the ``peak`` of requests at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from aiohttp import web

_TEXT = "```python\ndef f(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n```"
_CHOICE = {"index": 0, "message": {"role": "assistant", "content": _TEXT}, "finish_reason": "stop"}
_USAGE = {"prompt_tokens": 300, "completion_tokens": 50, "total_tokens": 350}
_HEAD = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
_ONE = json.dumps({**_HEAD, "choices": [_CHOICE], "usage": _USAGE}).encode()


class Model:
    """The handlers, and what they saw."""

    def __init__(self, latency_s: float, slots: int) -> None:
        self._latency_s = latency_s
        self._slots = asyncio.Semaphore(slots)
        self._clear()

    def _clear(self) -> None:
        self.requests = self.out = self.peak = 0
        self.first = self.last = 0.0

    async def chat(self, request: web.Request) -> web.Response:
        """Answer."""
        self.first = self.first or time.perf_counter()
        self.out += 1
        self.peak = max(self.peak, self.out)
        await request.read()
        async with self._slots:
            await asyncio.sleep(self._latency_s)
        self.out -= 1
        self.requests += 1
        self.last = time.perf_counter()
        return web.Response(body=_ONE, content_type="application/json")

    async def figures(self, request: web.Request) -> web.Response:
        """Tell and forget."""
        found: dict[str, Any] = {"requests": self.requests, "seconds": self.last - self.first, "peak": self.peak}
        self._clear()
        return web.json_response(found)


async def main() -> None:
    """Serve until killed."""
    model = Model(float(sys.argv[1]), int(sys.argv[2]))
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.chat)
    app.router.add_get("/figures", model.figures)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

"""A server that answers with references when a test lets it, and counts what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from evalrun.benchmarks import Suite
from evalrun.benchmarks.jsonio import digest
from evalrun.harness.serve.baselines import Reference
from evalrun.harness.serve.question import Question

CORE = Suite.load("core")


class Slow(ThreadingHTTPServer):
    """The reference, after a while that may depend on how many requests came before; it counts them."""

    daemon_threads = True

    def __init__(self, wait_s: Callable[[int], float]) -> None:
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.asked = 0
        self.bodies: Counter[str] = Counter()
        self.ended = threading.Event()
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._reference = Reference([CORE])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked was killed."""

    def reply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.asked += 1
            self.bodies[digest(dict(body))] += 1
            number = self.asked
        self.ended.wait(self._wait_s(number))
        [text] = self._reference.answer(Question(body["messages"][-1]["content"], "chat"))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}


class SlowHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Slow

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        data = json.dumps(self.server.reply(body)).encode()
        with contextlib.suppress(OSError):  # who asked may be gone
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def slowly(wait_s: Callable[[int], float]) -> Iterator[tuple[Slow, str]]:
    with Slow(wait_s) as slow:
        thread = threading.Thread(target=slow.serve_forever)
        thread.start()
        try:
            yield slow, f"http://127.0.0.1:{slow.server_address[1]}/v1"
        finally:
            slow.ended.set()
            slow.shutdown()
            thread.join()

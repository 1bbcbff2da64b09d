"""A real HTTP server that does exactly what a script says, for tests of clients and runs."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

HANG_S = 30.0


@dataclass(frozen=True)
class Step:
    """What one request gets. announced: a Content-Length that is not true. hang: nothing at all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    hang: bool = False
    drop: bool = False


@dataclass
class Script:
    """The steps in order (the last one for ever), and what was received. ``base_url`` is where."""

    steps: Sequence[Step]
    base_url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def completion(text: str | None, **fields: Any) -> bytes:
    """The body of a chat reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    return json.dumps({"choices": [choice], "usage": usage, **fields}).encode()


def good(text: str | None = "fine") -> Step:
    """A step with a chat reply."""
    return Step(body=completion(text))


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open.add(self.connection)

    def finish(self) -> None:
        with self.server.lock:
            self.server.open.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        script = self.server.script
        with self.server.lock:
            step = script.steps[min(len(script.bodies), len(script.steps) - 1)]
            script.bodies.append(json.loads(body))
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            script.paths.append(self.path)
        if step.hang:
            self.server.ending.wait(HANG_S)
        if step.hang or step.drop:
            self.close_connection = True
            return
        self.send_response(step.status)
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(step.body) if step.announced is None else step.announced))
        self.end_headers()
        self.wfile.write(step.body)
        if step.announced is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def _scripted(steps: Sequence[Step]) -> Iterator[Script]:
    script = Script(steps)
    server = _Server(script)
    script.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        server.ending.set()
        server.shutdown()
        with server.lock:
            for connection in server.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join()


class Scripts:
    """What the fixture gives: steps, and servers of steps."""

    Step = Step
    good = staticmethod(good)
    completion = staticmethod(completion)

    def __init__(self, serve: Callable[[Sequence[Step]], Script]) -> None:
        self.serve = serve


@pytest.fixture
def scripts() -> Iterator[Scripts]:
    """``scripts.serve([step, ...])`` starts a server that ends with the test."""
    with contextlib.ExitStack() as stack:
        yield Scripts(lambda steps: stack.enter_context(_scripted(steps)))

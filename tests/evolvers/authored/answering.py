"""A real HTTP server that answers chat requests by a function of the request, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A reply. counts: whether the server tells tokens. wait_s: how long it takes. status: of a failure."""

    text: str
    input_tokens: int = 10
    output_tokens: int = 20
    counts: bool = True
    wait_s: float = 0.0
    status: int = 200
    finish: str = "stop"


@dataclass
class Answering:
    """Where it is, and what was received so far."""

    reply: Callable[[Body], Said]
    base_url: str = ""
    bodies: list[Body] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked is gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state = self.server.answering
        with state.lock:
            state.bodies.append(body)
            state.keys.append(self.headers.get("authorization"))
            state.at_once += 1
            state.most_at_once = max(state.most_at_once, state.at_once)
        said = state.reply(body)
        time.sleep(said.wait_s)
        with state.lock:
            state.at_once -= 1
        choice = {"index": 0, "message": {"role": "assistant", "content": said.text}, "finish_reason": said.finish}
        usage = {"prompt_tokens": said.input_tokens, "completion_tokens": said.output_tokens}
        whole: Body = {"choices": [choice], **({"usage": usage} if said.counts else {})}
        if said.status != 200:
            whole = {"error": {"message": said.text}}
        data = json.dumps(whole).encode()
        with contextlib.suppress(OSError):
            self.send_response(said.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def answering(reply: Callable[[Body], Said]) -> Iterator[Answering]:
    """A server while the block runs."""
    state = Answering(reply)
    with _Server(state) as server:
        state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def question(body: Body) -> str:
    """The text of the user message."""
    return str(body["messages"][-1]["content"])

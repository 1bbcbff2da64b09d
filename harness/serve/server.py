"""An OpenAI-compatible HTTP server of one baseline, with faults on request."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import canonical_json
from ..endpoint.prompt import EndpointForm
from .baselines import Baseline, NoAnswer, Question

log = logging.getLogger("evalrun.serve")
CHARS_PER_TOKEN = 4
"""Usage is counted as if a token were four characters, rounded up; no tokenizer is asked."""
_MAX_BODY = 16_000_000
_MAX_CHOICES = 128
_PATHS: dict[str, EndpointForm] = {"/v1/chat/completions": "chat", "/v1/completions": "completions"}


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose, for drills and tests.

    fail_after: answers after which every connection is dropped without a reply. error_rate: share of requests
    that get HTTP 500, drawn with ``seed`` in the order of arrival. latency_s: seconds before each reply.
    """

    fail_after: int | None = None
    error_rate: float = 0.0
    latency_s: float = 0.0
    seed: int = 0


NO_FAULTS = Faults()


class _Refused(Exception):
    """A request that gets an error in OpenAI's form."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {"error": {"message": message, "type": kind, "param": None, "code": code}}


class _Dropped(Exception):
    """The connection is to end without a reply."""


class BaselineServer(ThreadingHTTPServer):
    """Serves one baseline until ``stop`` is called; ``base_url`` is what clients need."""

    request_queue_size = 256
    daemon_threads = False

    def __init__(self, baseline: Baseline, *, host: str, port: int, faults: Faults = NO_FAULTS) -> None:
        self.baseline = baseline
        self.faults = faults
        self._rng = random.Random(faults.seed)
        self._answered = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise BadInput(f"--host {host} --port {port}: cannot listen there ({error.strerror or error})") from error
        shown = f"[{host}]" if ":" in host else host
        self.base_url = f"http://{shown}:{self.server_address[1]}/v1"

    def stop(self) -> None:
        """Stop listening and end every open connection. ``serve_forever`` must run in another thread."""
        self._stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def inject_faults(self) -> None:
        """Wait, drop or refuse, as the faults say; else count one answer."""
        self._stopping.wait(self.faults.latency_s)
        with self._lock:
            if self.faults.fail_after is not None and self._answered >= self.faults.fail_after:
                raise _Dropped
            if self._rng.random() < self.faults.error_rate:
                raise _Refused(500, "an error that was asked for (--error-rate)", "server_error")
            self._answered += 1

    def remember(self, connection: socket.socket, *, is_open: bool) -> None:
        """Keep the set of open connections."""
        with self._lock:
            (self._connections.add if is_open else self._connections.discard)(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; a defect is logged."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            log.exception("a request from %s failed", client_address)


class _Handler(BaseHTTPRequestHandler):
    server: BaselineServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.remember(self.connection, is_open=True)

    def finish(self) -> None:
        self.server.remember(self.connection, is_open=False)
        with contextlib.suppress(ConnectionError):  # what was still buffered for a client that went away
            super().finish()

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            model = {"id": self.server.baseline.name, "object": "model", "created": 0, "owned_by": "evalrun"}
            self._send(200, {"object": "list", "data": [model]})
        else:
            self._send(*_unknown_path(self.path))

    def do_POST(self) -> None:
        try:
            body = self._body()
            form = _PATHS.get(self.path.rstrip("/"))
            if form is None:
                self._send(*_unknown_path(self.path))
                return
            question = question_of(body, form, self.server.baseline.name)
            self.server.inject_faults()
            texts = self.server.baseline.answer(question)
            self._send(200, completion(texts, question, str(body["model"])))
        except _Dropped:
            self.close_connection = True
        except NoAnswer as error:
            self._send(404, _Refused(404, str(error), code="no_answer").payload)
        except _Refused as error:
            self._send(error.status, error.payload)

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _MAX_BODY:
            self.close_connection = True
            raise _Refused(413, f"send a Content-Length of at most {_MAX_BODY} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _Refused(400, f"the body is not JSON ({error})") from error
        if not isinstance(body, dict):
            raise _Refused(400, "the body is not a JSON object")
        return body

    def _send(self, status: int, payload: dict[str, Any]) -> None:
        data = canonical_json(payload).encode("ascii")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _unknown_path(path: str) -> tuple[int, dict[str, Any]]:
    refused = _Refused(
        404, f"nothing is served at {path[:100]}; try /v1/models, /v1/chat/completions or /v1/completions"
    )
    return refused.status, refused.payload


def question_of(body: dict[str, Any], form: EndpointForm, served: str) -> Question:
    """Read a request; _Refused with HTTP 400 or 404 where it is not one that this server answers."""
    model = body.get("model")
    if model != served:
        raise _Refused(
            404, f"the model {str(model)[:80]!r} does not exist; this server has {served!r}", code="model_not_found"
        )
    if body.get("stream"):
        raise _Refused(400, "this server does not stream")
    count, seed = body.get("n", 1), body.get("seed")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MAX_CHOICES:
        raise _Refused(400, f"n: expected 1 to {_MAX_CHOICES}")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise _Refused(400, "seed: expected an integer")
    text = _chat_text(body.get("messages")) if form == "chat" else body.get("prompt")
    if not isinstance(text, str):
        raise _Refused(
            400,
            "messages: expected a list of {role, content} with texts" if form == "chat" else "prompt: expected a text",
        )
    return Question(text, form, count, seed)


def _chat_text(messages: object) -> str | None:
    if not isinstance(messages, list) or not messages:
        return None
    contents = [message.get("content") if isinstance(message, dict) else None for message in messages]
    texts = [content for content in contents if isinstance(content, str)]
    return "\n".join(texts) if len(texts) == len(contents) else None


def completion(texts: list[str], question: Question, model: str) -> dict[str, Any]:
    """The reply's JSON. ``stop`` and ``max_tokens`` are not honoured: baselines answer whole."""
    chat = question.form == "chat"
    said = [{"message": {"role": "assistant", "content": text}} if chat else {"text": text} for text in texts]
    asked, answered = _tokens(question.text), sum(map(_tokens, texts))
    return {
        "id": "evalrun",
        "object": "chat.completion" if chat else "text_completion",
        "created": 0,
        "model": model,
        "choices": [{"index": number, "finish_reason": "stop", **each} for number, each in enumerate(said)],
        "usage": {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered},
    }


def _tokens(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


@contextlib.contextmanager
def serving(baseline: Baseline, *, host: str = "127.0.0.1", port: int = 0, faults: Faults = NO_FAULTS) -> Iterator[str]:
    """Serve a baseline from a thread of this process; yields the base URL. Port 0 takes any that is free."""
    server = BaselineServer(baseline, host=host, port=port, faults=faults)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="evalrun-serve")
    thread.start()
    try:
        yield server.base_url
    finally:
        server.stop()
        thread.join()

"""A model behind an OpenAI-compatible URL."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from ...benchmarks import BadInput
from ...benchmarks.jsonio import canonical_json
from ...benchmarks.visible import visible
from .api import EndpointDown, EndpointRefused, Response
from .prompt import EndpointForm
from .responses import UnusableResponse, read_response
from .retry import RetryPolicy, is_retryable, retry_after_s

log = logging.getLogger("evalrun.endpoint")
KEY_VARIABLES = ("EVALRUN_API_KEY", "OPENAI_API_KEY")
_PATHS: Mapping[EndpointForm, str] = {"chat": "/chat/completions", "completions": "/completions"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAX_REPLY_BYTES = 64_000_000


def normal_base_url(url: str) -> str:
    """The URL that the paths of the API are appended to; a bare host gets ``/v1``.

    Raises:
        BadInput: it is no http(s) URL, or it carries a password or a query, which a run's records would then show.
    """
    try:
        parts = urlsplit(url.strip())
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadInput(f"--base-url {url[:200]!r}: not a URL ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        raise BadInput(f"--base-url {url[:200]!r}: expected http://host[:port][/path] or https://...")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadInput(
            f"--base-url: give scheme, host and path only; a key belongs in the environment variable {KEY_VARIABLES[0]}"
        )
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def api_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """The key from the environment, the only place it is ever read from; None where there is none."""
    for name in KEY_VARIABLES:
        key = environment.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise BadInput(f"the key in {name} holds characters that no HTTP header can; set it again")
        if key:
            return key
    return None


class _Unusable(Exception):
    """One attempt failed in a way that may pass; ``wait_s`` is what the server asked for."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where time comes from: seconds, of a monotonic clock and since the epoch."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


_DEFAULT_RETRY = RetryPolicy()
_REAL_CLOCKS = Clocks()


class OpenAIEndpoint:
    """Asks ``/chat/completions`` or ``/completions`` below a base URL, again and again within bounds.

    timeout_s: seconds one attempt may take from first to last byte. The key goes into the request's header and
    nowhere else. Transport, clocks and randomness are given by tests.
    """

    def __init__(
        self,
        base_url: str,
        form: EndpointForm,
        *,
        key: str | None = None,
        retry: RetryPolicy = _DEFAULT_RETRY,
        timeout_s: float = 300.0,
        connections: int = 16,
        max_reply_bytes: int = _MAX_REPLY_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
        clocks: Clocks = _REAL_CLOCKS,
        rng: random.Random | None = None,
    ) -> None:
        self._url = normal_base_url(base_url) + _PATHS[form]
        self._form = form
        self._key = key
        self._retry = retry
        self._timeout_s = timeout_s
        self._max_reply_bytes = max_reply_bytes
        self._clocks = clocks
        self._warned = False
        self._rng = rng or random.Random()
        headers = {"content-type": "application/json", "accept": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            transport=transport,
            trust_env=urlsplit(self._url).hostname not in _LOOPBACK,  # no proxy reaches this machine's own servers
        )

    async def __aenter__(self) -> OpenAIEndpoint:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """See ``Endpoint.ask``."""
        began = self._clocks.monotonic()
        attempt = 0
        while True:
            attempt += 1
            started = self._clocks.monotonic()
            try:
                payload = await self._attempt(body)
                response = _read(payload, self._form, body)
                return replace(response, latency_s=self._clocks.monotonic() - started, attempts=attempt)
            except _Unusable as failure:
                wait_s = self._retry.wait_s(attempt - 1, failure.wait_s, self._rng)
                spent_s = self._clocks.monotonic() - began
                if attempt > self._retry.max_retries or spent_s + wait_s > self._retry.total_s:
                    raise EndpointDown(f"{self._url}: {failure} (gave up after {attempt} attempts)") from failure
                if not self._warned:
                    self._warned = True
                    log.warning("%s: %s; trying again, up to %d times", self._url, failure, self._retry.max_retries)
                await self._clocks.sleep(wait_s)

    async def _attempt(self, body: Mapping[str, Any]) -> Any:
        content = canonical_json(dict(body)).encode("ascii")
        try:
            # httpx limits the wait for each piece of a reply; a reply that drips must end as well
            response, data = await asyncio.wait_for(self._exchange(content), self._timeout_s)
        except (httpx.TimeoutException, asyncio.TimeoutError) as error:
            raise _Unusable(f"no reply within {self._timeout_s:g} s") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Unusable(f"{type(error).__name__}: {self._shown(str(error))}") from error
        if response.is_success:
            try:
                return json.loads(data)
            except (ValueError, RecursionError) as error:
                raise _Unusable("the reply is not JSON") from error
        said = self._shown(_server_message(data))
        if is_retryable(response.status_code):
            wait_s = retry_after_s(response.headers, self._clocks.wall())
            raise _Unusable(f"HTTP {response.status_code}: {said}", wait_s)
        raise EndpointRefused(f"{self._url}: HTTP {response.status_code}: {said}{self._advice(response.status_code)}")

    async def _exchange(self, content: bytes) -> tuple[httpx.Response, bytes]:
        """The response and its whole body, which may not fill this machine's memory."""
        data = bytearray()
        async with self._client.stream("POST", self._url, content=content) as response:
            async for piece in response.aiter_bytes():
                data += piece
                if len(data) > self._max_reply_bytes:
                    raise _Unusable(f"the reply is longer than {self._max_reply_bytes} bytes")
        return response, bytes(data)

    def _shown(self, text: str) -> str:
        """A text for people, without the key (servers like to repeat a wrong one)."""
        return visible(text.replace(self._key, "***") if self._key else text) or "no message"

    def _advice(self, status: int) -> str:
        if status in (401, 403):
            return "" if self._key else f" (no key was sent: set {KEY_VARIABLES[0]})"
        if status in (404, 405) or status < 400:
            return " (check --base-url and --model; a base URL usually ends in /v1)"
        return ""


def _read(payload: Any, form: EndpointForm, body: Mapping[str, Any]) -> Response:
    try:
        return read_response(payload, form, int(body.get("n", 1)))
    except UnusableResponse as error:
        raise _Unusable(str(error)) from error


def _server_message(data: bytes) -> str:
    """The message in an error as OpenAI words it ({"error": {"message": ...}}), else the text itself."""
    text = data.decode("utf-8", "replace")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return text
    found = payload.get("error", payload) if isinstance(payload, dict) else payload
    message = found.get("message", found) if isinstance(found, dict) else found
    return message if isinstance(message, str) else text

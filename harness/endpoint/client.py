"""A model behind an OpenAI-compatible URL."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from ... import __version__
from ...benchmarks.visible import visible
from .adaptive import AdaptiveLimit, PauseTooLong
from .address import KEY_VARIABLES, api_key, normal_base_url
from .api import Body, EndpointDown, EndpointRefused, RequestRefused, Response, Unaffordable, Unanswered
from .clocks import REAL_CLOCKS, Clocks
from .doubts import TIMES, Doubt, doubt, worst
from .prompt import EndpointForm
from .refusals import Outlook, ServerError, error_of, error_text, is_too_long, outlook, read_error
from .responses import UnusableResponse, read_response
from .retry import RetryPolicy, retry_after_s
from .stopping import Interrupted, Stopping
from .transport import Limits, Received, StaleConnection, Transport, TransportFailure, Untrusted, open_transport

__all__ = ["Clocks", "OpenAIEndpoint", "api_key", "normal_base_url"]

log = logging.getLogger("evalrun.endpoint")
_PATHS: Mapping[EndpointForm, str] = {"chat": "/chat/completions", "completions": "/completions"}
_MAX_REPLY_BYTES = 64_000_000
_CONNECT_S = 30.0
_MAX_STALE = 3
_DEFAULT_RETRY = RetryPolicy()
_MIN_SECRET = 12
"""Characters of a key that is one; a shorter one is a placeholder (``EMPTY``), which an answer may well hold."""


class _MayPass(Exception):
    """One attempt failed in a way that may pass.

    wait_s: what the server asked for. doubt: of a response that is not believed yet, which ``response`` is.
    """

    def __init__(
        self, what: str, wait_s: float | None = None, doubt: Doubt | None = None, response: Response | None = None
    ) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.doubt = doubt
        self.response = response


@dataclass(slots=True)
class _Effort:
    """What one request has cost so far. first_sent: the monotonic moment; waiting for a place before counts nothing.

    spent_input, spent_output: tokens of the responses that were not believed.
    """

    url: str
    content: bytes
    wanted: int = 1
    attempts: int = 0
    first_sent: float | None = None
    doubt: Doubt | None = None
    doubts: int = 0
    spent_input: int = 0
    spent_output: int = 0


def _always(body: Mapping[str, Any], response: Response) -> bool:
    return True


class OpenAIEndpoint:
    """Asks ``/chat/completions`` or ``/completions`` below a base URL, again and again within bounds.

    timeout_s: seconds one attempt may take from first to last byte. connections: requests at a time; with ``adaptive``
    fewer while the server says that it has too many (``AdaptiveLimit``). http2: where an https server offers it. The
    key goes into the request's header and nowhere else. unbelieved: told of each response that was paid for and is not
    believed, with its request; False where the request must not be repeated. Transport, clocks and randomness are given
    by tests.
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
        adaptive: bool = True,
        http2: bool = True,
        max_reply_bytes: int = _MAX_REPLY_BYTES,
        unbelieved: Callable[[Mapping[str, Any], Response], bool] = _always,
        transport: Transport | None = None,
        clocks: Clocks = REAL_CLOCKS,
        rng: random.Random | None = None,
    ) -> None:
        self._base_url = normal_base_url(base_url)
        self._url = self._base_url + _PATHS[form]
        self._form = form
        self._key = key
        self._retry = retry
        self._limits = Limits(timeout_s, min(_CONNECT_S, timeout_s), max_reply_bytes)
        self._clocks = clocks
        self._rng = rng or random.Random()
        self._unbelieved = unbelieved
        self._warned = False
        self._answered = False
        self._headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": f"evalrun/{__version__}",
        }
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._stopping = Stopping()
        self.gate = AdaptiveLimit(connections, adaptive=adaptive, clocks=clocks, stopping=self._stopping)
        self._transport = transport or open_transport(self._url, connections=connections, http2=http2)

    async def __aenter__(self) -> OpenAIEndpoint:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._transport.close()

    def stop(self) -> None:
        """See ``Stoppable.stop``."""
        self._stopping.now()

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """See ``Endpoint.ask``."""
        content = body.content if isinstance(body, Body) else Body(body).content
        effort = _Effort(self._url, content, int(body.get("n") or 1))
        try:
            return await self._ask(body, effort)
        except Unanswered as failure:
            failure.spent_input_tokens, failure.spent_output_tokens = effort.spent_input, effort.spent_output
            raise

    async def fetch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The decoded JSON that the server answers a request with, for what a ``Response`` cannot hold.

        path: below the base URL (``/completions``); a leading ``..`` leaves the ``/v1`` that the base URL ends in
        (``../tokenize``). Attempts, waits, limits and errors are those of ``ask``; the text is never in doubt.
        """
        effort = _Effort(self._at(path), Body(body).content)
        while True:
            effort.attempts += 1
            try:
                payload = (await self._exchange(effort))[0]
                if isinstance(payload, dict) and payload.get("error"):
                    raise _MayPass(f"the reply reports a failure: {self._shown(error_text(payload))}")
                self._answered = True
                self.gate.answered()
                return payload
            except _MayPass as fault:
                await self._wait(effort, fault)

    def _at(self, path: str) -> str:
        base = self._base_url
        if path.startswith("../"):
            return base.removesuffix("/v1") + path[2:]
        return base + path

    async def _ask(self, body: Mapping[str, Any], effort: _Effort) -> Response:
        while True:
            effort.attempts += 1
            try:
                return _with_spent(await self._attempt(effort), effort)
            except _MayPass as fault:
                believed = self._believed(effort, fault)
                if believed is not None:
                    return _with_spent(believed, effort)
                self._count_unbelieved(body, effort, fault)
                await self._wait(effort, fault)

    async def _attempt(self, effort: _Effort) -> Response:
        payload, latency_s = await self._exchange(effort)
        try:
            response = read_response(payload, self._form, effort.wanted, latency_s=latency_s, attempts=effort.attempts)
        except UnusableResponse as error:
            raise _MayPass(str(error)) from error
        self._answered = True
        self.gate.answered()
        response = self._without_key(response)
        found = worst(response.replies, response.output_tokens)
        if found is not None:
            raise _MayPass(found.value, doubt=found, response=response)
        return _beyond_doubt(response)

    async def _exchange(self, effort: _Effort) -> tuple[Any, float]:
        """One attempt: the JSON of a good response, and the seconds it took."""
        left_s = self._retry.total_s - self._spent_s(effort)
        try:
            await self.gate.enter(left_s)
        except PauseTooLong as pause:
            raise self._down(effort, f"{pause}, {_longer(left_s)}") from pause
        except Interrupted as end:
            effort.attempts -= 1
            raise self._down(effort, str(end)) from end
        try:
            sent = self._clocks.monotonic()
            if effort.first_sent is None:
                effort.first_sent = sent
            received = await self._send(effort, sent)
        finally:
            self.gate.leave()
        latency_s = self._clocks.monotonic() - sent
        return self._payload(received, effort, sent), latency_s

    async def _send(self, effort: _Effort, sent: float) -> Received:
        """One exchange; that a kept connection had been closed meanwhile is nobody's failure, a few times over."""
        left_s = self._retry.total_s - self._spent_s(effort)
        limits = self._limits
        if left_s < limits.total_s:
            limits = replace(limits, total_s=max(left_s, 0.001))
        for _ in range(_MAX_STALE):
            try:
                return await self._transport.post(effort.url, self._headers, effort.content, limits)
            except StaleConnection:
                log.debug("%s: the server closed a kept connection; asking on another", effort.url)
                if self._stopping:
                    raise self._down(effort, "interrupted") from None
            except Untrusted as failure:
                raise self._down(effort, self._shown(str(failure))) from failure
            except TransportFailure as failure:
                raise _MayPass(self._shown(str(failure))) from failure
        raise _MayPass("the server closes its connections as soon as a request comes")

    def _payload(self, received: Received, effort: _Effort, sent: float) -> Any:
        """The JSON of a good response; of any other, what its status calls for."""
        if not 200 <= received.status < 300:
            raise self._refusal(received.status, read_error(received.body), received, effort, sent)
        body = received.body
        if self._key and len(self._key) >= _MIN_SECRET:
            body = body.replace(self._key.encode("ascii"), b"***")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError) as error:
            kind = received.headers.get("content-type", "none")
            raise _MayPass(f"the reply is not JSON (content type {self._shown(kind[:60])})") from error
        told = None if isinstance(payload, dict) and payload.get("choices") else error_of(payload)
        if told is not None and told.status is not None:  # a gateway's way to pass on what happened behind it
            raise self._refusal(told.status, told, received, effort, sent)
        return payload

    def _refusal(self, status: int, error: ServerError, received: Received, effort: _Effort, sent: float) -> Exception:
        said = f"HTTP {status}: {self._shown(error.message)}"
        found = outlook(status, error, answered=self._answered)
        if found is Outlook.HOPELESS:
            return EndpointRefused(f"{effort.url}: {said}{self._advice(status)}", status)
        if found is Outlook.REQUEST:
            return RequestRefused(f"{effort.url}: {said}", too_long=is_too_long(error))
        if found is Outlook.OWED:
            return self._down(effort, said)
        wait_s = retry_after_s(received.headers, self._clocks.wall())
        if found is Outlook.OVERLOAD:
            self.gate.overloaded(sent)
            if status == 429 and wait_s:
                self.gate.pause(wait_s)
        return _MayPass(said, wait_s)

    def _believed(self, effort: _Effort, fault: _MayPass) -> Response | None:
        """The response, if the server has said the same often enough (or is not to be asked any more)."""
        if fault.doubt is None:
            return None
        effort.doubts = effort.doubts + 1 if fault.doubt is effort.doubt else 1
        effort.doubt = fault.doubt
        return fault.response if fault.doubt is Doubt.EMPTY and self._is_settled(effort) else None

    def _is_settled(self, effort: _Effort) -> bool:
        return effort.doubts >= min(TIMES, self._retry.max_retries + 1)

    def _count_unbelieved(self, body: Mapping[str, Any], effort: _Effort, fault: _MayPass) -> None:
        """Note what a response that is not believed has cost; raise where it is not to be asked for again."""
        if fault.response is None:
            return
        effort.spent_input += fault.response.input_tokens or 0
        effort.spent_output += fault.response.output_tokens or 0
        affordable = self._unbelieved(body, fault.response)
        if fault.doubt is Doubt.FILTERED and self._is_settled(effort):
            raise RequestRefused(f"{effort.url}: {fault} ({effort.doubts} times)") from fault
        if not affordable and effort.attempts <= self._retry.max_retries:
            raise Unaffordable(f"{effort.url}: {fault}, and the budget does not allow to ask again") from fault

    async def _wait(self, effort: _Effort, fault: _MayPass) -> None:
        """Wait before the next attempt; EndpointDown where there is to be none."""
        wait_s = self._retry.wait_s(effort.attempts - 1, fault.wait_s, self._rng)
        left_s = self._retry.total_s - self._spent_s(effort)
        if effort.attempts > self._retry.max_retries or wait_s > left_s:
            asked = ""
            if fault.wait_s is not None and fault.wait_s > left_s:
                asked = f"; it asks for a pause of {fault.wait_s:.0f} s, {_longer(left_s)}"
            raise self._down(effort, f"{fault}{asked}") from fault
        if not self._warned:
            self._warned = True
            log.warning("%s: %s; trying again, up to %d times", effort.url, fault, self._retry.max_retries)
        try:
            await self._stopping.wait(self._clocks.sleep(wait_s))
        except Interrupted as end:
            raise self._down(effort, f"{fault}; {end}") from fault

    def _spent_s(self, effort: _Effort) -> float:
        return 0.0 if effort.first_sent is None else self._clocks.monotonic() - effort.first_sent

    def _down(self, effort: _Effort, what: str) -> EndpointDown:
        return EndpointDown(f"{effort.url}: {what} (gave up after {effort.attempts} attempts)")

    def _shown(self, text: str) -> str:
        """A text for people, without the key (servers like to repeat a wrong one)."""
        return visible(text.replace(self._key, "***") if self._key else text) or "no message"

    def _without_key(self, response: Response) -> Response:
        """The response as it may be recorded: nothing on disk ever holds the key, whatever a server echoes."""
        key = self._key or ""
        if len(key) < _MIN_SECRET:
            return response
        replies = tuple(
            replace(
                each,
                text=_masked(each.text, key),
                finish_reason=each.finish_reason and _masked(each.finish_reason, key),
                reasoning=each.reasoning and _masked(each.reasoning, key),
                finish_raw=each.finish_raw and _masked(each.finish_raw, key),
            )
            for each in response.replies
        )
        return replace(response, replies=replies, model=response.model and _masked(response.model, key))

    def _advice(self, status: int) -> str:
        if status in (401, 403):
            return "" if self._key else f" (no key was sent: set {KEY_VARIABLES[0]})"
        if status in (404, 405) or status < 400:
            return " (check --base-url and --model; a base URL usually ends in /v1)"
        return ""


def _longer(left_s: float) -> str:
    return f"longer than the {max(left_s, 0.0):.0f} s that are left of the total time"


def _masked(text: str, key: str) -> str:
    """The text with ``***`` for the key, and for the beginning of one that the text's end cut off."""
    text = text.replace(key, "***")
    for length in range(len(key) - 1, _MIN_SECRET - 1, -1):
        if text.endswith(key[:length]):
            return f"{text[:-length]}***"
    return text


def _beyond_doubt(response: Response) -> Response:
    """The response without those of its replies that are in doubt; what is missing can be asked for again."""
    if len(response.replies) == 1:
        return response
    kept = tuple(reply for reply in response.replies if doubt(reply, response.output_tokens) is None)
    return response if len(kept) == len(response.replies) else replace(response, replies=kept)


def _with_spent(response: Response, effort: _Effort) -> Response:
    if not (effort.spent_input or effort.spent_output):
        return response
    return replace(response, spent_input_tokens=effort.spent_input, spent_output_tokens=effort.spent_output)

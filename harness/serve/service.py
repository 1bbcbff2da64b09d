"""The HTTP service of stand-ins for models: OpenAI's paths, errors in OpenAI's form, faults on request."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from aiohttp import web

from ...benchmarks import BadInput
from ...benchmarks.jsonio import canonical_json
from ..endpoint.prompt import EndpointForm
from . import replies
from .faults import NO_FAULTS, Draw, Fault, Faults
from .pseudo import PseudoModel
from .question import Baseline, NoAnswer, Said
from .requests import ApiError, Request, decoded, read_request

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MAX_BODY = 16_000_000
_EVENTS_AT_A_TIME = 64
_FORMS: dict[str, EndpointForm] = {"/v1/chat/completions": "chat", "/v1/completions": "completions"}
_PATHS = "/v1/models, /v1/chat/completions, /v1/completions and /health"
_RATE_LIMITED = "slow down: this limit was asked for"


class Service:
    """Answers requests for some stand-ins, each a model of its own name."""

    def __init__(self, baselines: Iterable[Baseline], faults: Faults = NO_FAULTS) -> None:
        self.models: dict[str, Baseline] = {}
        for baseline in baselines:
            if self.models.setdefault(baseline.name, baseline) is not baseline:
                raise BadInput(f"two models are called {baseline.name!r}; serve them from two servers")
        self._pseudo = {name: PseudoModel(_texts(baseline)) for name, baseline in self.models.items()}
        self._faults = faults
        self._draw = Draw(faults)
        self._in_work = 0
        self._numbers = itertools.count(1)
        self._began = int(time.time())

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[_told_in_form])
        for path in _FORMS:
            app.router.add_post(path, self._answer)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/v1/models/{name:.+}", self._show_model)
        app.router.add_get("/health", self._health)
        return app

    async def _health(self, request: web.Request) -> web.Response:
        return _json(200, {"status": "ok", "models": list(self.models), "in_work": self._in_work})

    async def _list_models(self, request: web.Request) -> web.Response:
        return _json(200, {"object": "list", "data": [self._about(name) for name in self.models]})

    async def _show_model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._baseline(name)
        return _json(200, self._about(name))

    def _about(self, name: str) -> dict[str, Any]:
        said = (inspect.getdoc(type(self.models[name])) or "").partition("\n\n")[0]
        about = " ".join(said.split())
        return {"id": name, "object": "model", "created": self._began, "owned_by": "evalrun", "description": about}

    def _baseline(self, name: str) -> Baseline:
        baseline = self.models.get(name)
        if baseline is None:
            has = ", ".join(map(repr, self.models))
            raise ApiError(
                404, f"the model {name[:80]!r} does not exist; this server has {has}", code="model_not_found"
            )
        return baseline

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = read_request(decoded(await _body(request)), _FORMS[request.path])
        baseline = self._baseline(asked.model)
        self._in_work += 1
        try:
            fault = self._draw.next(self._in_work)
            if self._faults.latency_s:
                await asyncio.sleep(self._faults.latency_s)
            await self._go_wrong(fault, request)
            if fault == "drop":
                return web.Response()  # which finds no connection any more
            choices = await self._choices(baseline, asked)
            head = {"id": f"evalrun-{next(self._numbers)}", "created": int(time.time())}
            if asked.stream:
                return await self._stream(request, replies.events(choices, asked, head), fault)
            data = canonical_json(replies.completion(choices, asked, head)).encode("ascii")
            return await _half(request, data) if fault == "truncate" else _sent(200, data)
        finally:
            self._in_work -= 1

    async def _go_wrong(self, fault: Fault | None, request: web.Request) -> None:
        if fault == "error":
            raise ApiError(500, "an error that was asked for (--error-rate)", kind="server_error")
        if fault == "rate":
            wait_s = self._faults.retry_after_s
            raise ApiError(429, _RATE_LIMITED, kind="rate_limit_error", code="rate_limit", retry_after_s=wait_s)
        if fault == "hang":
            await asyncio.Event().wait()  # until the client leaves, or the server ends
        if fault == "drop" and request.transport is not None:
            request.transport.close()

    async def _choices(self, baseline: Baseline, asked: Request) -> list[replies.Choice]:
        pseudo = self._pseudo[baseline.name]
        said = [(text, each) for text in asked.texts for each in _said(baseline, asked, text)]
        if asked.top is None:
            return [replies.choice(text, each, asked, pseudo) for text, each in said]
        # counting the texts at the first use takes a while; the baseline itself is only ever asked from this thread
        return await asyncio.to_thread(lambda: [replies.choice(text, each, asked, pseudo) for text, each in said])

    async def _stream(self, request: web.Request, events: Iterable[bytes], fault: Fault | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        pieces = list(events)
        wait_s = self._faults.token_latency_s
        step = 1 if wait_s else _EVENTS_AT_A_TIME
        is_cut = fault == "truncate"
        for start in range(0, len(pieces) // 2 if is_cut else len(pieces), step):
            if wait_s:
                await asyncio.sleep(wait_s)
            await response.write(b"".join(pieces[start : start + step]))
        if is_cut and request.transport is not None:
            request.transport.close()
        else:
            await response.write_eof()
        return response


def _texts(baseline: Baseline) -> Iterable[str]:
    """What a baseline knows, where it tells."""
    texts = getattr(baseline, "texts", None)
    return texts() if callable(texts) else ()


def _said(baseline: Baseline, asked: Request, text: str) -> Sequence[str | Said]:
    if asked.max_tokens == 0:
        return [""] * asked.count
    try:
        return baseline.answer(asked.question(text))
    except NoAnswer as error:
        if asked.echo:  # the prompt itself is scored; that nothing follows it is no failure
            return [""] * asked.count
        raise ApiError(404, str(error), code="no_answer") from error


async def _body(request: web.Request) -> bytes:
    # a web page can send no such request to another origin without leave, which this server never gives
    if request.content_type != "application/json":
        raise ApiError(415, f"send Content-Type: application/json, not {request.content_type[:80]}")
    if (request.content_length or 0) > _MAX_BODY:
        raise ApiError(413, f"the body is longer than {_MAX_BODY} bytes")
    return await request.read()


async def _half(request: web.Request, data: bytes) -> web.StreamResponse:
    """Half of a reply under the length of the whole, and then the end of the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


@web.middleware
async def _told_in_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error in OpenAI's form."""
    try:
        return await handler(request)
    except ApiError as error:
        headers = {} if error.retry_after_s is None else {"Retry-After": f"{error.retry_after_s:g}"}
        response = _json(error.status, error.payload, headers)
        if error.status == 413:
            response.force_close()  # the body that was not read would be taken for the next request
        return response
    except web.HTTPException as error:
        if error.status == 404:
            said = f"nothing is served at {request.path[:100]}; there are {_PATHS}"
        else:
            said = f"{error.reason} ({request.method} {request.path[:100]})"
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _json(error.status, ApiError(error.status, said).payload, allow)


def _json(status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> web.Response:
    return _sent(status, canonical_json(payload).encode("ascii"), headers)


def _sent(status: int, data: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=data, headers=headers, content_type="application/json")

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
from .language import LanguageModel, StandIn
from .pseudo import PseudoModel
from .question import Baseline, NoAnswer, Said
from .requests import ApiError, Request, decoded, model_of, read_request
from .token_replies import Writer, dumped
from .token_requests import read_token_request
from .token_service import TokenService, TokenSettings, first_of

_Sent = bytes | list[bytes]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MAX_BODY = 16_000_000
_EVENTS_AT_A_TIME = 64
_FORMS: dict[str, EndpointForm] = {"/v1/chat/completions": "chat", "/v1/completions": "completions"}
_RATE_LIMITED = "slow down: this limit was asked for"


class Service:
    """Answers requests for some stand-ins, each a model of its own name."""

    def __init__(
        self, baselines: Iterable[StandIn], faults: Faults = NO_FAULTS, tokens: TokenSettings | None = None
    ) -> None:
        self.models: dict[str, StandIn] = {}
        for baseline in baselines:
            if self.models.setdefault(baseline.name, baseline) is not baseline:
                raise BadInput(f"two models are called {baseline.name!r}; serve them from two servers")
        self._language_models = [each for each in self.models.values() if isinstance(each, LanguageModel)]
        others = {name: each for name, each in self.models.items() if not isinstance(each, LanguageModel)}
        self._pseudo = {name: PseudoModel(_texts(baseline)) for name, baseline in others.items()}
        self._tokens = TokenService(tokens or TokenSettings())
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
        dialect = self._tokens.settings.dialect
        if self._language_models and dialect.tokenizers:
            app.router.add_post("/tokenize", self._by_tokens(self._tokens.tokenized))
            app.router.add_post("/detokenize", self._by_tokens(self._tokens.detokenized))
        if self._language_models and dialect.native:
            app.router.add_post("/completion", self._by_tokens(self._tokens.completed))
            app.router.add_post("/apply-template", self._by_tokens(self._tokens.templated))
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
        self._stand_in(name)
        return _json(200, self._about(name))

    def _about(self, name: str) -> dict[str, Any]:
        said = (inspect.getdoc(type(self.models[name])) or "").partition("\n\n")[0]
        model = {"id": name, "object": "model", "created": self._began, "owned_by": "evalrun"}
        if isinstance(self.models[name], LanguageModel):
            model["max_model_len"] = self._tokens.settings.context
        return {**model, "description": " ".join(said.split())}

    def _stand_in(self, name: str) -> StandIn:
        model = self.models.get(name)
        if model is None:
            has = ", ".join(map(repr, self.models))
            raise ApiError(
                404, f"the model {name[:80]!r} does not exist; this server has {has}", code="model_not_found"
            )
        return model

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body, form = decoded(await _body(request)), _FORMS[request.path]
        model = self.models.get(model_of(body))
        if isinstance(model, LanguageModel):
            return await self._token_answer(request, body, form, model)
        asked = read_request(body, form)
        baseline = self._stand_in(asked.model)
        assert not isinstance(baseline, LanguageModel)

        async def said() -> _Sent:
            choices = await self._choices(baseline, asked)
            if asked.stream:
                return list(replies.events(choices, asked, self._head()))
            return canonical_json(replies.completion(choices, asked, self._head())).encode("ascii")

        return await self._drilled(request, said)

    async def _token_answer(
        self, request: web.Request, body: dict[str, Any], form: EndpointForm, model: LanguageModel
    ) -> web.StreamResponse:
        settings = self._tokens.settings
        if form == "completions" and not settings.dialect.completions:
            raise ApiError(404, "nothing is served at /v1/completions; this server has a chat only")

        def said() -> _Sent:
            asked = read_token_request(body, form, model, settings.dialect, settings.context)
            writer = Writer(asked, model.vocabulary, no_figures=self._tokens.hides_figures)
            told = self._tokens.answers(model, asked)
            if asked.request.stream:
                return list(writer.events(told, self._head()))
            return dumped(writer.completion(told, self._head()))

        return await self._drilled(request, _in_thread(said))

    def _by_tokens(self, answer: Callable[[LanguageModel, dict[str, Any]], dict[str, Any]]) -> Handler:
        """A path of which only stand-ins with tokens of their own know."""

        async def handler(request: web.Request) -> web.StreamResponse:
            body = decoded(await _body(request))
            model = first_of(self._language_models, body.get("model"))
            return await self._drilled(request, _in_thread(lambda: dumped(answer(model, body))))

        return handler

    def _head(self) -> dict[str, Any]:
        return {"id": f"evalrun-{next(self._numbers)}", "created": int(time.time())}

    async def _drilled(self, request: web.Request, said: Callable[[], Awaitable[_Sent]]) -> web.StreamResponse:
        """Send what is said (the bytes of a reply, or the events of a stream), with the faults that were asked for."""
        self._in_work += 1
        try:
            fault = self._draw.next(self._in_work)
            if self._faults.latency_s:
                await asyncio.sleep(self._faults.latency_s)
            await self._go_wrong(fault, request)
            if fault == "drop":
                return web.Response()  # which finds no connection any more
            sent = await said()
            if isinstance(sent, list):
                return await self._stream(request, sent, fault)
            return await _half(request, sent) if fault == "truncate" else _sent(200, sent)
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

    async def _stream(self, request: web.Request, pieces: Sequence[bytes], fault: Fault | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
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


def _in_thread(said: Callable[[], _Sent]) -> Callable[[], Awaitable[_Sent]]:
    return lambda: asyncio.to_thread(said)


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
            there = sorted({route.resource.canonical for route in request.app.router.routes() if route.resource})
            said = f"nothing is served at {request.path[:100]}; there are {', '.join(there)}"
        else:
            said = f"{error.reason} ({request.method} {request.path[:100]})"
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _json(error.status, ApiError(error.status, said).payload, allow)


def _json(status: int, payload: dict[str, Any], headers: dict[str, str] | None = None) -> web.Response:
    return _sent(status, canonical_json(payload).encode("ascii"), headers)


def _sent(status: int, data: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=data, headers=headers, content_type="application/json")

"""One request to a server that fails in one way: what is asked again, what is owed, what is the model's own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import pytest
import trustme

from evalrun.benchmarks import BadInput
from evalrun.harness.endpoint.api import EndpointDown, RequestRefused, Response
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.endpoint.retry import RetryPolicy

from .faulty import HARMLESS, MOST, PASSING, REFUSING, FaultyServer, Handler, completion

TEXT = "def f():\n    return 'fünf'\n"
BODY: Mapping[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Write f."}]}


def ask(base_url: str, *, max_retries: int = 4, **settings: Any) -> Response:
    policy = RetryPolicy(max_retries=max_retries, base_s=0.01, cap_s=0.02)

    settings = {"timeout_s": 1.0, "max_reply_bytes": MOST, **settings}

    async def once() -> Response:
        async with OpenAIEndpoint(base_url, "chat", retry=policy, **settings) as endpoint:
            return await endpoint.ask(BODY)

    return asyncio.run(once())


def failing(fault: Handler, times: int) -> FaultyServer:
    return FaultyServer(lambda prompt: TEXT, lambda prompt, before: fault if before < times else None)


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_leaves_no_trace_in_the_reply(name: str) -> None:
    server = failing(PASSING[name], times=2)
    with server.serving() as base_url:
        found = ask(base_url)
    assert found.replies[0].text == TEXT
    assert server.seen["Write f."] == 3


@pytest.mark.parametrize("name", [name for name in PASSING if name not in ("empty content", "null content")])
def test_a_fault_that_stays_is_no_answer_at_all(name: str) -> None:
    server = failing(PASSING[name], times=99)
    with server.serving() as base_url, pytest.raises((EndpointDown, RequestRefused)) as caught:
        ask(base_url, max_retries=2)
    assert caught.value.exit_code == 5
    assert str(caught.value).isprintable()
    assert 3 <= server.seen["Write f."] <= 6


@pytest.mark.parametrize("name", ["empty content", "null content"])
def test_an_empty_text_is_the_models_own_when_the_server_says_so_again_and_again(name: str) -> None:
    server = failing(PASSING[name], times=99)
    with server.serving() as base_url:
        found = ask(base_url)
    assert (found.replies[0].text, found.attempts, server.seen["Write f."]) == ("", 3, 3)


@pytest.mark.parametrize("max_retries", [0, 1])
def test_an_empty_text_is_believed_sooner_where_it_may_not_be_asked_for_three_times(max_retries: int) -> None:
    server = failing(PASSING["empty content"], times=99)
    with server.serving() as base_url:
        found = ask(base_url, max_retries=max_retries)
    assert (found.replies[0].text, server.seen["Write f."]) == ("", max_retries + 1)


def test_an_empty_text_that_comes_now_and_then_is_not_believed() -> None:
    faults = [PASSING[name] for name in ("empty content", "500", "empty content", "content filter")]
    server = FaultyServer(lambda prompt: TEXT, lambda prompt, before: faults[before] if before < 4 else None)
    with server.serving() as base_url:
        assert ask(base_url).replies[0].text == TEXT


def test_tokens_that_went_into_reasoning_are_not_paid_for_again() -> None:
    async def thought(request: Any, good: bytes) -> Any:
        from aiohttp import web

        return web.json_response(completion("", "length"))

    server = failing(thought, times=99)
    with server.serving() as base_url:
        found = ask(base_url)
    assert (found.replies[0].text, found.attempts) == ("", 1)


@pytest.mark.parametrize("name", REFUSING)
def test_a_refusal_of_one_request_is_not_asked_again(name: str) -> None:
    server = failing(REFUSING[name], times=99)
    with server.serving() as base_url, pytest.raises(RequestRefused):
        ask(base_url)
    assert server.seen["Write f."] == 1


def test_a_content_filter_that_stays_is_a_refusal_of_that_request() -> None:
    with (
        failing(PASSING["content filter"], times=99).serving() as base_url,
        pytest.raises(RequestRefused, match=r"content filter \(3 times\)"),
    ):
        ask(base_url)


@pytest.mark.parametrize("name", HARMLESS)
def test_an_oddity_hides_no_answer(name: str) -> None:
    server = failing(HARMLESS[name], times=99)
    with server.serving() as base_url:
        found = ask(base_url)
    assert [reply.text for reply in found.replies] == [TEXT]
    assert found.attempts == 1
    assert (found.output_tokens is None) == (name == "missing usage")


def test_of_several_replies_those_in_doubt_are_left_out() -> None:
    async def two(request: Any, good: bytes) -> Any:
        from aiohttp import web

        payload = completion(TEXT)
        payload["choices"] += completion("", "content_filter")["choices"] + completion("", "stop")["choices"]
        return web.json_response(payload)

    async def once(base_url: str) -> Response:
        async with OpenAIEndpoint(base_url, "chat") as endpoint:
            return await endpoint.ask({**BODY, "n": 3})

    with failing(two, times=99).serving() as base_url:
        assert [reply.text for reply in asyncio.run(once(base_url)).replies] == [TEXT]


def test_a_host_that_does_not_exist_is_an_outage() -> None:
    with pytest.raises(EndpointDown, match=r"the host no-such-host\.invalid.* cannot be found"):
        ask("http://no-such-host.invalid/v1", max_retries=1)
    with pytest.raises(EndpointDown, match=r"the host no-such-host\.invalid.* cannot be found"):
        ask("https://no-such-host.invalid/v1", max_retries=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("http2", [True, False])
def test_a_certificate_that_nobody_vouches_for_is_an_outage_and_not_asked_again(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, http2: bool
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    server = failing(PASSING["500"], times=0)
    with (
        server.serving(tls=tls) as base_url,
        pytest.raises(EndpointDown, match=r"is not trusted .* SSL_CERT_FILE .*1 attempts"),
    ):
        ask(base_url, http2=http2)
    assert not server.seen


def test_a_certificate_in_ssl_cert_file_is_trusted(
    tls: ssl.SSLContext, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with failing(PASSING["500"], times=1).serving(tls=tls) as base_url:
        assert ask(base_url).replies[0].text == TEXT


def test_certificates_that_cannot_be_read_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(BadInput, match=r"SSL_CERT_FILE=.*none"):
        ask("https://127.0.0.1:9/v1")


@pytest.mark.parametrize("http2", [True, False])
def test_a_server_that_speaks_no_tls_is_an_outage(http2: bool) -> None:
    with failing(PASSING["500"], times=0).serving() as base_url, pytest.raises(EndpointDown, match=r"TLS|broke"):
        ask(base_url.replace("http:", "https:"), max_retries=1, http2=http2)

"""Asking a model behind an OpenAI-compatible URL, and what happens when it fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.errors import EvalrunError
from evalrun.harness.endpoint.api import EndpointDown, EndpointRefused, RequestRefused, Response
from evalrun.harness.endpoint.client import Clocks, OpenAIEndpoint, api_key, normal_base_url
from evalrun.harness.endpoint.refusals import Outlook, ServerError, outlook
from evalrun.harness.endpoint.retry import RetryPolicy, retry_after_s

QUICK = RetryPolicy(max_retries=6, base_s=0.01, cap_s=0.05)
BODY: Mapping[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Say fine."}]}
KEY = "sk-very-secret-0123456789"


def ask(base_url: str, body: Mapping[str, Any] = BODY, **settings: Any) -> Response:
    settings = {"retry": QUICK, "timeout_s": 5.0, **settings}
    form = settings.pop("form", "chat")

    async def once() -> Response:
        async with OpenAIEndpoint(base_url, form, **settings) as endpoint:
            return await endpoint.ask(body)

    return asyncio.run(once())


def test_a_chat_reply_is_read_with_its_usage_and_time(scripts: Any) -> None:
    script = scripts.serve([scripts.good("fine")])
    reply = ask(script.base_url)
    first = reply.replies[0]
    assert (first.text, first.finish_reason, reply.input_tokens, reply.output_tokens) == ("fine", "stop", 3, 5)
    assert reply.attempts == 1
    assert 0 < reply.latency_s < 5
    assert script.paths == ["/v1/chat/completions"]
    assert script.bodies == [dict(BODY)]


def test_a_completion_is_read(scripts: Any) -> None:
    step = scripts.Step(body=b'{"choices": [{"text": "    return 1", "finish_reason": "length"}]}')
    script = scripts.serve([step])
    reply = ask(script.base_url, {"model": "m", "prompt": "def f():\n"}, form="completions")
    first = reply.replies[0]
    assert (first.text, first.finish_reason, reply.input_tokens) == ("    return 1", "length", None)
    assert script.paths == ["/v1/completions"]


def test_a_reply_without_content_is_an_empty_text(scripts: Any) -> None:
    assert ask(scripts.serve([scripts.good(None)]).base_url).replies[0].text == ""


def test_text_that_is_no_unicode_is_sent_and_received(scripts: Any) -> None:
    script = scripts.serve([scripts.good("\ud800 \x00 ok")])
    body = {"model": "m", "messages": [{"role": "user", "content": "\udfff"}]}
    assert ask(script.base_url, body).replies[0].text == "\ud800 \x00 ok"
    assert script.bodies == [body]


def test_what_may_pass_is_asked_again(scripts: Any) -> None:
    Step = scripts.Step
    steps = [
        Step(status=500, body=b"oops"),
        Step(status=503),
        Step(drop=True),
        Step(body=b"{not json"),
        Step(body=scripts.completion("cut")[:20], announced=4000),
        Step(body=b'{"choices": []}'),
        scripts.good("at last"),
    ]
    script = scripts.serve(steps)
    reply = ask(script.base_url)
    # the drop came on a kept connection, where it cannot be told from one that was closed before: no attempt
    assert (reply.replies[0].text, reply.attempts) == ("at last", 6)
    assert len(script.bodies) == 7


def test_attempts_are_bounded_and_the_failure_says_what_happened(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=500, body=b'{"error": {"message": "the GPU is gone"}}')])
    with pytest.raises(EndpointDown, match=r"HTTP 500: the GPU is gone \(gave up after 3 attempts\)"):
        ask(script.base_url, retry=RetryPolicy(max_retries=2, base_s=0.01))
    assert len(script.bodies) == 3


def test_a_malformed_reply_is_never_taken_for_an_answer(scripts: Any) -> None:
    for body in (b"", b"[]", b'"text"', b'{"choices": [{}]}', b'{"choices": [{"message": {"content": 7}}]}', b"null"):
        with pytest.raises(EndpointDown):
            ask(scripts.serve([scripts.Step(body=body)]).base_url, retry=RetryPolicy(max_retries=1, base_s=0.01))


def test_a_server_that_hangs_is_given_up(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(hang=True)])
    began = time.monotonic()
    with pytest.raises(EndpointDown, match=r"no reply within 0\.2 s"):
        ask(script.base_url, timeout_s=0.2, retry=RetryPolicy(max_retries=1, base_s=0.01))
    assert time.monotonic() - began < 5
    assert len(script.bodies) == 2


def test_a_reply_that_drips_is_given_up() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        policy = RetryPolicy(max_retries=0)
        endpoint = OpenAIEndpoint(f"http://127.0.0.1:{port}", "chat", retry=policy, timeout_s=0.3)
        async with endpoint:
            with pytest.raises(EndpointDown, match=r"no reply within 0\.3 s"):
                await endpoint.ask(BODY)
        server.close()
        await asyncio.sleep(0.1)

    asyncio.run(scenario())


def test_a_reply_without_end_is_cut_off(scripts: Any) -> None:
    script = scripts.serve([scripts.good("x" * 5000)])
    with pytest.raises(EndpointDown, match="longer than 4000 bytes"):
        ask(script.base_url, max_reply_bytes=4000, retry=RetryPolicy(max_retries=0))
    assert ask(script.base_url, max_reply_bytes=6000).replies[0].text == "x" * 5000


def test_a_servers_message_cannot_steer_the_terminal(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=404, body="\x1b[2Jgone\u202e\nevalrun: all is well".encode())])
    with pytest.raises(EndpointRefused) as caught:
        ask(script.base_url)
    assert str(caught.value).isprintable()
    assert "\\x1b[2Jgone\\u202e\\nevalrun: all is well" in str(caught.value)


def test_nobody_listening_is_an_outage() -> None:
    with pytest.raises(EndpointDown, match=r"cannot connect to 127\.0\.0\.1:9"):
        ask("http://127.0.0.1:9", retry=RetryPolicy(max_retries=1, base_s=0.01))


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (401, EndpointRefused, 2),
        (403, EndpointRefused, 2),
        (404, EndpointRefused, 2),
        (301, EndpointRefused, 2),
        (400, RequestRefused, 5),
        (413, RequestRefused, 5),
        (422, RequestRefused, 5),
    ],
)
def test_a_refusal_is_told_at_once(scripts: Any, status: int, kind: type[EvalrunError], exit_code: int) -> None:
    body = b'{"error": {"message": "no, and here is why"}}'
    script = scripts.serve([scripts.Step(status=status, body=body, headers={"Location": "http://elsewhere/"})])
    with pytest.raises(kind, match=f"HTTP {status}: no, and here is why") as caught:
        ask(script.base_url)
    assert caught.value.exit_code == exit_code
    assert len(script.bodies) == 1


def test_the_key_is_sent_and_never_shown(scripts: Any) -> None:
    said = f'{{"error": {{"message": "Incorrect API key provided: {KEY}."}}}}'.encode()
    for status, error in ((401, EndpointRefused), (500, EndpointDown)):
        script = scripts.serve([scripts.Step(status=status, body=said)])
        with pytest.raises(error, match=r"Incorrect API key provided: \*\*\*") as caught:
            ask(script.base_url, key=KEY, retry=RetryPolicy(max_retries=0))
        assert script.headers[0]["authorization"] == f"Bearer {KEY}"
        assert KEY not in str(caught.value) + repr(caught.value.__cause__)


def test_without_a_key_none_is_sent_and_a_refusal_says_which_to_set(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=401, body=b"who are you?")])
    with pytest.raises(EndpointRefused, match="set EVALRUN_API_KEY"):
        ask(script.base_url)
    assert "authorization" not in script.headers[0]


def test_the_key_comes_from_the_environment_own_variable_first() -> None:
    assert api_key({"OPENAI_API_KEY": "b", "EVALRUN_API_KEY": "a"}) == "a"
    assert api_key({"OPENAI_API_KEY": "b", "EVALRUN_API_KEY": " "}) == "b"
    assert api_key({}) is None


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(BadInput, match="OPENAI_API_KEY") as caught:
        api_key({"OPENAI_API_KEY": key})
    assert key not in str(caught.value)


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def clocks(self) -> Clocks:
        return Clocks(sleep=self.sleep, monotonic=lambda: self.now, wall=lambda: 40.0)


def test_the_server_decides_how_long_to_wait(scripts: Any) -> None:
    time_ = Time()
    steps = [
        scripts.Step(status=429, headers={"Retry-After": "17"}),
        scripts.Step(status=503, headers={"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}),
        scripts.good("ok"),
    ]
    reply = ask(scripts.serve(steps).base_url, clocks=time_.clocks, rng=random.Random(0))
    assert (reply.replies[0].text, time_.waits) == ("ok", [17.0, 60.0])


def test_a_wait_that_goes_beyond_the_total_time_is_not_begun(scripts: Any) -> None:
    time_ = Time()
    step = scripts.Step(status=429, headers={"Retry-After": "86400"})
    with pytest.raises(EndpointDown, match="HTTP 429"):
        ask(scripts.serve([step]).base_url, clocks=time_.clocks)
    assert time_.waits == []


def test_nothing_is_sent_while_a_server_wants_to_be_left_alone(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=429, headers={"Retry-After": "30"}), scripts.good()])
    time_ = Time()

    async def scenario() -> None:
        async with OpenAIEndpoint(script.base_url, "chat", retry=RetryPolicy(), clocks=time_.clocks) as endpoint:
            first = asyncio.ensure_future(endpoint.ask(BODY))
            while not time_.waits:
                await asyncio.sleep(0.01)
            sent_before = time_.now - 30.0
            await asyncio.gather(first, *(endpoint.ask(BODY) for _ in range(3)))
            assert sent_before == 0.0
            assert time_.now >= 30.0

    asyncio.run(scenario())
    assert len(script.bodies) == 5


def test_a_pause_beyond_the_total_time_ends_the_others_at_once(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=429, headers={"Retry-After": "86400"})])

    async def scenario() -> None:
        async with OpenAIEndpoint(script.base_url, "chat", connections=1) as endpoint:
            found = await asyncio.gather(*(endpoint.ask(BODY) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(each, EndpointDown) for each in found)
        assert "pause of 86400 s" in str(found[-1])

    began = time.monotonic()
    asyncio.run(scenario())
    assert len(script.bodies) == 1
    assert time.monotonic() - began < 5


def test_a_real_429_is_waited_for(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=429, headers={"Retry-After": "1"}), scripts.good()])
    began = time.monotonic()
    assert ask(script.base_url).attempts == 2
    assert time.monotonic() - began >= 1.0


@given(st.integers(0, 1000), st.none() | st.floats(0, 1e6), st.integers())
def test_waits_grow_within_their_bounds(retry: int, asked: float | None, seed: int) -> None:
    policy = RetryPolicy(base_s=2.0, cap_s=60.0)
    wait = policy.wait_s(retry, asked, random.Random(seed))
    backoff = min(60.0, 2.0 * 2.0 ** min(retry, 60))
    assert max(backoff / 2, asked or 0.0) <= wait <= max(backoff, asked or 0.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("2.5", 2.5), ("", None), ("soon", None), ("-3", None), ("²", None), ("1.2.3", None),
     ("Thu, 01 Jan 1970 00:00:30 GMT", 20.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Thu, 99 Foo 1970", None)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date_and_never_trusted(text: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": text}, now=10.0) == seconds


def test_only_what_may_pass_is_retried() -> None:
    found = {status: outlook(status, ServerError("no"), answered=False) for status in range(300, 600)}
    again = (Outlook.RETRY, Outlook.OVERLOAD)
    assert [s for s in found if found[s] in again] == [408, 409, 425, 429, *range(500, 600)]
    assert [s for s in found if found[s] is Outlook.OVERLOAD] == [429, 503, 529]


REQUEST, HOPELESS, OWED = Outlook.REQUEST, Outlook.HOPELESS, Outlook.OWED
CONTENT_POLICY = "Your request was rejected as a result of our content management policy."


@pytest.mark.parametrize(
    ("status", "words", "message", "found"),
    [
        (400, "context_length_exceeded", "This model's maximum context length is 4096 tokens.", REQUEST),
        (400, "exceed_context_size_error", "the request exceeds the available context size", REQUEST),
        (500, "", "the request exceeds the available context size, try increasing it", REQUEST),
        (400, "", "prompt is too long: 210000 tokens > 200000 maximum", REQUEST),
        (422, "validation", "`inputs` tokens + `max_new_tokens` must be <= 4096", REQUEST),
        (429, "tokens rate_limit_exceeded", "Request too large for m on tokens per min (TPM)", REQUEST),
        (400, "content_filter", CONTENT_POLICY, REQUEST),
        (403, "", "Your input was flagged", REQUEST),
        (400, "", "API key not valid. Please pass a valid API key.", HOPELESS),
        (400, "", "Model Not Exist", HOPELESS),
        (400, "", "gpt-9 is not a valid model ID", HOPELESS),
        (402, "", "Payment required", HOPELESS),
        (429, "insufficient_quota", "You exceeded your current quota", OWED),
        (429, "", "Rate limit reached", Outlook.OVERLOAD),
        (529, "overloaded_error", "Overloaded", Outlook.OVERLOAD),
        (503, "", "reduce the length of the queue", Outlook.OVERLOAD),
    ],
)
def test_what_a_server_says_decides_whom_it_concerns(status: int, words: str, message: str, found: Outlook) -> None:
    assert outlook(status, ServerError(message, words), answered=False) is found


def test_a_firewalls_page_concerns_one_prompt_once_others_were_answered() -> None:
    page = ServerError("<html>blocked", page=True)
    assert outlook(403, page, answered=True) is Outlook.REQUEST
    assert outlook(403, page, answered=False) is Outlook.HOPELESS


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("https://api.example/v1/", "https://api.example/v1"),
        ("https://api.example/openai/v2", "https://api.example/openai/v2"),
        (" http://[::1]:80/v1 ", "http://[::1]:80/v1"),
    ],
)
def test_a_bare_host_gets_the_usual_path(given_url: str, used: str) -> None:
    assert normal_base_url(given_url) == used


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "http://h:port/", "http://[::1/v1", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="--base-url"):
        normal_base_url(url)


@pytest.mark.parametrize(
    "url", ["http://h/a b", "http://h h/v1", "http://h\t/v1", "http://h/v\r\nx: 1", "http://h/\x00", "http://h/\x1b[2J"]
)
def test_a_url_with_spaces_or_control_characters_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(BadInput, match="--base-url: holds a space or a character that cannot be seen") as caught:
        normal_base_url(url)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_longer_than_the_total_time_is_said(status: int, scripts: Any) -> None:
    script = scripts.serve([scripts.Step(status=status, headers={"Retry-After": "120"})])
    said = r"a pause of 120 s, longer than the (9|10) s that are left of the total time"
    with pytest.raises(EndpointDown, match=said):
        ask(script.base_url, retry=RetryPolicy(max_retries=2, base_s=0.01, total_s=10.0))
    assert len(script.bodies) == 1


@pytest.mark.parametrize("url", ["http://user:pass@h/v1", "http://h/v1?api-key=s3cret", "http://h/v1#s3cret"])
def test_a_url_with_a_secret_in_it_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadInput, match="EVALRUN_API_KEY") as caught:
        normal_base_url(url)
    assert "pass@" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "broken",
    [
        b'{"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}',
        b'{"choices": [{"message": {"content": "def f("}, "finish_reason": "abort"}]}',
        b'{"choices": [{"message": {"content": null}, "error": {"code": 502}}]}',
        b'{"error": {"message": "busy"}, "choices": [{"message": {"content": ""}}]}',
    ],
)
def test_a_failure_reported_inside_a_good_status_is_asked_again(scripts: Any, broken: bytes) -> None:
    script = scripts.serve([scripts.Step(body=broken), scripts.good("fine")])
    quick = RetryPolicy(max_retries=1, base_s=0.01)
    assert ask(script.base_url, retry=quick).replies[0].text == "fine"


def fetch(base_url: str, path: str, **settings: Any) -> Any:
    async def once() -> Any:
        async with OpenAIEndpoint(base_url, "chat", **{"retry": QUICK, "timeout_s": 5.0, **settings}) as endpoint:
            return await endpoint.fetch(path, {"q": 1})

    return asyncio.run(once())


def test_plain_json_is_fetched_from_other_paths_with_the_same_patience(scripts: Any) -> None:
    Step = scripts.Step
    steps = [Step(status=503), Step(drop=True), Step(body=b'{"error": "busy"}'), Step(body=b'{"tokens": [1]}')]
    script = scripts.serve(steps)
    assert fetch(script.base_url, "../tokenize") == {"tokens": [1]}
    assert script.paths == ["/tokenize"] * 4
    script = scripts.serve([Step(body=b"[1]")])
    assert fetch(script.base_url, "/completions") == [1]
    assert script.paths == ["/v1/completions"]


def test_what_is_fetched_fails_as_answers_do(scripts: Any) -> None:
    Step = scripts.Step
    refusing = scripts.serve([Step(status=404, body=b"nothing here")])
    with pytest.raises(EndpointRefused, match="/tokenize: HTTP 404") as refused:
        fetch(refusing.base_url, "../tokenize")
    assert refused.value.status == 404
    long = b'{"error": {"message": "maximum context length is 8 tokens"}}'
    with pytest.raises(RequestRefused) as too_long:
        fetch(scripts.serve([Step(status=400, body=long)]).base_url, "/completions")
    assert too_long.value.too_long
    with pytest.raises(EndpointDown, match="the reply reports a failure: broken"):
        fetch(scripts.serve([Step(body=b'{"error": "broken"}')]).base_url, "/x", retry=RetryPolicy(max_retries=0))


def test_the_key_is_masked_in_what_is_fetched(scripts: Any) -> None:
    script = scripts.serve([scripts.Step(body=b'{"echo": "Bearer ' + KEY.encode() + b'"}')])
    assert fetch(script.base_url, "/x", key=KEY) == {"echo": "Bearer ***"}

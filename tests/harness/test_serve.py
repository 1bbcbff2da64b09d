"""The server that stands in for models: OpenAI's forms, streams, limits, faults, and an end in good order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.harness.cli import main
from evalrun.harness.commands.serve import choose
from evalrun.harness.endpoint.prompt import build_prompt
from evalrun.harness.serve.baselines import BASELINES, NoAnswer, Question, Reference, Stub
from evalrun.harness.serve.pseudo import token_count, tokens
from evalrun.harness.serve.server import Faults, is_loopback, serving

CORE = Suite.load("core")
TASK = CORE.tasks[0]
BODY = TASK.reference.removeprefix(TASK.prompt)


class Parrot:
    """Says a text it was given."""

    name = "parrot"

    def __init__(self, text: str = "one two three\n\ndef four(): ...\n") -> None:
        self.text = text

    def answer(self, question: Question) -> list[str]:
        if question.text == "?":
            raise NoAnswer("the parrot is silent")
        return [self.text] * question.count


def ask(base_url: str, path: str = "/chat/completions", **body: Any) -> httpx.Response:
    asked = {"messages": [{"role": "user", "content": TASK.prompt}]} if path.startswith("/chat") else {"prompt": "Go:"}
    with httpx.Client(trust_env=False) as client:
        return client.post(base_url + path, json={"model": "parrot", **asked, **body})


def choices(base_url: str, path: str = "/chat/completions", **body: Any) -> list[dict[str, Any]]:
    response = ask(base_url, path, **body)
    assert response.status_code == 200, response.text
    return list(response.json()["choices"])


def streamed(base_url: str, path: str = "/chat/completions", **body: Any) -> list[dict[str, Any]]:
    """The events of a stream, of which the last must say that it is done."""
    asked = {"messages": [{"role": "user", "content": TASK.prompt}]} if path.startswith("/chat") else {"prompt": "Go:"}
    content = {"model": "parrot", **asked, "stream": True, **body}
    with httpx.Client(trust_env=False) as client, client.stream("POST", base_url + path, json=content) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


@pytest.fixture(scope="module")
def parrot() -> Iterator[str]:
    with serving(Parrot()) as base_url:
        yield base_url


def test_one_server_has_all_baselines_as_models_each_with_a_description() -> None:
    with serving(make([CORE]) for make in BASELINES.values()) as base_url, httpx.Client(trust_env=False) as client:
        models = client.get(f"{base_url}/models").json()["data"]
        one = client.get(f"{base_url}/models/stub").json()
        none = client.get(f"{base_url}/models/gpt")
        health = client.get(base_url.removesuffix("/v1") + "/health").json()
        texts = {name: choices(base_url, model=name)[0]["message"]["content"] for name in BASELINES}
    assert [model["id"] for model in models] == list(BASELINES) == health["models"]
    assert all(model["description"].endswith(".") for model in models)
    assert one in models
    assert (none.status_code, none.json()["error"]["code"]) == (404, "model_not_found")
    assert health["status"] == "ok"
    assert TASK.reference.strip() in texts["reference"]
    assert texts["reference"] == texts["memorizer"] == texts["adapting-memorizer"]
    assert "raise NotImplementedError" in texts["stub"]


def test_a_reply_has_the_usual_form(parrot: str) -> None:
    payload = ask(parrot, n=3).json()
    text = Parrot().text
    assert [choice["index"] for choice in payload["choices"]] == [0, 1, 2]
    assert {choice["message"]["role"] for choice in payload["choices"]} == {"assistant"}
    assert {choice["message"]["content"] for choice in payload["choices"]} == {text}
    counts = token_count(TASK.prompt), 3 * token_count(text)
    assert payload["usage"] == dict(
        zip(("prompt_tokens", "completion_tokens", "total_tokens"), (*counts, sum(counts)), strict=True)
    )
    assert (payload["object"], payload["model"]) == ("chat.completion", "parrot")


def test_several_prompts_get_their_choices_one_after_the_other(parrot: str) -> None:
    found = choices(parrot, "/completions", prompt=["a", "b"], n=2, echo=True)
    assert [(choice["index"], choice["text"][0]) for choice in found] == [(0, "a"), (1, "a"), (2, "b"), (3, "b")]


def test_messages_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": TASK.prompt[:50]}, {"type": "text", "text": TASK.prompt[50:]}]
    with serving(Reference([CORE])) as base_url:
        (choice,) = choices(base_url, model="reference", messages=[{"role": "user", "content": parts}])
    assert TASK.reference.strip() in choice["message"]["content"]


@pytest.mark.parametrize(
    ("body", "text", "reason"),
    [
        ({}, Parrot().text, "stop"),
        ({"stop": ["\ndef ", "three"]}, "one two ", "stop"),
        ({"stop": "nowhere"}, Parrot().text, "stop"),
        ({"max_tokens": 2}, "one two", "length"),
        ({"max_tokens": 2, "stop": " two"}, "one", "stop"),
        ({"max_tokens": 1000}, Parrot().text, "stop"),
    ],
)
def test_stop_and_the_token_limit_cut_a_reply(parrot: str, body: dict[str, Any], text: str, reason: str) -> None:
    (chat,) = choices(parrot, **body)
    (completion,) = choices(parrot, "/completions", **body)
    assert (chat["message"]["content"], chat["finish_reason"]) == (text, reason)
    assert (completion["text"], completion["finish_reason"]) == (text, reason)
    events = streamed(parrot, **body)
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events) == text
    assert events[-1]["choices"][0]["finish_reason"] == reason


def test_a_stream_brings_every_choice_and_the_usage_where_it_is_wanted(parrot: str) -> None:
    events = streamed(parrot, n=2, stream_options={"include_usage": True})
    texts = ["", ""]
    for event in events[:-1]:
        (choice,) = event["choices"]
        texts[choice["index"]] += choice["delta"].get("content", "")
        assert event["usage"] is None
    assert texts == [Parrot().text] * 2
    assert events[-1]["choices"] == []
    assert events[-1]["usage"] == ask(parrot, n=2).json()["usage"]
    plain = streamed(parrot, "/completions")
    assert "".join(event["choices"][0]["text"] for event in plain) == Parrot().text
    assert all("usage" not in event for event in plain)


def test_log_probabilities_come_in_the_form_of_each_api_and_alike_in_a_stream(parrot: str) -> None:
    (chat,) = choices(parrot, logprobs=True, top_logprobs=3)
    rows = chat["logprobs"]["content"]
    assert [row["token"] for row in rows] == tokens(Parrot().text)
    assert all(bytes(row["bytes"]).decode() == row["token"] for row in rows)
    assert all(len(row["top_logprobs"]) <= 3 for row in rows)
    events = streamed(parrot, logprobs=True, top_logprobs=3)
    parts = [event["choices"][0].get("logprobs") for event in events]
    assert [row for part in parts if part for row in part["content"]] == rows
    (completion,) = choices(parrot, "/completions", logprobs=2)
    assert completion["logprobs"]["tokens"] == tokens(Parrot().text)
    assert completion["logprobs"]["text_offset"][:3] == [0, 3, 7]
    assert choices(parrot)[0]["logprobs"] is None


def test_an_echo_scores_the_prompt_even_where_nothing_follows_it() -> None:
    prompt, reply = TASK.prompt, BODY
    with serving(Reference([CORE])) as base_url:
        ask_it = {"model": "reference", "logprobs": 0, "echo": True}
        (whole,) = choices(base_url, "/completions", prompt=prompt, **ask_it)
        (alone,) = choices(base_url, "/completions", prompt=prompt + reply, max_tokens=0, **ask_it)
        (unknown,) = choices(base_url, "/completions", prompt="nothing known", max_tokens=1, **ask_it)
    assert whole["text"] == alone["text"] == prompt + reply
    assert unknown["text"] == "nothing known"

    def figure(choice: dict[str, Any]) -> float:
        return sum(value for value in choice["logprobs"]["token_logprobs"][1:])

    assert whole["logprobs"]["token_logprobs"][0] is None
    assert figure(whole) == pytest.approx(figure(alone))
    offsets = whole["logprobs"]["text_offset"]
    pieces = [whole["text"][start:end] for start, end in zip(offsets, [*offsets[1:], len(whole["text"])], strict=True)]
    assert pieces == whole["logprobs"]["tokens"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/chat/completions", {"model": "gpt"}, 404, "does not exist"),
        ("/chat/completions", {"model": None}, 404, "does not exist"),
        ("/chat/completions", {"messages": []}, 400, "messages"),
        ("/chat/completions", {"messages": [{"role": "user"}]}, 400, "messages"),
        ("/chat/completions", {"messages": [{"role": "user", "content": [1]}]}, 400, "messages"),
        ("/chat/completions", {"messages": [{"content": [{"type": "image_url"}]}]}, 400, "sees and hears nothing"),
        ("/chat/completions", {"messages": [{"role": "user", "content": "?"}]}, 404, "the parrot is silent"),
        ("/chat/completions", {"n": 0}, 400, "n: expected an integer from 1 to 128"),
        ("/chat/completions", {"n": True}, 400, "n:"),
        ("/chat/completions", {"seed": "x"}, 400, "seed"),
        ("/chat/completions", {"stream": "yes"}, 400, "stream"),
        ("/chat/completions", {"stream_options": 1}, 400, "stream_options"),
        ("/chat/completions", {"stop": [""]}, 400, "stop"),
        ("/chat/completions", {"max_tokens": 0}, 400, "max_tokens"),
        ("/chat/completions", {"max_completion_tokens": 1.5}, 400, "max_completion_tokens"),
        ("/chat/completions", {"top_logprobs": 3}, 400, "logprobs to be true"),
        ("/chat/completions", {"logprobs": True, "top_logprobs": 21}, 400, "top_logprobs"),
        ("/completions", {"prompt": [[1, 2]]}, 400, "no vocabulary"),
        ("/completions", {"prompt": None}, 400, "prompt"),
        ("/completions", {"logprobs": True}, 400, "logprobs"),
        ("/completions", {"echo": True, "stream": True}, 400, "echo"),
        ("/completions", {"max_tokens": -1}, 400, "max_tokens"),
    ],
)
def test_a_bad_request_is_told_why(parrot: str, path: str, body: dict[str, Any], status: int, said: str) -> None:
    response = ask(parrot, path, **body)
    assert response.status_code == status
    error = response.json()["error"]
    assert said in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def raw_status(base_url: str, request: bytes) -> int:
    """The status of a reply to bytes that no HTTP client would send."""
    address = urlsplit(base_url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5) as connection:
        connection.sendall(request)
        return int(connection.recv(4096).split()[1])


def test_what_is_no_request_at_all_does_not_end_the_server(parrot: str) -> None:
    json_type = {"content-type": "application/json"}
    head = b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with httpx.Client(trust_env=False) as client:
        url = f"{parrot}/chat/completions"
        for content in (b"{", b"[]", b"[" * 100_000, b"\xff", b""):
            assert client.post(url, content=content, headers=json_type).status_code == 400
        assert client.post(url, data={"model": "parrot"}).status_code == 415
        assert client.get(url).status_code == 405
        assert client.get(url).headers["allow"] == "POST"
        for path in ("/embeddings", "/", "/chat"):
            missing = client.post(parrot + path, json={})
            assert missing.status_code == 404
            assert "/v1/chat/completions" in missing.json()["error"]["message"]
        too_long = client.post(url, content=b" " * 16_000_001, headers=json_type)
        assert (too_long.status_code, too_long.json()["error"]["type"]) == (413, "invalid_request_error")
    assert raw_status(parrot, head + b"Content-Length: 99999999999\r\n\r\n") == 413
    assert raw_status(parrot, b"\x00\x01 nonsense\r\n\r\n") == 400
    assert ask(parrot).status_code == 200


def test_a_text_of_any_characters_comes_through() -> None:
    with serving(Parrot("\ud800 \x00 🙂")) as base_url:
        assert choices(base_url, logprobs=True)[0]["message"]["content"] == "\ud800 \x00 🙂"


def test_faults_come_as_asked_for_and_alike_each_time() -> None:
    def statuses(seed: int) -> list[int]:
        with serving(Parrot(), faults=Faults(error_rate=0.4, rate_limit_rate=0.3, seed=seed)) as base_url:
            return [ask(base_url).status_code for _ in range(16)]

    assert statuses(3) == statuses(3)
    assert set(statuses(3)) == {200, 429, 500}
    with serving(Parrot(), faults=Faults(fail_after=2)) as base_url:
        assert [ask(base_url).status_code for _ in range(2)] == [200, 200]
        with pytest.raises(httpx.RemoteProtocolError):
            ask(base_url)
    with serving(Parrot(), faults=Faults(latency_s=0.2)) as base_url:
        assert ask(base_url).elapsed.total_seconds() >= 0.2
    with pytest.raises(BadInput, match="at most 1 together"):
        Faults(error_rate=0.7, hang_rate=0.7)


@pytest.mark.parametrize(("wait_s", "header"), [(2.5, "2.5"), (3.0, "3"), (None, None)])
def test_a_limited_request_is_told_how_long_to_wait_where_that_is_asked_for(
    wait_s: float | None, header: str | None
) -> None:
    with serving(Parrot(), faults=Faults(rate_limit_rate=1, retry_after_s=wait_s)) as base_url:
        response = ask(base_url)
    assert (response.status_code, response.headers.get("retry-after")) == (429, header)
    assert response.json()["error"]["type"] == "rate_limit_error"


def test_a_truncated_reply_ends_before_its_announced_length() -> None:
    with serving(Parrot(), faults=Faults(truncate_rate=1)) as base_url:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(base_url)
        with pytest.raises(httpx.RemoteProtocolError):
            streamed(base_url)


def test_a_request_that_hangs_is_let_go_when_its_client_leaves() -> None:
    hanging = serving(Parrot(), faults=Faults(hang_rate=1))
    with hanging as base_url, httpx.Client(trust_env=False, timeout=0.3) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"{base_url}/completions", json={"model": "parrot", "prompt": "x"})
        give_up = time.monotonic() + 5
        health = base_url.removesuffix("/v1") + "/health"
        while client.get(health).json()["in_work"]:
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_a_server_ends_at_once_though_a_request_hangs() -> None:
    failed = []
    with serving(Parrot(), faults=Faults(hang_rate=1)) as base_url:

        def hang() -> None:
            try:
                ask(base_url)
            except httpx.TransportError as error:
                failed.append(error)

        thread = threading.Thread(target=hang)
        thread.start()
        while not httpx.get(base_url.removesuffix("/v1") + "/health", trust_env=False).json()["in_work"]:
            time.sleep(0.01)
        began = time.monotonic()
    thread.join(5)
    assert time.monotonic() - began < 4
    assert failed


async def _at_once(base_url: str, requests: int, body: dict[str, Any]) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=256)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
        url = f"{base_url}/chat/completions"
        return list(await asyncio.gather(*[client.post(url, json=body) for _ in range(requests)]))


def test_256_requests_at_a_time_wait_together() -> None:
    body = {"model": "parrot", "messages": [{"role": "user", "content": "x"}]}
    with serving(Parrot(), faults=Faults(latency_s=1.0)) as base_url:
        began = time.monotonic()
        responses = asyncio.run(_at_once(base_url, 256, body))
        took_s = time.monotonic() - began
    assert {response.status_code for response in responses} == {200}
    assert took_s < 20  # one after the other they would take 256 s


def test_what_is_above_the_limit_of_requests_at_a_time_is_refused() -> None:
    body = {"model": "parrot", "messages": [{"role": "user", "content": "x"}]}
    with serving(Parrot(), faults=Faults(latency_s=1.0, overload_above=5)) as base_url:
        responses = asyncio.run(_at_once(base_url, 12, body))
    statuses = [response.status_code for response in responses]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 5


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match="two models are called 'parrot'"), serving([Parrot(), Parrot()]):
        pass


def test_options_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"task_id": TASK.id, "solution": "x"}) + "\n")
    for names, recorded, suites, known in (
        ((), (), (), ()),
        (("reference",), (), (), ()),
        (("memorizer",), (), (), ()),
        (("reference",), (), ("core",), ("core",)),
        ((), (answers,), (), ()),
        ((), (answers,), ("core",), ("core",)),
    ):
        with pytest.raises(BadInput):
            choose(names, recorded, suites, known)

    def chosen(*options: Any) -> list[str]:
        return [baseline.name for baseline in choose(*options)]

    assert chosen((), (), ("core",), ()) == list(BASELINES)
    assert chosen(("memorizer",), (), (), ("core",)) == ["memorizer"]
    assert chosen(("stub", "stub"), (), (), ()) == ["stub"]
    assert chosen((), (answers,), ("core",), ()) == ["recorded"]
    assert chosen(("stub",), (answers,), ("core",), ()) == ["stub", "recorded"]


def test_a_port_in_use_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub()) as base_url:
        port = base_url.rpartition(":")[2].removesuffix("/v1")
        assert main(["serve", "--baseline", "stub", "--port", port]) == 2
    shown = capsys.readouterr().err
    assert "the port is in use; --port 0 takes a free one" in shown
    assert shown.count("\n") == 1


def test_only_loopback_addresses_are_taken_for_such() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "", "192.0.2.1")] == [False] * 4


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`evalrun serve` as a process of its own, and its base URL."""
    command = [sys.executable, "-u", "-m", "evalrun.harness.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split(" at ")[1].split()[0]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_verb_serves_until_a_signal_and_first_ends_what_is_in_work(number: signal.Signals) -> None:
    with served("--suite", "core", "--latency", "1") as (process, base_url):
        content = build_prompt(TASK, "chat").text
        found: list[httpx.Response] = []

        def wait_for_it() -> None:
            found.append(ask(base_url, model="reference", messages=[{"role": "user", "content": content}]))

        thread = threading.Thread(target=wait_for_it)
        thread.start()
        while not httpx.get(base_url.removesuffix("/v1") + "/health", trust_env=False).json()["in_work"]:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(10) == 0
        thread.join(5)
        assert process.stdout is not None
        assert "ended" in process.stdout.read()
    assert TASK.reference.strip() in found[0].json()["choices"][0]["message"]["content"]


def test_a_second_signal_ends_the_verb_at_once() -> None:
    with served("--baseline", "stub", "--latency", "60") as (process, base_url):

        def give_up() -> None:
            with pytest.raises(httpx.TransportError):
                ask(base_url, model="stub")

        thread = threading.Thread(target=give_up)
        thread.start()
        while not httpx.get(base_url.removesuffix("/v1") + "/health", trust_env=False).json()["in_work"]:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert process.wait(30) == 0
        assert time.monotonic() - began < 10
        thread.join(5)


def test_listening_to_other_machines_is_said_aloud() -> None:
    with served("--baseline", "stub", "--host", "0.0.0.0") as (process, base_url):
        assert ask(base_url, model="stub").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert "0.0.0.0 is reached from other machines" in process.stderr.read()

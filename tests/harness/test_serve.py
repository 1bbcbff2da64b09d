"""The baselines and the server that stands in for a model."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, StdioCase, StdioTest, Suite
from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.commands.serve import choose
from evalrun.harness.endpoint.extract import extract
from evalrun.harness.endpoint.prompt import STOPS, build_prompt, prompt_digest
from evalrun.harness.serve.baselines import Memorizer, NoAnswer, Question, Reference, RenamingMemorizer, Replay, Stub
from evalrun.harness.serve.server import Faults, serving


def function(name: str, doc: str, body: str, *, form: str = "completion", suite: str = "toy") -> CodeTask:
    prompt = f'def {name}(x: int) -> int:\n    """{doc}"""\n'
    test = CasesTest((Case((1,), 2),))
    return CodeTask(f"{suite}/{name}", prompt, name, prompt + body, (test,), form=form)  # type: ignore[arg-type]


ADD = function("add_one", "Return the number that follows x in the usual order.", "    return x + 1\n")
HALVE = function("halve", "Return half of x, rounded down to a whole number.", "    return x // 2\n")
FENCED = function("fenced", "Like so:\n\n    ```\n    fenced(1)\n    ```\n    ", "    return 7\n")
PROGRAM = CodeTask(
    "toy/echo",
    "Print the input twice.",
    None,
    "print(2 * input())",
    (StdioTest((StdioCase("a", "aa"),)),),
    form="instruct",
)
TOY = Suite("toy", "1", (ADD, HALVE, FENCED, PROGRAM))
CORE = Suite.load("core")


def chat(task: CodeTask, count: int = 1, seed: int | None = None) -> Question:
    return Question(build_prompt(task, "chat").text, "chat", count, seed)


def test_a_chat_prompt_holds_the_task_word_for_word_and_names_the_function() -> None:
    for task in (*TOY, *CORE):
        prompt = build_prompt(task, "chat")
        assert task.prompt.strip() in prompt.text
        assert task.entry_point is None or f"`{task.entry_point}`" in prompt.text
        assert prompt.stop == ()


def test_a_chat_prompt_is_fenced_so_that_the_task_cannot_close_the_fence() -> None:
    assert "````python\n" in build_prompt(FENCED, "chat").text
    assert "````" not in build_prompt(ADD, "chat").text


def test_completions_get_the_prompt_itself_and_stops_only_where_a_function_is_continued() -> None:
    assert (build_prompt(ADD, "completions").text, build_prompt(ADD, "completions").stop) == (ADD.prompt, STOPS)
    assert build_prompt(PROGRAM, "completions").stop == ()
    assert len(STOPS) <= 4


def test_the_wording_of_the_prompts_is_pinned() -> None:
    assert prompt_digest() == DIGEST_OF_VERSION_1, "a changed wording needs a new PROMPT_VERSION and a new digest here"


DIGEST_OF_VERSION_1 = "c5d33e178307455f25570ec1a6c945b113f5600fdcf376e22e65ef9871b98697"


def test_what_the_reference_says_is_read_back_whole() -> None:
    baseline = Reference([TOY, CORE])
    for task in (*TOY, *CORE):
        (text,) = baseline.answer(chat(task))
        found = extract(text, form=task.form, entry_point=task.entry_point)
        assert found.code.strip() == task.reference.strip()
        prompt = build_prompt(task, "completions").text
        (text,) = baseline.answer(Question(prompt, "completions"))
        found = extract(text, form=task.form, entry_point=task.entry_point)
        program = prompt + found.code if found.assembly == "append" else found.code
        assert program.strip() == task.reference.strip()


def test_the_reference_knows_only_its_suites() -> None:
    with pytest.raises(NoAnswer):
        Reference([TOY]).answer(Question("def other(): ...", "chat"))


def test_the_stub_is_named_as_asked_and_never_right() -> None:
    (text,) = Stub().answer(chat(HALVE))
    code = extract(text, form="completion", entry_point="halve").code
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    with pytest.raises(NotImplementedError):
        namespace["halve"](4)
    (program,) = Stub().answer(Question("Print something.", "completions"))
    assert program == "raise NotImplementedError\n"


def test_the_memorizer_recites_the_parent_when_the_name_has_changed() -> None:
    renamed = function("successor_of", "Return the number that follows x in the usual order.", "    return x + 1\n")
    (text,) = Memorizer([TOY]).answer(chat(renamed))
    assert ADD.reference.strip() in text
    assert "successor_of" not in text


def test_the_memorizer_goes_by_the_name_before_the_likeness() -> None:
    changed = function("halve", "Return the number that follows x in the usual order, and so on.", "    return x + 1\n")
    (text,) = Memorizer([TOY]).answer(chat(changed))
    assert HALVE.reference.strip() in text


def test_the_renaming_memorizer_gives_its_memory_the_name_that_is_asked_for() -> None:
    renamed = function("successor_of", "Return the number that follows x in the usual order.", "    return x + 1\n")
    (text,) = RenamingMemorizer([TOY]).answer(chat(renamed))
    assert ADD.reference.strip() in text
    assert "\nsuccessor_of = add_one\n" in text
    (text,) = RenamingMemorizer([TOY]).answer(chat(ADD))
    assert "= add_one" not in text


def test_the_memorizer_always_says_something() -> None:
    (text,) = Memorizer([TOY]).answer(Question("", "chat"))
    assert ADD.reference.strip() in text


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    rows = [{"task_id": "toy/add_one", "solution": f"answer {number}"} for number in range(3)]
    write_jsonl(tmp_path / "answers.jsonl", rows)
    return tmp_path / "answers.jsonl"


def test_a_replay_gives_the_recorded_answers_in_turn(recorded: Path) -> None:
    baseline = Replay(TOY, recorded)
    assert [baseline.answer(chat(ADD))[0] for _ in range(4)] == ["answer 0", "answer 1", "answer 2", "answer 0"]
    assert Replay(TOY, recorded).answer(chat(ADD, count=2)) == ["answer 0", "answer 1"]


def test_a_replay_goes_by_the_seed_where_there_is_one(recorded: Path) -> None:
    baseline = Replay(TOY, recorded)
    assert [baseline.answer(chat(ADD, seed=2))[0] for _ in range(2)] == ["answer 2", "answer 2"]


def test_what_was_not_recorded_is_not_made_up(recorded: Path) -> None:
    with pytest.raises(NoAnswer):
        Replay(TOY, recorded).answer(chat(HALVE))


def ask(base_url: str, path: str = "/chat/completions", **body: Any) -> httpx.Response:
    given = {"model": "reference", "messages": [{"role": "user", "content": ADD.prompt}], **body}
    with httpx.Client(trust_env=False) as client:
        return client.post(base_url + path, json=given)


def test_the_server_speaks_the_usual_form() -> None:
    with serving(Reference([TOY])) as base_url:
        response = ask(base_url, n=3)
        with httpx.Client(trust_env=False) as client:
            models = client.get(f"{base_url}/models").json()
            text = client.post(f"{base_url}/completions", json={"model": "reference", "prompt": ADD.prompt}).json()
    payload = response.json()
    assert [choice["index"] for choice in payload["choices"]] == [0, 1, 2]
    assert {choice["message"]["role"] for choice in payload["choices"]} == {"assistant"}
    assert payload["usage"]["prompt_tokens"] == -(-len(ADD.prompt) // 4)
    assert payload["usage"]["total_tokens"] == payload["usage"]["prompt_tokens"] + payload["usage"]["completion_tokens"]
    assert [model["id"] for model in models["data"]] == ["reference"]
    assert text["choices"][0]["text"] == "    return x + 1\n"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"model": "gpt"}, 404, "does not exist"),
        ({"model": None}, 404, "does not exist"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "user"}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": [1]}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": "never heard of"}]}, 404, "holds no prompt"),
        ({"n": 0}, 400, "n:"),
        ({"n": True}, 400, "n:"),
        ({"seed": "x"}, 400, "seed"),
        ({"stream": True}, 400, "stream"),
    ],
)
def test_a_bad_request_is_told_why(body: dict[str, Any], status: int, said: str) -> None:
    with serving(Reference([TOY])) as base_url:
        response = ask(base_url, **body)
    assert response.status_code == status
    assert said in response.json()["error"]["message"]


def raw_status(base_url: str, request: bytes) -> int:
    """The status of a reply to bytes that no HTTP client would send."""
    address = urlsplit(base_url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=5) as connection:
        connection.sendall(request)
        return int(connection.recv(4096).split()[1])


def test_what_is_no_request_at_all_does_not_end_the_server() -> None:
    with serving(Reference([TOY])) as base_url, httpx.Client(trust_env=False) as client:
        url = f"{base_url}/chat/completions"
        assert client.post(url, content=b"{").status_code == 400
        assert client.post(url, content=b"[]").status_code == 400
        assert client.post(url, content=b"[" * 100_000).status_code == 400
        assert raw_status(base_url, b"POST /v1/completions HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n") == 413
        assert raw_status(base_url, b"POST /v1/completions HTTP/1.1\r\n\r\n") == 413
        assert client.get(base_url.removesuffix("/v1")).status_code == 404
        assert client.post(base_url + "/embeddings", json={}).status_code == 404
        assert ask(base_url).status_code == 200


def test_faults_come_as_asked_for_and_alike_each_time() -> None:
    def statuses(seed: int) -> list[int]:
        with serving(Reference([TOY]), faults=Faults(error_rate=0.5, seed=seed)) as base_url:
            return [ask(base_url).status_code for _ in range(12)]

    assert statuses(3) == statuses(3)
    assert set(statuses(3)) == {200, 500}
    with serving(Reference([TOY]), faults=Faults(fail_after=2)) as base_url:
        assert [ask(base_url).status_code for _ in range(2)] == [200, 200]
        with pytest.raises(httpx.RemoteProtocolError):
            ask(base_url)
    with serving(Reference([TOY]), faults=Faults(latency_s=0.2)) as base_url:
        assert ask(base_url).elapsed.total_seconds() >= 0.2


def test_options_that_do_not_fit_together_are_refused(recorded: Path) -> None:
    for baseline, replay, suites, known in (
        (None, None, (), ()),
        ("stub", recorded, (), ()),
        ("reference", None, (), ()),
        ("memorizer", None, (), ()),
        ("reference", None, ("core",), ("core",)),
        (None, recorded, (), ()),
    ):
        with pytest.raises(BadInput, match="serve"):
            choose(baseline, replay, suites, known)
    assert choose("memorizer", None, ("core",), ()).name == "memorizer"
    assert choose("stub", None, (), ()).name == "stub"


def test_a_port_in_use_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub()) as base_url:
        port = base_url.rpartition(":")[2].removesuffix("/v1")
        assert main(["serve", "--baseline", "stub", "--port", port]) == 2
    assert "cannot listen there" in capsys.readouterr().err


def test_the_verb_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-u", "-m", "evalrun.harness.cli", "serve", "--baseline", "reference", "--suite", "core"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().split(" at ")[1].split()[0]
        content = build_prompt(CORE.tasks[0], "chat").text
        response = ask(base_url, messages=[{"role": "user", "content": content}])
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert CORE.tasks[0].reference.strip() in json.loads(response.text)["choices"][0]["message"]["content"]

"""`evalrun run` against a server that fails: records equal those of a clean run, or samples are owed; none is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from evalrun.benchmarks import Suite
from evalrun.harness.cli import main
from evalrun.harness.runs.records import load_run
from evalrun.harness.serve.baselines import Question, Reference
from evalrun.harness.verdict import Verdict

from .faulty import HARMLESS, PASSING, REFUSING, FaultyServer, Handler

CORE = Suite.load("core")
LIMIT = 8
BASELINE = Reference([CORE])
NOT_HERE = ("empty content", "null content", "longer than allowed")  # believed without retries; needs a smaller bound
OWED_WITHOUT_RETRIES = [*(name for name in PASSING if name not in NOT_HERE), *REFUSING]


def answer(prompt: str) -> str:
    return BASELINE.answer(Question(prompt, "chat"))[0]


def run(base_url: str, folder: Path, *more: str, retries: int = 0) -> int:
    fixed = ["--suite", "core", "--model", "reference", "--sandbox", "process", "--timeout", "3"]
    some = ["--limit", str(LIMIT), "--max-retries", str(retries)]
    return main(["run", *fixed, *some, "--base-url", base_url, "-o", str(folder), *more])


def content(folder: Path) -> Mapping[Any, Any]:
    """What of a run does not depend on time or on the endpoint's moods."""
    found = load_run(folder)
    return {
        key: (row.text, row.code, row.assembly, row.request_digest, found.verdicts[key].verdict)
        for key, row in found.samples.items()
    }


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVALRUN_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Any, Any]:
    folder = tmp_path_factory.mktemp("clean") / "run"
    with FaultyServer(answer).serving() as base_url:
        assert run(base_url, folder) == 0
    found = content(folder)
    assert {verdict for *_, verdict in found.values()} == {Verdict.PASS}
    assert len(found) == LIMIT
    return found


class OnePrompt:
    """A fault that strikes the first prompt that it sees, and only that one."""

    def __init__(self, fault: Handler) -> None:
        self.fault = fault
        self.struck: str | None = None

    def __call__(self, prompt: str, times: int) -> Handler | None:
        self.struck = self.struck or prompt
        return self.fault if prompt == self.struck else None


@pytest.mark.parametrize("name", OWED_WITHOUT_RETRIES)
def test_a_sample_that_cannot_be_had_is_owed_and_had_on_resuming(
    name: str, tmp_path: Path, clean: Mapping[Any, Any]
) -> None:
    server = FaultyServer(answer, OnePrompt({**PASSING, **REFUSING}[name]))
    with server.serving() as base_url:
        assert run(base_url, tmp_path / "run") == 5
        found = load_run(tmp_path / "run")
        assert len(found.owed) == 1
        assert {row.verdict for row in found.verdicts.values()} == {Verdict.PASS}
        server.fault = lambda prompt, times: None
        assert run(base_url, tmp_path / "run", "--resume") == 0
    assert content(tmp_path / "run") == clean


@pytest.mark.parametrize("name", HARMLESS)
def test_an_oddity_changes_nothing(name: str, tmp_path: Path, clean: Mapping[Any, Any]) -> None:
    with FaultyServer(answer, lambda prompt, times: HARMLESS[name]).serving() as base_url:
        assert run(base_url, tmp_path / "run", "--timeout", "60") == 0
    assert content(tmp_path / "run") == clean


def test_a_server_with_every_fault_in_turn_costs_nothing_but_time(tmp_path: Path, clean: Mapping[Any, Any]) -> None:
    names = [name for name in PASSING if name not in ("longer than allowed", "hang", "slow drip")]
    turn = iter(names)

    def fault(prompt: str, times: int) -> Handler | None:
        return PASSING[name] if times < 3 and (name := next(turn, None)) else None

    with FaultyServer(answer, fault).serving() as base_url:
        assert run(base_url, tmp_path / "run", retries=4) == 0
    assert next(turn, None) is None
    assert content(tmp_path / "run") == clean
    assert max(row.attempts for row in load_run(tmp_path / "run").samples.values()) > 2


@pytest.mark.parametrize(
    ("key", "kept"), [("sk-proj-" + "Zq9" * 30, False), ("EMPTY", True)], ids=["a key", "a placeholder"]
)
def test_a_key_that_the_server_echoes_is_never_written(
    key: str, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def echo(request: web.Request, good: bytes) -> web.StreamResponse:
        header = request.headers["authorization"]
        message = {"role": "assistant", "content": f"# {header}", "reasoning_content": f"I was sent {header}"}
        choice = {"index": 0, "message": message, "finish_reason": header}
        usage = {"prompt_tokens": 3, "completion_tokens": 5}
        return web.json_response({"choices": [choice], "usage": usage, "model": "m" * 150 + header})

    monkeypatch.setenv("EVALRUN_API_KEY", key)
    cache = tmp_path / "cache"
    with FaultyServer(answer, lambda prompt, times: echo).serving() as base_url:
        assert run(base_url, tmp_path / "run", "--cache", "--cache-dir", str(cache)) == 0

    rows = load_run(tmp_path / "run").samples.values()
    assert {row.text for row in rows} == {"# Bearer " + (key if kept else "***")}
    files = [path for place in (tmp_path / "run", cache) for path in place.rglob("*") if path.is_file()]
    assert {"samples.jsonl", "responses.sqlite3"} <= {path.name for path in files}
    assert any(key[:20].encode() in path.read_bytes() for path in files) is kept


def test_a_server_that_refuses_every_request_is_not_asked_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FaultyServer(answer, lambda prompt, times: REFUSING["unprocessable"])
    with server.serving() as base_url:
        more = ("--limit", str(len(CORE)), "--max-connections", "4")
        assert run(base_url, tmp_path / "run", *more) in (2, 5)
    assert server.seen.total() < 12
    assert "messages: too odd" in capsys.readouterr().err

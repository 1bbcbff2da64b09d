"""A run at work: scoring beside asking, within bounds; signals; outages of one half that the other survives."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask, InfraError, Suite
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import EndpointDown, EndpointRefused, Reply, RequestRefused, Response, Sampling
from evalrun.harness.endpoint.extract import Extracted
from evalrun.harness.runs import generate
from evalrun.harness.runs.appending import DiskFailed, appending
from evalrun.harness.runs.folder import open_run
from evalrun.harness.runs.generate import Asker, Asking, requests
from evalrun.harness.runs.ledger import read_ledger
from evalrun.harness.runs.manifest import new_manifest
from evalrun.harness.runs.pipeline import Ended, Scoring, Work, work_off
from evalrun.harness.runs.progress import Counters, showing
from evalrun.harness.runs.records import SampleRow, load_run
from evalrun.harness.runs.score import Scorer
from evalrun.harness.sandbox.api import Job, Outcome, SandboxInfo
from evalrun.harness.verdict import Verdict

from .slow_server import slowly

CORE = Suite.load("core")
PROGRAMS = [task for task in CORE if len(task.tests) == 1 and task.tests[0].kind == "cases"][:4]


@contextmanager
def running(base_url: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = ["run", "--suite", "core", "--model", "reference", "--base-url", base_url, "-o", str(folder)]
    command += ["--sandbox", "process", "--max-connections", "4", "--max-retries", "0", *more]
    environment = {k: v for k, v in os.environ.items() if not k.endswith("API_KEY")}
    with subprocess.Popen(
        [sys.executable, "-m", "evalrun.harness.cli", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def until(true: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + 90
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_replies_are_scored_while_others_are_asked(tmp_path: Path) -> None:
    with (
        slowly(lambda number: 0.1 if number < 20 else 60) as (_, base_url),
        running(base_url, tmp_path / "run") as process,
    ):
        until(lambda: lines_in(tmp_path / "run" / "verdicts.jsonl") >= 19, "no verdict came before the last reply")
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_and_scores_what_is_in_flight(number: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with slowly(lambda number: 0.4) as (slow, base_url), running(base_url, folder) as process:
        until(lambda: slow.asked >= 10, "it does not ask")
        process.send_signal(number)
        _, shown = process.communicate(timeout=90)
        assert process.returncode == 130
        assert "--resume" in shown
        run = load_run(folder)
        assert 10 <= slow.asked < len(CORE)
        assert len(run.samples) == len(run.verdicts) == slow.asked  # nothing that was paid for is lost
        reasons = {json.loads(line)["reason"] for line in (folder / "owed.jsonl").read_text().splitlines()}
        assert reasons == {"not asked: interrupted"}
        with running(base_url, folder, "--resume") as again:
            again.communicate(timeout=120)
            assert again.returncode == 0
    assert slow.asked == len(CORE)
    assert len(load_run(folder).verdicts) == len(CORE)
    assert not (folder / "owed.jsonl").exists()


def test_two_signals_end_at_once_and_keep_what_was_received(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with slowly(lambda number: 0.0 if number <= 8 else 60.0) as (slow, base_url), running(base_url, folder) as process:
        until(lambda: slow.asked >= 12 and lines_in(folder / "samples.jsonl") >= 8, "it does not ask")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        until(lambda: "in flight" in process.stderr.readline(), "it does not say what it waits for")  # type: ignore[union-attr]
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=60)
        assert process.returncode == 130
        assert time.monotonic() - began < 10
        assert "--resume" in shown
        assert len(load_run(folder).samples) == 8


@pytest.mark.parametrize("more", [(), ("--cache",)], ids=["plain", "cached"])
def test_after_a_signal_no_request_is_sent_again_and_no_pause_waited_for(more: tuple[str, ...], tmp_path: Path) -> None:
    asked: list[float] = []

    class Busy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(time.monotonic())
            self.send_response(429)
            self.send_header("retry-after", "120")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        if more:
            more = (*more, "--cache-dir", str(tmp_path / "cache"))
        base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        with running(base_url, tmp_path / "run", "--max-retries", "6", *more) as process:
            until(lambda: len(asked) >= 4, "it does not ask")
            time.sleep(0.5)
            before, began = len(asked), time.monotonic()
            process.send_signal(signal.SIGINT)
            _, shown = process.communicate(timeout=60)
        server.shutdown()
    assert process.returncode == 130
    assert time.monotonic() - began < 5
    assert len(asked) == before
    assert "the endpoint is down" not in shown
    owed = [json.loads(line)["reason"] for line in (tmp_path / "run" / "owed.jsonl").read_text().splitlines()]
    assert len(owed) == len(CORE)
    assert all("interrupted" in reason for reason in owed)


@pytest.mark.parametrize("signals", [2, 3])
def test_the_second_signal_acts_though_the_event_loop_is_blocked(signals: int, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    blocking = (
        "import sys, time\n"
        "from evalrun.harness.cli import main\n"
        "from evalrun.harness.runs import pipeline\n"
        "record, rows_seen = pipeline._Line._record, []\n"
        "def blocks(self, rows):\n"
        "    record(self, rows)\n"
        "    rows_seen.extend(rows)\n"
        "    if len(rows_seen) == 8:\n"
        "        print('blocked', flush=True)\n"
        "        while True: time.sleep(60)\n"
        "pipeline._Line._record = blocks\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with slowly(lambda number: 0.0) as (_, base_url):
        command = ["run", "--suite", "core", "--model", "reference", "--base-url", base_url, "-o", str(folder)]
        with subprocess.Popen(
            [sys.executable, "-c", blocking, *command, "--sandbox", "process", "--max-connections", "1"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "blocked\n"
                began = time.monotonic()
                for _ in range(signals):
                    process.send_signal(signal.SIGINT)
                    time.sleep(0.3)
                _, shown = process.communicate(timeout=30)
            finally:
                process.kill()
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "interrupted" in shown
    assert "Traceback" not in shown
    assert len(load_run(folder).samples) == 8


class Instant:
    """An endpoint that answers at once with one text, or with what a function makes of the request's number."""

    def __init__(self, answer: Callable[[int, Mapping[str, Any]], Response]) -> None:
        self.bodies: list[Mapping[str, Any]] = []
        self._answer = answer

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        self.bodies.append(body)
        await asyncio.sleep(0)
        return self._answer(len(self.bodies), body)

    async def __aenter__(self) -> Instant:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def said(text: str, count: int = 1) -> Response:
    return Response((Reply(text, "stop"),) * count, 10, 20 * count)


class Engine:
    """A sandbox whose outcomes are given, or held back."""

    info = SandboxInfo("process", "3.11", workers=1)

    def __init__(self, outcome: Callable[[int], Outcome | InfraError | None]) -> None:
        self.taken = 0
        self.held: list[Future[Outcome]] = []
        self._outcome = outcome

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        self.taken += 1
        found, future = self._outcome(self.taken), Future[Outcome]()
        if isinstance(found, InfraError):
            raise found
        if found is None:
            self.held.append(future)
        else:
            future.set_result(found)
        return future


def work(folder: Path, endpoint: Any, sandbox: Any, *, epochs: int = 1, **changes: Any) -> Ended:
    manifest = new_manifest(
        model="m", label=None, suite=CORE, tasks=PROGRAMS, sampling=Sampling(epochs).to_json(), endpoint={}
    )
    by_id = {task.id: task for task in PROGRAMS}
    with open_run(folder, manifest, PROGRAMS, resume=True):
        asking = Asking("m", "chat", Sampling(epochs))
        scoring = None if sandbox is None else Scoring(by_id, sandbox, 3.0)
        return work_off(Work(folder, by_id, endpoint, asking, 4, scoring, **changes))


def test_asking_waits_when_scoring_cannot_keep_up(tmp_path: Path) -> None:
    endpoint = Instant(lambda number, body: said("def f(): pass"))
    engine = Engine(lambda number: None)
    done: list[Ended] = []
    thread = threading.Thread(target=lambda: done.append(work(tmp_path / "run", endpoint, engine, epochs=500)))
    thread.start()
    until(lambda: engine.taken >= 250, "nothing is scored")
    time.sleep(0.3)
    assert len(endpoint.bodies) <= 250 + 4  # of 2,000
    while thread.is_alive():
        for future in [engine.held.pop() for _ in range(len(engine.held))]:
            future.set_result(Outcome("error", "it crashed"))
        time.sleep(0.005)
    assert done[0].ledger.count() == (2000, 2000, 2000)


def test_an_outage_of_scoring_is_said_at_once_and_does_not_stop_the_asking(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("evalrun"), "propagate", True)  # the command turns it off

    def outcome(number: int) -> Outcome | InfraError:
        return Outcome("error", "it crashed") if number <= 2 else InfraError("no engine at all")

    ended = work(tmp_path / "run", Instant(lambda number, body: said("x = 1")), Engine(outcome), epochs=50)
    assert ended.ledger.count() == (200, 200, 2)
    assert "no engine at all" in str(ended.scoring_failure)
    assert "scoring has stopped (no engine at all); asking goes on" in caplog.text
    again = work(
        tmp_path / "run", Instant(lambda number, body: said("")), Engine(lambda n: Outcome("error")), epochs=50
    )
    assert again.ledger.count() == (200, 200, 200)
    assert again.tally.answered == 0


def test_a_sandbox_that_fails_again_and_again_is_an_outage_and_its_verdicts_are_owed(tmp_path: Path) -> None:
    ended = work(
        tmp_path / "run",
        Instant(lambda number, body: said("x = 1")),
        Engine(lambda n: Outcome("infra", "gone")),
        epochs=100,
    )
    assert ended.ledger.count() == (400, 400, 0)
    assert "times in a row, the last time with: gone" in str(ended.scoring_failure)
    assert len(load_run(tmp_path / "run").verdicts) < 400  # it was not tried to the end


def test_a_fault_of_ours_in_scoring_is_not_taken_for_an_outage(tmp_path: Path) -> None:
    def outcome(number: int) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work(tmp_path / "run", Instant(lambda number, body: said("x = 1")), Engine(outcome))


def test_a_fault_of_ours_in_reading_one_reply_ends_the_run_and_loses_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract(reply: Reply, task: CodeTask) -> Extracted:
        if reply.text == "reply 6":
            raise ZeroDivisionError
        return Extracted(reply.text, "alone")

    monkeypatch.setattr(generate, "extract_reply", extract)
    endpoint = Instant(lambda number, body: said(f"reply {number}"))
    with pytest.raises(ZeroDivisionError):
        work(tmp_path / "run", endpoint, None, epochs=50)
    found = {sample.text for sample in load_run(tmp_path / "run").samples.values()}
    assert found >= {"reply 4", "reply 5", "reply 7"}  # the four that came first
    assert "reply 6" not in found
    assert len(endpoint.bodies) < 200


def test_an_interrupt_while_replies_are_read_loses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def extract(reply: Reply, task: CodeTask) -> Extracted:
        calls.append(reply.text)
        if len(calls) == 3:
            raise KeyboardInterrupt  # as the third Ctrl-C raises it, wherever the main thread is
        return Extracted(reply.text, "alone")

    monkeypatch.setattr(generate, "extract_reply", extract)
    with pytest.raises(KeyboardInterrupt):
        work(tmp_path / "run", Instant(lambda number, body: said(f"reply {number}")), None, epochs=50)
    found = [sample.text for sample in load_run(tmp_path / "run").samples.values()]
    assert len(found) == len(set(found))
    assert set(found) >= {"reply 4", "reply 5", "reply 6", "reply 7"}  # the four that came first


def test_a_disk_that_refuses_verdicts_is_an_outage_of_the_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    ledger = work(tmp_path / "run", Instant(lambda number, body: said("x = 1")), None).ledger
    engine: Any = Engine(lambda n: Outcome("error"))
    by_id = {task.id: task for task in PROGRAMS}

    def score() -> None:
        with appending(Path("/dev/full")) as verdicts, Scorer(by_id, engine, verdicts, ledger) as scorer:
            for sample in load_run(tmp_path / "run").samples.values():
                scorer.put(sample)
            scorer.finish()

    with pytest.raises(DiskFailed, match="make room"):
        score()
    assert ledger.count() == (4, 4, 0)


def test_records_survive_a_kill_before_they_survive_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    path, real = tmp_path / "rows.jsonl", os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        synced.append(path.stat().st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    with appending(path) as rows:
        for number in range(500):
            rows.append([{"n": number}])
            assert lines_in(path) == number + 1  # another process sees it at once
        until(lambda: bool(synced) and synced[-1] == path.stat().st_size, "it is not flushed to the disk")
        assert len(synced) < 100  # many share one
        rows.append([{"n": 500}])
    assert synced[-1] == path.stat().st_size  # nothing is left to chance when the file is closed


def ask(endpoint: Any, asking: Asking, wanted: Any, **settings: Any) -> tuple[Asker, list[SampleRow]]:
    rows: list[SampleRow] = []
    asker = Asker(endpoint, asking, rows.extend, **{"connections": 1, **settings})
    asyncio.run(asker.ask_all(wanted))
    return asker, rows


def test_one_request_brings_several_samples_and_what_it_does_not_bring_is_asked_singly() -> None:
    endpoint = Instant(lambda number, body: said("x = 1", min(2, body.get("n", 1))))
    keys = [(task.id, epoch) for task in PROGRAMS[:2] for epoch in range(3)]
    by_id = {task.id: task for task in PROGRAMS}
    _, rows = ask(endpoint, Asking("m", "chat", Sampling(3), 3), requests(iter(keys), by_id, 3))
    assert sorted(row.key for row in rows) == sorted(keys)
    assert [body.get("n") for body in endpoint.bodies] == [3, None, 3, None]
    tokens = [row.usage.output_tokens if row.usage else None for row in rows]
    assert tokens == [40, None, 20, 40, None, 20]  # of a shared request with its first sample only


def test_a_server_that_refuses_n_is_asked_singly() -> None:
    def answer(number: int, body: Mapping[str, Any]) -> Response:
        if "n" in body:
            raise RequestRefused("n is not supported")
        return said("x = 1")

    wanted = [(PROGRAMS[0], (0, 1, 2))]
    asker, rows = ask(Instant(answer), Asking("m", "chat", Sampling(3), 3), wanted)
    assert [row.epoch for row in rows] == [0, 1, 2]
    assert asker.tally.failures == {}


def test_one_refused_request_is_owed_with_its_reason_and_the_run_goes_on() -> None:
    def answer(number: int, body: Mapping[str, Any]) -> Response:
        if number == 3:
            raise RequestRefused("the context is too long")
        return said("x = 1")

    wanted = [(PROGRAMS[0], (epoch,)) for epoch in range(9)]
    asker, rows = ask(Instant(answer), Asking("m", "chat", Sampling(9)), wanted)
    assert len(rows) == 8
    assert asker.tally.failures == {(PROGRAMS[0].id, 2): "the context is too long"}


def test_when_every_request_is_refused_from_the_start_the_run_ends() -> None:
    def answer(number: int, body: Mapping[str, Any]) -> Response:
        raise RequestRefused("no such field")

    endpoint = Instant(answer)
    with pytest.raises(EndpointRefused, match="no such field"):
        ask(endpoint, Asking("m", "chat", Sampling(99)), [(PROGRAMS[0], (epoch,)) for epoch in range(99)])
    assert len(endpoint.bodies) == 8


def test_why_samples_are_owed_is_listed(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good("x = 1"), scripts.Step(status=500, body=b"so sorry")])
    folder = tmp_path / "run"
    command = [
        "run",
        "--suite",
        "core",
        "--model",
        "m",
        "--base-url",
        script.base_url,
        "-o",
        str(folder),
        "--limit",
        "9",
    ]
    assert main([*command, "--generate-only", "--max-connections", "1", "--max-retries", "0"]) == 5
    rows = [json.loads(line) for line in (folder / "owed.jsonl").read_text().splitlines()]
    assert len(rows) == 8
    assert ["so sorry" in row["reason"] for row in rows] == [True] * 4 + [False] * 4
    assert {row["reason"] for row in rows[4:]} == {"not asked: the endpoint is down"}
    assert {row["owed"] for row in rows} == {"sample"}


def test_a_ledger_says_what_the_whole_records_say(tmp_path: Path) -> None:
    def answer(number: int, body: Mapping[str, Any]) -> Response:
        if number % 5 == 0:
            raise EndpointDown("not now")
        return said("" if number % 3 == 0 else "x = 1")

    def outcome(number: int) -> Outcome:
        return Outcome("infra", "gone") if number % 4 == 0 else Outcome("error", "it crashed")

    ended = work(tmp_path / "run", Instant(answer), Engine(outcome), epochs=30)
    run, read = load_run(tmp_path / "run"), read_ledger(tmp_path / "run")
    for ledger in (ended.ledger, read):
        assert tuple(ledger.planned) == run.planned
        assert tuple(ledger.unanswered()) == run.unanswered
        assert [ledger.verdict_of(key) for key in run.planned] == [run.verdict_of(key) for key in run.planned]
        assert (ledger.spent.input_tokens, ledger.spent.output_tokens) == (10 * len(run.samples), 20 * len(run.samples))
    assert {run.verdict_of(key) for key in run.planned} == {None, Verdict.INFRA, Verdict.ERROR, Verdict.NO_ANSWER}
    assert sorted(row.key for row in read.unscored_samples()) == sorted(run.unscored) != []


class Terminal(io.StringIO):
    def __init__(self, is_one: bool) -> None:
        super().__init__()
        self.is_one = is_one

    def isatty(self) -> bool:
        return self.is_one


@pytest.mark.parametrize("is_one", [True, False])
def test_progress_is_a_bar_on_a_terminal_and_plain_lines_elsewhere(
    is_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalrun.harness.runs.progress._LINE_S", 0.0)
    stream, counters = Terminal(is_one), Counters(planned=40, answered=10, cost=0.0)
    with showing(counters, "a run", stream) as shown:
        counters.answered, counters.scored, counters.errors, counters.input_tokens = 30, 20, 2, 12_000
        counters.cost = 0.25
        shown.refresh()
    text = stream.getvalue()
    assert "scored 20, 12k tokens, $0.25, 2 errors, 10 to ask" in text
    assert ("30/40" in text) == ("\r" in text) == is_one
    assert ("evalrun: a run: 30 of 40 answered (" in text) == (not is_one)


def test_several_samples_a_request_are_asked_for_only_where_it_is_correct(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good("x = 1")])
    base = ["run", "--suite", "core", "--model", "m", "--base-url", script.base_url, "--limit", "1", "--generate-only"]
    for number, (more, asked) in enumerate(
        [
            (("--epochs", "3"), [None] * 3),
            (("--epochs", "3", "--batch-n", "auto"), [3, None, None]),  # it brings one of three; the rest singly
            (("--epochs", "3", "--batch-n", "auto", "--seed", "1"), [None] * 3),
            (("--batch-n", "8"), [None]),
        ]
    ):
        script.bodies.clear()
        assert main([*base, "-o", str(tmp_path / str(number)), "--max-connections", "1", *more]) == 0
        assert [body.get("n") for body in script.bodies] == asked
    assert main([*base, "-o", str(tmp_path / "no"), "--epochs", "3", "--batch-n", "2", "--seed", "1"]) == 2
    assert not (tmp_path / "no").exists()

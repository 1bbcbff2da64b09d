"""`evalrun run`: every answer recorded before it counts, outages owed, and a kill that changes nothing."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, CodeTask, InfraError, Suite
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import EndpointDown, Reply, Response, Sampling
from evalrun.harness.runs.folder import open_run
from evalrun.harness.runs.generate import Asker, Asking
from evalrun.harness.runs.manifest import new_manifest
from evalrun.harness.runs.records import Run, SampleRow, load_run
from evalrun.harness.runs.score import score_missing
from evalrun.harness.sandbox.api import Job, Outcome, SandboxInfo
from evalrun.harness.serve.baselines import Memorizer, Question, Reference
from evalrun.harness.serve.server import Faults, serving
from evalrun.harness.verdict import Verdict

CORE = Suite.load("core")
QUICK = ("--max-retries", "0", "--sandbox", "process")


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVALRUN_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def arguments(base_url: str, folder: Path, *more: str, model: str = "reference") -> list[str]:
    return ["run", "--suite", "core", "--model", model, "--base-url", base_url, "-o", str(folder), *QUICK, *more]


def content(run: Run) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """What of a run does not depend on time."""
    samples = {key: (row.text, row.code, row.assembly, row.request_digest) for key, row in run.samples.items()}
    return samples, {key: (row.verdict, row.tests, row.code_digest) for key, row in run.verdicts.items()}


def test_the_reference_is_right_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Reference([CORE])) as base_url:
        assert main(arguments(base_url, tmp_path / "run", "--epochs", "2", "--limit", "6", "--seed", "7")) == 0
    run = load_run(tmp_path / "run")
    assert len(run.samples) == len(run.verdicts) == 12
    assert {row.verdict for row in run.verdicts.values()} == {Verdict.PASS}
    assert run.manifest["scoring"]["kind"] == "process"
    assert run.manifest["suite"]["digest"] == CORE.digest
    shown = capsys.readouterr().out
    assert "pass@1 1.0000 over the 6 of 6 tasks" in shown
    assert str(tmp_path / "run") in shown


def test_completions_are_continuations_of_the_prompt(tmp_path: Path) -> None:
    functions = [task for task in CORE if task.form == "completion" and task.reference.startswith(task.prompt)]
    assert functions
    with serving(Reference([CORE])) as base_url:
        more = ("--form", "completions", "--tasks", functions[0].id)
        assert main(arguments(base_url, tmp_path / "run", *more)) == 0
    (row,) = load_run(tmp_path / "run").samples.values()
    assert row.assembly == "append"
    assert functions[0].prompt + row.code == functions[0].reference


def test_each_epoch_has_its_own_seed(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good("pass")])
    more = ("--epochs", "3", "--seed", "40", "--temperature", "0.8", "--limit", "1", "--generate-only")
    assert main(arguments(script.base_url, tmp_path / "run", *more)) == 0
    assert sorted(body["seed"] for body in script.bodies) == [40, 41, 42]
    assert {body["temperature"] for body in script.bodies} == {0.8}
    assert not any("max_tokens" in body or "stop" in body for body in script.bodies)


def test_the_key_is_nowhere_in_the_records(
    tmp_path: Path, scripts: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALRUN_API_KEY", "sk-secret-97531")
    script = scripts.serve([scripts.good("pass"), scripts.Step(status=403, body=b"not you, sk-secret-97531")])
    more = ("--limit", "2", "--generate-only", "--max-connections", "1")
    assert main(["-vv", *arguments(script.base_url, tmp_path / "run", *more)]) == 2
    assert script.headers[0]["authorization"] == "Bearer sk-secret-97531"
    shown = capsys.readouterr()
    assert "HTTP 403: not you, ***" in shown.err
    assert "sk-secret-97531" not in shown.out + shown.err
    for path in (tmp_path / "run").iterdir():
        assert b"sk-secret-97531" not in path.read_bytes()


def test_a_refusal_ends_the_run_at_once_and_keeps_what_was_answered(
    tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    no = scripts.Step(status=404, body=b'{"error": {"message": "no such model"}}')
    script = scripts.serve([scripts.good("one"), scripts.good("two"), no])
    assert main(arguments(script.base_url, tmp_path / "run", "--max-connections", "1")) == 2
    assert len(script.bodies) == 3
    assert len(load_run(tmp_path / "run").samples) == 2
    assert "HTTP 404: no such model" in capsys.readouterr().err


def test_a_run_refused_before_any_answer_leaves_nothing_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path / "new", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with serving(Reference([CORE])) as base_url:
            assert main(arguments(base_url, folder, "--limit", "2", model="misspelt")) == 2
            assert folder.exists() == (folder.name == "empty")
            assert not folder.exists() or not any(folder.iterdir())
            assert main(arguments(base_url, folder, "--limit", "2")) == 0
            with pytest.MonkeyPatch.context() as patch:  # a run that holds answers is kept, whatever ends it
                patch.setattr("evalrun.harness.oracle.with_expected", _refuse)
                assert main(arguments(base_url, folder, "--limit", "2", "--resume")) == 2
        assert len(load_run(folder).verdicts) == 2
    capsys.readouterr()


def _refuse(*_: object) -> None:
    raise BadInput("no")


@pytest.mark.parametrize("verb", ["run", "score"])
def test_a_folder_that_cannot_be_made_is_one_line(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = tmp_path / "samples.jsonl"
    samples.write_text(json.dumps({"task_id": CORE.tasks[0].id, "solution": "x = 1"}) + "\n")
    folder = Path("/proc/evalrun/run")
    if verb == "run":
        assert main(arguments("http://127.0.0.1:9/v1", folder)) == 2
    else:
        assert main(["score", str(samples), "--suite", "core", "-o", str(folder), "--sandbox", "process"]) == 2
    assert (
        capsys.readouterr().err == f"evalrun: error: {folder}: cannot be written (No such file or directory); "
        "choose another place\n"
    )


def test_an_endpoint_that_dies_leaves_samples_owed_and_never_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    with serving(Reference([CORE]), faults=Faults(fail_after=10)) as base_url:
        assert main(arguments(base_url, folder, "--max-connections", "4")) == 5
        port = int(base_url.rpartition(":")[2].removesuffix("/v1"))
    run = load_run(folder)
    assert len(run.samples) == len(run.verdicts) == 10
    assert {row.verdict for row in run.verdicts.values()} == {Verdict.PASS}
    assert len(run.owed) == len(CORE) - 10
    shown = capsys.readouterr()
    assert f"{len(CORE) - 10} of {len(CORE)} samples are owed" in shown.err
    assert "the endpoint is down" in shown.err
    with serving(Reference([CORE]), port=port) as base_url:
        assert main(arguments(base_url, folder, "--resume")) == 0
    assert len(load_run(folder).verdicts) == len(CORE)


def test_a_server_that_fails_now_and_then_costs_nothing_but_time(tmp_path: Path) -> None:
    with serving(Reference([CORE]), faults=Faults(error_rate=0.3, seed=1)) as base_url:
        command = arguments(base_url, tmp_path / "run", "--limit", "8", "--max-connections", "8")
        command[command.index("--max-retries") + 1] = "6"
        assert main(command) == 0
    run = load_run(tmp_path / "run")
    assert {row.verdict for row in run.verdicts.values()} == {Verdict.PASS}
    assert max(row.attempts for row in run.samples.values()) > 1


def test_a_server_that_hangs_or_talks_nonsense_leaves_samples_owed(tmp_path: Path, scripts: Any) -> None:
    for number, step in enumerate(
        [
            scripts.Step(hang=True),
            scripts.Step(body=b"<html>"),
            scripts.Step(body=scripts.completion("def f")[:30], announced=5000),
        ]
    ):
        script = scripts.serve([step])
        folder = tmp_path / str(number)
        assert main(arguments(script.base_url, folder, "--limit", "3", "--timeout", "0.3")) == 5
        run = load_run(folder)
        assert (len(run.samples), len(run.verdicts), len(run.owed)) == (0, 0, 3)


def test_an_empty_reply_is_no_answer_and_reasoning_without_end_too(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good(""), scripts.good("<think>hmm")])
    assert main(arguments(script.base_url, tmp_path / "run", "--limit", "2", "--max-connections", "1")) == 0
    rows = list(load_run(tmp_path / "run").verdicts.values())
    assert [row.verdict for row in rows] == [Verdict.NO_ANSWER, Verdict.NO_ANSWER]
    assert [row.detail for row in rows] == ["empty reply", "reasoning without an answer"]


def test_a_folder_with_a_run_needs_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Reference([CORE])) as base_url:
        assert main(arguments(base_url, tmp_path / "run", "--limit", "2")) == 0
        assert main(arguments(base_url, tmp_path / "run", "--limit", "2")) == 2
        assert "--resume" in capsys.readouterr().err
        assert main(arguments(base_url, tmp_path / "run", "--limit", "2", "--temperature", "1", "--resume")) == 2
        assert "sampling.temperature: not set, now 1" in capsys.readouterr().err


def test_a_finished_run_is_not_asked_again(tmp_path: Path) -> None:
    with serving(Reference([CORE])) as base_url:
        assert main(arguments(base_url, tmp_path / "run", "--limit", "3")) == 0
        before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    # the server is gone by now
    assert main(arguments(base_url, tmp_path / "run", "--limit", "3", "--resume")) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_generating_and_scoring_can_be_done_apart(tmp_path: Path) -> None:
    with serving(Reference([CORE])) as base_url:
        assert main(arguments(base_url, tmp_path / "run", "--limit", "3", "--generate-only")) == 0
    assert load_run(tmp_path / "run").verdicts == {}
    assert main(["score", "--suite", "core", str(tmp_path / "run"), "--sandbox", "process"]) == 0
    assert len(load_run(tmp_path / "run").verdicts) == 3


@pytest.mark.parametrize(
    "more",
    [
        ("--tasks", "nothing-like-this"),
        ("--temperature", "nan"),
        ("--epochs", "0"),
        ("--base-url", "not a url"),
        ("--suite", "no-such-suite"),
        ("--model", " "),
    ],
)
def test_bad_input_writes_nothing(tmp_path: Path, more: tuple[str, str]) -> None:
    assert main([*arguments("http://127.0.0.1:9", tmp_path / "run"), *more]) == 2
    assert not (tmp_path / "run").exists()


def test_tasks_are_chosen_by_globs(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good("x")])
    first, second = CORE.tasks[0].id, CORE.tasks[1].id
    more = ("--tasks", first, "--tasks", second, "--tasks", f"!{second}", "--generate-only")
    assert main(arguments(script.base_url, tmp_path / "run", *more)) == 0
    assert list(load_run(tmp_path / "run").tasks) == [first]


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def kill_when(command: list[str], path: Path, lines: int) -> None:
    """Start the command, and kill it with SIGKILL once a file has so many lines."""
    with subprocess.Popen(
        [sys.executable, "-m", "evalrun.harness.cli", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        give_up = time.monotonic() + 60
        while lines_in(path) < lines:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < give_up
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL


@pytest.mark.sandbox
def test_a_run_killed_again_and_again_equals_one_that_was_not(tmp_path: Path) -> None:
    with serving(Memorizer([CORE.subset(CORE.tasks[::2])]), faults=Faults(latency_s=0.05)) as base_url:
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        more = ("--max-connections", "3", "--epochs", "2")
        assert main(arguments(base_url, whole, *more, model="memorizer")) == 0
        command = arguments(base_url, killed, *more, "--resume", model="memorizer")
        kill_when(command, killed / "samples.jsonl", 1)
        kill_when(command, killed / "samples.jsonl", 40)
        with (killed / "samples.jsonl").open("ab") as stream:
            stream.write(b'{"task": "core/')  # killed in the middle of a line
        kill_when(command, killed / "samples.jsonl", 70)
        kill_when(command, killed / "verdicts.jsonl", 1)
        with (killed / "verdicts.jsonl").open("ab") as stream:
            stream.write(b'{"verdict": "wrong", "ta')
        assert main(command) == 0
    one, other = load_run(whole), load_run(killed)
    assert content(one) == content(other)
    assert lines_in(killed / "samples.jsonl") == len(one.samples) == 2 * len(CORE)  # nothing was paid for twice
    assert {row.verdict for row in one.verdicts.values()} > {Verdict.PASS}
    assert one.manifest["config_digest"] == other.manifest["config_digest"]


class Dead:
    """An endpoint that answers a few requests and then none."""

    def __init__(self, alive: int) -> None:
        self.alive = alive
        self.asked = 0
        self.running = 0
        self.most = 0

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        self.asked += 1
        number = self.asked
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if number > self.alive:
            raise EndpointDown("gone")
        return Response((Reply("pass", "stop"),))

    async def __aenter__(self) -> Dead:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def test_requests_are_bounded_and_a_dead_endpoint_is_not_asked_for_all_the_rest() -> None:
    endpoint, rows = Dead(alive=20), list[SampleRow]()
    taken = 0

    def wanted() -> Iterator[tuple[CodeTask, tuple[int, ...]]]:
        nonlocal taken
        for epoch in range(10_000):
            taken += 1
            yield CORE.tasks[0], (epoch,)

    asking = Asking("m", "chat", Sampling(epochs=10_000))
    tally = asyncio.run(Asker(endpoint, asking, rows.extend, connections=5).ask_all(wanted()))
    assert (tally.answered, len(rows), tally.stopped) == (20, 20, True)
    assert endpoint.most == 5
    assert taken == endpoint.asked <= 20 + 5 + 5


def test_a_few_failures_do_not_stop_the_asking() -> None:
    class Flaky(Dead):
        async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
            self.asked += 1
            if self.asked % 4:
                raise EndpointDown("not now")
            return Response((Reply("pass", "stop"),))

    rows = list[SampleRow]()
    wanted = ((CORE.tasks[0], (epoch,)) for epoch in range(100))
    asker = Asker(Flaky(0), Asking("m", "chat", Sampling()), rows.extend, connections=1)
    tally = asyncio.run(asker.ask_all(wanted))
    assert (tally.answered, tally.gave_up, tally.stopped) == (25, 75, False)


class Failing:
    """A sandbox whose engine fails for some programs, and altogether for others; a program is its outcome's number."""

    info = SandboxInfo("process", "3.11", workers=1)

    def __init__(self, outcomes: Sequence[Outcome | InfraError]) -> None:
        self.outcomes = outcomes

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        found = self.outcomes[int(job.source)]
        if isinstance(found, InfraError):
            future.set_exception(found)
        else:
            future.set_result(found)
        return future


def test_a_sandbox_that_fails_leaves_samples_owed_and_keeps_the_verdicts_it_gave(tmp_path: Path) -> None:
    tasks = [task for task in CORE if len(task.tests) == 1 and task.tests[0].kind == "cases"][:4]
    suite = CORE.subset(tasks)
    samples = [
        SampleRow(task.id, 0, str(number), str(number), "alone")
        for number, task in enumerate(sorted(tasks, key=lambda task: task.id))
    ]
    manifest = new_manifest(
        model="m", label=None, suite=CORE, tasks=tasks, sampling={"epochs": 1}, source={"name": "x"}
    )
    crashed, infra = Outcome("error", "it crashed"), Outcome("infra", "the engine is gone")
    with open_run(tmp_path / "run", manifest, tasks, resume=False, samples=samples):
        by_id = {task.id: task for task in suite}
        sandbox: Any = Failing([crashed, infra, crashed, InfraError("no engine at all")])

        def silent(total: int, done: int) -> nullcontext[Callable[[], None]]:
            return nullcontext(lambda: None)

        with pytest.raises(InfraError, match="no engine at all"):  # with a limit, so that no reference is timed
            score_missing(tmp_path / "run", by_id, sandbox, timeout_s=3.0, progress=silent)
    run = load_run(tmp_path / "run")
    assert sorted(row.verdict.value for row in run.verdicts.values()) == ["error", "error", "infra"]
    assert len(run.owed) == 2


class Noting(Failing):
    """Notes the programs in the order in which they come, all of them wrong."""

    def __init__(self) -> None:
        super().__init__([])
        self.came: list[str] = []

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        self.came.append(job.source)
        future: Future[Outcome] = Future()
        future.set_result(Outcome("error", "wrong"))
        return future


def test_answers_that_may_take_longer_are_scored_first_and_each_once(tmp_path: Path) -> None:
    few = [task for task in CORE if len(task.tests) == 1 and task.tests[0].kind == "cases"][:5]
    tasks = [replace(task, time_limit_s=9.0 if at in (2, 4) else None) for at, task in enumerate(few)]
    suite = CORE.subset(tasks)
    samples = [SampleRow(task.id, 0, str(at), str(at), "alone") for at, task in enumerate(tasks)]
    manifest = new_manifest(
        model="m", label=None, suite=suite, tasks=tasks, sampling={"epochs": 1}, source={"name": "x"}
    )
    sandbox: Any = Noting()
    with open_run(tmp_path / "run", manifest, tasks, resume=False, samples=samples):
        by_id = {task.id: task for task in tasks}
        silent = lambda total, done: nullcontext(lambda: None)  # noqa: E731
        score_missing(tmp_path / "run", by_id, sandbox, timeout_s=3.0, progress=silent)
    assert sorted(sandbox.came[:2]) == ["2", "4"]
    assert sorted(sandbox.came[2:]) == ["0", "1", "3"]
    assert len(load_run(tmp_path / "run").verdicts) == 5


def test_the_memorizer_is_perfect_on_what_it_knows() -> None:
    baseline = Memorizer([CORE])
    for task in CORE:
        assert task.reference.strip() in baseline.answer(Question(f"Please:\n{task.prompt}", "chat"))[0]

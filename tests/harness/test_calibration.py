"""Limits that follow what a task's reference takes in the sandbox that scores."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from evalrun.benchmarks import (
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    InfraError,
    ModuleTest,
    StdioCase,
    StdioTest,
    Suite,
    Test,
)
from evalrun.benchmarks.jsonio import read_json, read_jsonl, write_jsonl
from evalrun.harness.calibration import calibrated
from evalrun.harness.cli import main
from evalrun.harness.limits import FLOOR_CPU_S, Needed, allowance
from evalrun.harness.runs.records import load_run
from evalrun.harness.sandbox import Job, Outcome, SandboxInfo, open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.scoring import score_one, submit_score

BUSY = """import time


def busy(s):
    end = time.process_time() + s
    while time.process_time() < end:
        pass
"""
WORK = BUSY + "\n\ndef f(x):\n    busy({})\n    return x\n"
ORACLE = "def accept(args, got, expected):\n    return got == expected\n"
KINDS: dict[str, Test] = {
    "assertions": CheckTest("def check(candidate):\n    assert candidate(1) == 1\n"),
    "a program": CheckTest("def check(candidate):\n    for i in [1]:\n        assert candidate(i) == i\n"),
    "cases": CasesTest((Case((1,), 1),)),
    "an oracle": CasesTest((Case((1,), 1),), oracle=ORACLE),
    "a module": ModuleTest("from solution import f\n\n\ndef test_f():\n    assert f(1) == 1\n"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    """References are trusted."""
    with open_sandbox("process", workers=2) as opened:
        yield opened


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that no other test has filled."""
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "calibration"


@pytest.fixture
def low_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A floor below what these references take, so that tests need not take seconds."""
    monkeypatch.setattr("evalrun.harness.limits.FLOOR_CPU_S", 0.2)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What is said aloud."""
    said: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    handler = Keeping(logging.WARNING)
    logging.getLogger("evalrun").addHandler(handler)
    yield said
    logging.getLogger("evalrun").removeHandler(handler)


class Counting:
    """A sandbox that counts the jobs it is given."""

    def __init__(self, sandbox: SandboxPool, info: SandboxInfo | None = None) -> None:
        self.sandbox = sandbox
        self.jobs = 0
        self.info = info or sandbox.info

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Count and pass on."""
        self.jobs += 1
        return self.sandbox.submit(job, alone=alone)


def task(*tests: Test, reference: str = "def f(x):\n    return x\n", name: str = "t/1", **more: object) -> CodeTask:
    """A task with these tests."""
    entry = None if isinstance(tests[0], StdioTest) else "f"
    return CodeTask(name, "", entry, reference, tests, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("low_floor")
def test_every_kind_of_test_has_its_reference_timed(kind: str, sandbox: SandboxPool) -> None:
    made = task(KINDS[kind], reference=WORK.format(0.15))
    (found,) = calibrated([made], sandbox)["t/1"]
    assert (found.test, found.origin) == ("base", "reference")
    assert found.needed is not None
    assert 0.15 <= found.needed.cpu_s < 2
    assert found.limits.cpu_s == pytest.approx(10 * found.needed.cpu_s, abs=0.001)
    assert found.limits.wall >= 2 * found.limits.cpu_s + 1 - 1e-9
    limits = (found.limits,)
    slow, endless = WORK.format(0.6), "def f(x):\n    while True:\n        pass\n"
    assert _verdict(made, slow, sandbox, limits=limits) == "pass"
    if kind == "cases":
        assert _verdict(made, endless, sandbox, limits=limits) == "timeout"


def _verdict(made: CodeTask, program: str, sandbox: SandboxPool, **more: object) -> str:
    return str(submit_score(made, program, sandbox, **more).result().verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bwrap", marks=pytest.mark.bwrap),
    ],
)
@pytest.mark.usefixtures("low_floor")
def test_references_are_timed_in_the_sandbox_that_scores(kind: Literal["docker", "bwrap"]) -> None:
    tasks = [task(test, reference=WORK.format(0.1), name=f"t/{name}") for name, test in KINDS.items()]
    stdio = StdioTest((StdioCase("", "1\n"),))
    tasks.append(task(stdio, reference=BUSY + "busy(0.1)\nprint(1)\n", name="t/program"))
    with open_sandbox(kind, workers=2) as opened:
        found = calibrated(tasks, opened)
        limits = {name: tuple(one.limits for one in each) for name, each in found.items()}
        verdicts = {made.id: _verdict(made, made.reference, opened, limits=limits[made.id]) for made in tasks}
    assert {(one.origin, one.needed is not None and one.needed.cpu_s >= 0.1) for (one,) in found.values()} == {
        ("reference", True)
    }
    assert set(verdicts.values()) == {"pass"}


@pytest.mark.usefixtures("low_floor")
def test_the_longest_case_of_a_program_counts_and_not_their_sum(sandbox: SandboxPool) -> None:
    reference = BUSY + "s = float(input())\nbusy(s)\nprint(s)\n"
    cases = StdioTest(tuple(StdioCase(f"{s}\n", f"{s}\n") for s in (0.1, 0.1, 0.3, 0.1)))
    (found,) = calibrated([task(cases, reference=reference)], sandbox)["t/1"]
    assert found.needed is not None
    assert 0.3 <= found.needed.cpu_s < 0.6


@pytest.mark.usefixtures("low_floor")
def test_each_test_of_a_task_has_a_limit_of_its_own(sandbox: SandboxPool) -> None:
    reference = BUSY + "\n\ndef f(x):\n    busy(x)\n    return x\n"
    made = task(CasesTest((Case((0.0,), 0.0),)), CasesTest((Case((0.3,), 0.3),), name="plus"), reference=reference)
    base, plus = calibrated([made], sandbox)["t/1"]
    assert (base.test, base.limits.cpu_s) == ("base", pytest.approx(0.2, abs=0.3))
    assert plus.limits.cpu_s >= 3.0


def test_a_fast_reference_gets_the_floor_and_a_waiting_one_a_longer_wall_clock(sandbox: SandboxPool) -> None:
    waiting = "import time\n\n\ndef f(x):\n    time.sleep(0.9)\n    return x\n"
    tasks = [task(KINDS["cases"]), task(KINDS["cases"], reference=waiting, name="t/2")]
    found = calibrated(tasks, sandbox)
    assert (found["t/1"][0].limits.cpu_s, found["t/1"][0].limits.wall) == (FLOOR_CPU_S, 7.0)
    assert found["t/2"][0].limits.cpu_s == FLOOR_CPU_S
    assert 9.0 <= found["t/2"][0].limits.wall < 20


def test_a_limit_that_was_asked_for_wins_and_nothing_is_timed(sandbox: SandboxPool, own_cache: Path) -> None:
    counting = Counting(sandbox)
    own, free = task(KINDS["cases"], time_limit_s=1.5), task(KINDS["cases"], name="t/2")
    found = calibrated([own, free], counting, timeout_s=0.5)
    assert [(one.origin, one.limits.cpu_s) for (one,) in found.values()] == [("task", 1.5), ("option", 0.5)]
    assert calibrated([own], counting)["t/1"][0].limits.cpu_s == 1.5
    assert counting.jobs == 0
    assert not own_cache.exists()


def test_limits_are_bounded_and_computed_values_still_count() -> None:
    made = task(KINDS["cases"])
    assert allowance(made, made.tests[0], needed=Needed(0.001, 0.002)).limits.cpu_s == 3.0
    assert allowance(made, made.tests[0], needed=Needed(0.5, 0.5)).limits.cpu_s == 5.0
    assert allowance(made, made.tests[0], needed=Needed(40.0, 80.0)).limits.cpu_s == 60.0
    assert allowance(made, made.tests[0], needed=Needed(40.0, 80.0)).limits.wall == 121.0
    computed = replace(made, metadata={"reference_cpu_s": 2.0, "reference_rss_mb": 500.0})
    assert allowance(computed, made.tests[0], 3.0).limits.cpu_s == 8.0
    assert allowance(computed, made.tests[0], needed=Needed(0.1, 0.1)).limits.memory_mb == 2000


def test_a_second_time_no_reference_is_run(sandbox: SandboxPool) -> None:
    counting = Counting(sandbox)
    tasks = [task(test, name=f"t/{name}") for name, test in KINDS.items()]
    first = calibrated(tasks, counting)
    assert counting.jobs == len(tasks)
    assert calibrated(tasks, counting) == first
    assert counting.jobs == len(tasks)


def test_tasks_of_one_content_are_timed_once(sandbox: SandboxPool) -> None:
    counting = Counting(sandbox)
    found = calibrated([task(KINDS["cases"], name=f"t/{n}") for n in range(5)], counting)
    assert counting.jobs == 1
    assert len(found) == 5
    assert len(set(found.values())) == 1


def test_another_task_or_another_sandbox_is_timed_anew(sandbox: SandboxPool, own_cache: Path) -> None:
    made = task(KINDS["cases"])
    calibrated([made], sandbox)
    for info in (
        replace(sandbox.info, image="sha256:1"),
        replace(sandbox.info, python="3.8.1"),
        replace(sandbox.info, requires=("numpy==1.0",)),
        replace(sandbox.info, kind="bwrap"),
    ):
        counting = Counting(sandbox, info)
        calibrated([made], counting)
        assert counting.jobs == 1, info
    counting = Counting(sandbox)
    calibrated([replace(made, reference=made.reference + "\n")], counting)
    assert counting.jobs == 1
    assert len(list(own_cache.iterdir())) == 6


def test_a_damaged_cache_is_measured_again(sandbox: SandboxPool, own_cache: Path) -> None:
    made = task(KINDS["cases"])
    calibrated([made], sandbox)
    (cached,) = own_cache.iterdir()
    good = cached.read_text()
    row = '{"cpu_s":%s,"verdict":"%s","wall_s":1}'
    damaged = ["", "[", "{}", "[]", "[[]]", "null", "[" * 5000, "\x00" * 20, good[:-5], good[:-1] + "," + good[1:]]
    for text in (
        *damaged,
        *(f"[{row % each}]" for each in ((-1, "pass"), ("NaN", "pass"), ("true", "pass"), (1, "x"))),
    ):
        cached.write_text(text)
        counting = Counting(sandbox)
        assert calibrated([made], counting)["t/1"][0].origin == "reference"
        assert counting.jobs == 1, text
        assert json.loads(cached.read_text())[0]["verdict"] == "pass"


def test_a_cache_that_cannot_be_written_only_costs_time(
    sandbox: SandboxPool, own_cache: Path, warnings: list[str]
) -> None:
    own_cache.parent.mkdir(exist_ok=True)
    own_cache.write_text("a file in the way")
    found = calibrated([task(KINDS["cases"]), task(KINDS["a program"], name="t/2")], sandbox)
    assert {one.origin for (one,) in found.values()} == {"reference"}
    assert len(warnings) == 1
    assert "cannot be cached" in warnings[0]


def test_several_at_a_time_share_the_cache(sandbox: SandboxPool, own_cache: Path) -> None:
    tasks = [task(KINDS["cases"], reference=f"def f(x):\n    return x + {n} - {n}\n", name=f"t/{n}") for n in range(20)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda _: calibrated(tasks, sandbox), range(6)))
    assert {one.origin for each in found for (one,) in each.values()} == {"reference"}
    assert len(list(own_cache.iterdir())) == 20  # and no half-written file is left
    counting = Counting(sandbox)
    calibrated(tasks, counting)
    assert counting.jobs == 0


def test_a_reference_that_fails_its_tests_is_named_aloud_and_leaves_the_default(
    sandbox: SandboxPool, warnings: list[str]
) -> None:
    plus = CasesTest((Case((1,), 2),), name="plus")
    bad = task(KINDS["cases"], plus, reference=WORK.format(0.4), name="t/bad")
    empty = task(KINDS["cases"], reference=" \n", name="t/none")
    for _ in range(2):  # also when it is known from the cache
        warnings.clear()
        found = calibrated([task(KINDS["cases"]), bad, empty], sandbox)
        assert [one.origin for one in found["t/bad"]] == ["reference", "default"]
        assert found["t/bad"][0].limits.cpu_s >= 4.0
        assert found["t/bad"][1].limits.cpu_s == FLOOR_CPU_S
        assert found["t/none"][0].origin == "default"
        assert len(warnings) == 1
        assert "1 of 3 tasks" in warnings[0]
        assert "t/bad (plus: wrong, limit 3 s)" in warnings[0]
        assert "t/none" not in warnings[0]
    assert score_one(bad, "def f(x):\n    return x\n", sandbox).tests == {"base": "pass", "plus": "wrong"}


def test_a_sandbox_that_fails_is_an_outage_and_nothing_is_kept(sandbox: SandboxPool, own_cache: Path) -> None:
    class Failing(Counting):
        def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
            done: Future[Outcome] = Future()
            done.set_result(Outcome("infra", "the engine is gone"))
            return done

    with pytest.raises(InfraError, match=r"t/1 was timed: the engine is gone.*--test-timeout"):
        calibrated([task(KINDS["cases"])], Failing(sandbox))
    assert not own_cache.exists()


# --- in a run ---


def _suite(folder: Path, *tasks: CodeTask) -> str:
    Suite("s", "1", tasks).save(folder)
    return str(folder)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    """Score two answers to each task of a suite into a folder ``run``, or go on with it."""

    def score(suite: str, answers: dict[str, str], *more: str) -> int:
        samples = tmp_path / "samples.jsonl"
        write_jsonl(samples, [{"task_id": name, "solution": text} for name, text in answers.items() for _ in range(2)])
        rest = ["-o", str(tmp_path / "run"), "--sandbox", "process", *more]
        return main(["score", "--suite", suite, str(samples), *rest])

    return score


def test_a_run_records_its_limits_and_keeps_them_when_it_is_resumed(
    run: Callable[..., int], tmp_path: Path, own_cache: Path
) -> None:
    made = (task(KINDS["cases"], name="s/a"), task(KINDS["cases"], name="s/b", time_limit_s=2.0))
    suite = _suite(tmp_path / "suite", *made)
    answers = {"s/a": WORK.format(0.6), "s/b": WORK.format(0.6)}
    assert run(suite, answers) == 0
    folder = tmp_path / "run"
    rows = list(read_jsonl(folder / "limits.jsonl"))
    assert [(row["task"], row["tests"][0]["cpu_s"], row["tests"][0]["wall_s"]) for row in rows] == [
        ("s/a", 3.0, 7.0),
        ("s/b", 2.0, 5.0),
    ]
    assert [row["tests"][0]["origin"] for row in rows] == ["reference", "task"]
    assert rows[0]["tests"][0]["reference_cpu_s"] < 0.5
    assert rows[1]["tests"][0]["reference_cpu_s"] is None
    assert read_json(folder / "run.json")["scoring"]["calibration"] == {"floor_cpu_s": 3.0, "times": 10.0}

    verdicts = list(read_jsonl(folder / "verdicts.jsonl"))
    write_jsonl(folder / "verdicts.jsonl", [row for row in verdicts if (row["task"], row["epoch"]) == ("s/a", 0)])
    rows[0]["tests"][0]["cpu_s"] = 0.3  # as if found on another machine
    write_jsonl(folder / "limits.jsonl", rows)
    shutil.rmtree(own_cache)
    assert run(suite, answers, "--resume") == 0
    assert not own_cache.exists()
    found = [load_run(folder).verdicts[key].verdict.value for key in (("s/a", 0), ("s/a", 1), ("s/b", 0), ("s/b", 1))]
    assert found == ["pass", "timeout", "pass", "pass"]


def test_limits_are_found_anew_as_long_as_there_is_no_verdict(run: Callable[..., int], tmp_path: Path) -> None:
    suite = _suite(tmp_path / "suite", task(KINDS["cases"], name="s/a"))
    assert run(suite, {"s/a": "def f(x): return x"}, "--test-timeout", "9") == 0
    (row,) = read_jsonl(tmp_path / "run" / "limits.jsonl")
    assert (row["tests"][0]["cpu_s"], row["tests"][0]["origin"]) == (9.0, "option")
    (tmp_path / "run" / "verdicts.jsonl").write_bytes(b"")
    assert run(suite, {"s/a": "def f(x): return x"}, "--resume") == 0
    (row,) = read_jsonl(tmp_path / "run" / "limits.jsonl")
    assert (row["tests"][0]["cpu_s"], row["tests"][0]["origin"]) == (3.0, "reference")


@pytest.mark.parametrize("damage", ["", "{}\n", '{"task": "s/a", "tests": []}\n', '{"task": "s/a", "tests": [{}]}\n'])
def test_damaged_limits_are_refused(
    damage: str, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = _suite(tmp_path / "suite", task(KINDS["cases"], name="s/a"))
    answers = {"s/a": "def f(x): return x"}
    assert run(suite, answers) == 0
    verdicts = tmp_path / "run" / "verdicts.jsonl"
    verdicts.write_bytes(verdicts.read_bytes().splitlines(keepends=True)[0])
    (tmp_path / "run" / "limits.jsonl").write_text(damage)
    capsys.readouterr()
    assert run(suite, answers, "--resume") == 2
    assert "limits.jsonl: damaged" in capsys.readouterr().err


def test_a_run_with_a_failing_reference_is_scored_and_says_so(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = _suite(tmp_path / "suite", task(KINDS["assertions"], reference="def f(x):\n    return 0\n", name="s/a"))
    assert run(suite, {"s/a": "def f(x): return x"}) == 0
    found = capsys.readouterr()
    assert "evalrun: WARNING: the reference fails its own tests in 1 of 1 tasks" in found.err
    assert "s/a (base: wrong, limit 3 s)" in found.err
    assert "pass@1 1.0000" in found.out

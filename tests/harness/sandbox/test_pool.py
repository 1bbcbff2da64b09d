"""Many jobs at once: none waits for another without need, none is blamed for another, and none is lost."""

# ruff: noqa: E501
# Answers are easier to read on one line than cut in pieces.

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalrun.benchmarks.plain import PlainError
from evalrun.harness.sandbox import CallsJob, CheckJob, Limits, Outcome, ProgramJob, open_sandbox

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(60)]

QUICK = CallsJob("def f(n):\n    return n + 1\n", "f", ((1,),))
SLEEP = "import time\ndef f(n):\n    time.sleep(n)\n    return n\n"
SPAN = "import time\ndef f(n):\n    a = time.monotonic()\n    time.sleep(n)\n    return a, time.monotonic()\n"
# Without isolation an answer can end the process that watches it: the parent of its zygote.
BREAK = (
    "import os, signal\ndef f(n):\n    stat = open('/proc/%d/stat' % os.getppid()).read()\n"
    "    os.kill(int(stat.rpartition(')')[2].split()[1]), signal.SIGKILL)\n"
)


def value(outcome: Outcome) -> object:
    assert outcome.status == "ok", outcome
    return outcome.calls[0].value


def test_a_long_job_does_not_hold_back_those_behind_it() -> None:
    with open_sandbox("process", workers=2) as sandbox:
        assert value(sandbox.submit(QUICK).result()) == 2
        started = time.monotonic()
        long = sandbox.submit(CallsJob(SLEEP, "f", ((2,),)))
        quick = [sandbox.submit(QUICK) for _ in range(60)]
        assert [value(future.result()) for future in quick] == [2] * 60
        assert time.monotonic() - started < 1.5
        assert not long.done()
        assert value(long.result()) == 2


def test_a_job_that_may_take_longer_begins_before_those_that_wait_with_it() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        small = [sandbox.submit(CallsJob(SPAN, "f", ((0.01,),), Limits(cpu_s=2))) for _ in range(60)]
        large = sandbox.submit(CallsJob(SPAN, "f", ((0.01,),), Limits(cpu_s=9)))
        begun = [value(future.result()) for future in small]
        first = value(large.result())
    assert isinstance(first, tuple)
    assert sum(span > first for span in begun if isinstance(span, tuple)) > 30


def test_only_the_job_that_breaks_a_sandbox_is_blamed_for_it() -> None:
    jobs = [QUICK] * 40
    jobs[5] = jobs[25] = CallsJob(BREAK, "f", ((1,),))
    with open_sandbox("process", workers=2) as sandbox:
        found = list(sandbox.run(jobs))
    assert [outcome.status for outcome in found].count("infra") == 2
    assert found[5].status == found[25].status == "infra"
    assert all(value(outcome) == 2 for at, outcome in enumerate(found) if at not in (5, 25))


def test_a_job_that_must_be_alone_runs_beside_no_other() -> None:
    with open_sandbox("process", workers=3) as sandbox:
        before = [sandbox.submit(CallsJob(SPAN, "f", ((0.05,),))) for _ in range(6)]
        alone = [sandbox.submit(CallsJob(SPAN, "f", ((0.3,),)), alone=True) for _ in range(2)]
        for future in before:
            future.result()
        time.sleep(0.1)
        after = [sandbox.submit(CallsJob(SPAN, "f", ((0.05,),))) for _ in range(6)]
        spans = [value(future.result()) for future in [*before, *after]]
        for future in alone:
            begin, end = value(future.result())  # type: ignore[misc]
            assert not [span for span in spans if span[0] < end and begin < span[1]]  # type: ignore[index]


def test_a_fresh_sandbox_is_one_for_each_job() -> None:
    job = CallsJob("import os\ndef f(n):\n    return os.getppid()\n", "f", ((1,),))
    with open_sandbox("process", workers=1, fresh=True) as sandbox:
        assert len({value(outcome) for outcome in sandbox.run([job] * 4)}) == 4
    with open_sandbox("process", workers=1) as sandbox:
        assert len({value(outcome) for outcome in sandbox.run([job] * 4)}) == 1


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1, 0.3])
def test_closing_under_load_loses_no_future(pause: float) -> None:
    futures: list[Future[Outcome]] = []
    with open_sandbox("process", workers=3) as sandbox:
        for number in range(100):
            job = (QUICK, CallsJob(SLEEP, "f", ((0.2,),)), CallsJob(BREAK, "f", ((1,),)))[number % 5 % 3]
            futures.append(sandbox.submit(job, alone=number % 10 == 9))
        time.sleep(pause)
    for future in futures:
        try:
            assert future.result(timeout=5).status in ("ok", "infra")
        except CancelledError:
            continue


def test_a_job_that_cannot_be_packed_harms_none_but_itself() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        before = [sandbox.submit(QUICK) for _ in range(5)]
        bad = sandbox.submit(CheckJob("def f(n): pass", "f", "def check(candidate): pass", values=object()))
        after = [sandbox.submit(QUICK) for _ in range(5)]
        with pytest.raises(PlainError):
            bad.result()
        assert [value(future.result()) for future in [*before, *after]] == [2] * 10


def test_sixteen_workers_and_many_threads_get_the_right_verdicts() -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        for n in range(number, number + 20):
            found = value(sandbox.submit(CallsJob(QUICK.source, "f", ((n,), (n + 1,)))).result())
            if found != n + 1:
                wrong.append((n, found))

    with open_sandbox("process", workers=16) as sandbox:
        threads = [threading.Thread(target=ask, args=(100 * at,)) for at in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.fixture
def busy() -> Iterator[None]:
    """One processor for everything that this test starts, and others that want it too."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    spin = [sys.executable, "-c", "import time\nend = time.monotonic() + 15\nwhile time.monotonic() < end: pass"]
    spinning = [subprocess.Popen(spin, start_new_session=True) for _ in range(3)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()
        os.sched_setaffinity(0, allowed)


def test_waiting_for_the_processor_is_not_the_answers_time(busy: None) -> None:
    source = "import time\ndef f(n):\n    while time.process_time() < n: pass\n    return n\n"
    with open_sandbox("process", workers=1) as sandbox:
        outcome = sandbox.submit(CallsJob(source, "f", ((0.6,),), Limits(cpu_s=2.0, wall_s=1.0))).result()
        assert value(outcome) == 0.6
        assert outcome.wall_s > 1.0, "the processor was busy indeed"


def test_a_cpu_limit_may_be_a_fraction_of_a_second() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        outcome = sandbox.submit(
            CallsJob("def f(n):\n    while True: pass\n", "f", ((1,),), Limits(cpu_s=0.2))
        ).result()
    assert outcome.status == "timeout"
    assert 0.2 <= outcome.cpu_s < 0.6


@pytest.mark.parametrize(
    "reading", ["pass", "sys.stdin.read(10)", "sys.stdin.close()", "assert len(sys.stdin.read()) == 3000000"]
)
def test_input_larger_than_a_pipe_need_not_be_read(reading: str) -> None:
    with open_sandbox("process", workers=1) as sandbox:
        outcome = sandbox.submit(ProgramJob(f"import sys\n{reading}\nprint('done')\n", "x" * 3_000_000)).result()
    assert (outcome.status, outcome.stdout) == ("ok", b"done\n"), outcome


JUDGED = {
    "an argument that the call changes": (
        "def f(a):\n    a.append(4)\n    a[0].clear()\n",
        "    inner = [1]\n    a = [inner, 2]\n    candidate(a)\n    assert a == [[], 2, 4] and a[0] is inner\n",
    ),
    "a generator": ("def f(n):\n    yield from range(n)\n", "    assert list(candidate(3)) == [0, 1, 2]\n"),
    "a function that is called back": (
        "def f(g):\n    return [g(n) for n in range(3)]\n",
        "    assert candidate(lambda n: n * n) == [0, 1, 4]\n    assert candidate(str) == ['0', '1', '2']\n",
    ),
    "an object": (
        "class Box:\n    def __init__(self, n): self.n = n\n    def more(self): return Box(self.n + 1)\ndef f(n): return Box(n)\n",
        "    assert candidate(1).more().n == 2\n",
    ),
    "an exception": (
        "class Odd(ValueError): pass\ndef f(n): raise Odd('no')\n",
        "    try:\n        candidate(1)\n    except ValueError as error:\n        assert 'no' in str(error)\n        return\n"
        "    assert False\n",
    ),
}


@pytest.mark.parametrize("what", JUDGED)
def test_what_is_no_plain_data_reaches_the_test(what: str) -> None:
    source, body = JUDGED[what]
    with open_sandbox("process", workers=1) as sandbox:
        outcome = sandbox.submit(CheckJob(source, "f", "import json\ndef check(candidate):\n" + body)).result()
    assert outcome.judged == "pass", outcome
    assert outcome.shielded


# --- in the isolating sandboxes ---


def _jobs_of(arena: Arena) -> dict[int, int]:
    """Processes that run as users of this sandbox's jobs, with their users; other sandboxes have other users."""
    first = arena.sandbox._workers[0]._uid
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                user = int((entry / "status").read_text().split("Uid:")[1].split()[0])
            except (OSError, IndexError):
                continue
            if first <= user < first + 4000:
                found[int(entry.name)] = user
    return found


@pytest.mark.parametrize("which", [0, 1], ids=["candidate", "judge"])
def test_a_process_that_is_killed_from_outside_is_no_fault_of_the_answers(arena: Arena, which: int) -> None:
    if arena.name == "bwrap-user" or os.getuid() != 0:
        pytest.skip("its processes cannot be told from others by their user")
    job = CheckJob(SLEEP, "f", "def check(candidate):\n    for n in (0.7,):\n        assert candidate(n) == n\n")
    assert arena.sandbox.submit(job).result().judged == "pass"
    future = arena.sandbox.submit(job)
    deadline = time.monotonic() + 5
    while len(found := _jobs_of(arena)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(sorted(found, key=lambda pid: found[pid])[which], signal.SIGKILL)
    outcome = future.result()
    assert outcome.judged == "pass", outcome


HURTS = {
    "a very deep folder": "import os\nos.chdir('/tmp')\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n",
    "the end of its zygote": (
        "import os, signal\nfor pid in [int(name) for name in os.listdir('/proc') if name.isdigit()]:\n"
        "    if pid not in (1, os.getpid(), os.getppid()):\n        try: os.kill(pid, signal.SIGSTOP)\n"
        "        except OSError: pass\ntry: os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError: pass\n"
    ),
    "its own death": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "a file of results with a hole": "import os\nos.ftruncate(3, 60 << 20)\n",
}


@pytest.mark.parametrize("what", HURTS)
def test_an_answer_cannot_make_itself_owed(arena: Arena, what: str) -> None:
    source = HURTS[what] + "def solve(n):\n    return n\n"
    for kind in ("check", "calls"):
        assert arena.score(source, kind).verdict in ("wrong", "error", "timeout")
        arena.honest()


@pytest.mark.slow
def test_memory_that_belongs_to_no_process_ends_the_answer_and_not_the_sandbox(arena: Arena) -> None:
    if arena.name != "docker":
        pytest.skip("only a control group counts it")
    source = (
        "import os, time\nfor _ in range(16):\n    if os.fork() == 0:\n        kept = []\n        while True:\n"
        "            kept.append(os.memfd_create('x'))\n"
        "            for _ in range(60): os.write(kept[-1], b'x' * (1 << 20))\ntime.sleep(25)\ndef solve(n):\n    return n\n"
    )
    assert arena.score(source, "check", time_limit_s=15).verdict == "oom"
    arena.honest()

"""One sandbox, 100,000 jobs of mixed kinds: does the cost of a job stay flat, and does anything leak?

Answers that are right, wrong, crash, raise, print and leave files in /tmp, through ``score_answers``; each verdict is
checked. Every --every jobs one line: jobs/s, CPU per job, the host's RSS, descriptors and threads, the containers'
memory and processes, the engine's RSS. At the end a straight line through the blocks, and their first and last tenth.
Run by hand:

    python tests/speed/sandbox_soak.py --jobs 100000
    python tests/speed/sandbox_soak.py --sandbox docker --workers 16      # many workers on few processors

Exit code 1 when a verdict is not what it must be.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import measuring

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, StdioCase, StdioTest
from evalrun.harness.sandbox import open_sandbox
from evalrun.harness.scoring import score_answers

_RIGHT = "def f(n):\n    return [i * i for i in range(n)]\n"
_CHECK = "def check(candidate):\n    for n in range(5):\n        assert candidate(n) == [i * i for i in range(n)]\n"
_CASES = tuple(Case((n,), [i * i for i in range(n)]) for n in range(20))
_FILES = (
    "import os\nfor i in range(3):\n    open('/tmp/left%d' % i, 'w').write('x' * 1000)\n"
    "os.mkdir('/tmp/below')\nopen('/tmp/below/left', 'w').write('x')\n" + _RIGHT
)


def _task(name: str, test: CheckTest | CasesTest | StdioTest) -> CodeTask:
    entry = None if isinstance(test, StdioTest) else "f"
    return CodeTask(f"soak/{name}", "", entry, _RIGHT, (test,), form="instruct")


_TASKS = {
    "check": _task("check", CheckTest(_CHECK)),
    "cases": _task("cases", CasesTest(_CASES)),
    "stdio": _task("stdio", StdioTest((StdioCase("7\n", "14\n"),))),
}
#: How often in a cycle, the test, the answer, what its verdict must be.
_MIX = (
    (6, "check", _RIGHT, "pass"),
    (4, "cases", _RIGHT, "pass"),
    (2, "check", "def f(n):\n    return [n]\n", "wrong"),
    (2, "cases", "def f(n):\n    return [n]\n", "wrong"),
    (1, "stdio", "print(2 * int(input()))\n", "pass"),
    (1, "check", "import os\ndef f(n):\n    os._exit(0)\n", "error"),
    (1, "cases", "import os\ndef f(n):\n    os.kill(os.getpid(), 11)\n", "error"),
    (1, "check", "raise RuntimeError('no')\n", "error"),
    (1, "check", "print('x' * 5000)\n" + _RIGHT, "pass"),
    (1, "cases", _FILES, "pass"),
)


def jobs(count: int, meant: deque[str]) -> Iterator[tuple[CodeTask, str]]:
    """So many answers, the kinds one after the other; ``meant`` gets their verdicts."""
    cycle = [(_TASKS[test], answer, verdict) for times, test, answer, verdict in _MIX for _ in range(times)]
    for number in range(count):
        task, answer, verdict = cycle[number * 7 % len(cycle)]
        meant.append(verdict)
        yield task, f"# {number}\n{answer}"


def look(engine: measuring.Engine, elapsed: float, count: int, before: dict[str, float]) -> dict[str, Any]:
    """One line of figures; ``before`` has what each part had used at the line before."""
    me = os.getpid()
    containers = engine.containers(me)
    usage = [engine.usage(container) for container in containers]
    guests = engine.guests(me) if containers else [pid for pid in measuring.tree([me]) if pid != me]
    used = {"host": time.process_time()} | {found.id: cpu for found, (_, _, cpu) in zip(containers, usage, strict=True)}
    cpu_s = sum(seconds - before.get(part, 0.0) for part, seconds in used.items())
    before.clear()
    before.update(used)
    return {
        "jobs_s": count / elapsed,
        "ms_job": 1000 * elapsed / count,
        "cpu_ms_job": 1000 * cpu_s / count,
        "host_rss_mb": measuring.rss_mb(me),
        "host_fds": len(list(Path("/proc/self/fd").iterdir())),
        "host_threads": threading.active_count(),
        "guest_processes": len(guests),
        "guest_pss_mb": sum(map(measuring.pss_mb, guests)),
        "container_mb": sum(memory for memory, _, _ in usage),
        "dockerd_rss_mb": sum(map(measuring.rss_mb, measuring.named("dockerd"))),
        "containerd_rss_mb": sum(map(measuring.rss_mb, measuring.named("containerd"))),
    }


def main() -> None:
    """Run and print."""
    parser = measuring.options(__doc__, rounds=1)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=5_000)
    parser.add_argument("--sandbox", default="docker", choices=["docker", "bwrap"])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    engine = measuring.Engine()
    lines: list[dict[str, Any]] = []
    faults: Counter[str] = Counter()
    unshielded = 0
    with measuring.cpu_share(given.share), open_sandbox(given.sandbox, workers=given.workers) as sandbox:
        meant: deque[str] = deque()
        before: dict[str, float] = {}
        look(engine, 1.0, 1, before)
        started = time.perf_counter()
        for number, score in enumerate(score_answers(jobs(given.jobs, meant), sandbox), 1):
            must = meant.popleft()
            unshielded += not score.shielded
            if str(score.verdict) != must:
                faults[f"{must} became {score.verdict}: {score.detail[:80]}"] += 1
            if number % given.every == 0:
                line = look(engine, time.perf_counter() - started, given.every, before)
                lines.append({"jobs": number, **line})
                shown = ", ".join(f"{name} {value:.1f}" for name, value in line.items())
                print(f"{number:>8}: {shown}", flush=True)
                started = time.perf_counter()  # what looking took is in no block
    report(lines)
    print(f"verdicts that are not what they must be: {sum(faults.values())} {dict(faults)}; unshielded: {unshielded}")
    figures = {"lines": lines, "faults": dict(faults), "unshielded": unshielded, "options": str(given)}
    measuring.save(given.json, "soak", figures)
    sys.exit(1 if faults else 0)


def report(lines: list[dict[str, Any]]) -> None:
    """How each figure went: a straight line through the blocks, and the first and the last tenth of them."""
    if len(lines) < 2:
        return
    tenth = max(1, len(lines) // 10)
    rows = []
    for name in lines[0]:
        if name == "jobs":
            continue
        values = [line[name] for line in lines]
        slope = statistics.linear_regression([line["jobs"] for line in lines], values).slope
        first, last = statistics.fmean(values[:tenth]), statistics.fmean(values[-tenth:])
        rows.append((name, f"{slope * 10_000:+.4f}", first, last, f"{last / first - 1:+.1%}" if first else ""))
    measuring.table(("figure", "change in 10,000 jobs (fit)", "first tenth", "last tenth", "change"), rows)


if __name__ == "__main__":
    main()

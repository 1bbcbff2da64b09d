"""How many certified tasks a CPU-second makes: evolves a suite with operators and tells where the CPU time goes.

    python tests/speed/evolve_rate.py HumanEval.jsonl.gz [--operators all] [--count 1] [--from 0] [--tasks 164]

CPU seconds are those of this process (``time.process_time``, after the imports) and of the jobs' processes in the
sandbox with all their children, as the sandbox reports them for each job; so neighbours' work is not in them, and the
supervisor's and the engine's own time is not either. Peak memory is this process's resident set; the jobs have theirs
in the sandbox.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalrun.benchmarks import Suite
from evalrun.evolvers import evolve, parse_operators, pipeline
from evalrun.evolvers.commands.evolve import OLD_COLLECTIONS
from evalrun.harness.cli import NEW_OBJECTS
from evalrun.harness.sandbox import open_sandbox

HOST_STAGES = ("observe", "proposals", "prove_ahead", "evaluate")


def main() -> int:
    """Evolve, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--operators", default="all")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--tasks", type=int, default=None)
    given = parser.parse_args()
    gc.set_threshold(NEW_OBJECTS, OLD_COLLECTIONS)  # as the command does
    suite = Suite.load(str(given.suite))
    last = None if given.tasks is None else given.first + given.tasks
    suite = suite.subset(suite.tasks[given.first : last])
    guests: Counter[str] = Counter()
    jobs: Counter[str] = Counter()
    host = _clocked()
    with open_sandbox() as sandbox:
        submit = sandbox.submit

        def counted(job: Any, **options: Any) -> Any:
            stage = _stage_of(job)
            future = submit(job, **options)

            def count(done: Any) -> None:
                guests[stage] += done.result().cpu_s
                jobs[stage] += 1

            future.add_done_callback(count)
            return future

        sandbox.submit = counted  # type: ignore[method-assign]
        wall, cpu = time.monotonic(), time.process_time()
        made = evolve(suite, parse_operators(given.operators), 0, sandbox, count=given.count)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    _tell(len(suite), len(made.suite), cpu, wall, host, guests, jobs)
    return 0


def _stage_of(job: Any) -> str:
    """Which proofs a job belongs to, from what it asks."""
    if getattr(job, "entry_point", None) != "prove":
        return "scoring and recording of inputs"
    trials = job.calls[0][0]["trials"]
    if any(trial["observed_mutants"] for trial in trials):
        return "observing parents"
    if any(trial["mutants"] for trial in trials):
        return "second pass: witness, hash seeds, mutants"
    if any(trial["repeat"] for trial in trials):
        return "first pass: values, reverse order, probes"
    return "same outputs (preserving), comparison of twins"


def _clocked() -> Counter[str]:
    """The host's CPU seconds by stage, each without what it waits for."""
    found: Counter[str] = Counter()

    def clocked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            before = time.process_time()
            try:
                return function(*args, **named)
            finally:
                found[name] += time.process_time() - before

        return timed

    for name in HOST_STAGES:
        setattr(pipeline, name, clocked(name, getattr(pipeline, name)))
    return found


def _tell(
    parents: int, tasks: int, cpu: float, wall: float, host: Counter[str], guests: Counter[str], jobs: Counter[str]
) -> None:
    total = cpu + sum(guests.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{tasks} certified tasks of {parents} parents; {wall:.1f} s of wall time; peak memory {peak:.0f} MB")
    print(f"{tasks / total:.1f} certified tasks per CPU-second: {total:.1f} s, {1000 * total / tasks:.1f} ms a task\n")
    rest = cpu - sum(host.values())
    rows = [(f"host: {name}", host[name], 0) for name in HOST_STAGES]
    rows += [("host: twins, lineage, certificates", rest, 0)]
    rows += [(f"sandbox: {name}", seconds, jobs[name]) for name, seconds in guests.most_common()]
    for name, seconds, count in rows:
        share, each = 100 * seconds / total, 1000 * seconds / tasks
        print(f"{name:<58} {seconds:7.2f} s {share:5.1f} % {each:6.2f} ms/task" + (f" {count} jobs" if count else ""))


if __name__ == "__main__":
    sys.exit(main())

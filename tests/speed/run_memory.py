"""Memory and time of a long run: asking, scoring beside it, resuming it and summing it up.

The endpoint and the sandbox are in this process and answer at once, so that what is measured is the run itself. Each
step runs in an interpreter of its own; its peak of resident memory is compared with that of a run of a hundredth.

    python tests/speed/run_memory.py --samples 1000000 [--chars 400] [--steps ask,resume,merge]

With ``--steps write,resume`` the records are made without asking, which is faster.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from evalrun.benchmarks import CodeTask, StdioCase, StdioTest, Suite
from evalrun.harness.endpoint.api import Reply, Response, Sampling
from evalrun.harness.runs.appending import appending
from evalrun.harness.runs.folder import open_run
from evalrun.harness.runs.generate import Asking
from evalrun.harness.runs.ledger import Ledger, read_ledger
from evalrun.harness.runs.manifest import new_manifest
from evalrun.harness.runs.merge import merge_runs
from evalrun.harness.runs.pipeline import Scoring, Work, work_off
from evalrun.harness.runs.records import SAMPLES, VERDICTS, SampleRow, Usage, start_run
from evalrun.harness.runs.score import verdict_row
from evalrun.harness.runs.summary import summary_lines
from evalrun.harness.sandbox.api import Job, Outcome, SandboxInfo
from evalrun.harness.verdict import Score, Verdict

EPOCHS = 100


class Endpoint:
    """Answers at once."""

    def __init__(self, chars: int) -> None:
        self.text = "```python\nprint(0)\n" + "# so it goes\n" * (chars // 13) + "```\n"

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        await asyncio.sleep(0)
        return Response((Reply(self.text, "stop"),), 100, 200)

    async def __aenter__(self) -> Endpoint:
        return self

    async def __aexit__(self, *_: object) -> None: ...


class Sandbox:
    """Every program prints the right thing at once."""

    info = SandboxInfo("process", "3.11", workers=2)

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_result(Outcome("ok", stdout=b"0\n"))
        return future


def suite(samples: int) -> Suite:
    test = (StdioTest((StdioCase("", "0\n"),)),)
    tasks = (
        CodeTask(f"toy/{n}", "Print 0." * 20, None, "print(0)", test, form="instruct") for n in range(samples // EPOCHS)
    )
    return Suite("toy", "1", tuple(tasks))


def manifest_of(whole: Suite) -> dict[str, Any]:
    return new_manifest(model="m", label=None, suite=whole, tasks=whole.tasks, sampling=Sampling(EPOCHS).to_json())


def written(folder: Path, samples: int, chars: int) -> Ledger:
    """The records of a run, made up."""
    whole, text = suite(samples), Endpoint(chars).text
    start_run(folder, manifest_of(whole), whole.tasks)
    with appending(folder / SAMPLES) as rows, appending(folder / VERDICTS) as verdicts:
        for task in whole:
            made = [SampleRow(task.id, epoch, text, text, "alone", usage=Usage(1, 1)) for epoch in range(EPOCHS)]
            rows.append(row.to_json() for row in made)
            verdicts.append(verdict_row(row, Score(Verdict.PASS)).to_json() for row in made)
    return read_ledger(folder)


def step(name: str, folder: Path, samples: int, chars: int) -> None:
    """One step, in this process."""
    began = time.monotonic()
    if name == "write":
        lines = summary_lines(written(folder, samples, chars))
    elif name == "merge":
        lines = summary_lines(merge_runs([folder, folder], folder.with_name("merged")))
    elif name == "resume":
        lines = summary_lines(read_ledger(folder))
    else:
        whole = suite(samples)
        by_id = {task.id: task for task in whole}
        with open_run(folder, manifest_of(whole), whole.tasks, resume=False):
            scoring = Scoring(by_id, Sandbox(), 3.0)
            work = Work(folder, by_id, Endpoint(chars), Asking("m", "chat", Sampling(EPOCHS)), 64, scoring)
            lines = summary_lines(work_off(work).ledger)
    assert any(f"pass       {samples // EPOCHS * EPOCHS:>7}" in line for line in lines), lines
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = time.process_time()
    print(json.dumps({"seconds": round(time.monotonic() - began, 1), "cpu_s": round(cpu, 1), "peak_mb": round(peak)}))


def main() -> None:
    """Run the steps on a small and on the large run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--chars", type=int, default=400)
    parser.add_argument("--steps", default="ask,resume,merge")
    parser.add_argument("--step", nargs=3)
    given = parser.parse_args()
    if given.step:
        name, folder, samples = given.step
        step(name, Path(folder), int(samples), given.chars)
        return
    home = Path(tempfile.mkdtemp(prefix="evalrun-memory-"))
    try:
        for samples in (given.samples // 100, given.samples):
            for name in given.steps.split(","):
                words = [name, str(home / str(samples) / "run"), str(samples)]
                (home / str(samples)).mkdir(exist_ok=True)
                done = subprocess.run(
                    [sys.executable, __file__, "--chars", str(given.chars), "--step", *words],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                print(f"{samples:>9} samples  {name:<7} {done.stdout.strip()}", flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()

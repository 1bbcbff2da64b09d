"""HumanEval+ (base and plus) beside EvalPlus: seconds with warm caches, and the peak memory of all processes.

Each is run as its users run it (``evalrun score``, ``evalplus.evaluate``) on the 164 references x --repeat; both have
computed the expected values before. EvalPlus's seconds end with its last line of output: a thread of it that sleeps in
steps of 20 s holds up its exit afterwards, which is told apart. Ours end with the exit.

Memory is sampled in a further run of each, which is not timed: the sum over the command, its descendants and its
containers' processes of PSS (each page counted once) and of RSS (shared pages counted again for each process). Pages
that are left in /tmp of a container, the kernel's own memory and the engine's are in neither.

Run by hand on a quiet machine:

    pip install evalplus
    python tests/speed/sandbox_plus.py HumanEvalPlus.jsonl.gz --share
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import measuring

from evalrun.benchmarks import Suite


def main() -> None:
    """Measure and print."""
    parser = measuring.options(__doc__, rounds=3)
    parser.add_argument("humanevalplus", type=Path)
    parser.add_argument("--repeat", type=int, default=1, help="answers to each task (1)")
    parser.add_argument("--sandbox", default="docker", choices=["docker", "bwrap"])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="of both")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory runs out")
    given = parser.parse_args()
    with measuring.cpu_share(given.share), tempfile.TemporaryDirectory(prefix="evalrun-speed-") as folder:
        measure(given, Path(folder))


def measure(given: Any, folder: Path) -> None:
    """All runs."""
    samples = folder / "samples.jsonl"
    with samples.open("w", encoding="utf-8") as stream:
        for task in Suite.load(given.humanevalplus):
            for _ in range(given.repeat):
                stream.write(json.dumps({"task_id": task.id, "solution": task.reference}) + "\n")
    runs = {
        "evalrun": lambda: evalrun(given, samples, folder),
        "evalplus": lambda: evalplus(given, samples, folder),
    }
    cold = measuring.interleaved(runs, 1)
    found = measuring.interleaved(runs, given.rounds)
    if not given.no_memory:
        given.watch = True
        memory = measuring.interleaved(runs, 1)
    else:
        memory = {name: [{"pss_mb": 0.0, "rss_mb": 0.0, "samples": 0}] for name in runs}
    ours = [one["seconds"] for one in found["evalrun"]]
    rows = []
    for name, each in found.items():
        seconds = [one["seconds"] for one in each]
        peak = memory[name][0]
        rows.append(
            (
                name,
                measuring.spread(seconds),
                measuring.spread([one["exit_s"] for one in each]),
                cold[name][0]["seconds"],
                f"{peak['pss_mb']:.0f}",
                f"{peak['rss_mb']:.0f}",
                "" if name == "evalrun" else measuring.ratios(ours, seconds),
            )
        )
    header = ("what", "seconds, warm", "until exit", "first run", "peak PSS MB", "peak RSS MB", "evalrun is faster by")
    measuring.table(header, rows)
    print(f"references that EvalPlus refuses: {sorted({task for one in found['evalplus'] for task in one['failed']})}")
    measuring.save(given.json, "HumanEval+", {"results": found, "cold": cold, "memory": memory})


def evalrun(given: Any, samples: Path, folder: Path) -> dict[str, Any]:
    """``evalrun score``; its seconds run until it has ended."""
    with tempfile.TemporaryDirectory(dir=folder) as runs:
        output = Path(runs, "run")
        command = [str(Path(sys.executable).with_name("evalrun")), "score", str(samples)]
        command += ["--suite", str(given.humanevalplus), "-o", str(output)]
        command += ["--sandbox", given.sandbox, "--workers", str(given.workers)]
        found = timed(command, folder, watch=hasattr(given, "watch"))
        lines = (output / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = Counter(json.loads(line)["verdict"] for line in lines)
    if set(verdicts) != {"pass"}:
        raise SystemExit(f"evalrun: {dict(verdicts)}: references must pass")
    return {**found, "seconds": found["exit_s"]}


def evalplus(given: Any, samples: Path, folder: Path) -> dict[str, Any]:
    """``evalplus.evaluate``; its seconds run until its last line of output."""
    results = samples.with_name("samples_eval_results.json")
    results.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("evalplus.evaluate")), "--dataset", "humaneval"]
    command += ["--samples", str(samples), "--parallel", str(given.workers)]
    more = {"HUMANEVAL_OVERRIDE_PATH": str(given.humanevalplus.resolve())}
    found = timed(command, folder, more, watch=hasattr(given, "watch"))
    rows = [row for each in json.loads(results.read_text(encoding="utf-8"))["eval"].values() for row in each]
    failed = sorted({row["task_id"] for row in rows if not row["base_status"] == row["plus_status"] == "pass"})
    if len(failed) > 3:  # EvalPlus 0.3.1 refuses the one of HumanEval/32
        raise SystemExit(f"evalplus: {failed} fail: references must pass")
    return {**found, "seconds": found["last_line_s"], "failed": failed}


def timed(
    command: list[str], folder: Path, more: dict[str, str] | None = None, *, watch: bool = False
) -> dict[str, Any]:
    """Run a command with caches of its own below ``folder``; the seconds to its last line and to its exit."""
    env = {**os.environ, **(more or {}), "PYTHONUNBUFFERED": "1"}
    env |= {"XDG_CACHE_HOME": str(folder / "cache"), "EVALRUN_CACHE_DIR": str(folder / "cache" / "evalrun")}
    busy, started = measuring.busy_seconds(), time.perf_counter()
    said: list[str] = []
    last = 0.0
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        memory = measuring.PeakMemory(process.pid)
        if watch:
            memory.__enter__()
        for line in process.stdout or ():
            said.append(line)
            last = time.perf_counter() - started
        process.wait()
        seconds = time.perf_counter() - started
        if watch:
            memory.__exit__()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with exit code {process.returncode}: {''.join(said)[-2000:]}")
    found = {"exit_s": seconds, "last_line_s": last, "cpu_s": measuring.busy_seconds() - busy}
    return {**found, "pss_mb": memory.pss_mb, "rss_mb": memory.rss_mb, "samples": memory.samples}


if __name__ == "__main__":
    main()

"""Seconds, memory and bytes of `evalrun leaderboard` on a hundred models.

The records are made up (once; they are kept in the temporary folder until a run without ``--keep`` ends): the answers
are functions of Python's own library with a line changed, 30 to 90 % of them pass, what fails has a detail and a
verdict for each test. With ``--evolved`` that share of the models also has a run on tasks evolved from the same.

    python tests/speed/leaderboard_scale.py [--models 100 --tasks 1000 --samples 10] [--evolved 0.2] [--keep]
    python tests/speed/leaderboard_scale.py --read          # only read the runs, as the command does first
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import gzip
import json
import os
import pty
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from measuring import PeakMemory, cpu_share, machine, note, save, table

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
from evalrun.benchmarks.jsonio import canonical_json, text_digest, write_json
from evalrun.benchmarks.task import Lineage
from evalrun.harness.runs.records import MANIFEST, SAMPLES, TASKS, VERDICTS, SampleRow, TaskRow, Usage, VerdictRow
from evalrun.harness.verdict import Verdict

CREATED = "2026-11-{:02d}T09:00:00Z"
TAGS = ("strings", "numbers", "lists", "dates", "parsing", "graphs", "files", "classes")
FAILURES = (Verdict.WRONG,) * 6 + (Verdict.ERROR,) * 3 + (Verdict.TIMEOUT,)
STAGE = re.compile(r"[\r\n]([a-z ]+): ")


# --- made-up records ---


@cache
def functions() -> tuple[str, ...]:
    """The functions of 200 to 1,000 characters in Python's own library: about half a kilobyte each."""
    found = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines(keepends=True)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                code = textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno]))
                if 200 <= len(code) <= 1000:
                    found.append(code)
    return tuple(found)


@cache
def suite(tasks: int, evolved: bool) -> Suite:
    """The suite, or the one evolved from it; prompts are functions without their last line."""
    made = []
    for number in range(tasks):
        code = functions()[number * 31 % len(functions())]
        test = CasesTest((Case((number,), number),))
        root = CodeTask(
            f"made/{number:04d}", code.rpartition("\n    ")[0], "f", code, (test,),
            tags=(TAGS[number % len(TAGS)], TAGS[number * 7 % 5]),
        )  # fmt: skip
        operator = ("rename", "dead_code", "strengthen")[number % 3]
        lineage = Lineage(root.id, (root.id,), (root.digest,), operator, "1", {}, number, 1)
        prompt = root.prompt.replace("self", "this")
        made.append(replace(root, id=f"{root.id}~{operator}", prompt=prompt, lineage=lineage) if evolved else root)
    return Suite("made-evolved" if evolved else "made", "1", tuple(made))


def write_run(folder: Path, model: int, models: int, tasks: int, samples: int, evolved: bool) -> None:
    """One run's folder, the manifest last."""
    rng = random.Random(f"{model} {evolved}")
    whole = suite(tasks, evolved)
    rows = [TaskRow.of(task) for task in whole]
    ability = 0.3 + 0.6 * model / max(1, models - 1) - (0.05 if evolved else 0.0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TASKS).write_text("".join(canonical_json(row.to_json()) + "\n" for row in rows), encoding="ascii")
    with (folder / SAMPLES).open("w", encoding="ascii") as asked, (folder / VERDICTS).open("w") as scored:
        for number, row in enumerate(rows):
            hard = random.Random(number).gauss(0.0, 0.25)
            chance = min(1.0, max(0.0, ability + hard + rng.gauss(0.0, 0.1)))
            for sample, verdict in answers(rng, row.id, number, samples, chance):
                asked.write(canonical_json(sample.to_json()) + "\n")
                scored.write(canonical_json(verdict.to_json()) + "\n")
    manifest = {
        "schema": 1,
        "evalrun": "0.1.0",
        "created": CREATED.format(1 + model % 28),
        "model": {"name": f"maker/model-{model:03d}", "label": f"model-{model:03d}"},
        "suite": {"name": whole.name, "version": whole.version, "digest": whole.digest, "tasks": tasks},
        "sampling": {"epochs": samples, "temperature": 0.8, "max_tokens": 2048},
        "endpoint": {"base_url": "http://localhost:8000/v1", "form": "chat"},
        "scoring": {"kind": "docker", "image": "sha256:" + text_digest("image"), "workers": 2},
    }
    write_json(folder / MANIFEST, manifest)


def answers(
    rng: random.Random, task: str, number: int, samples: int, chance: float
) -> Iterator[tuple[SampleRow, VerdictRow]]:
    """The samples of one task and their verdicts."""
    base = functions()[number * 31 % len(functions())]
    for epoch in range(samples):
        code = f"{base}\n\nLIMIT = {rng.randrange(1000)}\n"
        if rng.random() < 0.2:
            code = functions()[rng.randrange(len(functions()))]
        passed = rng.random() < chance
        kind = Verdict.PASS if passed else rng.choice(FAILURES)
        yield (
            SampleRow(
                task, epoch, f"Here is the program.\n\n```python\n{code}```\n", code, "alone", "stop",
                Usage(180 + len(task), len(code) // 4), round(0.4 + rng.random() * 3, 4), 1, text_digest(task),
                "2026-11-20T10:00:00Z", model=f"maker-{len(task)}",
            ),
            VerdictRow(
                task, epoch, kind, "" if passed else detail(rng, kind),
                {"base": str(kind), "plus": str(kind) if rng.random() < 0.5 else "pass"},
                0.0041, 0.0038, True, text_digest(code), "2026-11-20T10:00:05Z",
            ),
        )  # fmt: skip


def detail(rng: random.Random, kind: Verdict) -> str:
    """What scoring says of a failure."""
    given = [rng.randrange(100) for _ in range(rng.randrange(3, 20))]
    if kind is Verdict.WRONG:
        return f"solve({given}) returned {sorted(given)[:5]}, expected {sorted(given)}"
    if kind is Verdict.TIMEOUT:
        return "no answer within 3 s of CPU"
    return f"solve({given}) gave IndexError: list index out of range (answer line {rng.randrange(2, 20)})"


def made(home: Path, models: int, tasks: int, samples: int, evolved: float) -> tuple[list[Path], list[Path]]:
    """The folders of all runs and suites, made where they are not there yet."""
    suites = [home / f"suite-{name}" for name in (("made", "evolved") if evolved else ("made",))]
    for twin, path in enumerate(suites):
        if not (path / "suite.json").exists():
            suite(tasks, bool(twin)).save(path)
    plans = [(model, False) for model in range(models)]
    plans += [(model, True) for model in range(models) if model % 100 < 100 * evolved]
    folders = [home / f"{'evolved-' if twin else ''}{model:03d}" for model, twin in plans]
    with ProcessPoolExecutor() as pool:
        jobs = [
            pool.submit(write_run, folder, model, models, tasks, samples, twin)
            for folder, (model, twin) in zip(folders, plans, strict=True)
            if not (folder / MANIFEST).exists()
        ]
        if jobs:
            note(f"making {len(jobs)} runs in {home}")
        for job in jobs:
            job.result()
    return folders, suites


# --- measuring ---


def measured(command: list[str]) -> dict[str, Any]:
    """Seconds in all and of each stage, and peak memory of all processes, of a command at a terminal."""
    ours, theirs = pty.openpty()  # it shows its bars only there, and only where there is room
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 25, 100, 0, 0))
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        with PeakMemory(process.pid) as peak:
            seen, told = stages_of(ours)
            process.wait()
    seconds, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {told[-2000:]}")
    starts = {"starting": began, **seen, "": began + seconds}
    stages = {name: end - start for (name, start), end in zip(starts.items(), list(starts.values())[1:], strict=False)}
    return {
        "seconds": seconds,
        "cpu_s": cpu,
        "peak_pss_mb": peak.pss_mb,
        "peak_rss_mb": peak.rss_mb,
        "stages_s": stages,
    }


def stages_of(terminal: int) -> tuple[dict[str, float], str]:
    """When the bar of each stage was first seen, and all that was said."""
    seen: dict[str, float] = {}
    told = ""
    while True:
        try:
            chunk = os.read(terminal, 1 << 16)
        except OSError:  # nobody holds the other end any more
            break
        told += chunk.decode("utf-8", "replace")
        for name in STAGE.findall(told[-2000:]):
            seen.setdefault(name, time.perf_counter())
    os.close(terminal)
    return seen, told


def site_bytes(site: Path) -> dict[str, Any]:
    """What the site weighs, in all and by its parts."""
    files = {path.relative_to(site): path.stat().st_size for path in site.rglob("*") if path.is_file()}
    parts: dict[str, int] = {}
    for path, size in files.items():
        parts[path.parts[0]] = parts.get(path.parts[0], 0) + size
    first = (site / "index.html").read_bytes()
    return {
        "files": len(files),
        "site_mb": sum(files.values()) / 1e6,
        "first_page_kb": len(first) / 1e3,
        "first_page_gzip_kb": len(gzip.compress(first, mtime=0)) / 1e3,
        "parts_mb": {name: size / 1e6 for name, size in sorted(parts.items(), key=lambda item: -item[1])[:6]},
    }


def flat(figures: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """One row a figure."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{name}: {inner}", figure) for inner, figure in value.items())
        else:
            yield name, value


READ = """
import sys
from evalrun.leaderboard.commands.bars import bar
from evalrun.leaderboard.records.table import read_runs
with bar("reading runs", len(sys.argv) - 2) as advance:
    print(sum(table.scored for table in read_runs(sys.argv[2:], keep=sys.argv[1], progress=advance)), "scored")
"""


def main() -> None:
    """Make the runs, build the site (or read the runs only), print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--evolved", type=float, default=0.0, metavar="SHARE", help="of the models (0)")
    parser.add_argument("--publish", default="failures", choices=["none", "failures", "all"], help="--samples of it")
    parser.add_argument("--read", action="store_true", help="only read the runs")
    parser.add_argument("--keep", action="store_true", help="leave the made-up runs and the site where they are")
    parser.add_argument("--share", action="store_true", help="run in a cpu cgroup with a high share (root only)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    given = parser.parse_args()
    size = f"{given.models}x{given.tasks}x{given.samples}"
    home = Path(tempfile.gettempdir()) / f"evalrun-leaderboard-scale-{size}"
    try:
        runs, suites = made(home, given.models, given.tasks, given.samples, given.evolved)
        folders = list(map(str, runs))
        note(f"load {os.getloadavg()[0]:.2f}")
        site = home / "site"
        shutil.rmtree(site, ignore_errors=True)
        with cpu_share(given.share):
            if given.read:
                found = measured([sys.executable, "-c", READ, given.publish, *folders])
            else:
                verb = [sys.executable, "-m", "evalrun.harness.cli", "leaderboard", *folders, "-o", str(site)]
                verb += [word for path in suites for word in ("--suite", str(path))]
                found = measured([*verb, "--samples", given.publish]) | site_bytes(site)
        figures = {"runs": len(folders), "samples": len(folders) * given.tasks * given.samples, **found}
        table(["what", "figure"], flat(figures))
        print(json.dumps(machine()))
        save(given.json, "leaderboard at scale", figures)
    finally:
        if not given.keep:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()

"""SIGKILL at random instants of `evalrun run`: after resuming, the records equal those of a run that was left alone.

The server is a process of its own (`evalrun serve`, some latency, some HTTP 500s). Each trial starts or resumes the run
and kills it after a random while; now and then a torn line is left behind, as a kill in the middle of a write would.
At the end the run is resumed until nothing is owed. Run by hand:

    python tests/speed/robustness_run_kills.py --trials 100 [--cache] [--more=--option ...]

Prints how many kills hit a running process. Exit code 1 when a record is lost, doubled, or another; with ``--cache``
also when a reply that was in the cache is paid for again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

CLI = (sys.executable, "-m", "evalrun.harness.cli")
Content = dict[tuple[str, int], Any]


@contextlib.contextmanager
def server(latency_s: float, error_rate: float) -> Iterator[str]:
    """A real server process; yields its base URL."""
    command = [*CLI, "serve", "--baseline", "memorizer", "--known", "core", "--port", "0"]
    command += ["--latency", str(latency_s), "--error-rate", str(error_rate)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the server did not say where it is"
            yield found[0]
        finally:
            process.kill()


def command_of(base_url: str, folder: Path, more: Sequence[str]) -> list[str]:
    """The command that starts or resumes the run."""
    command = [*CLI, "run", "--suite", "core", "--model", "memorizer", "--base-url", base_url, "-o", str(folder)]
    return [*command, "--sandbox", "process", "--max-connections", "6", "--resume", *more]


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of records."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def content(folder: Path) -> tuple[Content, Content]:
    """What of the records does not depend on time. AssertionError where a sample is recorded twice."""
    samples = read(folder / "samples.jsonl")
    doubled = [key for key, count in Counter((row["task"], row["epoch"]) for row in samples).items() if count > 1]
    assert not doubled, f"recorded, and so paid for, twice: {doubled[:3]}"
    kept = ("text", "code", "assembly", "request_digest", "finish_reason")
    verdicts = {(row["task"], row["epoch"]): row for row in read(folder / "verdicts.jsonl")}
    return (
        {(row["task"], row["epoch"]): [row[name] for name in kept] for row in samples},
        {key: [row["verdict"], row["tests"], row["code_digest"]] for key, row in verdicts.items()},
    )


def keys_in(path: Path) -> set[tuple[str, int]]:
    """The samples in a file whose last line may be torn."""
    found = set()
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        if line.endswith(b"\n"):
            row = json.loads(line)
            found.add((row["task"], row["epoch"]))
    return found


def kept_in(cache: Path) -> dict[bytes, int]:
    """The keys in a response cache, each with its row: a reply that is paid for again gets another row."""
    path = cache / "responses.sqlite3"
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path, timeout=30.0)) as connection:
        has_table = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'responses'").fetchone()[0]
        return dict(connection.execute("SELECT key, rowid FROM responses")) if has_table else {}


def kill_and_resume(
    base_url: str,
    folder: Path,
    *,
    trials: int,
    rng: random.Random,
    longest_s: float,
    more: Sequence[str],
    cached: bool = False,
) -> int:
    """Kill again and again, then let it end. Returns how many kills hit; AssertionError where a record was lost, or a
    reply that the cache held was paid for again. cached: with a cache that is the run's own, and empty at first.
    """
    cache = folder.with_name(f"{folder.name}-cache")
    command, hits = command_of(base_url, folder, [*more, *cache_options(cache if cached else None)]), 0
    kept: dict[bytes, int] = {}
    for _ in range(trials):
        before = keys_in(folder / "samples.jsonl")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.0, longest_s))
            hits += process.poll() is None
            process.kill()
        lost = before - keys_in(folder / "samples.jsonl")
        assert not lost, f"lost: {sorted(lost)[:3]}"
        kept = check_kept(kept, kept_in(cache))
        if rng.random() < 0.3 and (folder / "samples.jsonl").exists():
            name = rng.choice(["samples.jsonl", "verdicts.jsonl"])
            with (folder / name).open("ab") as stream:
                stream.write(b'{"task": "core/')
    for _ in range(5):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found = check_kept(kept, kept_in(cache))
            samples = len(keys_in(folder / "samples.jsonl"))
            assert not cached or len(found) == samples, f"{len(found)} replies in the cache for {samples} samples"
            return hits
        time.sleep(0.2)
    raise AssertionError(f"it does not end: {done.stderr[-500:]}")


def cache_options(cache: Path | None) -> list[str]:
    """What `evalrun run` is told of its cache."""
    return [] if cache is None else ["--cache", "--cache-dir", str(cache)]


def check_kept(before: dict[bytes, int], after: dict[bytes, int]) -> dict[bytes, int]:
    """What the cache holds now; AssertionError where something that it held is gone, or was paid for again."""
    bad = [key.hex() for key, row in before.items() if after.get(key) != row]
    assert not bad, f"paid for twice, or lost from the cache: {bad[:3]}"
    return after


def main() -> int:
    """Run the trials."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds after which a kill comes at the latest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", action="store_true", help="with a response cache, one for each killed run")
    parser.add_argument("--more", action="append", default=[], help="a further option of evalrun run")
    given = parser.parse_args()
    more = ["--epochs", str(given.epochs), *given.more]
    rng, hits, left = random.Random(given.seed), 0, given.trials
    with tempfile.TemporaryDirectory() as home, server(given.latency, 0.05) as base_url:
        whole = Path(home) / "whole"
        subprocess.run(command_of(base_url, whole, more), check=True, stdout=subprocess.DEVNULL)
        for number in range(given.trials):
            if left <= 0:
                break
            folder, some = Path(home) / f"killed-{number}", min(left, rng.randint(1, 12))
            hits += kill_and_resume(
                base_url, folder, trials=some, rng=rng, longest_s=given.longest, more=more, cached=given.cache
            )
            assert content(folder) == content(whole), f"the records differ: {folder}"
            left -= some
            print(f"{given.trials - left} of {given.trials} kills, {hits} of a running process: all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())

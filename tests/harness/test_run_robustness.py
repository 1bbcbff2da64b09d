"""A run that is killed, or whose disk is full, with real processes; see also tests/speed/robustness_run_kills.py."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from evalrun.benchmarks import Suite
from evalrun.harness.cli import main
from evalrun.harness.runs.records import load_run
from evalrun.harness.serve.baselines import Reference
from evalrun.harness.serve.server import serving

from .slow_server import slowly

CORE = Suite.load("core")


@pytest.fixture
def kills(checkout: Path) -> ModuleType:
    """The script that is run by hand with a hundred trials."""
    spec = importlib.util.spec_from_file_location(
        "robustness_run_kills", checkout / "tests/speed/robustness_run_kills.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_run_killed_at_random_instants_equals_one_that_was_left_alone(kills: ModuleType, tmp_path: Path) -> None:
    more = ("--epochs", "3", "--max-retries", "9")
    with kills.server(0.1, 0.02) as base_url:
        subprocess.run(kills.command_of(base_url, tmp_path / "whole", more), check=True, stdout=subprocess.DEVNULL)
        seed = random.randrange(10**6)
        print("seed", seed)  # shown where it fails
        hits = kills.kill_and_resume(
            base_url, tmp_path / "killed", trials=8, rng=random.Random(seed), longest_s=4.0, more=more
        )
    assert kills.content(tmp_path / "killed") == kills.content(tmp_path / "whole")
    assert hits


@pytest.mark.slow
@pytest.mark.sandbox
def test_with_the_cache_a_reply_that_was_received_is_never_paid_for_again(kills: ModuleType, tmp_path: Path) -> None:
    connections, trials = 6, 6
    more = ["--generate-only", "--cache", "--cache-dir", str(tmp_path / "cache"), "--seed", "1"]
    with slowly(lambda number: 0.15) as (slow, base_url):
        for number in range(trials):
            folder = tmp_path / f"killed-{number}"  # a new folder: only the cache remembers
            hits = kills.kill_and_resume(
                base_url, folder, trials=1, rng=random.Random(number), longest_s=3.0, more=[*more, "--epochs", "3"]
            )
            assert hits in (0, 1)
            assert len(load_run(folder).samples) == 3 * len(CORE)
        again = [count for count in slow.bodies.values() if count > 1]
        assert len(slow.bodies) == 3 * len(CORE)
        assert sum(again) - len(again) <= trials * connections  # what was in flight when it was killed
        asked = slow.asked
        command = kills.command_of(base_url, tmp_path / "last", [*more, "--epochs", "3"])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert slow.asked == asked
    assert all(sample.cached for sample in load_run(tmp_path / "last").samples.values())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_stops_the_run_cleanly_and_it_goes_on_when_there_is_room(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small_disk / "run"
    with serving(Reference([CORE])) as base_url:
        command = ["run", "--suite", "core", "--model", "reference", "--base-url", base_url, "-o", str(folder)]
        command += ["--sandbox", "process", "--epochs", "3"]
        assert main(command) == 5
        shown = capsys.readouterr().err
        assert "cannot be written (No space left on device); make room or mend the disk, then resume" in shown
        assert shown.count("\n") == 1
        answered = set(load_run(folder).samples)
        assert 0 < len(answered) < 3 * len(CORE)
        subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
        assert main([*command, "--resume"]) == 0
    run = load_run(folder)
    assert answered < set(run.samples)
    assert len(run.verdicts) == len(run.samples) == 3 * len(CORE)
    assert (folder / "samples.jsonl").read_bytes().count(b"\n") == 3 * len(CORE)

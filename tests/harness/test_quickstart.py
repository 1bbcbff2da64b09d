"""`evalrun quickstart`: the whole loop on a machine without a model, a key, or Docker."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import InfraError
from evalrun.harness import sandbox
from evalrun.harness.cli import main
from evalrun.harness.commands.quickstart import choose_sandbox
from evalrun.harness.runs.records import load_run
from evalrun.harness.runs.summary import summarise


@pytest.mark.sandbox
@pytest.mark.slow
def test_the_whole_loop_works_and_shows_the_memorizer_collapse(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["quickstart", "-o", "out", "--sandbox", "process"]) == 0
    shown = capfd.readouterr().out
    verbs = [shlex.split(line)[2] for line in shown.splitlines() if line.startswith("$ evalrun ")]
    assert verbs == ["evolve", "verify", *["run"] * 8, "compare", "leaderboard"]
    page = tmp_path / "out" / "site" / "index.html"
    assert page.is_file()
    assert f"scored in the process sandbox. Open {page}" in shown
    steps = [shlex.split(line, comments=True) for line in shown.partition("\nNext:\n")[2].splitlines()]
    assert [step[1:3] for step in steps] == [["evalrun", "run"], ["evalrun", "serve"], ["evalrun", "sandbox"]]
    suites = {load_run(path).manifest["suite"]["name"] for path in (tmp_path / "out" / "runs").iterdir()}
    assert suites == {"core", "core-evolved"}
    shares = {path.name: summarise(load_run(path)).pass_at_1 for path in (tmp_path / "out" / "runs").iterdir()}
    assert shares["original--reference"] == shares["evolved--reference"] == shares["original--memorizer"] == 1.0
    assert shares["original--stub"] == shares["evolved--stub"] == 0.0
    assert shares["original--adapting-memorizer"] == 1.0
    assert (shares["evolved--memorizer"] or 0.0) < 0.1
    by_operator = _shares_by_operator(tmp_path / "out" / "runs" / "evolved--adapting-memorizer")
    assert by_operator == {"rename": 1.0, "compose_post": 0.0}


def _shares_by_operator(folder: Path) -> dict[str, float]:
    run = load_run(folder)
    passed: defaultdict[str, list[bool]] = defaultdict(list)
    for (task, _), row in run.verdicts.items():
        passed[str(run.tasks[task].operator)].append(row.verdict == "pass")
    return {operator: sum(verdicts) / len(verdicts) for operator, verdicts in passed.items()}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["quickstart", "-o", str(tmp_path)]) == 2
    assert "name a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_plain_processes_are_a_last_resort_for_the_packages_own_programs_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none_here(*_: Any, **__: Any) -> None:
        raise InfraError("no sandbox can run here")

    monkeypatch.setattr(sandbox, "open_sandbox", none_here)
    assert choose_sandbox("auto", "core") == "process"
    assert "which protect nothing" in capsys.readouterr().out
    with pytest.raises(InfraError):
        choose_sandbox("auto", "./somebody-elses-suite")
    assert choose_sandbox("docker", "core") == "docker"  # what was asked for is never replaced


def test_a_step_that_fails_ends_it_with_the_steps_exit_code(tmp_path: Path) -> None:
    # a process of its own: the docker library leaves a socket open where no engine answers
    command = [sys.executable, "-m", "evalrun.harness.cli", "quickstart", "-o", str(tmp_path / "out"), "--sandbox"]
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    done = subprocess.run([*command, "docker"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "quickstart stopped: `evalrun evolve core" in done.stderr

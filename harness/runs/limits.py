"""What each test of a run may use: found once, before the first verdict, and kept beside the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, CodeTask
from ...benchmarks.jsonio import read_jsonl, write_jsonl, writing
from ..calibration import calibrated
from ..limits import Allowance
from ..sandbox.api import Limits, Sandbox
from .records import LIMITS


def settled_limits(
    folder: Path, tasks: Mapping[str, CodeTask], sandbox: Sandbox, timeout_s: float | None, *, begun: bool
) -> dict[str, tuple[Limits, ...]]:
    """The limits of each task's tests, by task id.

    A run that has verdicts (``begun``) keeps those that it was scored with, wherever it is resumed and whatever its
    references take there. Otherwise they are found now, and recorded.
    """
    path = folder / LIMITS
    if begun and path.exists():
        return _recorded(path, tasks)
    found = calibrated(tasks.values(), sandbox, timeout_s)
    with writing(path):
        write_jsonl(path, ({"task": task, "tests": [_row(one) for one in each]} for task, each in found.items()))
    return {task: tuple(one.limits for one in each) for task, each in found.items()}


def _row(found: Allowance) -> dict[str, Any]:
    needed = found.needed
    return {
        "test": found.test,
        "cpu_s": found.limits.cpu_s,
        "wall_s": found.limits.wall,
        "memory_mb": found.limits.memory_mb,
        "origin": found.origin,
        "reference_cpu_s": needed.cpu_s if needed else None,
        "reference_wall_s": needed.wall_s if needed else None,
    }


def _recorded(path: Path, tasks: Mapping[str, CodeTask]) -> dict[str, tuple[Limits, ...]]:
    try:
        found = {
            row["task"]: tuple(
                Limits(float(test["cpu_s"]), float(test["wall_s"]), int(test["memory_mb"])) for test in row["tests"]
            )
            for row in read_jsonl(path)
        }
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: damaged ({type(error).__name__}: {error})") from error
    for task in tasks.values():
        if len(found.get(task.id, ())) != len(task.tests):
            raise BadInput(f"{path}: damaged: it does not hold the limits of each test of task {task.id}")
    return found

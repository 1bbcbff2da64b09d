"""One hostile program as a row of data: what it does, how it is tried, and which verdicts fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

Kind = Literal["check", "asserts", "calls", "file", "program"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FITTING = frozenset({"wrong", "error", "timeout", "oom", "no_answer"})
"""Verdicts that may fit an attack: never ``pass``, and never ``infra``, which would make its answer owed for ever."""

CONTROL = "control"
CATEGORIES = {
    "exit": "ends early, with a status that looks like success",
    "operators": "returns objects whose operators say yes to everything",
    "objects": "hostile `__str__`, `__repr__`, `__class__`, metaclasses, exceptions, generators, classes",
    "codec": "values made to confuse, crash or stall whoever carries and compares them",
    "protocol": "writes frames, JSON and marshal on every descriptor, truncates and replaces them; steals stdin",
    "patching": "patches builtins, unittest, json, marshal, time, os; changes what frames and gc show",
    "memory": "looks for the expected values in frames, gc, ctypes, /proc/self/mem, descriptors and files",
    "text": "surrogates, NUL, ANSI escapes and other text that breaks terminals and files",
    "bombs": "endless loops; fork, thread, memory, disk, inode, descriptor and output bombs; swallowed signals",
    "processes": "kills and stops parents, siblings and PID 1; daemons, double forks, ptrace, CLONE_PARENT",
    "refused": "tries what the kernel must refuse: files, devices, mounts, users, namespaces, limits, keys",
    "network": "connects to the network, to this machine, to abstract sockets; looks names up",
    "secrets": "looks for the host's environment, files and mounts",
    "leftovers": "leaves files, IPC, sockets, processes, patches or priority for the next answer, which looks for them",
    CONTROL: "honest programs, right and wrong: the sandbox must not be safe by failing everything",
}


@dataclass(frozen=True, slots=True)
class Attack:
    """A program, and what must come of it.

    source:
        defines ``solve(n)``; as a ``program`` the line ``print(solve(int(input())))`` follows it. A control finds the
        right answer under the name ``EXPECTED``; nothing else knows it.
    kinds:
        the kinds of test it is tried on: ``check`` (a test program judges what it returns), ``asserts`` (one that is
        plain ``assert candidate(0) == value`` lines), ``calls`` (cases as data), ``file`` (a unittest file, which calls
        every operator of the answer's classes), ``program`` (stdin and stdout).
    fitting:
        the verdicts that fit; whatever else comes is a finding.
    asks:
        for ``check`` and ``file``: the expression over ``got`` and ``expected`` that the test asserts.
    probe:
        a program of the next job, with a function ``look()`` that returns what it finds of this one; nothing is right.
    cpu_s:
        its limit of CPU seconds.
    only:
        the one kind of sandbox that promises to hold it, where not all do.
    """

    name: str
    category: str
    why: str
    source: str
    fitting: frozenset[str] = frozenset({"wrong"})
    kinds: tuple[Kind, ...] = ("check", "calls")
    asks: str = "got == expected"
    probe: str = ""
    cpu_s: float = 1.0
    only: str = ""


def row(
    category: str,
    name: str,
    why: str,
    source: str,
    fitting: str = "wrong",
    kinds: str = "check calls",
    *,
    asks: str = "got == expected",
    probe: str = "",
    cpu_s: float = 1.0,
    only: str = "",
) -> Attack:
    """A row with its sets written as words."""
    chosen = tuple(kind for kind in KINDS if kind in kinds.split())
    return Attack(name, category, why, source, frozenset(fitting.split()), chosen, asks, probe, cpu_s, only)


def rows_of(category: str) -> Callable[..., Attack]:
    """``row`` for one category."""
    return partial(row, category)

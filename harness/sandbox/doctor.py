"""What works on this machine: each kind of sandbox is started and given a right, a wrong and an endless answer."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from ...benchmarks.errors import EvalrunError
from . import Kind, open_sandbox, seccomp
from .api import CheckJob, Limits, NotHere, SandboxInfo

_TEST = "def check(candidate):\n    assert candidate(20, 22) == 42\n"
_PROBES = (
    ("def add(a, b):\n    return a + b\n", "pass", "ok"),
    ("def add(a, b):\n    return a - b\n", "wrong", "ok"),
    ("def add(a, b):\n    while True:\n        pass\n", None, "timeout"),
)
_ADVICE = {
    "docker": "the engine answers, but cannot run it; `evalrun sandbox build` may make an image that can",
    "bwrap": "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)",
    "process": "the host's Python cannot run the guest program; please report this",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one kind of sandbox did here. notes: more about it, one line each."""

    kind: Kind
    works: bool
    detail: str
    advice: str = ""
    notes: tuple[str, ...] = ()


def examine() -> Iterator[Finding]:
    """Try docker, bubblewrap and the plain process, in this order."""
    kinds: tuple[Kind, ...] = ("docker", "bwrap", "process")
    for kind in kinds:
        yield _try(kind)


def _try(kind: Kind) -> Finding:
    try:
        with open_sandbox(kind, workers=1) as sandbox:
            jobs = [CheckJob(source, "add", _TEST, limits=Limits(cpu_s=1.0)) for source, _, _ in _PROBES]
            outcomes = list(sandbox.run(jobs))
            info = sandbox.info
        notes, advice = _more(kind, info)
    except NotHere as error:
        return Finding(kind, False, error.fact, error.advice)
    except EvalrunError as error:
        return Finding(kind, False, str(error), _ADVICE[kind])
    for (_, judged, status), outcome in zip(_PROBES, outcomes, strict=True):
        if (outcome.judged, outcome.status) != (judged, status):
            detail = f"expected {judged or status}, found {outcome.judged or outcome.status} ({outcome.detail})"
            return Finding(kind, False, detail, _ADVICE[kind], notes)
    unprotected = ", NO isolation: only for code that you trust" if kind == "process" else ""
    return Finding(kind, True, f"Python {info.python}{unprotected}", advice, notes)


def _more(kind: Kind, info: SandboxInfo) -> tuple[tuple[str, ...], str]:
    """Lines about a kind that works, and what could be better about it."""
    if kind == "docker":
        return _about_docker(info)
    return (_about_bwrap(info) if kind == "bwrap" else (), "")


def _about_docker(info: SandboxInfo) -> tuple[tuple[str, ...], str]:
    from .docker_engine import connect
    from .docker_image import choose_image
    from .docker_trial import enforced_limits

    with closing(connect()) as engine:
        facts = engine.facts
        image = choose_image(engine)
        enforced = enforced_limits(engine, image.id)
    unheld = [name for name, holds in enforced.items() if not holds]
    held = [name for name, holds in enforced.items() if holds]
    notes = (
        f"engine: {facts.product} {facts.version} at {engine.address}, {'rootless' if facts.rootless else 'rootful'}, "
        f"cgroup {facts.cgroup}, storage {facts.storage}, {facts.cpus} processors",
        f"runtimes: {', '.join(facts.runtimes) or 'not told'}",
        f"image: {image.name} {info.image}",
        f"limits tried and held: {', '.join(held) or 'none'}; not held: {', '.join(unheld) or 'none'}"
        + (f"; the engine says it cannot limit: {', '.join(info.missing)}" if info.missing else ""),
    )
    return notes, _advice_on_limits(unheld, rootless=facts.rootless, cgroup=facts.cgroup)


def _advice_on_limits(unheld: list[str], *, rootless: bool, cgroup: str) -> str:
    if not unheld:
        return ""
    what = f"{' and '.join(unheld)} of all processes of a sandbox together are not limited, only those of each"
    if rootless and cgroup != "v2":
        return f"{what}: a rootless engine needs cgroup v2 (boot with systemd.unified_cgroup_hierarchy=1)"
    if rootless:
        return f"{what}: delegate the controllers cpu, cpuset, memory and pids to the user (systemd: Delegate=yes)"
    return f"{what}: switch the memory and pids controllers on (boot with cgroup_enable=memory swapaccount=1)"


def _about_bwrap(info: SandboxInfo) -> tuple[str, ...]:
    program = shutil.which("bwrap") or "bwrap"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if os.getuid() == 0:
        users = "as root: candidate and judge are users of their own, and a sandbox stays warm"
    else:
        users = "as an ordinary user: one user for all, so each answer costs a new sandbox"
    held = "filtered" if seccomp.program() is not None else f"NOT filtered on {platform.machine()}"
    return (
        f"bubblewrap: {said.removeprefix('bubblewrap ') or 'version not told'}, {users}",
        f"root filesystem: {info.image}",
        f"system calls {held}; memory and processes of all together are not limited, only those of each",
    )

"""Whether sandbox, engine and host are well after the attacks, and nothing of the run is left."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ....benchmarks.errors import InfraError
from .. import Kind as SandboxKind
from .. import open_sandbox
from ..api import Sandbox
from . import arena
from .sentinels import Planted

_PATIENCE_S = 10.0


def troubles_of(sandbox: Sandbox) -> Iterator[str]:
    """What is wrong with a sandbox: honest answers that it misjudges."""
    for deserved, score in arena.honest_scores("check", sandbox):
        if score.verdict != deserved:
            yield f"an answer that is {deserved} was judged {score.verdict} ({score.detail[:200]})"


def troubles_after(kind: SandboxKind, host: Planted, before: frozenset[int]) -> list[str]:
    """What is wrong once all sandboxes are closed: a new one that does not work, processes or containers left.

    ``before`` are the processes that descended from this one before the first sandbox was opened.
    """
    found = []
    try:
        with open_sandbox(kind, workers=1) as sandbox:
            found += [f"in a new sandbox {trouble}" for trouble in troubles_of(sandbox)]
    except InfraError as error:
        found.append(f"a new sandbox does not start: {error}")
    if harm := host.harm():
        found.append(harm)
    deadline = time.monotonic() + _PATIENCE_S
    while (left := _left(kind, before)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found + left


def descendants() -> frozenset[int]:
    """Every process that descends from this one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it ended
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        new = children.get(waiting.pop(), [])
        found.update(new)
        waiting += new
    return frozenset(found)


def _left(kind: SandboxKind, before: frozenset[int]) -> list[str]:
    processes = descendants() - before
    found = [f"{len(processes)} processes of the run are left"] if processes else []
    containers = _containers() if kind == "docker" else 0
    return [*found, f"{containers} containers of the run are left"] if containers else found


def _containers() -> int:
    """How many sandbox containers of this process the engine has."""
    from ..docker_engine import connect
    from ..docker_orphans import own_containers

    with closing(connect()) as engine:
        return len(own_containers(engine))

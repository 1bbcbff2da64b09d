"""Running untrusted code: one interface, several backends, chosen by what the machine has."""

from __future__ import annotations

import os
from typing import Literal

from ...benchmarks.errors import BadInput, InfraError
from .api import CallResult, CallsJob, CheckJob, Job, Limits, Outcome, ProgramJob, Sandbox, SandboxInfo
from .pool import SandboxPool

Kind = Literal["auto", "docker", "bwrap", "process"]
KINDS: tuple[Kind, ...] = ("auto", "docker", "bwrap", "process")

__all__ = [
    "KINDS",
    "CallResult",
    "CallsJob",
    "CheckJob",
    "Job",
    "Kind",
    "Limits",
    "Outcome",
    "ProgramJob",
    "Sandbox",
    "SandboxInfo",
    "open_sandbox",
]


def open_sandbox(kind: Kind = "auto", *, workers: int | None = None) -> SandboxPool:
    """A sandbox, to be used as a context manager.

    ``auto`` takes a Docker engine where one answers (its image is made from the host's Python at first use), else
    bubblewrap, else it refuses with an InfraError that says what to do. ``process`` isolates nothing and must be asked
    for by name. ``workers`` defaults to the number of processors this process may use.
    """
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 1:
        raise BadInput(f"--workers {count}: at least 1 is needed")
    if kind == "docker":
        return _docker(count)
    if kind == "bwrap":
        return _bwrap(count)
    if kind == "process":
        return _process(count)
    if kind != "auto":
        raise BadInput(f"--sandbox {kind}: choose one of {', '.join(KINDS)}")
    reasons = []
    for attempt in (_docker, _bwrap):
        try:
            return attempt(count)
        except InfraError as error:
            reasons.append(str(error))
    raise InfraError(
        f"no sandbox can run here: {'; '.join(reasons)}. For code that you trust, --sandbox process runs it unprotected"
    )


def _docker(workers: int) -> SandboxPool:
    from . import docker_engine

    client = docker_engine.connect()
    name = docker_engine.image_name()
    try:
        image = docker_engine.image_digest(client, name) or docker_engine.build_from_host(client, name)
    except BaseException:
        client.close()
        raise
    return SandboxPool(docker_engine.DockerBackend(client, name), "docker", workers=workers, image=image)


def _bwrap(workers: int) -> SandboxPool:
    from .bwrap import BwrapBackend

    return SandboxPool(BwrapBackend(), "bwrap", workers=workers)


def _process(workers: int) -> SandboxPool:
    from .process import ProcessBackend

    return SandboxPool(ProcessBackend(), "process", workers=workers)

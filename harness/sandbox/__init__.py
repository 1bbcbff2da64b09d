"""Running untrusted code: one interface, several backends, chosen by what the machine has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...benchmarks.errors import BadInput, InfraError
from .api import CallResult, CallsJob, CheckJob, Job, Limits, NotHere, Outcome, ProgramJob, Sandbox, SandboxInfo
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


@dataclass(frozen=True, slots=True)
class _Wish:
    workers: int
    requires: tuple[str, ...]
    runtime: str | None
    fresh: bool


def open_sandbox(
    kind: Kind = "auto",
    *,
    workers: int | None = None,
    requires: Iterable[str] = (),
    runtime: str | None = None,
    fresh: bool = False,
) -> SandboxPool:
    """A sandbox, to be used as a context manager.

    kind: ``auto`` takes a Docker engine where one answers (its image is made from the host's Python at first use), else
    bubblewrap, else it refuses with an InfraError that says what to do. ``process`` isolates nothing and must be asked
    for by name. workers: how many at a time; by default the number of processors this process may use. requires: what
    answers may import beside the standard library, as PEP 508 requirements (``numpy``, ``pandas>=2``). runtime: the
    engine's runtime, such as runsc or kata. fresh: a sandbox of its own for every job.
    """
    from ...benchmarks.requires import parse_requirements

    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 1:
        raise BadInput(f"--workers {count}: at least 1 is needed")
    if kind not in KINDS:
        raise BadInput(f"--sandbox {kind}: choose one of {', '.join(KINDS)}")
    if runtime is not None and kind in ("bwrap", "process"):
        raise BadInput(f"--runtime {runtime[:60]}: only an engine has runtimes; use --sandbox docker")
    wish = _Wish(count, parse_requirements(requires), runtime, fresh)
    if kind == "docker":
        return _docker_or_else(wish)
    if kind == "bwrap":
        return _bwrap(wish)
    if kind == "process":
        return _process(wish)
    reasons = []
    for attempt in (_docker, _bwrap) if runtime is None else (_docker,):
        try:
            return attempt(wish)
        except InfraError as error:
            reasons.append(str(error))
    either = "one of two would do: " if len(reasons) > 1 else ""
    numbered = [f"({number}) {told}" if either else told for number, told in enumerate(reasons, 1)]
    raise InfraError(
        f"no sandbox can run here; {either}{' '.join(numbered)}. "
        "For code that you trust, --sandbox process runs it unprotected"
    )


def _docker_or_else(wish: _Wish) -> SandboxPool:
    """Docker; where no engine answers, its error names bubblewrap if that is here and would do."""
    from .bwrap import is_installed

    try:
        return _docker(wish)
    except NotHere as error:
        if wish.runtime is None and is_installed():
            raise NotHere(error.fact, f"{error.advice}; or use --sandbox bwrap") from error
        raise


def _docker(wish: _Wish) -> SandboxPool:
    from .docker_container import DockerBackend
    from .docker_engine import connect
    from .docker_image import choose_image
    from .docker_orphans import remove_orphans

    engine = connect()
    try:
        remove_orphans(engine)  # what cannot be removed is no reason not to start; `evalrun sandbox prune` tells of it
        image = choose_image(engine, wish.requires)
        backend = DockerBackend(engine, image, runtime=wish.runtime)
    except BaseException:
        engine.close()
        raise
    about = {
        "requires": image.pins,
        "runtime": wish.runtime or "",
        "missing": engine.facts.missing,
        "fresh": wish.fresh,
    }
    return SandboxPool(backend, "docker", workers=wish.workers, image=image.id, fresh=wish.fresh, about=about)


def _bwrap(wish: _Wish) -> SandboxPool:
    from .bwrap import BwrapBackend
    from .rootfs import recipe

    made_of = recipe(wish.requires)
    backend = BwrapBackend(made_of)
    about = {"requires": made_of.pins, "missing": ("memory", "swap", "pids", "cpus"), "fresh": wish.fresh}
    image = f"rootfs:{made_of.key}"
    return SandboxPool(backend, "bwrap", workers=wish.workers, image=image, fresh=wish.fresh, about=about)


def _process(wish: _Wish) -> SandboxPool:
    from .process import ProcessBackend, installed

    about = {"requires": installed(wish.requires), "fresh": wish.fresh}
    return SandboxPool(ProcessBackend(), "process", workers=wish.workers, fresh=wish.fresh, about=about)

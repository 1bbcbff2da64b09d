"""What works on this machine: each kind of sandbox is started and given a right, a wrong and an endless answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...benchmarks.errors import InfraError
from . import Kind, open_sandbox
from .api import CheckJob, Limits

_TEST = "def check(candidate):\n    assert candidate(20, 22) == 42\n"
_PROBES = (
    ("def add(a, b):\n    return a + b\n", "pass", "ok"),
    ("def add(a, b):\n    return a - b\n", "wrong", "ok"),
    ("def add(a, b):\n    while True:\n        pass\n", None, "timeout"),
)
_ADVICE = {
    "docker": "install a Docker engine and start it (Debian: apt-get install docker.io), or join its group",
    "bwrap": "install bubblewrap (Debian: apt-get install bubblewrap) and allow unprivileged user namespaces",
    "process": "the host's Python cannot run the guest program; please report this",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one kind of sandbox did here."""

    kind: Kind
    works: bool
    detail: str
    advice: str = ""


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
    except InfraError as error:
        return Finding(kind, False, str(error), _ADVICE[kind])
    for (_, judged, status), outcome in zip(_PROBES, outcomes, strict=True):
        if (outcome.judged, outcome.status) != (judged, status):
            detail = f"expected {judged or status}, found {outcome.judged or outcome.status} ({outcome.detail})"
            return Finding(kind, False, detail, _ADVICE[kind])
    unprotected = ", NO isolation: only for code that you trust" if kind == "process" else ""
    image = f", image {info.image.removeprefix('sha256:')[:12]}" if info.image else ""
    return Finding(kind, True, f"Python {info.python}{image}{unprotected}")

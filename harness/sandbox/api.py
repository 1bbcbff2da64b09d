"""What a sandbox is asked and what it answers; every backend speaks these types.

Three trust domains: the *host* (this process) never runs answers or tests; the *candidate* runs the answer and sees
inputs only; the *judge* runs assert-style test programs. A job names what each of them gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Protocol

from ...benchmarks.errors import InfraError

LARGE = 100_000
Status = Literal["ok", "error", "timeout", "oom", "infra"]


class NotHere(InfraError):
    """A kind of sandbox stands on a program that is not installed or does not run here: that, and what would help."""

    def __init__(self, fact: str, advice: str) -> None:
        super().__init__(f"{fact}; {advice}")
        self.fact = fact
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use.

    cpu_s: CPU seconds of the answer's process. wall_s: wall-clock seconds; None means 2 x cpu_s + 1. memory_mb: address
    space of one process, MiB. processes: processes and threads. output_bytes: what it may print before it is stopped.
    file_mb: largest file.
    """

    cpu_s: float = 3.0
    wall_s: float | None = None
    memory_mb: int = 1024
    processes: int = 32
    output_bytes: int = 8_000_000
    file_mb: int = 32

    @property
    def wall(self) -> float:
        """The effective wall-clock limit in seconds."""
        return 2 * self.cpu_s + 1 if self.wall_s is None else self.wall_s


REFERENCE_LIMITS = Limits(cpu_s=60.0, wall_s=90.0, memory_mb=4096)
"""What a trusted reference may use while its values are computed."""


@dataclass(frozen=True, slots=True)
class RightRows:
    """What a candidate writes when every value that it returns is exactly the right one (``wire.all_right``).

    rows: of each call, in order. written: all of them as they come back, so that one comparison of bytes can tell.
    """

    rows: tuple[bytes, ...]
    written: bytes


@dataclass(frozen=True, slots=True)
class CallsJob:
    """Run ``source``, then call ``entry_point`` once per item of ``calls`` and return what it returns.

    An item is a tuple of plain-data arguments, or a text: Python source of an argument list, evaluated in the
    candidate. With ``entry_point`` None each item must be a text, whose tuple of values is itself the result. Results
    that take more than ``large`` bytes come back as digests. ``packed`` is ``wire.pack_calls(calls)``, where many jobs
    share their calls. ``right`` spares the host reading the results where they are the right ones byte for byte: then
    the outcome's calls hold its very rows. It is never sent to the sandbox.
    """

    source: str
    entry_point: str | None
    calls: tuple[tuple[Any, ...] | str, ...]
    limits: Limits = Limits()
    large: int | None = None
    packed: bytes | None = None
    right: RightRows | None = None


@dataclass(frozen=True, slots=True)
class CheckJob:
    """Run ``prelude`` and ``program`` in the judge, then ``check(candidate)`` with the candidate behind a proxy.

    ``values`` is plain data the program finds under the name ``VALUES``. With ``objects`` classes are under test, and
    ``operators`` (``len``, ``contains``, ``add``: names without underscores) of theirs are called where the program
    uses them (see ``guest/judge.py``). ``names`` are methods that plain data has too, and may be called on the answer's
    objects all the same (``*``: all), and pairs (``sub:abs``) of what may be asked of an operator's result. With
    ``learns`` everything may, and the detail of a pass names what would need it. With ``entry_point`` None the
    candidate is the answer's module. Without ``may_share`` a test that passes what cannot cross the border gets no
    verdict, instead of another run in one process with the answer.
    """

    source: str
    entry_point: str | None
    program: str
    prelude: str = ""
    values: Any = None
    limits: Limits = Limits()
    objects: bool = False
    operators: tuple[str, ...] = ()
    may_share: bool = True
    names: tuple[str, ...] = ()
    learns: bool = False


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """Run ``source`` as ``__main__`` with ``stdin`` and capture what it prints."""

    source: str
    stdin: str = ""
    limits: Limits = Limits()


Job = CallsJob | CheckJob | ProgramJob


@dataclass(frozen=True, slots=True)
class CallResult:
    """What one call gave: a plain value, or the exception that ended it.

    ``raised`` is the exception's class name, or ``"unplain"`` for a value that cannot cross (too deep); then ``value``
    is None. ``digest`` (hexadecimal BLAKE2b of the value's marshal version 2) stands for a large value, where the job
    allowed it: equal digests mean equal values of equal
    types (an answer can only know it by having the value), different ones may still be equal under a tolerant
    comparison.
    """

    value: Any = None
    raised: str | None = None
    message: str = ""
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to a job.

    status:
        ``ok``: the answer's process ended by itself within its limits (calls may still have raised); ``error``: it did
        not load, crashed, vanished or printed too much; ``timeout``; ``oom``; ``infra``: the sandbox failed, not the
        answer.
    detail:
        a short untrusted text for people (exception, signal, ...).
    calls:
        results of a CallsJob, in order; shorter than the job's calls when the process ended early.
    judged:
        a CheckJob's verdict: ``pass``, ``wrong`` (an assertion failed) or ``error``; None when the judge could not
        decide.
    shielded:
        False when the answer ran in one process with its tests.
    over_wall:
        whether a time-out is the wall clock's, which may be the machine's doing; CPU time is the answer's own.
    """

    status: Status
    detail: str = ""
    calls: Sequence[CallResult] = ()
    judged: Literal["pass", "wrong", "error"] | None = None
    stdout: bytes = b""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    max_rss_mb: float = 0.0
    shielded: bool = True
    over_wall: bool = False


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """What a run's manifest records of the sandbox.

    requires: the packages in it beside Python, each ``name==version``. runtime: the engine's runtime, where one was
    asked for. missing: what the engine cannot limit for all processes of a sandbox together (memory, swap, pids, cpus,
    inodes, namespaces). fresh: whether every answer gets a sandbox of its own.
    """

    kind: Literal["docker", "bwrap", "process"]
    python: str
    image: str = ""
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    requires: tuple[str, ...] = ()
    runtime: str = ""
    missing: tuple[str, ...] = ()
    fresh: bool = False

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        limits = {name: getattr(self.limits, name) for name in Limits.__dataclass_fields__}
        return {
            "kind": self.kind,
            "python": self.python,
            "image": self.image,
            "workers": self.workers,
            "limits": limits,
            "requires": list(self.requires),
            "runtime": self.runtime,
            "missing": list(self.missing),
            "fresh": self.fresh,
        }


class TakesJobs(Protocol):
    """What scoring needs of a sandbox."""

    @property
    def info(self) -> SandboxInfo:
        """What to record of this sandbox."""

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Queue one job; the future never raises for what an answer does, only for a closed sandbox.

        With ``alone`` it runs when no other job does.
        """


class Sandbox(TakesJobs, Protocol):
    """Runs jobs under limits; use it as a context manager."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Run many jobs in parallel, a bounded number ahead; outcomes come in the order of the jobs."""

    def __enter__(self) -> Sandbox:
        """Start."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Stop everything and leave nothing behind."""

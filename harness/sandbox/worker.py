"""One warm sandbox and the conversation with the guest in it: jobs go ahead, answers come back in their order."""

from __future__ import annotations

import json
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal, Protocol

from ... import benchmarks
from ...benchmarks.errors import InfraError
from ...benchmarks.jsonio import text_digest
from . import seccomp, wire
from .api import Job, Outcome

Mode = Literal["uids", "single", "open"]

# The whole program that the sandbox's command line carries: it reads the supervisor from its standard input and becomes
# it.
BOOT = (
    "import os\n"
    "def take(n):\n"
    "    b=b''\n"
    "    while len(b)<n:\n"
    "        p=os.read(0,n-len(b))\n"
    "        if not p: raise SystemExit(72)\n"
    "        b+=p\n"
    "    return b\n"
    "exec(compile(take(int.from_bytes(take(4),'big')),'<guest>','exec'))\n"
)
JUDGE_HOME = "/judge"
"""Where judges keep their files where they are other users than candidates, who cannot enter."""
START_S = 30.0
REPLY_GRACE_S = 45.0  # more than a guest adds to a job's limit when the machine is busy (MOST_WAITED_S)
MAX_FRAME = 256 * 1024 * 1024
_GUEST_FILES = ("zygote", "start", "remote", "changes", "border", "judge", "candidate")
_CODEC = ("plain", "plain_arrays")


class BrokenSandbox(Exception):
    """The guest answered something that is no answer, fell silent, or could not start a job."""


class UnsendableJob(Exception):
    """A job that cannot be written as frames; its cause says why. Nothing was sent."""


class Transport(Protocol):
    """A started sandbox's standard streams."""

    def send(self, data: bytes) -> None:
        """Write to the guest; OSError when it is gone."""

    def receive(self, timeout: float) -> bytes:
        """What has come; nothing after ``timeout`` seconds of silence; EOFError when the guest is gone."""

    def interrupt(self) -> None:
        """Make a ``receive`` that waits in another thread fail at once; ``close`` must still follow."""

    def close(self) -> None:
        """End the sandbox and everything in it."""

    def last_words(self) -> str:
        """What it wrote on standard error, and how it ended, for a message."""


class Backend(Protocol):
    """Starts sandboxes of one kind."""

    mode: Mode

    def start(self, worker: int) -> Transport:
        """Start one sandbox that runs BOOT; InfraError says why it cannot."""

    def close(self) -> None:
        """Free what the backend itself holds, after its last sandbox has ended."""


def _source(name: str) -> str:
    return resources.files(f"{__package__}.guest").joinpath(f"{name}.py").read_text(encoding="utf-8")


@cache
def _sources() -> dict[str, str]:
    codec = {name: resources.files(benchmarks).joinpath(f"{name}.py").read_text(encoding="utf-8") for name in _CODEC}
    return {**{name: _source(name) for name in _GUEST_FILES}, **codec}


@cache
def guest_digest() -> str:
    """SHA-256 of the guest's programs and its codec."""
    return text_digest(_source("supervisor") + "".join(text for _, text in sorted(_sources().items())))


@dataclass(slots=True)
class Ticket:
    """A job on its way: who waits for it is the pool's business."""

    job: Job
    nonce: str | None = None
    failures: int = 0
    killed: bool = False
    careful: bool = False
    """Whether it must be the only job in its sandbox: a sandbox broke while this one was under way."""


@dataclass(slots=True)
class Answer:
    """What came back: the first ticket's outcome, or the tickets that the guest has not begun."""

    ticket: Ticket | None = None
    outcome: Outcome | None = None
    unexplained: bool = False
    """Whether a process of the job was killed by nobody we know."""
    recalled: list[Ticket] = field(default_factory=list)


class Worker:
    """A sandbox with jobs in flight; it is started when needed and replaced after ``reset``."""

    def __init__(self, backend: Backend, number: int, uid: int, home: str = "/tmp") -> None:
        self._backend = backend
        self._number = number
        self._uid = uid
        self._home = home
        self._transport: Transport | None = None
        self._inbox = bytearray()
        self._sent = 0
        self._stopped = False
        self._head_since = 0.0
        self._recalling = False
        self.held_up = False
        """Whether the job at work is a long one, so that what comes after it was called back."""
        self.in_flight: deque[tuple[int, Ticket]] = deque()
        self.bytes_in_flight = 0
        self._sizes: deque[int] = deque()
        self.python = ""

    def start(self) -> None:
        """Start the sandbox now (otherwise the first job does)."""
        if self._transport is None:
            self._transport = self._boot()
            if self._stopped:
                raise EOFError("the sandbox was closed")

    def _boot(self) -> Transport:
        transport = self._backend.start(self._number)
        mode = self._backend.mode
        config = {
            "mode": mode,
            "uid": self._uid,
            "slot": self._number,
            "home": self._home,
            "judge_home": JUDGE_HOME,
            "sources": _sources(),
            "profiles": wire.PROFILES,
            "filters": {machine: made.hex() for machine, made in seccomp.doors().items()} if mode == "uids" else {},
            "start": ["lean", "full"] if mode == "uids" else [],
        }
        self._inbox.clear()
        try:
            transport.send(wire.frame(_source("supervisor").encode()) + wire.frame(json.dumps(config).encode()))
            ready = json.loads(self._frame(transport, time.monotonic() + START_S))
            self.python = str(ready["python"])
        except (OSError, EOFError, TimeoutError, BrokenSandbox, ValueError, KeyError, TypeError) as error:
            transport.close()
            words = transport.last_words()
            raise InfraError(f"the sandbox did not start ({error or type(error).__name__}): {words}") from error
        return transport

    def close(self) -> str:
        """End the sandbox; its last words."""
        transport, self._transport = self._transport, None
        self._inbox.clear()
        if transport is None:
            return ""
        transport.close()
        return transport.last_words()

    def stop(self) -> None:
        """Call off the jobs that run, from another thread: they become ``infra``; ``close`` must follow."""
        self._stopped = True
        transport = self._transport
        if transport is not None:
            transport.interrupt()

    def send(self, ticket: Ticket) -> None:
        """Send one job after those in flight; OSError, EOFError or InfraError when there is no sandbox to take it."""
        try:
            data = wire.request(ticket.job, self._sent + 1, ticket.nonce)
        except Exception as error:
            raise UnsendableJob from error
        self._sent += 1
        self.in_flight.append((self._sent, ticket))
        self._sizes.append(len(data))
        self.bytes_in_flight += len(data)
        self.start()
        if self._transport is None:
            raise EOFError
        if len(self.in_flight) == 1:
            self._head_since = time.monotonic()
        self._transport.send(data)

    def recall(self) -> None:
        """Ask for the jobs that have not begun; ``receive`` brings them."""
        if not self._recalling and self._transport is not None:
            self._recalling = self.held_up = True
            self._transport.send(wire.recall())

    def receive(self, timeout: float) -> Answer | None:
        """The next answer, or None after ``timeout`` seconds without one.

        BrokenSandbox, OSError or EOFError when the sandbox is broken: then ``reset`` must follow.
        """
        transport = self._transport
        if transport is None or not self.in_flight:
            raise BrokenSandbox("nothing was sent")
        number, ticket = self.in_flight[0]
        silent_at = self._head_since + ticket.job.limits.wall + REPLY_GRACE_S
        try:
            first = self._frame(transport, time.monotonic() + timeout)
        except TimeoutError:
            if time.monotonic() > silent_at:
                raise BrokenSandbox("the sandbox is silent") from None
            return None
        if self._recalling and first.startswith(b'{"recalled"'):
            return Answer(recalled=self._recalled(first))
        report = wire.report(first)
        parts = [self._frame(transport, time.monotonic() + REPLY_GRACE_S) for _ in range(3)]
        if report is None or report.fault or report.number != number:
            raise BrokenSandbox(report.fault if report and report.fault else "the guest's report cannot be read")
        outcome = wire.outcome(ticket.job, ticket.nonce, report, parts)
        self._drop_head()
        if not report.clean:
            self.close()
        return Answer(ticket, outcome, wire.unexplained(report, parts[2]))

    def _drop_head(self) -> None:
        self.in_flight.popleft()
        self.bytes_in_flight -= self._sizes.popleft()
        self.held_up = False
        self._head_since = time.monotonic()

    def _recalled(self, frame: bytes) -> list[Ticket]:
        self._recalling = False
        try:
            numbers = set(json.loads(frame)["recalled"])
        except (ValueError, KeyError, TypeError):
            raise BrokenSandbox("the guest's report cannot be read") from None
        back = [ticket for number, ticket in self.in_flight if number in numbers]
        kept = [
            (entry, size) for entry, size in zip(self.in_flight, self._sizes, strict=True) if entry[0] not in numbers
        ]
        self.in_flight = deque(entry for entry, _ in kept)
        self._sizes = deque(size for _, size in kept)
        self.bytes_in_flight = sum(self._sizes)
        return back

    @property
    def is_open(self) -> bool:
        """Whether a sandbox is running."""
        return self._transport is not None

    def reset(self) -> tuple[list[Ticket], str]:
        """End the sandbox; the tickets that were in flight, and its last words."""
        words = self.close()
        tickets = [ticket for _, ticket in self.in_flight]
        self.in_flight.clear()
        self._sizes.clear()
        self.bytes_in_flight = 0
        self._recalling = self.held_up = False
        return tickets, words

    def _frame(self, transport: Transport, deadline: float) -> bytes:
        while True:
            if len(self._inbox) >= 4:
                (length,) = struct.unpack_from(">I", self._inbox)
                if length > MAX_FRAME:
                    raise BrokenSandbox(f"the guest announced {length} bytes")
                if len(self._inbox) >= 4 + length:
                    taken = bytes(self._inbox[4 : 4 + length])
                    del self._inbox[: 4 + length]
                    return taken
            part = transport.receive(deadline - time.monotonic())
            if not part and time.monotonic() >= deadline:
                raise TimeoutError("the sandbox is silent")
            self._inbox += part


def describe_fault(error: BaseException) -> str:
    """A sandbox's fault as a short text."""
    return str(error) if isinstance(error, InfraError) else f"{type(error).__name__} {error}".strip()


def infra(detail: Any) -> Outcome:
    """The outcome of a job that the sandbox failed."""
    return Outcome(status="infra", detail=str(detail)[:500])

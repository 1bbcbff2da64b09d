"""One warm sandbox and the conversation with the guest in it; broken or dirty sandboxes are replaced."""

from __future__ import annotations

import json
import struct
from importlib import resources
from pathlib import Path
from typing import Literal, Protocol

from ...benchmarks import plain
from ...benchmarks.errors import InfraError
from ...benchmarks.jsonio import text_digest
from . import wire
from .api import CheckJob, Job, Outcome

Mode = Literal["uids", "single", "open"]

# The whole program that the sandbox's command line carries: it reads the guest from its standard input and becomes it.
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
START_S = 30.0
REPLY_GRACE_S = 15.0


MAX_FRAME = 256 * 1024 * 1024


class BrokenSandbox(Exception):
    """The guest answered something that is no answer, or could not start a job."""


class Transport(Protocol):
    """A started sandbox's standard streams."""

    ended_by_job: bool
    """Whether, after ``close``, the sandbox is known to have been ended by the job inside it."""

    def send(self, data: bytes) -> None:
        """Write to the guest; OSError when it is gone."""

    def receive(self, count: int, timeout: float) -> bytes:
        """Read exactly ``count`` bytes; EOFError when it is gone, TimeoutError after ``timeout`` seconds."""

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


def guest_source() -> str:
    """The guest program's source."""
    return resources.files(__package__ or "").joinpath("guest.py").read_text(encoding="utf-8")


def guest_digest() -> str:
    """SHA-256 of the guest program and its codec."""
    return text_digest(guest_source() + _codec_source())


def _codec_source() -> str:
    return Path(plain.__file__).read_text(encoding="utf-8")


class Worker:
    """Runs one job at a time in a warm sandbox."""

    def __init__(self, backend: Backend, number: int, uid: int, home: str = "/tmp", *, fresh: bool = False) -> None:
        self._backend = backend
        self._number = number
        self._uid = uid
        self._home = home
        self._fresh = fresh
        self._transport: Transport | None = None
        self._stopped = False
        self.python = ""

    def start(self) -> None:
        """Start the sandbox now (otherwise the first job does)."""
        if self._transport is None:
            self._transport = self._boot()
            if self._stopped:
                raise EOFError("the sandbox was closed")

    def _boot(self) -> Transport:
        transport = self._backend.start(self._number)
        config = {"mode": self._backend.mode, "uid": self._uid, "home": self._home}
        try:
            hello = (
                wire.frame(guest_source().encode())
                + wire.frame(json.dumps(config).encode())
                + wire.frame(_codec_source().encode())
            )
            transport.send(hello)
            ready = json.loads(_receive_frame(transport, START_S))
            self.python = str(ready["python"])
        except (OSError, EOFError, TimeoutError, BrokenSandbox, ValueError, KeyError, TypeError) as error:
            transport.close()
            words = transport.last_words()
            raise InfraError(f"the sandbox did not start ({error or type(error).__name__}): {words}") from error
        return transport

    def close(self) -> None:
        """End the sandbox."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def stop(self) -> None:
        """Call off the job that runs, from another thread: it becomes ``infra``; ``close`` must follow."""
        self._stopped = True
        transport = self._transport
        if transport is not None:
            transport.interrupt()

    def run(self, job: Job) -> Outcome:
        """Run a job; a sandbox that breaks is replaced and the job tried once more before it is called ``infra``."""
        found = self._attempt(job, None)
        if found.judged is None and found.status == "ok" and isinstance(job, CheckJob):
            return self._attempt(job, wire.new_nonce())
        return found

    def _attempt(self, job: Job, nonce: str | None) -> Outcome:
        fault = ""
        blamed = 0
        for _ in range(2):
            if self._stopped:
                return Outcome(status="infra", detail="the sandbox was closed")
            try:
                self.start()
                return self._converse(job, nonce)
            except (OSError, EOFError, TimeoutError, BrokenSandbox) as error:
                fault = f"{type(error).__name__} {error}".strip()
                transport, self._transport = self._transport, None
                if transport is not None:
                    transport.close()
                    fault += f"; {transport.last_words()}"
                    blamed += transport.ended_by_job
            except InfraError as error:
                fault = str(error)
        if blamed == 2:
            return Outcome(status="error", detail="the answer ended the sandbox it ran in, twice")
        return Outcome(status="infra", detail=f"the sandbox broke twice on this job: {fault}"[:500])

    def _converse(self, job: Job, nonce: str | None) -> Outcome:
        transport = self._transport
        if transport is None:
            raise EOFError
        transport.send(wire.request(job, nonce))
        report = wire.report(_receive_frame(transport, job.limits.wall + REPLY_GRACE_S))
        parts = [_receive_frame(transport, REPLY_GRACE_S) for _ in range(3)]
        if report is None or report.fault:
            raise BrokenSandbox(report.fault if report else "the guest's report cannot be read")
        if not report.clean or self._fresh:
            self.close()
        return wire.outcome(job, nonce, report, parts)


def _receive_frame(transport: Transport, timeout: float) -> bytes:
    (length,) = struct.unpack(">I", transport.receive(4, timeout))
    if length > MAX_FRAME:
        raise BrokenSandbox(f"the guest announced {length} bytes")
    return transport.receive(length, REPLY_GRACE_S) if length else b""

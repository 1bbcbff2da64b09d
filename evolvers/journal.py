"""Nothing proven is lost: outcomes of finished jobs are written down, and an interrupted evolution goes on from there.

The journal stands beside the new suite's folder (``.NAME.journal``) and is deleted when the suite is written. A job is
known by a digest of all that decides its outcome: its program, its calls, its limits, and the sandbox's kind and
Python. What is read back is data, and ``evalrun verify`` never reads it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, TextIO

from ..benchmarks import BadInput
from ..benchmarks.plain import PlainError, decode, encode
from ..harness.sandbox.api import CallResult, CallsJob, Job, Outcome, Sandbox, SandboxInfo
from ..harness.sandbox.wire import pack_calls

_AHEAD = 16


class Journal:
    """A sandbox that remembers. Only jobs of calls that ended well are kept; everything else is run again."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        """BadInput when the file cannot be written, or another process is writing it."""
        self._sandbox, self._path, self._lock = sandbox, path, Lock()
        self._file: TextIO | None = _held(path)
        self._known = _read(path)
        self.remembered = len(self._known)

    @property
    def info(self) -> SandboxInfo:
        """The sandbox's."""
        return self._sandbox.info

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Run one job, unless its outcome is known."""
        if not isinstance(job, CallsJob):
            return self._sandbox.submit(job, alone=alone)
        job = job if job.packed is not None else replace(job, packed=pack_calls(job.calls))
        name = self._name(job)
        known = self._known.get(name)
        if known is not None:
            ready: Future[Outcome] = Future()
            ready.set_result(known)
            return ready
        future = self._sandbox.submit(job, alone=alone)
        future.add_done_callback(lambda done: self._keep(name, done))
        return future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Run many jobs in parallel, a bounded number ahead; outcomes come in the order of the jobs."""
        waiting: deque[Future[Outcome]] = deque()
        for job in jobs:
            waiting.append(self.submit(job))
            if len(waiting) >= _AHEAD * self.info.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the sandbox stays open."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def discard(self) -> None:
        """The suite is written: the journal is of no more use. It is taken away while it is held, and before another
        process can begin to write it."""
        self._path.unlink(missing_ok=True)
        self.close()

    def _name(self, job: CallsJob) -> str:
        info = self.info
        said = [job.source, job.entry_point, repr(job.limits), job.large, info.kind, info.python, info.image]
        text = hashlib.sha256(json.dumps(said).encode("utf-8", "surrogatepass"))
        text.update(job.packed or b"")
        return text.hexdigest()

    def _keep(self, name: str, done: Future[Outcome]) -> None:
        if done.cancelled() or done.exception() is not None or done.result().status != "ok":
            return
        try:
            line = json.dumps({"job": name, "calls": [_told(result) for result in done.result().calls]})
        except (PlainError, ValueError):
            return
        with self._lock:
            if self._file is not None:
                self._file.write(line + "\n")
                self._file.flush()


def _held(path: Path) -> TextIO:
    """The file, open for this process alone: two that make one suite would write into each other's lines, and the one
    that ends first would take the journal away. The kernel lets go of it when the process ends, however it ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror or error})") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = os.path.samestat(os.fstat(file.fileno()), path.stat())  # or its holder took it away meanwhile
    except (BlockingIOError, FileNotFoundError):
        free = False
    except OSError:  # a file system that knows no locks
        free = True
    if not free:
        file.close()
        raise BadInput(f"{path}: another process is at work on this output; wait for it, or choose another with -o")
    _end_torn_line(file)
    return file


def _end_torn_line(file: TextIO) -> None:
    """Keep what is written next from becoming the rest of a line that a kill cut off."""
    end = file.seek(0, os.SEEK_END)
    if end:
        with open(file.fileno(), "rb", closefd=False) as raw:
            raw.seek(-1, os.SEEK_END)
            torn = raw.read(1) != b"\n"
        file.seek(0, os.SEEK_END)
        if torn:
            file.write("\n")
            file.flush()


def _told(result: CallResult) -> Any:
    if result.raised is not None:
        return {"raised": result.raised, "message": result.message}
    return {"digest": result.digest} if result.digest is not None else {"value": encode(result.value)}


def _read(path: Path) -> dict[str, Outcome]:
    """The outcomes of a journal; a torn line, as a kill may leave it, is passed over."""
    found: dict[str, Outcome] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return found
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    for line in lines:
        try:
            row = json.loads(line)
            calls = tuple(_result(each) for each in row["calls"])
            found[str(row["job"])] = Outcome("ok", calls=calls)
        except (ValueError, KeyError, TypeError, AttributeError, PlainError, RecursionError):
            continue
    return found


def _result(data: Any) -> CallResult:
    if "raised" in data:
        return CallResult(raised=str(data["raised"]), message=str(data.get("message", "")))
    if "digest" in data:
        return CallResult(digest=str(data["digest"]))
    return CallResult(value=decode(data["value"]))

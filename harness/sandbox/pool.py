"""A sandbox made of several workers, each a thread with a warm sandbox of its own."""

from __future__ import annotations

import queue
import secrets
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Literal

from ...benchmarks.errors import InfraError
from .api import Job, Limits, Outcome, SandboxInfo
from .worker import Backend, Worker

_AHEAD_PER_WORKER = 8


class SandboxPool:
    """Implements ``Sandbox`` over any backend."""

    def __init__(
        self,
        backend: Backend,
        kind: Literal["docker", "bwrap", "process"],
        *,
        workers: int,
        image: str = "",
        fresh: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """about: further fields of ``info``."""
        if workers < 1:
            raise ValueError("workers must be at least 1")
        self._kind: Literal["docker", "bwrap", "process"] = kind
        self._image = image
        self._about = dict(about or {})
        self._backend = backend
        self._home = tempfile.mkdtemp(prefix="evalrun-") if backend.mode == "open" else None
        # User ids far from any real one, and different for every worker of every pool on this machine: the kernel
        # counts processes per user id across containers.
        base = 1_000_000 + secrets.randbelow(100_000_000) * 10
        self._workers = [
            Worker(backend, i, base + 3 * i, self._home or "/tmp", fresh=fresh) for i in range(workers)
        ]
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Outcome]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def info(self) -> SandboxInfo:
        """What to record of this sandbox."""
        return SandboxInfo(
            self._kind, self._workers[0].python, self._image, len(self._workers), Limits(), **self._about
        )

    def __enter__(self) -> SandboxPool:
        try:
            self._workers[0].start()
        except InfraError:
            self._stop()
            raise
        for worker in self._workers:
            thread = threading.Thread(target=self._work, args=(worker,), daemon=True, name="evalrun-sandbox")
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        while not self._jobs.empty():  # what nobody waits for any more
            waiting = self._jobs.get()
            if waiting is not None:
                waiting[1].cancel()
        for _ in self._threads:
            self._jobs.put(None)
        for worker in self._workers:
            worker.stop()  # also under a running job: nobody waits for it any more
        for thread in self._threads:
            thread.join()
        self._threads = []
        for worker in self._workers:
            worker.close()
        self._backend.close()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    def _work(self, worker: Worker) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(worker.run(job))
            except BaseException as error:  # the single point where a worker's fault reaches whoever waits for the job
                future.set_exception(error)
        worker.close()

    def submit(self, job: Job) -> Future[Outcome]:
        """Queue one job."""
        if not self._threads:
            raise InfraError("the sandbox is closed")
        future: Future[Outcome] = Future()
        self._jobs.put((job, future))
        return future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Run many jobs in parallel, a bounded number ahead; outcomes come in the order of the jobs."""
        ahead = _AHEAD_PER_WORKER * len(self._workers)
        waiting: deque[Future[Outcome]] = deque()
        for job in jobs:
            waiting.append(self.submit(job))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

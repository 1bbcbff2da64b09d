"""A sandbox made of several workers, each a thread with a warm sandbox of its own."""

from __future__ import annotations

import heapq
import itertools
import logging
import secrets
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

from ...benchmarks.errors import InfraError
from . import wire
from .api import CheckJob, Job, Limits, Outcome, SandboxInfo
from .worker import Answer, Backend, BrokenSandbox, Ticket, UnsendableJob, Worker, describe_fault, infra

_AHEAD = 16
_AHEAD_BYTES = 4 << 20
_ATTEMPTS = 2
_QUEUED_PER_WORKER = 1_000
_LOOK_AROUND_S = 0.05
_USERS_PER_WORKER = 5_000


log = logging.getLogger("evalrun")


@dataclass(slots=True)
class _Waiting(Ticket):
    future: Future[Outcome] = field(default_factory=Future)
    claimed: bool = False
    alone: bool = False
    place: int = 0

    def __lt__(self, other: _Waiting) -> bool:
        """Whose turn is first: the job that may take longer, since a long one that begins last is waited for alone;
        of equals the one that was there first.
        """
        mine, its = self.job.limits.cpu_s, other.job.limits.cpu_s
        return mine > its or (mine == its and self.place < other.place)


class SandboxPool:
    """Implements ``Sandbox`` over any backend.

    Each worker has several jobs in flight, so that its sandbox never waits for the host. When one is held up by a long
    job while another is idle, it gives back what it has not begun. A job during which a sandbox broke is tried again
    with nothing else in flight; twice broken is ``infra``. With ``fresh`` each job gets a sandbox of its own.

    Locking: what ``_changed`` guards is named where it is made. A ticket is in one place at a time: in a queue (under
    the lock), or with the one thread that took it out, which settles it or gives it back. So no future is settled
    twice, and none is lost: a queue that is closed takes nothing, and whoever finds it closed settles.
    """

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
        self._fresh = fresh
        self._ahead = 1 if fresh or backend.mode == "single" else _AHEAD
        self._home = tempfile.mkdtemp(prefix="evalrun-") if backend.mode == "open" else None
        # User ids far from any real one, and different for every worker of every pool on this machine: the kernel
        # counts processes per user id across containers.
        base = 1_000_000 + secrets.randbelow(400_000) * _USERS_PER_WORKER
        users = [base + i * _USERS_PER_WORKER for i in range(workers)]
        self._workers = [Worker(backend, i, uid, self._home or "/tmp") for i, uid in enumerate(users)]
        self._changed = threading.Condition()  # guards these five:
        self._ready: list[_Waiting] = []  # a heap
        self._alone: deque[_Waiting] = deque()
        self._busy = 0  # workers that hold a job
        self._exclusive = False  # whether that job must be the only one
        self._open = False
        self._threads: list[threading.Thread] = []
        self._places = itertools.count()

    @property
    def info(self) -> SandboxInfo:
        """What to record of this sandbox."""
        return SandboxInfo(
            self._kind, self._workers[0].python, self._image, len(self._workers), Limits(), **self._about
        )

    def __enter__(self) -> SandboxPool:
        self._open = True
        first, *others = self._workers
        for worker in others:
            self._start_thread(worker)
        try:
            first.start()
        except BaseException:  # nobody calls __exit__ then
            self._stop()
            raise
        self._start_thread(first)
        return self

    def _start_thread(self, worker: Worker) -> None:
        thread = threading.Thread(target=self._work, args=(worker,), daemon=True, name="evalrun-sandbox")
        thread.start()
        self._threads.append(thread)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        with self._changed:
            self._open = False
            waiting = [*self._ready, *self._alone]  # what nobody waits for any more
            self._ready.clear()
            self._alone.clear()
            self._changed.notify_all()
        for ticket in waiting:
            if not ticket.future.cancel():  # it was in a sandbox before, and came back
                self._settle(ticket, infra("the sandbox was closed"))
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

    # --- taking jobs ---

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Queue one job."""
        ticket = _Waiting(job, alone=alone, place=next(self._places))
        with self._changed:
            if not self._open:
                raise InfraError("the sandbox is closed")
            if alone:
                self._alone.append(ticket)
            else:
                heapq.heappush(self._ready, ticket)
            self._changed.notify()
        return ticket.future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Run many jobs in parallel, a bounded number ahead; outcomes come in the order of the jobs."""
        # Far ahead, because outcomes come in order: a long job must not keep the other workers waiting.
        ahead = _QUEUED_PER_WORKER * len(self._workers)
        waiting: deque[Future[Outcome]] = deque()
        for job in jobs:
            waiting.append(self.submit(job))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _next(self, worker: Worker) -> list[_Waiting] | None:
        """Jobs for a worker, waiting for some when it holds none; None when the sandbox is closed."""
        with self._changed:
            while True:
                if not self._open:
                    return None
                taken = self._take(worker)
                if taken or worker.in_flight:
                    return taken
                self._changed.wait()

    def _take(self, worker: Worker) -> list[_Waiting]:
        """With the lock held: take jobs for a worker out of the queues."""
        idle = not worker.in_flight
        if self._exclusive or worker.held_up:
            return []
        if idle and self._alone and not self._ready and self._busy == 0:
            self._busy, self._exclusive = 1, True
            return [self._alone.popleft()]
        others = len(self._workers) - self._busy - idle  # that have no job: one is left for each
        taken: list[_Waiting] = []
        while len(self._ready) > (0 if idle and not taken else others):
            if len(worker.in_flight) + len(taken) >= self._ahead:
                break
            if worker.bytes_in_flight > _AHEAD_BYTES or self._held_back(worker, taken):
                break
            taken.append(heapq.heappop(self._ready))
        if idle and taken:
            self._busy += 1
        return taken

    def _held_back(self, worker: Worker, taken: list[_Waiting]) -> bool:
        """Whether the next job must not join those a worker holds, because one of them broke a sandbox."""
        held = [*(ticket for _, ticket in worker.in_flight), *taken]
        return bool(held) and (self._ready[0].careful or any(ticket.careful for ticket in held))

    def _give_back(self, tickets: Iterable[Ticket]) -> None:
        """Put jobs back to their places in the queues; when there are none any more, that was their end."""
        waiting = [ticket for ticket in tickets if isinstance(ticket, _Waiting)]
        with self._changed:
            if self._open:
                for ticket in reversed(waiting):
                    if ticket.alone:
                        self._alone.appendleft(ticket)
                    else:
                        heapq.heappush(self._ready, ticket)
                waiting = []
            self._changed.notify_all()
        for ticket in waiting:
            self._settle(ticket, infra("the sandbox was closed"))

    def _rest(self, worker: Worker) -> None:
        """Note that a worker holds nothing any more."""
        with self._changed:
            self._busy -= 1
            self._exclusive = False  # it was this worker's job: beside such a one nobody holds any
            self._changed.notify_all()

    # --- a worker's thread ---

    def _work(self, worker: Worker) -> None:
        try:
            worker.start()  # all workers at once, before there are jobs for them
        except (InfraError, EOFError) as error:
            log.debug("a sandbox did not start; its first job tries again: %s", error)
        while (taken := self._next(worker)) is not None:
            unsent = deque(taken)
            try:
                while unsent:
                    self._send(worker, unsent.popleft())
                answer = worker.receive(_LOOK_AROUND_S) if worker.in_flight else None
                if answer is None and len(worker.in_flight) > 1 and self._others_are_idle():
                    worker.recall()
            except (OSError, EOFError, BrokenSandbox, InfraError) as error:
                self._broken(worker, error, unsent)
            except BaseException as error:  # the single point where a fault of ours reaches whoever waits
                self._failed(worker, error, unsent)
            else:
                self._handle(worker, answer)
        for left in worker.reset()[0]:
            self._settle(left, infra("the sandbox was closed"))

    def _send(self, worker: Worker, ticket: _Waiting) -> None:
        if not self._claim(ticket):
            return
        try:
            worker.send(ticket)
        except UnsendableJob as error:  # its own fault: those beside it go on
            ticket.future.set_exception(error.__cause__)

    @staticmethod
    def _claim(ticket: _Waiting) -> bool:
        """Whether somebody still waits for this job."""
        if not ticket.claimed:
            ticket.claimed = ticket.future.set_running_or_notify_cancel()
        return ticket.claimed

    def _handle(self, worker: Worker, answer: Answer | None) -> None:
        if answer is not None:
            self._give_back(answer.recalled)
            if answer.ticket is not None and answer.outcome is not None:
                if self._fresh or not worker.is_open:
                    # It is gone before anybody hears of its job; what was sent after that waits for a clean one.
                    self._give_back(worker.reset()[0])
                self._finish(answer.ticket, answer.outcome, answer.unexplained)
        if not worker.in_flight:
            self._rest(worker)

    def _others_are_idle(self) -> bool:
        with self._changed:
            return not self._ready and self._busy < len(self._workers)

    def _finish(self, ticket: Ticket, outcome: Outcome, unexplained: bool) -> None:
        if unexplained and not ticket.killed:
            # A process that kills itself does so again; one that was killed from outside is no fault of the answer's.
            ticket.killed = ticket.careful = True
            self._give_back([ticket])
            return
        undecided = outcome.judged is None and outcome.status == "ok"
        may_share = isinstance(ticket.job, CheckJob) and ticket.job.may_share
        if undecided and may_share and ticket.nonce is None:  # what the test passes cannot cross: once more, unshielded
            ticket.nonce = wire.new_nonce()
            self._give_back([ticket])
        else:
            self._settle(ticket, outcome)

    def _broken(self, worker: Worker, error: BaseException, unsent: Iterable[_Waiting]) -> None:
        """Replace a sandbox that broke: what was in flight is tried again, each job by itself."""
        tickets, words = worker.reset()
        did_not_start = isinstance(error, InfraError)
        fault = describe_fault(error) + (f"; {words}" if words else "")
        again: list[Ticket] = list(unsent)
        for ticket in reversed(tickets):
            ticket.failures += did_not_start or len(tickets) == 1
            ticket.careful = not did_not_start
            if ticket.failures >= _ATTEMPTS:
                self._settle(ticket, infra(f"the sandbox broke twice on this job: {fault}"))
            else:
                again.insert(0, ticket)
        self._give_back(again)
        self._rest(worker)

    def _failed(self, worker: Worker, error: BaseException, unsent: Iterable[_Waiting]) -> None:
        for ticket in [*worker.reset()[0], *unsent]:
            assert isinstance(ticket, _Waiting)
            if not ticket.future.done():
                ticket.future.set_exception(error)
        self._rest(worker)

    @staticmethod
    def _settle(ticket: Ticket, outcome: Outcome) -> None:
        assert isinstance(ticket, _Waiting)
        if not ticket.future.done():
            ticket.future.set_result(outcome)


"""What the supervisor does with what the host sends while it is busy; run here, without jobs."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator

import pytest

from evalrun.harness.sandbox.guest.supervisor import Gone, Host, Job, Supervisor


def framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Where the host writes jobs, and where the supervisor reads them."""
    read, write = os.pipe()
    yield write, read
    for fd in (read, write):
        os.close(fd)


class Busy(Host):
    """A host that sends a job in the very moment in which an answer is written to it, and nothing after that."""

    def __init__(self, read_fd: int) -> None:
        self.read_fd, self.write_fd = read_fd, -1
        self.inbox = bytearray()
        self.outbox: list[bytes] = []
        self.waiting_since = 0.0

    def flush(self) -> None:
        if self.outbox:
            self.outbox = []
            self.inbox += framed(json.dumps({"id": 2}).encode(), b"", b"")


@pytest.mark.timeout(10)
def test_a_job_that_comes_while_an_answer_is_written_is_run(ends: tuple[int, int]) -> None:
    _, read = ends
    ran: list[int] = []

    class Sandbox(Supervisor):
        def __init__(self) -> None:
            self.host, self.queue = Busy(read), deque([Job({"id": 1}, [b"", b""])])

        def run(self, job: Job) -> list[bytes]:
            ran.append(job.header["id"])
            if len(ran) == 2:
                raise Gone
            return [b"answer"]

    with pytest.raises(Gone):
        Sandbox().serve()
    assert ran == [1, 2]

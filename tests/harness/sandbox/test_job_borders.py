"""What a job shares with others without a file or a process: open descriptors, sockets, the processor's time."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest

from evalrun.harness.sandbox import CallsJob, Limits

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = pytest.mark.sandbox

MARK = """
import fcntl, os
def f(fd):
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return True
"""
LOOK = """
import fcntl, os
def f(fd):
    flags = fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_APPEND | os.O_NONBLOCK)
    other = os.open(os.devnull, os.O_RDWR)
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "locked"
    finally:
        os.close(other)
    return flags
"""
FAMILIES = """
import ctypes, socket
def f():
    found = {}
    for family in range(1, 50):
        for kind in (1, 2, 3, 5):
            try:
                socket.socket(family, kind, 0).close()
            except OSError as error:
                found.setdefault(family, error.errno)
            else:
                found[family] = 0
                break
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(425, 8, ctypes.create_string_buffer(120))
    return found, ring if ring >= 0 else -ctypes.get_errno()
"""
UNCOUNTED = """
import os, signal, time
def spend(seconds):
    while time.process_time() < seconds: pass
def f(together):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    r, w = os.pipe()
    for _ in range(2):
        if os.fork() == 0:
            os.close(r)
            spend(0.8)
            os._exit(0)
        if not together:
            os.close(w)
            os.read(r, 1)
            r, w = os.pipe()
    os.close(w)
    os.read(r, 1)
    return together
"""


def value(arena: Arena, source: str, *args: Any) -> Any:
    """What ``f`` returns there."""
    (found,) = arena.sandbox.submit(CallsJob(source, "f", (args,))).result().calls
    assert found.raised is None, found
    return found.value


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_the_standard_descriptors_of_a_job_are_its_own(arena: Arena, fd: int) -> None:
    assert value(arena, MARK, fd) is True
    assert value(arena, LOOK, fd) == 0


def test_only_sockets_of_the_empty_network_can_be_made(arena: Arena) -> None:
    families, ring = value(arena, FAMILIES)
    assert {family for family, error in families.items() if error == 0} <= {1, 2, 10, 16}
    assert families[1] == families[2] == 0
    assert families[40] == errno.EAFNOSUPPORT  # vsock, which knows no network namespaces
    assert ring in (-errno.EPERM, -errno.ENOSYS)


@pytest.mark.parametrize("together", [True, False])
def test_the_time_of_children_that_nobody_waits_for_counts(arena: Arena, together: bool) -> None:
    if arena.sandbox.info.kind != "docker":
        pytest.skip("only a control group tells surely; elsewhere children count that live when they are looked for")
    limits = Limits(cpu_s=1.0, wall_s=20.0)
    outcome = arena.sandbox.submit(CallsJob(UNCOUNTED, "f", ((together,),), limits)).result()
    assert (outcome.status, outcome.detail) == ("timeout", "over 1 s of CPU time")

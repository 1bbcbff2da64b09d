"""A sandbox that is opened in the background is there when it is asked for, and is closed whatever happens."""

from __future__ import annotations

import threading
import time

import pytest

from evalrun.benchmarks import InfraError
from evalrun.harness.sandbox import opening
from evalrun.harness.sandbox.opening import opened_ahead
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.sandbox.process import ProcessBackend


class Recorded(SandboxPool):
    """Notes its closing; ``gate`` holds its opening up."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        super().__init__(ProcessBackend(), "process", workers=1)
        self.gate = gate
        self.closed = threading.Event()

    def __enter__(self) -> SandboxPool:
        if self.gate is not None:
            self.gate.wait(30)
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__(None, None, None)
        self.closed.set()


def test_it_opens_while_other_work_goes_on_and_is_closed_at_the_end() -> None:
    made = Recorded(threading.Event())
    with opened_ahead(lambda: made) as sandbox:
        assert made.gate is not None
        made.gate.set()  # not reached if entering waited
        assert sandbox() is made
        assert sandbox() is made
        assert not made.closed.is_set()
    assert made.closed.is_set()


def test_what_keeps_it_from_opening_is_raised_where_it_is_asked_for() -> None:
    def fails() -> SandboxPool:
        raise InfraError("no engine")

    with opened_ahead(fails):
        pass  # nobody asked
    with opened_ahead(fails) as sandbox, pytest.raises(InfraError, match="no engine"):
        sandbox()


def test_it_is_closed_where_the_work_beside_it_fails() -> None:
    made = Recorded()
    with pytest.raises(KeyError), opened_ahead(lambda: made):
        raise KeyError
    assert made.closed.is_set()


def test_one_that_opens_after_all_has_ended_closes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PATIENCE_S", 0.05)
    made = Recorded(threading.Event())
    started = time.monotonic()
    with pytest.raises(KeyError), opened_ahead(lambda: made):
        raise KeyError
    assert time.monotonic() - started < 10
    assert not made.closed.is_set()
    assert made.gate is not None
    made.gate.set()
    assert made.closed.wait(30)

"""What the answers to one test share: its calls as the guest reads them, and the rows of the right values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..benchmarks import Case, CasesTest, CheckTest, Test
from .plain_checks import PlainAssertion, read_assertions
from .sandbox.guest.zygote import DIGEST
from .sandbox.wire import pack_calls, row_of

LARGE_RESULT = 2_000
"""Bytes from which on a returned value comes as its digest; in full only when that is not the expected one's."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What the answers to one test share: its calls as the guest reads them, the rows of right values, assertions."""

    calls: bytes | None
    rows: tuple[bytes | None, ...] = ()
    assertions: Sequence[PlainAssertion] = ()

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.calls or b"") + sum(len(row or b"") + 50 for row in self.rows) + 100 * len(self.assertions)


class PackedTests:
    """Packed tests, the last ones used first; bounded by their bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._kept: OrderedDict[int, tuple[Test, Packed]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, test: Test, make: Callable[[], Packed]) -> Packed:
        """What was made of this very test, made now if need be."""
        key = id(test)  # the test is kept beside what was made of it, so that its id stays its own
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[1]
        packed = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = test, packed
                self._used += packed.size
            while self._used > self._most and len(self._kept) > 1:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._used -= dropped.size
        return packed


PACKED = PackedTests(most=64 << 20)


def pack_cases(test: CasesTest) -> Packed:
    """A test of cases, packed."""
    return Packed(pack_calls(calls_of(test.cases)), tuple(_row(case) for case in test.cases))


def _row(case: Case) -> bytes | None:
    if case.expected_digest is not None:
        return DIGEST + bytes.fromhex(case.expected_digest)
    return row_of(case.acceptable[0], LARGE_RESULT) if case.acceptable else None


def pack_check(test: CheckTest, entry: str) -> Packed:
    """A check program, packed where it is nothing but plain assertions."""
    assertions = read_assertions(test.program, entry, test.prelude)
    if assertions is None:
        return Packed(None)
    return Packed(pack_calls([assertion.args for assertion in assertions]), (), assertions)


def calls_of(cases: Iterable[Case]) -> tuple[tuple[Any, ...] | str, ...]:
    """The arguments of each case, or their source."""
    return tuple(case.args if case.args_source is None else case.args_source for case in cases)

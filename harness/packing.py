"""What the answers to one test share: its calls as the guest reads them, and the rows of the right values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..benchmarks import Case, CasesTest, CheckTest, Test
from .plain_checks import PlainAssertion, read_assertions
from .sandbox.api import RightRows
from .sandbox.guest.zygote import DIGEST
from .sandbox.wire import all_right, pack_calls, row_of

LARGE_RESULT = 2_000
"""Bytes from which on a returned value comes as its digest; in full only when that is not the expected one's."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What the answers to one test share: its calls, also as the guest reads them, the rows of right values (``right``
    where all of them are known), assertions.
    """

    asked: tuple[tuple[Any, ...] | str, ...] = ()
    calls: bytes | None = None
    rows: tuple[bytes | None, ...] = ()
    right: RightRows | None = None
    assertions: Sequence[PlainAssertion] = ()

    @property
    def size(self) -> int:
        """Bytes, about."""
        rows = sum(len(row or b"") + 50 for row in self.rows) + (len(self.right.written) if self.right else 0)
        return len(self.calls or b"") + 8 * len(self.asked) + rows + 100 * len(self.assertions)


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
    asked, rows = calls_of(test.cases), tuple(_row(case) for case in test.cases)
    right = all_right(rows)
    return Packed(asked, pack_calls(asked), rows if right is None else right.rows, right)


def _row(case: Case) -> bytes | None:
    if case.expected_digest is not None:
        return DIGEST + bytes.fromhex(case.expected_digest)
    right = case.acceptable
    return row_of(right[0], LARGE_RESULT) if right else None


def pack_check(test: CheckTest, entry: str) -> Packed:
    """A check program, packed where it is nothing but plain assertions."""
    assertions = read_assertions(test.program, entry, test.prelude)
    if assertions is None:
        return Packed()
    asked = tuple(assertion.args for assertion in assertions)
    rows = tuple(assertion.row for assertion in assertions)
    return Packed(asked, pack_calls(asked), rows, all_right(rows), assertions)


def calls_of(cases: Iterable[Case]) -> tuple[tuple[Any, ...] | str, ...]:
    """The arguments of each case, or their source."""
    return tuple(case.args if case.args_source is None else case.args_source for case in cases)

"""A strict reader of marshal's version 2, for values that an answer claims to have returned.

``marshal.loads`` must never see what an answer wrote: it trusts its input. This reader knows the plain types only, and
bounds depth and counts: what an answer returns is read outside its limits of time and memory. Format: CPython,
Python/marshal.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from ...benchmarks.plain import MAX_DEPTH, PlainError, begin, set_of, spread


def loads(data: bytes) -> Any:
    """The value that ``marshal.dumps(value, 2)`` wrote; PlainError for anything else."""
    reader = _Reader(data)
    begin()
    try:
        value = reader.value(0)
    except PlainError:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise PlainError(f"not a marshalled value: {error}") from None
    if reader.at != len(data):
        raise PlainError("bytes after a marshalled value")
    return value


MAX_ITEMS = 2_000_000
"""Values in one value; an empty dict takes two bytes here and 64 in memory."""
_DIGITS_AN_ITEM = 16


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.left = MAX_ITEMS

    def spend(self, items: int) -> None:
        self.left -= items
        if self.left < 0:
            raise PlainError(f"more than {MAX_ITEMS} items")

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise PlainError("a marshalled value is cut off")
        self.at += count
        return part

    def size(self) -> int:
        (count,) = struct.unpack("<i", self.take(4))
        if not 0 <= count <= len(self.data) - self.at:
            raise PlainError("a marshalled value has an impossible size")
        return int(count)

    def items(self, depth: int) -> list[Any]:
        count = self.size()
        self.spend(count)
        return [self.value(depth) for _ in range(count)]

    def value(self, depth: int) -> Any:
        read = _READERS.get(self.take(1))
        if read is None:
            raise PlainError("a marshalled value of a type that is no plain data")
        if depth > MAX_DEPTH:
            raise PlainError(f"nested deeper than {MAX_DEPTH} levels")
        return read(self, depth + 1)

    def integer(self) -> int:
        (count,) = struct.unpack("<i", self.take(4))
        self.spend(abs(count) // _DIGITS_AN_ITEM)
        number = _from_digits(memoryview(self.take(2 * abs(count))))
        return -number if count < 0 else number

    def mapping(self, depth: int) -> dict[Any, Any]:
        pairs = []
        while self.data[self.at : self.at + 1] != b"0":
            self.spend(2)
            pairs.append((self.value(depth), self.value(depth)))
        self.at += 1
        spread([key for key, _ in pairs])
        return dict(pairs)


def _from_digits(data: memoryview) -> int:
    """The number with these 15-bit digits, lowest first; in halves, because one by one takes quadratic time."""
    if len(data) > 64:
        half = len(data) // 4
        return _from_digits(data[: 2 * half]) | _from_digits(data[2 * half :]) << 15 * half
    number = 0
    for digit in reversed(struct.unpack(f"<{len(data) // 2}H", data)):
        if digit > 0x7FFF:
            raise PlainError("a marshalled integer has an impossible digit")
        number = number << 15 | digit
    return number


_READERS: dict[bytes, Callable[[_Reader, int], Any]] = {
    b"N": lambda reader, depth: None,
    b"T": lambda reader, depth: True,
    b"F": lambda reader, depth: False,
    b"i": lambda reader, depth: struct.unpack("<i", reader.take(4))[0],
    b"l": lambda reader, depth: reader.integer(),
    b"g": lambda reader, depth: struct.unpack("<d", reader.take(8))[0],
    b"y": lambda reader, depth: complex(*struct.unpack("<dd", reader.take(16))),
    b"s": lambda reader, depth: reader.take(reader.size()),
    b"u": lambda reader, depth: reader.take(reader.size()).decode("utf-8", "surrogatepass"),
    b"(": lambda reader, depth: tuple(reader.items(depth)),
    b"[": lambda reader, depth: reader.items(depth),
    b"<": lambda reader, depth: set_of(reader.items(depth)),
    b">": lambda reader, depth: frozenset(set_of(reader.items(depth))),
    b"{": lambda reader, depth: reader.mapping(depth),
}

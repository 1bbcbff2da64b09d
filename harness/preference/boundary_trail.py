"""Following the texts of tokens through the text that they make up, where some of them are not exactly known.

Each token becomes steps: a known piece, an unknown one of one to three bytes, a space that may have been lost. The
places that can be reached are kept as the bits of a number, so that a text of emoji, whose tokens are all unknown,
takes no longer than another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_SPECIAL = re.compile(r"<[^<>\s]{1,60}>|\[[A-Z_]{1,20}\]")
"""What tokens without a text look like: <s>, <|begin_of_text|>, [CLS]."""
_ESCAPED = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")
_UNKNOWN = "�"
_LONGEST = 3
"""Bytes of a character that one U+FFFD stands for, at most: four would be the whole character."""
Step = bytes | Literal["unknown", "space"]


@dataclass(frozen=True, slots=True)
class _Places:
    """Places in the text: ``base`` + n for each bit n of ``bits``."""

    base: int
    bits: int

    def __iter__(self) -> Iterator[int]:
        bits = self.bits
        while bits:
            lowest = bits & -bits
            yield self.base + lowest.bit_length() - 1
            bits ^= lowest

    def __contains__(self, place: int) -> bool:
        return place >= self.base and bool(self.bits >> (place - self.base) & 1)

    @property
    def last(self) -> int:
        return self.base + self.bits.bit_length() - 1


def _places(found: Sequence[int]) -> _Places:
    base = min(found, default=0)
    bits = 0
    for place in found:
        bits |= 1 << (place - base)
    return _Places(base, bits)


class Trail:
    """inside: the first token begins no prompt, and so must have its text."""

    def __init__(self, text: str, *, inside: bool = False) -> None:
        self._data = text.encode("utf-8", "surrogatepass")
        self._inside = inside
        self._beyond_ascii = _mask(byte >= 0x80 for byte in self._data)
        self._spaces = _mask(byte == 0x20 for byte in self._data)
        self._tokens: list[list[tuple[Step, _Places]]] = []
        """Of each token its steps, with the places before them."""
        self._ends: list[_Places] = []

    def follow(self, tokens: Sequence[str]) -> int:
        """Follow the tokens as far as they fit; how many did."""
        places = _Places(0, 1)
        for number, token in enumerate(tokens):
            walked: list[tuple[Step, _Places]] = []
            after = places
            for step in _steps(token):
                walked.append((step, after))
                after = self._forward(step, after)
            if not after.bits and number == 0 and not self._inside and _SPECIAL.fullmatch(token):
                walked, after = [], places
            if not after.bits:
                break
            self._tokens.append(walked)
            self._ends.append(after)
            places = after
        return len(self._ends)

    def may_end(self, number: int) -> bool:
        """Whether so many tokens can be the whole text."""
        return len(self._data) in self._ends[number - 1]

    def latest(self) -> list[int] | None:
        """The latest end of each token, of those from which the rest reaches the text's end; None where none does."""
        wanted = _Places(len(self._data), 1)
        found: list[int] = []
        for walked, ends in zip(reversed(self._tokens), reversed(self._ends), strict=True):
            wanted = _both(wanted, ends)
            if not wanted.bits:
                return None
            found.append(wanted.last)
            for step, before in reversed(walked):
                wanted = _both(self._backward(step, before, wanted), before)
        return found[::-1]

    def _forward(self, step: Step, places: _Places) -> _Places:
        if isinstance(step, bytes):
            return _places([place + len(step) for place in places if self._data.startswith(step, place)])
        base, bits = places.base, places.bits
        if step == "space":
            return _Places(base, bits | (bits & (self._spaces >> base)) << 1)
        unknown, found = self._beyond_ascii >> base, 0
        for _ in range(_LONGEST):
            bits = (bits & unknown) << 1
            found |= bits
        return _Places(base, found)

    def _backward(self, step: Step, before: _Places, after: _Places) -> _Places:
        if isinstance(step, bytes):
            fits = self._data.startswith
            return _places([place for place in before if place + len(step) in after and fits(step, place)])
        base = max(0, after.base - _LONGEST)
        bits = after.bits << (after.base - base)
        if step == "space":
            return _Places(base, bits | (bits >> 1) & (self._spaces >> base))
        unknown, found = self._beyond_ascii >> base, 0
        for _ in range(_LONGEST):
            bits = (bits >> 1) & unknown
            found |= bits
        return _Places(base, found)


def _steps(token: str) -> Iterator[Step]:
    escaped = _ESCAPED.fullmatch(token)
    if escaped:
        yield bytes.fromhex(escaped[1].replace("\\x", ""))
        return
    yield "space"
    for number, piece in enumerate(token.split(_UNKNOWN)):
        if number:
            yield "unknown"
        if piece:
            yield piece.encode("utf-8", "surrogatepass")


def _both(one: _Places, other: _Places) -> _Places:
    base = max(one.base, other.base)
    return _Places(base, (one.bits >> (base - one.base)) & (other.bits >> (base - other.base)))


def _mask(flags: Iterator[bool]) -> int:
    return int("".join("1" if flag else "0" for flag in flags)[::-1] or "0", 2)

"""Relations between two arguments that held in every call: equal lengths, an index that is no longer than its list,
..."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.plain import dumps

ENOUGH = 3
ENOUGH_ORDERED = 5
_SIZED = (list, tuple, str, dict, set, frozenset)


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _at_most(a: Any, b: Any, _: int) -> bool:
    return _number(a) and _number(b) and a <= b


def _at_least(a: Any, b: Any, _: int) -> bool:
    return _number(a) and _number(b) and a >= b


def _longer_by(a: Any, b: Any, offset: int) -> bool:
    return type(a) in _SIZED and type(b) in _SIZED and len(b) == len(a) + offset


def _within_length(a: Any, b: Any, _: int) -> bool:
    return type(a) is int and type(b) in _SIZED and -len(b) <= a <= len(b)


def _index(a: Any, b: Any, _: int) -> bool:
    return type(a) is int and type(b) in _SIZED and -len(b) <= a < len(b)


def _member(a: Any, b: Any, _: int) -> bool:
    try:
        return type(b) in _SIZED and a in b
    except TypeError:  # a number in a text, a list in a set
        return False


def _same_type(a: Any, b: Any, _: int) -> bool:
    return type(a) is type(b)


_HOLDS: dict[str, Callable[[Any, Any, int], bool]] = {
    "at most": _at_most,
    "at least": _at_least,
    "longer by": _longer_by,
    "index": _index,
    "within length": _within_length,
    "member": _member,
    "same type": _same_type,
}
_SENTENCES = {
    "at most": "argument {a} is at most argument {b}",
    "at least": "argument {a} is at least argument {b}",
    "longer by": "the length of argument {b} is that of argument {a} plus {offset}",
    "index": "argument {a} is an index of argument {b}",
    "within length": "argument {a} is no larger than the length of argument {b}",
    "member": "argument {a} is in argument {b}",
    "same type": "arguments {a} and {b} have the same type",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of the arguments at two places; ``offset`` is used by "longer by" only."""

    name: str
    first: int
    second: int
    offset: int = 0

    def holds(self, args: tuple[Any, ...]) -> bool:
        """Whether it holds; calls that leave one of the two out satisfy it."""
        if max(self.first, self.second) >= len(args):
            return True
        return _HOLDS[self.name](args[self.first], args[self.second], self.offset)

    def describe(self) -> str:
        """A sentence without its full stop; arguments are counted from 1."""
        return _SENTENCES[self.name].format(a=self.first + 1, b=self.second + 1, offset=self.offset)

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {"name": self.name, "first": self.first, "second": self.second, "offset": self.offset}


def relations_of(calls: Sequence[tuple[Any, ...]]) -> tuple[Relation, ...]:
    """The relations that hold in all calls and that enough different ones could have broken."""
    arity = max(map(len, calls), default=0)
    if arity < 2 or len(calls) < ENOUGH:
        return ()
    texts = [tuple(map(dumps, call)) for call in calls]
    found: list[Relation] = []
    for first in range(arity):
        for second in range(arity):
            if first != second:
                rows = zip(calls, texts, strict=True)
                both = [(call, text) for call, text in rows if max(first, second) < len(call)]
                pairs = {(text[first], text[second]): (call[first], call[second]) for call, text in both}
                found += _between(first, second, list(pairs.values()))
    return tuple(found)


def _between(first: int, second: int, pairs: Sequence[tuple[Any, Any]]) -> list[Relation]:
    if len(pairs) < ENOUGH:
        return []
    found: list[Relation] = []
    for name in ("at most", "at least"):
        strict = sum(a != b for a, b in pairs)
        if first < second and strict >= ENOUGH_ORDERED and _all(name, pairs):
            found.append(Relation(name, first, second))
    sharpest = [name for name in ("index", "within length") if _all(name, pairs)][:1]
    found += [Relation(name, first, second) for name in (*sharpest, "member") if _all(name, pairs)]
    if first < second:
        found += _length_relation(first, second, pairs)
        if len({type(a) for a, _ in pairs}) > 1 and _all("same type", pairs):
            found.append(Relation("same type", first, second))
    return found


def _length_relation(first: int, second: int, pairs: Sequence[tuple[Any, Any]]) -> list[Relation]:
    if not all(type(a) in _SIZED and type(b) in _SIZED for a, b in pairs):
        return []
    offsets = {len(b) - len(a) for a, b in pairs}
    lengths = {len(a) for a, _ in pairs}
    if len(offsets) == 1 and len(lengths) > 1:
        return [Relation("longer by", first, second, offsets.pop())]
    return []


def _all(name: str, pairs: Sequence[tuple[Any, Any]]) -> bool:
    return all(_HOLDS[name](a, b, 0) for a, b in pairs)

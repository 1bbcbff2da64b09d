"""New values like the ones that were seen: type-aware mutation inside a shape, and the boundary values of a shape.

What comes out need not belong to the shape (a fact about a whole container may be broken); the envelope decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...benchmarks.plain import dumps
from .facts import FACTS
from .shapes import Atom, Items, Number, Pairs, Part, Shape, Text

_TRIES = 4
Value = Any


def mutated(value: Value, shape: Shape, others: Sequence[Value], rng: random.Random) -> Value:
    """A value like ``value``; ``others`` are more values of the same place, whose pieces may be taken.

    The value itself comes back where nothing can be done. Arguments are never changed: containers are new.
    """
    part = shape.part(type(value))
    for _ in range(_TRIES):
        new = _mutated(value, part, others, rng)
        if not _untouched(new, value) and shape.admits(new):
            return new
    return value


def _untouched(new: Value, value: Value) -> bool:
    """Whether nothing was done. Whole numbers are compared by what they are: whether two equal ones are one object
    depends on where they come from (a file, a computation), and what is drawn must not."""
    return new is value or (type(new) is int and type(value) is int and new == value)


def _mutated(value: Value, part: Part | None, others: Sequence[Value], rng: random.Random) -> Value:
    if isinstance(part, Atom):
        return (not value) if part.type is bool else value
    if isinstance(part, Number):
        return _number(value, part, rng)
    if isinstance(part, Text):
        return value if part.structured else _text(value, part, rng)
    if isinstance(part, Items):
        return _container(value, part, [other for other in others if type(other) is part.type], rng)
    if isinstance(part, Pairs):
        return _dict(value, part, [other for other in others if type(other) is dict], rng)
    return value


def _number(value: Any, part: Number, rng: random.Random) -> Any:
    if part.special and repr(value) in part.special:
        return value
    if part.type is int:
        new = rng.choice(
            (value - 1, value + 1, value + rng.randint(-9, 9), rng.randint(int(part.low), int(part.high)), -value)
        )
        return min(max(new, part.low), part.high)
    step = 10.0**-part.decimals
    new = rng.choice((value - step, value + step, rng.uniform(part.low, part.high), value + rng.uniform(-1, 1)))
    return min(max(round(new, part.decimals), float(part.low)), float(part.high)) + 0.0  # no negative zero


def _text(value: str, part: Text, rng: random.Random) -> str:
    if part.words is not None and " " in value and rng.random() < 0.5:
        words = value.split(" ")
        return " ".join(rng.choice(_ROW_CHANGES)(words, rng))
    letters = list(value)
    if letters and rng.random() < 0.5:
        return "".join(rng.choice(_ROW_CHANGES)(letters, rng))
    letter = rng.choice(part.alphabet) if part.alphabet else ""
    at = rng.randint(0, len(letters))
    if letters and rng.random() < 0.5:
        return value[: at - 1 if at else 0] + letter + value[at or 1 :]
    return value[:at] + letter + value[at:]


def _drop(row: list[Any], rng: random.Random) -> list[Any]:
    at = rng.randrange(len(row))
    return row[:at] + row[at + 1 :]


def _double(row: list[Any], rng: random.Random) -> list[Any]:
    at = rng.randrange(len(row))
    return [*row[: at + 1], *row[at:]]


def _swap(row: list[Any], rng: random.Random) -> list[Any]:
    a, b = rng.randrange(len(row)), rng.randrange(len(row))
    new = list(row)
    new[a], new[b] = new[b], new[a]
    return new


def _copy_over(row: list[Any], rng: random.Random) -> list[Any]:
    a, b = rng.randrange(len(row)), rng.randrange(len(row))
    return [*row[:a], row[b], *row[a + 1 :]]


def _slice(row: list[Any], rng: random.Random) -> list[Any]:
    a, b = rng.randrange(len(row)), rng.randrange(len(row))
    return row[min(a, b) : max(a, b) + 1]


def _backwards(row: list[Any], rng: random.Random) -> list[Any]:
    return row[::-1]


def _shuffled(row: list[Any], rng: random.Random) -> list[Any]:
    return rng.sample(row, len(row))


_ROW_CHANGES: tuple[Callable[[list[Any], random.Random], list[Any]], ...] = (
    _drop,
    _double,
    _swap,
    _copy_over,
    _slice,
    _backwards,
    _shuffled,
)
_SAME_ITEMS = (_swap, _backwards, _shuffled)


def _container(value: Any, part: Items, others: Sequence[Any], rng: random.Random) -> Any:
    row = _listed(value)
    if part.positions:
        at = rng.randrange(len(row))
        row[at] = mutated(row[at], part.positions[at], [list(other)[at] for other in others], rng)
        return part.type(row)
    if "a permutation" in part.facts:
        return part.type(rng.choice(_SAME_ITEMS)(row, rng)) if row else value
    if "together a permutation" in part.facts:
        return part.type(_cells_swapped(row, rng)) if row else value
    draw = rng.random()
    if row and draw < 0.4:
        at = rng.randrange(len(row))
        row[at] = mutated(row[at], part.item, _pieces(others, rng), rng)
    elif row and draw < 0.7:
        row = rng.choice(_ROW_CHANGES)(row, rng)
    else:
        pieces = [*row, *_pieces(others, rng)]
        if pieces:
            piece = rng.choice(pieces)
            if rng.random() < 0.5:
                piece = mutated(piece, part.item, pieces, rng)
            at = rng.randint(0, len(row))
            row = [*row[:at], piece, *row[at:]]
    return part.type(_kept(row, part))


def _kept(row: list[Any], part: Items) -> list[Any]:
    """The row, so arranged that facts about order and difference hold."""
    if "all different" in part.facts:
        row = [item for at, item in enumerate(row) if item not in row[:at]]
    for fact, falling in (("in ascending order", False), ("in descending order", True)):
        if fact in part.facts and not FACTS[fact](row):
            return sorted(row, reverse=falling)
    return row


def _cells_swapped(rows: list[Any], rng: random.Random) -> list[Any]:
    """Rows of the same lengths with two of all their cells in each other's places."""
    places = [(a, b) for a, row in enumerate(rows) for b in range(len(row))]
    (a, b), (c, d) = rng.choice(places), rng.choice(places)
    new = [list(row) for row in rows]
    new[a][b], new[c][d] = new[c][d], new[a][b]
    return [type(row)(cells) for row, cells in zip(rows, new, strict=True)]


def _pieces(others: Sequence[Any], rng: random.Random) -> list[Any]:
    """The items of one of the others."""
    return _listed(rng.choice(others)) if others else []


def _listed(value: Any) -> list[Any]:
    """The items; those of sets in an order that does not vary with hash seeds."""
    return list(value) if type(value) in (list, tuple) else sorted(value, key=dumps)


def _dict(value: dict[Any, Any], part: Pairs, others: Sequence[dict[Any, Any]], rng: random.Random) -> dict[Any, Any]:
    new = dict(value)
    if part.fields:
        key, shape = rng.choice(part.fields)
        new[key] = mutated(new[key], shape, [other[key] for other in others], rng)
        return new
    draw = rng.random()
    if new and draw < 0.3:
        del new[rng.choice(list(new))]
    elif new and draw < 0.6:
        key = rng.choice(list(new))
        new[key] = mutated(new[key], part.value, list(new.values()), rng)
    else:
        more = {**new, **(rng.choice(others) if others else {})}
        if more:
            key = rng.choice(list(more))
            new[mutated(key, part.key, list(more), rng)] = more[key]
    return new


def boundaries(shape: Shape, seen: Sequence[Value], rng: random.Random) -> Iterator[Value]:
    """Ends of ranges, zero and one; the shortest and the longest containers and texts, and those of equal items."""
    for part in shape.parts:
        same: list[Any] = [value for value in seen if type(value) is part.type]
        if isinstance(part, Atom) and part.type is bool:
            yield from (False, True)
        elif isinstance(part, Number):
            yield from map(part.type, (part.low, part.high, 0, 1, part.low + 1, part.high - 1))
        elif isinstance(part, Text) and not part.structured:
            yield from (
                "".join(row) for row in _sizes([list(value) for value in same], part.shortest, part.longest, rng)
            )
        elif isinstance(part, Items) and not part.positions:
            rows = [_listed(value) for value in same]
            yield from (part.type(_kept(row, part)) for row in _sizes(rows, part.shortest, part.longest, rng))
        elif isinstance(part, Pairs) and not part.fields:
            yield {}


def _sizes(rows: list[list[Any]], shortest: int, longest: int, rng: random.Random) -> Iterator[list[Any]]:
    """Rows of the shortest length, of one and two items, of equal items, and of the longest length."""
    row = max(rows, key=len)
    if not row:
        return
    for size in dict.fromkeys((shortest, 1, 2)):
        if shortest <= size <= longest:
            at = rng.randrange(max(1, len(row) - size + 1))
            yield row[at : at + size]
    equal = min(longest, 3)
    yield [rng.choice(row)] * equal
    if longest <= 4 * len(row) + 16:  # else these rows are but the small ones
        more = [item for other in rows for item in other]
        yield [*row, *rng.choices(more, k=longest - len(row))]

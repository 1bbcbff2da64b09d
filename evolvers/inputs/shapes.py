"""The shape of the values at one place of a task's arguments: which types, ranges, lengths, letters and facts.

A shape is a union of parts, one for each exact type (``True`` is no ``int`` here). ``inference`` makes shapes from
values, ``mutation`` makes values from shapes; this module says which values belong to one, and says it in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from ...benchmarks.plain import dumps, encode
from .facts import fact_holds

SIZED = (list, tuple, set, frozenset)


class Part(Protocol):
    """The values of one exact type."""

    @property
    def type(self) -> type:
        """The exact type."""

    @property
    def structured(self) -> str:
        """Why no new value should be made up (a category), or ""."""

    def admits(self, value: Any) -> bool:
        """Whether a value of this type belongs."""

    def describe(self) -> str:
        """A noun phrase."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the same for equal parts."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A union of parts, ordered by the name of their types; no part at all where only empty containers were seen."""

    parts: tuple[Part, ...]

    def part(self, kind: type) -> Part | None:
        """The part for an exact type."""
        return next((part for part in self.parts if part.type is kind), None)

    def admits(self, value: Any) -> bool:
        """Whether a value belongs."""
        part = self.part(type(value))
        return part is not None and part.admits(value)

    @property
    def structured(self) -> str:
        """The first reason of a part, or ""."""
        return next((part.structured for part in self.parts if part.structured), "")

    def describe(self) -> str:
        """A noun phrase, "nothing" where no value was seen."""
        return " or ".join(part.describe() for part in self.parts) or "nothing"

    def to_json(self) -> list[dict[str, Any]]:
        """The JSON of all parts."""
        return [part.to_json() for part in self.parts]


@dataclass(frozen=True, slots=True)
class Atom:
    """None, or a truth value: every value of the type belongs."""

    type: type
    structured: str = ""

    def admits(self, value: Any) -> bool:
        """True."""
        return True

    def describe(self) -> str:
        """The type's name."""
        return "None" if self.type is type(None) else "a truth value"

    def to_json(self) -> dict[str, Any]:
        """The type's name."""
        return {"type": self.type.__name__}


@dataclass(frozen=True, slots=True)
class Number:
    """Integers or floats from ``low`` to ``high``; ``special`` holds the texts of nan and infinities that belong."""

    type: type
    low: int | float
    high: int | float
    nonzero: bool = False
    decimals: int = 0
    special: tuple[str, ...] = ()
    structured: str = ""

    def admits(self, value: Any) -> bool:
        """Whether a number lies in the range."""
        if type(value) is float and not math.isfinite(value):
            return repr(value) in self.special
        return bool(self.low <= value <= self.high) and not (self.nonzero and value == 0)

    def describe(self) -> str:
        """Such as "an integer from 1 to 9"."""
        name = "an integer" if self.type is int else "a float"
        special = "".join(f" or {text}" for text in self.special)
        return f"{name} from {self.low} to {self.high}{' but not 0' if self.nonzero else ''}{special}"

    def to_json(self) -> dict[str, Any]:
        """The range; ``decimals`` are those that generated floats have, and bound nothing."""
        data = {"type": self.type.__name__, "low": encode(self.low), "high": encode(self.high)}
        return {**data, "nonzero": self.nonzero, "decimals": self.decimals, "special": list(self.special)}


@dataclass(frozen=True, slots=True)
class Text:
    """Strings of ``shortest`` to ``longest`` characters of ``alphabet``.

    words:
        the fewest and the most characters of a word, where all texts are words with one space between them.
    numeral:
        all are decimal integers without a sign and without leading zeros.
    structured, values:
        for "closed vocabulary" every word is one of ``values``; for "punctuation" and "single pattern" the whole text
        is, for nobody knows the grammar.
    """

    shortest: int
    longest: int
    alphabet: str
    words: tuple[int, int] | None = None
    numeral: bool = False
    structured: str = ""
    values: tuple[str, ...] = ()
    type: type = str

    def admits(self, value: Any) -> bool:
        """Whether a string belongs."""
        if not self.shortest <= len(value) <= self.longest:
            return False
        if self.structured == "closed vocabulary":
            return not value or set(value.split(" ")) <= set(self.values)
        if self.structured:
            return value in self.values
        if not set(value) <= set(self.alphabet):
            return False
        if self.numeral and (not value.isdigit() or (value[0] == "0" and len(value) > 1)):
            return False
        if self.words is not None and value:
            return all(self.words[0] <= len(word) <= self.words[1] for word in value.split(" "))
        return True

    def describe(self) -> str:
        """Such as "a text of 1 to 9 characters out of 'abc'"."""
        text = f"a text of {_range(self.shortest, self.longest)} characters"
        if self.structured:
            shown = ", ".join(map(repr, self.values[:4])) + (", ..." if len(self.values) > 4 else "")
            return f"{text} with a structure of its own ({self.structured}: {shown})"
        more = f", in words of {_range(*self.words)} with one space between them" if self.words else ""
        numeral = ", a decimal number without leading zeros" if self.numeral else ""
        return f"{text} out of {self.alphabet!r}{more}{numeral}"

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        data = {"type": "str", "shortest": self.shortest, "longest": self.longest, "alphabet": self.alphabet}
        words = list(self.words) if self.words else None
        more = {"words": words, "numeral": self.numeral, "structured": self.structured, "values": list(self.values)}
        return {**data, **more}


@dataclass(frozen=True, slots=True)
class Items:
    """Containers of ``shortest`` to ``longest`` items; ``positions`` has a shape for each place of a fixed row."""

    type: type
    shortest: int
    longest: int
    item: Shape
    facts: tuple[str, ...] = ()
    positions: tuple[Shape, ...] = ()

    @property
    def structured(self) -> str:
        """The reason of the items."""
        shapes = self.positions or (self.item,)
        return next((shape.structured for shape in shapes if shape.structured), "")

    def admits(self, value: Any) -> bool:
        """Whether a container belongs."""
        if not self.shortest <= len(value) <= self.longest:
            return False
        if self.positions:
            inside = all(shape.admits(item) for shape, item in zip(self.positions, value, strict=True))
        else:
            inside = all(map(self.item.admits, value))
        return inside and all(fact_holds(fact, value) for fact in self.facts)

    def describe(self) -> str:
        """Such as "a list of 1 to 3 items (all different), each an integer from 0 to 9"."""
        facts = f" ({', '.join(self.facts)})" if self.facts else ""
        name = f"a {self.type.__name__} of {_range(self.shortest, self.longest)} items{facts}"
        if self.positions:
            return f"{name}: {'; '.join(shape.describe() for shape in self.positions)}"
        return f"{name}, each {self.item.describe()}"

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        data = {"type": self.type.__name__, "shortest": self.shortest, "longest": self.longest}
        positions = [shape.to_json() for shape in self.positions]
        return {**data, "item": self.item.to_json(), "facts": list(self.facts), "positions": positions}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Dicts of ``shortest`` to ``longest`` pairs; ``fields`` has a shape for each key of records."""

    shortest: int
    longest: int
    key: Shape
    value: Shape
    fields: tuple[tuple[str, Shape], ...] = ()
    type: type = dict

    @property
    def structured(self) -> str:
        """The reason of the keys or the values. The keys of records are known, so they give none."""
        if self.fields:
            return next((shape.structured for _, shape in self.fields if shape.structured), "")
        return self.key.structured or self.value.structured

    def admits(self, value: Any) -> bool:
        """Whether a dict belongs."""
        if self.fields:
            known = dict(self.fields)
            return value.keys() == known.keys() and all(known[key].admits(item) for key, item in value.items())
        if not self.shortest <= len(value) <= self.longest:
            return False
        return all(self.key.admits(key) and self.value.admits(item) for key, item in value.items())

    def describe(self) -> str:
        """Such as "a dict of 0 to 4 pairs, each key a text ..., each value an integer ..."."""
        if self.fields:
            return "a dict with " + "; ".join(f"{key!r}: {shape.describe()}" for key, shape in self.fields)
        name = f"a dict of {_range(self.shortest, self.longest)} pairs"
        return f"{name}, each key {self.key.describe()}, each value {self.value.describe()}"

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        data = {"type": "dict", "shortest": self.shortest, "longest": self.longest}
        fields = [[key, shape.to_json()] for key, shape in self.fields]
        return {**data, "key": self.key.to_json(), "value": self.value.to_json(), "fields": fields}


@dataclass(frozen=True, slots=True)
class Fixed:
    """Values of a type that nothing is known about (or nested too deeply): only those that were seen, as plain text."""

    type: type
    texts: frozenset[str]
    structured: str = ""

    def admits(self, value: Any) -> bool:
        """Whether the value was seen."""
        return dumps(value) in self.texts

    def describe(self) -> str:
        """How many there are."""
        return f"one of {len(self.texts)} known values of type {self.type.__name__}"

    def to_json(self) -> dict[str, Any]:
        """All texts, sorted."""
        return {"type": self.type.__name__, "texts": sorted(self.texts)}


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def union(parts: Iterable[Part]) -> Shape:
    """The shape of these parts."""
    return Shape(tuple(sorted(parts, key=lambda part: part.type.__name__)))

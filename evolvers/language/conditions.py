"""Conditions on an argument, chosen so that inputs on both sides of every boundary are there.

A threshold c is used only where both c and c + 1 occur among the inputs, so that no slip of one can hide.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..protocol import Rows

_LEAST, _MOST = 0.3, 0.7


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the argument at ``place``; ``numbers`` are what its kind needs."""

    kind: str
    place: int
    numbers: tuple[int, ...]

    def say(self, name: str) -> str:
        """The condition in words."""
        return _KINDS[self.kind][0].format(f"`{name}`", *self.numbers)

    def code(self, name: str) -> str:
        """The condition as an expression."""
        return _KINDS[self.kind][1].format(name, *self.numbers)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"kind": self.kind, "place": self.place, "numbers": list(self.numbers)}


_Test = Callable[..., bool]
_KINDS: dict[str, tuple[str, str, _Test]] = {
    "remainder": ("the remainder of {0} divided by {1} is {2}", "{0} % {1} == {2}", lambda x, m, r: x % m == r),
    "greater": ("{0} is greater than {1}", "{0} > {1}", lambda x, c: x > c),
    "longer": ("the length of {0} is greater than {1}", "len({0}) > {1}", lambda x, k: len(x) > k),
    "even_length": ("the length of {0} is an even number", "len({0}) % 2 == 0", lambda x: len(x) % 2 == 0),
}


def condition_of(data: Any) -> Condition:
    """Read the JSON form."""
    return Condition(str(data["kind"]), int(data["place"]), tuple(data["numbers"]))


def condition_for(calls: Rows, rng: random.Random) -> Condition | None:
    """A condition that holds for between 30 and 70 % of the calls, or None."""
    found = []
    for place in range(len(calls[0])):
        values = [args[place] for args in calls]
        for kind, numbers in _possible(values):
            share = sum(_KINDS[kind][2](value, *numbers) for value in values) / len(values)
            if _LEAST <= share <= _MOST:
                found.append(Condition(kind, place, numbers))
    return rng.choice(found) if found else None


def _possible(values: Sequence[Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    if all(type(value) is int for value in values):
        for divisor in (2, 3):
            rests = {value % divisor for value in values}
            if len(rests) == divisor:
                yield from (("remainder", (divisor, rest)) for rest in range(divisor))
        yield from (("greater", (value,)) for value in sorted({*values}) if value + 1 in values)
    elif all(isinstance(value, (str, list)) for value in values):
        sizes = {len(value) for value in values}
        yield from (("longer", (size,)) for size in sorted(sizes) if size + 1 in sizes)
        if len(sizes) > 3:
            yield ("even_length", ())

"""The values on which definitions are proven: edges first, then values drawn from a fixed seed."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from ..deeptypes import parts_of

RANDOM = 24
"""Drawn values beside the edges."""
_INTS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 15, 17, 30, 64, 99, 100, 121, 1000, -1, -2, -3, -8, -15, -120)
_TEXTS = (
    "", "a", "A", " ", "ab", "ba", "abc", "AbBa", "racecar", "Hello World", "the quick brown fox", "1 2 3", "2024",
    "(()())", "a,b;c", "  two  blanks ", "aaa", "zZz9", "x|y/z", "no vowels: rhythm", "line\nbreak", "tab\tstop",
    "é ß 9",
)  # fmt: skip


@cache
def probes_of(deep_type: str) -> tuple[Any, ...]:
    """Different values of a type that definitions take; the same ones everywhere and always."""
    rng = random.Random(f"probes of designed operators {deep_type}")
    found: dict[str, Any] = {}
    for value in (*_edges(deep_type), *(_drawn(deep_type, rng) for _ in range(RANDOM))):
        found.setdefault(repr(value), value)
    return tuple(found.values())


def _edges(deep_type: str) -> list[Any]:
    if deep_type == "int":
        return list(_INTS)
    if deep_type == "bool":
        return [False, True]
    if deep_type == "str":
        return list(_TEXTS)
    outer, items = parts_of(deep_type)
    if outer == "dict":
        return [{}, {"a": 1}, {"b": 2, "a": 1}, {"x": 0, "y": 0}, {"": -3, "long key": 7, "Z": 7}]
    edges = _edges(items[0])
    some = [edges[:1], edges[1:2], edges[:2], edges[1::-1], [edges[0]] * 2, [edges[-1]] * 3, edges[:3], edges[2::-1]]
    return [[], *some, edges[:5], edges[4::-1], [*edges[:2], *edges[:2]]]


def _drawn(deep_type: str, rng: random.Random) -> Any:
    if deep_type == "int":
        return rng.randint(-50, 300)
    if deep_type == "bool":
        return rng.random() < 0.5
    if deep_type == "str":
        return "".join(rng.choice("aabbcdeXYZ 01,.") for _ in range(rng.randint(1, 14)))
    outer, items = parts_of(deep_type)
    if outer == "dict":
        return {_drawn("str", rng): _drawn("int", rng) for _ in range(rng.randint(1, 6))}
    return [_drawn(items[0], rng) for _ in range(rng.randint(1, 9))]

"""Inputs that are made of parts of given ones: arguments of several rows together, lists and texts cut, joined,
repeated and put in order.

They go beyond the envelope of what is given (longer, all alike, empty), so only a contract can tell whether they are
meant. They serve to find inputs that lead to a place in a program, of which few are kept.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from math import isfinite
from typing import Any

from ..deeptypes import has_type, type_of_all
from ..protocol import Rows
from ..texts import text_of

_TRIES = 4
_LARGEST = 200
_SIGNS = ("?", "Q", "q", "7", " ")


def crossed(given: Rows, rng: random.Random, most: int) -> Rows:
    """Up to ``most`` rows of the types of the given ones, none of them given. Where rows have several lengths, those of
    the first's count."""
    same = tuple(args for args in given if len(args) == len(given[0]))
    columns = [[args[place] for args in same] for place in range(len(given[0]))]
    types = [type_of_all(column) for column in columns]
    known = set(map(text_of, given))
    found: dict[str, tuple[Any, ...]] = {}
    for _ in range(most * _TRIES):
        args = tuple(_value(column, kind, rng) for column, kind in zip(columns, types, strict=True))
        if len(found) < most and text_of(args) not in known:
            found.setdefault(text_of(args), args)
    return tuple(found.values())


def strange(given: Rows) -> Rows:
    """Rows in which a text holds a sign that it hardly ever has, in front and behind; what a contract is likely to
    refuse."""
    found = []
    for args in given[:_TRIES]:
        for place, value in enumerate(args):
            others: list[Any] = [*_SIGNS, *(value + sign for sign in _SIGNS)] if isinstance(value, str) else []
            if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
                others = [[*value, sign] for sign in _SIGNS]
            found += [(*args[:place], copy.deepcopy(other), *args[place + 1 :]) for other in others]
    return tuple(found)


def _value(column: Sequence[Any], kind: str, rng: random.Random) -> Any:
    value = copy.deepcopy(rng.choice(column))
    if rng.random() < 0.4:
        return value
    other = copy.deepcopy(rng.choice(column))
    changed = _changed(value, other, rng)
    return changed if has_type([changed], kind) else value


def _changed(value: Any, other: Any, rng: random.Random) -> Any:
    """A value that is like one or two others of its type."""
    if type(value) is int and type(other) is int:
        return rng.choice((value + 1, value - 1, value + other, value - other, 2 * value, value // 2, -value, other))
    if type(value) is float and type(other) is float and isfinite(value) and isfinite(other):
        return rng.choice((value + other, value - other, 2 * value, value / 2, -value, other))
    if isinstance(value, (list, tuple)) and value and (isinstance(value, tuple) or rng.random() < 0.5):
        place = rng.randrange(len(value))
        beside = other if type(other) is type(value) and other else value
        inner = _changed(value[place], copy.deepcopy(rng.choice(beside)), rng)
        return type(value)([*value[:place], inner, *value[place + 1 :]])
    if isinstance(value, (str, list)) and type(value) is type(other):
        return _of_items(value, other, rng)
    if isinstance(value, dict) and isinstance(other, dict):
        pairs = [*value.items(), *other.items()]
        rng.shuffle(pairs)
        return dict(pairs[: rng.randint(0, len(pairs))])
    if isinstance(value, set) and isinstance(other, set):
        items = sorted(value | other, key=lambda item: text_of((item,)))
        return set(rng.sample(items, rng.randint(0, len(items))))
    return value


def _of_items(value: Any, other: Any, rng: random.Random) -> Any:
    start = rng.randint(0, len(value))
    way = rng.randrange(8)
    if way == 0:
        return (value + other)[:_LARGEST]
    if way == 1:
        return value[start:] + other[:start]
    if way == 2:
        return (value * rng.randint(2, 8))[:_LARGEST]
    if way == 3:
        return value[start : start + rng.randint(0, 3)]
    if way == 4:  # one item, again and again
        return (value[start : start + 1] * rng.randint(1, 40))[:_LARGEST]
    if way == 5:
        return value[:start] + value[start + 1 :]
    items = list(value)
    if way == 6:
        items.sort(key=lambda item: text_of((item,)))
    else:
        rng.shuffle(items)
    return "".join(items) if isinstance(value, str) else items

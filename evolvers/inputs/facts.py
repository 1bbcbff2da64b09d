"""Facts about the items of a container that may hold in every call: their order, their difference, their lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ...benchmarks.plain import dumps


def _ascending(items: Sequence[Any]) -> bool:
    return all(a <= b for a, b in pairwise(items))


def _descending(items: Sequence[Any]) -> bool:
    return all(a >= b for a, b in pairwise(items))


def _distinct(items: Sequence[Any]) -> bool:
    try:
        return len(set(items)) == len(items)
    except TypeError:  # unhashable items
        return len({dumps(item) for item in items}) == len(items)


def _same_length(items: Sequence[Any]) -> bool:
    return len({len(item) for item in items}) <= 1


def _square(items: Sequence[Any]) -> bool:
    return all(len(item) == len(items) for item in items)


def _permutation(items: Sequence[Any]) -> bool:
    row = sorted(items)
    return (
        all(type(item) is int for item in row)
        and (row[:1] in ([0], [1]))
        and row == list(range(row[0], row[0] + len(row)))
    )


def _cells(items: Sequence[Any]) -> list[Any]:
    return [cell for item in items for cell in item]


# By the words that describe them.
FACTS: dict[str, Callable[[Sequence[Any]], bool]] = {
    "in ascending order": _ascending,
    "in descending order": _descending,
    "all different": _distinct,
    "of one length": _same_length,
    "a square": _square,
    "a permutation": _permutation,
    "together a permutation": lambda items: _permutation(_cells(items)),
    "even in number": lambda items: len(items) % 2 == 0,
    "the last not zero": lambda items: not items or items[-1] != 0,
}


def fact_holds(name: str, items: Sequence[Any]) -> bool:
    """Whether a fact holds of these items; False where it makes no sense for them."""
    try:
        return bool(FACTS[name](items))
    except (TypeError, ValueError, ArithmeticError):  # not comparable, or not numbers
        return False

"""The deep runtime type of observed values, as text: ``int``, ``list[str]``, ``tuple[int,bool]``,
``dict[str,int]``, ``mixed``.

``nothing`` is the item type of containers that were always empty; it merges with any other type. ``optional[int]``
stands for values of which some are None.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_ATOMS = (bool, int, float, str, type(None))
_NAMED = {bool, int, float, str}


def type_of_all(values: Iterable[Any]) -> str:
    """The one deep type that all values have; ``mixed`` where they differ (at the depth where they do)."""
    merged = "nothing"
    for told in dict.fromkeys(map(_type_of, values)):
        merged = _merge(merged, told)
    return merged


def has_type(values: Iterable[Any], declared: str) -> bool:
    """Whether every value fits the declared type; empty containers fit any item type."""
    return _merge(type_of_all(values), declared) == declared


def annotation_of(deep_type: str) -> str:
    """A Python annotation that needs no import; "" where none says it well."""
    if any(word in deep_type for word in ("None", "mixed", "nothing", "optional")):
        outer = deep_type.partition("[")[0]
        return outer if outer in ("list", "tuple", "dict") else ""
    return deep_type.replace(",", ", ")


def _type_of(value: Any) -> str:
    kind = type(value)
    if kind in _ATOMS:
        return "None" if value is None else kind.__name__
    if kind is list:
        kinds = set(map(type, value))
        if len(kinds) == 1 and kinds <= _NAMED:
            return f"list[{kinds.pop().__name__}]"
        return f"list[{type_of_all(value)}]"
    if kind is tuple:
        return f"tuple[{','.join(_type_of(item) for item in value)}]"
    if kind is dict:
        return f"dict[{type_of_all(value)},{type_of_all(value.values())}]"
    return kind.__name__


def _merge(left: str, right: str) -> str:
    if left == right or right == "nothing":
        return left
    if left == "nothing":
        return right
    bare = [_bare(left), _bare(right)]
    if "None" in (left, right) or bare != [left, right]:
        merged = _merge(*(["nothing" if part == "None" else part for part in bare]))
        return merged if merged == "mixed" else f"optional[{merged}]"
    outer, items = parts_of(left)
    other, more = parts_of(right)
    if outer != other or not outer:
        return "mixed"
    if len(items) == len(more):
        return f"{outer}[{','.join(_merge(a, b) for a, b in zip(items, more, strict=True))}]"
    return f"{outer}[mixed]"


def _bare(deep_type: str) -> str:
    """The type without the ``optional`` around it."""
    return deep_type[len("optional[") : -1] if deep_type.startswith("optional[") else deep_type


def parts_of(text: str) -> tuple[str, list[str]]:
    """The container and the item types of a deep type; "" and nothing for an atom."""
    outer, bracket, rest = text.partition("[")
    if not bracket:
        return "", []
    parts, depth, start = [], 0, 0
    inner = rest[:-1]
    if not inner:
        return outer, []
    for position, letter in enumerate(inner):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            parts.append(inner[start:position])
            start = position + 1
    return outer, [*parts, inner[start:]]

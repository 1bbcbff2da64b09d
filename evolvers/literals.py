"""Plain values as Python source, always the same text for the same value (that of a set's ``repr`` varies)."""

from __future__ import annotations

import math
from typing import Any

from ..benchmarks.plain import dumps

_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), set: ("{", "}"), tuple: ("(", ")")}


def literal(value: Any) -> str:
    """The literal of a value. ValueError when it has none (nan, an empty set, a deque, a number too long)."""
    kind = type(value)
    if kind in (bool, int, str, bytes, type(None)) or (kind is float and math.isfinite(value)):
        return repr(value)
    if kind is dict:
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if kind not in _BRACKETS or (kind is set and not value):
        raise ValueError(f"a value of type {kind.__name__} has no literal")
    items = sorted(value, key=dumps) if kind is set else value
    left, right = _BRACKETS[kind]
    comma = "," if kind is tuple and len(value) == 1 else ""
    return left + ", ".join(map(literal, items)) + comma + right

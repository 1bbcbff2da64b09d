"""Types of values, as a signature states them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def type_of(values: Iterable[Any]) -> str:
    """One annotation for all of these values; ``object`` where none is plain enough."""
    kinds = sorted({_one(value) for value in values})
    if not kinds:
        return "object"
    outers = {kind.partition("[")[0] for kind in kinds}
    if len(kinds) == 1:
        return kinds[0]
    if len(outers) == 1:
        whole = outers.pop()
        filled = [kind for kind in kinds if "[" in kind]
        return filled[0] if len(filled) == 1 and whole != "tuple" else whole
    if outers == {"int", "float"}:
        return "float"
    if len(outers) == 2 and "None" in outers:
        (other,) = outers - {"None"}
        mine = [kind for kind in kinds if kind != "None"]
        return f"{mine[0] if len(mine) == 1 else other} | None"
    return "object"


def _one(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    if isinstance(value, (list, set)) and value:
        inner = type_of(value)
        return name if inner == "object" else f"{name}[{inner}]"
    if isinstance(value, dict) and value:
        key, item = type_of(value), type_of(value.values())
        return name if "object" in (key, item) else f"dict[{key}, {item}]"
    if isinstance(value, tuple) and value:
        return f"tuple[{', '.join(_one(each) for each in value)}]"
    return name


def outer_of(values: Iterable[Any]) -> str:
    """The same without what stands in brackets: all that a careful author says of values that it has few of."""
    kinds = {"None" if value is None else type(value).__name__ for value in values}
    if kinds <= {"int", "float"} and len(kinds) == 2:
        return "float"
    return kinds.pop() if len(kinds) == 1 else "object"


def kind_of(values: Iterable[Any]) -> str:
    """The one plain kind of all values (``int``, ``str``, ``list``, ...), "" where they differ."""
    kinds = {type(value).__name__ for value in values}
    return kinds.pop() if len(kinds) == 1 else ""

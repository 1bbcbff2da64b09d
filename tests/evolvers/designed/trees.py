"""Trees for tests: whatever the grammar can say, drawn by Hypothesis, and definitions that are known to be good."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from evalrun.evolvers.designed.primitives import LIBRARY
from evalrun.evolvers.designed.trees import ITEMS, MAX_BINDERS

TEXTS = ("a", "B", "|", "/", " ", "", "no-1")
LETTERS = ("a", "B", "|", " ")
RESULTS = ("int", "bool", "str", "list[int]", "list[str]", "list[bool]", "list[list[int]]")

TAGGED = {
    "name": "tagged",
    "kind": "post",
    "takes": "list[int]",
    "gives": "list[int]",
    "parameters": {"a": {"from": 2, "to": 5}},
    "expression": ["each", "v", ["plus", ["times", "item", "a"], ["if", ["even", "index"], "a", ["minus", "index", 3]]]],
}
ROTATED = {
    "name": "rotated_distinct",
    "kind": "pre",
    "takes": "list[int]",
    "gives": "list[int]",
    "parameters": {"k": {"from": 1, "to": 2}},
    "expression": ["moved_items", ["distinct", "v"], "k"],
}
MANY_EVEN = {
    "name": "many_even",
    "kind": "guard",
    "takes": "list[int]",
    "gives": "bool",
    "parameters": {"k": {"from": 1, "to": 3}},
    "expression": ["greater", ["count", "v", ["even", "item"]], "k"],
}
LENGTHS = {
    "name": "letter_places",
    "kind": "post",
    "takes": "str",
    "gives": "str",
    "parameters": {"s": {"one_of": ["|", "/"]}},
    "expression": ["joined", ["reversed", ["each", ["characters", "v"], ["followed_by", "item", ["decimal", "index"]]]], "s"],
}
GOOD = (TAGGED, ROTATED, MANY_EVEN, LENGTHS)


def changed(definition: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A definition with other fields."""
    return {**definition, **fields}


def run_code(expression: str, value: Any) -> Any:
    """What an expression in ``v`` gives; it is the grammar's own."""
    return eval(expression, {"v": value})


def run_body(body: str, value: Any) -> Any:
    """What statements in ``value`` give; they are the reader's own."""
    space: dict[str, Any] = {}
    exec(f"def read(value):\n{textwrap.indent(body, '    ')}\n", space)
    return space["read"](value)


@st.composite
def trees(draw: st.DrawFn, takes: str, gives: str, depth: int = 3) -> Any:
    """A tree as JSON that takes ``v`` of one type and gives another."""
    return _tree(draw, gives, {"v": takes}, depth, 0)


def _tree(draw: st.DrawFn, wanted: str, names: dict[str, str], depth: int, binders: int) -> Any:
    leaves: list[Any] = [name for name, kind in names.items() if kind == wanted]
    if wanted == "int":
        leaves.append(draw(st.integers(-3, 9)))
    elif wanted == "bool":
        leaves.append(draw(st.booleans()))
    elif wanted == "str":
        leaves.append(["text", draw(st.sampled_from(TEXTS))])
    makers = [] if depth <= 0 and leaves else _makers(wanted, names, binders)
    if not makers or (leaves and draw(st.integers(0, 3)) == 0):
        return draw(st.sampled_from(leaves)) if leaves else _some(draw, wanted, names, binders)
    name, types, binds, indexed = draw(st.sampled_from(makers))
    return _applied(draw, name, types, binds, indexed, names, depth, binders)


def _applied(
    draw: st.DrawFn, name: str, types: tuple[str, ...], binds: int | None, indexed: bool, names: dict[str, str],
    depth: int, binders: int,
) -> Any:  # fmt: skip
    operands: list[Any] = []
    for place, kind in enumerate(types):
        if kind == "count":
            operands.append(draw(st.integers(1, 4)))
        elif kind == "letter":
            operands.append(["text", draw(st.sampled_from(LETTERS))])
        elif place == binds:
            item, index = ITEMS[binders]
            inner = {**names, item: types[place - 1][5:-1], **({index: "int"} if indexed else {})}
            operands.append(_tree(draw, kind, inner, depth - 1, binders + 1))
        else:
            operands.append(_tree(draw, kind, names, depth - 1, binders))
    return [name, *operands]


def _some(draw: st.DrawFn, wanted: str, names: dict[str, str], binders: int) -> Any:
    """A small tree of a type that no name has."""
    if wanted == "list[str]":
        return ["characters", _tree(draw, "str", names, 0, binders)]
    if wanted == "list[int]":
        return ["digits", _tree(draw, "int", names, 0, binders)]
    if wanted == "list[bool]":
        if binders < MAX_BINDERS:
            return ["each", ["digits", _tree(draw, "int", names, 0, binders)], ["even", ITEMS[binders][0]]]
        return ["first_items", "v", 1]
    return ["pieces", _some(draw, wanted[5:-1], names, binders), 2]


def _makers(wanted: str, names: dict[str, str], binders: int) -> list[tuple[str, tuple[str, ...], int | None, bool]]:
    """The primitives that give a type, with the operands' types where ``a`` and ``b`` are settled."""
    found = []
    for primitive in LIBRARY:
        if primitive.binds is not None and binders >= MAX_BINDERS:
            continue
        for types, result in primitive.types:
            for a in ("int", "str", "bool", "list[int]"):
                settled = tuple(_settle(kind, a, wanted) for kind in types)
                gives = _settle(result, a, wanted)
                if gives == wanted and not any("dict" in kind or kind.count("list") > 2 for kind in settled):
                    found.append((primitive.name, settled, primitive.binds, primitive.indexed))
    reachable = ("int", "str", "bool", "list[int]", "list[str]", "list[list[int]]", "count", "letter", *names.values())
    return [each for each in dict.fromkeys(found) if all(kind in reachable for kind in each[1])]


def _settle(kind: str, a: str, wanted: str) -> str:
    b = wanted[5:-1] if wanted.startswith("list[") else ""
    if kind == "a":
        return a
    if kind == "b":
        return b
    if kind == "list[b]":
        return f"list[{b}]" if b else "none"
    return kind.replace("list[list[a]]", f"list[list[{a}]]").replace("list[a]", f"list[{a}]")

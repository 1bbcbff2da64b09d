"""Trees for tests: whatever the grammar can say, drawn at random, and definitions that are known to be good."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from evalrun.evolvers.designed.primitives import LIBRARY
from evalrun.evolvers.designed.trees import ITEMS, MAX_BINDERS

TEXTS = ("a", "B", "|", "/", " ", "", "no-1")
LETTERS = ("a", "B", "|", " ")
REACHABLE = frozenset({"int", "str", "bool", "list[int]", "list[str]", "list[list[int]]", "count", "letter"})
Maker = tuple[str, tuple[str, ...], int | None, bool]
RESULTS = ("int", "bool", "str", "list[int]", "list[str]", "list[bool]", "list[list[int]]")

TAGGED = {
    "name": "tagged",
    "kind": "post",
    "takes": "list[int]",
    "gives": "list[int]",
    "parameters": {"a": {"from": 2, "to": 5}},
    "expression": [
        "each",
        "v",
        ["plus", ["times", "item", "a"], ["if", ["even", "index"], "a", ["minus", "index", 3]]],
    ],
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
    "expression": [
        "joined",
        ["reversed", ["each", ["characters", "v"], ["followed_by", "item", ["decimal", "index"]]]],
        "s",
    ],
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


def a_tree(rng: random.Random, takes: str, gives: str, depth: int = 3) -> Any:
    """A tree as JSON that takes ``v`` of one type and gives another."""
    return _tree(rng, gives, {"v": takes}, depth, 0)


def _tree(rng: random.Random, wanted: str, names: dict[str, str], depth: int, binders: int) -> Any:
    leaves: list[Any] = [name for name, kind in names.items() if kind == wanted]
    if wanted == "int":
        leaves.append(rng.randint(-3, 9))
    elif wanted == "bool":
        leaves.append(rng.random() < 0.5)
    elif wanted == "str":
        leaves.append(["text", rng.choice(TEXTS)])
    makers = _makers(wanted, binders) if depth > 0 else ()
    if makers and (not leaves or rng.random() < 0.8):
        return _applied(rng, rng.choice(makers), names, depth, binders)
    return rng.choice(leaves) if leaves else _some(rng, wanted, names, binders)


def _applied(rng: random.Random, maker: Maker, names: dict[str, str], depth: int, binders: int) -> Any:
    name, types, binds, indexed = maker
    operands: list[Any] = []
    for place, kind in enumerate(types):
        if kind == "count":
            operands.append(rng.randint(1, 4))
        elif kind == "letter":
            operands.append(["text", rng.choice(LETTERS)])
        elif place == binds:
            item, index = ITEMS[binders]
            inner = {**names, item: types[place - 1][5:-1], **({index: "int"} if indexed else {})}
            operands.append(_tree(rng, kind, inner, depth - 1, binders + 1))
        else:
            operands.append(_tree(rng, kind, names, depth - 1, binders))
    return [name, *operands]


def _some(rng: random.Random, wanted: str, names: dict[str, str], binders: int) -> Any:
    """A small tree of a type that no name has."""
    if wanted == "list[str]":
        return ["characters", _tree(rng, "str", names, 0, binders)]
    digits = ["digits", _tree(rng, "int", names, 0, binders)]
    if wanted == "list[int]":
        return digits
    if wanted == "list[bool]":  # no more binders are left: what has no items needs none
        return ["each", digits, ["even", ITEMS[binders][0]]] if binders < MAX_BINDERS else ["flat", ["pieces", "v", 1]]
    return ["pieces", _some(rng, wanted[5:-1], names, binders), 2]


@cache
def _makers(wanted: str, binders: int) -> tuple[Maker, ...]:
    """The primitives that give a type, with the operands' types where ``a`` and ``b`` are settled."""
    found: dict[Maker, None] = {}
    for primitive in LIBRARY:
        if primitive.binds is not None and binders >= MAX_BINDERS:
            continue
        for types, result in primitive.types:
            for a in ("int", "str", "bool", "list[int]"):
                settled = tuple(_settle(kind, a, wanted) for kind in types)
                if _settle(result, a, wanted) == wanted and all(kind in REACHABLE for kind in settled):
                    found[primitive.name, settled, primitive.binds, primitive.indexed] = None
    return tuple(found)


def _settle(kind: str, a: str, wanted: str) -> str:
    b = wanted[5:-1] if wanted.startswith("list[") else "none"
    settled = {"a": a, "b": b, "list[a]": f"list[{a}]", "list[b]": f"list[{b}]", "list[list[a]]": f"list[list[{a}]]"}
    return settled.get(kind, kind)

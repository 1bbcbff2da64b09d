"""Expression trees: read from JSON, checked against the primitives' types. Nothing in them is ever evaluated as Python.

In JSON a whole number and a truth value stand for themselves, ``["text", "ab"]`` for a text, a bare string for ``v``
(the value that the operator gets), a drawn parameter, or what an enclosing primitive goes through (``item``,
``index``; one level further in ``inner_item``, ``inner_index``), and ``[NAME, operand, ...]`` for a primitive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..deeptypes import parts_of
from .flaws import Flaw
from .primitives import BY_NAME, Primitive

MAX_NODES = 30
MAX_DEPTH = 10
MAX_NUMBER = 10_000
MAX_BINDERS = 2
TEXT = re.compile(r"[A-Za-z0-9|;/+~_#*,!?=&$^.:@-]{0,12}| ")
"""What a text in a definition may be: nothing that could end its quotes, its sentence or its placeholder."""
ITEMS = (("item", "index"), ("inner_item", "inner_index"))
Leaf = Literal["variable", "parameter", "number", "truth", "text"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A drawn parameter: its name, the values it may have (whole numbers or texts), their type."""

    name: str
    values: tuple[Any, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Node:
    """A typed node. primitive: None for a leaf, whose ``value`` is its name or what it stands for."""

    type: str
    primitive: Primitive | None = None
    operands: tuple[Node, ...] = ()
    leaf: Leaf | None = None
    value: Any = None

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for operand in self.operands:
            yield from operand.walk()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names mean at a place of a tree."""

    variables: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    binders: int = 0


def read_tree(data: Any, takes: str, parameters: Mapping[str, Parameter]) -> Node:
    """The typed tree. Flaw when it is malformed, too large, ill-typed, or names what does not exist."""
    _bounded(data)
    return _read(data, _Scope({"v": takes}, parameters))


def _bounded(data: Any) -> None:
    """Flaw unless a tree is small, found out without recursion."""
    nodes, stack = 0, [(data, 1)]
    while stack:
        each, depth = stack.pop()
        nodes += not (isinstance(each, list) and each[:1] == ["text"])
        if isinstance(each, list):
            stack += [(operand, depth + 1) for operand in each[1:]]
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Flaw("too large", f"an expression has at most {MAX_NODES} nodes and {MAX_DEPTH} levels")


def _read(data: Any, scope: _Scope) -> Node:
    if type(data) is bool:
        return Node("bool", leaf="truth", value=data)
    if type(data) is int:
        if abs(data) > MAX_NUMBER:
            raise Flaw("malformed", f"the number {_short(data)} is not from -{MAX_NUMBER} to {MAX_NUMBER}")
        return Node("int", leaf="number", value=data)
    if isinstance(data, str):
        return _named(data, scope)
    if isinstance(data, list) and data and isinstance(data[0], str):
        return _text(data) if data[0] == "text" else _applied(data, scope)
    raise Flaw("malformed", f"{_short(data)} is no expression: write a number, a name or [primitive, operand, ...]")


def _text(data: list[Any]) -> Node:
    if len(data) != 2 or not isinstance(data[1], str) or not TEXT.fullmatch(data[1]):
        raise Flaw("malformed", f"{_short(data)}: a text is a single space or up to 12 plain characters without spaces")
    return Node("str", leaf="text", value=data[1])


def _named(name: str, scope: _Scope) -> Node:
    if name in scope.variables:
        return Node(scope.variables[name], leaf="variable", value=name)
    if name in scope.parameters:
        return Node(scope.parameters[name].type, leaf="parameter", value=name)
    raise Flaw("unknown name", f"{_short(name)} is neither v nor a parameter nor an item at this place")


def _applied(data: list[Any], scope: _Scope) -> Node:
    primitive = BY_NAME.get(data[0])
    if primitive is None:
        raise Flaw("unknown name", f"there is no primitive {_short(data[0])}")
    count = len(primitive.types[0][0])
    if len(data) - 1 != count:
        raise Flaw("malformed", f"{primitive.name} has {count} operands, and {len(data) - 1} are given")
    operands: list[Node] = []
    for place, operand in enumerate(data[1:]):
        inner = scope if primitive.binds != place else _within(scope, primitive, operands[place - 1])
        operands.append(_read(operand, inner))
    for types, result in primitive.types:
        bound: dict[str, str] = {}
        if all(_fits(pattern, node, bound, scope) for pattern, node in zip(types, operands, strict=True)):
            return Node(_filled(result, bound), primitive, tuple(operands))
    wanted = " or ".join(f"({', '.join(types)})" for types, _ in primitive.types)
    given = ", ".join(node.type for node in operands)
    raise Flaw("ill-typed", f"{primitive.name} is for {wanted}, and ({given}) is given")


def _within(scope: _Scope, primitive: Primitive, through: Node) -> _Scope:
    """What names mean in an operand that is evaluated for each item of ``through``."""
    outer, items = parts_of(through.type)
    if outer != "list":
        raise Flaw("ill-typed", f"{primitive.name} goes through a list, and {through.type} is given")
    if scope.binders >= MAX_BINDERS:
        raise Flaw("too large", f"at most {MAX_BINDERS} primitives that go through items may stand in each other")
    item, index = ITEMS[scope.binders]
    more = {item: items[0], **({index: "int"} if primitive.indexed else {})}
    return _Scope({**scope.variables, **more}, scope.parameters, scope.binders + 1)


def _fits(pattern: str, node: Node, bound: dict[str, str], scope: _Scope) -> bool:
    if pattern in ("count", "letter"):
        values = scope.parameters[node.value].values if node.leaf == "parameter" else (node.value,)
        if pattern == "count":
            return node.type == "int" and node.leaf in ("number", "parameter") and min(values) >= 1
        return node.leaf in ("text", "parameter") and node.type == "str" and all(len(each) == 1 for each in values)
    return _unified(pattern, node.type, bound)


def _unified(pattern: str, given: str, bound: dict[str, str]) -> bool:
    if pattern in ("a", "b"):
        return bound.setdefault(pattern, given) == given
    if pattern.startswith("list["):
        outer, items = parts_of(given)
        return outer == "list" and _unified(pattern[5:-1], items[0], bound)
    return pattern == given


def _filled(result: str, bound: Mapping[str, str]) -> str:
    if result in bound:
        return bound[result]
    return f"list[{_filled(result[5:-1], bound)}]" if result.startswith("list[") else result


def _short(data: Any) -> str:
    try:
        text = repr(data)
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        text = "something too long to show"
    return text if len(text) <= 60 else text[:59] + "…"

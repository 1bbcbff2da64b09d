"""What a tree says and does: the grammar's own phrase, the Python expression of a reference, and the value itself.

Every operand that is more than a word stands in brackets, so that a phrase has one reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..language.pre_transforms import Undefined
from .primitives import Primitive, size_of
from .trees import ITEMS, Node

MAX_STEPS = 20_000
"""Nodes that one evaluation may go through."""
MAX_WORK = 5_000_000
"""Items and characters that all primitives of one evaluation may touch: steps count nodes alone, and one node may go
through twenty thousand items, or keep as many."""
_WORDS = {
    "item": "the item",
    "index": "the index of the item",
    "inner_item": "the inner item",
    "inner_index": "the index of the inner item",
}


def phrase_of(tree: Node, clause: bool) -> str:
    """The phrase, in which ``{v}`` and the parameters' names in braces are to be filled in.

    clause: whether a condition is wanted (``{v} is even``) and not a value (``{v} plus 1``).
    """
    return _say(tree, clause)


def _say(node: Node, clause: bool) -> str:
    if node.primitive is None:
        return f"{_word(node)} is True" if clause else _word(node)
    said = node.primitive.phrase.format(*_operands(node, node.primitive))
    if clause == node.primitive.clause:
        return said
    return f"({said}) is True" if clause else f"True if ({said}) and False otherwise"


def _operands(node: Node, primitive: Primitive) -> list[str]:
    told = []
    for place, operand in enumerate(node.operands):
        clause = _wants_clause(primitive, place)
        text = _say(operand, clause)
        told.append(text if operand.primitive is None and not clause else f"({text})")
    return told


def _wants_clause(primitive: Primitive, place: int) -> bool:
    return all(types[place] == "bool" for types, _ in primitive.types)


def _word(node: Node) -> str:
    if node.leaf == "variable":
        return _WORDS.get(node.value, "{v}")
    if node.leaf == "parameter":
        return f"'{{{node.value}}}'" if node.type == "str" else f"{{{node.value}}}"
    if node.leaf == "text":
        return {"": "the empty text", " ": "a single space"}.get(node.value, f"'{node.value}'")
    return str(node.value)


def code_of(tree: Node) -> str:
    """The expression in ``v``, in which parameters stand as ``<name>``."""
    return _code(tree, 0)


def _code(node: Node, depth: int) -> str:
    primitive = node.primitive
    if primitive is None:
        if node.leaf == "parameter":
            return f"<{node.value}>"
        return str(node.value) if node.leaf == "variable" else repr(node.value)
    told = []
    for place, operand in enumerate(node.operands):
        text = _code(operand, depth + (primitive.binds == place))
        atom = operand.primitive is None and not (operand.leaf == "parameter" and operand.type == "int")
        negative = operand.leaf == "number" and operand.value < 0
        told.append(f"({text})" if not atom or negative else text)
    if primitive.binds is None:
        return primitive.code.format(*told)
    item, index = ITEMS[depth]
    spoken = {each.value for each in node.operands[primitive.binds].walk() if each.leaf == "variable"}
    if index in spoken:
        told[0] = f"enumerate({told[0]})"
        return primitive.code.format(*told, item=f"{index}, {item}", first=item)
    return primitive.code.format(*told, item=item, first=item)


def value_of(tree: Node, value: Any, drawn: Mapping[str, Any]) -> Any:
    """What the tree gives for a value of its type. Undefined where it gives nothing, or too much."""
    return _Run(drawn).of(tree, {"v": value}, 0)


class _Run:
    """One evaluation."""

    def __init__(self, drawn: Mapping[str, Any]) -> None:
        self._drawn, self._left, self._work = drawn, MAX_STEPS, MAX_WORK

    def of(self, node: Node, names: Mapping[str, Any], depth: int) -> Any:
        """The value of a node where these names are known."""
        self._left -= 1
        if self._left < 0:
            raise Undefined("it takes too many steps")
        primitive = node.primitive
        if primitive is None:
            if node.leaf == "variable":
                return names[node.value]
            return self._drawn[node.value] if node.leaf == "parameter" else node.value
        if primitive.lazy:
            return primitive.apply(*(lambda each=each: self.of(each, names, depth) for each in node.operands))
        if primitive.binds is None:
            values = [self.of(each, names, depth) for each in node.operands]
            self._touch(primitive.work(values))
            made = primitive.apply(*values)
            self._touch(size_of(made))
            return made
        through, body = node.operands
        item, index = ITEMS[depth]

        def for_item(value: Any, place: int) -> Any:
            return self.of(body, {**names, item: value, index: place}, depth + 1)

        return primitive.apply(self.of(through, names, depth), for_item)

    def _touch(self, items: int) -> None:
        self._work -= items
        if self._work < 0:
            raise Undefined("it takes too much work")

"""Outcomes: the places at which a program's way may part, and how an expression is changed so that it tells them.

An outcome is a condition that holds or does not hold, a loop's body, what follows a loop that can be left by
``return``, a handler, a case, a function, a lambda, the item of a comprehension, an operand of ``and`` and ``or``, a
comparison whose value is used (``[a, b][x == 5]``). Whoever hides a wrong value where no input comes needs one of them.
``watching`` changes whole programs.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from .guarding import is_guard
from .loading import used_up

_LONGEST = 80
_COMPARING = frozenset(
    "any all bool callable isinstance issubclass hasattr startswith endswith isalnum isalpha isascii isdecimal isdigit "
    "isidentifier islower isnumeric isprintable isspace istitle isupper isdisjoint issubset issuperset is_integer "
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__ __bool__ "
    "eq ne lt le gt ge contains truth not_ is_ is_not isclose isnan isinf isfinite".split()
)
"""Functions and methods whose value is True or False, called or handed on."""
_DECIDING = frozenset("filter filterfalse takewhile dropwhile".split())
"""Functions that decide by the truth of what their first argument gives."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """line: in the program, from 1. what: for people and for an author, behind the line."""

    line: int
    what: str


class Expressions:
    """Changes expressions, and notes which outcomes they have.

    outcomes: by number. spared: the numbers of those that need not be met. guards: those of conditions that only look
    at an argument as it was given. inside, given: whether a function is being changed, and which names in it hold
    arguments. using_up: names of functions that use up the functions which they are given.
    own: names that the program binds itself.
    """

    def __init__(self, source: str, mark: str, told: str) -> None:
        self.mark, self.told = mark, told
        self.outcomes: list[Outcome] = []
        self.spared: set[int] = set()
        self.guards: set[int] = set()
        self.inside = False
        self.given: frozenset[str] = frozenset()
        self.using_up: frozenset[str] = frozenset()
        self.own: frozenset[str] = frozenset()
        self._gone: set[int] = set()
        self._source = source

    def block(self, body: list[ast.stmt], last: bool = False) -> list[ast.stmt]:
        """Statements, changed. last: nothing comes after them."""
        raise NotImplementedError

    # --- marks ---

    def _new(self, node: Any, what: str, spared: bool = False) -> int:
        self.outcomes.append(Outcome(node.lineno, what))
        number = len(self.outcomes) - 1
        if spared:
            self.spared.add(number)
        return number

    def _mark(self, node: Any, what: str, spared: bool = False) -> ast.Call:
        return _call(self.mark, self._new(node, what, spared))

    def _marked(self, value: ast.expr, node: Any, what: str) -> ast.expr:
        """An expression that marks before it is worked out."""
        pair = ast.Tuple([self._mark(node, what), value], ast.Load())
        return ast.Subscript(pair, ast.Constant(1), ast.Load())

    def _split(self, node: ast.expr, spared: tuple[bool, bool] = (False, False)) -> ast.expr:
        """An expression whose truth is noted, and that is handed on. spared: whether it may not hold, or never not."""
        what, guard = self._said(node), is_guard(node, self.given)
        number = self._new(node, f"{what} holds", spared[0])
        self._new(node, f"{what} does not hold", spared[1])
        self.guards |= {number, number + 1} if guard else set()
        return _call(self.told, number, self._operands(node))

    def _said(self, node: ast.expr) -> str:
        """An expression as it is written."""
        text = " ".join((ast.get_source_segment(self._source, node) or "").split())
        return f"`{text[:_LONGEST]}`"

    def _visit(self, node: Any) -> Any:
        handler = getattr(self, f"_{type(node).__name__}", None)
        return handler(node) if handler is not None else self._children(node)

    def _children(self, node: Any) -> Any:
        for name in node._fields:
            self._field(node, name)
        return node

    def _field(self, node: Any, name: str) -> None:
        value = getattr(node, name, None)
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            setattr(node, name, self.block(value))
        elif isinstance(value, list):
            setattr(node, name, [self._visit(each) if isinstance(each, ast.AST) else each for each in value])
        elif isinstance(value, ast.AST):
            setattr(node, name, self._visit(value))

    # --- expressions ---

    def _condition(self, node: ast.expr, true: bool = False, false: bool = False) -> ast.expr:
        """An expression of which only the truth counts. true, false: whether that outcome may be left out."""
        if isinstance(node, ast.Constant):
            return node
        if not self.inside:
            visited: ast.expr = self._visit(node)  # it may hold a lambda
            return visited
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._condition(node.operand, false, true)
            return node
        if isinstance(node, ast.BoolOp):
            both = isinstance(node.op, ast.And)
            last = len(node.values) - 1
            node.values = [
                self._condition(each, true and (place == last or not both), false and (place == last or both))
                for place, each in enumerate(node.values)
            ]
            return node
        return self._split(node, (true, false))

    def _operands(self, node: Any) -> Any:
        """What is inside an expression whose own value is noted already."""
        if isinstance(node, (ast.Compare, ast.Call)):
            return self._children(node)
        return self._visit(node)

    def _IfExp(self, node: Any) -> Any:
        node.test = self._condition(node.test)
        node.body, node.orelse = self._visit(node.body), self._visit(node.orelse)
        return node

    def _BoolOp(self, node: Any) -> Any:
        """Where its value is used: every operand but the last decides what it is."""
        *first, last = node.values
        node.values = [*(self._told(each) for each in first), self._visit(last)]
        return node

    def _told(self, node: ast.expr) -> ast.expr:
        if not self.inside or isinstance(node, ast.Constant):
            return self._operands(node) if not isinstance(node, ast.Constant) else node
        return self._split(node)

    def _Compare(self, node: Any) -> Any:
        return self._told(node)

    def _UnaryOp(self, node: Any) -> Any:
        if isinstance(node.op, ast.Not):
            node.operand = self._condition(node.operand)
            return node
        return self._children(node)

    def _Call(self, node: Any) -> Any:
        if not self.inside:  # what a table is put in order by is called for no input
            self._gone |= set(map(id, used_up(node, self.using_up)))
        name = _name_of(node.func)
        if name in _COMPARING:
            return self._told(node)
        decides = name in _DECIDING and name not in self.own and bool(node.args)
        handed_on = [(decides and not place) or _is_comparing(each) for place, each in enumerate(node.args)]
        texts = [self._said(each) for each in node.args]
        self._children(node)
        if self.inside:
            for place, text in enumerate(texts):
                if handed_on[place]:
                    node.args[place] = self._heard(node.args[place], node, text)
        return node

    def _heard(self, node: ast.expr, call: ast.Call, text: str) -> ast.expr:
        """A function that is handed on, and whose values' truth is noted; None stands for the values themselves."""
        if isinstance(node, ast.Starred):
            return node
        number = self._new(call, f"what {text} gives holds")
        self._new(call, f"what {text} gives does not hold")
        if isinstance(node, ast.Constant):
            one = ast.arguments([], [ast.arg("given")], None, [], [], None, [])
            return ast.Lambda(one, _call(self.told, number, ast.Name("given", ast.Load())))
        most = ast.arguments([], [], ast.arg("given"), [ast.arg("by")], [node], None, [])
        value = ast.Call(ast.Name("by", ast.Load()), [ast.Starred(ast.Name("given", ast.Load()), ast.Load())], [])
        return ast.Lambda(most, _call(self.told, number, value))

    def _Lambda(self, node: Any) -> Any:
        if id(node) in self._gone:
            return node
        node.args = self._children(node.args)
        outside, self.inside = self.inside, True
        line = node.body
        node.body = self._marked(self._visit(node.body), line, "this lambda")
        self.inside = outside
        return node

    def _ListComp(self, node: Any) -> Any:
        if self.inside:
            line = node.elt
            node.generators = [self._generator(each) for each in node.generators]
            node.elt = self._marked(self._visit(node.elt), line, f"the item {self._said(line)}")
            return node
        return self._children(node)

    def _SetComp(self, node: Any) -> Any:
        return self._ListComp(node)

    def _GeneratorExp(self, node: Any) -> Any:
        return self._ListComp(node)

    def _DictComp(self, node: Any) -> Any:
        if self.inside:
            line = node.value
            node.generators = [self._generator(each) for each in node.generators]
            node.key = self._visit(node.key)
            node.value = self._marked(self._visit(node.value), line, f"the item {self._said(line)}")
            return node
        return self._children(node)

    def _generator(self, node: ast.comprehension) -> ast.comprehension:
        node.iter = self._visit(node.iter)
        node.ifs = [self._condition(each) for each in node.ifs]
        return node


def _name_of(node: ast.expr) -> str:
    return str(getattr(node, "id", None) or getattr(node, "attr", ""))


def _is_comparing(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and _name_of(node) in _COMPARING - {"bool"}


def _call(name: str, number: int, *more: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number), *more], [])

"""Which outcomes the conditions of a program have, and a copy of the program that tells which of them it met.

An outcome is a place at which a program's way may part: a condition that holds or does not hold, a loop's body, what
follows a loop that can be left by ``return``, a handler, a case, a function, a lambda, the item of a comprehension, an
operand of ``and`` and ``or``, a comparison whose value is used (``[a, b][x == 5]``). Whoever hides a wrong value where
no input comes needs one of them. Outcomes that can end in nothing but an exception are none: an exception is no value,
and a reference that raises is rejected by the input that makes it do so.

The copy calls two functions at these places, under names that occur nowhere in the program; ``reaching`` supplies them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from ...benchmarks.jsonio import text_digest
from ..syntax import nodes_of, parse, shared
from .guarding import given_names, is_guard
from .raising import always_leaves, hides_exceptions, only_raises, takes_all

Statement = TypeVar("Statement", bound=ast.stmt)
_JUMPS = (ast.Return, ast.Break, ast.Continue)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LONGEST = 80
_COMPARING = frozenset(
    "any all bool callable isinstance issubclass hasattr startswith endswith isalnum isalpha isascii isdecimal isdigit "
    "isidentifier islower isnumeric isprintable isspace istitle isupper isdisjoint issubset issuperset is_integer "
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__ __bool__ "
    "eq ne lt le gt ge contains truth not_ is_ is_not isclose isnan isinf isfinite".split()
)
"""Functions and methods whose value is True or False, however they are reached."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """line: in the program, from 1. what: for people and for an author, behind the line."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A program that calls ``mark(number)`` and ``told(number, value)`` where its way parts.

    outcomes: by number. needed: the numbers of those that must be met. guards: of those of conditions that only look at
    an argument as it was given. hidden: where an exception may be swallowed unseen, "" where nowhere.
    """

    source: str
    mark: str
    told: str
    outcomes: tuple[Outcome, ...]
    needed: frozenset[int]
    guards: frozenset[int]
    hidden: str

    def missing(self, seen: frozenset[int]) -> list[int]:
        """The numbers of outcomes that must be met and were not, in the order of the text."""
        return sorted(self.needed - seen, key=lambda number: (self.outcomes[number].line, number))


@lru_cache(maxsize=1024)
def watched(source: str, entry: str, first_line: int = 1) -> Watched:
    """The copy of a program; what stands above ``first_line`` is left as it is. SyntaxError where it does not parse."""
    digest = text_digest(f"watched {source}")[:16]
    watcher = _Watcher(source, entry, first_line, f"mark_{digest}", f"told_{digest}")
    tree = watcher.module()
    needed = frozenset(number for number in range(len(watcher.outcomes)) if number not in watcher.spared)
    return Watched(
        ast.unparse(ast.fix_missing_locations(tree)),
        watcher.mark,
        watcher.told,
        tuple(watcher.outcomes),
        needed,
        frozenset(watcher.guards),
        hides_exceptions(shared(source)),
    )


class _Watcher:
    def __init__(self, source: str, entry: str, first_line: int, mark: str, told: str) -> None:
        self.mark, self.told = mark, told
        self.outcomes: list[Outcome] = []
        self.spared: set[int] = set()
        self.guards: set[int] = set()
        self._entry, self._given = entry, frozenset[str]()
        self._source = source
        self._tree = parse(source)
        self._first = first_line
        self._inside = False  # a function
        self._in_class = False
        nodes = nodes_of(source)
        self._used = {node.id for node in nodes if isinstance(node, ast.Name)} | {entry}
        self._used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        # Where exceptions are caught, any statement may be the last one that is run.
        self._caught = any(isinstance(node, ast.Try) or type(node).__name__ == "TryStar" for node in nodes)

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
        what, guard = self._said(node), is_guard(node, self._given)
        number = self._new(node, f"{what} holds", spared[0])
        self._new(node, f"{what} does not hold", spared[1])
        self.guards |= {number, number + 1} if guard else set()
        return _call(self.told, number, self._operands(node))

    def _said(self, node: ast.expr) -> str:
        """An expression as it is written."""
        text = " ".join((ast.get_source_segment(self._source, node) or "").split())
        return f"`{text[:_LONGEST]}`"

    # --- statements ---

    def module(self) -> ast.Module:
        """The tree, changed."""
        for place, node in enumerate(self._tree.body):
            if node.lineno >= self._first:
                self._tree.body[place] = self._visit(node)
        return self._tree

    def _block(self, body: list[ast.stmt], last: bool = False) -> list[ast.stmt]:
        """The statements, with marks where one may never be reached. last: nothing comes after them."""
        found: list[ast.stmt] = []
        for place, node in enumerate(body):
            rest = body[place + 1 :]
            parts = self._parts(node) and (rest or not last)
            found.append(self._visit(node))
            if parts:
                spared = self._raises(rest) if rest else False
                found.append(ast.Expr(self._mark(rest[0] if rest else node, "what comes after it", spared)))
        return found

    def _parts(self, node: ast.stmt) -> bool:
        """Whether the statement behind this one may never be reached though this one is."""
        if isinstance(node, _SCOPES) or always_leaves(node):
            return False
        if self._caught:
            return True
        kinds = (*_LOOPS, ast.With, ast.AsyncWith, ast.Match)
        return isinstance(node, kinds) and any(isinstance(each, _JUMPS) for each in _own_nodes(node))

    def _raises(self, body: Sequence[ast.stmt]) -> bool:
        return not self._in_class and only_raises(body)

    def _opened(self, body: list[ast.stmt], node: Any, what: str, spared: bool = False) -> list[ast.stmt]:
        """A block that marks that it was entered."""
        first = ast.Expr(self._mark(node, what, spared))
        return [first, *self._block(body)]

    def _visit(self, node: Any) -> Any:
        handler = getattr(self, f"_{type(node).__name__}", None)
        return handler(node) if handler is not None else self._children(node)

    def _children(self, node: Any) -> Any:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, name, self._block(value))
            elif isinstance(value, list):
                setattr(node, name, [self._visit(each) if isinstance(each, ast.AST) else each for each in value])
            elif isinstance(value, ast.AST):
                setattr(node, name, self._visit(value))
        return node

    def _FunctionDef(self, node: Any) -> Any:
        if node.name not in self._used and not (node.name.startswith("__") and node.name.endswith("__")):
            return node  # nothing calls it
        outside = self._inside, self._in_class, self._given
        if not self._inside:
            self._given = given_names(node) if node.name == self._entry else frozenset()
        self._inside = True
        documented = len(node.body) > 1 and isinstance(node.body[0], ast.Expr)
        documented = documented and isinstance(node.body[0].value, ast.Constant)
        head, body = (node.body[:1], node.body[1:]) if documented else ([], node.body)
        spared = node.name.startswith("__") or self._raises(body)
        first = ast.Expr(self._mark(node, f"the function {node.name}", spared))
        returns = [each for each in _own_nodes(node) if isinstance(each, ast.Return)]
        given = bool(returns) and all(each.value is not None for each in returns)
        node.body = [*head, first, *self._block(body, last=given)]
        self._inside, self._in_class, self._given = outside
        return node

    def _AsyncFunctionDef(self, node: Any) -> Any:
        return self._FunctionDef(node)

    def _ClassDef(self, node: Any) -> Any:
        outside, self._in_class = self._in_class, True
        for place, each in enumerate(node.body):
            node.body[place] = self._visit(each) if isinstance(each, (ast.FunctionDef, ast.ClassDef)) else each
        self._in_class = outside
        return node

    def _If(self, node: Any) -> Any:
        if not self._inside:
            return self._children(node)
        node.test = self._condition(node.test, self._raises(node.body), self._raises(node.orelse))
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def _While(self, node: Any) -> Any:
        if not self._inside:
            return self._children(node)
        raises = self._raises(node.body)
        node.test = self._condition(node.test, raises, False)
        node.body = self._block(node.body)
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the loop's else", self._raises(node.orelse))
        return node

    def _For(self, node: Any) -> Any:
        if not self._inside:
            return self._children(node)
        node.iter = self._visit(node.iter)
        node.body = self._opened(node.body, node, "the loop's body", self._raises(node.body))
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the loop's else", self._raises(node.orelse))
        return node

    def _AsyncFor(self, node: Any) -> Any:
        return self._For(node)

    def _Try(self, node: Any) -> Any:
        if not self._inside:
            return self._children(node)
        for handler in node.handlers:
            handler.body = self._opened(handler.body, handler, "this handler", self._raises(handler.body))
        node.body = self._block(node.body)
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the try's else", self._raises(node.orelse))
        node.finalbody = self._block(node.finalbody)
        return node

    def _TryStar(self, node: Any) -> Any:
        return self._Try(node)

    def _Match(self, node: Any) -> Any:
        if not self._inside:
            return self._children(node)
        node.subject = self._visit(node.subject)
        first, open_end = node.cases[0].pattern, not takes_all(node.cases[-1])
        for case in node.cases:
            if case.guard is not None:
                case.guard = self._condition(case.guard)
            case.body = self._opened(case.body, case.pattern, "this case", self._raises(case.body))
        if open_end:
            none = ast.Expr(self._mark(first, "no case of this match"))
            node.cases.append(ast.match_case(ast.MatchAs(), None, [none]))
        return node

    def _Return(self, node: Any) -> Any:
        if node.value is not None:
            line = node.value
            node.value = self._visit(node.value)
            if self._caught and self._inside:
                # marked once its value is there: an exception on the way may be caught
                pair = ast.Tuple([node.value, self._mark(line, "this return")], ast.Load())
                node.value = ast.Subscript(pair, ast.Constant(0), ast.Load())
        return node

    def _Assert(self, node: Any) -> Any:
        if self._inside:
            node.test = self._condition(node.test, False, not self._in_class)
        return node

    def _Raise(self, node: Any) -> Any:
        return node

    # --- expressions ---

    def _condition(self, node: ast.expr, true: bool = False, false: bool = False) -> ast.expr:
        """An expression of which only the truth counts. true, false: whether that outcome may be left out."""
        if isinstance(node, ast.Constant) or not self._inside:
            return node
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
        if not self._inside or isinstance(node, ast.Constant):
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
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        return self._told(node) if name in _COMPARING else self._children(node)

    def _Lambda(self, node: Any) -> Any:
        outside, self._inside = self._inside, True
        line = node.body
        node.body = self._marked(self._visit(node.body), line, "this lambda")
        self._inside = outside
        return node

    def _ListComp(self, node: Any) -> Any:
        if self._inside:
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
        if self._inside:
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


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """What is below a node, functions and classes inside it left out."""
    found: list[ast.AST] = []
    queue = list(ast.iter_child_nodes(node))
    while queue:
        each = queue.pop()
        if not isinstance(each, _SCOPES):
            found.append(each)
            queue += ast.iter_child_nodes(each)
    return found


def _call(name: str, number: int, *more: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number), *more], [])

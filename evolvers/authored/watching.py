"""A copy of a program that tells which of its outcomes (``outcomes``) it met.

Outcomes that can end in nothing but an exception are none: an exception is no value, and a reference that raises is
rejected by the input that makes it do so. The copy calls two functions, under names that occur nowhere in the program;
``reaching`` supplies them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...benchmarks.jsonio import text_digest
from ..syntax import nodes_of, parse, shared
from .guarding import given_names
from .loading import names_that_use_up, only_loading
from .outcomes import Expressions, Outcome
from .raising import always_leaves, caught_in, hides_exceptions, only_raises, takes_all

_JUMPS = (ast.Return, ast.Break, ast.Continue)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SHOWING = frozenset(("__repr__", "__str__"))
"""Methods that a class has for whoever looks at it; nothing but ``repr``, ``str`` and formats calls them."""


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
    mark, told = f"mark_{digest}", f"told_{digest}"
    try:
        watcher = _Watcher(source, entry, first_line, mark, told)
        text = ast.unparse(ast.fix_missing_locations(watcher.module()))
    except RecursionError:  # what notes outcomes makes a program up to twice as deep
        hidden = "it is nested too deeply for its conditions to be followed"
        return Watched(source, mark, told, (), frozenset(), frozenset(), hidden)
    needed = frozenset(number for number in range(len(watcher.outcomes)) if number not in watcher.spared)
    return Watched(
        text,
        watcher.mark,
        watcher.told,
        tuple(watcher.outcomes),
        needed,
        frozenset(watcher.guards),
        hides_exceptions(shared(source)),
    )


class _Watcher(Expressions):
    """Changes statements."""

    def __init__(self, source: str, entry: str, first_line: int, mark: str, told: str) -> None:
        super().__init__(source, mark, told)
        self._entry = entry
        self._tree = parse(source)
        self._first = first_line
        self._in_class = self._derived = False
        nodes = nodes_of(source)
        self._used = {node.id for node in nodes if isinstance(node, ast.Name)} | {entry}
        self._used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        self._used |= {name for node in nodes if isinstance(node, ast.MatchClass) for name in node.kwd_attrs}
        self._unseen = caught_in(nodes)
        loading = only_loading(self._tree, entry)
        self._loading = {id(node) for node in self._tree.body if getattr(node, "name", None) in loading}
        self.using_up = names_that_use_up(nodes)
        self.own = frozenset(node.id for node in nodes if isinstance(node, ast.Name) and _binds(node))
        self.own |= {str(getattr(node, "name", None) or getattr(node, "arg", "")) for node in nodes if _binds(node)}
        # Where exceptions are caught, any statement may be the last one that is run.
        self._caught = any(isinstance(node, ast.Try) or type(node).__name__ == "TryStar" for node in nodes)

    def module(self) -> ast.Module:
        """The tree, changed."""
        for place, node in enumerate(self._tree.body):
            if node.lineno >= self._first:
                self._tree.body[place] = self._visit(node)
        return self._tree

    def block(self, body: list[ast.stmt], last: bool = False) -> list[ast.stmt]:
        """The statements, with marks where one may never be reached. last: nothing comes after them."""
        if not self.inside:  # what a class's body does is done when the program is loaded
            return [self._visit(node) for node in body]
        found: list[ast.stmt] = []
        for place, node in enumerate(body):
            rest = body[place + 1 :]
            parts = (self._parts(node) and (rest or not last)) or (rest and _yields(node))
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
        own = _own_nodes(node)
        kinds = (*_LOOPS, ast.With, ast.AsyncWith, ast.Match)
        return isinstance(node, kinds) and any(isinstance(each, _JUMPS) for each in own)

    def _raises(self, body: Sequence[ast.stmt]) -> bool:
        return not self._in_class and only_raises(body, self._unseen)

    def _opened(self, body: list[ast.stmt], node: Any, what: str, spared: bool = False) -> list[ast.stmt]:
        """A block that marks that it was entered."""
        first = ast.Expr(self._mark(node, what, spared))
        return [first, *self.block(body)]

    def _FunctionDef(self, node: Any) -> Any:
        self._when_defined(node)
        special = node.name.startswith("__") and node.name.endswith("__")
        if not (node.name in self._used or special or node.decorator_list or self._derived):
            return node  # nothing calls it
        if id(node) in self._loading:
            node.body = self.block(node.body)
            return node
        outside = self.inside, self._in_class, self._derived, self.given
        if not self.inside:
            self.given = given_names(node) if node.name == self._entry else frozenset()
        self.inside, self._derived = True, False
        documented = len(node.body) > 1 and isinstance(node.body[0], ast.Expr)
        documented = documented and isinstance(node.body[0].value, ast.Constant)
        head, body = (node.body[:1], node.body[1:]) if documented else ([], node.body)
        spared = node.name in _SHOWING or self._raises(body)
        first = ast.Expr(self._mark(node, f"the function {node.name}", spared))
        returns = [each for each in _own_nodes(node) if isinstance(each, ast.Return)]
        given = bool(returns) and all(each.value is not None for each in returns)
        node.body = [*head, first, *self.block(body, last=given)]
        self.inside, self._in_class, self._derived, self.given = outside
        return node

    def _when_defined(self, node: Any) -> None:
        """What is worked out when a function is defined."""
        node.args = self._children(node.args)
        for name in ("decorator_list", "returns"):
            self._field(node, name)

    def _AsyncFunctionDef(self, node: Any) -> Any:
        return self._FunctionDef(node)

    def _ClassDef(self, node: Any) -> Any:
        outside = self._in_class, self._derived
        # What a class is made of may call its methods by names that stand nowhere in the program.
        self._in_class, self._derived = True, bool(node.bases or node.keywords)
        self._children(node)
        self._in_class, self._derived = outside
        return node

    def _If(self, node: Any) -> Any:
        if not self.inside:
            return self._children(node)
        node.test = self._condition(node.test, self._raises(node.body), self._raises(node.orelse))
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return node

    def _While(self, node: Any) -> Any:
        if not self.inside:
            return self._children(node)
        raises = self._raises(node.body)
        node.test = self._condition(node.test, raises, False)
        node.body = self.block(node.body)
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the loop's else", self._raises(node.orelse))
        return node

    def _For(self, node: Any) -> Any:
        if not self.inside:
            return self._children(node)
        node.iter = self._visit(node.iter)
        node.body = self._opened(node.body, node, "the loop's body", self._raises(node.body))
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the loop's else", self._raises(node.orelse))
        return node

    def _AsyncFor(self, node: Any) -> Any:
        return self._For(node)

    def _Try(self, node: Any) -> Any:
        if not self.inside:
            return self._children(node)
        for handler in node.handlers:
            handler.body = self._opened(handler.body, handler, "this handler", self._raises(handler.body))
        node.body = self.block(node.body)
        if node.orelse:
            node.orelse = self._opened(node.orelse, node.orelse[0], "the try's else", self._raises(node.orelse))
        node.finalbody = self.block(node.finalbody)
        return node

    def _TryStar(self, node: Any) -> Any:
        return self._Try(node)

    def _Match(self, node: Any) -> Any:
        if not self.inside:
            return self._children(node)
        node.subject = self._visit(node.subject)
        first, open_end = node.cases[0].pattern, not takes_all(node.cases[-1])
        for case in node.cases:
            if case.guard is not None:
                case.guard = self._condition(case.guard)
            case.body = self._opened(case.body, case.pattern, "this case", self._raises(case.body))
        if open_end:
            none = ast.Expr(self._mark(first, "no case of this match"))
            node.cases.append(ast.match_case(ast.MatchAs(None, None), None, [none]))
        return node

    def _Return(self, node: Any) -> Any:
        if node.value is not None:
            line = node.value
            node.value = self._visit(node.value)
            if self._caught and self.inside:
                # marked once its value is there: an exception on the way may be caught
                pair = ast.Tuple([node.value, self._mark(line, "this return")], ast.Load())
                node.value = ast.Subscript(pair, ast.Constant(0), ast.Load())
        return node

    def _Assert(self, node: Any) -> Any:
        if self.inside:
            uncaught = not self._in_class and "AssertionError" not in self._unseen
            node.test = self._condition(node.test, False, uncaught)
            if not uncaught:
                self._field(node, "msg")
        return node

    def _Raise(self, node: Any) -> Any:
        return node if only_raises([node], self._unseen) else self._children(node)  # who catches it may look at it


def _binds(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, (*_SCOPES, ast.arg))


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


def _yields(node: ast.stmt) -> bool:
    """Whether somebody outside decides if it goes on behind a statement."""
    return not isinstance(node, _SCOPES) and any(
        isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own_nodes(node)
    )

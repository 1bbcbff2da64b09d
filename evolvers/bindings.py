"""Which names a program binds, and which of them a renaming may not touch."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .syntax import symbols, walked
from .words import BUILTIN_NAMES

# With these a program can see the names of its variables; a renaming would change what it sees.
_SEE_ALL_NAMES = frozenset({"globals", "locals", "vars", "dir"})
_RUN_TEXT = frozenset({"eval", "exec", "compile"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Bindings:
    """The names of one program.

    functions:
        name to the parameter names of each definition under that name (not methods).
    parameters, variables:
        names bound as such, in any scope.
    kept:
        name to why it must stay as it is.
    sees_names, runs_text:
        the program calls ``locals()`` and the like, or ``eval``/``exec``.
    """

    functions: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    parameters: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    module_level: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    sees_names: bool = False
    runs_text: bool = False

    @property
    def bound(self) -> set[str]:
        """Every name that the program binds itself."""
        return {*self.functions, *self.parameters, *self.variables}

    def keep(self, name: str, why: str) -> None:
        """Mark a name as untouchable; the first reason stands."""
        self.kept.setdefault(name, why)


def bindings_of(source: str, tree: ast.Module) -> Bindings:
    """Collect the names of a program. A name is one thing everywhere: renaming replaces it in all scopes at once."""
    found = Bindings()
    _Collector(found).visit(tree)
    top = symbols(source)
    found.module_level = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    found.free = free_names(source)
    for name in found.free:
        found.keep(name, "comes from outside the program")
    for name in found.bound:
        if name in BUILTIN_NAMES:
            found.keep(name, "is a builtin's name")
        elif name.startswith("__") or name.strip("_") == "":
            found.keep(name, "begins with two underscores")
    return found


def free_names(source: str) -> set[str]:
    """Names that some scope reads from the module although the module never binds them."""
    top = symbols(source)
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used = set()
    for table in scopes_of(top):
        for symbol in table.get_symbols():
            if table.get_type() == "module" or symbol.is_global():
                used.add(symbol.get_name())
                if symbol.is_declared_global() and symbol.is_assigned():
                    bound.add(symbol.get_name())
    return used - bound


def scopes_of(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """The table and all tables in it, depth first, in the order of the source."""
    yield table
    for child in table.get_children():
        yield from scopes_of(child)


_NAMING = frozenset(("MatchAs", "MatchStar", "MatchMapping", "TypeVar", "ParamSpec", "TypeVarTuple"))
_METHODS: dict[type, Callable[[_Collector, Any], None]] = {}


class _Collector(ast.NodeVisitor):
    """Fills a Bindings from a tree; knows whether it stands directly in a class body."""

    def __init__(self, found: Bindings) -> None:
        self._found = found
        self._in_class = False

    def visit(self, node: ast.AST) -> None:
        """Visit a node by the method for its type, which is looked up once for each type."""
        kind = type(node)
        if kind not in _METHODS:
            _METHODS[kind] = getattr(_Collector, f"visit_{kind.__name__}", _Collector.generic_visit)
        _METHODS[kind](self, node)

    def _inside(self, nodes: list[ast.stmt], *, in_class: bool) -> None:
        before, self._in_class = self._in_class, in_class
        for node in nodes:
            self.visit(node)
        self._in_class = before

    def _function(self, node: FunctionNode) -> None:
        arguments = _parameters(node.args)
        if self._in_class:
            self._found.keep(node.name, "is a method")
            for first in [*node.args.posonlyargs, *node.args.args][:1]:
                self._found.keep(first.arg, "is a method's own object")
        else:
            names = frozenset(argument.arg for argument in arguments)
            self._found.functions.setdefault(node.name, []).append(names)
        for outside in [*node.decorator_list, node.returns, *getattr(node, "type_params", [])]:
            if outside is not None:
                self.visit(outside)
        self.visit(node.args)
        self._inside(node.body, in_class=False)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_arg(self, node: ast.arg) -> None:
        self._found.parameters.add(node.arg)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._found.keep(node.name, "is a class")
        for outside in [*node.decorator_list, *node.bases, *node.keywords, *getattr(node, "type_params", [])]:
            self.visit(outside)
        self._inside(node.body, in_class=True)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._found.variables.add(node.id)
            if self._in_class:
                self._found.keep(node.id, "is an attribute of a class")

    def visit_Global(self, node: ast.Global) -> None:
        self._found.variables.update(node.names)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._found.variables.add(node.name)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        if node.asname is None:
            self._found.keep(node.name.partition(".")[0], "is imported")
        elif self._in_class:
            self._found.keep(node.asname, "is an attribute of a class")
        else:
            self._found.variables.add(node.asname)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        # Before Python 3.12 positions inside f-strings are unreliable; a task must not depend on the
        # interpreter that made it.
        for name in identifiers_in(node):
            self._found.keep(name, "is used in an f-string")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            self._found.sees_names |= node.func.id in _SEE_ALL_NAMES
            self._found.runs_text |= node.func.id in _RUN_TEXT
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        if type(node).__name__ in _NAMING:
            for part in ("name", "rest"):
                name = getattr(node, part, None)
                if name:
                    self._found.keep(name, "is bound by a pattern or a type parameter")
        for part in node._fields:
            value = getattr(node, part, None)
            if isinstance(value, ast.AST):
                self.visit(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)


def identifiers_in(node: ast.AST) -> set[str]:
    """Names, parameters and keywords that occur in a tree (not attributes)."""
    found = set()
    for part in walked(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, (ast.arg, ast.keyword)) and part.arg:
            found.add(part.arg)
    return found


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]

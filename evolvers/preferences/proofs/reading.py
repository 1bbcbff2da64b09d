"""A program's syntax tree and what is asked of it: what a name stands for, in which function a node stands.

Nothing is run, imported or compiled.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Program:
    """A parsed program with what the rules ask of it."""

    tree: ast.Module
    _parents: dict[ast.AST, ast.AST] = field(default_factory=dict, compare=False)
    _names: dict[ast.AST, frozenset[str]] = field(default_factory=dict, compare=False)
    _assigned: dict[ast.AST, dict[str, list[ast.expr]]] = field(default_factory=dict, compare=False)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node; the parents are known from here on."""
        found = list(ast.walk(self.tree))
        for node in found:
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        return found

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def imported(self) -> dict[str, str]:
        """What each imported name stands for: ``sp`` for ``subprocess``, ``choice`` for ``random.choice``."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for each in node.names:
                    first = each.name.partition(".")[0]
                    found[each.asname or first] = each.name if each.asname else first
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    found[each.asname or each.name] = f"{node.module or ''}.{each.name}"
        return found

    def name(self, node: ast.AST) -> str:
        """The dotted name of an expression with imports resolved (``os.path.join``); "" for what has none.

        Names of things that the program made itself stand as they are (``conn.execute``).
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            first = f"{self.name(node.func)}()"
        elif isinstance(node, ast.Name):
            first = self.imported.get(node.id, node.id)
        else:
            first = "?"
        return ".".join([first, *reversed(parts)]) if first != "?" or parts else ""

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function in which a node stands."""
        here: ast.AST | None = self.parent(node)
        while here is not None and not isinstance(here, Function):
            here = self.parent(here)
        return here

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node in which a node stands."""
        if not self._parents:
            _ = self.nodes
        return self._parents.get(node)

    def values_of(self, name: str, near: ast.AST) -> list[ast.expr]:
        """What is assigned to a name in the function in which a node stands (or at the top level)."""
        return self._assigned_in(self.function_of(near) or self.tree).get(name, [])

    def names_of(self, scope: ast.AST) -> frozenset[str]:
        """Every name and attribute in a function, found once."""
        if scope not in self._names:
            self._names[scope] = frozenset(names_in(scope))
        return self._names[scope]

    def _assigned_in(self, scope: ast.AST) -> dict[str, list[ast.expr]]:
        if scope not in self._assigned:
            found: dict[str, list[ast.expr]] = {}
            for node in ast.walk(scope):
                if isinstance(node, ast.Assign):
                    for name in (target.id for target in node.targets if isinstance(target, ast.Name)):
                        found.setdefault(name, []).append(node.value)
            self._assigned[scope] = found
        return self._assigned[scope]


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a call's keyword argument."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def is_constant(node: ast.AST | None, value: object) -> bool:
    """Whether a node is this constant."""
    return isinstance(node, ast.Constant) and node.value is value


def names_in(node: ast.AST) -> set[str]:
    """Every name and attribute in a node."""
    nodes = list(ast.walk(node))
    names = {each.id for each in nodes if isinstance(each, ast.Name)}
    return names | {each.attr for each in nodes if isinstance(each, ast.Attribute)}


def parameters(function: Function | None) -> set[str]:
    """The names of a function's parameters; none at the top level."""
    if function is None:
        return set()
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return {each.arg for each in every if each is not None} - {"self", "cls"}

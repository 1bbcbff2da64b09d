"""What a program keeps from one call to the next, as far as its text shows it.

Runs of a program show a counter that matters after a hundred calls, and none that matters after ten thousand. So a
program whose functions change what outlives a call (a global, a default argument, an attribute of a function) is none
whose value follows from its arguments, though many such programs are honest memories of values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_CHANGING = frozenset(
    "append extend insert add update pop popitem remove discard clear setdefault sort reverse appendleft extendleft "
    "popleft subtract rotate difference_update intersection_update symmetric_difference_update".split()
)
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def kept_between_calls(nodes: Sequence[ast.AST]) -> set[str]:
    """The names of what outlives a call and is changed in one. nodes: of a whole program, the module first."""
    module = next((node for node in nodes if isinstance(node, ast.Module)), None)
    if module is None:
        return set()
    lasting = {name for statement in module.body for name in _bound_by(statement)}
    found = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    for node in nodes:
        if isinstance(node, _Function):
            found |= _changed_in(node, lasting)
    return found


def _changed_in(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, lasting: set[str]) -> set[str]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    defaults += zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True)
    kept = {argument.arg for argument, default in defaults if isinstance(default, _MUTABLE)}
    body = function.body if isinstance(function.body, list) else [function.body]
    inside = [node for statement in body for node in ast.walk(statement)]
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    watched = (lasting - own) | kept
    return {name for node in inside for name in _changes(node) if name in watched}


def _changes(node: ast.AST) -> Iterator[str]:
    """Names of what a node changes in place."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        yield from _root(node.func.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "next" and node.args:
        yield from _root(node.args[0])
    elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        yield from _root(node.value)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id

"""Conditions that only look at an argument as it was given: guards such as ``if not values``, ``if n < 1``, or the last
``elif sign == ")"`` of a chain.

Of these it can be told by trying whether a contract leaves any input that leads past them. Of a condition on something
that was worked out (``if sum(values) % 1009 == 5``) it cannot.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

_ORDERING = frozenset(("sorted", "reversed", "set"))


def given_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Names that hold an argument of a function, or an item of one, and never anything else."""
    bound = Counter(_bound_in(node))
    given = {each.arg for each in node.args.args if bound[each.arg] == 1}
    for each in ast.walk(node):
        if isinstance(each, (ast.For, ast.comprehension)):
            given |= {name for name in _items(each, given) if bound[name] == 1}
    return frozenset(given)


def is_guard(node: ast.expr, given: Iterable[str]) -> bool:
    """Whether a condition asks for nothing but such a name's truth, its length, or how it stands to constants."""
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and _plain(node.left, given) and _constant(node.comparators[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr.startswith("is") and not node.args and _plain(node.func.value, given)
    return _plain(node, given)


def _plain(node: ast.expr, given: Iterable[str]) -> bool:
    if isinstance(node, ast.Call):
        is_length = isinstance(node.func, ast.Name) and node.func.id == "len"
        return is_length and len(node.args) == 1 and _plain(node.args[0], given)
    return isinstance(node, ast.Name) and node.id in given


def _constant(node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(map(_constant, node.elts))
    return isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _items(node: ast.For | ast.comprehension, given: Iterable[str]) -> Iterator[str]:
    """The name of an item, where what is run over is an argument, or one that is counted along."""
    source, target = node.iter, node.target
    if _called(source) == "enumerate" and isinstance(target, ast.Tuple):
        source, target = getattr(source, "args", [source])[0], target.elts[-1]
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and all(map(_constant, source.args)):
        source = source.func.value  # text.split(" ")
    elif _called(source) in _ORDERING:
        source = getattr(source, "args", [source])[0]
    if isinstance(source, ast.Name) and source.id in given and isinstance(target, ast.Name):
        yield target.id


def _called(node: ast.expr) -> str:
    """The name of the function of one argument that is called, or ""."""
    plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1
    return str(getattr(getattr(node, "func", None), "id", "")) if plain else ""


def _bound_in(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, (ast.Global, ast.Nonlocal)):
            yield from each.names
        elif isinstance(each, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and each.name:
            yield each.name
        elif isinstance(each, ast.alias):
            yield each.asname or each.name
        elif isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
            yield each.name
        elif isinstance(each, ast.MatchMapping) and each.rest:
            yield each.rest

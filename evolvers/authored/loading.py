"""Functions that only work something out when a program is loaded: ``PRIMES = sieve(1000)``, a decorator.

No input decides what they do themselves, so nothing in them can wait for one; what they make (a function inside of
them) is called later. Whether that is so is told from the text: they are called by their names alone, by what is done
when the program is loaded or by each other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set

_CONSUMING = frozenset("all any dict frozenset list max min set sorted sum tuple".split())
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_LATER = (*_FUNCTION, ast.Lambda, ast.GeneratorExp)
_LASTING = (ast.ClassDef, ast.GeneratorExp, ast.Yield, ast.YieldFrom)


def only_loading(tree: ast.Module, entry: str) -> frozenset[str]:
    """The names of a module's functions that are called no more once it is loaded. entry: what is called from then
    on."""
    uses_up = names_that_use_up(ast.walk(tree))
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = [entry, *(node.name for node in defined)]
    found = {node.name: node for node in defined if names.count(node.name) == 1 and _keeps_nothing(node, uses_up)}
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    decorators = [each for node in defined for each in node.decorator_list]
    statements = [each for each in tree.body if not isinstance(each, (*_FUNCTION, ast.ClassDef))]
    loading = _at_once([*statements, *decorators], uses_up)
    while True:
        places = [*loading, *_at_once([each for node in found.values() for each in node.body], uses_up)]
        called = {id(node.func) for node in places if isinstance(node, ast.Call)} | set(map(id, decorators))
        handed_on = {node.id for node in used if id(node) not in called} & set(found)
        if not handed_on:
            return frozenset(found)
        for name in handed_on:
            del found[name]


def names_that_use_up(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Python's functions that use up what they are given, but for those that a program has something else for."""
    own: set[str | None] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            own.add(node.id)
        own |= {getattr(node, field, None) for field in ("name", "asname", "arg")}
        own |= {alias.asname or alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)}
    return _CONSUMING - own


def used_up(node: ast.AST, names: Set[str]) -> list[ast.expr]:
    """Lambdas and generators that a call is done with before it returns: ``sorted(rows, key=lambda row: row[0])``.
    names: of the functions that use up what they are given."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in names:
        return []
    keys = [each.value for each in node.keywords if each.arg == "key" and isinstance(each.value, ast.Lambda)]
    return [*(each for each in node.args if isinstance(each, ast.GeneratorExp)), *keys]


def _keeps_nothing(node: ast.FunctionDef, names: Set[str]) -> bool:
    if node.decorator_list:
        return False
    parts = [part for each in node.body for part in ast.walk(each)]
    harmless = {id(each) for part in parts for each in used_up(part, names)}
    return not any(isinstance(part, _LASTING) and id(part) not in harmless for part in parts)


def _at_once(roots: Iterable[ast.AST], names: Set[str]) -> list[ast.AST]:
    """What is worked out when these are run, and not what functions inside of them do when they are called."""
    found: list[ast.AST] = []
    queue = [each for each in roots if not isinstance(each, _FUNCTION)]
    while queue:
        node = queue.pop()
        found.append(node)
        harmless = set(map(id, used_up(node, names)))
        queue += [each for each in ast.iter_child_nodes(node) if id(each) in harmless or not isinstance(each, _LATER)]
    return found

"""What a program takes of the modules that it imports: only what these say is theirs.

A harmless module leads to others by names that it merely happens to hold (``enum.bltns`` is ``builtins``,
``json.codecs`` opens files, ``dataclasses.inspect.importlib`` imports what it is told), and a few have functions that
read attributes by a worked-out name, or evaluate an annotation's text. A module that is handed on as a value could not
be followed any further, so it may only stand before a dot.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from types import ModuleType

_REACHING = frozenset(
    "functools.update_wrapper functools.wraps functools.singledispatch functools.singledispatchmethod "
    "string.Formatter typing.get_type_hints typing.ForwardRef typing.evaluate_forward_ref operator.attrgetter "
    "operator.methodcaller dataclasses.make_dataclass".split()
)
"""Functions that read or set attributes by name, or evaluate texts."""


def strays(nodes: Sequence[ast.AST], harmless: Collection[str]) -> set[str]:
    """What a program takes of harmless modules that is not theirs, or could be anything; other modules are left to
    whoever asks."""
    bound: dict[str, str] = {}
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                problem, inner = _taken(node.module, alias.name, frozenset(harmless))
                found |= {problem} if problem else set()
                if inner:
                    bound[alias.asname or alias.name] = inner
    found |= {problem for node in nodes for problem in _of_attribute(node, bound, frozenset(harmless))}
    before_dots = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    found |= {
        f"the module {node.id} as a value"
        for node in nodes
        if isinstance(node, ast.Name) and node.id in bound and id(node) not in before_dots
    }
    return found


def _of_attribute(node: ast.AST, bound: dict[str, str], harmless: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        module = _module(node.value, bound, harmless)
        problem = _taken(module, node.attr, harmless)[0] if module else ""
        if problem:
            yield problem


def _module(node: ast.AST, bound: dict[str, str], harmless: frozenset[str]) -> str:
    """The name of the module behind an expression, "" where it is none."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, "")
    if isinstance(node, ast.Attribute):
        outer = _module(node.value, bound, harmless)
        return _taken(outer, node.attr, harmless)[1] if outer else ""
    return ""


@lru_cache(maxsize=4096)
def _taken(module: str, name: str, harmless: frozenset[str]) -> tuple[str, str]:
    """Why a name is nothing to take from a module, or ""; the module that it stands for, or ""."""
    if module.partition(".")[0] not in harmless:
        return "", ""
    full = f"{module}.{name}"
    if name == "*":
        return (full if any(each.startswith(f"{module}.") for each in _REACHING) else ""), ""
    if name.startswith("_") or full in _REACHING:
        return full, ""
    try:
        found = importlib.import_module(module)
    except ImportError:
        return full, ""
    value = getattr(found, name, None)
    if isinstance(value, ModuleType):
        known = value.__name__.partition(".")[0] in harmless
        return ("" if known else full), (value.__name__ if known else "")
    public = getattr(found, "__all__", None)
    if value is None:  # not in this Python's; the sandbox's may hold another one's
        return full, ""
    return ("" if public is None or name in public else full), ""

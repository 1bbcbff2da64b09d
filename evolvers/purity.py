"""What a program looks at beside its arguments: the clock, chance, the machine. Read off its text (gate G15)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .syntax import nodes_of

# Modules whose use lets a reference's values depend on more than its arguments.
_IMPURE = {
    "random": "chance",
    "secrets": "chance",
    "uuid": "chance",
    "time": "the clock",
    "os": "the machine",
    "sys": "the machine",
    "socket": "the network",
    "urllib": "the network",
    "requests": "the network",
    "http": "the network",
    "subprocess": "the machine",
    "tempfile": "the machine",
    "pathlib": "the machine",
    "shutil": "the machine",
}
_IMPURE_CALLS = {"open": "files", "input": "standard input"}
# Parts of these modules that depend on nothing but their arguments.
_PURE_NAMES = frozenset({"sys.maxsize", "sys.setrecursionlimit", "sys.getrecursionlimit", "urllib.parse", "os.path"})
_IMPORTERS = frozenset({"__import__", "import_module"})
_CLOCKS = frozenset({"now", "today", "utcnow"})


def impure_uses(source: str) -> set[str]:
    """Why a program's values may depend on more than its arguments: ``the clock (time.time)``, ``chance (random)``."""
    tree = nodes_of(source)
    names: dict[str, str] = {}
    for node in tree:
        if isinstance(node, ast.Import):
            names.update({alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    found = _hidden_imports(tree)
    below = {id(node.value) for node in tree if isinstance(node, ast.Attribute)}
    for node in tree:
        full = _full_name(node, names) if isinstance(node, ast.Attribute) or id(node) not in below else None
        if full is not None and isinstance(node, (ast.Attribute, ast.Name)):
            reason = _IMPURE.get(full.partition(".")[0])
            if full == "os.urandom":
                found.add("chance (os.urandom)")
            elif reason and not any(f"{full}.".startswith(f"{pure}.") for pure in _PURE_NAMES):
                found.add(f"{reason} ({full})")
            elif full.startswith("datetime.") and full.rpartition(".")[2] in _CLOCKS:
                found.add(f"the clock ({full})")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _IMPURE_CALLS:
            found.add(f"{_IMPURE_CALLS[node.func.id]} ({node.func.id})")
    return found


def _hidden_imports(nodes: Sequence[ast.AST]) -> set[str]:
    """Uses of a module whose names do not say it: ``from random import *``, ``__import__("random")``."""
    found = set()
    for node in nodes:
        module: object = None
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            module = node.module
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            module = node.args[0].value if called in _IMPORTERS else None
        reason = _IMPURE.get(module.partition(".")[0]) if isinstance(module, str) else None
        if reason and module not in _PURE_NAMES:
            found.add(f"{reason} ({module})")
    return found


def varies_by_itself(source: str) -> str | None:
    """Why a program can give another value at another time (a category), or None."""
    found = sorted(impure_uses(source))
    for what in ("the clock", "chance"):
        if any(use.startswith(what) for use in found):
            return f"the reference depends on {what}"
    return None


def _full_name(node: ast.AST, names: dict[str, str]) -> str | None:
    """The dotted name behind an expression, where its first part was imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        inner = _full_name(node.value, names)
        return None if inner is None else f"{inner}.{node.attr}"
    return None

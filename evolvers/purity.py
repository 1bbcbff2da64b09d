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
    "builtins": "the interpreter",
    "ctypes": "the interpreter",
    "gc": "the interpreter",
}
# What reaches every other program of its process: nothing that such a reference says can be believed.
_REACHING = frozenset({"sys.modules", "sys.settrace", "sys.setprofile", "sys._getframe", "sys._current_frames"})
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
        full = _full_name(node, names) if id(node) not in below or not isinstance(node, ast.Name) else None
        if full is not None:
            reason = _IMPURE.get(full.partition(".")[0])
            if full in _REACHING:
                found.add(f"the interpreter ({full})")
            elif full == "os.urandom":
                found.add("chance (os.urandom)")
            elif reason and not any(f"{full}.".startswith(f"{pure}.") for pure in _PURE_NAMES):
                found.add(f"{reason} ({full})")
            elif full.startswith("datetime.") and full.rpartition(".")[2] in _CLOCKS:
                found.add(f"the clock ({full})")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _IMPURE_CALLS:
            found.add(f"{_IMPURE_CALLS[node.func.id]} ({node.func.id})")
        if isinstance(node, ast.Name) and node.id == "__builtins__":
            found.add("the interpreter (__builtins__)")
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
    """Why a program can give another value at another time, or to other programs (a category), or None."""
    found = sorted(impure_uses(source))
    for what in ("the clock", "chance", "the interpreter"):
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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        return _full_name(ast.Attribute(node.args[0], _text(node.args[1])), names) if len(node.args) > 1 else None
    return None


def _text(node: ast.AST) -> str:
    """The name that an argument of ``getattr`` says, "" where it is worked out."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

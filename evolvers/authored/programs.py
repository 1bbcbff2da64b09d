"""Reading the programs in an author's reply: they are parsed and looked at, never run here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection

from ..purity import impure_uses
from ..syntax import parse
from .protocol import UnusableReply
from .signatures import Stated

_PLAIN = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
# Ways to the interpreter itself, which no answer to a task needs.
_REFUSED = frozenset("eval exec compile globals locals vars breakpoint __import__ print input open".split())
CONTRACT = "admissible"


def read_program(source: str, field: str, most: int) -> ast.Module:
    """The tree of a program that may be a part of a task; UnusableReply says why it may not."""
    if len(source) > most:
        raise UnusableReply(f'"{field}": longer than {most} characters', "too long")
    try:
        tree = parse(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise UnusableReply(f'"{field}": is no Python program{where}: {str(error.msg)[:80]}', "no program") from error
    for number, node in enumerate(tree.body):
        docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, _PLAIN) and not docstring:
            raise UnusableReply(
                f'"{field}": line {node.lineno} does something when it is loaded; keep to imports, constants, '
                "functions and classes",
                "does something when loaded",
            )
    _check_uses(tree, source, field)
    return tree


def function_in(tree: ast.Module, name: str, field: str) -> ast.FunctionDef:
    """The one function of a name at the top of a program, with a body."""
    found = [node for node in tree.body if getattr(node, "name", None) == name]
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef):
        count = f"{len(found)} definitions" if found else "none"
        raise UnusableReply(
            f'"{field}": expected exactly one plain function `{name}` at the top, found {count}', "entry point"
        )
    node = found[0]
    if node.decorator_list:
        raise UnusableReply(f'"{field}": `{name}` has a decorator; leave it out', "entry point")
    if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
        raise UnusableReply(f'"{field}": `{name}` is a generator; return a list', "entry point")
    body = [each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    if not body or all(isinstance(each, (ast.Pass, ast.Raise)) for each in body):
        raise UnusableReply(f'"{field}": `{name}` has no body', "no body")
    return node


def check_parameters(node: ast.FunctionDef, stated: Stated, field: str) -> None:
    """UnusableReply where a definition takes other parameters than the signature says."""
    arguments = node.args
    names = tuple(argument.arg for argument in arguments.args)
    extra = arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs
    if extra or names != stated.parameters or len(names) - len(arguments.defaults) != stated.required:
        raise UnusableReply(
            f'"{field}": `{node.name}` takes ({", ".join(names)[:80]}), but its signature has '
            f"({', '.join(stated.parameters)}), with the same defaults",
            "entry point",
        )


def read_reference(source: str, stated: Stated, most: int, field: str = "reference") -> ast.Module:
    """A whole program that defines what a signature states."""
    tree = read_program(source, field, most)
    check_parameters(function_in(tree, stated.name, field), stated, field)
    return tree


def read_contract(source: str, stated: Stated, most: int) -> str:
    """The program of ``admissible``, which takes as many arguments as the signature; "" where none is declared."""
    if not source.strip():
        return ""
    node = function_in(read_program(source, "contract", most), CONTRACT, "contract")
    arguments = node.args
    count = len(arguments.args)
    if arguments.kwonlyargs or (count != len(stated.parameters) and arguments.vararg is None):
        raise UnusableReply(
            f'"contract": `{CONTRACT}` takes {count} parameters, the function {len(stated.parameters)}', "contract"
        )
    if not any(isinstance(part, ast.Return) and part.value is not None for part in ast.walk(node)):
        raise UnusableReply(f'"contract": `{CONTRACT}` returns nothing; return True or False', "contract")
    return source.strip("\n") + "\n"


def called_in(tree: ast.AST) -> set[str]:
    """The plain names that a program calls or speaks of."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def code_size(source: str) -> int:
    """The number of nodes of a program's tree, docstrings left out."""
    tree = parse(source)
    text = sum(
        2
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return sum(1 for _ in ast.walk(tree)) - text


def _check_uses(tree: ast.Module, source: str, field: str) -> None:
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        hidden = isinstance(node, (ast.Name, ast.Attribute)) and name.startswith("__") and name.endswith("__")
        if hidden or (isinstance(node, ast.Name) and name in _REFUSED):
            raise UnusableReply(f'"{field}": uses `{name[:40]}`, which no solution needs', "reaches out")
        if isinstance(node, ast.AsyncFunctionDef):
            raise UnusableReply(f'"{field}": has an async function', "reaches out")
        _check_import(node, field)
    uses = sorted(impure_uses(source))
    if uses:
        raise UnusableReply(
            f'"{field}": depends on {uses[0][:60]}; its values must depend on its arguments alone', "reaches out"
        )


def _check_import(node: ast.AST, field: str) -> None:
    if isinstance(node, ast.Import):
        modules: Collection[str] = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or ""] if not node.level else [""]
    else:
        return
    for module in modules:
        if module.partition(".")[0] not in sys.stdlib_module_names:
            raise UnusableReply(f'"{field}": imports {module[:40]!r}; only the standard library is there', "imports")

"""Recited programs made to fit: other names for a function and its parameters, and a program as a function's body."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ...benchmarks.parsing import parse_module
from .question import Wanted

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_Definition = (*_Function, ast.ClassDef)
_SEES_NAMES = frozenset({"locals", "globals", "vars", "dir", "eval", "exec"})


def adapted(program: str, entry_point: str, asked: Wanted) -> str:
    """The program with the function ``entry_point`` called as is asked, and its parameters, by position, too.

    Where a renaming could change what the program does (a new name is taken, or names are looked up as texts), a new
    function of the asked signature calls the old one, beside the program or around it. What Python cannot read, and
    what fits in no way, is given back as it is.
    """
    tree = _parsed(program)
    entry = _definition(tree, entry_point)
    if tree is None or entry is None:
        return program
    parameters = {} if isinstance(entry, ast.ClassDef) else _by_position(entry.args, asked.arguments)
    if asked.name == entry_point and not parameters:
        return program
    if _rename(tree, entry, asked.name, parameters):
        return ast.unparse(tree) + "\n"
    if isinstance(entry, ast.ClassDef):
        return f"{program.rstrip()}\n\n\n{asked.name} = {entry_point}\n"
    arguments = asked.arguments if parameters and asked.arguments else entry.args
    taken = {name for node in ast.walk(tree) for name in _names(node)}
    if asked.name not in taken and entry_point not in {each.arg for each in _all(arguments)}:
        call = f"return {entry_point}({_forwarded(arguments)})"
        return f"{program.rstrip()}\n\n\ndef {asked.name}({_plain(arguments)}):\n    {call}\n"
    body = as_body(program, entry_point, arguments)
    return program if body is None else f"def {asked.name}({_plain(arguments)}):\n{body}"


def as_body(program: str, entry_point: str, arguments: ast.arguments | None = None) -> str | None:
    """The body of a function that does what the program's ``entry_point`` does: the whole program, and a call of it.

    arguments: the parameters of the function around it (default: the entry point's own). None where it is no function,
    or the program cannot stand inside one.
    """
    tree = _parsed(program)
    entry = _definition(tree, entry_point)
    if tree is None or not isinstance(entry, ast.FunctionDef):
        return None
    arguments = arguments or entry.args
    inner = [node for node in tree.body if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
    has_star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in inner)
    outer_names = any(isinstance(node, ast.Global) for node in ast.walk(tree))
    outer = {name for node in inner for name in (*_bound_outside(node), *_free(node))}
    if has_star or outer_names or outer & {each.arg for each in _all(arguments)}:
        return None
    around = parse_module("def f(): ...").body[0]
    assert isinstance(around, ast.FunctionDef)
    call = parse_module(f"return_({entry_point}({_forwarded(arguments)}))").body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    around.body = [*map(_without_docstrings, inner), ast.Return(call.value.args[0])]
    return ast.unparse(ast.fix_missing_locations(around)).partition("\n")[2] + "\n"


def _without_docstrings(statement: ast.stmt) -> ast.stmt:
    """The statement without docstrings, whose lines would stand outside the body's indentation."""
    for node in ast.walk(statement):
        if isinstance(node, _Definition) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return statement


def _parsed(program: str) -> ast.Module | None:
    try:
        return parse_module(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a recorded or foreign reference may be anything
        return None


def _definition(tree: ast.Module | None, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    found = [node for node in (tree.body if tree else ()) if isinstance(node, _Definition) and node.name == name]
    return found[-1] if found else None


def _by_position(own: ast.arguments, asked: ast.arguments | None) -> dict[str, str]:
    """The parameters that are called otherwise; none where the two signatures are of different shapes."""
    if asked is None or _shape(own) != _shape(asked):
        return {}
    pairs = zip(_all(own), _all(asked), strict=True)
    return {mine.arg: theirs.arg for mine, theirs in pairs if mine.arg != theirs.arg}


def _shape(arguments: ast.arguments) -> tuple[int, int, bool, bool]:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional, len(arguments.kwonlyargs), arguments.vararg is not None, arguments.kwarg is not None


def _all(arguments: ast.arguments) -> list[ast.arg]:
    stars = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]


def _plain(arguments: ast.arguments) -> str:
    """Parameters as source without annotations, whose names the program may lack."""
    bare = parse_module(f"def f({ast.unparse(arguments)}): ...").body[0]
    assert isinstance(bare, ast.FunctionDef)
    for each in _all(bare.args):
        each.annotation = None
    return ast.unparse(bare.args)


def _forwarded(arguments: ast.arguments) -> str:
    passed = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    passed += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    passed += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
    return ", ".join(passed + ([f"**{arguments.kwarg.arg}"] if arguments.kwarg else []))


def _rename(
    tree: ast.Module,
    entry: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    name: str,
    parameters: Mapping[str, str],
) -> bool:
    """Rename in place, where that is certain to change nothing else; False, and nothing done, where it is not."""
    old = entry.name
    names = [each for node in ast.walk(tree) for each in _names(node)]
    if not _SEES_NAMES.isdisjoint(names):
        return False
    if name != old and (name in names or sum(each == old for node in ast.walk(tree) for each in _bound(node)) != 1):
        return False
    if parameters and not (isinstance(entry, _Function) and _may_rename(entry, parameters)):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == old:
            for argument in node.keywords:
                argument.arg = parameters.get(argument.arg or "", argument.arg)
    if parameters and isinstance(entry, _Function):
        for each in _all(entry.args):
            each.arg = parameters.get(each.arg, each.arg)
        for statement in entry.body:
            _Renaming(parameters).visit(statement)
    entry.name = name
    _Renaming({old: name}).visit(tree)
    return True


def _may_rename(entry: ast.FunctionDef | ast.AsyncFunctionDef, parameters: Mapping[str, str]) -> bool:
    """Whether the parameters can be renamed wherever they occur in the body, all scopes at once."""
    nodes = [node for statement in entry.body for node in ast.walk(statement)]
    used = {name for node in nodes for name in _names(node)} | {each.arg for each in _all(entry.args)}
    if (used - set(parameters)) & set(parameters.values()) or any(isinstance(node, ast.ClassDef) for node in nodes):
        return False
    inner = {each.arg for node in nodes if isinstance(node, (*_Function, ast.Lambda)) for each in _all(node.args)}
    texts = {name for node in nodes if not isinstance(node, (ast.Name, ast.arg, *_Function)) for name in _bound(node)}
    passed = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    return not ((inner & passed) | texts) & set(parameters)


def _names(node: ast.AST) -> Iterator[str]:
    """The names that a node uses or binds."""
    if isinstance(node, ast.Name):
        yield node.id
    else:
        yield from _bound(node)


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node itself binds, or declares to be bound elsewhere."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (*_Definition, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield from filter(None, (node.name,))
    elif isinstance(node, ast.MatchMapping):
        yield from filter(None, (node.rest,))
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]


def _free(statement: ast.stmt) -> set[str]:
    """The names that a statement uses and nowhere binds, which the parameters of a function around it would hide."""
    nodes = list(ast.walk(statement))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return used - {name for node in nodes for name in _bound(node)}


def _bound_outside(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds where it stands (and those of its comprehensions: too many do no harm)."""
    if isinstance(statement, _Definition):
        yield statement.name
    else:
        for node in ast.walk(statement):
            yield from _bound(node)


class _Renaming(ast.NodeTransformer):
    """Gives names, parameters and nested functions other names; attributes and keywords stay."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._new = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._new.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._new.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.name = self._new.get(node.name, node.name)
        return self.generic_visit(node)

"""Code between backticks in a text: a name or a value is how one speaks of an argument, a line of a program is a part
of the answer."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator

from ..syntax import nodes_of, parse
from .protocol import UnusableReply

_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_STEPS = (
    ast.For, ast.While, ast.If, ast.Return, ast.IfExp, ast.Lambda, ast.NamedExpr,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
_LONG = 12
"""A call or an assignment of more names and values than this is a step of a program; of fewer, it may be a definition
(``n = len(values)``)."""


def check_spans(text: str, names: Collection[str], known: str = "", field: str = "spec") -> None:
    """UnusableReply where a text holds a line of a program between backticks. names: those that whoever reads the text
    knows; what uses no other is taken for a formula. known: a text that was there before."""
    for span in spans_in(text):
        if span not in known and _is_step(span, names):
            raise UnusableReply(f'"{field}": holds code, `{span[:60]}`; say in prose what is done', "gives the answer")


def given_functions(program: str) -> set[str]:
    """What a program calls and does not define: helpers that it is given."""
    nodes = nodes_of(program)
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    return called - bound - {getattr(node, "name", None) or getattr(node, "arg", None) for node in nodes}


def spans_in(text: str) -> Iterator[str]:
    """What stands between backticks, in one line each."""
    return (" ".join(found[2].split()) for found in _SPAN.finditer(text))


def _is_step(span: str, names: Collection[str]) -> bool:
    nodes = _nodes(span) or _nodes(f"({span})")
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    if used <= {*names, *dir(builtins)}:
        return False
    if any(isinstance(node, _STEPS) for node in nodes):
        return True
    size = sum(isinstance(node, (ast.Name, ast.Constant, ast.operator, ast.Call)) for node in nodes)
    acts = any(isinstance(node, (ast.Call, ast.Assign, ast.AugAssign)) for node in nodes)
    return acts and size > _LONG


def _nodes(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse(source)))
    except SyntaxError:
        return []

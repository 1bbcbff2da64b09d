"""Giving a task's program as a tool: its code without docstrings, its function under another name."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from .alpha import alike
from .edits import renamed_program
from .positions import CannotEdit
from .syntax import nodes_of, parse, shared, walked


@lru_cache(maxsize=2048)
def as_tool(source: str, entry: str, name: str) -> str:
    """The program as a tool. CannotEdit or SyntaxError where it has a shape that cannot be edited safely."""
    bare = without_docstrings(source)
    return renamed_program(bare, {entry: name}, {entry: name}).strip("\n") + "\n"


@lru_cache(maxsize=2048)
def is_tool_of(tool: str, source: str, entry: str, name: str) -> bool:
    """Whether a tool's syntax tree is the program's, without its docstrings and with the one name taken back."""
    return alike(shared(tool), _undocumented(source), {name: entry})


@lru_cache(maxsize=512)
def _undocumented(source: str) -> ast.Module:
    """The tree of a source without its docstrings. Many hold it: nobody may change it."""
    tree = parse(source)
    for node in _documented(walked(tree)):
        node.body = node.body[1:]
    return tree


_Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _documented(nodes: Iterable[ast.AST]) -> list[_Documented]:
    """Definitions that begin with a docstring and have more than it."""
    return [
        node
        for node in nodes
        if isinstance(node, _Documented) and len(node.body) > 1 and ast.get_docstring(node) is not None
    ]


def without_docstrings(source: str) -> str:
    """The program without the docstrings that have lines of their own; CannotEdit where one has not."""
    lines: list[str | None] = list(source.split("\n"))
    for node in _documented(nodes_of(source)):
        first, second = node.body[0], node.body[1]
        start, end = first.lineno, first.end_lineno or first.lineno
        before = (lines[start - 1] or "").encode()[: first.col_offset]
        if before.strip() or node.lineno == start or second.lineno <= end:
            raise CannotEdit("a docstring shares its line")
        lines[start - 1 : end] = [None] * (end - start + 1)
    return "\n".join(line for line in lines if line is not None)

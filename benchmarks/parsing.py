"""Python source to syntax trees, by one thread at a time and out of the garbage collector's reach.

CPython counts the depth of the tree it is building in a place that all threads share. Where the collector comes in
between, and what it runs parses or lets another thread parse, ``ast.parse`` ends in a SystemError that says nothing of
the source (seen on 3.11.7 with 16 workers, once in some thousand programs under load).
"""

from __future__ import annotations

import ast
import gc
from threading import RLock
from typing import Literal, cast

_ALONE = RLock()


def parse_module(source: str | bytes) -> ast.Module:
    """The tree of a program; raises what ``ast.parse`` does."""
    return cast("ast.Module", _undisturbed(source, "exec"))


def parse_expression(source: str) -> ast.Expression:
    """The tree of an expression; raises what ``ast.parse`` does."""
    return cast("ast.Expression", _undisturbed(source, "eval"))


def _undisturbed(source: str | bytes, mode: Literal["exec", "eval"]) -> ast.AST:
    with _ALONE:
        collects = gc.isenabled()
        gc.disable()
        try:
            return ast.parse(source, mode=mode)
        finally:
            if collects:
                gc.enable()

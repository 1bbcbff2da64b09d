"""What the text of a response is: prose, prose with fenced code, a bare program, or data that nothing may touch."""

from __future__ import annotations

import ast
import json
import re
from typing import Literal

from ...harness.endpoint.pysource import Parser
from ..protocol import NotApplicable

Shape = Literal["prose", "fenced", "program", "data"]
_FENCE = re.compile(r"^[ ]{0,3}(?:```|~~~)", re.MULTILINE)
_STATEMENTS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.For, ast.While,
    ast.With, ast.If, ast.Try,
)  # fmt: skip


def shape_of(text: str) -> Shape:
    """The shape of a text; NotApplicable when a fence in it is not closed, so that nobody knows what is code."""
    fences = len(_FENCE.findall(text))
    if fences % 2:
        raise NotApplicable("a fence of code in a response is not closed")
    if fences:
        return "fenced"
    if _is_data(text):
        return "data"
    return "program" if _is_program(text) else "prose"


def _is_data(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_program(text: str) -> bool:
    tree = Parser().parse(text)
    return tree is not None and any(isinstance(statement, _STATEMENTS) for statement in tree.body)

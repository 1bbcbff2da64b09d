"""The literal in a model's reply to a task that asks for a value and not for a program."""

from __future__ import annotations

import ast
import re
import warnings

from ...benchmarks.literals import MAX_CHARACTERS, NotLiteral, read_literal
from ...benchmarks.parsing import parse_module
from .blocks import fenced_blocks
from .pysource import Parser

_ANNOUNCED = re.compile(
    r"(?:the\s+)?(?:final\s+)?(?:answer|output|result|value)\s*(?:is\s*:?|:|=(?!=))\s*", re.IGNORECASE
)
_TRANSCRIPT = re.compile(r"^>>>.*$", re.MULTILINE)


def literal_in(answer: str) -> str:
    """The text of the value: of the last code block if there is one, else of the whole reply, else of its last line.

    What announces it is left out: ``assert f(x) ==``, ``f(x) ==``, ``answer =``, ``>>>``, backticks. What is found
    may be no literal: scoring says so.
    """
    blocks = [block.code for block in fenced_blocks(answer, Parser()) if block.code.strip()]
    if blocks:
        return _bare(blocks[-1])
    lines = [line for line in answer.split("\n") if line.strip()]
    found = [_bare(text) for text in (answer, lines[-1])]
    return next((text for text in found if _is_literal(text)), found[-1])


def _bare(text: str) -> str:
    text = text.strip()
    typed = list(_TRANSCRIPT.finditer(text))
    if typed:
        behind = text[typed[-1].end() :].strip()
        text = behind or typed[-1].group().removeprefix(">>>").strip()
    text = _unquoted(text)
    announced = _ANNOUNCED.match(text)
    text = _unquoted(text[announced.end() :]) if announced else text
    return _right_side(text)


def _unquoted(text: str) -> str:
    """Without the emphasis or the backticks around it, and a full stop behind these."""
    for mark in ("**", "`"):
        inner = text.rstrip(".") if text.endswith(f"{mark}.") else text
        if len(inner) > 2 * len(mark) and inner.startswith(mark) and inner.endswith(mark):
            text = inner[len(mark) : -len(mark)].strip()
    return text


def _right_side(text: str) -> str:
    """What a call is said to be equal to, or a variable is set to."""
    if len(text) > MAX_CHARACTERS or "=" not in text or _is_literal(text):
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (statement,) = parse_module(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    found: ast.expr | None = None
    if isinstance(statement, (ast.Assert, ast.Expr)):
        test = statement.test if isinstance(statement, ast.Assert) else statement.value
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            found = test.comparators[0]
    elif isinstance(statement, ast.Assign):
        found = statement.value
    return (ast.get_source_segment(text, found) if found is not None else None) or text


def _is_literal(text: str) -> bool:
    try:
        read_literal(text)
    except NotLiteral:
        return False
    return True

"""Reading an untrusted text as one Python literal: nothing is run, and nothing costs more than the text's length."""

from __future__ import annotations

import ast
import warnings
from typing import Any

from .parsing import parse_expression

MAX_CHARACTERS = 20_000
"""Of a text that is read at all. Parsing this much takes milliseconds, however it is nested."""
MAX_DEPTH = 90
"""Levels of containers; Python's own parser takes about as many brackets."""


class NotLiteral(ValueError):
    """The text is no literal; the message says why."""


def read_literal(text: str) -> Any:
    """The value of a text that is one literal: None, True, False, numbers with one sign at most, texts, bytes, lists,
    tuples, sets (``set()`` for the empty one), dicts and complex sums (``1+2j``).

    Names, calls, f-strings, operators, comprehensions, ``...`` and unpacking are refused, and so is a text longer or
    deeper than the limits. NotLiteral for all of these; no other exception.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotLiteral(f"longer than {MAX_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_expression(text.strip())
        return _value(tree.body, 0)
    except NotLiteral:
        raise
    except SyntaxError as error:
        raise NotLiteral(f"no expression ({str(error.msg)[:80]})") from error
    except (ValueError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        # Null bytes, surrogates, too many digits; keys that cannot be hashed; nesting beyond the parser's stack.
        raise NotLiteral(f"no value ({type(error).__name__})") from error


def _value(node: ast.expr, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NotLiteral(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(node, ast.Constant) and node.value is not ...:
        return node.value
    if isinstance(node, ast.List):
        return _values(node.elts, depth)
    if isinstance(node, ast.Tuple):
        return tuple(_values(node.elts, depth))
    if isinstance(node, ast.Set):
        return set(_values(node.elts, depth))
    if isinstance(node, ast.Dict):
        keys = [_value(key, depth + 1) for key in node.keys if key is not None]
        if len(keys) < len(node.keys):
            raise NotLiteral("it unpacks another dict")
        return dict(zip(keys, _values(node.values, depth), strict=True))
    if isinstance(node, ast.Call) and ast.dump(node.func) == _SET and not node.args and not node.keywords:
        return set()
    return _number(node)


_SET = ast.dump(ast.Name("set", ast.Load()))


def _values(nodes: list[ast.expr], depth: int) -> list[Any]:
    return [_value(node, depth + 1) for node in nodes]


def _number(node: ast.expr) -> Any:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _signed(node.left), _unsigned(node.right)
        if type(left) in (int, float) and type(right) is complex:
            return left + right if isinstance(node.op, ast.Add) else left - right
    value = _signed(node)
    if value is None:
        raise NotLiteral(f"a {type(node).__name__} is no literal")
    return value


def _signed(node: ast.expr) -> Any:
    """A number with at most one sign; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        value = _unsigned(node.operand)
        return value if value is None or isinstance(node.op, ast.UAdd) else -value
    return _unsigned(node)


def _unsigned(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex) else None

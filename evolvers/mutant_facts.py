"""What the mutation operators know: which tokens are swapped, and facts of the syntax tree that need no source."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from .syntax import walked

COMPARISONS: Mapping[type[ast.cmpop], tuple[str, str, str]] = {
    ast.Lt: ("<", "<", "<="),
    ast.LtE: ("<=", "<=", "<"),
    ast.Gt: (">", ">", ">="),
    ast.GtE: (">=", ">=", ">"),
    ast.Eq: ("==", "==", "!="),
    ast.NotEq: ("!=", "!=", "=="),
    ast.In: ("in", r"in\b", "not in"),
    ast.NotIn: ("not in", r"not\b[\s\\]+in\b", "in"),
    ast.Is: ("is", r"is\b", "is not"),
    ast.IsNot: ("is not", r"is\b[\s\\]+not\b", "is"),
}
ARITHMETIC: Mapping[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
# Swapping these changes how tightly the operation binds, so the result needs parentheses inside another one.
REBINDING = (ast.Pow, ast.BitAnd, ast.BitOr, ast.BitXor)
PAIRS = (
    ("min", "max"), ("any", "all"), ("lower", "upper"), ("islower", "isupper"), ("startswith", "endswith"),
    ("lstrip", "rstrip"), ("find", "rfind"), ("isalpha", "isalnum"),
)  # fmt: skip
SWAPPED = {**dict(PAIRS), **{second: first for first, second in PAIRS}}
UNWRAPPED = frozenset({"abs", "reversed", "round", "set", "sorted"})
CERTAIN = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
TIGHT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
UNARITHMETIC = (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp, ast.Dict, ast.Set)
LARGEST = 10**15


def names_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Counter[str], frozenset[str]]:
    """How often each name is bound in a function, and the names that a loop over ``range`` or a counter gives."""
    bound: Counter[str] = Counter()
    whole: set[str] = set()
    for node in walked(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        elif isinstance(node, (ast.For, ast.comprehension)):
            whole.update(counted(node.target, node.iter))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and is_whole(node.value):
            whole.add(node.target.id)
    return bound, frozenset(whole)


def is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def counted(target: ast.expr, source: ast.expr) -> Iterator[str]:
    name = getattr(source.func, "id", "") if isinstance(source, ast.Call) else ""
    if name == "enumerate" and isinstance(target, ast.Tuple):
        target = target.elts[0]
    if name in ("range", "enumerate") and isinstance(target, ast.Name):
        yield target.id


def parts(value: ast.expr) -> Iterator[ast.expr]:
    """What a returned value is made of that could stand for it, but for constants."""
    parts: list[ast.expr] = []
    if isinstance(value, ast.BinOp):
        parts = [value.left, value.right]
    elif isinstance(value, ast.BoolOp):
        parts = value.values
    elif isinstance(value, ast.IfExp):
        parts = [value.body, value.orelse]
    return (part for part in parts if not isinstance(part, ast.Constant))


def leaves(statement: ast.stmt) -> bool:
    """Whether nothing behind a statement in its block is reached (that more is unreachable does no harm)."""
    if isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
        return True
    if isinstance(statement, ast.If):
        return all(any(map(leaves, branch)) for branch in (statement.body, statement.orelse))
    if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant) and statement.test.value:
        return not any(isinstance(node, ast.Break) for node in ast.walk(statement))
    return False


def is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and getattr(test.left, "id", "") == "__name__"

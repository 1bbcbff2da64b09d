"""Does a value have the type that a signature states? Annotations are read as syntax, and never evaluated."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from ..protocol import Executed
from ..syntax import shared

_ATOMS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),  # PEP 484: where a float is expected, an int will do
    "complex": (complex, float, int),
    "bool": (bool,),
    "str": (str,),
    "bytes": (bytes,),
}
_CONTAINERS: dict[str, type] = {"list": list, "set": set, "frozenset": frozenset, "tuple": tuple, "dict": dict}


def mistyped(signature: str, rows: Sequence[Executed]) -> str:
    """What the first argument or value is that has another type than the signature says; "" where all have it."""
    node = shared(f"{signature} ...").body[0]
    assert isinstance(node, ast.FunctionDef)
    for row in rows:
        for argument, value in zip(node.args.args, row.args, strict=False):
            if argument.annotation is not None and not fits(value, argument.annotation):
                return f"{argument.arg} is a {type(value).__name__}, not {ast.unparse(argument.annotation)}"
        if node.returns is not None and row.raised is None and not fits(row.returns, node.returns):
            return f"a value is a {type(row.returns).__name__}, not {ast.unparse(node.returns)}"
    return ""


def fits(value: Any, annotation: ast.expr) -> bool:
    """Whether a plain value has a stated type, all the way down; a type that is not known here fits everything."""
    if isinstance(annotation, ast.BinOp):
        return fits(value, annotation.left) or fits(value, annotation.right)
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return value is None
    if isinstance(annotation, ast.Name):
        if annotation.id in _ATOMS:
            return type(value) in _ATOMS[annotation.id]
        return annotation.id not in _CONTAINERS or type(value) is _CONTAINERS[annotation.id]
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name):
        return _fits_inside(value, annotation.value.id, annotation.slice)
    return True


def _fits_inside(value: Any, outer: str, inner: ast.expr) -> bool:
    if outer not in _CONTAINERS or type(value).__name__ != outer:
        return outer not in _CONTAINERS
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if outer == "dict":
        return len(parts) != 2 or all(fits(key, parts[0]) and fits(item, parts[1]) for key, item in value.items())
    if outer == "tuple" and not (len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...):
        return len(value) == len(parts) and all(map(fits, value, parts))
    return all(fits(item, parts[0]) for item in value)

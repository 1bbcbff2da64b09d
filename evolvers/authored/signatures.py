"""Reading the one line of Python that states a function: plain parameters, plain types, and no need of any import."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from dataclasses import dataclass

from ...benchmarks.literals import NotLiteral, read_literal
from ..literals import literal
from ..syntax import parse
from .protocol import UnusableReply

MAX_PARAMETERS = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_TAKEN = frozenset(dir(builtins)) | {"admissible", "candidate", "check", "solution", "evalrun_drive", "main"}
_ATOMS = frozenset("int float complex bool str bytes object None list dict set frozenset tuple".split())
# What typing calls them; these need no import.
_SHORTER = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Any": "object",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A signature. line: as it stands in the prompt, without its types' imports, which are rewritten to need none.
    required: how many of the parameters have no default."""

    line: str
    name: str
    parameters: tuple[str, ...]
    required: int

    def takes(self, count: int) -> bool:
        """Whether so many positional arguments make a call."""
        return self.required <= count <= len(self.parameters)


def read_signature(text: str) -> Stated:
    """A signature in an author's reply; UnusableReply where it is no such line."""
    source = text.strip()
    if "\n" in source or len(source) > 400:
        raise _fault("expected one line of at most 400 characters, like `def name(a: int, b: str) -> bool:`")
    source = source if source.endswith(":") else source + ":"
    try:
        tree = parse(f"{source} ...")
    except SyntaxError as error:
        raise _fault("is no line of Python like `def name(a: int, b: str) -> bool:`") from error
    (node, *more) = tree.body
    if more or not isinstance(node, ast.FunctionDef) or len(node.body) != 1 or "#" in source:
        raise _fault("expected one `def` and nothing else")
    return stated(node)


def stated(node: ast.FunctionDef) -> Stated:
    """The signature of a definition; UnusableReply where it has other than plain parameters with plain types."""
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise _fault("expected plain parameters only, without *, ** and /")
    if not 1 <= len(arguments.args) <= MAX_PARAMETERS:
        raise _fault(f"expected 1 to {MAX_PARAMETERS} parameters, found {len(arguments.args)}")
    check_name(node.name, "the function's name")
    for argument in arguments.args:
        check_name(argument.arg, "a parameter's name", builtin=True)
    if node.name in {argument.arg for argument in arguments.args}:
        raise _fault("a parameter has the function's name")
    required = len(arguments.args) - len(arguments.defaults)
    parts = []
    for place, argument in enumerate(arguments.args):
        part = argument.arg + (f": {_annotation(argument.annotation)}" if argument.annotation else "")
        if place >= required:
            part += (" = " if argument.annotation else "=") + _default(arguments.defaults[place - required])
        parts.append(part)
    arrow = f" -> {_annotation(node.returns)}" if node.returns else ""
    names = tuple(argument.arg for argument in arguments.args)
    return Stated(f"def {node.name}({', '.join(parts)}){arrow}:", node.name, names, required)


def check_name(name: str, what: str, *, builtin: bool = False) -> None:
    """UnusableReply where a name is none that a task may use. builtin: whether it may hide one of Python's own."""
    hidden = name in _TAKEN and not (builtin and hasattr(builtins, name))
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or hidden:
        raise _fault(f"{what} {name[:60]!r} cannot be used; take another plain one that Python does not use itself")


def _annotation(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "typing":
        node = ast.Name(node.attr)
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    if isinstance(node, ast.Name):
        name = _SHORTER.get(node.id, node.id)
        if name in _ATOMS:
            return name
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{_annotation(node.left)} | {_annotation(node.right)}"
    if isinstance(node, ast.Subscript):
        return _subscript(node)
    raise _fault("has a type that is not plain data; use int, float, bool, str, list[...], tuple[...], dict[...], ...")


def _subscript(node: ast.Subscript) -> str:
    value = node.value
    outer = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    several = ["..." if isinstance(each, ast.Constant) and each.value is ... else _annotation(each) for each in inner]
    if outer == "Optional" and len(several) == 1:
        return f"{several[0]} | None"
    if outer == "Union":
        return " | ".join(several)
    name = _SHORTER.get(outer, outer)
    if name not in ("list", "dict", "set", "frozenset", "tuple") or ("..." in several and name != "tuple"):
        raise _fault("has a container that is not plain data; use list, tuple, dict or set")
    return f"{name}[{', '.join(several)}]"


def _default(node: ast.expr) -> str:
    try:
        return literal(read_literal(ast.unparse(node)))
    except (NotLiteral, ValueError) as error:
        raise _fault("has a default that is no plain value") from error


def _fault(what: str) -> UnusableReply:
    return UnusableReply(f'"signature": {what}', "signature")

"""Do the reference and the tests' inputs keep to the types that the prompt's signature states?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.parsing import parse_expression
from ..syntax import parsable_prompt, parse
from .findings import Notebook
from .running import Sound
from .shown import call_of, short, written

Fits = Callable[[Any], bool]
_NUMBERS = {"int": (int,), "float": (float, int), "complex": (complex, float, int)}
_SEQUENCES: dict[str, type | tuple[type, ...]] = {
    "list": list, "List": list, "set": set, "Set": set, "frozenset": frozenset, "Sequence": (list, tuple, str),
    "Iterable": (list, tuple, str, set, frozenset, dict, range),
}  # fmt: skip
_MAPPINGS = ("dict", "Dict", "Mapping", "DefaultDict", "defaultdict", "OrderedDict", "Counter")


def declared(sound: Sequence[Sound], book: Notebook) -> None:
    """G6 for given tasks: every value has the stated type, and so has every argument.

    ``int`` is a whole number and no truth value: Python's type checkers let ``True`` pass, a reader does not. A float
    may be a whole number. What cannot be read as a type allows everything.
    """
    undecided = []
    for each in sound:
        node = _signature(each.task)
        if node is None or not each.rows:
            undecided.append("no signature that can be read" if node is None else "the values are not known")
            continue
        if node.returns is None and not any(arg.annotation for arg in node.args.args):
            undecided.append("no types are stated")
            continue
        _values(each, node, book)
        _arguments(each, node, book)
    book.checked("declared_type", len(sound), undecided)


def _signature(task: CodeTask) -> ast.FunctionDef | None:
    try:
        tree = parse(parsable_prompt(task.prompt) if task.form == "completion" else task.reference)
    except SyntaxError:
        return None
    mine = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == task.entry_point]
    return mine[-1] if mine else None


def _values(each: Sound, node: ast.FunctionDef, book: Notebook) -> None:
    fits = fits_of(node.returns)
    wrong = [row for row in each.rows if row.raised is None and not fits(row.returns)]
    if not wrong or node.returns is None:
        return
    row = min(wrong, key=lambda row: len(written(row.args)) + len(written(row.returns)))
    call = call_of(each.task, row.args)
    stated = ast.unparse(node.returns)
    what = (
        f"the signature says {short(stated)}, and for {len(wrong)} of {len(each.rows)} inputs the reference gives "
        f"something else: {short(written(row.returns))} for {short(call)}"
    )
    mend = (
        "make the reference keep to the signature, or the signature to the reference: answers follow the one they see"
    )
    evidence = {"stated": stated, "wrong": len(wrong), "inputs": len(each.rows), "call": call[:2000]}
    book.find("warning", each.task.id, "declared_type", what, mend, **evidence)


def _arguments(each: Sound, node: ast.FunctionDef, book: Notebook) -> None:
    for place, arg in enumerate((*node.args.posonlyargs, *node.args.args)):
        fits = fits_of(arg.annotation)
        wrong = [row for row in each.rows if len(row.args) > place and not fits(row.args[place])]
        if not wrong or arg.annotation is None or _is_default(node, arg, wrong, place):
            continue
        value = min((row.args[place] for row in wrong), key=lambda value: len(written(value)))
        stated = ast.unparse(arg.annotation)
        what = (
            f"the signature says {arg.arg}: {short(stated)}, and {len(wrong)} of {len(each.rows)} inputs are something "
            f"else, such as {short(written(value))}"
        )
        mend = "leave such inputs out, or say in the text what is to happen with them"
        evidence = {"parameter": arg.arg, "stated": stated, "wrong": len(wrong), "inputs": len(each.rows)}
        book.find("note", each.task.id, "declared_type", what, mend, **evidence)


def _is_default(node: ast.FunctionDef, arg: ast.arg, wrong: Sequence[Any], place: int) -> bool:
    """Whether the odd value is the parameter's own default: ``x: int = None``."""
    arguments = (*node.args.posonlyargs, *node.args.args)
    defaults = dict(zip([each.arg for each in arguments[::-1]], node.args.defaults[::-1], strict=False))
    default = defaults.get(arg.arg)
    if not isinstance(default, ast.Constant):
        return False
    return all(row.args[place] is None and default.value is None for row in wrong)


def fits_of(annotation: ast.expr | None) -> Fits:
    """What values an annotation allows. Names that are not known allow everything."""
    if annotation is None:
        return _anything
    if isinstance(annotation, ast.Constant):
        return _constant(annotation)
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return _either([fits_of(annotation.left), fits_of(annotation.right)])
    if isinstance(annotation, ast.Subscript):
        return _of(_name(annotation.value), annotation.slice)
    return _plain(_name(annotation))


def _constant(annotation: ast.Constant) -> Fits:
    if annotation.value is None:
        return lambda value: value is None
    if isinstance(annotation.value, str):
        try:
            return fits_of(parse_expression(annotation.value).body)
        except (SyntaxError, ValueError, RecursionError):
            return _anything
    return _anything


def _anything(value: Any) -> bool:
    return True


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _plain(name: str) -> Fits:
    if name in _NUMBERS:
        kinds = _NUMBERS[name]
        return lambda value: type(value) in kinds
    if name in _SEQUENCES:
        outer = _SEQUENCES[name]
        return lambda value: isinstance(value, outer)
    if name in _MAPPINGS:
        return lambda value: isinstance(value, dict)
    kinds_by_name: dict[str, type] = {"bool": bool, "str": str, "bytes": bytes, "tuple": tuple, "Tuple": tuple}
    if name in kinds_by_name:
        kind = kinds_by_name[name]
        return lambda value: isinstance(value, kind)
    return _anything


def _of(name: str, inner: ast.expr) -> Fits:
    items = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return _either([fits_of(items[0]), lambda value: value is None])
    if name == "Union":
        return _either([fits_of(item) for item in items])
    if name in ("tuple", "Tuple"):
        return _rows(items)
    if name in _SEQUENCES:
        outer, each = _plain(name), fits_of(items[0])
        return lambda value: outer(value) and all(map(each, value))
    if name in _MAPPINGS and len(items) == 2:
        key, each = fits_of(items[0]), fits_of(items[1])
        return lambda value: isinstance(value, dict) and all(map(key, value)) and all(map(each, value.values()))
    return _plain(name)


def _rows(items: Sequence[ast.expr]) -> Fits:
    if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is Ellipsis:
        each = fits_of(items[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    fits = [fits_of(item) for item in items]
    return lambda value: (
        isinstance(value, tuple) and len(value) == len(fits) and all(f(v) for f, v in zip(fits, value, strict=True))
    )


def _either(fits: Sequence[Fits]) -> Fits:
    return lambda value: any(each(value) for each in fits)

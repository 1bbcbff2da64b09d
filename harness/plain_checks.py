"""Assert-style test programs that are plain data in disguise: read by the host, never executed.

Most checks in the manner of HumanEval are a list of ``assert candidate(LITERALS) == LITERAL``. Such a program says
which calls to make and what each must give; the candidate can answer them in one batch, and the host compares plain
values, so that no judge has to run. A program with anything else in it is left to the judge as it stands.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..benchmarks.plain import Opaque
from .sandbox.wire import row_of

Predicate = Callable[[Any], bool]

_MAX_SOURCE = 200_000
_MAX_BITS = 100_000
_MAX_ITEMS = 100_000
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_CONVERSIONS: dict[str, type] = {"tuple": tuple, "list": list, "set": set}
_KNOWN = {*_CONVERSIONS, "abs", "check", "candidate"}  # names that must mean here what they mean everywhere


class _Unreadable(Exception):
    """The program holds something that is no plain data."""


@dataclass(frozen=True, slots=True)
class PlainAssertion:
    """One call and what its value must be. ``row``: what the candidate writes when it is exactly that."""

    args: tuple[Any, ...]
    holds: Predicate
    row: bytes | None
    line: int


def read_assertions(program: str, entry_point: str) -> list[PlainAssertion] | None:
    """The assertions of ``check(candidate)`` in order, or None when the program is more than plain data."""
    if len(program) > _MAX_SOURCE or entry_point in _KNOWN:
        return None
    try:
        statements = _statements(ast.parse(program))
        found = [_assertion(node, entry_point) for node in statements if not _does_nothing(node)]
    except (_Unreadable, SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return None
    return found or None


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """The body of ``check``; nothing beside it may do anything."""
    body = None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "check":
            arguments = node.args
            plain = not (arguments.defaults or arguments.vararg or arguments.kwarg or arguments.kwonlyargs)
            if body is not None or not plain or len(arguments.args) != 1 or node.decorator_list:
                raise _Unreadable
            if arguments.posonlyargs or arguments.args[0].arg != "candidate":
                raise _Unreadable
            body = node.body
        elif not _does_nothing(node) and not _is_constant_assignment(node):
            raise _Unreadable
    if body is None:
        raise _Unreadable
    return body


def _is_constant_assignment(node: ast.stmt) -> bool:
    """``METADATA = {...}``, as HumanEval's tests begin: nothing that an assertion of ours could refer to."""
    if not isinstance(node, ast.Assign) or not all(isinstance(target, ast.Name) for target in node.targets):
        return False
    if any(isinstance(target, ast.Name) and target.id in _KNOWN for target in node.targets):
        raise _Unreadable
    _value(node.value)
    return True


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    value = node.value
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and hasattr(builtins, value.id))


def _assertion(node: ast.stmt, entry_point: str) -> PlainAssertion:
    if not isinstance(node, ast.Assert) or (node.msg is not None and not isinstance(node.msg, ast.Constant)):
        raise _Unreadable
    test = node.test
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if isinstance(test, ast.UnaryOp) and negated:
        test = test.operand
    call, holds, expected = _reading(test, entry_point)
    args = tuple(_value(argument) for argument in call.args)
    if negated:
        return PlainAssertion(args, lambda value: not holds(value), None, node.lineno)
    row = row_of(expected[0], None) if expected and _is_itself(expected[0]) else None
    return PlainAssertion(args, holds, row, node.lineno)


def _is_itself(value: Any) -> bool:
    return bool(value == value)


def _reading(test: ast.expr, entry_point: str) -> tuple[ast.Call, Predicate, tuple[Any, ...]]:
    """The call in an assertion, what must hold for its value, and the value itself where it is said plainly."""
    call = _call(test, entry_point)
    if call is not None:
        return call, _is_true, (True,)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        raise _Unreadable
    left, right, kind = test.left, test.comparators[0], type(test.ops[0])
    call = _call(left, entry_point)
    if call is not None:
        return call, *_comparison(kind, _value(right), swapped=False)
    call = _call(right, entry_point)
    if call is not None:
        return call, *_comparison(kind, _value(left), swapped=True)
    distance = _distance(left, entry_point)
    if distance is not None and kind in (ast.Lt, ast.LtE):
        call, other = distance
        bound, compare = _value(right), _COMPARED[kind]
        return call, lambda value: bool(compare(abs(value - other), bound)), ()
    conversion = _conversion(left)
    if conversion is not None and kind is ast.Eq:
        convert, inner = conversion
        call = _call(inner, entry_point)
        if call is not None:
            wanted = _value(right)
            return call, lambda value: bool(convert(value) == wanted), ()
    raise _Unreadable


def _comparison(kind: type[ast.cmpop], other: Any, *, swapped: bool) -> tuple[Predicate, tuple[Any, ...]]:
    if kind in (ast.Is, ast.IsNot):
        if other is not None and other is not True and other is not False:
            raise _Unreadable
        wanted = kind is ast.Is
        return lambda value: (value is other) == wanted, (other,) if wanted else ()
    if kind is ast.In and not swapped:
        return lambda value: value in other, ()
    compare = _COMPARED.get(kind)
    if compare is None:
        raise _Unreadable
    if swapped:
        return lambda value: bool(compare(other, value)), (other,) if kind is ast.Eq else ()
    return lambda value: bool(compare(value, other)), (other,) if kind is ast.Eq else ()


def _is_true(value: Any) -> bool:
    return isinstance(value, Opaque) or bool(value)


def _call(node: ast.expr, entry_point: str) -> ast.Call | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        return None
    return node if node.func.id in ("candidate", entry_point) else None


def _distance(node: ast.expr, entry_point: str) -> tuple[ast.Call, Any] | None:
    """``abs(candidate(...) - NUMBER)``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "abs":
        return None
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.BinOp):
        return None
    inner = node.args[0]
    call = _call(inner.left, entry_point)
    return (call, _value(inner.right)) if call is not None and isinstance(inner.op, ast.Sub) else None


def _conversion(node: ast.expr) -> tuple[type, ast.expr] | None:
    """``tuple(X)`` and its like."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        kind = _CONVERSIONS.get(node.func.id)
        return (kind, node.args[0]) if kind is not None else None
    return None


# --- values ---


def _value(node: ast.expr) -> Any:
    """The value of an expression of literals and arithmetic; _Unreadable for any other, and for large results."""
    if isinstance(node, ast.Constant):
        if node.value is Ellipsis:
            raise _Unreadable
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        items = [_value(item) for item in node.elts]
        return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](items)
    if isinstance(node, ast.Dict):
        return {_value(_present(key)): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _number(_value(node.operand))
        return -value if isinstance(node.op, ast.USub) else +value
    if isinstance(node, ast.BinOp):
        return _bounded(type(node.op), _value(node.left), _value(node.right))
    conversion = _conversion(node)
    if conversion is not None:
        return conversion[0](_value(conversion[1]))
    raise _Unreadable


def _present(node: ast.expr | None) -> ast.expr:
    if node is None:  # {**other}
        raise _Unreadable
    return node


def _number(value: Any) -> Any:
    if type(value) not in (int, float, complex, bool):
        raise _Unreadable
    return value


def _bounded(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """The result of arithmetic whose size is known to be small beforehand."""
    compute = _ARITHMETIC.get(kind)
    if compute is None:
        raise _Unreadable
    sequences = (str, bytes, list, tuple)
    if kind is ast.Add and type(left) in sequences and type(left) is type(right):
        return left + right
    if kind is ast.Mult and (type(left) in sequences) != (type(right) in sequences):
        items, times = (left, right) if type(left) in sequences else (right, left)
        if type(times) is not int or len(items) * max(times, 0) > _MAX_ITEMS:
            raise _Unreadable
        return items * times
    _number(left), _number(right)
    whole = isinstance(left, int) and isinstance(right, int)
    if kind is ast.Pow and whole and (right > _MAX_BITS or left.bit_length() * max(right, 0) > _MAX_BITS):
        raise _Unreadable
    return compute(left, right)

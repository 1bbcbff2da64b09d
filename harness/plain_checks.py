"""Assert-style test programs that are plain data in disguise: read by the host, never executed.

Most checks in the manner of HumanEval are a list of ``assert candidate(LITERALS) == LITERAL``. Such a program says
which calls to make and what each must give; the candidate can answer them in one batch, and the host compares plain
values, so that no judge has to run. (Where an assertion fails whose message is computed, one runs for the message.) A
program with anything else in it is left to the judge as it stands.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..benchmarks.parsing import parse_module
from ..benchmarks.plain import Opaque, begin, set_of
from .sandbox.wire import row_of

Predicate = Callable[[Any], bool]

_MAX_SOURCE = 200_000
_MAX_BITS = 100_000
_MAX_ITEMS = 100_000
_BITS_AN_ITEM = 64
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
_KNOWN = {"tuple", "list", "set", "abs", "check", "candidate"}  # they must mean here what they mean everywhere


class _Unreadable(Exception):
    """The program holds something that is no plain data."""


@dataclass(frozen=True, slots=True)
class PlainAssertion:
    """One call and what its value must be. ``row``: what the candidate writes when it is exactly that.

    ``has_message``: where it does not hold, the program computes a message, which may raise: only a judge can tell.
    """

    args: tuple[Any, ...]
    holds: Predicate
    row: bytes | None
    line: int
    has_message: bool = False


def read_assertions(program: str, entry_point: str, prelude: str = "") -> list[PlainAssertion] | None:
    """The assertions of ``check(candidate)`` in order, or None when the program is more than plain data."""
    if len(program) > _MAX_SOURCE or entry_point in _KNOWN:
        return None
    try:
        if _binds_a_known_name(prelude):
            return None
        return _Reader(entry_point).assertions(parse_module(program)) or None
    except (_Unreadable, SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return None


def _binds_a_known_name(prelude: str) -> bool:
    """Whether ``abs``, ``set`` and the like may mean something else to the test program."""
    if not any(name in prelude for name in _KNOWN):
        return False
    try:
        tree = parse_module(prelude)
    except SyntaxError:  # a prompt may end in a signature
        tree = parse_module(prelude.rstrip() + "\n    pass\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = node.name
        elif isinstance(node, ast.alias):
            bound = node.asname or node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound = node.id
        else:
            continue
        if bound in _KNOWN:
            return True
    return False


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    value = node.value
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and hasattr(builtins, value.id))


def _means_something_unexecuted(node: ast.stmt) -> bool:
    """Whether a statement changes its function by standing there, though it may never be executed.

    A ``yield`` makes a generator of the function, and ``:=`` a local variable of a name.
    """
    return any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr) for part in ast.walk(node))


def _is_bare(node: ast.FunctionDef) -> bool:
    """Whether a function is ``def check(candidate):`` and no more, so that defining it does nothing else."""
    arguments = node.args
    more = (
        arguments.defaults
        or arguments.vararg
        or arguments.kwarg
        or arguments.kwonlyargs
        or arguments.posonlyargs
        or node.decorator_list
        or node.returns
        or getattr(node, "type_params", None)
    )
    if more or len(arguments.args) != 1:
        return False
    return arguments.args[0].arg == "candidate" and arguments.args[0].annotation is None


# --- predicates: run on the host, on what an answer returned ---


def _is_itself(value: Any) -> bool:
    """Whether a value equals another with the same bytes: not so where there is a NaN in it."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(_is_itself, value))
    if isinstance(value, dict):
        return all(map(_is_itself, value)) and all(map(_is_itself, value.values()))
    return bool(value == value)


def _to_sequence(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if isinstance(value, range) and len(value) > _MAX_ITEMS:
            raise ValueError("a range too long to be looked at")
        return kind(value)

    return convert


def _to_set(value: Any) -> Any:
    begin()
    return set_of(_to_sequence(list)(value))  # many items could share one hash, or the places of a table


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "tuple": _to_sequence(tuple),
    "list": _to_sequence(list),
    "set": _to_set,
}


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


# --- reading ---


class _Reader:
    """Reads one program. ``left``: how many items the values in it may still have, all together."""

    def __init__(self, entry_point: str) -> None:
        self.entry_point = entry_point
        self.left = _MAX_ITEMS

    def assertions(self, tree: ast.Module) -> list[PlainAssertion]:
        """What ``check`` asserts; nothing beside it may do anything."""
        body = None
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "check" and body is None and _is_bare(node):
                body = node.body
            elif not _does_nothing(node) and not self.is_constant_assignment(node):
                raise _Unreadable
        if body is None or any(map(_means_something_unexecuted, body)):
            raise _Unreadable
        return [self.assertion(node) for node in body if not _does_nothing(node)]

    def is_constant_assignment(self, node: ast.stmt) -> bool:
        """``METADATA = {...}``, as HumanEval's tests begin: nothing that an assertion of ours could refer to."""
        if not isinstance(node, ast.Assign):
            return False
        for target in node.targets:
            if not isinstance(target, ast.Name) or target.id in _KNOWN or target.id == self.entry_point:
                return False
        self.value(node.value)
        return True

    def assertion(self, node: ast.stmt) -> PlainAssertion:
        """One statement of ``check``."""
        if not isinstance(node, ast.Assert):
            raise _Unreadable
        has_message = node.msg is not None and not isinstance(node.msg, ast.Constant)
        test = node.test
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if isinstance(test, ast.UnaryOp) and negated:
            test = test.operand
        call, holds, expected = self.reading(test)
        args = tuple(self.value(argument) for argument in call.args)
        if negated:
            return PlainAssertion(args, lambda value: not holds(value), None, node.lineno, has_message)
        row = row_of(expected[0], None) if expected and _is_itself(expected[0]) else None
        return PlainAssertion(args, holds, row, node.lineno, has_message)

    def reading(self, test: ast.expr) -> tuple[ast.Call, Predicate, tuple[Any, ...]]:
        """The call in an assertion, what must hold for its value, and the value itself where it is said plainly."""
        call = self.call(test)
        if call is not None:
            return call, _is_true, (True,)
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            raise _Unreadable
        left, right, kind = test.left, test.comparators[0], type(test.ops[0])
        call = self.call(left)
        if call is not None:
            return call, *_comparison(kind, self.value(right), swapped=False)
        call = self.call(right)
        if call is not None:
            return call, *_comparison(kind, self.value(left), swapped=True)
        distance = self.distance(left)
        if distance is not None and kind in (ast.Lt, ast.LtE):
            call, other = distance
            bound, compare = self.value(right), _COMPARED[kind]
            return call, lambda value: bool(compare(abs(value - other), bound)), ()
        conversion = _conversion(left)
        if conversion is not None and kind is ast.Eq:
            convert, inner = conversion
            call = self.call(inner)
            if call is not None:
                wanted = self.value(right)
                return call, lambda value: bool(convert(value) == wanted), ()
        raise _Unreadable

    def call(self, node: ast.expr) -> ast.Call | None:
        """``candidate(...)``, also by the entry point's own name."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
            return None
        return node if node.func.id in ("candidate", self.entry_point) else None

    def distance(self, node: ast.expr) -> tuple[ast.Call, Any] | None:
        """``abs(candidate(...) - NUMBER)``."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "abs":
            return None
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.BinOp):
            return None
        inner = node.args[0]
        call = self.call(inner.left)
        return (call, self.value(inner.right)) if call is not None and isinstance(inner.op, ast.Sub) else None

    def spend(self, items: int) -> None:
        """Items that are made; _Unreadable when the program makes too many."""
        self.left -= items
        if self.left < 0:
            raise _Unreadable

    def value(self, node: ast.expr) -> Any:
        """The value of an expression of literals and arithmetic; _Unreadable for any other, and for large results."""
        if isinstance(node, ast.Constant):
            if node.value is Ellipsis:
                raise _Unreadable
            return node.value
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            items = [self.value(item) for item in node.elts]
            return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](items)
        if isinstance(node, ast.Dict):
            return {
                self.value(_present(key)): self.value(item) for key, item in zip(node.keys, node.values, strict=True)
            }
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = _number(self.value(node.operand))
            return -value if isinstance(node.op, ast.USub) else +value
        if isinstance(node, ast.BinOp):
            return self.computed(type(node.op), self.value(node.left), self.value(node.right))
        conversion = _conversion(node)
        if conversion is not None:
            return conversion[0](self.value(conversion[1]))
        raise _Unreadable

    def computed(self, kind: type[ast.operator], left: Any, right: Any) -> Any:
        """The result of arithmetic whose size is known to be small beforehand."""
        compute = _ARITHMETIC.get(kind)
        if compute is None:
            raise _Unreadable
        sequences = (str, bytes, list, tuple)
        if kind is ast.Add and type(left) in sequences and type(left) is type(right):
            self.spend(_count(left) + _count(right))
            return left + right
        if kind is ast.Mult and (type(left) in sequences) != (type(right) in sequences):
            items, times = (left, right) if type(left) in sequences else (right, left)
            if type(times) is not int:
                raise _Unreadable
            self.spend(_count(items) * max(times, 0))
            return items * times
        _number(left), _number(right)
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * max(right, 0) if kind is ast.Pow else left.bit_length() + right.bit_length()
            if bits > _MAX_BITS or (kind is ast.Pow and right > _MAX_BITS):
                raise _Unreadable
            self.spend(bits // _BITS_AN_ITEM)
        return compute(left, right)


def _conversion(node: ast.expr) -> tuple[Callable[[Any], Any], ast.expr] | None:
    """``tuple(X)`` and its like."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        kind = _CONVERSIONS.get(node.func.id)
        return (kind, node.args[0]) if kind is not None else None
    return None


def _count(value: Any) -> int:
    """How many items a value has in all, those of its items included; repeated ones as often as they stand there."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return 1 + sum(map(_count, value)) + sum(map(_count, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return 1 + sum(map(_count, value))
    return 1


def _present(node: ast.expr | None) -> ast.expr:
    if node is None:  # {**other}
        raise _Unreadable
    return node


def _number(value: Any) -> Any:
    if type(value) not in (int, float, complex, bool):
        raise _Unreadable
    return value

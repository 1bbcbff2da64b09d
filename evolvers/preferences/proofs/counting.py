"""Counting what a program does. Sent as text into the sandbox after ``prover.rows``, whose names it uses.

The count is of the program's text and not of the machine or of Python's version: one step for every statement that is
run, for every round of a comprehension and for every call; and what built-in operations do in one go costs as many
steps as the values have items that they go through (``x in a_list``, slices, ``sum``, ``sorted``, ...). That is a
model: it is the same on every machine, and it tells a linear program from a quadratic one; it is no forecast of
seconds.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...prover.rows import fresh, key

_PREFIX = "__evalrun_"
_NAME = "program"
_RECURSION = 4000
_LEFT_ALONE = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint", "__import__"))
_LAZY = frozenset(("zip", "enumerate", "reversed", "iter", "range", "len", "isinstance", "next", "islice"))
_FREE_METHODS = {
    "list": ("append", "__len__"),
    "dict": ("get", "pop", "popitem", "setdefault", "keys", "values", "items"),
    "OrderedDict": ("get", "pop", "popitem", "setdefault", "keys", "values", "items", "move_to_end"),
    "defaultdict": ("get", "pop", "popitem", "setdefault", "keys", "values", "items"),
    "Counter": ("get", "pop", "popitem", "setdefault", "keys", "values", "items"),
    "set": ("add", "discard", "remove", "pop"),
    "deque": ("append", "appendleft", "pop", "popleft"),
}
_LOGARITHMIC = frozenset(("heappush", "heappop", "heapreplace", "heappushpop", "bisect", "bisect_left", "bisect_right"))
_SORTING = frozenset(("sorted", "sort"))


class Spent(BaseException):
    """A program took more steps than it may."""


class Counter:
    """Counts steps; the methods stand in a program for what it says."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.steps = 0

    def step(self, number: int = 1) -> None:
        """Count some steps."""
        self.steps += number
        if self.steps > self.most:
            raise Spent

    def sized(self, value: Any) -> Any:
        """A value that an operation made anew: a slice, a sum of lists."""
        self.step(_size(value))
        return value

    def rounds(self, values: Any) -> Iterator[Any]:
        """What a comprehension goes through."""
        return self._each(iter(values))

    def _each(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            self.step()
            yield value

    def within(self, value: Any, values: Any) -> bool:
        """``value in values``: a list is gone through until the value is found, a set or a dict is not."""
        if not isinstance(values, (list, tuple)) and not _is(values, "deque"):
            self.step(len(values) if isinstance(values, (str, bytes)) else 1)
            return value in values
        for item in values:
            self.step()
            if item is value or item == value:
                return True
        return False

    def equal(self, first: Any, second: Any) -> Any:
        """``first == second``."""
        if isinstance(first, (list, tuple, str, bytes)) and type(first) is type(second):
            self.step(min(len(first), len(second)))
        return first == second

    def called(self, function: Any, /, *args: Any, **named: Any) -> Any:
        """A call: its own step, and what a function that is not the program's goes through."""
        code = getattr(function, "__code__", None)
        if code is not None and code.co_filename == _NAME:
            self.step()
            return function(*args, **named)
        if args and not hasattr(args[0], "__len__") and hasattr(args[0], "__next__") and _name(function) not in _LAZY:
            args = (self._each(args[0]), *args[1:])
        self.step(1 + self._before(function, args))
        result = function(*args, **named)
        if _name(function) == "join":
            self.step(_size(result))
        return result

    def _before(self, function: Any, args: Any) -> int:
        name, owner = _name(function), getattr(function, "__self__", None)
        if name in _LAZY:
            return 0
        if name in _LOGARITHMIC:
            return max(map(_size, args), default=0).bit_length()
        if name in _SORTING:
            length = _size(args[0]) if args else _size(owner)
            return length * max(1, length.bit_length())
        if name in _FREE_METHODS.get(type(owner).__name__, ()) or (name == "pop" and args in ((), (-1,))):
            return 0
        given = sum(map(_size, args))
        return given + (_size(owner) if hasattr(owner, "__len__") and not isinstance(owner, type) else 0)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _is(value: Any, name: str) -> bool:
    return type(value).__name__ == name


def _size(value: Any) -> int:
    try:
        return len(value)
    except Exception:  # no length, or one that a program's own class gets wrong
        return 0


class _Counted(ast.NodeTransformer):
    """Puts the counting into a program's tree."""

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _LEFT_ALONE:
            return node
        return ast.copy_location(ast.Call(_named("called", node), [node.func, *node.args], node.keywords), node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        if len(node.ops) > 1:
            return node
        pair, operation = [node.left, node.comparators[0]], node.ops[0]
        found: Any = node
        if isinstance(operation, (ast.In, ast.NotIn)):
            found = _wrapped("within", pair, node)
        elif isinstance(operation, (ast.Eq, ast.NotEq)):
            found = _wrapped("equal", pair, node)
        if isinstance(operation, (ast.NotIn, ast.NotEq)):
            found = ast.copy_location(ast.UnaryOp(ast.Not(), found), node)
        return found

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        return _wrapped("sized", [node], node) if isinstance(node.op, (ast.Add, ast.Mult)) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        node.value = _wrapped("sized", [node.value], node.value)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        self.generic_visit(node)
        is_slice = isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load)
        return _wrapped("sized", [node], node) if is_slice else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
        return _wrapped("sized", [node], node)

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        self.generic_visit(node)
        if not node.is_async:
            node.iter = _wrapped("rounds", [node.iter], node.iter)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        return node


def counted(source: str) -> ast.Module:
    """The tree of a program that counts its steps."""
    tree: ast.Module = _Counted().visit(ast.parse(source))
    _step_in(tree)
    return ast.fix_missing_locations(tree)


def _step_in(node: Any) -> None:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if not isinstance(body, list):
            continue
        steps: list[ast.stmt] = []
        for place, statement in enumerate(body):
            _step_in(statement)
            if not _must_be_first(statement, place):
                steps.append(ast.copy_location(ast.Expr(_wrapped("step", [], statement)), statement))
            steps.append(statement)
        setattr(node, field, steps)
    for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
        _step_in(part)


def _must_be_first(statement: ast.stmt, place: int) -> bool:
    is_text = place == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")


def _named(name: str, node: Any) -> ast.expr:
    return ast.copy_location(ast.Name(_PREFIX + name + "__", ast.Load()), node)


def _wrapped(name: str, args: Any, node: Any) -> ast.expr:
    return ast.copy_location(ast.Call(_named(name, node), list(args), []), node)


def _loaded(tree: Any, counter: Counter) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "tests"}
    for name in ("step", "sized", "rounds", "within", "equal", "called"):
        space[_PREFIX + name + "__"] = getattr(counter, name)
    exec(compile(tree, _NAME, "exec", dont_inherit=True), space)
    return space


def _arguments(row: Any) -> Any:
    """The arguments of an input: values, or the text of an argument list."""
    if isinstance(row, str):
        return eval(compile("(" + row + "\n,)", "<arguments>", "eval"), {})
    return row


def _told(function: Callable[..., Any], args: Any) -> str:
    """A digest of what a call gives."""
    try:
        value = function(*args)
    except Exception as error:
        text = "raised " + type(error).__name__
    else:
        text = key(value, False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def count(source: str, entry: str, inputs: Any, most: int) -> dict[str, Any]:
    """The steps for each input, and digests of what the program gives as it stands and while it is counted.

    ``problem`` says why there are none.
    """
    sys.setrecursionlimit(_RECURSION)
    try:
        counter = Counter(most)
        function = _loaded(counted(source), counter)[entry]
        rows = [_arguments(row) for row in inputs]
        steps, again = [], []
        for args in rows:
            counter.steps = 0
            again.append(_told(function, [fresh(arg) for arg in args]))
            steps.append(counter.steps)
        # Only now, when it is known to end.
        plain = _loaded(ast.parse(source), counter)[entry]
        values = [_told(plain, [fresh(arg) for arg in args]) for args in rows]
    except Spent:
        return {"problem": f"it takes more than {most} steps"}
    except BaseException as error:
        return {"problem": "it ends in " + type(error).__name__}
    return {"steps": steps, "values": values, "again": again}

"""Running a parent's program as a careful author does before it proposes: in steps that are counted.

These are programs of HumanEval, of ``core`` and of the scripts, so that this process may run them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from .reading import Args

STEPS = 20_000


class TooLong(BaseException):
    """A call took too many steps; no ``except Exception`` of a program's holds it up."""


class _Counting(ast.NodeTransformer):
    """A step at the start of each function and each loop round."""

    def _step(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Call(ast.Name("_step_", ast.Load()), [], [])))
        return node

    visit_FunctionDef = visit_For = visit_While = _step


@lru_cache(maxsize=4096)
def _compiled(program: str) -> CodeType:
    return compile(ast.fix_missing_locations(_Counting().visit(ast.parse(program))), "<tried>", "exec")


def tried(program: str, entry: str, calls: Sequence[Args]) -> list[tuple[Args, Any]]:
    """The calls that end in a value, with it; those that raise, or take too long, are left out."""
    left = [STEPS]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise TooLong

    space: dict[str, Any] = {"__name__": "tried", "_step_": step}
    found = []
    try:
        exec(_compiled(program), space)
        function = space[entry]
    except Exception:
        return []
    for args in calls:
        left[0] = STEPS
        try:
            value = copy.deepcopy(function(*copy.deepcopy(args)))
            if len(repr(value)) < 2_000:
                found.append((args, value))
        except (Exception, TooLong):
            continue
    return found


def varied(args: Args, number: int) -> list[Args]:
    """Some calls that are like a given one: one argument is another, a little."""
    found = []
    for place, value in enumerate(args):
        for other in _others(value, number):
            found.append((*args[:place], other, *args[place + 1 :]))
    return found


def _others(value: Any, number: int) -> list[Any]:
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int):
        return [value + 1, value + 2, value + 3 + number % 4]
    if isinstance(value, float):
        return [value + 1.5, value / 2]
    if isinstance(value, str):
        return [value[::-1], value + value[:2], value[1:], value[: len(value) // 2]]
    if isinstance(value, list):
        more = [[*value, copy.deepcopy(value[0])], value[1:], value[::2]] if value else []
        return [value[::-1], value + copy.deepcopy(value), *more]
    return []


def size(value: Any) -> int:
    """What the scripts call the size of a value (``changes.size_of`` makes its program)."""
    if value is None:
        return 0
    if isinstance(value, (bool, int, float)):
        return int(abs(value))
    return len(value)

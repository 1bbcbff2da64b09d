"""Steps in a program's text: what ``guest.ticking`` does to a tree, done once for all the mutants of a program.

To parse, change and compile the tree of every mutant takes twice as long as to compile a text. A mutant differs from
its program inside one expression or simple statement, so that the places of its steps follow from the program's.
"""

from __future__ import annotations

import ast
from bisect import bisect_right

from ..positions import CannotEdit, Positions
from ..syntax import walked
from .rows import FUEL, TICK

_STEPPING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.AsyncFor)
_STEP = f"{TICK}({FUEL})"


class Ticks:
    """Where the steps of a program stand in its text. CannotEdit where that cannot be told from it."""

    def __init__(self, source: str, tree: ast.Module, lines: Positions) -> None:
        self._source = source
        nodes = [node for node in walked(tree) if isinstance(node, _STEPPING)]
        steps = sorted(_step(source, node, lines) for node in nodes)
        self._places = [place for place, _ in steps]
        self._texts = [text for _, text in steps]

    def changed(self, start: int, end: int, text: str) -> str:
        """The program with steps and with one span of it replaced, which holds no function and no loop."""
        first, last = bisect_right(self._places, start), bisect_right(self._places, max(start, end - 1))
        if first != last:
            raise CannotEdit("a step inside what is replaced")
        return self._between(0, start, 0, first) + text + self._between(end, len(self._source), first, len(self._texts))

    def _between(self, start: int, end: int, first: int, last: int) -> str:
        """A part of the source with the steps from one to another number in it."""
        parts = []
        for place, text in zip(self._places[first:last], self._texts[first:last], strict=True):
            parts += [self._source[start:place], text]
            start = place
        return "".join([*parts, self._source[start:end]])


def _step(source: str, node: ast.AST, lines: Positions) -> tuple[int, str]:
    """The place of one step and its text: before the first statement of a body that is no docstring."""
    body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    if documented and len(body) == 1:
        return lines.end(body[0]), f"; {_STEP}"
    first = body[1] if documented else body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(each.lineno for each in decorators)])
    begins = lines.of_line(line)
    indent = source[begins : begins + len(source[begins:]) - len(source[begins:].lstrip(" \t"))]
    place = begins + len(indent) if decorators else lines.start(first)
    if source[begins:place].strip(" \t"):  # it shares its line, as simple statements alone do
        return place, f"{_STEP}; "
    if (decorators and source[place] != "@") or source[:begins].endswith(("\\\n", "\\\r\n")):
        raise CannotEdit("a statement that begins in another line")
    return place, f"{_STEP}\n{indent}"

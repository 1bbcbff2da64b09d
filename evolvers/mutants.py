"""First-order mutants: programs that differ from a source in one place, layout and comments kept."""

from __future__ import annotations
import __future__

import ast
import dis
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from .mutant_edits import Edit, edits_of
from .positions import CannotEdit, Positions
from .prover.ticks import Ticks
from .syntax import parse

_LOADS = frozenset(dis.hasconst)
_FAULTS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed program.

    line: where the change begins, from 1. description: what was changed, for people. ticked: its text with the steps
    that the prover counts, "" where they must be put into its tree.
    """

    source: str
    line: int
    description: str
    ticked: str = field(default="", compare=False, repr=False)


def mutants_of(source: str, *, first_line: int = 1, limit: int | None = None) -> list[Mutant]:
    """The first-order mutants of a program in the order of its text; no two, and none and the source, compile to the
    same code.

    first_line: code above that line is left alone. limit: of more mutants than these, an evenly spread choice.
    The same on every Python version. No mutant of a source that does not parse or whose line ends are unusual.
    """
    found = _all_mutants(source, first_line)
    if limit is not None and len(found) > limit:
        return [found[index * len(found) // limit] for index in range(limit)]
    return list(found)


@lru_cache(maxsize=1024)
def _all_mutants(source: str, first_line: int) -> tuple[Mutant, ...]:
    try:
        tree, lines = parse(source), Positions(source)
        edits = edits_of(source, tree, lines)
    except (SyntaxError, CannotEdit, RecursionError):
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_distinct(source, tree, lines, [edit for edit in edits if edit.line >= first_line]))


def _distinct(source: str, tree: ast.Module, lines: Positions, edits: list[Edit]) -> Iterator[Mutant]:
    chunks = _Chunks(source, tree, lines)
    try:
        ticks = Ticks(source, tree, lines)
    except CannotEdit:
        ticks = None
    seen: set[object] = set()
    for edit in edits:
        code = chunks.changed(edit)
        if code is not None and code not in seen:
            seen.add(code)
            changed = source[: edit.start] + edit.text + source[edit.end :]
            ticked = ticks.changed(edit.start, edit.end, edit.text) if ticks is not None else ""
            yield Mutant(changed, edit.line, edit.description, ticked)


class _Chunks:
    """The source in parts that are compiled by themselves: top-level statements, because most of a program stays as it
    is.
    """

    def __init__(self, source: str, tree: ast.Module, lines: Positions) -> None:
        self._source = source
        self._flags = _future_flags(tree)
        self._places: list[tuple[int, int]] = []
        last = 0
        for statement in tree.body:
            decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(node.lineno for node in decorators)])
            end = lines.of_line((statement.end_lineno or first) + 1)
            if first <= last:  # several statements in a line
                self._places[-1] = self._places[-1][0], end
            else:
                self._places.append((lines.of_line(first), end))
            last = statement.end_lineno or first
        self._starts = [start for start, _ in self._places]
        self._originals: dict[int, object] = {}

    def changed(self, edit: Edit) -> object:
        """What identifies the code of the mutant; None when it does not compile or is the source's own."""
        index = bisect_right(self._starts, edit.start) - 1
        start, end = self._places[index]
        if index not in self._originals:
            self._originals[index] = self._compiled(self._source[start:end])
        before, after = self._source[start : edit.start], self._source[edit.end : end]
        code = self._compiled(before + edit.text + after)
        return None if code is None or code == self._originals[index] else (index, code)

    def _compiled(self, text: str) -> object:
        try:
            code = compile(text, "mutant", "exec", flags=self._flags, dont_inherit=True, optimize=0)
        except _FAULTS:
            return None
        return _identity(code)


def _future_flags(tree: ast.Module) -> int:
    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    return sum({getattr(__future__, name).compiler_flag for name in names})


def _identity(value: Any) -> object:
    """A code object without its line numbers, or a constant with its type, as something to compare."""
    kind = type(value)
    if kind is CodeType:
        return (
            _steps(value),
            getattr(value, "co_exceptiontable", b""),
            (value.co_name, value.co_flags, value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount),
            (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars),
        )
    if kind is tuple:
        return kind, tuple(map(_identity, value))
    if kind is frozenset:
        return kind, frozenset(map(_identity, value))
    return kind, repr(value) if kind in (float, complex) else value


def _steps(code: CodeType) -> tuple[object, ...]:
    """The instructions with the constants that they load, not the places of these: some that nothing loads may stand
    before them.
    """
    raw, constants = bytearray(code.co_code), code.co_consts
    loaded: list[object] = []
    extended = 0
    for place in range(0, len(raw), 2):
        operation, argument = raw[place], raw[place + 1] | extended
        if operation in _LOADS:
            loaded.append(_identity(constants[argument]))
            raw[place + 1] = 0
        extended = argument << 8 if operation == dis.EXTENDED_ARG else 0
    return (bytes(raw), *loaded)

"""Where things stand in a source text, and splicing: the layout of the source is kept, only the edited spans change."""

from __future__ import annotations

import ast
from collections.abc import Iterable

Span = tuple[int, int, str]
Placed = ast.stmt | ast.expr | ast.ExceptHandler | ast.alias | ast.keyword | ast.arg


class CannotEdit(ValueError):
    """The source has a shape whose positions cannot be trusted."""


class Positions:
    """Turns (line, column) of a tree (bytes) or of a token (characters) into an offset in the source.

    CannotEdit for a source whose lines Python and ``split`` could count differently.
    """

    def __init__(self, source: str) -> None:
        if "\r" in source.replace("\r\n", "") or "\f" in source or "\0" in source:
            raise CannotEdit("unusual line endings")
        self._source = source
        self._lines = source.split("\n")
        self._ascii = source.isascii()
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def of_node(self, line: int, byte: int) -> int:
        """The offset of a place in a syntax tree."""
        if self._ascii:
            return self._starts[line - 1] + byte
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:byte].decode())

    def of_token(self, place: tuple[int, int]) -> int:
        """The offset of a token's (line, column)."""
        return self._starts[place[0] - 1] + place[1]

    def of_line(self, line: int) -> int:
        """Where a line begins, from 1; the line after the last begins at the end."""
        return min(self._starts[line - 1], len(self._source))

    def start(self, node: Placed) -> int:
        """Where a node begins."""
        return self.of_node(node.lineno, node.col_offset)

    def end(self, node: Placed) -> int:
        """The offset behind a node."""
        return self.of_node(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def span(self, start: int, name: str) -> Span:
        """The span of a name; CannotEdit when it does not stand there."""
        if self._source[start : start + len(name)] != name:
            raise CannotEdit("a name is not where the syntax tree says")
        return start, start + len(name), name


def spliced(source: str, edits: Iterable[Span]) -> str:
    """The source with the spans replaced by their texts; CannotEdit when two overlap."""
    parts, position = [], 0
    for start, end, text in sorted(edits):
        if start < position:
            raise CannotEdit("two edits overlap")
        parts += [source[position:start], text]
        position = end
    return "".join([*parts, source[position:]])

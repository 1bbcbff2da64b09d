"""From positions in a syntax tree (line, byte) to offsets in the source, and editing by such offsets."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .protocol import NotApplicable

Edit = tuple[int, int, str]
Located = ast.stmt | ast.expr


class Offsets:
    """The offsets of one source. NotApplicable for line endings that the tree counts otherwise than we do."""

    def __init__(self, source: str) -> None:
        if "\r" in source or "\f" in source or "\0" in source:
            raise NotApplicable("unusual line endings")
        self.lines = source.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: Located) -> int:
        """Where a node begins."""
        return self._at(node.lineno, node.col_offset)

    def end(self, node: Located) -> int:
        """Where a node ends."""
        return self._at(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def line_start(self, number: int) -> int:
        """Where a line begins; lines count from 1, and one after the last is the end."""
        return self._starts[number - 1]

    def indent(self, node: Located) -> str | None:
        """The blanks before a node that begins its line; None when something else stands before it."""
        before = self.lines[node.lineno - 1][: node.col_offset]
        return before if not before.strip() else None

    def _at(self, line: int, byte: int) -> int:
        text = self.lines[line - 1]
        return self._starts[line - 1] + (byte if text.isascii() else len(text.encode()[:byte].decode()))


def spliced(source: str, edits: Iterable[Edit]) -> str:
    """The source with spans replaced; no two of them may overlap (ValueError)."""
    parts, position = [], 0
    for start, end, text in sorted(edits):
        if start < position:
            raise ValueError("two edits overlap")
        parts += [source[position:start], text]
        position = end
    return "".join([*parts, source[position:]])

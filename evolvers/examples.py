"""Which executed calls a prompt shows."""

from __future__ import annotations

from collections.abc import Sequence

from ..benchmarks.plain import dumps
from .literals import literal
from .protocol import Executed

_SHOWN_CHARACTERS = 160


def choose_examples(rows: Sequence[Executed]) -> tuple[Executed, ...]:
    """Two calls with different outcomes that print shortly, the shortest first; fewer when there are none.

    One at least returns a value.
    """
    ranked = []
    for number, row in enumerate(rows):
        try:
            size = len(literal(row.args)) + len(literal(row.returns))
        except ValueError:  # no literal: nothing that a prompt could show
            continue
        # Empty arguments show little, so they come after others of a printable size; exceptions after values.
        empty = any(not arg and isinstance(arg, (str, list)) for arg in row.args)
        ranked.append((empty, size, number))
    chosen: list[Executed] = []
    for _, size, number in sorted(ranked):
        row = rows[number]
        if size > _SHOWN_CHARACTERS or len(chosen) == 2:
            break
        first = chosen[0] if chosen else None
        wanted = row.raised is None if first is None else _outcome(row) != _outcome(first)
        if wanted:
            chosen.append(row)
    return tuple(chosen)


def _outcome(row: Executed) -> tuple[str | None, str]:
    return row.raised, dumps(row.returns)

"""Which executed calls a prompt shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from .literals import literal
from .protocol import Executed
from .texts import text_of

_SHOWN_CHARACTERS = 160
_MOST_KNOWN = 16_384
_NO_LITERAL = -1
_sizes: dict[int, tuple[Any, int]] = {}


def choose_examples(rows: Sequence[Executed]) -> tuple[Executed, ...]:
    """Two calls with different outcomes that print shortly, the shortest first; fewer when there are none.

    The first returns a value; where calls raise, the second is one of these.
    """
    ranked = []
    for number, row in enumerate(rows):
        try:
            size = _size(row.args) + _size(row.returns)
        except ValueError:  # no literal: nothing that a prompt could show
            continue
        # Empty arguments show little, so they come after others of a printable size; exceptions after values.
        empty = any(not arg and isinstance(arg, (str, list)) for arg in row.args)
        ranked.append((empty, size, number))
    fitting = [rows[number] for _, _, number in takewhile(lambda each: each[1] <= _SHOWN_CHARACTERS, sorted(ranked))]
    first = next((row for row in fitting if row.raised is None), None)
    if first is None:
        return ()
    told = _outcome(first)
    raising = [row for row in fitting if row.raised is not None]
    other = raising[0] if raising else next((row for row in fitting if _outcome(row) != told), None)
    return (first,) if other is None else (first, other)


def _outcome(row: Executed) -> tuple[str | None, str]:
    return row.raised, text_of(row.returns)


def _size(value: Any) -> int:
    """How many characters a value's literal has, known by identity for the last few thousand; ValueError for none."""
    known = _sizes.get(id(value))
    if known is None:
        if len(_sizes) >= _MOST_KNOWN:
            _sizes.clear()
        try:
            size = len(literal(value))
        except ValueError:
            size = _NO_LITERAL
        # The value is kept beside its size, so that no other object gets its identity.
        known = _sizes[id(value)] = value, size
    if known[1] == _NO_LITERAL:
        raise ValueError("a value without a literal")
    return known[1]

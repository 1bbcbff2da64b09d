"""Which executed calls a prompt shows."""

from __future__ import annotations

from collections.abc import Sequence
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
    full: list[tuple[int, int]] = []
    empty: list[tuple[int, int]] = []
    large = False
    for number, row in enumerate(rows):
        arguments, value = _size(row.args), _size(row.returns)
        if arguments == _NO_LITERAL or value == _NO_LITERAL:  # nothing that a prompt could show
            continue
        # Empty arguments show little, so they come where all others are of a printable size; exceptions after values.
        bare = any(not arg and isinstance(arg, (str, list)) for arg in row.args)
        if arguments + value <= _SHOWN_CHARACTERS:
            (empty if bare else full).append((arguments + value, number))
        elif not bare:
            large = True
    fitting = [rows[number] for _, number in (*sorted(full), *(() if large else sorted(empty)))]
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
    """How many characters a value's literal has, known by identity for the last few thousand; _NO_LITERAL for none."""
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
    return known[1]

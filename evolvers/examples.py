"""Which executed calls a prompt shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ..benchmarks.plain import dumps
from .literals import literal
from .protocol import Executed

_SHOWN_CHARACTERS = 160


def choose_examples(rows: Sequence[Executed]) -> tuple[Executed, ...]:
    """Two calls with different outcomes that print shortly, the shortest first; fewer when there are none.

    The first returns a value; where calls raise, the second is one of these.
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
    fitting = [rows[number] for _, _, number in takewhile(lambda each: each[1] <= _SHOWN_CHARACTERS, sorted(ranked))]
    first = next((row for row in fitting if row.raised is None), None)
    if first is None:
        return ()
    told = _outcome(first)
    raising = [row for row in fitting if row.raised is not None]
    other = raising[0] if raising else next((row for row in fitting if _outcome(row) != told), None)
    return (first,) if other is None else (first, other)


def _outcome(row: Executed) -> tuple[str | None, str]:
    return row.raised, dumps(row.returns)

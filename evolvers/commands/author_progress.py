"""What people see of an evolution with models while it runs: calls, tokens, money, admitted and rejected so far."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from ...benchmarks.visible import visible
from ...harness.runs.progress import Counters, Shown
from ..observe import Progress
from .bars import bars

if TYPE_CHECKING:
    from ..authored.budget import Bill

ADMITTED, REJECTED = "admitted", "rejected by "
_SHOWN_REASONS = 4


@dataclass(slots=True)
class _Words(Counters):
    """The line beside the bar; ``scored`` and the like are not used."""

    text: str = ""

    def words(self) -> str:
        """See ``Counters``."""
        return self.text


class Watch:
    """Told of every reply (``changed``) and of every step (``progress``); shows both.

    A step named ``admitted`` or ``rejected by GATE`` is counted in the line of calls, any other has a bar of its own.
    """

    def __init__(self, inner: Progress, stream: TextIO) -> None:
        self._inner = inner
        self._counters = _Words()
        self._shown = Shown(self._counters, "calls", stream)
        self._fates: Counter[str] = Counter()
        self.bill: Bill | None = None

    def progress(self, what: str, steps: int) -> None:
        """A step of the pipeline."""
        if what == ADMITTED or what.startswith(REJECTED):
            self._fates[what] += steps
            self.changed()
        else:
            self._inner(what, steps)

    def changed(self) -> None:
        """Another reply came, or a fate is known."""
        if self.bill is None:
            return
        self._counters.answered = self._counters.planned = self.bill.calls
        self._counters.text = line_of(self.bill, self._fates)
        self._shown.refresh()

    def close(self) -> None:
        """Show the last state."""
        self._shown.close()


def line_of(bill: Bill, fates: Counter[str]) -> str:
    """Tokens, money, admitted, and the most frequent reasons for which others were rejected."""
    shown = [f"{bill.tokens:,} tokens"]
    if bill.money and not math.isnan(bill.money):
        shown.append(f"${bill.money:.4g}")
    shown.append(f"{fates[ADMITTED]} admitted")
    reasons = [(what.removeprefix(REJECTED), number) for what, number in fates.most_common() if what != ADMITTED]
    if reasons:
        most = ", ".join(f"{visible(reason, 40)} {number}" for reason, number in reasons[:_SHOWN_REASONS])
        shown.append(f"{sum(number for _, number in reasons)} rejected ({most})")
    return ", ".join(shown)


@contextmanager
def watching() -> Iterator[Watch]:
    """Shown on stderr while the block runs: bars on a terminal, else a line every half minute."""
    with bars() as inner:
        watch = Watch(inner, sys.stderr)
        try:
            yield watch
        finally:
            watch.close()

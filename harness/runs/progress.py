"""How far a run is, for people: one bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

_LINE_S = 30.0
_REFRESH_S = 0.2


@dataclass(slots=True)
class Counters:
    """What the bar shows. planned, answered, scored: samples. errors: requests that were given up. cost: None without
    prices.
    """

    planned: int = 0
    answered: int = 0
    scored: int = 0
    errors: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def words(self) -> str:
        """Tokens, money, errors and what is owed, in one line."""
        shown = [f"scored {self.scored}", f"{_short(self.input_tokens + self.output_tokens)} tokens"]
        if self.cost is not None:
            shown.append(f"${self.cost:.4g}")
        shown += [f"{self.errors} errors", f"{self.planned - self.answered} to ask"]
        return ", ".join(shown)


def _short(number: int) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)


class Shown:
    """What shows the counters; ``refresh`` is cheap and may be called for every reply."""

    def __init__(self, counters: Counters, what: str, stream: TextIO) -> None:
        self.counters = counters
        self._what = what
        self._stream = stream
        self._began = self._last = time.monotonic()
        self._answered_before = counters.answered
        self._bar: Any = None
        if stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=counters.planned, initial=counters.answered, desc=what, file=stream, dynamic_ncols=True
            )

    def refresh(self) -> None:
        """Show the counters if the last time is long enough ago."""
        now = time.monotonic()
        if now - self._last >= (_LINE_S if self._bar is None else _REFRESH_S):
            self._last = now
            self._show(now)

    def close(self) -> None:
        """Show the last state and end the bar."""
        if self._bar is not None:
            self._show(time.monotonic())
            self._bar.close()

    def _show(self, now: float) -> None:
        found = self.counters
        if self._bar is not None:
            self._bar.set_postfix_str(found.words(), refresh=False)
            self._bar.update(found.answered - self._bar.n)
            self._bar.refresh()
            return
        rate = (found.answered - self._answered_before) / max(now - self._began, 1e-9)
        print(
            f"evalrun: {self._what}: {found.answered} of {found.planned} answered ({rate:.1f}/s), {found.words()}",
            file=self._stream,
            flush=True,
        )


@contextmanager
def showing(counters: Counters, what: str, stream: TextIO | None = None) -> Iterator[Shown]:
    """Show the counters on stderr while the block runs: a bar on a terminal, else a line every half minute."""
    shown = Shown(counters, what, sys.stderr if stream is None else stream)
    try:
        yield shown
    finally:
        shown.close()

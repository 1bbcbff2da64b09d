"""Cells that several pages have: how a value is written, and what it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from itertools import accumulate
from typing import Literal

from ...benchmarks.visible import visible, visible_block
from ..metrics.intervals import Interval
from ..words import NONE

Colour = Literal["blue", "green", "orange", "purple", "grey", "pale"]


def day(created: str) -> str:
    """The date of a recorded time."""
    return visible(created[:10]) or NONE


def sort_key(value: float) -> str:
    """A sort key: empty (always last) where undefined."""
    return "" if math.isnan(value) else f"{value:.6f}"


def bar(value: float, interval: Interval, band: Interval | None = None) -> Mapping[str, str] | None:
    """The x coordinates, on a scale of 0 to 100, of a score and its interval, and of a ``band`` behind them."""
    if math.isnan(value):
        return None
    low, high = (value, value) if math.isnan(interval.low) else (interval.low, interval.high)
    drawn = {"low": f"{100 * low:.1f}", "at": f"{100 * value:.1f}", "high": f"{100 * high:.1f}"}
    if band is not None and not math.isnan(band.low):
        drawn |= {"band": f"{100 * band.low:.1f}", "band_width": f"{100 * (band.high - band.low):.1f}"}
    return drawn


def stack(shares: Sequence[tuple[Colour, float]]) -> list[Mapping[str, str]]:
    """Rectangles that divide a bar of 100 into shares of 1, from the left; nothing where a share is undefined."""
    if any(math.isnan(share) for _, share in shares):
        return []
    ends = list(accumulate((share for _, share in shares), initial=0.0))
    return [
        {"colour": colour, "x": f"{100 * start:.2f}", "width": f"{100 * share:.2f}"}
        for (colour, share), start in zip(shares, ends, strict=False)
        if share > 0
    ]


def delta(
    change: float, text: str, *, beyond_noise: bool, rises: str = "rises", falls: str = "falls"
) -> Mapping[str, str]:
    """A change as the macro of that name shows it: an arrow and a word only where it is more than noise."""
    if not beyond_noise or change == 0 or math.isnan(change):
        word = "" if math.isnan(change) else "within noise" if change else ""
        return {"kind": "noise", "arrow": "", "text": text, "word": word}
    kind, arrow, word = ("up", "▲", rises) if change > 0 else ("down", "▼", falls)
    return {"kind": kind, "arrow": arrow, "text": text, "word": word}


def difference(old: str, new: str, *, context: int = 3, most: int = 400) -> list[tuple[str, str]]:
    """Two texts line by line, for the macro ``diff``: (sign, line made visible).

    sign: "-" only in the old text, "+" only in the new one, " " in both, "…" where lines alike are left out. At most
    ``most`` lines of either text are compared.
    """
    before, after = (visible_block(text, 100 * most).split("\n")[:most] for text in (old, new))
    lines: list[tuple[str, str]] = []
    for line in list(unified_diff(before, after, n=context, lineterm=""))[2:]:
        if line.startswith("@@"):
            if lines:
                lines.append(("…", ""))
        else:
            lines.append((line[0], line[1:]))
    return lines

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
    return "" if math.isnan(value) else f"{value:.6g}"


def scale_of(intervals: Sequence[Interval]) -> tuple[float, float]:
    """The tens of percent between which all the intervals lie, as shares; the whole scale where none is defined."""
    known = [interval for interval in intervals if not math.isnan(interval.low)]
    if not known:
        return 0.0, 1.0
    low = math.floor(10 * min(interval.low for interval in known)) / 10
    high = math.ceil(10 * max(interval.high for interval in known)) / 10
    return (low, high) if high > low else (max(0.0, low - 0.1), min(1.0, high + 0.1))


def bar(
    value: float, interval: Interval, band: Interval | None = None, scale: tuple[float, float] = (0.0, 1.0)
) -> Mapping[str, str] | None:
    """The x coordinates, 0 to 100 over the ``scale`` of shares, of a score, its interval and a ``band`` behind them."""
    if math.isnan(value):
        return None

    def x(share: float) -> float:
        return 100 * min(1.0, max(0.0, (share - scale[0]) / (scale[1] - scale[0])))

    low, high = (value, value) if math.isnan(interval.low) else (interval.low, interval.high)
    drawn = {"low": f"{x(low):.1f}", "at": f"{x(value):.1f}", "high": f"{x(high):.1f}"}
    if band is not None and not math.isnan(band.low):
        drawn |= {"band": f"{x(band.low):.1f}", "band_width": f"{x(band.high) - x(band.low):.1f}"}
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
    change: float,
    text: str,
    *,
    beyond_noise: bool,
    rises: str = "rises",
    falls: str = "falls",
    noise: str = "within noise",
) -> Mapping[str, str]:
    """A change as the macro of that name shows it: an arrow and a word only where it is more than noise."""
    if not beyond_noise or change == 0 or math.isnan(change):
        word = noise if change and not math.isnan(change) else ""
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


def count(number: float) -> str:
    """A large count in three digits: 412, 4.1 k, 1.24 M; a dash where it is undefined."""
    if math.isnan(number):
        return NONE
    rounded = float(f"{number:.3g}")
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if rounded >= size:
            return f"{rounded / size:g}{unit}"
    return f"{rounded:g}"


def seconds(time: float) -> str:
    """A time: 0.42 s, 12 s, 3.1 min; a dash where it is undefined."""
    if math.isnan(time):
        return NONE
    return f"{time:.2g} s" if time < 9.95 else f"{time:.0f} s" if time < 99.5 else f"{time / 60:.1f} min"


def money(amount: float) -> str:
    """An amount in the unit of the prices, three digits: 0.00123, 0.42, 12.3, 4,560; a dash where it is unknown."""
    if math.isnan(amount):
        return NONE
    if amount >= 100 or amount == 0:
        return f"{amount:,.0f}"
    return f"{amount:.{max(1, 2 - math.floor(math.log10(amount)))}f}"

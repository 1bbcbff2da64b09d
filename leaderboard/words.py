"""Numbers in words: how a share, an interval and a p-value are written, and the sentences that say what was found."""

from __future__ import annotations

import math

from ..benchmarks.visible import visible
from .metrics.intervals import Interval

NONE = "—"


def percent(share: float) -> str:
    """0.7439 as "74.4 %"; a dash where it is undefined."""
    return NONE if math.isnan(share) else f"{100 * share:.1f} %"


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of shares in points: 0.018 as "+1.8", with a true minus sign; a dash where it is undefined."""
    if math.isnan(difference):
        return NONE
    text = f"{100 * abs(difference):.1f}"
    if text == "0.0" or not signed:
        return text
    return f"+{text}" if difference > 0 else f"−{text}"


def bounds(interval: Interval, *, signed: bool = False) -> str:
    """[67.2, 80.5], in percent or points; a dash where it is undefined."""
    if math.isnan(interval.low):
        return NONE
    if signed:
        return f"[{points(interval.low)}, {points(interval.high)}]"
    return f"[{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def p_value(p: float) -> str:
    """ "p = 0.016", "p < 0.001"."""
    if math.isnan(p):
        return NONE
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 task", "2 tasks", with thousands set apart."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def short_suite(suite: str) -> str:
    """The suite's name and version without its digest, made visible."""
    return visible(suite.partition("#")[0])

"""Cells that several pages have: how a value is written, and what it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...benchmarks.visible import visible
from ..metrics.intervals import Interval
from ..words import NONE


def day(created: str) -> str:
    """The date of a recorded time."""
    return visible(created[:10]) or NONE


def sort_key(value: float) -> str:
    """A sort key: empty (always last) where undefined."""
    return "" if math.isnan(value) else f"{value:.6f}"


def bar(value: float, interval: Interval) -> Mapping[str, str] | None:
    """The x coordinates, on a scale of 0 to 100, of a score and its interval."""
    if math.isnan(value):
        return None
    low, high = (value, value) if math.isnan(interval.low) else (interval.low, interval.high)
    return {"low": f"{100 * low:.1f}", "at": f"{100 * value:.1f}", "high": f"{100 * high:.1f}"}

"""Numbers laid out in lines and columns for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..metrics.estimates import Estimate
from ..metrics.intervals import Interval
from ..words import NONE, bounds, percent, plural

NAME = 32
"""The longest name of a model, category or group that is printed whole."""
Row = tuple[str, ...]


def estimate(found: Estimate, unit: str) -> str:
    """A share with its interval and what it is of."""
    skipped = f", {found.skipped:,} skipped" if found.skipped else ""
    return f"{percent(found.value)} {bounds(found.interval)} of {plural(found.n, unit)}{skipped}"


def decimal(value: float) -> str:
    """Three decimals, a dash where it is undefined."""
    return NONE if math.isnan(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """Two decimals with a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def span(interval: Interval) -> str:
    """The bounds as they are, "" where they are undefined."""
    return "" if math.isnan(interval.low) else f"[{interval.low:.3g}, {interval.high:.3g}]".replace("-", "−")


def aligned(rows: Sequence[Row], *, head: bool = True) -> list[str]:
    """Rows as columns: the first to the left, the others to the right under a head, to the left without one."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        rest = [cell.rjust(width) if head else cell for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return lines

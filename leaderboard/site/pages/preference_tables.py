"""Tables of models with cells of numbers: what the finer tables of the Preferences page are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ....benchmarks.visible import visible
from ...metrics.estimates import Estimate
from ...metrics.intervals import Interval
from ...preferences.summary import PreferenceSummary
from ...preferences.words import condition
from ...words import NONE, bounds, percent, plural, points
from ..cells import sort_key

MOST = 12
"""Columns of groups, operators or conditions; more are in the data."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, what it is sorted by, a line below it, and what it says (good, bad, quiet)."""

    text: str
    value: str = ""
    sub: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of models: head and a line below it of each column; one row a model. hidden: columns not shown; first:
    the head of the rows' names."""

    title: str
    about: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...] = field(default=())
    hidden: int = 0
    first: str = "Model"


EMPTY = Cell(NONE)


def table_of(
    title: str,
    about: str,
    heads: Sequence[tuple[str, str]],
    group: Sequence[PreferenceSummary],
    cells: Callable[[PreferenceSummary], Sequence[Cell] | None],
    hidden: int = 0,
) -> Table:
    """One row for each model that ``cells`` gives cells for."""
    rows = [(name_of(one), found) for one in group if (found := cells(one)) is not None]
    return Table(title, about, tuple(heads), tuple((name, tuple(found)) for name, found in rows), hidden)


def name_of(one: PreferenceSummary) -> str:
    """The model, and what it was told."""
    return visible(one.label) + condition(one)


def share(value: float, interval: Interval, sub: str = "", kind: str = "") -> Cell:
    """A share with its interval below."""
    around = "" if math.isnan(interval.low) else bounds(interval).replace("-", "−")
    return Cell(percent(value).replace("-", "−"), sort_key(value), " ".join(filter(None, (around, sub))), kind)


def estimate(found: Estimate, unit: str) -> Cell:
    """A share with its interval and what it is of below."""
    return share(found.value, found.interval, f"of {plural(found.n, unit)}" if found.n else "")


def change(value: float, interval: Interval, sub: str = "", *, worse: bool = True) -> Cell:
    """A difference in points: marked where its interval leaves out 0, as bad above it (``worse``) or as good."""
    around = "" if math.isnan(interval.low) else bounds(interval, signed=True)
    beyond = not math.isnan(interval.low) and (interval.low > 0 or interval.high < 0)
    kind = ("bad" if (value > 0) == worse else "good") if beyond else "quiet"
    return Cell(points(value), sort_key(value), " ".join(filter(None, (around, sub))), kind)


def plain(value: float, form: str, sub: str = "") -> Cell:
    """A number that is no share."""
    text = NONE if math.isnan(value) else format(value, form).replace("-", "−")
    return Cell(text, sort_key(value), sub)


def span(interval: Interval) -> str:
    """An interval as it is; "" where undefined."""
    return "" if math.isnan(interval.low) else f"[{interval.low:.2f}, {interval.high:.2f}]".replace("-", "−")

"""pass@k against k, one line a model: what more samples buy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from ....benchmarks.visible import visible
from ...boards.board import Board, Row
from ...metrics.intervals import UNDEFINED, Interval
from ...metrics.passk import PassAtK
from ...words import percent, plural, short_suite
from .labels import lead, move_apart
from .style import (
    BLUE,
    QUIET,
    SOFT,
    TEXT,
    Drawing,
    canvas,
    finish,
    fitted,
    grid,
    panel,
    percent_ticks,
    widest,
)

MOST_LINES = 8
_TALL = 225.0  # points, of the scale
_SPREAD = 12.5  # points between two labels
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "d")


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's pass@k at each k for which every task has enough samples; intervals: as many, undefined or not."""

    label: str
    ks: tuple[int, ...]
    values: tuple[float, ...]
    intervals: tuple[Interval, ...]


def pass_at_k_curves(board: Board, *, name: str) -> Drawing | None:
    """The first ``MOST_LINES`` ranked models on a logarithmic scale of k; the leader blue, with its 95 % band.

    None where no run has several samples a task.
    """
    curves = [curve for curve in map(_curve, board.ranked[:MOST_LINES]) if len(curve.ks) > 1]
    if not curves:
        return None
    hidden = max(0, len(board.ranked) - MOST_LINES)
    return draw_curves(curves, name=name, title=f"pass@k on {short_suite(board.suite)}", hidden=hidden)


def _curve(row: Row) -> Curve:
    """The k for which every task has enough samples."""
    known = [
        (one.k, one.value, interval)
        for one, interval in zip_longest(row.passes, row.pass_intervals, fillvalue=UNDEFINED)
        if isinstance(one, PassAtK) and isinstance(interval, Interval) and one.complete
    ]
    return Curve(
        label=row.run.label,
        ks=tuple(k for k, _, _ in known),
        values=tuple(value for _, value, _ in known),
        intervals=tuple(interval for _, _, interval in known),
    )


def draw_curves(curves: Sequence[Curve], *, name: str, title: str, hidden: int = 0) -> Drawing:
    """At least one curve of two points; the first is the one that is drawn heavy."""
    ks = sorted({k for curve in curves for k in curve.ks})
    labels = [fitted(curve.label, 120.0, bold=True) for curve in curves]
    right = 12 + widest(labels, bold=True) + 36
    with canvas(_TALL + 40) as figure:
        axes = panel(figure, left=40, right=right, top=10, bottom=30)
        ticks = _scale(axes, curves, ks)
        for index in reversed(range(len(curves))):
            _line(axes, curves[index], _MARKS[index % len(_MARKS)], first=index == 0)
        _ends(axes, curves, labels, spread=_SPREAD * (ticks[-1] - ticks[0]) / _TALL)
        svg = finish(figure, name=name, title=title, description=" ".join(_sentence(curve) for curve in curves))
    rows = [(visible(curve.label), *(_value(curve, k) for k in ks)) for curve in curves]
    return Drawing(name, svg, _caption(curves, hidden), ("Model", *(f"pass@{k}" for k in ks)), tuple(rows))


def _scale(axes: Axes, curves: Sequence[Curve], ks: Sequence[int]) -> list[float]:
    ends = [100 * value for curve in curves for value in curve.values]
    ends += [100 * end for band in curves[0].intervals for end in (band.low, band.high) if not math.isnan(end)]
    ticks = percent_ticks(min(ends), max(ends))
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(ks[0], ks[-1])
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_xticks(ks, labels=[f"k = {k}" if k == ks[0] else str(k) for k in ks])
    axes.set_yticks(ticks, labels=[f"{tick:g} %" for tick in ticks])
    axes.tick_params(axis="x", pad=9)
    grid(axes, "y")
    return ticks


def _line(axes: Axes, curve: Curve, mark: str, first: bool) -> None:
    values = [100 * value for value in curve.values]
    known = [i for i, one in enumerate(curve.intervals) if not math.isnan(one.low)]
    if first and len(known) > 1:
        axes.fill_between(
            [curve.ks[i] for i in known],
            [100 * curve.intervals[i].low for i in known],
            [100 * curve.intervals[i].high for i in known],
            color=BLUE, alpha=0.14, linewidth=0,
        )  # fmt: skip
    axes.plot(
        curve.ks, values, color=BLUE if first else QUIET, linewidth=2.2 if first else 1.3, marker=mark,
        markersize=6 if first else 4.5, clip_on=False, zorder=4 if first else 3,
    )  # fmt: skip


def _ends(axes: Axes, curves: Sequence[Curve], labels: Sequence[str], spread: float) -> None:
    """Names at the right ends, moved apart, a thin line leading to those that moved."""
    order = sorted(range(len(curves)), key=lambda i: (-curves[i].values[-1], i))
    low, high = axes.get_ylim()
    places = move_apart([100 * curves[i].values[-1] for i in order], spread, low=low, high=high)
    for i, y in zip(order, places, strict=True):
        curve, bold = curves[i], "bold" if i == 0 else "normal"
        end = 100 * curve.values[-1]
        axes.annotate(
            f"{end:.1f}\u2002{labels[i]}", (1, y), xycoords=("axes fraction", "data"), xytext=(14, 0),
            textcoords="offset points", ha="left", va="center", color=TEXT if i == 0 else SOFT, fontweight=bold,
            annotation_clip=False,
        )  # fmt: skip
        if abs(y - end) > spread / 4:
            lead(axes, end, y, start=4, end=12)


def _value(curve: Curve, k: int) -> str:
    return percent(dict(zip(curve.ks, curve.values, strict=True)).get(k, math.nan))


def _sentence(curve: Curve) -> str:
    values = ", ".join(f"pass@{k} {percent(value)}" for k, value in zip(curve.ks, curve.values, strict=True))
    return f"{visible(curve.label)}: {values}."


def _caption(curves: Sequence[Curve], hidden: int) -> str:
    gains = sorted(curves, key=lambda curve: curve.values[-1] - curve.values[0])
    most = gains[-1]
    gain = (
        f"{visible(most.label)} gains most from more samples: {percent(most.values[0])} at k = {most.ks[0]}, "
        f"{percent(most.values[-1])} at k = {most.ks[-1]}."
    )
    banded = sum(not math.isnan(interval.low) for interval in curves[0].intervals) > 1
    band = " The band is the leader’s 95 % interval." if banded else ""
    more = (
        f" The first {len(curves)} are drawn; {plural(hidden, 'more is', 'more are')} in the table." if hidden else ""
    )
    return f"{gain} pass@k is the chance that at least one of k samples passes.{band}{more}"

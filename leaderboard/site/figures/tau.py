"""Whether the evolved suite ranks the models as the original does, against how well the original agrees with itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ....benchmarks.visible import visible
from ...boards.evolved import Evolution
from ...boards.field import Agreement
from ...boards.words import FEWEST_RANKED
from ...metrics.intervals import UNDEFINED, Interval
from ...words import short_suite
from .dots import Dot, draw_dots
from .style import BLUE, GREY_TINT, LINE, ORANGE, QUIET, SOFT, Drawing, canvas, finish, fitted, grid, panel, widest

MOST_ROWS = 16
_PITCH = 24.0
_ROOM = 120.0


@dataclass(frozen=True, slots=True)
class Line:
    """tau-b of one set of evolved tasks with the original, and the ceiling: what two random parts of the original give,
    its mean and the middle 95 %. below: whether tau is below that."""

    label: str
    tau: float
    interval: Interval
    ceiling: float
    ceiling_interval: Interval
    below: bool


def tau_strip(evolution: Evolution, *, name: str) -> Drawing | None:
    """All operators first, then one row each. None where there are too few models for a tau."""
    title = f"Agreement of {short_suite(evolution.evolved_suite)} with {short_suite(evolution.original_suite)}"
    several = [one for one in evolution.agreements if one.models >= FEWEST_RANKED]
    return draw_tau([_line(one) for one in several], name=name, title=title)


def _line(one: Agreement) -> Line:
    part = one.ceiling
    ceiling = UNDEFINED if part is None else Interval(part.low, part.high, "none", part.roots)
    mean = math.nan if part is None else part.tau
    return Line(one.operator, one.tau, one.interval, mean, ceiling, one.below_ceiling)


def draw_tau(rows: Sequence[Line], *, name: str, title: str) -> Drawing | None:
    """One row a set of evolved tasks (all first, then by operator): tau with its 95 % interval on the ceiling's band.

    Filled blue: as high as re-drawing tasks allows; filled orange: below it. None where no tau is defined.
    """
    shown = [row for row in rows if not math.isnan(row.tau)][:MOST_ROWS]
    if not shown:
        return None
    dots = [_dot(row) for row in shown]
    room = widest((fitted(dot.label, _ROOM, bold=True) for dot in dots), bold=True)
    with canvas(_PITCH * len(dots) + 60) as figure:
        axes = panel(figure, left=room + 12, right=42, top=20, bottom=40)
        axes.set_ylim(len(dots) - 0.5, -0.5)
        axes.set_yticks([])
        low = _lowest(shown)
        axes.set_xlim(low, 1.0)
        step = 0.1 if low >= 0.4 else 0.2 if low >= -0.2 else 0.5
        first = math.ceil(low / step - 1e-9)
        ticks = [step * tick for tick in range(first, round(1 / step) + 1)]
        axes.set_xticks(ticks, labels=[f"{tick:.1f}".replace("-", "−") for tick in ticks])
        axes.set_xlabel("Kendall’s tau-b with the original suite", labelpad=6)
        grid(axes, "x")
        axes.axhline(len(dots) - 0.5, color=LINE, linewidth=1.0)
        for y, row in enumerate(shown):
            band = row.ceiling_interval
            if not math.isnan(band.low):
                at, wide = max(low, band.low), band.high - max(low, band.low)
                axes.add_patch(Rectangle((at, y - 0.4), wide, 0.8, facecolor=GREY_TINT, linewidth=0, zorder=2))
            if not math.isnan(row.ceiling):
                axes.plot([row.ceiling] * 2, [y - 0.4, y + 0.4], color=QUIET, linewidth=1.4, zorder=2.5)
        _head(axes, shown[0], low)
        draw_dots(axes, dots, room=_ROOM)
        svg = finish(figure, name=name, title=title, description=" ".join(map(_sentence, shown)))
    heads = ("Evolved tasks", "tau-b", "95 % interval", "Ceiling", "Ceiling, middle 95 %")
    return Drawing(name, svg, _caption(shown), heads, tuple(map(_cells, shown)))


def _cells(row: Line) -> tuple[str, ...]:
    spans = _span(row.interval), _span(row.ceiling_interval)
    return visible(row.label), _number(row.tau), spans[0], _number(row.ceiling), spans[1]


def _dot(row: Line) -> Dot:
    return Dot(
        row.label, row.tau, row.interval, f"{row.tau:.2f}".replace("-", "−"), ORANGE if row.below else BLUE, row.below
    )


def _lowest(rows: Sequence[Line]) -> float:
    ends = [end for row in rows for end in (row.tau, row.interval.low, row.ceiling_interval.low) if not math.isnan(end)]
    return max(-1.0, math.floor(10 * min(ends) - 1e-9) / 10)


def _head(axes: Axes, first: Line, low: float) -> None:
    """Names the band, above the first of them."""
    if math.isnan(first.ceiling):
        return
    middle = min(max(first.ceiling, low + 0.3 * (1 - low)), 1 - 0.2 * (1 - low))
    axes.annotate(
        "two halves of the original", (middle, 1), xycoords=("data", "axes fraction"), xytext=(0, 5),
        textcoords="offset points", ha="center", va="bottom", color=SOFT, annotation_clip=False,
    )  # fmt: skip


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.2f}".replace("-", "−")


def _span(interval: Interval) -> str:
    return "—" if math.isnan(interval.low) else f"[{_number(interval.low)}, {_number(interval.high)}]"


def _sentence(row: Line) -> str:
    ceiling = (
        ""
        if math.isnan(row.ceiling)
        else f"; two halves of the original: {_number(row.ceiling)} {_span(row.ceiling_interval)}"
    )
    return f"{visible(row.label)}: tau {_number(row.tau)} {_span(row.interval)}{ceiling}."


def _caption(rows: Sequence[Line]) -> str:
    below = [row for row in rows if row.below]
    if math.isnan(rows[0].ceiling):
        finding = "Too few tasks to say how well the original would agree with itself."
    elif not below:
        finding = "The evolved tasks rank the models about as the original would rank them again."
    else:
        names = ", ".join(visible(row.label) for row in below)
        finding = f"The ranking changes by more than re-drawing tasks explains: {names}."
    return (
        f"{finding} Dots are tau-b with their 95 % intervals; the grey band is what two random halves of the original "
        "give (line: the mean), the most that can be expected. Filled orange: below the band."
    )

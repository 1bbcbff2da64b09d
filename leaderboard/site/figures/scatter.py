"""Original score against evolved score: who leaves the field."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ....benchmarks.visible import visible
from ...boards.evolved import Drop, Evolution
from ...words import percent, plural, points, short_suite
from .labels import Box, place
from .style import (
    BLUE,
    GREY_TINT,
    LINE_HEIGHT,
    ORANGE,
    PAPER,
    QUIET,
    SOFT,
    TEXT,
    WIDTH,
    Drawing,
    canvas,
    finish,
    fitted,
    grid,
    panel,
    percent_ticks,
    text_width,
)

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 20.0, 10.0, 42.0
_SIDE = WIDTH - _LEFT - _RIGHT


@dataclass(frozen=True, slots=True)
class Place:
    """A model: its two scores (shares), and whether it leaves the field: -1 falls more, 1 less, 0 within noise."""

    label: str
    original: float
    evolved: float
    outlier: int


def scatter(evolution: Evolution, *, name: str) -> Drawing | None:
    """The models of an evolution over all operators; None for fewer than two."""
    drops = evolution.overall
    excesses = [drop.standing.excess for drop in drops if drop.standing is not None]
    widths = [one.interval.high - one.interval.low for one in excesses if not math.isnan(one.interval.low)]
    return draw_scatter(
        [Place(drop.label, drop.original, drop.evolved, outlier(drop)) for drop in drops],
        field=math.nan if evolution.agreement is None else evolution.agreement.field,
        noise=statistics.median(widths) / 2 if widths else math.nan,
        name=name,
        title=f"{short_suite(evolution.original_suite)} against {short_suite(evolution.evolved_suite)}",
    )


def outlier(drop: Drop) -> int:
    """-1 where a model falls more than the field beyond noise, 1 where it falls less, else 0."""
    if drop.standing is None or not drop.standing.excess.beyond_noise:
        return 0
    return -1 if drop.standing.excess.excess > 0 else 1


def draw_scatter(places: Sequence[Place], *, field: float, noise: float, name: str, title: str) -> Drawing | None:
    """Both scores on one scale, y = x dashed, the field's drop as a line with the noise of one model as a band.

    field: the median drop; noise: half the width of a typical model's 95 % interval about it, both shares (NaN: not
    drawn). Models that leave the field are named first, others where there is room. None for fewer than two.
    """
    shown = [one for one in places if not math.isnan(one.original + one.evolved)]
    if len(shown) < 2:
        return None
    ends = [100 * value for one in shown for value in (one.original, one.evolved)]
    ticks = percent_ticks(max(0.0, min(ends) - 2), min(100.0, max(ends) + 2))
    low, high = ticks[0], ticks[-1]
    with canvas(_SIDE * 0.8 + _TOP + _BOTTOM) as figure:
        axes = panel(figure, left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        labels = [f"{tick:g} %" for tick in ticks]
        axes.set_xticks(ticks, labels=labels)
        axes.set_yticks(ticks, labels=labels)
        axes.set_xlabel("original", labelpad=6)
        grid(axes, "both")
        _lines(axes, low, high, 100 * field, 100 * noise)
        for one in shown:
            _mark(axes, one)
        _names(axes, shown, field, low, high)
        svg = finish(figure, name=name, title=title, description=" ".join(map(_sentence, shown)))
    return Drawing(name, svg, _caption(shown, field, noise))


def _lines(axes: Axes, low: float, high: float, field: float, noise: float) -> None:
    ends = [low, high]
    if not math.isnan(field):
        if not math.isnan(noise):
            lower, upper = ([x - field + shift for x in ends] for shift in (-noise, noise))
            axes.fill_between(ends, lower, upper, color=GREY_TINT, linewidth=0, zorder=1.5)
        axes.plot(ends, [x - field for x in ends], color=QUIET, linewidth=1.4, zorder=2)
    axes.plot(ends, ends, color=SOFT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)


def _mark(axes: Axes, one: Place) -> None:
    colour = (QUIET, BLUE, ORANGE)[one.outlier]
    axes.plot(
        [100 * one.original], [100 * one.evolved], ("o", "^", "v")[one.outlier], color=colour,
        markerfacecolor=colour if one.outlier else PAPER, markersize=7.5 if one.outlier else 6, markeredgewidth=1.5,
        clip_on=False, zorder=4 if one.outlier else 3,
    )  # fmt: skip


def _names(axes: Axes, shown: Sequence[Place], field: float, low: float, high: float) -> None:
    frame = Box(_LEFT + 2, _BOTTOM + 2, WIDTH - 2, _BOTTOM + 0.8 * _SIDE)

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (100 * x - low) / (high - low) * _SIDE,
            _BOTTOM + (100 * y - low) / (high - low) * 0.8 * _SIDE,
        )

    centres = [at(one.original, one.evolved) for one in shown]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in centres]
    # Names keep clear of both lines too: small boxes along them.
    along = [(low + (high - low) * step / 80) / 100 for step in range(81)]
    dots = [at(x, x - drop) for x in along for drop in (0.0, field) if not math.isnan(drop)]
    taken += [Box(x - 1, y - 1, x + 1, y + 1) for x, y in dots]
    for index in sorted(range(len(shown)), key=lambda i: (not shown[i].outlier, -shown[i].evolved)):
        one = shown[index]
        bold = bool(one.outlier)
        label = fitted(one.label, 130.0, bold=bold)
        found = place(*centres[index], text_width(label, bold=bold), LINE_HEIGHT, taken, frame)
        if found is None:
            continue
        spot, box = found
        taken.append(box)
        axes.annotate(
            label, (spot.x, spot.y), xycoords="figure points", ha=spot.side, va="center", color=TEXT if bold else SOFT,
            fontweight="bold" if bold else "normal", annotation_clip=False, zorder=5,
        )  # fmt: skip


def _sentence(one: Place) -> str:
    where = ("within noise of the field", "falls less than the field", "falls more than the field")[one.outlier]
    return f"{visible(one.label)}: {percent(one.original)} to {percent(one.evolved)}, {where}."


def _caption(shown: Sequence[Place], field: float, noise: float) -> str:
    more, less = sum(one.outlier < 0 for one in shown), sum(one.outlier > 0 for one in shown)
    trend = ""
    if not math.isnan(field):
        trend = f" The line is the field: its median model falls by {points(field, signed=False)} points"
        trend += "." if math.isnan(noise) else ", and the grey band is the noise of one model’s drop."
    return (
        f"{more} of {plural(len(shown), 'model')} {'falls' if more == 1 else 'fall'} more than the field beyond noise "
        f"(filled orange, ▼), {less} less (filled blue, ▲). Across: pass@1 on the roots; up: on the tasks evolved from "
        f"them; dashed: no change.{trend}"
    )

"""How much more each model falls on evolved tasks than the field does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ....benchmarks.visible import visible
from ...boards.evolved import Drop
from ...metrics.intervals import Interval
from ...words import bounds, plural, points
from .dots import Dot, draw_dots
from .style import BLUE, LINE, ORANGE, QUIET, RULE, Drawing, canvas, finish, fitted, grid, panel, text_width, widest

MOST_ROWS = 40
_PITCH = 17.0  # points from row to row
_ROOM = 140.0


@dataclass(frozen=True, slots=True)
class Fall:
    """A model's drop less the field's, a share of 1; above 0 it falls more than the field."""

    label: str
    excess: float
    interval: Interval
    beyond_noise: bool


def excess(drops: Sequence[Drop], *, name: str, title: str) -> Drawing | None:
    """One row a model that has a place in the field; None for fewer than two."""
    falls = [
        Fall(drop.label, one.excess, one.interval, one.beyond_noise)
        for drop in drops
        if drop.standing is not None
        for one in (drop.standing.excess,)
    ]
    return draw_excess(falls, name=name, title=title)


def draw_excess(falls: Sequence[Fall], *, name: str, title: str) -> Drawing | None:
    """One row a model, the largest excess drop first, at most ``MOST_ROWS``; falls are drawn to the left.

    Filled orange: falls more than the field beyond noise; filled blue: falls less; hollow grey: within noise. None for
    fewer than two models.
    """
    known = sorted((fall for fall in falls if not math.isnan(fall.excess)), key=lambda fall: -fall.excess)
    if len(known) < 2:
        return None
    # Of too many, those in the middle have least to say.
    keep = {id(fall) for fall in sorted(known, key=lambda fall: (not fall.beyond_noise, -abs(fall.excess)))[:MOST_ROWS]}
    shown = [fall for fall in known if id(fall) in keep]
    dots = [_dot(fall) for fall in shown]
    room = widest((fitted(dot.label, _ROOM, bold=True) for dot in dots), bold=True)
    with canvas(_PITCH * len(dots) + 50) as figure:
        axes = panel(figure, left=room + 12, right=text_width("−00.0", bold=True) + 12, top=6, bottom=44)
        axes.set_ylim(len(dots) - 0.5, -0.5)
        axes.set_yticks([])
        ends = [100 * value for dot in dots for value in (dot.value, dot.interval.low, dot.interval.high)]
        ticks = _ticks([value for value in ends if not math.isnan(value)])
        axes.set_xlim(ticks[0], ticks[-1])
        axes.set_xticks(ticks, labels=[f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks])
        axes.set_xlabel("points more (−) or less (+) than the field", labelpad=6)
        grid(axes, "x")
        axes.axvline(0, color=RULE, linewidth=1.4, zorder=2)
        axes.axhline(len(dots) - 0.5, color=LINE, linewidth=1.0)
        draw_dots(axes, dots, room=_ROOM, scale=100.0)
        svg = finish(figure, name=name, title=title, description=" ".join(map(_sentence, shown)))
    return Drawing(name, svg, _caption(known, len(shown)))


def _dot(fall: Fall) -> Dot:
    mirrored = Interval(-fall.interval.high, -fall.interval.low, fall.interval.method, fall.interval.units)
    colour = QUIET if not fall.beyond_noise else ORANGE if fall.excess > 0 else BLUE
    mark = "o" if not fall.beyond_noise else "v" if fall.excess > 0 else "^"
    return Dot(fall.label, -fall.excess, mirrored, points(-fall.excess), colour, fall.beyond_noise, mark)


def _ticks(ends: Sequence[float]) -> list[float]:
    """Round ticks on both sides of 0."""
    low, high = min(0.0, *ends), max(0.0, *ends)
    for step in (1, 2, 5, 10, 20, 25, 50):
        first, last = int(low // step), int(-(-high // step))
        if last - first <= 7 and last > first:
            return [float(step * tick) for tick in range(first, last + 1)]
    return [-100.0, -50.0, 0.0, 50.0, 100.0]


def _sentence(fall: Fall) -> str:
    interval = bounds(Interval(-fall.interval.high, -fall.interval.low, "none", 0), signed=True)
    noise = "beyond noise" if fall.beyond_noise else "within noise"
    return f"{visible(fall.label)}: {points(-fall.excess)} points against the field {interval}, {noise}."


def _caption(falls: Sequence[Fall], shown: int) -> str:
    more = [fall for fall in falls if fall.beyond_noise and fall.excess > 0]
    less = sum(fall.beyond_noise and fall.excess < 0 for fall in falls)
    if more:
        verb = "falls" if len(more) == 1 else "fall"
        finding = f"{len(more)} of {plural(len(falls), 'model')} {verb} more than the field beyond noise"
        finding += f", {visible(more[0].label)} most. " if len(more) > 1 else f": {visible(more[0].label)}. "
    else:
        finding = "No model falls more than the field beyond noise. "
    hidden = f" {plural(len(falls) - shown, 'model')} near 0 not drawn." if len(falls) > shown else ""
    return (
        f"{finding}{less or 'None'} {'falls' if less == 1 else 'fall'} less. Each model’s drop, less the median drop "
        f"of the others, with its 95 % interval; triangles are beyond noise, whatever the number "
        f"of models asked, hollow dots within it.{hidden}"
    )

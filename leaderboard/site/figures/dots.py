"""Rows of one dot with its interval against a reference: what forests and strips have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ...metrics.intervals import Interval
from .style import PAPER, SOFT, TEXT, fitted


@dataclass(frozen=True, slots=True)
class Dot:
    """A row. label: untrusted. text: the value in words, at the right. strong: filled, heavy and dark; else hollow."""

    label: str
    value: float
    interval: Interval
    text: str
    colour: str
    strong: bool
    mark: str = "o"


def draw_dots(axes: Axes, dots: Sequence[Dot], *, room: float, scale: float = 1.0) -> None:
    """One row each at y = 0, 1, ...; values times ``scale`` across; names left of it, in ``room`` points."""
    for y, dot in enumerate(dots):
        if not math.isnan(dot.interval.low):
            ends = [scale * dot.interval.low, scale * dot.interval.high]
            axes.plot(ends, [y, y], color=dot.colour, linewidth=2.0, clip_on=False, zorder=3)
        axes.plot(
            [scale * dot.value], [y], dot.mark, color=dot.colour, markerfacecolor=dot.colour if dot.strong else PAPER,
            markersize=6.5, markeredgewidth=1.6, clip_on=False, zorder=4,
        )  # fmt: skip
        weight, colour = ("bold", TEXT) if dot.strong else ("normal", SOFT)
        for text, at, shift, side in (
            (fitted(dot.label, room, bold=dot.strong), 0, -8, "right"),
            (dot.text, 1, 8, "left"),
        ):
            axes.annotate(
                text, (at, y), xycoords=("axes fraction", "data"), xytext=(shift, 0), textcoords="offset points",
                ha=side, va="center", fontweight=weight, color=TEXT if side == "right" else colour,
                annotation_clip=False,
            )  # fmt: skip

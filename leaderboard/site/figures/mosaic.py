"""What an update broke and fixed, as a square cut by the old model's outcomes and then by the new one's."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ....benchmarks.visible import visible
from ...updates.comparison import Comparison
from ...words import percent, plural
from .style import (
    GOOD,
    GREEN,
    GREEN_TINT,
    GREY_TINT,
    LINE_HEIGHT,
    ORANGE,
    SOFT,
    TEXT,
    WARN,
    WIDTH,
    Drawing,
    canvas,
    finish,
    fitted,
    panel,
    text_width,
)

_SIDE = 200.0  # points, of the square
_GAP = 1.5  # points, on each side of a cut
_BOTTOM = 50.0


def flips_mosaic(comparison: Comparison, *, name: str) -> Drawing:
    """Four cells whose areas are shares of the tasks: right twice, broken, fixed, wrong twice.

    With several samples a task the shares are those expected of one fresh sample of each model.
    """
    rates = comparison.rates
    both, neither = max(0.0, rates.old_rate - rates.nfr), max(0.0, 1.0 - rates.old_rate - rates.pfr)
    old, new = visible(comparison.old), visible(comparison.new)
    with canvas(_SIDE + 16 + _BOTTOM) as figure:
        axes = panel(figure, left=(WIDTH - _SIDE) / 2, right=(WIDTH - _SIDE) / 2, top=16, bottom=_BOTTOM)
        axes.set_axis_off()
        axes.set_xlim(0, _SIDE)
        axes.set_ylim(0, _SIDE)
        cut = _SIDE * rates.old_rate
        left, right = _share(both, rates.old_rate), _share(rates.pfr, 1 - rates.old_rate)
        _cell(axes, 0, cut, 0, _SIDE * left, GREEN_TINT, ("right twice", _size(comparison, both, "both"), TEXT))
        _cell(axes, 0, cut, _SIDE * left, _SIDE, ORANGE)
        _cell(axes, cut, _SIDE, 0, _SIDE * right, GREEN)
        twice = ("wrong twice", _size(comparison, neither, "neither"))
        inside = _cell(axes, cut, _SIDE, _SIDE * right, _SIDE, GREY_TINT, (*twice, TEXT))
        _beside(axes, -8, _SIDE * (left + 1) / 2, "right", ("broken", _size(comparison, rates.nfr, "broken")), WARN)
        fixed = _within(_SIDE * right / 2)
        _beside(axes, _SIDE + 8, fixed, "left", ("fixed", _size(comparison, rates.pfr, "fixed")), GOOD)
        above = _within(_SIDE * (right + 1) / 2)
        if not inside and neither and above - fixed > 2.5 * LINE_HEIGHT:
            _beside(axes, _SIDE + 8, above, "left", twice, SOFT)
        _foot(axes, cut, rates.old_rate, fitted(comparison.old, 150.0))
        words = (
            f"Old model {old}, new model {new}. Right twice {percent(both)}, broken {percent(rates.nfr)}, "
            f"fixed {percent(rates.pfr)}, wrong twice {percent(neither)}."
        )
        svg = finish(figure, name=name, title=f"What changed from {old} to {new}", description=words)
    return Drawing(name, svg, _caption(comparison))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _size(comparison: Comparison, share: float, cell: str) -> str:
    flips = comparison.flips
    if flips is None:
        return percent(share)
    counts = {"both": flips.both, "broken": flips.negative, "fixed": flips.positive, "neither": flips.neither}
    return f"{counts[cell]:,} ({percent(share)})"


def _cell(
    axes: Axes, x0: float, x1: float, y0: float, y1: float, colour: str, words: tuple[str, str, str] | None = None
) -> bool:
    """A cell, however thin, in its colour; its words where they have room, which is what is returned."""
    if x1 <= x0 or y1 <= y0:
        return False
    wide, high = max(1.0, x1 - x0 - 2 * _GAP), max(1.0, y1 - y0 - 2 * _GAP)
    axes.add_patch(Rectangle((x0 + _GAP, y0 + _GAP), wide, high, facecolor=colour, linewidth=0, clip_on=False))
    if words is None or high < 2.4 * LINE_HEIGHT or wide < max(map(text_width, words[:2])) + 8:
        return False
    for line, text in enumerate(words[:2]):
        y = (y0 + y1) / 2 + LINE_HEIGHT * (0.5 - line)
        axes.text((x0 + x1) / 2, y, text, ha="center", va="center", color=words[2])
    return True


def _within(y: float) -> float:
    """A height that leaves room for two lines beside the square."""
    return min(max(y, LINE_HEIGHT), _SIDE - LINE_HEIGHT / 2)


def _beside(axes: Axes, x: float, y: float, side: str, words: tuple[str, str], colour: str) -> None:
    y = _within(y)
    axes.text(x, y + LINE_HEIGHT / 2, words[0], ha=side, va="center", color=colour, fontweight="bold", clip_on=False)
    axes.text(x, y - LINE_HEIGHT / 2, words[1], ha=side, va="center", color=TEXT, clip_on=False)


def _foot(axes: Axes, cut: float, rate: float, old: str) -> None:
    """Which side of the vertical cut is which, and whose outcome it is."""
    room = text_width("right 100.0 %")
    for x0, x1, word, share in ((0.0, cut, "right", rate), (cut, _SIDE, "wrong", 1 - rate)):
        if x1 - x0 >= room:
            axes.text((x0 + x1) / 2, -10, f"{word} {percent(share)}", ha="center", va="center", color=SOFT)
    axes.text(_SIDE / 2, -28, f"{old} (old)", ha="center", va="center", color=SOFT)


def _caption(comparison: Comparison) -> str:
    broken, fixed = percent(comparison.rates.nfr), percent(comparison.rates.pfr)
    of = "tasks" if comparison.flips else "what one fresh sample of each task would do"
    floor = comparison.rates.noise_floor
    noise = ""
    if not math.isnan(floor) and comparison.rates.floor_tasks == comparison.rates.n:
        noise = f" Sampling alone, without any update, would break {percent(floor)}."
    return (
        f"{broken} broken and {fixed} fixed, of {plural(comparison.tasks, 'task')}. Areas are shares of {of}: "
        "the vertical cut is the old model’s outcome, the horizontal ones the new model’s (right below, wrong above)."
        f"{noise}"
    )

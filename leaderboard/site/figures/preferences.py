"""Of each model's preferences, how many are right, tied and wrong, against controls that do not read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ....benchmarks.visible import visible
from ...metrics.intervals import Interval
from ...words import bounds, percent
from .style import GREEN, ORANGE, QUIET, SOFT, TEXT, Drawing, canvas, finish, fitted, panel, widest

MOST_BARS = 40
_PITCH = 30.0  # points from bar to bar


@dataclass(frozen=True, slots=True)
class Bar:
    """A model or a control; all numbers are shares of pairs, NaN where undefined."""

    label: str
    right: float
    tie: float
    wrong: float
    accuracy: float
    interval: Interval
    control: bool = False


def preference_bars(bars: Sequence[Bar], *, name: str, title: str, caption: str) -> Drawing | None:
    """One bar a row: right from the left, ties thin in the middle, wrong up to the right end; below it accuracy with
    its 95 % interval. The first ``MOST_BARS``; None where there is none with a pair.
    """
    shown = [bar for bar in bars if not math.isnan(bar.right)][:MOST_BARS]
    if not shown:
        return None
    labels = [fitted(bar.label, 120.0, bold=not bar.control) for bar in shown]
    with canvas(_PITCH * len(shown) + 46) as figure:
        axes = panel(figure, left=widest(labels, bold=True) + 10, right=48, top=20, bottom=26)
        axes.set_xlim(0, 100)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks([])
        axes.set_xticks([0, 25, 50, 75, 100], labels=["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.axvline(50, color=QUIET, linewidth=1.0, linestyle=(0, (3, 3)), zorder=5)
        for y, (bar, label) in enumerate(zip(shown, labels, strict=True)):
            _bar(axes, y, bar, label)
        _heads(axes)
        svg = finish(figure, name=name, title=title, description=" ".join(map(_sentence, shown)))
    return Drawing(name, svg, caption)


def _bar(axes: Axes, y: int, bar: Bar, label: str) -> None:
    right, tie, wrong = (100 * share for share in (bar.right, bar.tie, bar.wrong))
    strength = 0.45 if bar.control else 1.0
    for start, wide, high, colour in (
        (0.0, right, 0.42, GREEN),
        (right, tie, 0.16, QUIET),
        (right + tie, wrong, 0.42, ORANGE),
    ):
        if wide:
            axes.barh(
                [y - 0.12],
                [max(0.0, wide - 0.4)],
                left=start + 0.2,
                height=high,
                color=colour,
                linewidth=0,
                alpha=strength,
            )
    at = y + 0.24
    if not math.isnan(bar.interval.low):
        axes.plot([100 * bar.interval.low, 100 * bar.interval.high], [at, at], color=TEXT, linewidth=1.4)
    if not math.isnan(bar.accuracy):
        axes.plot([100 * bar.accuracy], [at], "o", color=TEXT, markersize=4.5, clip_on=False)
    weight = "normal" if bar.control else "bold"
    _text(axes, label, (0, y - 0.12), -8, "right", SOFT if bar.control else TEXT, weight)
    _text(axes, percent(bar.accuracy), (100, y - 0.12), 46, "right", SOFT if bar.control else TEXT, weight)


def _heads(axes: Axes) -> None:
    for x, side, word in ((0, "left", "right"), (100, "right", "wrong")):
        axes.annotate(
            word, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 4), textcoords="offset points", ha=side,
            va="bottom", color=SOFT, annotation_clip=False,
        )  # fmt: skip


def _text(axes: Axes, text: str, at: tuple[float, float], shift: float, side: str, colour: str, weight: str) -> None:
    axes.annotate(
        text, at, xytext=(shift, 0), textcoords="offset points", ha=side, va="center", color=colour, fontweight=weight,
        annotation_clip=False,
    )  # fmt: skip


def _sentence(bar: Bar) -> str:
    interval = "" if math.isnan(bar.interval.low) else f" {bounds(bar.interval)}"
    return (
        f"{visible(bar.label)}: {percent(bar.right)} right, {percent(bar.tie)} tied, {percent(bar.wrong)} wrong; "
        f"accuracy {percent(bar.accuracy)}{interval}."
    )

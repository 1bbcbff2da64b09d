"""Original score on the left, evolved score on the right, one line a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from ...boards.evolved import Drop
from ...boards.words import drop_words
from ...words import percent, plural
from .labels import lead, move_apart
from .scatter import outlier
from .style import BLUE, LINE, ORANGE, QUIET, SOFT, TEXT, Drawing, canvas, finish, fitted, panel, widest

MOST_LINES = 20
_SPREAD = 13.0  # points between two labels


def slope(drops: Sequence[Drop], *, name: str, title: str) -> Drawing | None:
    """The ``MOST_LINES`` models that say most; those beyond noise are coloured and heavy, falls solid and rises dashed.

    With a field of models, "beyond noise" means against the field; else against no change. None where there is nothing
    to draw.
    """
    field = has_field(drops)
    sides = {drop.label: side(drop, field) for drop in drops}
    shown = sorted(drops, key=lambda drop: (not sides[drop.label], -abs(_weight(drop, field))))[:MOST_LINES]
    if not shown:
        return None
    labels = {drop.label: fitted(drop.label, 130.0, bold=bool(sides[drop.label])) for drop in shown}
    tall = max(150.0, _SPREAD * (len(shown) + 2))
    with canvas(tall + 34) as figure:
        axes = panel(figure, left=48, right=68 + widest(labels.values(), bold=True), top=24, bottom=10)
        low, high = _reach(shown)
        axes.set_ylim(low, high)
        _frame(axes, low, high)
        for drop in sorted(shown, key=lambda drop: abs(sides[drop.label])):
            _line(axes, drop, sides[drop.label])
        _labels(axes, shown, labels, sides, spread=_SPREAD * (high - low) / tall)
        words = " ".join(drop_words(drop) for drop in shown)
        svg = finish(figure, name=name, title=title, description=words)
    return Drawing(name, svg, _caption(sides, len(shown), field))


def has_field(drops: Sequence[Drop]) -> bool:
    """Whether the models can be set against each other."""
    return any(drop.standing is not None and not math.isnan(drop.standing.excess.excess) for drop in drops)


def side(drop: Drop, field: bool) -> int:
    """-1 for a fall beyond noise, 1 for a rise, 0 within it."""
    if field:
        return outlier(drop)
    return 0 if not drop.beyond_noise else -1 if drop.drop > 0 else 1


def _weight(drop: Drop, field: bool) -> float:
    if not field:
        return drop.drop
    return 0.0 if drop.standing is None or math.isnan(drop.standing.excess.excess) else drop.standing.excess.excess


def _reach(drops: Sequence[Drop]) -> tuple[float, float]:
    scores = [100 * score for drop in drops for score in (drop.original, drop.evolved)]
    room = max(2.0, 0.06 * (max(scores) - min(scores)))
    return min(scores) - room, max(scores) + room


def _frame(axes: Axes, low: float, high: float) -> None:
    axes.set_xlim(0, 1)
    axes.set_axis_off()
    for x, heading in ((0.0, "original"), (1.0, "evolved")):
        axes.plot([x, x], [low, high], color=LINE, linewidth=1.0, zorder=1, clip_on=False)
        axes.annotate(
            heading, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 7), textcoords="offset points",
            ha="center", va="bottom", color=SOFT,
        )  # fmt: skip


def _line(axes: Axes, drop: Drop, side: int) -> None:
    beyond = side != 0
    axes.plot(
        [0, 1],
        [100 * drop.original, 100 * drop.evolved],
        color=(QUIET, BLUE, ORANGE)[side],
        linewidth=2.4 if beyond else 1.2,
        linestyle="--" if side > 0 else "-",
        marker="o",
        markersize=6 if beyond else 4.5,
        clip_on=False,
        zorder=3 if beyond else 2,
    )


def _labels(
    axes: Axes, drops: Sequence[Drop], labels: Mapping[str, str], sides: Mapping[str, int], spread: float
) -> None:
    """Values on the left where they do not overlap; values and names on the right, moved apart."""
    taken: list[float] = []
    for drop in sorted(drops, key=lambda drop: -drop.original):
        y = 100 * drop.original
        if all(abs(y - other) >= spread for other in taken):
            _text(axes, percent(drop.original), 0.0, y, -8, "right", bold=False)
            taken.append(y)
    ordered = sorted(drops, key=lambda drop: (-drop.evolved, drop.label))
    low, high = axes.get_ylim()
    places = move_apart([100 * drop.evolved for drop in ordered], spread, low=low, high=high)
    for drop, y in zip(ordered, places, strict=True):
        text = f"{percent(drop.evolved)}\u2002{labels[drop.label]}"
        _text(axes, text, 1.0, y, 16, "left", bold=bool(sides[drop.label]))
        if abs(y - 100 * drop.evolved) > spread / 4:
            lead(axes, 100 * drop.evolved, y, start=5, end=14)


def _text(axes: Axes, text: str, x: float, y: float, shift: float, side: str, bold: bool) -> None:
    axes.annotate(
        text, (x, y), xytext=(shift, 0), textcoords="offset points", ha=side, va="center", annotation_clip=False,
        color=TEXT if bold else SOFT, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def _caption(sides: Mapping[str, int], shown: int, field: bool) -> str:
    falls, rises = (list(sides.values()).count(one) for one in (-1, 1))
    models, hidden = plural(len(sides), "model"), len(sides) - shown
    more = f" {plural(hidden, 'model')} in the middle of the field not drawn; the table has all." if hidden else ""
    fall = f"{falls} of {models} {'falls' if falls == 1 else 'fall'}"
    if field:
        return (
            f"{fall} more than the field and {rises} less, beyond noise. Heavy orange lines fall more, heavy dashed "
            f"blue lines less; grey lines move as the field does.{more}"
        )
    return (
        f"{fall} and {rises} {'rises' if rises == 1 else 'rise'} by more than chance explains. Heavy orange lines "
        "fall, heavy dashed blue lines rise beyond noise (the 95 % interval leaves out 0, and p < 0.05); grey lines "
        f"are within it.{more}"
    )

"""Original score on the left, evolved score on the right, one line a model."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ...evolved import Drop
from ...words import drop_words, percent, plural
from .labels import lead, move_apart
from .style import BLUE, LINE, ORANGE, QUIET, SOFT, TEXT, Drawing, canvas, finish, fitted, panel, widest

MOST_LINES = 20
_SPREAD = 13.0  # points between two labels


def slope(drops: Sequence[Drop], *, name: str, title: str) -> Drawing | None:
    """The ``MOST_LINES`` largest changes; those beyond noise are coloured and heavy, falls solid and rises dashed.

    None where there is nothing to draw.
    """
    shown = sorted(drops, key=lambda drop: -abs(drop.drop))[:MOST_LINES]
    if not shown:
        return None
    labels = {drop.label: fitted(drop.label, 130.0, bold=drop.beyond_noise) for drop in shown}
    tall = max(150.0, _SPREAD * (len(shown) + 2))
    with canvas(tall + 34) as figure:
        axes = panel(figure, left=48, right=68 + widest(labels.values(), bold=True), top=24, bottom=10)
        low, high = _reach(shown)
        axes.set_ylim(low, high)
        _frame(axes, low, high)
        for drop in sorted(shown, key=lambda drop: drop.beyond_noise):
            _line(axes, drop)
        _labels(axes, shown, labels, spread=_SPREAD * (high - low) / tall)
        words = " ".join(drop_words(drop) for drop in shown)
        svg = finish(figure, name=name, title=title, description=words)
    return Drawing(name, svg, _caption(drops, len(shown)))


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


def _line(axes: Axes, drop: Drop) -> None:
    beyond = drop.beyond_noise
    axes.plot(
        [0, 1],
        [100 * drop.original, 100 * drop.evolved],
        color=QUIET if not beyond else ORANGE if drop.drop > 0 else BLUE,
        linewidth=2.4 if beyond else 1.2,
        linestyle="--" if beyond and drop.drop < 0 else "-",
        marker="o",
        markersize=6 if beyond else 4.5,
        clip_on=False,
        zorder=3 if beyond else 2,
    )


def _labels(axes: Axes, drops: Sequence[Drop], labels: dict[str, str], spread: float) -> None:
    """Values on the left where they do not overlap; values and names on the right, moved apart."""
    taken: list[float] = []
    for drop in sorted(drops, key=lambda drop: -drop.original):
        y = 100 * drop.original
        if all(abs(y - other) >= spread for other in taken):
            _text(axes, percent(drop.original), 0.0, y, -8, "right", bold=False)
            taken.append(y)
    ordered = sorted(drops, key=lambda drop: (-drop.evolved, drop.label))
    places = move_apart([100 * drop.evolved for drop in ordered], spread, low=axes.get_ylim()[0])
    for drop, y in zip(ordered, places, strict=True):
        text = f"{percent(drop.evolved)}\u2002{labels[drop.label]}"
        _text(axes, text, 1.0, y, 16, "left", bold=drop.beyond_noise)
        if abs(y - 100 * drop.evolved) > spread / 4:
            lead(axes, 100 * drop.evolved, y, start=5, end=14)


def _text(axes: Axes, text: str, x: float, y: float, shift: float, side: str, bold: bool) -> None:
    axes.annotate(
        text, (x, y), xytext=(shift, 0), textcoords="offset points", ha=side, va="center", annotation_clip=False,
        color=TEXT if bold else SOFT, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def _caption(drops: Sequence[Drop], shown: int) -> str:
    falls = sum(drop.beyond_noise and drop.drop > 0 for drop in drops)
    rises = sum(drop.beyond_noise and drop.drop < 0 for drop in drops)
    hidden = len(drops) - shown
    more = f" The {shown} largest changes are drawn; {plural(hidden, 'more is', 'more are')} in the table."
    return (
        f"{falls} of {plural(len(drops), 'model')} fall and {rises} rise by more than chance explains. "
        "Heavy orange lines fall, heavy dashed blue lines rise beyond noise (the 95 % interval leaves out 0, and "
        f"p < 0.05); grey lines are within it.{more if hidden else ''}"
    )

"""Figures of the page, drawn by matplotlib from numbers that are already computed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...benchmarks.visible import visible
from ..evolved import Drop
from ..words import drop_words, percent
from .svg import inline_svg

MOST_LINES = 20
# Colours no figure would use by chance; the page's own take their place.
_TEXT, _QUIET, _FALL, _RISE, _LINE = "#010203", "#010204", "#010205", "#010206", "#010207"
_COLOURS = {
    _TEXT: "var(--text)",
    _QUIET: "var(--quiet)",
    _FALL: "var(--orange)",
    _RISE: "var(--blue)",
    _LINE: "var(--line)",
}


def slope(drops: Sequence[Drop], *, name: str, title: str) -> str:
    """Original score on the left, evolved score on the right, one line a model (the ``MOST_LINES`` largest changes).

    Lines beyond noise are coloured and heavy, falls solid and rises dashed; all others are grey.
    """
    shown = sorted(drops, key=lambda drop: -abs(drop.drop))[:MOST_LINES]
    with mpl.rc_context(), warnings.catch_warnings():
        _set_style()
        # A name in a script that the bundled font lacks is measured by a placeholder; the browser has the glyphs.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        figure = Figure(figsize=(6.4, max(2.6, 1.0 + 0.24 * len(shown))))
        axes = figure.add_axes((0.1, 0.04, 0.48, 0.86))
        _frame(axes)
        for drop in sorted(shown, key=lambda drop: drop.beyond_noise):
            _line(axes, drop)
        _labels(axes, shown, spread=13.0 / (figure.get_figheight() * 0.86 * 72) * 108)
        words = " ".join(drop_words(drop) for drop in shown)
        return inline_svg(figure, name=name, title=title, description=words, colours=_COLOURS)


def _set_style() -> None:
    mpl.rcdefaults()  # the user's own matplotlibrc must not change the page
    mpl.rc("svg", fonttype="none", hashsalt="evalrun")
    # Measured with the font that matplotlib brings along, so that the layout is the same on every machine.
    mpl.rc("font", family="DejaVu Sans", size=9)
    mpl.rc("text", color=_TEXT, parse_math=False)
    mpl.rc("savefig", transparent=True)


def _frame(axes: Axes) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(-4, 104)
    axes.set_axis_off()
    for x, heading in ((0.0, "original"), (1.0, "evolved")):
        axes.plot([x, x], [0, 100], color=_LINE, linewidth=1.0, zorder=1, clip_on=False)
        axes.text(x, 109, heading, ha="center", va="bottom", color=_TEXT, fontweight="bold")


def _line(axes: Axes, drop: Drop) -> None:
    colour = _QUIET if not drop.beyond_noise else _FALL if drop.drop > 0 else _RISE
    axes.plot(
        [0, 1],
        [100 * drop.original, 100 * drop.evolved],
        color=colour,
        linewidth=2.4 if drop.beyond_noise else 1.3,
        linestyle="--" if drop.beyond_noise and drop.drop < 0 else "-",
        marker="o",
        markersize=6 if drop.beyond_noise else 4.5,
        clip_on=False,
        zorder=3 if drop.beyond_noise else 2,
    )


def _labels(axes: Axes, drops: Sequence[Drop], spread: float) -> None:
    """Values on the left where they do not overlap; values and names on the right, moved apart."""
    taken: list[float] = []
    for drop in sorted(drops, key=lambda drop: -drop.original):
        y = 100 * drop.original
        if all(abs(y - other) >= spread for other in taken):
            axes.text(-0.04, y, percent(drop.original), ha="right", va="center", clip_on=False)
            taken.append(y)
    ordered = sorted(drops, key=lambda drop: (-drop.evolved, drop.label))
    for drop, y in zip(ordered, move_apart([100 * drop.evolved for drop in ordered], spread), strict=True):
        label = f"{percent(drop.evolved)}  {visible(drop.label, 40)}"
        weight = "bold" if drop.beyond_noise else "normal"
        axes.text(1.04, y, label, ha="left", va="center", fontweight=weight, clip_on=False, parse_math=False)


def move_apart(positions: Sequence[float], spread: float, low: float = -2.0) -> list[float]:
    """Positions, highest first, moved until neighbours are ``spread`` apart and none is below ``low``."""
    placed: list[float] = []
    for position in positions:
        placed.append(min(position, placed[-1] - spread) if placed else position)
    floor = low
    for index in reversed(range(len(placed))):
        placed[index] = max(placed[index], floor)
        floor = placed[index] + spread
    return placed

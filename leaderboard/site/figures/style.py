"""What all figures share: the page's colours, a canvas measured in points, and the axes of a quiet chart.

A figure is as wide as a column of text, so that its letters are about the size of the page's.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ....benchmarks.visible import visible
from ..svg import inline_svg

WIDTH = 400.0  # points
SIZE = 9.5  # points, of letters
SMALL = 8.0
LINE_HEIGHT = 13.0  # points between two lines of text

# Colours no figure would use by chance; the page's own take their place, in light and in dark.
TEXT, SOFT, QUIET, LINE, RULE, PAPER, PANEL = (f"#01020{digit}" for digit in "1234567")
BLUE, ORANGE, GREEN, LINK, WARN, GOOD = (f"#01030{digit}" for digit in "123456")
BLUE_TINT, ORANGE_TINT, GREEN_TINT, GREY_TINT = (f"#01040{digit}" for digit in "1234")
COLOURS = {
    TEXT: "var(--text)",
    SOFT: "var(--soft)",
    QUIET: "var(--quiet)",
    LINE: "var(--line)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    PANEL: "var(--panel)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    GREEN: "var(--green)",
    LINK: "var(--link)",
    WARN: "var(--warn)",
    GOOD: "var(--good)",
    BLUE_TINT: "var(--blue-tint)",
    ORANGE_TINT: "var(--orange-tint)",
    GREEN_TINT: "var(--green-tint)",
    GREY_TINT: "var(--grey-tint)",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure and what says the same without it.

    svg: one element, safe to put into a page. caption: plain text, what the figure shows and how to read it. heads,
    rows: its numbers as a table of plain texts; empty where the page has them in a table anyway.
    """

    name: str
    svg: str
    caption: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@contextmanager
def canvas(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """An empty figure of that many points, drawn in the page's style whatever the user's own settings are."""
    with mpl.rc_context(), warnings.catch_warnings():
        _set_style()
        # A name in a script that the bundled font lacks is measured by a placeholder; the browser has the glyphs.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        yield Figure(figsize=(width / 72, height / 72))


def _set_style() -> None:
    mpl.rcdefaults()  # the user's own matplotlibrc must not change the page
    mpl.rc("svg", fonttype="none", hashsalt="evalrun")
    # Measured with the font that matplotlib brings along, so that the layout is the same on every machine.
    mpl.rc("font", family="DejaVu Sans", size=SIZE)
    mpl.rc("text", color=TEXT, parse_math=False)
    mpl.rc("savefig", transparent=True)
    mpl.rc("axes", edgecolor=LINE, labelcolor=SOFT, labelsize=SIZE, axisbelow=True, unicode_minus=True)
    mpl.rc("xtick", color=LINE, labelcolor=SOFT, labelsize=SIZE)
    mpl.rc("ytick", color=LINE, labelcolor=SOFT, labelsize=SIZE)
    mpl.rc("lines", solid_capstyle="butt", dash_capstyle="butt")


def panel(figure: Figure, *, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with these margins, in points, and without a frame."""
    width, height = 72 * figure.get_figwidth(), 72 * figure.get_figheight()
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    axes = figure.add_axes(box)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0, pad=5)
    return axes


def grid(axes: Axes, which: Literal["x", "y", "both"]) -> None:
    """Light lines at the ticks."""
    axes.grid(axis=which, color=LINE, linewidth=0.8)


def finish(figure: Figure, *, name: str, title: str, description: str) -> str:
    """The figure as an SVG element with its title and its description for those who do not see it."""
    return inline_svg(figure, name=name, title=title, description=description, colours=COLOURS)


def text_width(text: str, *, size: float = SIZE, bold: bool = False) -> float:
    """Points that a line of text takes in the bundled font, which is wider than most fonts of pages."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    # The bundled font has no ideographs; they are as wide as they are high, which W nearly is.
    known = "".join("W" if unicodedata.east_asian_width(letter) in "WF" else letter for letter in text)
    return float(text_to_path.get_text_width_height_descent(known, font, ismath=False)[0])


def fitted(label: str, room: float, *, bold: bool = False) -> str:
    """An untrusted label, made visible and cut with an ellipsis so that it takes at most ``room`` points."""
    shown = visible(label, 80)
    if text_width(shown, bold=bold) <= room:
        return shown
    while shown and text_width(shown + "…", bold=bold) > room:
        shown = shown[:-1]
    return shown.rstrip() + "…"


def widest(labels: Iterable[str], *, bold: bool = False) -> float:
    """Points that the widest of these takes."""
    return max((text_width(label, bold=bold) for label in labels), default=0.0)


def percent_ticks(low: float, high: float, *, most: int = 7) -> list[float]:
    """Round ticks, in percent, that span low to high (shares in 0..1 times 100)."""
    for step in (1, 2, 5, 10, 20, 25, 50):
        first, last = int(low // step) * step, -int(-high // step) * step
        if (last - first) / step + 1 <= most:
            return [float(tick) for tick in range(first, last + 1, step)] if last > first else [first, first + step]
    return [0.0, 50.0, 100.0]

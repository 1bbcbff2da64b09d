"""Where the texts of a figure stand, so that tests can say whether one lies on another or outside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

from evalrun.leaderboard.site.figures.style import text_width


@dataclass(frozen=True)
class Text:
    """A line of text and the box it takes in the bundled font, in the figure's units; y grows downwards."""

    text: str
    left: float
    right: float
    top: float
    bottom: float


def texts_of(svg: str) -> list[Text]:
    """Every text of the figure, unrotated."""
    found = []
    for element in ElementTree.fromstring(svg).iter("text"):
        size = float(str(element.get("font-size")).removesuffix("px"))
        bold = element.get("font-weight") in ("bold", "700")
        wide = text_width(str(element.text), size=size, bold=bold)
        x, y = float(str(element.get("x"))), float(str(element.get("y")))
        left = {"end": x - wide, "middle": x - wide / 2}.get(str(element.get("text-anchor")), x)
        found.append(Text(str(element.text), left, left + wide, y - 0.72 * size, y + 0.02 * size))
    return found


def overlapping(svg: str) -> list[tuple[str, str]]:
    """Pairs of texts that lie on one another by more than a hair."""
    return [
        (one.text, other.text)
        for one, other in combinations(texts_of(svg), 2)
        if one.left < other.right - 0.5
        and other.left < one.right - 0.5
        and one.top < other.bottom - 0.5
        and other.top < one.bottom - 0.5
    ]


def outside(svg: str) -> list[str]:
    """Texts that the figure's edge would cut."""
    width, height = (float(number) for number in str(ElementTree.fromstring(svg).get("viewBox")).split()[2:])
    return [
        text.text
        for text in texts_of(svg)
        if text.left < -0.5 or text.right > width + 0.5 or text.top < -0.5 or text.bottom > height + 0.5
    ]

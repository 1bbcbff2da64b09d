"""Where labels go so that none lies on another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from .style import RULE, WIDTH


def move_apart(positions: Sequence[float], spread: float, low: float = -2.0, high: float = math.inf) -> list[float]:
    """Positions, highest first, moved as little as can be until neighbours are ``spread`` apart and none below ``low``.

    None is above ``high`` either, as far as there is room for all.

    Labels that would overlap become a stack around the middle of what they name (pool adjacent violators: the sum of
    squared shifts is the least possible).
    """
    # With i spreads added, "spread apart" is "never rising"; each run that does rise takes its mean.
    stacks: list[tuple[float, int]] = []
    for index, position in enumerate(positions):
        mean, count = position + index * spread, 1
        while stacks and stacks[-1][0] < mean:
            other, size = stacks.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        stacks.append((mean, count))
    level = [mean for mean, count in stacks for _ in range(count)]
    placed = [mean - index * spread for index, mean in enumerate(level)]
    for index, position in enumerate(placed):
        placed[index] = min(position, high - index * spread)
    floor = low
    for index in reversed(range(len(placed))):
        placed[index] = max(placed[index], floor)
        floor = placed[index] + spread
    return placed


def lead(axes: Axes, mark: float, label: float, *, start: float, end: float) -> None:
    """A thin line to a label right of the axes from the mark at their right edge that it was moved away from.

    mark, label: their heights in data; start, end: how far right of the edge the line goes, in points.
    """
    wide = float(axes.get_position().width) * WIDTH
    across = axes.get_yaxis_transform()
    axes.plot(
        [1 + start / wide, 1 + end / wide], [mark, label], color=RULE, linewidth=0.8, transform=across, clip_on=False,
        zorder=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in points."""

    x0: float
    y0: float
    x1: float
    y1: float

    def touches(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def inside(self, other: Box) -> bool:
        """Whether this one lies wholly in the other."""
        return self.x0 >= other.x0 and self.y0 >= other.y0 and self.x1 <= other.x1 and self.y1 <= other.y1


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a label stands: the point it is anchored at and which of its sides ("left", "right", "center") is there."""

    x: float
    y: float
    side: str


def place(
    x: float, y: float, width: float, height: float, taken: Sequence[Box], frame: Box, *, away: float = 7.0
) -> tuple[Spot, Box] | None:
    """A spot beside a mark at (x, y) for a label of this size, inside the frame and touching nothing taken.

    Tried in order: right, left, above, below, and the four corners. None where nothing is free: such a label is left
    out, and stands in the table.
    """
    near, diagonal = away, 0.75 * away
    for spot, low in (
        (Spot(x + near, y, "left"), x + near),
        (Spot(x - near, y, "right"), x - near - width),
        (Spot(x, y + near + height / 2, "center"), x - width / 2),
        (Spot(x, y - near - height / 2, "center"), x - width / 2),
        (Spot(x + diagonal, y + diagonal + height / 2, "left"), x + diagonal),
        (Spot(x + diagonal, y - diagonal - height / 2, "left"), x + diagonal),
        (Spot(x - diagonal, y + diagonal + height / 2, "right"), x - diagonal - width),
        (Spot(x - diagonal, y - diagonal - height / 2, "right"), x - diagonal - width),
    ):
        box = Box(low, spot.y - height / 2, low + width, spot.y + height / 2)
        if box.inside(frame) and not any(box.touches(other) for other in taken):
            return spot, box
    return None

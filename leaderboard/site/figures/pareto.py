"""Cost against score: which models nobody beats at their price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from ....benchmarks.visible import visible
from ...boards.board import Board, Row
from ...metrics.cost import pareto_front
from ...metrics.intervals import Interval
from ...words import percent, plural, short_suite
from .labels import Box, place
from .style import (
    BLUE,
    LINE_HEIGHT,
    PAPER,
    QUIET,
    SOFT,
    TEXT,
    WIDTH,
    Drawing,
    canvas,
    finish,
    fitted,
    grid,
    panel,
    percent_ticks,
    text_width,
)

MOST_POINTS = 100
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 16.0, 12.0, 42.0
_TALL = 230.0


@dataclass(frozen=True, slots=True)
class Point:
    """A model: what a task costs it (above 0, in the unit of the figure) and its score (a share)."""

    label: str
    cost: float
    score: float
    interval: Interval


def pareto(board: Board, *, name: str) -> Drawing | None:
    """What an answer costs against pass@1, of the ranked runs: money where prices are known, else output tokens.

    None where fewer than two runs say what they cost.
    """
    title = f"Cost against score on {short_suite(board.suite)}"
    priced = [_point(row, row.cost.per_answer) for row in board.ranked if row.cost.per_answer > 0]
    if len(priced) > 1:
        hidden = len(board.ranked) - len(priced)
        return draw_pareto(priced, name=name, title=title, unit="an answer", axis="price of an answer", hidden=hidden)
    counted = [
        _point(row, row.run.spent.output_tokens / row.run.spent.samples)
        for row in board.ranked
        if row.run.spent.samples and row.run.spent.output_tokens > 0
    ]
    hidden, unit = len(board.ranked) - len(counted), "output tokens a sample"
    return draw_pareto(counted, name=name, title=title, unit=unit, axis=unit, hidden=hidden)


def _point(row: Row, cost: float) -> Point:
    return Point(row.run.label, cost, row.score.value, row.interval)


def draw_pareto(
    points: Sequence[Point], *, name: str, title: str, unit: str, axis: str, hidden: int = 0
) -> Drawing | None:
    """The frontier as steps; its models filled, blue and named; the others hollow and grey. None for fewer than two.

    unit: said after a cost in words; axis: what the axis shows. hidden: models whose cost is unknown.
    """
    shown = [point for point in points if point.cost > 0 and not math.isnan(point.score)][:MOST_POINTS]
    if len(shown) < 2:
        return None
    front = pareto_front([(point.cost, point.score) for point in shown])
    with canvas(_TALL + _TOP + _BOTTOM) as figure:
        axes = panel(figure, left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM)
        _scale(axes, shown, f"{axis}, logarithmic")
        _steps(axes, [shown[i] for i in front])
        for i, point in enumerate(shown):
            _mark(axes, point, i in front)
        _names(axes, shown, front)
        words = " ".join(_sentence(point, unit, i in front) for i, point in enumerate(shown))
        svg = finish(figure, name=name, title=title, description=words)
    rows = tuple(
        (visible(p.label), _price(p.cost), percent(p.score), "yes" if i in front else "no") for i, p in enumerate(shown)
    )
    return Drawing(
        name,
        svg,
        _caption(shown, front, unit, hidden),
        ("Model", axis.capitalize(), "pass@1", "On the frontier"),
        rows,
    )


def _scale(axes: Axes, points: Sequence[Point], unit: str) -> None:
    low, high = min(point.cost for point in points), max(point.cost for point in points)
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(low / 1.25, high * 1.25)
    ticks = _decades(low / 1.25, high * 1.25)
    axes.set_xticks(ticks, labels=[_price(tick) for tick in ticks])
    ends = [
        100 * value for p in points for value in (p.score, p.interval.low, p.interval.high) if not math.isnan(value)
    ]
    heights = percent_ticks(min(ends), max(ends))
    axes.set_ylim(heights[0], heights[-1])
    axes.set_yticks(heights, labels=[f"{tick:g} %" for tick in heights])
    axes.set_xlabel(unit, labelpad=6)
    grid(axes, "y")


def _decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within the scale; the powers alone where that would be many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= 6:
            break
    return ticks


def _price(cost: float) -> str:
    return f"{cost:,.0f}" if cost >= 100 else f"{cost:.3g}"


def _steps(axes: Axes, front: Sequence[Point]) -> None:
    right = axes.get_xlim()[1]
    costs = [*(point.cost for point in front), right]
    scores = [100 * point.score for point in front]
    axes.step(costs, [*scores, scores[-1]], where="post", color=BLUE, linewidth=1.4, alpha=0.7, zorder=2)


def _mark(axes: Axes, point: Point, best: bool) -> None:
    colour = BLUE if best else QUIET
    if not math.isnan(point.interval.low):
        ends = [100 * point.interval.low, 100 * point.interval.high]
        axes.plot([point.cost] * 2, ends, color=colour, linewidth=1.2, alpha=0.6, zorder=2)
    axes.plot(
        [point.cost], [100 * point.score], "o", color=colour, markerfacecolor=colour if best else PAPER,
        markersize=7 if best else 5.5, markeredgewidth=1.5, clip_on=False, zorder=4 if best else 3,
    )  # fmt: skip


def _names(axes: Axes, points: Sequence[Point], front: Sequence[int]) -> None:
    """The frontier's models by name first, then others as far as there is room; nothing on anything."""
    frame = Box(_LEFT + 2, _BOTTOM + 2, WIDTH - 4, _BOTTOM + _TALL + _TOP)
    centres = [_in_points(axes, point) for point in points]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in centres]
    taken += _strokes(axes, points, front)
    for i in [*front, *(i for i in range(len(points)) if i not in front)]:
        best = i in front
        label = fitted(points[i].label, 120.0, bold=best)
        x, y = centres[i]
        spot = place(x, y, text_width(label, bold=best), LINE_HEIGHT, taken, frame)
        if spot is None:
            continue
        taken.append(spot[1])
        axes.annotate(
            label, (spot[0].x, spot[0].y), xycoords="figure points", ha=spot[0].side, va="center",
            color=TEXT if best else SOFT, fontweight="bold" if best else "normal", annotation_clip=False, zorder=5,
        )  # fmt: skip


def _strokes(axes: Axes, points: Sequence[Point], front: Sequence[int]) -> list[Box]:
    """The frontier's steps and the whiskers of all models, which names are to keep clear of too."""
    corners = [_in_points(axes, points[i]) for i in front]
    boxes = [Box(x - 1, y0 - 1, x + 1, y1 + 1) for (_, y0), (x, y1) in pairwise(corners)]
    ends = [x for x, _ in corners[1:]] + [WIDTH - _RIGHT]
    boxes += [Box(x0, y - 1, x1, y + 1) for (x0, y), x1 in zip(corners, ends, strict=True)]
    for point in points:
        if not math.isnan(point.interval.low):
            x, low = _in_points(axes, replace(point, score=point.interval.low))
            _, high = _in_points(axes, replace(point, score=point.interval.high))
            boxes.append(Box(x - 1, low, x + 1, high))
    return boxes


def _in_points(axes: Axes, point: Point) -> tuple[float, float]:
    """Where a mark is on the canvas."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across = math.log(point.cost / left) / math.log(right / left)
    return (
        _LEFT + across * (WIDTH - _LEFT - _RIGHT),
        _BOTTOM + (100 * point.score - low) / (high - low) * _TALL,
    )


def _sentence(point: Point, unit: str, best: bool) -> str:
    where = ", on the frontier" if best else ""
    return f"{visible(point.label)}: {_price(point.cost)} {unit}, {percent(point.score)}{where}."


def _caption(points: Sequence[Point], front: Sequence[int], unit: str, hidden: int) -> str:
    cheapest, best = points[front[0]], points[front[-1]]
    first, last = f"{percent(cheapest.score)} for {_price(cheapest.cost)}", percent(best.score)
    if len(front) == 1:
        finding = f"{visible(best.label)} scores highest at the lowest cost: {first} {unit}."
    else:
        finding = (
            f"{len(front)} of {plural(len(points), 'model')} are on the frontier, from {visible(cheapest.label)} "
            f"({first} {unit}) to {visible(best.label)} ({last} for {_price(best.cost)})."
        )
    unknown = f" {plural(hidden, 'model is', 'models are')} left out: what they cost is not recorded." if hidden else ""
    return (
        f"{finding} No model is both cheaper and better than one on the frontier (filled, blue); "
        f"whiskers are 95 % intervals.{unknown}"
    )

"""Scores with their intervals, best first, against the leader's: who can be told apart from the first."""

from __future__ import annotations

import math

from ....benchmarks.visible import visible
from ...boards.board import Board, Row
from ...boards.words import leader_clause
from ...words import bounds, percent, plural, short_suite
from .style import (
    BLUE,
    LINE,
    PAPER,
    QUIET,
    SOFT,
    TEXT,
    Drawing,
    canvas,
    finish,
    fitted,
    grid,
    panel,
    percent_ticks,
    widest,
)

MOST_ROWS = 40
_PITCH = 17.0  # points from row to row
_ROOM = 140.0  # points for names


def forest(board: Board, *, name: str) -> Drawing | None:
    """One row a ranked run, at most ``MOST_ROWS``: filled blue where it cannot be told from the leader.

    None where fewer than two runs are ranked.
    """
    rows = board.ranked[:MOST_ROWS]
    if len(rows) < 2:
        return None
    labels = [fitted(row.run.label, _ROOM, bold=row.rank == 1) for row in rows]
    left = widest(labels, bold=True) + 12
    with canvas(_PITCH * len(rows) + 34) as figure:
        axes = panel(figure, left=left, right=42, top=6, bottom=28)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        low, high = _reach(rows)
        ticks = percent_ticks(low, high, most=6)
        axes.set_xlim(ticks[0], ticks[-1])
        axes.set_xticks(ticks, labels=[f"{tick:g} %" for tick in ticks])
        axes.set_yticks([])
        grid(axes, "x")
        leader = rows[0].interval
        if not math.isnan(leader.low):
            axes.axvspan(100 * leader.low, 100 * leader.high, color=BLUE, alpha=0.12, linewidth=0)
        for y, (row, label) in enumerate(zip(rows, labels, strict=True)):
            near = not row.separable
            colour, weight = (BLUE if near else QUIET), ("bold" if row.rank == 1 else "normal")
            if not math.isnan(row.interval.low):
                ends = [100 * row.interval.low, 100 * row.interval.high]
                axes.plot(ends, [y, y], color=colour, linewidth=2.0, clip_on=False)
            axes.plot(
                [100 * row.score.value], [y], "o", color=colour, markerfacecolor=colour if near else PAPER,
                markersize=6.5, markeredgewidth=1.6, clip_on=False,
            )  # fmt: skip
            axes.annotate(
                label, (0, y), xycoords=("axes fraction", "data"), xytext=(-8, 0), textcoords="offset points",
                ha="right", va="center", fontweight=weight, color=TEXT, annotation_clip=False,
            )  # fmt: skip
            axes.annotate(
                f"{100 * row.score.value:.1f}", (1, y), xycoords=("axes fraction", "data"), xytext=(38, 0),
                textcoords="offset points", ha="right", va="center", fontweight=weight, color=TEXT if near else SOFT,
                annotation_clip=False,
            )  # fmt: skip
        axes.axhline(len(rows) - 0.5, color=LINE, linewidth=1.0)
        svg = finish(
            figure, name=name, title=f"pass@1 with 95 % intervals on {short_suite(board.suite)}",
            description=" ".join(_words(row) for row in rows),
        )  # fmt: skip
    return Drawing(name, svg, _caption(board, len(rows)))


def _reach(rows: tuple[Row, ...]) -> tuple[float, float]:
    ends = [
        100 * value
        for row in rows
        for value in (row.interval.low, row.score.value, row.interval.high)
        if not math.isnan(value)
    ]
    return min(ends), max(ends)


def _words(row: Row) -> str:
    interval = "" if math.isnan(row.interval.low) else f" {bounds(row.interval)}"
    place = "leads" if row.rank == 1 else "behind the leader" if row.separable else "not separable from the leader"
    return f"{visible(row.run.label)}: {percent(row.score.value)}{interval}, {place}."


def _caption(board: Board, shown: int) -> str:
    hidden = len(board.ranked) - shown
    more = f" The first {shown} are drawn; {plural(hidden, 'more is', 'more are')} in the table." if hidden else ""
    return (
        f"{leader_clause(board)}. Filled blue: not separable from the leader in the paired test; hollow grey: "
        f"behind it. The band is the leader’s 95 % interval. Intervals that overlap are not the test.{more}"
    )

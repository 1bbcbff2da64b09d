"""How hard the tasks of a board are for its models: tasks that all or none solve tell no two models apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...boards.board import Board
from ...words import plural, short_suite
from .style import BLUE, ORANGE, QUIET, RULE, SOFT, TEXT, Drawing, canvas, finish, panel

_BINS = 10
_TALL = 150.0
_NAMES = ("0 %", *(f"{10 * i}–{10 * i + 10}" for i in range(_BINS)), "100 %")


def solve_histogram(board: Board, *, name: str) -> Drawing | None:
    """Tasks by solve rate: the mean over the board's complete runs of the share of samples that pass.

    Tasks solved never and always stand in bars of their own. None where no run is complete.
    """
    runs = [row.run for row in board.ranked]
    if not runs:
        return None
    rates = [math.fsum(run.counts[task].rate for run in runs) / len(runs) for task in runs[0].tasks.index]
    counts = bin_rates(rates)
    with canvas(_TALL + 62) as figure:
        axes = panel(figure, left=8, right=8, top=18, bottom=44)
        axes.set_xlim(-0.6, len(counts) - 0.4)
        axes.set_ylim(0, max(counts))
        axes.set_yticks([])
        for x, count in enumerate(counts):
            colour = ORANGE if x == 0 else QUIET if x == len(counts) - 1 else BLUE
            axes.bar([x], [count], width=0.78, color=colour, linewidth=0)
            if count:
                axes.annotate(
                    f"{count:,}", (x, count), xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
                    color=TEXT, annotation_clip=False,
                )  # fmt: skip
        axes.axhline(0, color=RULE, linewidth=1.2)
        named = [0, *range(2, len(counts) - 2, 2), len(counts) - 1]
        axes.set_xticks(named, labels=[_NAMES[x] for x in named])
        axes.set_xlabel("share of samples that pass, over all models", color=SOFT, labelpad=6)
        svg = finish(
            figure, name=name, title=f"Tasks of {short_suite(board.suite)} by how many solve them",
            description=" ".join(f"{_NAMES[x]}: {plural(count, 'task')}." for x, count in enumerate(counts)),
        )  # fmt: skip
    rows = tuple(
        (f"{word} %" if "–" in word else word, f"{count:,}") for word, count in zip(_NAMES, counts, strict=True)
    )
    return Drawing(name, svg, _caption(counts), ("Share of samples that pass", "Tasks"), rows)


def bin_rates(rates: Sequence[float]) -> list[int]:
    """How many are 0, in each tenth between (a bound belongs to the tenth above it), and 1."""
    counts = [0] * (_BINS + 2)
    for rate in rates:
        # Means that differ from 0 or 1 by rounding only are 0 or 1.
        place = 0 if rate < 1e-9 else _BINS + 1 if rate > 1 - 1e-9 else 1 + min(_BINS - 1, int(rate * _BINS + 1e-9))
        counts[place] += 1
    return counts


def _caption(counts: Sequence[int]) -> str:
    tasks = sum(counts)
    return (
        f"{counts[0]:,} of {plural(tasks, 'task')} no model ever solves (orange), {counts[-1]:,} all models always "
        "solve (grey): these tell no two models apart."
    )

"""Every pair of models at once: who is better than whom beyond noise, ordered by score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from ....benchmarks.visible import visible
from ...boards.board import Board
from ...words import plural, short_suite
from .style import (
    BLUE,
    BLUE_TINT,
    LINK,
    ORANGE,
    ORANGE_TINT,
    QUIET,
    RULE,
    SMALL,
    SOFT,
    TEXT,
    WARN,
    WIDTH,
    Drawing,
    canvas,
    finish,
    fitted,
    panel,
    text_width,
    widest,
)

MOST_MODELS = 100
_MOST_NUMBERS = 12  # models, for which a cell has room for a number
_LARGEST = 34.0  # points, of a cell
_LINE = 11.0  # points between two names
_HEADS = ("Model", "Better than", "Not separable from", "Worse than")

Signs = Sequence[Sequence[int]]


def significance(board: Board, *, name: str) -> Drawing | None:
    """Every pair of ranked runs; None for fewer than two."""
    if board.separation is None:
        return None
    return draw_significance(
        [row.run.label for row in board.ranked],
        [row.score.value for row in board.ranked],
        board.separation.better.tolist(),
        name=name,
        title=f"Which models can be told apart on {short_suite(board.suite)}",
    )


def draw_significance(
    labels: Sequence[str], scores: Sequence[float], better: Sequence[Sequence[bool]], *, name: str, title: str
) -> Drawing | None:
    """A square of cells, at most ``MOST_MODELS`` a side: the model of the row against that of the column.

    labels, scores (shares): best first. better[i][j]: whether model i is better than model j beyond noise. A full blue
    cell: the row is better; an orange cell of half the height: it is worse; empty: not separable. Where there is room
    each cell has the difference in whole points. None for fewer than two models.
    """
    count = min(len(labels), MOST_MODELS)
    if count < 2:
        return None
    signs = [[int(better[i][j]) - int(better[j][i]) for j in range(count)] for i in range(count)]
    left = widest(map(fitted_name, labels[:count])) + text_width(str(count)) + 14
    side = min(WIDTH - left - 4, _LARGEST * count)
    with canvas(side + 26) as figure:
        axes = panel(figure, left=left, right=WIDTH - left - side, top=20, bottom=6)
        axes.set_xlim(-0.5, count - 0.5)
        axes.set_ylim(count - 0.5, -0.5)
        axes.set_xticks([])
        axes.set_yticks([])
        numbers = count <= _MOST_NUMBERS
        _cells(axes, signs, 1, BLUE_TINT if numbers else BLUE, inset=0.0)
        _cells(axes, signs, -1, ORANGE_TINT if numbers else ORANGE, inset=0.0 if numbers else 0.25)
        _frame(axes, count)
        if numbers:
            _differences(axes, scores, signs)
        _names(axes, labels[:count], every=-(-_LINE * count // side))
        svg = finish(figure, name=name, title=title, description=" ".join(_sentences(labels, signs)))
    return Drawing(name, svg, _caption(signs, len(labels)), _HEADS, tuple(_rows(labels, signs)))


def fitted_name(label: str) -> str:
    """A label cut to the room left of the square."""
    return fitted(label, 105.0)


def _cells(axes: Axes, signs: Signs, sign: int, colour: str, inset: float) -> None:
    """All cells of one sign as one path; where they are many, neighbours are one rectangle: the file stays small."""
    corners: list[tuple[float, float]] = []
    gap = 0.05 if len(signs) <= 20 else 0.0
    for y, row in enumerate(signs):
        for start, end in _stretches(row, sign, joined=not gap):
            x0, x1 = start - 0.5 + gap, end - 0.5 - gap
            y0, y1 = y - 0.5 + gap + inset, y + 0.5 - gap - inset
            corners += [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
    if corners:
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
        patch = PathPatch(Path(corners, codes), facecolor=colour, edgecolor="none", linewidth=0)
        axes.add_patch(patch)
        patch.set_clip_path(None)


def _stretches(row: Sequence[int], sign: int, joined: bool) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(row):
        end = start + 1
        if row[start] == sign:
            while joined and end < len(row) and row[end] == sign:
                end += 1
            yield start, end
        start = end


def _frame(axes: Axes, count: int) -> None:
    low, high = -0.5, count - 0.5
    axes.plot([low, high, high, low, low], [low, low, high, high, low], color=RULE, linewidth=1.0, clip_on=False)
    axes.plot([low, high], [low, high], color=QUIET, linewidth=0.8, clip_on=False)


def _differences(axes: Axes, scores: Sequence[float], signs: Signs) -> None:
    for i, row in enumerate(signs):
        for j, sign in enumerate(row):
            if i != j:
                axes.text(
                    j, i, _whole(scores[i] - scores[j]), ha="center", va="center", fontsize=SMALL + 0.5,
                    color=LINK if sign > 0 else WARN if sign < 0 else SOFT, fontweight="bold" if sign else "normal",
                )  # fmt: skip


def _whole(difference: float) -> str:
    """Points without decimals, for which a cell has no room."""
    text = f"{100 * abs(difference):.0f}"
    return text if text == "0" else f"+{text}" if difference > 0 else f"−{text}"


def _names(axes: Axes, labels: Sequence[str], every: float) -> None:
    """Names with their places on the left, places alone above; where lines would touch, only every so many."""
    numbers = text_width(str(len(labels)))
    for place, label in enumerate(labels, 1):
        if (place - 1) % int(every):
            continue
        for text, at, shift, side in (
            (fitted_name(label), (-0.5, place - 1), (-numbers - 12, 0), "right"),
            (str(place), (-0.5, place - 1), (-6, 0), "right"),
            (str(place), (place - 1, -0.5), (0, 9), "center"),
        ):
            axes.annotate(
                text, at, xytext=shift, textcoords="offset points", ha=side, va="center",
                color=TEXT if text != str(place) else SOFT, annotation_clip=False,
            )  # fmt: skip


def _rows(labels: Sequence[str], signs: Signs) -> Iterator[tuple[str, ...]]:
    for label, row in zip(labels, signs, strict=False):
        better, worse = sum(sign > 0 for sign in row), sum(sign < 0 for sign in row)
        yield visible(label), str(better), str(len(row) - 1 - better - worse), str(worse)


def _sentences(labels: Sequence[str], signs: Signs) -> Iterator[str]:
    for label, better, same, worse in _rows(labels, signs):
        yield f"{label}: better than {better}, not separable from {same}, worse than {worse}."


def _caption(signs: Signs, of: int) -> str:
    count = len(signs)
    pairs = count * (count - 1) // 2
    apart = sum(sign != 0 for row in signs for sign in row) // 2
    neighbours = sum(signs[i][i + 1] != 0 for i in range(count - 1))
    numbers = count <= _MOST_NUMBERS
    cells = "blue: the row is better, orange: it is worse"
    if not numbers:
        cells = "full blue: the row is better, half-height orange: it is worse"
    how = "grey: not separable. Numbers are differences of pass@1 in points." if numbers else "empty: not separable."
    shown = f" The first {count} of {of} models are drawn." if of > count else ""
    return (
        f"{apart:,} of {plural(pairs, 'pair')} can be told apart, {neighbours} of {count - 1} neighbours in rank. "
        f"Each cell sets the model of its row against that of its column, best first; {cells}, {how}{shown}"
    )

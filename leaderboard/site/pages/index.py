"""The leaderboard: who leads, and whether it is real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from ....benchmarks.visible import visible
from ...boards.board import Board
from ...boards.kin import kin_note
from ...boards.words import leader_sentence
from ...words import plural, short_suite
from .. import downloads
from ..beside import Beside, beside
from ..cells import scale_of
from ..content import Content
from ..figures import Drawing, forest, pareto, pass_at_k_curves, significance
from ..ranked import TAGS, file_rows, ranked_row, tags_of, waiting_row
from ..render import Asset, Page, Place

FIGURES = "figures.html"
MOST_FIGURE_BYTES = 60_000
"""Of the figures on the first page, which is to be light; others are on a page of their own."""

OPTIONAL = ("flips", "preferences", "cost", "tokens", "latency")
"""Columns that are left out where no run has anything to say in them."""

PLACE = Place("index", "Leaderboard", "index.html")


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page | Asset]:
    """index.html, and every board's table as files."""
    finding = leader_sentence(content.boards[0])
    views = []
    for number, board in enumerate(content.boards, 1):
        extras = beside(board, content)
        views.append(_board_view(board, number, extras, content, [finding]))
        yield from downloads.table(f"board-{number}", file_rows(board, extras))
    figures = [_figures(board, number) for number, board in enumerate(content.boards, 1)]
    near = _first_that_fit(figures[0], MOST_FIGURE_BYTES)
    for view, drawings in zip(views, figures, strict=True):
        view["figures"] = drawings[:near] if view is views[0] else []
        view["figures_elsewhere"] = len(drawings) > len(view["figures"])
    yield Page(
        path=PLACE.path,
        template="index.html.j2",
        title=PLACE.title,
        finding=finding,
        place=PLACE.key,
        view={"boards": views, "ks": _all_ks(content), "tags": _all_tags(content)},
    )
    figures[0] = figures[0][near:]
    if any(figures):
        sections = [{**view, "figures": drawings} for view, drawings in zip(views, figures, strict=True) if drawings]
        yield Page(
            path=FIGURES,
            template="figures.html.j2",
            title="Figures",
            finding=f"Figures of {plural(len(sections), 'board')} for which the first page has no room.",
            place=PLACE.key,
            view={"boards": sections},
        )


def _all_ks(content: Content) -> list[int]:
    return sorted({k for board in content.boards for k in board.ks})


def _all_tags(content: Content) -> list[tuple[str, str]]:
    """(value, text) of the tags that runs give their models; none where there are too many to choose from."""
    found = dict(pair for run in content.runs for pair in tags_of(run))
    return sorted(found.items()) if len(found) <= TAGS else []


def _board_view(board: Board, number: int, extras: Beside, content: Content, said: list[str]) -> dict[str, Any]:
    models = content.names().models
    size = plural(board.tasks, "task")
    if board.suite_tasks not in (None, board.tasks):
        size += f" of the suite's {board.suite_tasks:,}"
    if board.roots != board.tasks:
        size += f" from {plural(board.roots, 'root task')}"
    finding = leader_sentence(board)
    scale = scale_of([row.interval for row in board.ranked])
    ranked = [ranked_row(row, board, extras, models[row.run.label], scale) for row in board.ranked]
    return {
        "id": f"board-{number}",
        "suite": short_suite(board.suite),
        "digest": visible(board.suite_digest[:12]),
        "size": size,
        "finding": "" if finding in said else finding,
        "test": board.test or "",
        "ks": board.ks,
        "rows": ranked,
        "scale": [f"{100 * end:.0f}" for end in scale],
        "waiting": [waiting_row(row, models[row.run.label]) for row in board.unranked],
        "evolved": [short_suite(one.suite) for one in extras.evolved],
        "kin": kin_note(row.run for row in board.rows),
        "more_evolved": plural(extras.more_evolved, "evolved suite") if extras.more_evolved else "",
        "measure": extras.measure,
        "shows": {name: any(row[name] is not None for row in ranked) for name in OPTIONAL},
    }


def _figures(board: Board, number: int) -> list[Drawing]:
    drawings = (
        forest(board, name=f"board-{number}-forest"),
        significance(board, name=f"board-{number}-pairs"),
        pass_at_k_curves(board, name=f"board-{number}-curves"),
        pareto(board, name=f"board-{number}-cost"),
    )
    return [one for one in drawings if one is not None]


def _first_that_fit(drawings: Sequence[Drawing], most: int) -> int:
    """How many of the drawings, from the first on, fit with their numbers into so many bytes."""
    sizes = accumulate(len(one.svg) + sum(80 + len("".join(row)) for row in one.rows) for one in drawings)
    return sum(size <= most for size in sizes)

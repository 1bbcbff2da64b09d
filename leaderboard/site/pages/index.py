"""The leaderboard: who leads, and whether it is real."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ....benchmarks.visible import visible
from ...board import Board, Row
from ...metrics.passk import PassAtK
from ...words import NONE, bounds, leader_sentence, p_value, percent, plural, short_suite
from ..cells import bar, day, sort_key
from ..content import Content
from ..render import Page, Place, View

PLACE = Place("index", "Leaderboard", "index.html")


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page]:
    """index.html."""
    finding = leader_sentence(content.boards[0])
    yield Page(
        path=PLACE.path,
        template="index.html.j2",
        title=visible(content.title),
        finding=finding,
        place=PLACE.key,
        view={"boards": [_board_view(board, index, [finding]) for index, board in enumerate(content.boards, 1)]},
    )


def _board_view(board: Board, index: int, said: list[str]) -> View:
    incomplete = [row for row in board.rows if row.rank is None]
    size = plural(board.tasks, "task")
    if board.suite_tasks not in (None, board.tasks):
        size += f" of the suite's {board.suite_tasks:,}"
    if board.roots != board.tasks:
        size += f" from {plural(board.roots, 'root task')}"
    return {
        "id": f"board-{index}",
        "suite": short_suite(board.suite),
        "digest": visible(board.suite_digest[:12]),
        "size": size,
        "finding": "" if leader_sentence(board) in said else leader_sentence(board),
        "test": board.test,
        "ks": [k for k in board.ks if k > 1],
        "rows": [_row_view(row, board) for row in board.rows],
        "incomplete": plural(len(incomplete), "run is", "runs are") if incomplete else "",
    }


def _row_view(row: Row, board: Board) -> View:
    run = row.run
    tied = row.rank is not None and sum(other.rank == row.rank for other in board.rows) > 1
    due = run.scored + run.owed
    return {
        "rank": NONE if row.rank is None else f"{row.rank}{'=' if tied else ''}",
        "rank_value": "" if row.rank is None else str(row.rank),
        "label": visible(run.label),
        "score": percent(row.score.value),
        "score_value": sort_key(row.score.value),
        "interval": bounds(row.interval),
        "bar": bar(row.score.value, row.interval),
        "leader": _against_leader(row),
        "leader_value": "" if row.leader_p is None else sort_key(row.leader_p),
        "passes": [_pass_view(one) for one in row.passes if one.k > 1],
        "samples": f"{run.scored:,} / {due:,}",
        "samples_value": str(run.scored),
        "owed": _owed(row),
        "flag": _flag(row),
        "date": day(run.created),
    }


def _against_leader(row: Row) -> str:
    if row.leader_p is None:
        return NONE
    return f"{'behind' if row.separable else 'not separable'}, {p_value(row.leader_p)}"


def _pass_view(one: PassAtK) -> View:
    """A pass@k that some task has too few samples for is not shown: a mean over other tasks is another number."""
    value = one.value if one.complete else math.nan
    return {"text": percent(value), "value": sort_key(value)}


def _owed(row: Row) -> str:
    """Why samples are owed, or "" where none is."""
    tasks = row.run.tasks
    kinds = (("missing", "unanswered"), ("unscored", "unscored"), ("infra", "lost to infra"))
    return ", ".join(f"{int(tasks[column].sum()):,} {word}" for column, word in kinds if int(tasks[column].sum()))


def _flag(row: Row) -> str:
    if row.run.owed:
        return f"incomplete: {row.run.owed:,} owed"
    return f"incomplete: {plural(row.score.short, 'task')} without an answer" if row.score.short else ""

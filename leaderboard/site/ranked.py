"""A run's line on the leaderboard: what each cell says, what it is sorted by, and the same as plain data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ...benchmarks.visible import visible
from ..board import Board, Row
from ..metrics.passk import PassAtK
from ..table import RunTable
from ..words import NONE, bounds, p_value, percent, plural, points, short_suite
from .beside import Beside, Moves
from .cells import bar, count, day, delta, seconds, sort_key
from .downloads import Value
from .render import View

TAGS = 20
"""The most tags that are offered for choice."""


def ranked_row(row: Row, board: Board, extras: Beside, path: str, scale: tuple[float, float]) -> View:
    """The cells of a run that has a rank; ``path`` is the model's page. A cell that is None has nothing to say.

    scale: the shares between which scores are drawn.
    """
    run = row.run
    tied = sum(other.rank == row.rank for other in board.ranked) > 1
    return {
        "rank": f"{row.rank}{'=' if tied else ''}",
        "rank_value": str(row.rank),
        "label": visible(run.label),
        "path": path,
        "leads": row.separable is not True,
        "tags": " ".join(value for value, _ in tags_of(run)),
        "scores": [_score_cell(one, row) for one in row.passes],
        "bar": bar(row.score.value, row.interval, board.ranked[0].interval, scale),
        "moves": [_move_cells(run.label, moves) for moves in extras.moves],
        "flips": _flips_cell(run.label, extras),
        "leader": _leader_cell(row),
        "coverage": coverage(run),
        "tokens": _tokens_cell(run),
        "latency": _latency_cell(run),
        "date": day(run.created),
    }


def waiting_row(row: Row, path: str) -> View:
    """The cells of a run that is not ranked, and why it is not."""
    return {
        "label": visible(row.run.label),
        "path": path,
        "score": percent(row.score.value),
        "score_value": sort_key(row.score.value),
        "coverage": coverage(row.run),
        "why": _why(row),
        "date": day(row.run.created),
    }


def file_rows(board: Board, extras: Beside) -> list[Mapping[str, Value]]:
    """The board as rows of plain values: all of its runs, ranked or not."""
    return [_file_row(row, board, extras) for row in board.rows]


def tags_of(run: RunTable) -> list[tuple[str, str]]:
    """(value for the filter, text) of the tags that the manifest gives the model; untrusted, so of few characters."""
    tags = run.section("model").get("tags")
    texts = [visible(tag, 40) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    pairs = [(re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-"), text) for text in texts]
    return [pair for pair in pairs if pair[0]]


def coverage(run: RunTable) -> View:
    """Samples scored out of those due."""
    due = run.scored + run.owed
    return {"text": f"{run.scored:,}/{due:,}", "value": f"{run.scored / due:.6f}"}


def _score_cell(one: PassAtK, row: Row) -> View:
    """A pass@k that some task has too few samples for is not shown: a mean over other tasks is another number."""
    value = one.value if one.complete else math.nan
    return {
        "k": str(one.k),
        "text": percent(value),
        "value": sort_key(value),
        "interval": bounds(row.interval) if one.k == 1 else "",
    }


def _move_cells(label: str, moves: Moves) -> View:
    move = moves.by_label.get(label)
    if move is None:
        return {"text": NONE, "value": "", "sub": "", "delta": None, "places": ""}
    drop = move.drop
    return {
        "text": percent(drop.evolved),
        "value": sort_key(drop.evolved),
        "sub": f"{points(-drop.drop)} points",
        "delta": delta(move.places, places(move.places, drop.beyond_noise), beyond_noise=drop.beyond_noise),
        "places": str(move.places),
    }


def places(gained: int, beyond_noise: bool) -> str:
    """Places gained or lost: an arrow gives the direction of a move beyond noise, a sign that of another."""
    return str(abs(gained)) if beyond_noise or not gained else f"{'+' if gained > 0 else '−'}{abs(gained)}"


def _flips_cell(label: str, extras: Beside) -> View | None:
    update = extras.updates.get(label)
    if update is None:
        return None
    return {
        "text": percent(update.rates.nfr),
        "value": sort_key(update.rates.nfr),
        "sub": f"since {visible(update.old, 40)}",
    }


def _leader_cell(row: Row) -> View:
    if row.leader_p is None:
        return {"text": NONE, "sub": "", "value": ""}
    return {
        "text": "behind" if row.separable else "not separable",
        "sub": p_value(row.leader_p),
        "value": sort_key(row.leader_p),
    }


def _tokens_cell(run: RunTable) -> View | None:
    spent = run.spent
    if math.isnan(spent.output_tokens):
        return None
    sub = f"{count(spent.input_tokens)} in"
    return {"text": count(spent.output_tokens), "value": sort_key(spent.output_tokens), "sub": sub}


def _latency_cell(run: RunTable) -> View | None:
    spent = run.spent
    if math.isnan(spent.latency_mean_s):
        return None
    return {
        "text": seconds(spent.latency_mean_s),
        "value": sort_key(spent.latency_mean_s),
        "sub": f"p95 {seconds(spent.latency_p95_s)}",
    }


def _why(row: Row) -> str:
    """Why a run is not ranked."""
    tasks = row.run.tasks
    kinds = (("missing", "unanswered"), ("unscored", "answered but not scored"), ("infra", "lost to the sandbox"))
    owed = [f"{int(tasks[column].sum()):,} {word}" for column, word in kinds if int(tasks[column].sum())]
    if owed:
        return f"{plural(row.run.owed, 'sample')} owed: {', '.join(owed)}"
    return f"{plural(row.score.short, 'task')} without a scored sample"


def _file_row(row: Row, board: Board, extras: Beside) -> Mapping[str, Value]:
    run, spent = row.run, row.run.spent
    plain: dict[str, Value] = {"model": run.label, "rank": row.rank}
    plain |= {f"pass_at_{one.k}": one.value if one.complete else math.nan for one in row.passes}
    plain |= {
        "low": row.interval.low,
        "high": row.interval.high,
        "p_against_leader": row.leader_p,
        "suite": board.suite,
        "tasks": board.tasks,
    }
    for moves in extras.moves:
        move = moves.by_label.get(run.label)
        name = short_suite(moves.suite)
        plain[f"score_on_{name}"] = move.drop.evolved if move else None
        plain[f"places_gained_on_{name}"] = move.places if move else None
    update = extras.updates.get(run.label)
    return plain | {
        "nfr_since_previous": update.rates.nfr if update else None,
        "previous": update.old if update else None,
        "scored": run.scored,
        "owed": run.owed,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "latency_mean_s": spent.latency_mean_s,
        "latency_p95_s": spent.latency_p95_s,
        "created": run.created,
    }

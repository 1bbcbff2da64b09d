"""A run's line on the leaderboard: what each cell says, what it is sorted by, and the same as plain data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ...benchmarks.visible import visible
from ..boards.board import Board, Row
from ..boards.field import Standing
from ..boards.kin import kin_mark
from ..metrics.intervals import Interval
from ..metrics.passk import PassAtK
from ..records.table import RunTable
from ..words import NONE, bounds, p_value, percent, points, short_suite
from .beside import Beside, Evolved
from .cells import bar, count, day, delta, money, seconds, sort_key
from .downloads import Value
from .names import pair_path
from .render import View

TAGS = 20
"""The most tags that are offered for choice."""


def ranked_row(row: Row, board: Board, extras: Beside, path: str, scale: tuple[float, float]) -> View:
    """The cells of a run that has a rank; ``path`` is the model's page. A cell that is None has nothing to say.

    scale: the shares between which scores are drawn.
    """
    run = row.run
    intervals = row.pass_intervals or (row.interval,)
    return {
        "rank": _rank(row),
        "rank_value": str(row.rank),
        "label": visible(run.label),
        "path": path,
        "leads": row.separable is not True,
        "tags": " ".join(value for value, _ in tags_of(run)),
        "kin": kin_mark(run),
        "scores": [_score_cell(*pair) for pair in zip(row.passes, intervals, strict=True)],
        "bar": bar(row.score.value, row.interval, board.ranked[0].interval, scale),
        "evolved": [_evolved_cells(run.label, evolved) for evolved in extras.evolved],
        "flips": _flips_cell(run.label, extras),
        "preferences": _preference_cell(run.label, extras),
        "leader": _leader_cell(row),
        "coverage": coverage(run),
        "cost": _cost_cell(row),
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
        "why": " ".join(row.reasons),
        "kin": kin_mark(row.run),
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
    return {"text": f"{run.scored:,}/{due:,}", "value": f"{run.scored / due:.6g}"}


def _rank(row: Row) -> str:
    """The range of ranks that the tests leave open; a rank alone is sure."""
    low, high = row.rank_low or row.rank, row.rank_high or row.rank
    return f"{low}" if low == high else f"{low}–{high}"


def _score_cell(one: PassAtK, interval: Interval) -> View:
    """A pass@k that some task has too few samples for is not shown: a mean over other tasks is another number."""
    value = one.value if one.complete else math.nan
    return {
        "k": str(one.k),
        "text": percent(value),
        "value": sort_key(value),
        "interval": "" if math.isnan(value) or math.isnan(interval.low) else bounds(interval),
    }


def _evolved_cells(label: str, evolved: Evolved) -> View:
    drop = evolved.drops.get(label)
    if drop is None:
        return {"text": NONE, "value": "", "sub": "", "delta": None, "move": ""}
    standing = drop.standing
    return {
        "text": percent(drop.evolved),
        "value": sort_key(drop.evolved),
        "sub": points(-drop.drop),
        "delta": None if standing is None else move_view(standing),
        "move": "" if standing is None else str(standing.move),
    }


def move_view(standing: Standing) -> View:
    """Ranks won or lost: an arrow and a word for a move beyond noise, a sign in grey for another."""
    sign = "" if standing.moved or not standing.move else "+" if standing.move > 0 else "−"
    return delta(standing.move, f"{sign}{abs(standing.move)}", beyond_noise=standing.moved, noise="noise")


def _flips_cell(label: str, extras: Beside) -> View | None:
    update = extras.updates.get(label)
    if update is None:
        return None
    return {
        "text": percent(update.rates.nfr),
        "value": sort_key(update.rates.nfr),
        "sub": f"since {visible(update.old, 40)}",
        "path": pair_path(update.old, update.new),
    }


def _preference_cell(label: str, extras: Beside) -> View | None:
    found = extras.preferences.get(label)
    if found is None:
        return None
    result = found.overall.result
    return {"text": percent(result.accuracy), "value": sort_key(result.accuracy), "sub": bounds(result.interval)}


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


def _cost_cell(row: Row) -> View | None:
    """For 1,000 answers, so that runs of different sizes can be compared and few digits are needed."""
    cost = row.cost
    if math.isnan(cost.per_answer):
        return None
    return {
        "text": money(1000 * cost.per_answer),
        "value": sort_key(cost.per_answer),
        "sub": "Pareto front" if row.on_front else f"{money(cost.money)} in all",
    }


def _file_row(row: Row, board: Board, extras: Beside) -> Mapping[str, Value]:
    run, spent = row.run, row.run.spent
    plain: dict[str, Value] = {"model": run.label, "rank": row.rank}
    plain |= {f"pass_at_{one.k}": one.value if one.complete else math.nan for one in row.passes}
    plain |= {
        "low": row.interval.low,
        "high": row.interval.high,
        "rank_low": row.rank_low,
        "rank_high": row.rank_high,
        "p_best": row.p_best,
        "p_against_leader": row.leader_p,
        "suite": board.suite,
        "tasks": board.tasks,
    }
    for evolved in extras.evolved:
        drop, name = evolved.drops.get(run.label), short_suite(evolved.suite)
        plain[f"score_on_{name}"] = drop.evolved if drop else None
        plain[f"ranks_won_on_{name}"] = drop.standing.move if drop and drop.standing else None
    preferences = extras.preferences.get(run.label)
    update = extras.updates.get(run.label)
    return plain | {
        "nfr_since_previous": update.rates.nfr if update else None,
        "previous": update.old if update else None,
        "preference_accuracy": preferences.overall.result.accuracy if preferences else None,
        "scored": run.scored,
        "owed": run.owed,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "money": row.cost.money,
        "latency_mean_s": spent.latency_mean_s,
        "latency_p95_s": spent.latency_p95_s,
        "created": run.created,
        "kin_of_author": ", ".join(author.model for author in run.kin) or None,
    }

"""What the page shows, as plain texts and numbers: all formatting is here, and the template only lays out.

Texts from runs pass through ``visible`` here; escaping for HTML is the template's autoescape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks.visible import visible
from ..board import Board, Row
from ..comparison import Comparison, TaskChange
from ..evolved import Drop, Evolution
from ..metrics.intervals import DRAWS, SEED, Interval
from ..metrics.passk import PassAtK
from ..table import RunTable
from ..words import (
    NONE,
    bounds,
    drop_sentence,
    leader_sentence,
    p_value,
    percent,
    plural,
    points,
    short_suite,
    verdict_on_update,
)
from .figures import MOST_LINES, slope

MOST_TASKS = 200
View = dict[str, Any]


def page_view(
    title: str,
    boards: Sequence[Board],
    evolutions: Sequence[Evolution],
    comparisons: Sequence[Comparison],
) -> View:
    """Everything the template needs, in the order of the page."""
    findings = [leader_sentence(board) for board in boards[:1]] + [drop_sentence(one) for one in evolutions[:1]]
    runs = [row.run for board in boards for row in board.rows]
    return {
        "title": visible(title),
        "finding": " ".join(findings),
        "facts": _facts(boards, runs),
        "boards": [_board_view(board, index, findings) for index, board in enumerate(boards, 1)],
        "evolutions": [_evolution_view(one, index, findings) for index, one in enumerate(evolutions, 1)],
        "comparisons": [_comparison_view(one, index) for index, one in enumerate(comparisons, 1)],
        "provenance": [_provenance_view(run) for run in runs],
        "draws": f"{DRAWS:,}",
        "seed": SEED,
        "most_lines": MOST_LINES,
    }


def day(created: str) -> str:
    """The date of a recorded time."""
    return visible(created[:10]) or NONE


def _facts(boards: Sequence[Board], runs: Sequence[RunTable]) -> str:
    labels = len({run.label for run in runs})
    newest = max(run.created for run in runs)
    parts = [plural(labels, "model"), plural(len(runs), "run"), plural(len(boards), "set of tasks", "sets of tasks")]
    return f"{', '.join(parts)}; newest run {day(newest)}"


def _number(value: float) -> str:
    """A sort key: empty (always last) where undefined."""
    return "" if math.isnan(value) else f"{value:.6f}"


def _bar(value: float, interval: Interval) -> Mapping[str, str] | None:
    """The x coordinates, on a scale of 0 to 100, of a score and its interval."""
    if math.isnan(value):
        return None
    low, high = (value, value) if math.isnan(interval.low) else (interval.low, interval.high)
    return {"low": f"{100 * low:.1f}", "at": f"{100 * value:.1f}", "high": f"{100 * high:.1f}"}


def _unless_said(sentence: str, said: Sequence[str]) -> str:
    return "" if sentence in said else sentence


def _board_view(board: Board, index: int, said: Sequence[str]) -> View:
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
        "finding": _unless_said(leader_sentence(board), said),
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
        "score_value": _number(row.score.value),
        "interval": bounds(row.interval),
        "bar": _bar(row.score.value, row.interval),
        "leader": _against_leader(row),
        "leader_value": "" if row.leader_p is None else _number(row.leader_p),
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
    return {"text": percent(value), "value": _number(value)}


def _owed(row: Row) -> str:
    """Why samples are owed, or "" where none is."""
    tasks = row.run.tasks
    kinds = (("missing", "unanswered"), ("unscored", "unscored"), ("infra", "lost to infra"))
    return ", ".join(f"{int(tasks[column].sum()):,} {word}" for column, word in kinds if int(tasks[column].sum()))


def _flag(row: Row) -> str:
    if row.run.owed:
        return f"incomplete: {row.run.owed:,} owed"
    return f"incomplete: {plural(row.score.short, 'task')} without an answer" if row.score.short else ""


def _evolution_view(one: Evolution, index: int, said: Sequence[str]) -> View:
    name = f"evolution-{index}"
    title = f"{short_suite(one.original_suite)} against {short_suite(one.evolved_suite)}"
    single = one.operators[0] if len(one.operators) == 1 else None
    overall = one.overall
    return {
        "id": name,
        "title": title,
        "finding": _unless_said(drop_sentence(one), said),
        "operators": ", ".join(visible(operator) for operator in one.operators) or "unknown",
        "figure": slope(overall, name=name, title=title) if overall else None,
        "hidden_lines": max(0, len(overall) - MOST_LINES),
        "rows": [_drop_view(drop, single) for drop in one.drops],
        "notes": [visible(note, 400) for note in one.notes],
    }


def _drop_view(drop: Drop, single: str | None) -> View:
    children = drop.operator == "all operators"
    return {
        "label": visible(drop.label),
        "operator": visible(single) if single is not None and children else visible(drop.operator),
        "part": not children,
        "pairs": str(drop.pairs),
        "roots": str(drop.roots),
        "original": percent(drop.original),
        "original_value": _number(drop.original),
        "evolved": percent(drop.evolved),
        "evolved_value": _number(drop.evolved),
        "drop": points(-drop.drop),
        "drop_value": _number(-drop.drop),
        "interval": bounds(Interval(-drop.interval.high, -drop.interval.low, "none", drop.roots), signed=True),
        "broken": percent(drop.flips.nfr),
        "broken_value": _number(drop.flips.nfr),
        "fixed": percent(drop.flips.pfr),
        "fixed_value": _number(drop.flips.pfr),
        "p": p_value(drop.p),
        "p_value": _number(drop.p),
        "word": ("falls" if drop.drop > 0 else "rises") if drop.beyond_noise else "within noise",
    }


def _comparison_view(one: Comparison, index: int) -> View:
    return {
        "id": f"update-{index}",
        "old": visible(one.old),
        "new": visible(one.new),
        "suite": short_suite(one.suite),
        "verdict": verdict_on_update(one),
        "net": f"{points(one.net)} points {bounds(one.net_interval, signed=True)}",
        "nfr": f"{percent(one.rates.nfr)} {bounds(one.nfr_interval)}",
        "pfr": f"{percent(one.rates.pfr)} {bounds(one.pfr_interval)}",
        "relative": NONE
        if one.flips is None or math.isnan(one.flips.relative_nfr)
        else f"{one.flips.relative_nfr:.2f}",
        "test": f"{one.test}, {p_value(one.p)}",
        "left_out": plural(one.left_out.total, "task") + " left out" if one.left_out.total else "",
        "broken": [_change_view(change) for change in one.broken[:MOST_TASKS]],
        "broken_count": plural(len(one.broken), "task"),
        "fixed": [_change_view(change) for change in one.fixed[:MOST_TASKS]],
        "fixed_count": plural(len(one.fixed), "task"),
    }


def _change_view(change: TaskChange) -> View:
    return {
        "task": visible(change.task),
        "old": f"{change.old.passed}/{change.old.n}",
        "new": f"{change.new.passed}/{change.new.n}",
        "verdicts": ", ".join(sorted(set(change.new_verdicts))),
        "detail": visible(change.new_detail or change.old_detail),
    }


def _short(image: object) -> str:
    """An image's digest in twelve digits, as a suite's; the run's manifest has it whole."""
    return str(image or "").removeprefix("sha256:").removeprefix("rootfs:")[:12]


def _provenance_view(run: RunTable) -> View:
    scoring = run.section("scoring")
    image = scoring.get("image") or scoring.get("image_digest")
    sandbox = scoring.get("sandbox")
    kind = scoring.get("kind") or (sandbox.get("kind") if isinstance(sandbox, Mapping) else sandbox)
    if image is None and isinstance(sandbox, Mapping):
        image = sandbox.get("image") or sandbox.get("image_digest")
    model = run.section("model")
    return {
        "label": visible(run.label),
        "model": visible(model.get("name") or NONE),
        "suite": visible(run.suite),
        "sandbox": " ".join(visible(part, 40) for part in (kind, _short(image)) if part) or NONE,
        "sampling": _sampling_words(run),
        "evalrun": visible(run.manifest.get("evalrun") or NONE),
        "created": visible(run.created) or NONE,
        "verdicts": ", ".join(f"{name} {count:,}" for name, count in run.verdict_counts.items() if count) or "none",
    }


def _sampling_words(run: RunTable) -> str:
    settings = sorted(run.section("sampling").items())
    given = [f"{visible(key, 40)} {visible(value, 80)}" for key, value in settings if value is not None]
    left = [visible(key, 40) for key, value in settings if value is None]
    parts = [", ".join(given)] if given else []
    return "; ".join(parts + ([f"left to the server: {', '.join(left)}"] if left else [])) or NONE

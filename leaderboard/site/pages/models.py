"""Models: each one's scorecard, where it is ahead of the others and where behind, and the runs that say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ....benchmarks.visible import visible
from ...boards.board import TOP, Board, Row
from ...boards.evolved import Drop
from ...boards.profile import Group, Kind, Profiles, Surprise, profiles_of
from ...updates.comparison import Comparison
from ...updates.words import verdict_on_update
from ...words import NONE, bounds, p_value, percent, plural, points, short_suite
from .. import downloads
from ..cells import bar, day, delta, sort_key, stack
from ..content import Content
from ..names import Names
from ..render import Asset, Page, Place, View
from .provenance import sampling_words

PLACE = Place("models", "Models", "models/index.html")
MOST_GROUPS = 15
MOST_TASKS = 12
SHORT = {"oom": "out of memory", "no_answer": "no answer"}


def present(content: Content) -> bool:
    """Always: a run has a model."""
    return True


@dataclass(frozen=True)
class _Site:
    """What every model's page is made from. rows: of each label, board by board, newest run first."""

    content: Content
    names: Names
    profiles: Mapping[str, Profiles]
    rows: Mapping[str, list[tuple[Board, Row]]]


def pages(content: Content) -> Iterator[Page | Asset]:
    """models/index.html, data/models.csv and .json (by tag, operator, root), and models/NAME.html for every label."""
    rows: dict[str, list[tuple[Board, Row]]] = {label: [] for label in sorted({run.label for run in content.runs})}
    for board in content.boards:
        for row in sorted(board.rows, key=lambda row: (row.run.created, row.run.path.name), reverse=True):
            rows[row.run.label].append((board, row))
    profiles = {board.key: profiles_of(board) for board in content.boards}
    site = _Site(content, content.names(), profiles, rows)
    yield _index(site)
    yield from downloads.table("models", list(_records(site)))
    for label in rows:
        yield _model(label, site)


def _file(path: str) -> str:
    return path.removeprefix("models/")


# The index


def _index(site: _Site) -> Page:
    boards = site.content.boards
    return Page(
        path=PLACE.path,
        template="models.html.j2",
        title="Models",
        finding=f"{plural(len(site.rows), 'model')} on {plural(len(boards), 'board')}.",
        place=PLACE.key,
        view={
            "boards": [{"suite": short_suite(board.suite), "key": f"b{i}"} for i, board in enumerate(boards)],
            "rows": [_index_row(label, site) for label in _by_strength(site)],
        },
    )


def _by_strength(site: _Site) -> list[str]:
    """Labels in the order of the first board, then of the second, and so on."""
    order: dict[str, None] = {}
    for board in site.content.boards:
        order |= dict.fromkeys(row.run.label for row in board.rows)
    return list(order)


def _index_row(label: str, site: _Site) -> View:
    newest: dict[str, Row] = {}
    for board, row in site.rows[label]:
        newest.setdefault(board.key, row)
    runs = [row.run for _, row in site.rows[label]]
    return {
        "label": visible(label),
        "href": _file(site.names.models[label]),
        "scores": [_score_view(board, newest.get(board.key)) for board in site.content.boards],
        "runs": str(len(runs)),
        "date": day(max(run.created for run in runs)),
    }


def _score_view(board: Board, row: Row | None) -> View:
    if row is None:
        return {"text": NONE, "value": "", "note": "", "bar": None}
    note = _rank(board, row) if row.rank is not None else ", ".join(row.reasons)
    return {
        "text": percent(row.score.value),
        "value": sort_key(row.score.value),
        "note": note,
        "bar": bar(row.score.value, row.interval),
    }


def _records(site: _Site) -> Iterator[dict[str, downloads.Value]]:
    for label, rows in site.rows.items():
        for board, row in rows:
            for kind in ("tag", "operator", "root"):
                for group in site.profiles[board.key].of(row, kind):
                    yield {
                        "model": label,
                        "created": row.run.created,
                        "suite": board.suite,
                        "kind": kind,
                        "group": group.name,
                        "tasks": group.tasks,
                        "score": group.score,
                        "field": group.field,
                    }


# A model's page


def _model(label: str, site: _Site) -> Page:
    rows = site.rows[label]
    return Page(
        path=site.names.models[label],
        template="model.html.j2",
        title=visible(label),
        finding=_finding(label, rows),
        place=PLACE.key,
        view={
            "cards": [_card(board, row) for board, row in _newest(rows)],
            "boards": [_board_view(board, row, site) for board, row in _newest(rows)],
            "runs": [_run_view(board, row) for board, row in rows],
            "drops": [
                _drop_view(drop, short_suite(one.original_suite), short_suite(one.evolved_suite))
                for one in site.content.evolutions
                for drop in one.drops
                if drop.label == label
            ],
            "updates": [_update_view(one, label, site) for one in site.content.updates if label in (one.old, one.new)],
            "versions_page": any(label in (one.old, one.new) for one in site.content.updates),
        },
    )


def _newest(rows: Sequence[tuple[Board, Row]]) -> list[tuple[Board, Row]]:
    """The newest run on every board."""
    found: dict[str, tuple[Board, Row]] = {}
    for board, row in rows:
        found.setdefault(board.key, (board, row))
    return list(found.values())


def _rank(board: Board, row: Row) -> str:
    if row.rank is None:
        return "not ranked"
    low, high = row.rank_low or row.rank, row.rank_high or row.rank
    return f"rank {low if low == high else f'{low}–{high}'} of {len(board.ranked)}"


def _finding(label: str, rows: Sequence[tuple[Board, Row]]) -> str:
    said = [
        f"{percent(row.score.value)} on {short_suite(board.suite)} ({_rank(board, row)})"
        for board, row in _newest(rows)
    ]
    head = ", ".join(said[:-1]) + f" and {said[-1]}" if len(said) > 1 else said[0]
    return f"{visible(label)} scores {head}."


def _card(board: Board, row: Row) -> tuple[str, str, str]:
    return short_suite(board.suite), percent(row.score.value), f"pass@1 {bounds(row.interval)}, {_rank(board, row)}"


def _board_view(board: Board, row: Row, site: _Site) -> View:
    profiles = site.profiles[board.key]
    others = len(board.rows) - 1
    counts = row.run.verdict_counts
    total = sum(counts.values())
    failed = total - counts["pass"] - counts["infra"]
    return {
        "suite": short_suite(board.suite),
        "id": f"board-{site.content.boards.index(board) + 1}",
        "facts": _facts(row),
        "verdicts": ", ".join(f"{SHORT.get(name, name)} {count:,}" for name, count in counts.items() if count)
        or "none",
        "verdict_bar": stack(
            [("green", counts["pass"] / total), ("orange", failed / total), ("grey", counts["infra"] / total)]
        )
        if total
        else [],
        "owed": f"{row.run.owed:,} owed" if row.run.owed else "",
        "others": others,
        "groups": [
            {
                "title": title,
                "rows": [_group_view(one) for one in found[:MOST_GROUPS]],
                "left": max(0, len(found) - MOST_GROUPS),
            }
            for kind, title in _KINDS
            if len(found := profiles.of(row, kind)) > 1
        ],
        "solved": [_surprise_view(one, board, site) for one in profiles.hardest_solved(row, MOST_TASKS)],
        "failed": [_surprise_view(one, board, site) for one in profiles.unexpected_failures(row, MOST_TASKS)],
    }


_KINDS: tuple[tuple[Kind, str], ...] = (
    ("operator", "By operator"),
    ("tag", "By tag"),
    ("root", "By root family, furthest behind the others first"),
)


def _facts(row: Row) -> list[tuple[str, str]]:
    """What a run's row on the board says besides its score; only what is defined."""
    facts = [
        (f"pass@{one.k}", f"{percent(one.value)} {bounds(interval)}")
        for one, interval in zip(row.passes, row.pass_intervals, strict=True)
        if one.complete
    ]
    if row.rank is None:
        facts.append(("not ranked", ", ".join(row.reasons)))
    if not math.isnan(row.p_best):
        facts.append(("chance to be best", f"{percent(row.p_best)}; among the best {TOP}: {percent(row.p_top)}"))
    if row.leader_p is not None:
        behind = "behind" if row.separable else "not separable"
        facts.append(("against the leader", f"{behind}, {p_value(row.leader_p)}, adjusted for all pairs"))
    if not math.isnan(row.cost.money):
        facts.append(("cost", f"{row.cost.money:,.2f} for the run, {row.cost.per_answer:.4f} an answer"))
    return facts


def _group_view(one: Group) -> View:
    lead = one.lead
    return {
        "name": visible(one.name, 80),
        "tasks": f"{one.tasks:,}",
        "tasks_value": str(one.tasks),
        "score": percent(one.score),
        "score_value": sort_key(one.score),
        "field": percent(one.field),
        "field_value": sort_key(one.field),
        "lead": points(lead),
        "lead_value": sort_key(lead),
        "drawn": stack([("blue", one.score), ("pale", 1 - one.score)]),
    }


def _surprise_view(one: Surprise, board: Board, site: _Site) -> View:
    digest = str(board.rows[0].run.tasks.at[one.task, "digest"])
    return {
        "task": visible(one.task),
        "href": f"../{site.names.tasks[one.task, digest]}",
        "rate": percent(one.rate),
        "rate_value": sort_key(one.rate),
        "field": percent(one.field),
        "field_value": sort_key(one.field),
        "drawn": stack([("green", one.field), ("pale", 1 - one.field)]),
    }


def _run_view(board: Board, row: Row) -> View:
    run = row.run
    return {
        "date": day(run.created),
        "suite": visible(run.suite),
        "score": percent(row.score.value),
        "score_value": sort_key(row.score.value),
        "interval": bounds(row.interval),
        "rank": _rank(board, row),
        "samples": f"{run.scored:,} / {run.scored + run.owed:,}",
        "model": visible(run.section("model").get("name") or NONE),
        "sampling": sampling_words(run),
    }


def _drop_view(one: Drop, original: str, evolved: str) -> View:
    return {
        "pair": f"{original} → {evolved}",
        "operator": visible(one.operator),
        "pairs": f"{one.pairs:,}",
        "pairs_value": str(one.pairs),
        "original": percent(one.original),
        "evolved": percent(one.evolved),
        "drop": delta(-one.drop, points(-one.drop), beyond_noise=one.beyond_noise),
        "drop_value": sort_key(-one.drop),
    }


def _update_view(one: Comparison, label: str, site: _Site) -> View:
    older = one.new == label
    other = one.old if older else one.new
    return {
        "words": "update of" if older else "updated to",
        "other": visible(other),
        "href": _file(site.names.models[other]),
        "suite": short_suite(one.suite),
        "verdict": verdict_on_update(one),
    }

"""Compare any two runs of a board in the page; without scripts, every ranked run against the next one."""

from __future__ import annotations

from collections.abc import Iterator

from ....benchmarks.visible import visible
from ...boards.board import Board
from ...boards.pairs import Neighbours, neighbours
from ...words import p_value, percent, plural, points, short_suite
from .. import downloads
from ..cells import delta, sort_key
from ..content import Content
from ..matrix import board_id, matrix, run_ids
from ..names import Names
from ..render import Asset, Page, Place, View

PLACE = Place("compare", "Compare", "compare.html")


def present(content: Content) -> bool:
    """Where some board has two runs."""
    return any(len(board.rows) > 1 for board in content.boards)


def pages(content: Content) -> Iterator[Page | Asset]:
    """compare.html, data/matrix.js, data/neighbours.csv and .json."""
    names = content.names()
    boards = [board for board in content.boards if len(board.rows) > 1]
    found = [(board, list(neighbours(board))) for board in boards]
    yield Page(
        path=PLACE.path,
        template="compare.html.j2",
        title="Compare any two",
        finding=_finding(boards),
        place=PLACE.key,
        scripts=("compare.js", "data/matrix.js"),
        view={
            "boards": [{"id": board_id(board), "suite": short_suite(board.suite)} for board in boards],
            "neighbours": [_neighbours_view(board, pairs, names) for board, pairs in found if pairs],
            "versions": bool(content.updates),
        },
    )
    yield Asset("data/matrix.js", matrix(content, names))
    yield from downloads.table("neighbours", [_record(board, one) for board, pairs in found for one in pairs])


def _finding(boards: list[Board]) -> str:
    count = sum(len(board.rows) * (len(board.rows) - 1) // 2 for board in boards)
    return f"What one run breaks and fixes against another: {plural(count, 'pair')} on {plural(len(boards), 'board')}."


def _neighbours_view(board: Board, pairs: list[Neighbours], names: Names) -> View:
    ids = dict(zip((row.run.path for row in board.rows), run_ids(board, names), strict=True))
    return {
        "suite": short_suite(board.suite),
        "test": board.test,
        "rows": [
            _pair_view(one, f"#on={board_id(board)}&a={ids[one.pair.old.path]}&b={ids[one.pair.new.path]}")
            for one in pairs
        ],
    }


def _pair_view(one: Neighbours, link: str) -> View:
    pair, flips = one.pair, one.pair.flips
    return {
        "old": visible(pair.old.label),
        "new": visible(pair.new.label),
        "href": link,
        "net": delta(pair.net, points(pair.net), beyond_noise=one.separable, rises="better", falls="worse"),
        "net_value": sort_key(pair.net),
        "broken": percent(pair.rates.nfr) + (f" ({flips.negative:,})" if flips else ""),
        "broken_value": sort_key(pair.rates.nfr),
        "fixed": percent(pair.rates.pfr) + (f" ({flips.positive:,})" if flips else ""),
        "fixed_value": sort_key(pair.rates.pfr),
        "p": p_value(one.adjusted_p),
        "p_value": sort_key(one.adjusted_p),
    }


def _record(board: Board, one: Neighbours) -> dict[str, downloads.Value]:
    pair, flips = one.pair, one.pair.flips
    return {
        "suite": board.suite,
        "old": pair.old.label,
        "new": pair.new.label,
        "tasks": pair.rates.n,
        "left_out": pair.left_out,
        "old_pass_at_1": pair.rates.old_rate,
        "new_pass_at_1": pair.rates.new_rate,
        "net": pair.net,
        "nfr": pair.rates.nfr,
        "pfr": pair.rates.pfr,
        "noise_floor": pair.rates.noise_floor,
        "both": None if flips is None else flips.both,
        "broken": None if flips is None else flips.negative,
        "fixed": None if flips is None else flips.positive,
        "neither": None if flips is None else flips.neither,
        "mcnemar_p": pair.p,
        "adjusted_p": one.adjusted_p,
    }

"""Versions: what broke, and what was mended, when a model was updated."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ....benchmarks.visible import visible
from ...comparison import Comparison, TaskChange
from ...words import NONE, bounds, p_value, percent, plural, points, short_suite, verdict_on_update
from ..content import Content
from ..render import Page, Place, View

PLACE = Place("versions", "Versions", "versions/index.html")
MOST_TASKS = 200


def present(content: Content) -> bool:
    """Where the site's maker named pairs of versions."""
    return bool(content.updates)


def pages(content: Content) -> Iterator[Page]:
    """versions/index.html."""
    yield Page(
        path=PLACE.path,
        template="versions.html.j2",
        title="Versions",
        finding=verdict_on_update(content.updates[0]),
        place=PLACE.key,
        view={"comparisons": [_comparison_view(one, index) for index, one in enumerate(content.updates, 1)]},
    )


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

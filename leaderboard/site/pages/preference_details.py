"""The finer tables of the Preferences page: twins, groups of raters and steering; the rest is in preference_measures.

Each is a table of models, shown where some file says what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ....benchmarks.visible import visible
from ...metrics.contrast import FlipGap
from ...preferences.summary import PreferenceSummary
from ...words import NONE, bounds, percent, plural, points
from ..cells import sort_key
from . import preference_abouts as about
from .preference_measures import bench, forced, rankings, reference, ties
from .preference_tables import EMPTY, MOST, Cell, Table, change, estimate, share, table_of


def detail_tables(group: Sequence[PreferenceSummary]) -> list[Table]:
    """The tables of runs of one measure on one suite, in the order of the page."""
    makers = (
        _twins,
        _operators,
        _groups,
        _each_group,
        *_steering(group),
        forced,
        rankings,
        ties,
        reference,
        bench,
    )
    return [table for make in makers if (table := make(group)) is not None and table.rows]


def _twins(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.twins
        if found is None:
            return None
        each, all_ = found.consistency, found.all
        orphans = f"{found.orphans:,} without parent" if found.orphans else ""
        return [
            change(all_.gap.value, all_.gap.interval),
            Cell(percent(all_.parents), sort_key(all_.parents)),
            Cell(percent(all_.twins), sort_key(all_.twins), plural(all_.gap.n, "twin")),
            Cell(f"{all_.broken:,}", str(all_.broken), f"{all_.fixed:,} mended"),
            estimate(each.invariance, "parent"),
            estimate(each.sensitivity, "twin"),
            estimate(each.contrast, "twin"),
            Cell(f"{all_.gap.skipped:,}", str(all_.gap.skipped), orphans),
        ]

    return table_of(
        "Twins",
        about.TWINS,
        [
            ("Flip gap, points", ""), ("Right on parents", ""), ("Right on twins", ""), ("Broken", ""),
            ("Invariance", ""), ("Sensitivity", ""), ("Contrast", ""), ("Skipped", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def _operators(group: Sequence[PreferenceSummary]) -> Table | None:
    sizes: dict[str, int] = {}
    for one in group:
        for name, gap in one.details.twins.operators.items() if one.details.twins else ():
            sizes[name] = max(sizes.get(name, 0), gap.gap.n)
    names = sorted(sizes, key=lambda name: (-sizes[name], name))

    def cell(gap: FlipGap | None) -> Cell:
        return EMPTY if gap is None else change(gap.gap.value, gap.gap.interval)

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.twins
        return None if found is None else [cell(found.operators.get(name)) for name in names[:MOST]]

    return table_of(
        "Flip gap by operator",
        about.OPERATORS,
        [(visible(name, 40) or "unnamed", plural(sizes[name], "twin")) for name in names[:MOST]],
        group,
        cells,
        len(names) - MOST,
    )


def _groups(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.groups
        if found is None:
            return None
        whole = found.everybody
        return [
            share(whole.accuracy, whole.interval, f"of {plural(whole.n, 'vote')}"),
            Cell(percent(whole.ceiling), sort_key(whole.ceiling)),
            share(whole.attained, whole.attained_interval),
            share(found.least, found.least_interval),
            Cell(
                points(found.spread, signed=False),
                sort_key(found.spread),
                bounds(found.spread_interval) if not math.isnan(found.spread_interval.low) else "",
            ),
            Cell(f"{whole.skipped:,}", str(whole.skipped)),
        ]

    return table_of(
        "Groups of raters",
        about.GROUPS,
        [
            ("All votes", ""), ("Ceiling", ""), ("Attained", ""), ("Worst group", ""), ("Best − worst, points", ""),
            ("Skipped pairs", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def _each_group(group: Sequence[PreferenceSummary]) -> Table | None:
    sizes: dict[str, int] = {}
    for one in group:
        for each in one.details.groups.groups if one.details.groups else ():
            sizes[each.name] = max(sizes.get(each.name, 0), each.n)
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    if len(names) < 2:
        return None

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        if one.details.groups is None:
            return None
        known = {each.name: each for each in one.details.groups.groups}
        return [
            share(known[name].accuracy, known[name].interval, f"of at most {percent(known[name].ceiling)}")
            if name in known
            else EMPTY
            for name in names[:MOST]
        ]

    return table_of(
        "By group of raters",
        "",
        [(visible(name, 40) or "unnamed", plural(sizes[name], "vote")) for name in names[:MOST]],
        group,
        cells,
        len(names) - MOST,
    )


def _steering(
    group: Sequence[PreferenceSummary],
) -> Iterator[Callable[[Sequence[PreferenceSummary]], Table | None]]:
    """One matrix a model that was asked under several conditions."""
    for one in group:
        if one.details.steering is not None:
            yield lambda _, one=one: _matrix(one)  # type: ignore[misc]


def _matrix(one: PreferenceSummary) -> Table | None:
    found = one.details.steering
    assert found is not None
    rows = []
    for told in found.conditions:
        cells = []
        for name in found.groups[:MOST]:
            value, sub = found.matrix[told][name], ""
            if told == name and name in found.gain:
                gain = found.gain[name]
                sub = f"{points(gain.value)} points {bounds(gain.interval, signed=True)}".replace(f" {NONE}", "")
            cells.append(Cell(percent(value), sort_key(value), sub, "good" if told == name else ""))
        rows.append((f"told of {visible(told, 40)}" if told else "told of nobody", tuple(cells)))
    text = (
        f"On {plural(found.pairs, 'pair')} that were decided under every condition. Below a group’s own figure stands "
        f"what telling the model of it changed. Own group minus the others: {points(found.own_minus_other)} points; a "
        "model that any description sways alike has 0."
    )
    return Table(
        f"Steering {visible(one.label)}",
        text,
        tuple((visible(name, 40), "votes of it") for name in found.groups[:MOST]),
        tuple(rows),
        max(0, len(found.groups) - MOST),
        "Condition",
    )

"""The finer tables of the Preferences page: twins, groups of raters, whole rankings, ties, the reference, RewardBench.

Each is a table of models, shown where some file says what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ....benchmarks.visible import visible
from ...metrics.contrast import FlipGap
from ...metrics.estimates import Estimate
from ...metrics.intervals import Interval
from ...preferences.summary import PreferenceSummary
from ...preferences.words import condition
from ...words import NONE, bounds, percent, plural, points
from ..cells import sort_key
from . import preference_abouts as about

MOST = 12
"""Columns of groups, operators or conditions; more are in the data."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, what it is sorted by, a line below it, and what it says (good, bad, quiet)."""

    text: str
    value: str = ""
    sub: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of models: head and a line below it of each column; one row a model. hidden: columns not shown; first:
    the head of the rows' names."""

    title: str
    about: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...] = field(default=())
    hidden: int = 0
    first: str = "Model"


EMPTY = Cell(NONE)


def detail_tables(group: Sequence[PreferenceSummary]) -> list[Table]:
    """The tables of runs of one measure on one suite, in the order of the page."""
    makers = (
        _twins,
        _operators,
        _groups,
        _each_group,
        *_steering(group),
        _forced,
        _rankings,
        _ties,
        _reference,
        _bench,
    )
    return [table for make in makers if (table := make(group)) is not None and table.rows]


def _table(
    title: str,
    about: str,
    heads: Sequence[tuple[str, str]],
    group: Sequence[PreferenceSummary],
    cells: Callable[[PreferenceSummary], Sequence[Cell] | None],
    hidden: int = 0,
) -> Table:
    rows = [(name_of(one), found) for one in group if (found := cells(one)) is not None]
    return Table(title, about, tuple(heads), tuple((name, tuple(found)) for name, found in rows), hidden)


def name_of(one: PreferenceSummary) -> str:
    """The model, and what it was told."""
    return visible(one.label) + condition(one)


def _share(value: float, interval: Interval, sub: str = "", kind: str = "") -> Cell:
    below = " ".join(part for part in ("" if math.isnan(interval.low) else bounds(interval), sub) if part).replace(
        "-", "−"
    )
    return Cell(percent(value).replace("-", "−"), sort_key(value), below, kind)


def _estimate(found: Estimate, unit: str) -> Cell:
    return _share(found.value, found.interval, f"of {plural(found.n, unit)}" if found.n else "")


def _change(value: float, interval: Interval, sub: str = "", *, worse: bool = True) -> Cell:
    """A difference in points: marked where its interval leaves out 0, as bad above it (``worse``) or as good."""
    below = " ".join(part for part in ("" if math.isnan(interval.low) else bounds(interval, signed=True), sub) if part)
    beyond = not math.isnan(interval.low) and (interval.low > 0 or interval.high < 0)
    kind = ("bad" if (value > 0) == worse else "good") if beyond else "quiet"
    return Cell(points(value), sort_key(value), below, kind)


def _plain(value: float, form: str, sub: str = "") -> Cell:
    text = NONE if math.isnan(value) else format(value, form).replace("-", "−")
    return Cell(text, sort_key(value), sub)


def _twins(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.twins
        if found is None:
            return None
        each, all_ = found.consistency, found.all
        orphans = f"{found.orphans:,} without parent" if found.orphans else ""
        return [
            _change(all_.gap.value, all_.gap.interval),
            Cell(percent(all_.parents), sort_key(all_.parents)),
            Cell(percent(all_.twins), sort_key(all_.twins), plural(all_.gap.n, "twin")),
            Cell(f"{all_.broken:,}", str(all_.broken), f"{all_.fixed:,} mended"),
            _estimate(each.invariance, "parent"),
            _estimate(each.sensitivity, "twin"),
            _estimate(each.contrast, "twin"),
            Cell(f"{all_.gap.skipped:,}", str(all_.gap.skipped), orphans),
        ]

    return _table(
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
        return EMPTY if gap is None else _change(gap.gap.value, gap.gap.interval)

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.twins
        return None if found is None else [cell(found.operators.get(name)) for name in names[:MOST]]

    return _table(
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
            _share(whole.accuracy, whole.interval, f"of {plural(whole.n, 'vote')}"),
            Cell(percent(whole.ceiling), sort_key(whole.ceiling)),
            _share(whole.attained, whole.attained_interval),
            _share(found.least, found.least_interval),
            Cell(
                points(found.spread, signed=False),
                sort_key(found.spread),
                bounds(found.spread_interval) if not math.isnan(found.spread_interval.low) else "",
            ),
            Cell(f"{whole.skipped:,}", str(whole.skipped)),
        ]

    return _table(
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
            _share(known[name].accuracy, known[name].interval, f"of at most {percent(known[name].ceiling)}")
            if name in known
            else EMPTY
            for name in names[:MOST]
        ]

    return _table(
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


def _forced(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found, known = one.details.forced, one.details.calibration
        if found is None or known is None:
            return None
        bias = found.position_bias
        return [
            _share(found.preference.value, found.preference.interval, f"of {plural(found.preference.n, 'pair')}"),
            _share(found.pairs.accuracy, found.pairs.interval),
            _change(abs(bias.value), bias.interval),
            Cell(percent(found.consistent), sort_key(found.consistent)),
            _plain(known.brier, ".3f"),
            _plain(known.ece, ".3f"),
            Cell(f"{found.pairs.skipped:,}", str(found.pairs.skipped)),
        ]

    return _table(
        "Probabilities of choices",
        about.FORCED,
        [
            ("For the preferred", "mean"), ("Right in both orders", ""), ("Position bias, points", "its size"),
            ("Same side in both", ""), ("Brier score", ""), ("Calibration error", ""), ("Skipped", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def _rankings(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.rankings
        if found is None:
            return None
        exact, tau, triples = found.exact, found.tau, one.details.transitive
        return [
            _share(exact.accuracy, exact.interval, f"of {plural(exact.n, 'task')}"),
            Cell(percent(found.chance), sort_key(found.chance)),
            _plain(tau.value, ".3f", _span(tau.interval)),
            _share(found.pairwise.value, found.pairwise.interval),
            Cell(f"{exact.skipped:,}", str(exact.skipped)),
            EMPTY if triples is None else _estimate(triples, "triple"),
        ]

    return _table(
        "Whole rankings",
        about.RANKINGS,
        [
            ("Exact", ""), ("A coin’s", ""), ("Kendall’s tau", ""), ("Pairs right, per task", ""),
            ("Skipped tasks", ""), ("Without a circle", "judges"),
        ],
        group,
        cells,
    )  # fmt: skip


def _span(interval: Interval) -> str:
    return "" if math.isnan(interval.low) else f"[{interval.low:.2f}, {interval.high:.2f}]".replace("-", "−")


def _ties(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.ties
        if found is None:
            return None
        return [
            _share(part.accuracy, part.interval, f"of {plural(part.n, 'pair')}")
            for part in (found.all, found.tied, found.decided)
        ]

    return _table(
        "Ties by label",
        about.TIES,
        [("All pairs", ""), ("Ties", ""), ("The others", "")],
        group,
        cells,
    )


def _reference(group: Sequence[PreferenceSummary]) -> Table | None:
    def cells(one: PreferenceSummary) -> list[Cell] | None:
        gap, hard, far = one.details.gap, one.details.difficulty, one.details.distance
        if gap is None and hard is None and far is None:
            return None
        return [
            EMPTY if gap is None else _change(gap.gap.value, gap.gap.interval, f"of {plural(gap.gap.n, 'pair')}"),
            EMPTY if gap is None else Cell(percent(gap.reachable), sort_key(gap.reachable)),
            EMPTY if gap is None else Cell(percent(gap.reached), sort_key(gap.reached)),
            EMPTY
            if hard is None
            else _plain(hard.median, ".2f", f"{hard.low:.2f} to {hard.high:.2f}".replace("-", "−")),
            EMPTY if hard is None else _share(hard.hard.accuracy, hard.hard.interval, f"of {hard.hard.n:,}"),
            EMPTY if hard is None else _share(hard.easy.accuracy, hard.easy.interval, f"of {hard.easy.n:,}"),
            EMPTY if far is None else _plain(far.moved.value, ".3g", _span(far.moved.interval)),
        ]

    return _table(
        "Against the reference model",
        about.REFERENCE,
        [
            ("Alignment gap, points", ""), ("Reachable", ""), ("Reached", ""), ("Difficulty", "median, middle half"),
            ("Right on hard", ""), ("Right on easy", ""), ("Distance, nats a token", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def _bench(group: Sequence[PreferenceSummary]) -> Table | None:
    version = next((one.details.rewardbench.version for one in group if one.details.rewardbench is not None), None)
    if version is None:
        return None
    sections = next(one.details.rewardbench for one in group if one.details.rewardbench is not None).sections

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.rewardbench
        if found is None or found.version != version:
            return None
        parts = [_estimate(found.sections[name], "item") for name in sections]
        total = [_share(found.total.value, found.total.interval)]
        return [
            *total,
            *([_share(found.without_prior.value, found.without_prior.interval)] if version == 1 else []),
            *parts,
        ]

    extra = [("Without prior sets", "")] if version == 1 else []
    heads = [("Score", ""), *extra, *((name, "") for name in sections)]
    return _table(f"RewardBench {version}", about.BENCHES[version], heads, group, cells)

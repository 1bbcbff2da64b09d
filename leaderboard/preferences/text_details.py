"""What a run says beyond right and wrong, as rows of a name and a sentence for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...benchmarks.visible import visible
from ..metrics.contrast import FlipGap
from ..words import NONE, bounds, percent, plural, points
from .layout import Row, estimate, signed, span
from .summary import PreferenceSummary, Slice


def detail_rows(one: PreferenceSummary) -> Iterator[Row]:
    """All rows of a run, in the order in which they are printed."""
    for rows in (_order, _measures, _reference, _rankings, _groups, _twins, _bench, _bias):
        yield from rows(one)


def _order(one: PreferenceSummary) -> Iterator[Row]:
    judge = one.judge
    if judge is not None:
        bias = f"{points(judge.position_bias)} points {bounds(judge.position_interval, signed=True)}"
        yield "position bias", f"{bias}; 50 is always the first"
        yield "same in both orders", f"{percent(judge.consistent)} of {plural(judge.both_orders, 'pair')}"
        if judge.unreadable:
            yield "unreadable", plural(judge.unreadable, "judgement")
    forced = one.details.forced
    if forced is not None:
        order = forced.position_bias
        yield (
            "by probability",
            f"{percent(forced.preference.value)} {bounds(forced.preference.interval)} for the preferred answer; "
            f"position bias {points(order.value)} points {bounds(order.interval, signed=True)}",
        )
    known = one.details.calibration
    if known is not None:
        yield "calibration", f"Brier {known.brier:.3f}, expected error {known.ece:.3f}, {plural(known.n // 2, 'pair')}"
    if one.details.transitive is not None:
        yield "transitive", f"{estimate(one.details.transitive, 'triple')}; a coin has 75 %"


def _measures(one: PreferenceSummary) -> Iterator[Row]:
    for each in one.measures[1:]:
        yield each.name, f"{percent(each.result.accuracy)} {bounds(each.result.interval)}, {_counts(each)}"
    ties = one.details.ties
    if ties is not None:
        within = "" if math.isnan(ties.tolerance) else f" (within {ties.tolerance:g} nats a token)"
        yield "with labelled ties", f"{percent(ties.all.accuracy)} {bounds(ties.all.interval)}"
        yield "labelled ties alone", f"{ties.tied.right:,} of {ties.tied.n:,} said to be{within}"


def _counts(each: Slice) -> str:
    result = each.result
    return f"{result.right:,} right, {result.tie:,} tied, {result.wrong:,} wrong"


def _reference(one: PreferenceSummary) -> Iterator[Row]:
    gap, hard = one.details.gap, one.details.difficulty
    if gap is not None:
        yield (
            "alignment gap",
            f"{points(gap.gap.value)} points {bounds(gap.gap.interval, signed=True)}: training could reach "
            f"{percent(gap.reachable)} of {plural(gap.gap.n, 'pair')}, {percent(gap.reached)} is reached",
        )
    if hard is not None:
        yield (
            "difficulty c",
            f"quartiles {signed(hard.low)}, {signed(hard.median)}, {signed(hard.high)} nats; right where c > 0: "
            f"{percent(hard.hard.accuracy)} of {hard.hard.n:,}, else {percent(hard.easy.accuracy)} of {hard.easy.n:,}",
        )
    far = one.details.distance
    if far is not None:
        yield "from the reference", f"{far.moved.value:.3g} nats a token {span(far.moved.interval)}"


def _rankings(one: PreferenceSummary) -> Iterator[Row]:
    found = one.details.rankings
    if found is not None:
        exact = found.exact
        yield (
            "whole rankings right",
            f"{percent(exact.accuracy)} {bounds(exact.interval)} of {plural(exact.n, 'task')}, a coin has "
            f"{percent(found.chance)}",
        )
        yield "Kendall's tau", f"{signed(found.tau.value)} {span(found.tau.interval)}" if found.tau.n else NONE


def _groups(one: PreferenceSummary) -> Iterator[Row]:
    found = one.details.groups
    if found is None:
        return
    for each in sorted(found.groups, key=lambda group: (math.isnan(group.accuracy), group.accuracy, group.name)):
        yield (
            f"group {visible(each.name, 24) or 'unnamed'}",
            f"{percent(each.accuracy)} {bounds(each.interval)} of {plural(each.n, 'vote')}; ceiling "
            f"{percent(each.ceiling)}",
        )
    whole = found.everybody
    yield (
        "all votes",
        f"{percent(whole.accuracy)} {bounds(whole.interval)}; one ranking could have {percent(whole.ceiling)}, "
        f"of which {percent(whole.attained)} is attained",
    )
    if len(found.groups) > 1:
        yield "worst group", f"{percent(found.least)} {bounds(found.least_interval)}"
        yield "best minus worst", f"{points(found.spread)} points {bounds(found.spread_interval, signed=True)}"
    steering = one.details.steering
    if steering is not None:
        for group, gain in steering.gain.items():
            yield (
                f"told of {visible(group, 24)}",
                f"{points(gain.value)} points for it {bounds(gain.interval, signed=True)}",
            )


def _twins(one: PreferenceSummary) -> Iterator[Row]:
    found = one.details.twins
    if found is None:
        return
    yield "flip gap", _gap(found.all)
    for name, gap in found.operators.items():
        yield f"  by {visible(name, 24) or 'no operator'}", _gap(gap)
    each = found.consistency
    for name, rate, unit in (
        ("invariance", each.invariance, "parent"),
        ("inversion sensitivity", each.sensitivity, "twin"),
        ("contrast consistency", each.contrast, "twin"),
    ):
        if rate.n:
            yield name, estimate(rate, unit)
    if found.orphans:
        yield "twins without parent", f"{found.orphans:,}, in no number; name the parents' file too"


def _gap(gap: FlipGap) -> str:
    return (
        f"{points(gap.gap.value)} points {bounds(gap.gap.interval, signed=True)}: {percent(gap.parents)} on parents, "
        f"{percent(gap.twins)} on {plural(gap.gap.n, 'twin')}; {gap.broken:,} broken, {gap.fixed:,} mended"
    )


def _bench(one: PreferenceSummary) -> Iterator[Row]:
    found = one.details.rewardbench
    if found is None:
        return
    for name, section in found.sections.items():
        yield f"RewardBench {found.version} {name}", estimate(section, "item")
    yield f"RewardBench {found.version} score", estimate(found.total, "item")
    if found.version == 1 and math.isnan(found.total.value):
        yield "  without prior sets", estimate(found.without_prior, "item")


def _bias(one: PreferenceSummary) -> Iterator[Row]:
    length = one.length
    if length is not None:
        yield (
            "length bias",
            f"{points(length.gap)} points: {percent(length.longer.result.accuracy)} where the chosen answer is longer, "
            f"{percent(length.shorter.result.accuracy)} where it is shorter",
        )

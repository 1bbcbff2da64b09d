"""Summaries of preferences for a terminal: the figure first, rules that read nothing beside it, then where it is from.

Every text of a file is made visible before it is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...benchmarks.visible import visible
from ..metrics.calibration import BinaryPreference
from ..metrics.contrast import FlipGap
from ..metrics.estimates import Estimate
from ..metrics.intervals import Interval
from ..metrics.winrate import LengthControlled, WinRate
from ..words import NONE, bounds, percent, plural, points
from .comparisons import ComparisonsSummary
from .groups_of_runs import in_groups
from .summary import Control, PreferenceSummary, Slice
from .thumbs import ThumbsSummary
from .words import condition, preference_sentence

_NAME = 32
_SLICES = 12

Row = tuple[str, ...]


def preferences_text(
    summaries: Sequence[PreferenceSummary],
    thumbs: Sequence[ThumbsSummary] = (),
    comparisons: Sequence[ComparisonsSummary] = (),
) -> str:
    """The whole report: runs of one measure on one suite side by side, others apart."""
    blocks = [block for group in in_groups(summaries) for block in _group(group)]
    blocks += [block for one in thumbs for block in _thumbs(one)]
    blocks += [block for one in comparisons for block in _comparisons(one)]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _group(group: Sequence[PreferenceSummary]) -> Iterator[list[str]]:
    yield [preference_sentence(group)]
    yield [*_models(group), *_lengths(group)]
    for name, slices in (
        ("category", [one.by_category for one in group]),
        ("criterion", [one.by_criterion for one in group]),
    ):
        yield _by(name, group, slices)
    for one in group:
        yield _details(one, alone=len(group) == 1)


def _models(group: Sequence[PreferenceSummary]) -> list[str]:
    """Models best first, then the rules that read nothing, best first."""
    header = (group[0].measure, "accuracy", "95 % interval", "right", "tie", "wrong", "skipped", "families")
    rows = [_model(one) for one in group]
    rows += [_control(control) for control in _controls(group)]
    return aligned([header, *rows])


def _model(one: PreferenceSummary) -> Row:
    result = one.overall.result
    counts = (result.right, result.tie, result.wrong, result.skipped)
    return (
        named(one), percent(result.accuracy), bounds(result.interval), *(f"{count:,}" for count in counts),
        f"{one.families:,}",
    )  # fmt: skip


def named(one: PreferenceSummary) -> str:
    """The model, what it was told, and how it was asked."""
    return visible(one.label, _NAME) + condition(one)


def _control(control: Control) -> Row:
    result = control.result
    if result is None:
        return f"  {control.name}", percent(control.accuracy), "", "", "", "", "", ""
    counts = (f"{count:,}" for count in (result.right, result.tie, result.wrong, result.skipped))
    return f"  {control.name}", percent(result.accuracy), bounds(result.interval), *counts, ""


def _controls(group: Sequence[PreferenceSummary]) -> list[Control]:
    """Of the first run that has them; all runs of a group are on one suite."""
    found: dict[str, Control] = {}
    for one in group:
        for control in one.controls:
            if not math.isnan(control.accuracy):
                found.setdefault(control.name, control)
    return sorted(found.values(), key=lambda control: (-control.accuracy, control.name))


def _by(what: str, group: Sequence[PreferenceSummary], slices: Sequence[Sequence[Slice]]) -> list[str]:
    """Names down, models across."""
    sizes: dict[str, int] = {}
    for own in slices:
        for each in own:
            sizes[each.name] = max(sizes.get(each.name, 0), each.result.n)
    if not sizes:
        return []
    names = sorted(sizes, key=lambda name: (name == "", -sizes[name], name))
    rows: list[Row] = [(f"by {what}", "pairs", *(visible(one.label, 20) for one in group))]
    for name in names[:_SLICES]:
        cells = [next((each for each in own if each.name == name), None) for own in slices]
        shown = [_cell(each, wide=len(group) == 1) for each in cells]
        rows.append((visible(name, _NAME) or "unnamed", f"{sizes[name]:,}", *shown))
    lines = aligned(rows)
    if len(names) > _SLICES:
        lines.append(f"{len(names) - _SLICES} more with fewer pairs: see --json")
    return lines


def _cell(each: Slice | None, *, wide: bool) -> str:
    if each is None:
        return NONE
    text = percent(each.result.accuracy)
    return f"{text} {bounds(each.result.interval)}" if wide else text


def _details(one: PreferenceSummary, *, alone: bool) -> list[str]:
    rows = [*_order(one), *_measures(one), *_reference(one), *_rankings(one), *_groups(one), *_twins(one)]
    rows += [*_bench(one), *_bias(one)]
    lines = aligned(rows, head=False)
    lines += [f"Note: {note}" for note in one.notes]
    return lines if alone or not lines else [f"{named(one)}:", *lines]


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
        yield "transitive", f"{_estimate(one.details.transitive, 'triple')}; a coin has 75 %"


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
            f"quartiles {_signed(hard.low)}, {_signed(hard.median)}, {_signed(hard.high)} nats; right where c > 0: "
            f"{percent(hard.hard.accuracy)} of {hard.hard.n:,}, else {percent(hard.easy.accuracy)} of {hard.easy.n:,}",
        )
    far = one.details.distance
    if far is not None:
        yield "from the reference", f"{far.moved.value:.3g} nats a token {_plain(far.moved.interval)}"


def _rankings(one: PreferenceSummary) -> Iterator[Row]:
    found = one.details.rankings
    if found is not None:
        exact = found.exact
        yield (
            "whole rankings right",
            f"{percent(exact.accuracy)} {bounds(exact.interval)} of {plural(exact.n, 'task')}, a coin has "
            f"{percent(found.chance)}",
        )
        yield "Kendall's tau", f"{found.tau.value:.3f} {_plain(found.tau.interval)}" if found.tau.n else NONE


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
    for name, estimate, unit in (
        ("invariance", each.invariance, "parent"),
        ("inversion sensitivity", each.sensitivity, "twin"),
        ("contrast consistency", each.contrast, "twin"),
    ):
        if estimate.n:
            yield name, _estimate(estimate, unit)
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
        yield f"RewardBench {found.version} {name}", _estimate(section, "item")
    yield f"RewardBench {found.version} score", _estimate(found.total, "item")
    if found.version == 1 and math.isnan(found.total.value):
        yield "  without prior sets", _estimate(found.without_prior, "item")


def _lengths(group: Sequence[PreferenceSummary]) -> list[str]:
    """Of the answers, which are the same for all runs of a suite: those of the first run that knows them."""
    for one in group:
        sizes = one.details.lengths
        if sizes is not None and sizes.n:
            return [
                f"Chosen answers have {sizes.chosen.value:,.0f} {one.details.length_unit} on average, rejected ones "
                f"{sizes.rejected.value:,.0f}; the chosen one is longer in {percent(sizes.longer)} of "
                f"{plural(sizes.n, 'pair')}."
            ]
    return []


def _bias(one: PreferenceSummary) -> Iterator[Row]:
    length = one.length
    if length is not None:
        yield (
            "length bias",
            f"{points(length.gap)} points: {percent(length.longer.result.accuracy)} where the chosen answer is longer, "
            f"{percent(length.shorter.result.accuracy)} where it is shorter",
        )


def _thumbs(one: ThumbsSummary) -> Iterator[list[str]]:
    found = one.all
    yield [
        f"{visible(one.label, _NAME)} scores liked answers above others in {percent(found.auroc)} of couples "
        f"{bounds(found.auroc_interval)} (AUROC) on {visible(one.suite, 60)}; a coin has 50.0 %."
    ]
    rows: list[Row] = [("thumbs", "AUROC", "95 % interval", "up", "down", "skipped")]
    rows += [_thumb_row("all", found)]
    rows += [_thumb_row(visible(name, _NAME) or "unnamed", each) for name, each in one.by_category.items()]
    yield aligned(rows)
    calibrated = found.calibration
    yield aligned(
        [
            ("couples that tie", percent(found.ties)),
            ("threshold", f"{found.threshold:.4g}" if not math.isnan(found.threshold) else NONE),
            ("right of it", f"{percent(found.accuracy)} {bounds(found.accuracy_interval)}"),
            ("Brier score", f"{_decimal(calibrated.brier)}; the constant share has {_decimal(calibrated.base_brier)}"),
            ("calibration error", _decimal(calibrated.ece)),
        ],
        head=False,
    )


def _thumb_row(name: str, found: BinaryPreference) -> Row:
    counts = (f"{found.up:,}", f"{found.down:,}", f"{found.skipped:,}")
    return name, percent(found.auroc), bounds(found.auroc_interval), *counts


def _comparisons(one: ComparisonsSummary) -> Iterator[list[str]]:
    found, level = one.all, one.controlled
    name, rival = visible(one.label, _NAME), visible(one.baseline, _NAME)
    yield [
        f"{name} wins {percent(found.rate)} {bounds(found.interval)} of {plural(found.n, 'comparison')} with {rival} "
        f"on {visible(one.suite, 60)}, a tie counting half."
    ]
    rows: list[Row] = [("win rate", "rate", "95 % interval", "win", "tie", "loss", "skipped"), _win_row("all", found)]
    rows += [_win_row(visible(each, _NAME) or "unnamed", rate) for each, rate in one.by_category.items()]
    yield aligned(rows)
    if level is not None:
        sways = "the longer" if level.length_effect > 0 else "the shorter"
        yield [
            f"At equal length {name} would win {percent(level.rate)} {bounds(level.interval)} of "
            f"{plural(level.n, 'comparison')}"
            + (
                "."
                if math.isnan(level.length_effect)
                else f"; {sways} answer is preferred otherwise ({_effect(level)})."
            )
        ]


def _effect(level: LengthControlled) -> str:
    return f"{_signed(level.length_effect)} log-odds"


def _win_row(name: str, found: WinRate) -> Row:
    counts = (f"{count:,}" for count in (found.win, found.tie, found.loss, found.skipped))
    return name, percent(found.rate), bounds(found.interval), *counts


def _estimate(found: Estimate, unit: str) -> str:
    skipped = f", {found.skipped:,} skipped" if found.skipped else ""
    return f"{percent(found.value)} {bounds(found.interval)} of {plural(found.n, unit)}{skipped}"


def _decimal(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _plain(interval: Interval) -> str:
    return "" if math.isnan(interval.low) else f"[{interval.low:.3g}, {interval.high:.3g}]"


def aligned(rows: Sequence[Row], *, head: bool = True) -> list[str]:
    """Rows as columns: the first to the left, the others to the right under a head, to the left without one."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        rest = [cell.rjust(width) if head else cell for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return lines

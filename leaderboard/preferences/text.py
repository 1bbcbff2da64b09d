"""Summaries of preferences for a terminal: the figure first, rules that read nothing beside it, then where it is from.

Every text of a file is made visible before it is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...benchmarks.visible import visible
from ..words import NONE, bounds, percent, plural
from .comparisons import ComparisonsSummary
from .groups_of_runs import in_groups
from .layout import NAME, Row, aligned
from .summary import Control, PreferenceSummary, Slice
from .text_details import detail_rows
from .text_others import comparison_blocks, thumbs_blocks
from .thumbs import ThumbsSummary
from .words import condition, preference_sentence

_SLICES = 12


def preferences_text(
    summaries: Sequence[PreferenceSummary],
    thumbs: Sequence[ThumbsSummary] = (),
    comparisons: Sequence[ComparisonsSummary] = (),
) -> str:
    """The whole report: runs of one measure on one suite side by side, others apart."""
    blocks = [block for group in in_groups(summaries) for block in _group(group)]
    blocks += [block for one in thumbs for block in thumbs_blocks(one)]
    blocks += [block for one in comparisons for block in comparison_blocks(one)]
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
    return visible(one.label, NAME) + condition(one)


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
        rows.append((visible(name, NAME) or "unnamed", f"{sizes[name]:,}", *shown))
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
    lines = aligned(list(detail_rows(one)), head=False)
    lines += [f"Note: {note}" for note in one.notes]
    return lines if alone or not lines else [f"{named(one)}:", *lines]


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

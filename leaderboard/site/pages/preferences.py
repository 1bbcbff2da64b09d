"""Preferences: whose can be trusted, on what, and what order and length do to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ....benchmarks.visible import visible
from ...metrics.intervals import UNDEFINED, Interval
from ...preferences.groups_of_runs import in_groups
from ...preferences.summary import Control, PreferenceSummary, Slice
from ...preferences.words import above_controls, best_control, condition, preference_sentence
from ...words import NONE, bounds, percent, plural, points
from ..cells import sort_key, stack
from ..content import Content
from ..downloads import Value, table
from ..figures.preferences import Bar, preference_bars
from ..render import Asset, Page, Place, View
from .preference_data import detail_records, pair_records
from .preference_details import detail_tables
from .preference_tables import name_of

PLACE = Place("preferences", "Preferences", "preferences.html")
MOST_GROUPS = 12


def present(content: Content) -> bool:
    """Where files of scored pairs were given."""
    return bool(content.preferences)


def pages(content: Content) -> Iterator[Page | Asset]:
    """preferences.html: runs of one measure on one suite side by side, others apart."""
    groups = in_groups(content.preferences)
    yield Page(
        path=PLACE.path,
        template="preferences.html.j2",
        title="Preferences",
        finding=preference_sentence(groups[0]),
        place=PLACE.key,
        view={"groups": [_group_view(group, index) for index, group in enumerate(groups, 1)]},
    )
    yield from table("preferences", [row for group in groups for one in group for row in _records(one)])
    yield from table("preference-details", [row for group in groups for one in group for row in detail_records(one)])
    yield from table("preference-pairs", [row for group in groups for one in group for row in pair_records(one)])


def _group_view(group: Sequence[PreferenceSummary], index: int) -> View:
    name = f"preferences-{index}"
    first = group[0]
    suite = visible(first.suite)
    return {
        "id": name,
        "suite": suite,
        "measure": first.measure,
        "judged": first.mode == "judge",
        "finding": "" if index == 1 else preference_sentence(group),
        "figure": preference_bars(
            [*(_model_bar(one) for one in group), *(_control_bar(control) for control in _controls(group))],
            name=name,
            title=f"{first.measure.capitalize()} on {suite}",
            caption=_caption(group),
        ),
        "rows": [_row(one) for one in group],
        "categories": _slices(group, [one.by_category for one in group]),
        "criteria": _slices(group, [one.by_criterion for one in group]),
        "lengths": [_length_row(one) for one in group if one.length is not None],
        "unit": next((one.length.unit for one in group if one.length is not None), ""),
        "orders": [_order_row(one) for one in group if one.judge is not None],
        "details": [(f"{name}-d{number}", table) for number, table in enumerate(detail_tables(group), 1)],
        "hard": any(one.details.difficulty is not None for one in group),
        "measures": [row for one in group if len(one.measures) > 1 for row in _measure_rows(one)],
        "reachable": [_reachable(one) for one in group if one.idealised is not None],
        "notes": [f"{name_of(one)}: {note}" for one in group for note in one.notes],
    }


def _model_bar(one: PreferenceSummary) -> Bar:
    result = one.overall.result
    counts = (result.right, result.tie, result.wrong)
    shares = tuple(count / result.n if result.n else math.nan for count in counts)
    return Bar(one.label + condition(one), shares[0], shares[1], shares[2], result.accuracy, result.interval)


def _control_bar(control: Control) -> Bar:
    """Of a rule whose choices are not pairs of the file (a coin, always the first) the expectation is drawn."""
    result = control.result
    if result is None or not result.n:
        return Bar(control.name, control.accuracy, 0.0, 1 - control.accuracy, control.accuracy, UNDEFINED, control=True)
    n = result.n
    return Bar(
        control.name, result.right / n, result.tie / n, result.wrong / n, result.accuracy, result.interval, control=True
    )


def _controls(group: Sequence[PreferenceSummary]) -> list[Control]:
    """Rules on the pairs of the first run that has them, best first; each file's own best one is in its row."""
    found: dict[str, Control] = {}
    for one in group:
        for control in one.controls:
            if not math.isnan(control.accuracy):
                found.setdefault(control.name, control)
    return sorted(found.values(), key=lambda control: (-control.accuracy, control.name))


def _caption(group: Sequence[PreferenceSummary]) -> str:
    above = sum(above_controls(one) for one in group)
    judged = group[0].mode == "judge"
    ties = "another answer in each order" if judged else "equal scores"
    return (
        f"{above} of {plural(len(group), 'model')} {'lies' if above == 1 else 'lie'} clearly above every rule that "
        f"reads nothing (pale). Green: pairs ranked as preferred; thin grey: ties, {ties}; orange: wrong way round. "
        f"The dot is the accuracy with its 95 % interval{', over single judgements' if judged else ''}; dashed: a coin."
    )


def _row(one: PreferenceSummary) -> View:
    result, control = one.overall.result, best_control(one)
    n = result.n or math.nan
    return {
        "label": name_of(one),
        "accuracy": percent(result.accuracy),
        "accuracy_value": sort_key(result.accuracy),
        "interval": bounds(result.interval),
        "stack": stack([("green", result.right / n), ("grey", result.tie / n), ("orange", result.wrong / n)]),
        "right": f"{result.right:,}",
        "tie": f"{result.tie:,}",
        "wrong": f"{result.wrong:,}",
        "skipped": f"{result.skipped:,}" if result.skipped else "",
        "control": control.name,
        "control_accuracy": percent(control.accuracy),
        "lead": points(result.accuracy - control.accuracy),
        "lead_value": sort_key(result.accuracy - control.accuracy),
        "above": above_controls(one),
        "how": visible(one.how, 40),
        "pairs": f"{result.n:,}",
        "families": "" if one.families == one.pairs else plural(one.families, "family", "families"),
    }


def _slices(group: Sequence[PreferenceSummary], slices: Sequence[Sequence[Slice]]) -> View | None:
    """Models down, names across; the names that most pairs have, ``MOST_GROUPS`` at most. None where there are none."""
    sizes: dict[str, int] = {}
    for own in slices:
        for each in own:
            sizes[each.name] = max(sizes.get(each.name, 0), each.result.n)
    if not sizes:
        return None
    names = sorted(sizes, key=lambda name: (name == "", -sizes[name], name))
    shown = names[:MOST_GROUPS]
    return {
        "heads": [(visible(name, 40) or "unnamed", plural(sizes[name], "pair")) for name in shown],
        "hidden": len(names) - len(shown),
        "rows": [
            {
                "label": name_of(one),
                "cells": [_cell({each.name: each for each in own}.get(name)) for name in shown],
            }
            for one, own in zip(group, slices, strict=True)
        ],
    }


def _cell(one: Slice | None) -> View:
    if one is None or math.isnan(one.result.accuracy):
        return {"text": NONE, "value": "", "interval": "", "kind": "", "word": ""}
    interval = one.result.interval
    kind, word = _against_coin(interval)
    return {
        "text": percent(one.result.accuracy),
        "value": sort_key(one.result.accuracy),
        "interval": bounds(interval),
        "kind": kind,
        "word": word,
    }


def _against_coin(interval: Interval) -> tuple[str, str]:
    if interval.low > 0.5:
        return "good", ""
    return ("bad", "below a coin") if interval.high < 0.5 else ("quiet", "like a coin")


def _length_row(one: PreferenceSummary) -> View:
    length = one.length
    assert length is not None
    return {
        "label": name_of(one),
        "longer": percent(length.longer.result.accuracy),
        "longer_value": sort_key(length.longer.result.accuracy),
        "longer_pairs": plural(length.longer.result.n, "pair"),
        "shorter": percent(length.shorter.result.accuracy),
        "shorter_value": sort_key(length.shorter.result.accuracy),
        "shorter_pairs": plural(length.shorter.result.n, "pair"),
        "gap": points(length.gap),
        "gap_value": sort_key(length.gap),
        "picks": percent(length.picks_longer),
        "picks_value": sort_key(length.picks_longer),
        "is": percent(length.is_longer),
        "is_value": sort_key(length.is_longer),
    }


def _order_row(one: PreferenceSummary) -> View:
    judge = one.judge
    assert judge is not None
    interval = judge.position_interval
    biased = not math.isnan(interval.low) and (interval.low > 0 or interval.high < 0)
    word = "prefers the first" if judge.position_bias > 0 else "prefers the second"
    return {
        "label": name_of(one),
        "first": percent(judge.first),
        "first_value": sort_key(judge.first),
        "second": percent(judge.second),
        "second_value": sort_key(judge.second),
        "consistent": percent(judge.consistent),
        "consistent_value": sort_key(judge.consistent),
        "both": plural(judge.both_orders, "pair"),
        "bias": points(judge.position_bias),
        "bias_value": sort_key(judge.position_bias),
        "bias_interval": bounds(interval, signed=True),
        "bias_word": word if biased else "within noise",
        "biased": biased,
        "unreadable": f"{judge.unreadable:,}",
    }


def _measure_rows(one: PreferenceSummary) -> Iterator[View]:
    for each in one.measures:
        yield {
            "label": name_of(one),
            "name": each.name,
            "accuracy": percent(each.result.accuracy),
            "accuracy_value": sort_key(each.result.accuracy),
            "interval": bounds(each.result.interval),
            "counts": f"{each.result.right:,} / {each.result.tie:,} / {each.result.wrong:,}",
        }


def _reachable(one: PreferenceSummary) -> str:
    best = one.idealised
    assert best is not None
    return (
        f"{name_of(one)}: training on these pairs could reach a ranking accuracy of {percent(best.low)} to "
        f"{percent(best.high)} (median {percent(best.median)} over the strengths tried), on {plural(best.n, 'pair')} "
        "whose raters’ agreement is known."
    )


def _records(one: PreferenceSummary) -> Iterator[Mapping[str, Value]]:
    """One line for each number of pairs: all of them, by category, by criterion, by other measures, and of controls."""
    parts: list[tuple[str, Slice]] = [("all", one.overall)]
    parts += [("category", each) for each in one.by_category]
    parts += [("criterion", each) for each in one.by_criterion]
    parts += [("measure", each) for each in one.measures[1:]]
    if one.length is not None:
        parts += [("length", each) for each in (one.length.longer, one.length.shorter, one.length.equal)]
    for kind, each in parts:
        result = each.result
        yield _record(one, kind, each.name, (result.right, result.tie, result.wrong), result.accuracy, result.interval)
    for control in one.controls:
        known = control.result
        counts = (None, None, None) if known is None else (known.right, known.tie, known.wrong)
        yield _record(
            one, "control", control.name, counts, control.accuracy, UNDEFINED if known is None else known.interval
        )


def _record(
    one: PreferenceSummary, kind: str, name: str, counts: tuple[int | None, ...], accuracy: float, interval: Interval
) -> Mapping[str, Value]:
    return {
        "model": one.label,
        "told_of": one.conditioned_on,
        "suite": one.suite,
        "mode": one.mode,
        "measure": name if kind == "measure" else one.measure,
        "part": kind,
        "name": "" if kind in ("all", "measure") else name,
        "right": counts[0],
        "tie": counts[1],
        "wrong": counts[2],
        "accuracy": accuracy,
        "low": interval.low,
        "high": interval.high,
        "created": one.created,
    }

"""A comparison as text for a terminal and as Markdown for a pull request; untrusted text is made visible in both."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..benchmarks.visible import markdown, visible
from .comparison import Comparison, LeftOut, TaskChange
from .words import bounds, p_value, percent, plural, points, short_suite, verdict_on_update


def as_text(one: Comparison) -> str:
    """The whole comparison, every flipped task on a line of its own."""
    lines = [
        f"{visible(one.old)} -> {visible(one.new)} on {short_suite(one.suite)}: {plural(one.tasks, 'task')} compared",
        "",
        *_left_out(one),
        *_changes("Broken", one.broken),
        *_changes("Fixed", one.fixed),
        *(f"{name:<24} {value}" for name, value in _numbers(one)),
        "",
        verdict_on_update(one),
    ]
    return "\n".join(lines) + "\n"


def as_markdown(one: Comparison) -> str:
    """The same as a Markdown document."""
    lines = [
        f"# {markdown(one.old)} → {markdown(one.new)}",
        "",
        f"{verdict_on_update(one)}".replace("<", "&lt;"),
        "",
        f"{plural(one.tasks, 'task')} of {markdown(short_suite(one.suite))} compared.",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {name} | {value.replace('<', '&lt;')} |" for name, value in _numbers(one)),
        "",
    ]
    for reason, tasks in _reasons(one.left_out):
        lines += [f"**Left out, {reason}:** " + ", ".join(markdown(task) for task in tasks), ""]
    for heading, changes in (("Broken", one.broken), ("Fixed", one.fixed)):
        lines += [f"## {heading}: {plural(len(changes), 'task')}", ""]
        if changes:
            lines += ["| task | old | new | verdicts | detail |", "|---|---|---|---|---|"]
            lines += [_markdown_row(change) for change in changes] + [""]
    return "\n".join(lines)


def _markdown_row(change: TaskChange) -> str:
    cells = (change.task, *_outcomes(change), change.new_detail or change.old_detail)
    return "| " + " | ".join(markdown(cell) for cell in cells) + " |"


def _numbers(one: Comparison) -> list[tuple[str, str]]:
    rates = one.rates
    rows = [
        ("pass@1, old", percent(rates.old_rate)),
        ("pass@1, new", percent(rates.new_rate)),
        ("net change, points", f"{points(one.net)} {bounds(one.net_interval, signed=True)}"),
        ("negative flip rate", f"{percent(rates.nfr)} {bounds(one.nfr_interval)} {one.nfr_interval.method}"),
        ("positive flip rate", f"{percent(rates.pfr)} {bounds(one.pfr_interval)} {one.pfr_interval.method}"),
    ]
    if one.flips is not None:
        relative = one.flips.relative_nfr
        rows.append(("NFR of what worked", percent(one.flips.nfr_of_old_correct)))
        rows.append(("relative NFR", "undefined" if math.isnan(relative) else f"{relative:.2f} (1: as if independent)"))
    else:
        rows.append(("rates are", "expected flips of one fresh sample of each model, from several samples a task"))
        floor = f"{percent(rates.noise_floor)} (over {plural(rates.floor_tasks, 'task')})"
        rows.append(("noise floor of NFR", floor if rates.floor_tasks else "unknown: one side has one sample a task"))
    rows.append(("no change at all", f"{p_value(one.p)}, {one.test}"))
    resampled = "bootstrap" in (one.net_interval.method, one.nfr_interval.method, one.pfr_interval.method)
    if resampled or one.test != "exact McNemar":
        rows.append(("resampled", f"{plural(one.roots, 'root task')}, seed {one.seed}"))
    return rows


def _reasons(left_out: LeftOut) -> list[tuple[str, tuple[str, ...]]]:
    reasons = (
        ("only in the old run", left_out.only_old),
        ("only in the new run", left_out.only_new),
        ("changed between the suites", left_out.changed),
        ("no scored sample in one of the runs", left_out.owed),
    )
    return [(reason, tasks) for reason, tasks in reasons if tasks]


def _left_out(one: Comparison) -> list[str]:
    lines = [
        f"LEFT OUT, {reason}: {plural(len(tasks), 'task')}: {', '.join(visible(task) for task in tasks)}"
        for reason, tasks in _reasons(one.left_out)
    ]
    if one.partial:
        lines.append(f"PARTLY OWED: {plural(len(one.partial), 'task')} compared on the samples that were scored")
    return [*lines, ""] if lines else []


def _changes(heading: str, changes: Sequence[TaskChange]) -> list[str]:
    if not changes:
        return [f"{heading}: none", ""]
    lines = [f"{heading}: {plural(len(changes), 'task')}"]
    for change in changes:
        old, new, verdicts = _outcomes(change)
        detail = visible(change.new_detail or change.old_detail)
        lines.append(f"  {visible(change.task)}  {old} -> {new}  {verdicts}" + (f"  {detail}" if detail else ""))
    return [*lines, ""]


def _outcomes(change: TaskChange) -> tuple[str, str, str]:
    """Passes of the old and the new samples, and the verdicts on the side that is worse."""
    worse = change.new_verdicts if change.new.rate < change.old.rate else change.old_verdicts
    return (
        f"{change.old.passed}/{change.old.n}",
        f"{change.new.passed}/{change.new.n}",
        ", ".join(sorted(set(worse) - {"pass"})),
    )

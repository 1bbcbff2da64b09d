"""A comparison as text for a terminal: the verdict first, then the numbers, then the tasks with their evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..records.table import Answer
from ..words import bounds, p_value, percent, plural, points, short_suite
from .cases import Case
from .comparison import FALSE_ALARMS, Comparison, LeftOut, TaskChange
from .excerpts import answer_excerpt, printed, printed_name
from .gate import Gate
from .gate_words import OUTCOMES, gate_notes, gate_sentence, interval_words, limit_words, reason_words, seen_words
from .update import Update
from .words import verdict_on_update

NAMED = 20
"""Tasks that are named in a list where their number alone would say too little and all of them too much."""
_ANSWER_LINES, _ANSWER_CHARACTERS = 12, 1200


@dataclass(frozen=True, slots=True)
class Look:
    """How the text is laid out. width: columns. show: broken tasks whose answers are shown. paint: an outcome's word
    and outcome to the word as it is printed, say in colour.
    """

    width: int = 100
    show: int = 3
    paint: Callable[[str, str], str] = lambda word, outcome: word


def as_text(update: Update, look: Look | None = None) -> str:
    """The whole report."""
    one, look = update.comparison, look or Look()
    head = [verdict_on_update(one)]
    if update.gate is not None:
        head.insert(0, look.paint(gate_sentence(update.gate), update.gate.outcome))
    lines = [
        *head,
        "",
        f"{printed(one.old)} -> {printed(one.new)} on {printed(short_suite(one.suite))}: "
        f"{plural(one.tasks, 'task')} compared",
        *left_out_lines(one),
        "",
        *(_gate(update.gate, look) if update.gate is not None else []),
        *(f"{name:<24} {value}" for name, value in numbers(one)),
        "",
        *_differing(update.differing),
        *_broken(update.broken, look),
        *_fixed(update.fixed, look),
    ]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def numbers(one: Comparison) -> list[tuple[str, str]]:
    """The measures of an update by name, with their intervals."""
    rates = one.rates
    return [
        ("pass@1, old", percent(rates.old_rate)),
        ("pass@1, new", percent(rates.new_rate)),
        ("net change, points", f"{points(one.net)} {bounds(one.net_interval, signed=True)}"),
        ("no change at all", f"{p_value(one.p)}, {one.test}"),
        ("negative flip rate", f"{percent(rates.nfr)} {bounds(one.nfr_interval)} {one.nfr_interval.method}"),
        ("positive flip rate", f"{percent(rates.pfr)} {bounds(one.pfr_interval)} {one.pfr_interval.method}"),
        ("still works, BTC", f"{percent(one.btc)} {bounds(one.btc_interval)} of what worked"),
        ("new errors, NFI", f"{percent(one.nfi)} {bounds(one.nfi_interval)} of the new model's errors"),
        ("relative NFR", _relative(one.relative_nfr)),
        *_sampled(one),
        *_answers_changed(one),
        *_resampled(one),
    ]


def _relative(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.2f} (1: as if independent)"


def _sampled(one: Comparison) -> list[tuple[str, str]]:
    """What several samples a task tell beyond one."""
    rates = one.rates
    if one.flips is not None:
        return []
    rows = [("rates are", "expected flips of one fresh sample of each model, from several samples a task")]
    if not rates.floor_tasks:
        return [*rows, ("noise floor of NFR", "unknown: one side has one sample a task")]
    over = f" (over {plural(rates.floor_tasks, 'task')})"
    changed = sum(test.changed for test in one.task_tests)
    return [
        *rows,
        ("noise floor of NFR", percent(rates.noise_floor) + over),
        ("NFR above noise, points", points(rates.excess_nfr)),
        ("systematic churn", percent(rates.systematic)),
        *(
            (f"hard flips, k = {each.k}", f"{percent(each.hard_nfr)} broken, {percent(each.hard_pfr)} fixed")
            for each in one.at_k[-1:]
        ),
        ("changed beyond chance", f"{plural(changed, 'task')} (Fisher's test, {100 * FALSE_ALARMS:g} % false alarms)"),
    ]


def _answers_changed(one: Comparison) -> list[tuple[str, str]]:
    rows = [("wrong in another way", f"{percent(one.answers.wrong_twice)} of answers, among those wrong in both")]
    if one.smooth is not None:
        share = f"fewer on {percent(one.smooth.nfr)}, more on {percent(one.smooth.pfr)}"
        rows.append(("tests passed", f"{share} of {plural(one.smooth.n, 'task')}"))
    return rows


def _resampled(one: Comparison) -> list[tuple[str, str]]:
    intervals = (one.net_interval, one.nfr_interval, one.pfr_interval, one.btc_interval, one.nfi_interval)
    if any(each.method == "bootstrap" for each in intervals) or one.test != "exact McNemar":
        return [("resampled", f"{plural(one.roots, 'root task')}, seed {one.seed}")]
    return []


def left_out_reasons(left_out: LeftOut) -> list[tuple[str, tuple[str, ...]]]:
    """Why tasks could not be compared, and which they are."""
    reasons = (
        ("only in the old run", left_out.only_old),
        ("only in the new run", left_out.only_new),
        ("changed between the suites", left_out.changed),
        ("no scored sample in one of the runs", left_out.owed),
    )
    return [(reason, tasks) for reason, tasks in reasons if tasks]


def left_out_lines(one: Comparison) -> list[str]:
    """What was not compared, or only in part."""
    lines = [
        f"LEFT OUT, {reason}: {plural(len(tasks), 'task')}: {named(tasks)}"
        for reason, tasks in left_out_reasons(one.left_out)
    ]
    if one.partial:
        lines.append(f"PARTLY OWED: {plural(len(one.partial), 'task')} compared on the samples that were scored")
    return lines


def named(tasks: Sequence[str]) -> str:
    """The first tasks by name, and how many more there are."""
    more = [f"and {len(tasks) - NAMED:,} more"] if len(tasks) > NAMED else []
    return ", ".join([*(printed_name(task, 80) for task in tasks[:NAMED]), *more])


def outcomes(change: TaskChange) -> tuple[str, str, str]:
    """Passes of the old and the new samples, and the verdicts on the side that is worse."""
    worse = change.new_verdicts if change.new.rate < change.old.rate else change.old_verdicts
    return (
        f"{change.old.passed}/{change.old.n}",
        f"{change.new.passed}/{change.new.n}",
        ", ".join(sorted(set(worse) - {"pass"})),
    )


def answer_title(answer: Answer | None) -> str:
    """ "passed", "wrong", ...: what scoring found of an answer, and why there is no code in it."""
    if answer is None:
        return "not recorded"
    verdict = "passed" if answer.verdict == "pass" else str(answer.verdict)
    return f"{verdict}: {printed(answer.reason, 80)}" if answer.reason else verdict


def _gate(gate: Gate, look: Look) -> list[str]:
    rule = gate.rule
    header = ("limit", "seen", "not used (--point)" if rule.point else f"{100 * rule.level:g} % interval", "outcome")
    rows = [(limit_words(c), seen_words(c), interval_words(c), OUTCOMES[c.outcome]) for c in gate.checks]
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(3)]
    lines = [_row(header, widths)]
    for check, row in zip(gate.checks, rows, strict=True):
        lines.append(_row((*row[:3], look.paint(row[3], check.outcome)), widths))
        lines += [f"    {words}" for words in (reason_words(check),) if words]
    return [*lines, *(f"  {note}" for note in gate_notes(gate)), ""]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    limit, seen, interval, outcome = cells
    return f"  {limit:<{widths[0]}}  {seen:>{widths[1]}}  {interval:<{widths[2]}}  {outcome}"


def _differing(differing: Sequence[tuple[str, str, str]]) -> list[str]:
    if not differing:
        return []
    lines = [f"Settings that differ: {len(differing)}"]
    lines += [
        f"  {printed(name, 40)}: {printed(old, 40) or 'unset'} -> {printed(new, 40) or 'unset'}"
        for name, old, new in differing[:NAMED]
    ]
    if len(differing) > NAMED:
        lines.append(f"  and {len(differing) - NAMED} more")
    return [*lines, ""]


def _broken(broken: Sequence[Case], look: Look) -> list[str]:
    if not broken:
        return ["Broken: none", ""]
    unsure = sum(not case.sure for case in broken)
    chance = f", {unsure:,} of them perhaps by chance of sampling (marked ~)" if unsure else ""
    listed = [case for case in broken if case.sure] + [case for case in broken if not case.sure][:NAMED]
    lines = [f"Broken: {plural(len(broken), 'task')}{chance}", *_case_lines(listed, look.width)]
    if len(listed) < len(broken):
        lines.append(f"  and {len(broken) - len(listed):,} more, perhaps by chance: --json or --markdown has them all")
    for case in listed[: look.show]:
        lines += ["", *_answers(case, look.width)]
    left = len(broken) - look.show
    if left > 0 and look.show:
        lines += [
            "",
            f"  (the answers of {plural(left, 'more task', 'more tasks')}: --show {len(broken)}, or --markdown)",
        ]
    return [*lines, ""]


def _fixed(fixed: Sequence[Case], look: Look) -> list[str]:
    if not fixed:
        return ["Fixed: none", ""]
    lines = [f"Fixed: {plural(len(fixed), 'task')}", *_case_lines(fixed[:NAMED], look.width)]
    if len(fixed) > NAMED:
        lines.append(f"  and {len(fixed) - NAMED:,} more: --json or --markdown has them all")
    return [*lines, ""]


def _case_lines(listed: Sequence[Case], width: int) -> list[str]:
    """Task, passes before and after (where some task has several samples), verdicts, evidence; in columns."""
    several = any(case.change.old.n > 1 or case.change.new.n > 1 for case in listed)
    rows = []
    for case in listed:
        old, new, verdicts = outcomes(case.change)
        rows.append((printed_name(case.change.task, 60), f"{old} -> {new}" if several else "", verdicts))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for case, row in zip(listed, rows, strict=True):
        cells = [f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True) if size]
        head = ("  " if case.sure else "~ ") + "  ".join(cells)
        lines.append(f"{head}  {fitted(evidence(case), width - len(head) - 2)}".rstrip())
    return lines


def evidence(case: Case) -> str:
    """The first failing test and what it said."""
    return ": ".join(part for part in (printed(case.test, 60), printed(case.detail)) if part)


def fitted(text: str, width: int) -> str:
    """A text cut to so many columns (never below 20), the cut marked."""
    room = max(width, 20)
    return text if len(text) <= room else text[: room - 1] + "…"


def _answers(case: Case, width: int) -> list[str]:
    lines = [f"  {printed_name(case.change.task, 80)}"]
    for side, answer in (("old", case.old), ("new", case.new)):
        lines.append(f"    {side} answer, {answer_title(answer)}")
        if answer is not None:
            lines += answer_lines(answer, width)
    return lines


def answer_lines(answer: Answer, width: int) -> list[str]:
    """The beginning of an answer, behind a rule that no line of it can pass for the report's own."""
    cut = answer_excerpt(answer, lines=_ANSWER_LINES, characters=_ANSWER_CHARACTERS, width=max(20, width - 8))
    return [f"      | {line}".rstrip() for line in cut.lines] + ([f"      {cut.cut}"] if cut.cut else [])

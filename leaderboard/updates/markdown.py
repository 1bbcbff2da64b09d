"""A comparison as GitHub-flavoured Markdown, for a pull request or a job's summary.

Untrusted text stands in table cells as entities, or in fences longer than any run of backticks in it; nothing in it can
end a fence, open an element, make a link or call a person. GitHub takes at most 65,536 characters of a comment, so
answers are shown up to a budget, and what is not shown is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...benchmarks.visible import MAX_CHARACTERS, markdown
from ..records.table import Answer
from ..words import plural, short_suite
from .cases import Case
from .excerpts import answer_excerpt
from .gate import Gate
from .gate_words import OUTCOMES, gate_notes, gate_sentence, interval_words, limit_words, reason_words, seen_words
from .report import evidence, left_out_reasons, numbers, outcomes
from .update import Update
from .words import verdict_on_update

_ROWS = 100
_BUDGET = 24_000
_ANSWER_LINES, _ANSWER_CHARACTERS = 80, 4_000
_MARKS = {"ok": "✅", "failed": "❌", "inconclusive": "❔"}


def as_markdown(update: Update) -> str:
    """The whole report."""
    one = update.comparison
    lines = [f"# {cell(one.old)} → {cell(one.new)}", ""]
    if update.gate is not None:
        lines += [f"**{escaped(gate_sentence(update.gate))}**", ""]
    lines += [
        escaped(verdict_on_update(one)),
        "",
        f"{plural(one.tasks, 'task')} of {cell(short_suite(one.suite))} compared.",
        "",
        *_left_out(update),
        *(_gate(update.gate) if update.gate is not None else []),
        *table(("measure", "value"), [(name, escaped(value)) for name, value in numbers(one)]),
        *_differing(update.differing),
    ]
    broken = sorted(update.broken, key=lambda case: not case.sure)
    for heading, listed in (("Broken", broken), ("Fixed", update.fixed)):
        lines += [f"## {heading}: {plural(len(listed), 'task')}", "", *_cases(listed)]
    return "\n".join([*lines, *_answers(broken)]).rstrip("\n") + "\n"


def cell(text: object, limit: int = MAX_CHARACTERS) -> str:
    """Untrusted text for a line or a table. GitHub looks for @names and #numbers after it has read the entities, so a
    space without width stands behind each mark.
    """
    return markdown(text, limit).replace("&#64;", "&#64;&#8203;").replace("&#35;", "&#35;&#8203;")


def escaped(text: str) -> str:
    """A sentence of ours, in which only "<" could mean something to Markdown."""
    return text.replace("<", "&lt;")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already, and a blank line; nothing for no rows."""
    if not rows:
        return []
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines] + [""]


def fence(text: str, language: str = "python") -> list[str]:
    """Lines of a code fence that the text cannot close: it has more backticks than any run of them in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return [mark + language, *text.split("\n"), mark]


def _left_out(update: Update) -> list[str]:
    one, lines = update.comparison, []
    for reason, tasks in left_out_reasons(one.left_out):
        more = f" and {len(tasks) - _ROWS:,} more" if len(tasks) > _ROWS else ""
        listed = ", ".join(cell(task) for task in tasks[:_ROWS])
        lines += [f"**Left out, {reason}:** {plural(len(tasks), 'task')}: {listed}{more}", ""]
    if one.partial:
        lines += [f"**Partly owed:** {plural(len(one.partial), 'task')} compared on the samples that were scored", ""]
    return lines


def _gate(gate: Gate) -> list[str]:
    rule = gate.rule
    interval = "not used (`--point`)" if rule.point else f"{100 * rule.level:g} % interval"
    rows = [
        (
            f"{_MARKS[check.outcome]} {OUTCOMES[check.outcome]}",
            escaped(limit_words(check)),
            seen_words(check),
            interval_words(check),
            escaped(reason_words(check)),
        )
        for check in gate.checks
    ]
    notes = [line for note in gate_notes(gate) for line in (note, "")]
    return [*table(("", "limit", "seen", interval, "why"), rows), *notes]


def _differing(differing: Sequence[tuple[str, str, str]]) -> list[str]:
    if not differing:
        return []
    rows = [[cell(text) or "unset" for text in row] for row in differing[:_ROWS]]
    summary = f"{plural(len(differing), 'setting differs', 'settings differ')} between the runs"
    return ["<details>", f"<summary>{summary}</summary>", "", *table(("setting", "old", "new"), rows), "</details>", ""]


def _cases(listed: Sequence[Case]) -> list[str]:
    rows = []
    for case in listed[:_ROWS]:
        task, *rest = (cell(text, 300) for text in (case.change.task, *outcomes(case.change), evidence(case)))
        rows.append([task if case.sure else f"~ {task}", *rest])
    unsure = sum(not case.sure for case in listed)
    lines = [f"{unsure:,} of them perhaps by chance of sampling (marked ~).", ""] if unsure else []
    lines += table(("task", "old", "new", "verdicts", "failing test and detail"), rows)
    if len(listed) > _ROWS:
        lines += [f"and {len(listed) - _ROWS:,} more: the JSON has them all.", ""]
    return lines


def _answers(broken: Sequence[Case]) -> Iterator[str]:
    """Both answers of broken tasks, folded, while the budget lasts."""
    spent, shown = 0, 0
    for case in broken:
        block = list(_answer_block(case))
        spent += sum(len(line) + 1 for line in block)
        if spent > _BUDGET:
            break
        shown += 1
        yield from block
    if shown < len(broken):
        yield f"The answers of {plural(len(broken) - shown, 'more task', 'more tasks')} are in the JSON."


def _answer_block(case: Case) -> Iterator[str]:
    yield from ("<details>", f"<summary>{cell(case.change.task)}: both answers</summary>", "")
    for side, answer in (("Old", case.old), ("New", case.new)):
        yield from (f"{side} answer, {answer_heading(answer)}", "")
        if answer is not None:
            yield from (*answer_fence(answer), "")
    yield from ("</details>", "")


def answer_heading(answer: Answer | None) -> str:
    """What scoring found of an answer, for Markdown."""
    if answer is None:
        return "not recorded"
    verdict = "passed" if answer.verdict == "pass" else str(answer.verdict)
    return cell(f"{verdict}: {answer.reason}" if answer.reason else verdict)


def answer_fence(answer: Answer) -> list[str]:
    """The beginning of an answer in a fence."""
    return fence(answer_excerpt(answer, lines=_ANSWER_LINES, characters=_ANSWER_CHARACTERS).text)

"""A scorecard as text for a terminal and as Markdown: the score in one sentence first, then where it comes from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ..boards.kin import kin_sentence
from ..updates.excerpts import printed, printed_name
from ..updates.markdown import answer_fence, answer_heading, cell, escaped, table
from ..updates.report import Look, answer_lines, answer_title, fitted
from ..words import bounds, percent, plural, short_suite
from .scorecard import Cost, Failure, Group, Scorecard, Slow

_GROUPS = 12
_FAILURES = 20
_ROWS = 200
_BUDGET = 40_000
_SETTINGS = ("sampling.", "endpoint.form", "prompt.", "source.", "scoring.kind", "scoring.image", "scoring.timeout_s")

Row = tuple[str, ...]
Show = Callable[[object], str]


def score_sentence(card: Scorecard, show: Show = printed) -> str:
    """The score of a run in one sentence, and what is missing from it. show: makes untrusted names harmless."""
    run, score = card.run, card.score
    suite, name = show(short_suite(run.suite)), show(run.label)
    if not score.tasks:
        return f"{name} has no scored sample on {suite} yet: {plural(run.owed, 'sample')} owed."
    what = f"{name} scores {percent(score.value)} on {suite} (pass@1, 95 % interval {bounds(card.interval)})"
    if run.owed or score.short:
        missing = (
            f"{plural(run.owed, 'sample')} owed" if run.owed else f"{plural(score.short, 'task')} without an answer"
        )
        return f"{what}, over the {score.tasks:,} of {plural(len(run.tasks), 'task')} that are scored: {missing}."
    return f"{what}, {plural(score.tasks, 'task')}."


def scorecard_text(card: Scorecard, look: Look | None = None) -> str:
    """The whole report for a terminal."""
    look = look or Look()
    sections = [
        [score_sentence(card)],
        [f"{name:<14} {value}" for name, value in facts(card)],
        *(_aligned(title, rows) for title, rows in _tables(card, printed)),
        _failures_text(card.failures, look),
        _settings_text(card),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def scorecard_markdown(card: Scorecard) -> str:
    """The same as Markdown."""
    lines = [f"# {cell(card.run.label)} on {cell(short_suite(card.run.suite))}", ""]
    lines += [escaped(score_sentence(card, cell)), ""]
    lines += table(("measure", "value"), [(name, escaped(value)) for name, value in facts(card)])
    for title, (header, *rows) in _tables(card, cell):
        lines += [f"## {title}", "", *table(header, rows)]
    lines += [*_failures_markdown(card.failures), *_settings_markdown(card)]
    return "\n".join(lines).rstrip("\n") + "\n"


def facts(card: Scorecard) -> list[Row]:
    """What a run came to: pass@k, verdicts, what is owed, what it cost, how long it took."""
    run, spent = card.run, card.run.spent
    found = run.verdict_counts
    rows: list[Row] = [(f"pass@{one.k}", percent(one.value)) for one in card.passes]
    rows.append(
        ("verdicts", ", ".join(f"{n:,} {name}" for name, n in found.items() if n and name != "infra") or "none")
    )
    if run.owed:
        kinds = {name: int(run.tasks[name].sum()) for name in ("infra", "unscored", "missing")}
        rows.append(("owed", f"{run.owed:,}: " + ", ".join(f"{n:,} {name}" for name, n in kinds.items() if n)))
    rows.append(("tokens", _tokens(card.cost)))
    if not math.isnan(card.cost.money):
        about = "about " if card.cost.estimated else ""
        rows.append(("money", f"{about}{card.cost.money:.4f}"))
    if spent.timed:
        rows.append(("latency", f"{spent.latency_mean_s:.2f} s mean, {spent.latency_p95_s:.2f} s 95th percentile"))
    if run.kin:
        rows.append(("author's kin", kin_sentence(run)))
    rows.append(("created", printed(run.created, 40) or "unknown"))
    return rows


def _tokens(cost: Cost) -> str:
    counted = cost.input_tokens or cost.output_tokens
    said = f"{cost.input_tokens:,} in, {cost.output_tokens:,} out" if counted else "not counted by the server"
    return said + (f"; {plural(cost.cached, 'answer')} from the cache, not paid for" if cost.cached else "")


def _tables(card: Scorecard, show: Show) -> list[tuple[str, list[Row]]]:
    """Every table by its title, the header first; empty ones left out."""
    tables = [
        ("By tag", _groups("tag", card.tags, show)),
        ("By operator", _groups("operator", card.operators, show)),
        ("By root", _groups("root", card.families, show)),
        ("Slowest replies", _slowest(card.slow_replies, show)),
        ("Slowest to score", _slowest(card.slow_tests, show)),
    ]
    return [(title, rows) for title, rows in tables if len(rows) > 1]


def _groups(what: str, groups: Sequence[Group], show: Show) -> list[Row]:
    rows: list[Row] = [(what, "tasks", "pass@1", "95 % interval")]
    for group in groups[:_GROUPS]:
        unscored = f" ({group.score.short:,} unscored)" if group.score.short else ""
        rows.append(
            (show(group.name), f"{group.tasks:,}{unscored}", percent(group.score.value), bounds(group.interval))
        )
    if len(groups) > _GROUPS:
        rows.append((f"and {len(groups) - _GROUPS:,} more, none of them worse", "", "", ""))
    return rows


def _slowest(slow: Sequence[Slow], show: Show) -> list[Row]:
    return [("task", "seconds"), *((f"{show(one.task)} sample {one.epoch}", f"{one.seconds:.2f}") for one in slow)]


def _aligned(title: str, rows: Sequence[Row]) -> list[str]:
    """A title and rows in columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [title]
    for row in rows:
        rest = "".join(f"  {text:>{width}}" for text, width in zip(row[1:], widths[1:], strict=True))
        lines.append(f"  {row[0]:<{widths[0]}}{rest}".rstrip())
    return lines


def _evidence(failure: Failure, show: Show) -> str:
    return ": ".join(part for part in (show(failure.test), show(failure.detail)) if part)


def _outcome(failure: Failure) -> str:
    return ", ".join(sorted(set(failure.verdicts)))


def _failures_text(failures: Sequence[Failure], look: Look) -> list[str]:
    if not failures:
        return ["Failures: none"]
    lines = [f"Failures: {plural(len(failures), 'task')}"]
    rows = [(printed_name(f.task, 60), f"{f.passed}/{f.scored}", _outcome(f)) for f in failures[:_FAILURES]]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for failure, (task, passed, verdicts) in zip(failures, rows, strict=False):
        head = f"  {task:<{widths[0]}}  {passed:>{widths[1]}}  {verdicts:<{widths[2]}}"
        lines.append(f"{head}  {fitted(_evidence(failure, printed), look.width - len(head) - 2)}".rstrip())
    if len(failures) > _FAILURES:
        lines.append(f"  and {len(failures) - _FAILURES:,} more: --json or --markdown has them all")
    for failure in failures[: look.show]:
        lines += ["", f"  {printed_name(failure.task, 80)}: {answer_title(failure.answer)}"]
        lines += [] if failure.answer is None else answer_lines(failure.answer, look.width)
    return lines


def _failures_markdown(failures: Sequence[Failure]) -> Iterator[str]:
    yield from (f"## Failures: {plural(len(failures), 'task')}", "")
    rows = [(cell(f.task), f"{f.passed}/{f.scored}", cell(_outcome(f)), _evidence(f, cell)) for f in failures[:_ROWS]]
    yield from table(("task", "passed", "verdicts", "failing test and detail"), rows)
    if len(failures) > _ROWS:
        yield from (f"and {len(failures) - _ROWS:,} more: the JSON has them all.", "")
    spent = 0
    for shown, failure in enumerate(failures):
        block = list(_answer_block(failure))
        spent += sum(len(line) + 1 for line in block)
        if spent > _BUDGET:
            left = plural(len(failures) - shown, "more task", "more tasks")
            yield from (f"The answers of {left} are in the JSON.", "")
            return
        yield from block


def _answer_block(failure: Failure) -> Iterator[str]:
    summary = f"{cell(failure.task)}: {answer_heading(failure.answer)}"
    yield from ("<details>", f"<summary>{summary}</summary>", "")
    if failure.answer is not None:
        yield from (*answer_fence(failure.answer), "")
    yield from ("</details>", "")


def _shown_settings(card: Scorecard) -> list[Row]:
    suite = card.run.section("suite")
    rows: list[Row] = [("suite", f"{suite.get('name')}@{suite.get('version')}#{str(suite.get('digest'))[:12]}")]
    return rows + [(name, value) for name, value in card.settings.items() if name.startswith(_SETTINGS)]


def _settings_text(card: Scorecard) -> list[str]:
    rows = [(printed(name, 40), printed(value, 60)) for name, value in _shown_settings(card)]
    width = max(len(name) for name, _ in rows)
    return ["Settings", *(f"  {name:<{width}}  {value}" for name, value in rows)]


def _settings_markdown(card: Scorecard) -> list[str]:
    rows = [(cell(name), cell(value)) for name, value in _shown_settings(card)]
    return ["## Settings", "", *table(("setting", "value"), rows)]

"""What an author is shown of a parent: what it asks for in prose, its program, and calls that were run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask
from ..literals import literal
from ..positions import CannotEdit
from ..protocol import Executed, NotApplicable, Observation
from ..tools import without_docstrings
from ..wrapping import signature_of
from .protocol import Hints
from .restating import bare

SHOWN_CALLS = 6
_LONGEST_CALL = 160


def shown(task: CodeTask, observed: Observation) -> Mapping[str, Any]:
    """The fields of one parent: ``text``, ``program``, ``calls`` (lines ``f(1) == 2``)."""
    return {"text": bare(task), "program": _program(task), "calls": _calls(task, observed.executed)}


def hint_fields(hints: Hints) -> Mapping[str, Any]:
    """The fields of ``partials/hints.md``."""
    inspirations = []
    for task, fitness in hints.inspirations:
        try:
            text = bare(task)
        except NotApplicable:
            text = task.prompt
        inspirations.append({"text": text, "fitness": round(fitness, 3)})
    return {
        "lessons": list(hints.lessons),
        "plan": list(hints.plan),
        "target": hints.target,
        "inspirations": inspirations,
        "strategy": hints.strategy,
        "avoid": list(hints.avoid),
    }


def signature_line(task: CodeTask) -> str:
    """``def name(parameters):`` as the parent's program has it."""
    entry = str(task.entry_point)
    return f"def {entry}({signature_of(task.reference, entry).parameters}):"


def _program(task: CodeTask) -> str:
    try:
        return without_docstrings(task.reference).strip("\n")
    except (CannotEdit, SyntaxError):
        return task.reference.strip("\n")


def _calls(task: CodeTask, rows: Sequence[Executed]) -> list[str]:
    """Some calls with their values, one of each value first, as far as they are short."""
    lines: dict[str, str] = {}
    more: list[str] = []
    for row in rows:
        try:
            value = literal(row.returns)
            line = f"{task.entry_point}({', '.join(map(literal, row.args))}) == {value}"
        except ValueError:
            continue
        if row.raised is None and len(line) <= _LONGEST_CALL:
            if value in lines:
                more.append(line)
            lines.setdefault(value, line)
    return [*lines.values(), *more][:SHOWN_CALLS]

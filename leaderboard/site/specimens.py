"""Tests in a form that people read: calls with what they must return, programs as they stand, all of it capped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...benchmarks.task import MISSING, Case, CasesTest, CheckTest, CodeTask, LiteralTest, ModuleTest, StdioTest, Test
from ...harness.scoring import show
from ..words import plural

CASES = 12
COMPARED_CASES = 60
STDIO_CHARACTERS = 400
PROGRAM_CHARACTERS = 6_000


@dataclass(frozen=True, slots=True)
class Specimen:
    """One test of a task. name, text: untrusted, not yet made visible. summary: what kind it is and how much of it."""

    name: str
    summary: str
    text: str


def specimens(task: CodeTask, *, cases: int = CASES) -> list[Specimen]:
    """Every test of a task; of its cases the first ``cases``, and a line that says how many more there are."""
    return [Specimen(test.name, _summary(test), "\n".join(_lines(test, task, cases))) for test in task.tests]


def _summary(test: Test) -> str:
    if isinstance(test, CasesTest):
        how = ", ".join(f"{key} {value}" for key, value in test.comparator.to_json().items())
        parts = [
            plural(len(test.cases), "call"),
            f"compared with {how}" if how else "",
            "own oracle" * bool(test.oracle),
        ]
        return ", ".join(part for part in parts if part)
    if isinstance(test, StdioTest):
        return f"{plural(len(test.cases), 'program run')}, output compared by {test.whitespace}"
    if isinstance(test, LiteralTest):
        return "the answer is this value"
    return "check(candidate)" if isinstance(test, CheckTest) else f"test file, imports {test.module}"


def _lines(test: Test, task: CodeTask, most: int) -> Iterator[str]:
    if isinstance(test, CasesTest):
        yield from (_call(case, task.entry_point or "answer") for case in test.cases[:most])
        yield from _more(len(test.cases) - most, "call")
        if test.oracle:
            yield from ("", "# judged by", _cut(test.oracle, PROGRAM_CHARACTERS))
    elif isinstance(test, StdioTest):
        for number, case in enumerate(test.cases[: max(1, most // 4)], 1):
            yield f"# run {number}: given"
            yield _cut(case.stdin, STDIO_CHARACTERS)
            yield "# must print"
            yield _cut(case.stdout, STDIO_CHARACTERS)
        yield from _more(len(test.cases) - max(1, most // 4), "run")
    elif isinstance(test, LiteralTest):
        yield show(test.expected)
    elif isinstance(test, CheckTest | ModuleTest):
        yield _cut(test.program, PROGRAM_CHARACTERS)


def _call(case: Case, name: str) -> str:
    source = case.args_source  # of the whole list of arguments
    arguments = ", ".join(map(show, case.args)) if source is None else f"*{_cut(source, STDIO_CHARACTERS)}"
    return f"{name}({arguments}) {_outcome(case)}"


def _outcome(case: Case) -> str:
    if case.raises is not None:
        return f"raises {case.raises}"
    if case.expected_digest is not None:
        return f"== a large value with digest {case.expected_digest[:12]}"
    if not case.acceptable:
        return "== what the reference returns"
    first, others = case.acceptable[0], len(case.acceptable) - 1
    return f"== {'...' if first is MISSING else show(first)}" + (
        f"  # or {plural(others, 'other value')}" if others else ""
    )


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"… {plural(count, f'more {what}')}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most:,} more characters"

"""Are the examples in the prompts true? Each is executed, in the sandbox, with the reference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask, InfraError
from ...benchmarks.plain import dumps
from ...harness.sandbox.api import CallResult, CallsJob, Sandbox
from ..doctests import Example, Read
from ..observe import LIMITS, Progress
from ..truth import agreement, examples_of
from .findings import Notebook, Severity

RUNNER = "evalrun_run_one_example"
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class _Asked:
    task: CodeTask
    read: Read


def examples_true(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress, book: Notebook) -> None:
    """G1, the second half: every example that can be read says what the reference gives."""
    asked = [_Asked(task, examples_of(task)) for task in tasks if task.entry_point is not None]
    run = [each for each in asked if each.read.examples]
    outcomes = sandbox.run(
        CallsJob(
            example_program(each.task.reference, each.read.examples),
            RUNNER,
            tuple((n,) for n in range(len(each.read.examples))),
            LIMITS,
        )
        for each in run
    )
    for each, outcome in zip(run, outcomes, strict=True):
        if outcome.status == "infra":
            raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
        for example, result in zip(each.read.examples, outcome.calls, strict=False):
            _compare(each.task, example, result, book)
        if len(outcome.calls) < len(each.read.examples):
            example = each.read.examples[len(outcome.calls)]
            what = f"the example {short(example.call)} ends in {outcome.status}"
            book.find("error", each.task.id, "examples", what, "mend the example or the reference")
        progress("examples", 1)
    for each in asked:
        _readable(each, book)
    without = sum(not each.read.examples and not each.read.unread for each in asked)
    book.checked("examples", len(asked), ["no examples"] * without)


def example_program(program: str, examples: Sequence[Example]) -> str:
    """A program with a function RUNNER(n) behind it that evaluates the n-th example."""
    arms = "".join(
        f"    if n == {number}:\n        return (\n{textwrap.indent(example.call, ' ' * 12)}\n        )\n"
        for number, example in enumerate(examples)
    )
    return f"{program}\n\n\ndef {RUNNER}(n):\n{arms}"


def _compare(task: CodeTask, example: Example, result: CallResult, book: Notebook) -> None:
    says = example.value
    mend = "mend the example or the reference: one of them is wrong"
    if result.raised == "unplain":
        return
    if result.raised == "NameError" and not example.plain:
        what = f"the example {short(example.call)} uses names that are not defined"
        book.find("note", task.id, "examples", what, "write it as Python, so that it can be checked", call=example.call)
        return
    if result.raised is not None:
        what = f"the example {short(example.call)} raises {result.raised}"
        book.find("error", task.id, "examples", what, mend, call=example.call, says=example.expected)
        return
    try:
        gives = dumps(result.value)
    except ValueError:
        return
    found = agreement(result.value, says)
    if found == "same":
        return
    like = found == "like"
    if like:
        mend = "show the value itself: only its type or its rounding differs"
    says_it = f"the prompt says {short(example.call)} gives {short(example.expected)}"
    what = f"{says_it}, it gives {short(repr(result.value))}"
    severity: Severity = "warning" if like or example.equation else "error"
    book.find(severity, task.id, "examples", what, mend, call=example.call, says=example.expected, gives=gives)


def _readable(asked: _Asked, book: Notebook) -> None:
    """G0 for examples: those that no program can read are told, because nobody checks them."""
    book.figure(asked.task.id, examples=len(asked.read.examples), unread_examples=len(asked.read.unread))
    if asked.read.unread:
        what = f"{len(asked.read.unread)} examples cannot be read by machine, the first: {short(asked.read.unread[0])}"
        mend = "write them as Python, so that they can be checked"
        book.find("note", asked.task.id, "examples", what, mend, unread=list(asked.read.unread))


def written(value: Any) -> str:
    """A value as Python writes it; words where that takes thousands of digits."""
    try:
        return repr(value)
    except ValueError:
        return "(a value with a number of thousands of digits)"


def call_of(task: CodeTask, args: Sequence[Any]) -> str:
    """A call of a task's function, as Python."""
    return f"{task.entry_point}({', '.join(map(written, args))})"


def short(text: str) -> str:
    """A text in one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"

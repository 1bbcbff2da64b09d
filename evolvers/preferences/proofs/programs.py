"""Responses that hold programs: the code in them, and the tests of a proof as those of a code task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ....benchmarks import BadInput, CodeTask, InfraError
from ....benchmarks.preference import PreferenceTask
from ....harness.endpoint.extract import extract
from ....harness.sandbox.api import Sandbox
from ....harness.scoring import score_answers
from ....harness.verdict import Score, Verdict
from .labels import data_of


def entry_of(task: PreferenceTask) -> str | None:
    """The function under test that the proof names; None for whole programs. BadInput when it is no name."""
    entry = data_of(task).get("entry_point")
    if entry is not None and not (isinstance(entry, str) and entry.isidentifier()):
        raise BadInput(f"proof: entry_point: expected the name of a function, found {str(entry)[:40]!r}")
    return entry


def programs_of(task: PreferenceTask) -> dict[str, str]:
    """By response id the program in it, found as in a model's answer; "" where there is none."""
    entry = entry_of(task)
    return {response.id: extract(response.text, form="instruct", entry_point=entry).code for response in task.responses}


def code_task(task: PreferenceTask) -> CodeTask:
    """The proof's tests as a code task. BadInput where they are none, or where an expected value is missing."""
    tests = data_of(task).get("tests")
    if not isinstance(tests, list) or not tests:
        raise BadInput("proof: tests: expected a list of tests, as code tasks have them")
    row: dict[str, Any] = {"type": "code", "id": task.id, "prompt": "", "form": "instruct", "reference": ""}
    found = CodeTask.from_json({**row, "entry_point": entry_of(task), "tests": tests})
    for test in found.tests:
        if test.kind == "cases" and not all(case.settled for case in test.cases):
            raise BadInput("proof: tests: an expected value is missing")
        if test.kind != "stdio" and test.kind != "module" and found.entry_point is None:
            raise BadInput("proof: entry_point is missing")
    return found


def scored(items: Sequence[tuple[CodeTask, str]], sandbox: Sandbox) -> Iterator[Score]:
    """The verdicts on (task, program) pairs, in order. InfraError when the sandbox fails."""
    for score in score_answers(items, sandbox):
        if score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; start again")
        yield score

"""Proof by tests: the responses hold programs, which are run.

    {"kind": "tests", "entry_point": "f", "tests": [...], "passes": {"a": true, "b": false}}

``tests`` are as a code task's. ``passes`` says of each response whether its program passes all of them, or, for a
graded chain, how many of them: a program that passes more tests is better, and what passes as many is as good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks import BadInput, CodeTask
from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import Sandbox
from ....harness.verdict import Score, Verdict
from ...protocol import Gate
from .labels import by_response, gate, order_problem
from .programs import code_task, programs_of, scored

KIND = "tests"


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks with proofs of this kind, in order; all programs are scored in one batch."""
    asked = [_question(task) for task in tasks]
    ready = [question for question in asked if isinstance(question, _Question)]
    scores = scored([item for question in ready for item in question.items()], sandbox)
    return [question if isinstance(question, Gate) else question.gate(scores) for question in asked]


@dataclass(frozen=True)
class _Question:
    """What is run for one task: every program with every part of the tests."""

    task: PreferenceTask
    parts: tuple[CodeTask, ...]
    programs: Mapping[str, str]
    says: Mapping[str, Any]

    def items(self) -> Iterator[tuple[CodeTask, str]]:
        for program in self.programs.values():
            for part in self.parts:
                yield part, program

    def gate(self, scores: Iterator[Score]) -> Gate:
        verdicts = {name: [next(scores).verdict for _ in self.parts] for name in self.programs}
        passed = {name: sum(verdict is Verdict.PASS for verdict in found) for name, found in verdicts.items()}
        shown = {name: [str(verdict.value) for verdict in found] for name, found in verdicts.items()}
        wrong = next((name for name in passed if passed[name] != int(self.says[name])), None)
        problem = order_problem(self.task, passed)
        if wrong is not None:
            problem = f"the program of {wrong} passes {passed[wrong]} of {len(self.parts)}, not {int(self.says[wrong])}"
        return gate(KIND, problem, verdicts=shown)


def _question(task: PreferenceTask) -> _Question | Gate:
    try:
        whole, says = code_task(task), by_response(task, "passes")
        if all(isinstance(told, bool) for told in says.values()):
            return _Question(task, (whole,), programs_of(task), says)
        if not all(type(told) is int and 0 <= told <= len(whole.tests) for told in says.values()):
            raise BadInput("proof: passes: expected true or false for every response, or how many tests each passes")
        parts = tuple(replace(whole, tests=(test,)) for test in whole.tests)
        return _Question(task, parts, programs_of(task), says)
    except BadInput as error:
        return gate(KIND, str(error))

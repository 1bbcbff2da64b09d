"""Proof by cases: the responses hold programs, and each case that a program gets right counts.

    {"kind": "cases", "entry_point": "f", "tests": [...], "least": 0.5}

Programs are ranked by how many cases they pass: more is better, as many is as good. Those of the best tier pass all of
them, and any other program passes at least the share ``least`` of them, so that it is nearly right. A test that is no
list of cases counts as one case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ....benchmarks import BadInput, Case, CasesTest, CodeTask, InfraError, Test, matches
from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import CallResult, CallsJob, Limits, Outcome, Sandbox
from ....harness.verdict import Score, Verdict
from ...protocol import Gate
from .labels import data_of, gate, order_problem
from .programs import code_task, programs_of, scored

KIND = "cases"
LIMITS = Limits(memory_mb=1024)


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks with proofs of this kind, in order; every program takes all its calls in one go."""
    asked = [_question(task) for task in tasks]
    ready = [question for question in asked if isinstance(question, _Question)]
    scores = scored([item for question in ready for item in question.items()], sandbox)
    verdicts = [question.verdicts(scores) for question in ready]
    outcomes = sandbox.run([job for question in ready for job in question.jobs()])
    gates = iter([question.gate(found, outcomes) for question, found in zip(ready, verdicts, strict=True)])
    return [question if isinstance(question, Gate) else next(gates) for question in asked]


def cases_in(tests: Sequence[Test]) -> int:
    """How many cases a task's tests have."""
    return sum(len(test.cases) if isinstance(test, CasesTest) and _is_called(test) else 1 for test in tests)


@dataclass(frozen=True)
class _Question:
    """What is run for one task: its programs with every test."""

    task: PreferenceTask
    code: CodeTask
    programs: Mapping[str, str]
    least: float

    def items(self) -> Iterator[tuple[CodeTask, str]]:
        """What is scored: the tests that are no plain calls."""
        for program in self.programs.values():
            for test in self.code.tests:
                if not _is_called(test):
                    yield replace(self.code, tests=(test,)), program

    def jobs(self) -> Iterator[CallsJob]:
        """What is called."""
        for program in self.programs.values():
            for test in self.code.tests:
                if isinstance(test, CasesTest) and _is_called(test):
                    calls = tuple(case.args if case.args_source is None else case.args_source for case in test.cases)
                    yield CallsJob(program, self.code.entry_point, calls, LIMITS)

    def verdicts(self, scores: Iterator[Score]) -> dict[str, int]:
        """By response id, how many of the scored tests its program passes."""
        plain = sum(not _is_called(test) for test in self.code.tests)
        return {name: sum(next(scores).verdict is Verdict.PASS for _ in range(plain)) for name in self.programs}

    def gate(self, scored_tests: Mapping[str, int], outcomes: Iterator[Outcome]) -> Gate:
        """Whether the label follows."""
        called = [test for test in self.code.tests if isinstance(test, CasesTest) and _is_called(test)]
        passed = {
            name: scored_tests[name] + sum(_right(test, next(outcomes)) for test in called) for name in self.programs
        }
        return gate(KIND, self._problem(passed), passed=passed, cases=cases_in(self.code.tests))

    def _problem(self, passed: Mapping[str, int]) -> str | None:
        every = cases_in(self.code.tests)
        for place, tier in enumerate(self.task.ranking):
            for name in tier:
                if place == 0 and passed[name] < every:
                    return f"the program of {name} is ranked best and passes {passed[name]} of {every} cases"
                if passed[name] < self.least * every:
                    return f"the program of {name} passes {passed[name]} of {every} cases, too few to be nearly right"
        return order_problem(self.task, passed)


def _is_called(test: Test) -> bool:
    """Whether a test is a list of calls whose results can be compared here, each by itself."""
    if not isinstance(test, CasesTest) or test.oracle is not None:
        return False
    return all(case.acceptable or case.raises is not None for case in test.cases)


def _right(test: CasesTest, outcome: Outcome) -> int:
    """How many cases a program gets right; none when it does not come to an end, whose place depends on the machine."""
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; start again")
    if outcome.status != "ok":
        return 0
    return sum(_is_right(test, case, result) for case, result in zip(test.cases, outcome.calls, strict=False))


def _is_right(test: CasesTest, case: Case, result: CallResult) -> bool:
    if case.raises is not None or result.raised is not None:
        return result.raised == case.raises
    try:
        return any(matches(result.value, right, test.comparator) for right in case.acceptable)
    except Exception:  # a program chooses what it returns; what cannot be compared is not right
        return False


def _question(task: PreferenceTask) -> _Question | Gate:
    try:
        least = data_of(task).get("least", 0)
        if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least < 1:
            raise BadInput("proof: least: expected a share from 0 to 1")
        return _Question(task, code_task(task), programs_of(task), float(least))
    except BadInput as error:
        return gate(KIND, str(error))

"""Proof by rules: patterns of unsafe code that the responses' programs hold (``unsafe`` lists them).

    {"kind": "rules", "findings": {"a": [], "b": ["sql_by_formatting"]}}

A program in which fewer rules find something is better. With ``entry_point`` and ``tests`` every program must pass the
tests too, so that the unsafe one is not simply broken. Programs are parsed and never run by the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ....benchmarks import BadInput, CodeTask
from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import Sandbox
from ....harness.verdict import Score, Verdict
from ...protocol import Gate
from .labels import by_response, data_of, gate, order_problem
from .programs import code_task, programs_of, scored
from .unsafe import findings

KIND = "rules"


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks with proofs of this kind, in order."""
    asked = [_question(task) for task in tasks]
    ready = [question for question in asked if isinstance(question, _Question)]
    scores = scored([item for question in ready for item in question.items()], sandbox)
    return [question if isinstance(question, Gate) else question.gate(scores) for question in asked]


@dataclass(frozen=True)
class _Question:
    """What the rules found in one task's programs, and the tests they must pass; code is None without tests."""

    task: PreferenceTask
    programs: Mapping[str, str]
    found: Mapping[str, list[str]]
    code: CodeTask | None

    def items(self) -> Iterator[tuple[CodeTask, str]]:
        """What is scored."""
        if self.code is not None:
            for program in self.programs.values():
                yield self.code, program

    def gate(self, scores: Iterator[Score]) -> Gate:
        """Whether the label follows."""
        verdicts = {} if self.code is None else {name: next(scores).verdict for name in self.programs}
        evidence = {"findings": dict(self.found), "verdicts": {name: str(v.value) for name, v in verdicts.items()}}
        return gate(KIND, self._problem(verdicts), **evidence)

    def _problem(self, verdicts: Mapping[str, Verdict]) -> str | None:
        for name, verdict in verdicts.items():
            if verdict is not Verdict.PASS:
                return f"the program of {name} does not pass the tests ({verdict.value})"
        says = by_response(self.task, "findings")
        for name, found in self.found.items():
            if not isinstance(says[name], list) or sorted(map(str, says[name])) != found:
                return f"in the program of {name} the rules find {', '.join(found) or 'nothing'}, not what is stated"
        return order_problem(self.task, {name: -len(found) for name, found in self.found.items()})


def _question(task: PreferenceTask) -> _Question | Gate:
    try:
        by_response(task, "findings")
        programs, found = programs_of(task), {}
        for name, program in programs.items():
            rules = findings(program)
            if rules is None:
                raise BadInput(f"the program of {name} cannot be parsed, so no rule can look at it")
            found[name] = sorted({finding.rule for finding in rules})
        code = code_task(task) if "tests" in data_of(task) else None
        return _Question(task, programs, found, code)
    except BadInput as error:
        return gate(KIND, str(error))

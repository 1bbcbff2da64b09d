"""Responses that hold programs: where the program stands in the text, and which of them the label's proof calls right.

Nothing is run here: what a proof says of its programs is believed until the new task's own proof is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.preference import PreferenceTask, Proof, Response
from ...harness.endpoint.extract import extract
from ..protocol import NotApplicable
from ..sameness import program_digest


@dataclass(frozen=True, slots=True)
class Solution:
    """A response and the program in it, which stands in its text from ``start`` to ``end``."""

    response: Response
    program: str
    start: int
    end: int

    def text_with(self, program: str) -> str:
        """The response's text with another program in this one's place."""
        return self.response.text[: self.start] + program.strip("\n") + self.response.text[self.end :]


@dataclass(frozen=True, slots=True)
class Coded:
    """What a preference task about programs holds.

    entry_point, tests: as in its proof. solutions: by response id. right, wrong: ids of the programs that pass all
    tests and of those that do not, as the proof says; in the order of the ranking.
    """

    entry_point: str | None
    tests: Sequence[Any]
    solutions: Mapping[str, Solution]
    right: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def best(self) -> Solution:
        """The first right program; NotApplicable when there is none."""
        if not self.right:
            raise NotApplicable("no response passes the tests")
        return self.solutions[self.right[0]]


def require_upright(task: PreferenceTask) -> Proof:
    """The task's proof; NotApplicable when a machine cannot show the label, or when the criterion is inverted."""
    if task.proof is None or task.proof.kind == "stated":
        raise NotApplicable("no machine can show the label")
    if task.proof.data.get("inverted") is True:
        raise NotApplicable("the criterion is inverted already")
    return task.proof


def coded(task: PreferenceTask) -> Coded:
    """The programs of a task; NotApplicable when it is not about programs with tests."""
    proof = require_upright(task)
    tests = proof.data.get("tests")
    if proof.kind not in ("tests", "cases", "operations", "rules") or not isinstance(tests, list) or not tests:
        raise NotApplicable("the label is not proven by tests")
    entry = proof.data.get("entry_point")
    solutions = {response.id: solution_in(response, entry) for response in task.responses}
    passes = _passing(task, proof)
    order = [name for tier in task.ranking for name in tier]
    right = tuple(name for name in order if passes.get(name) is True)
    wrong = tuple(name for name in order if passes.get(name) is False)
    return Coded(entry, tests, solutions, right, wrong)


def solution_in(response: Response, entry_point: str | None) -> Solution:
    """The program of a response; NotApplicable when it does not stand in the text as it is run."""
    program = extract(response.text, form="instruct", entry_point=entry_point).code.strip("\n")
    start = response.text.find(program) if program.strip() else -1
    if start < 0:
        raise NotApplicable("a response's program does not stand in its text as it is run")
    return Solution(response, program, start, start + len(program))


def digest_of(program: str) -> str:
    """What identifies a program but for layout, comments and docstrings; "" for what cannot be parsed."""
    try:
        return program_digest(program)
    except (SyntaxError, NotApplicable):
        return ""


def cases_proof(entry_point: str | None, tests: Sequence[Any], least: float = 0.0) -> Proof:
    """The proof that programs are ranked by how many cases they pass."""
    return Proof("cases", {**_named(entry_point), "tests": list(tests), "least": least})


def tests_proof(entry_point: str | None, tests: Sequence[Any], passes: Mapping[str, bool]) -> Proof:
    """The proof that these programs pass all tests, and the others do not."""
    return Proof("tests", {**_named(entry_point), "tests": list(tests), "passes": dict(passes)})


def _named(entry_point: str | None) -> dict[str, str]:
    return {} if entry_point is None else {"entry_point": entry_point}


def _passing(task: PreferenceTask, proof: Proof) -> dict[str, bool]:
    """By response id whether the proof says that its program passes everything."""
    if proof.kind == "cases":
        return {response.id: response.id in task.ranking[0] for response in task.responses}
    if proof.kind in ("operations", "rules"):
        return {response.id: True for response in task.responses}
    told = proof.data.get("passes")
    every = len(proof.data["tests"])
    if not isinstance(told, Mapping):
        return {}
    return {str(name): (passed if isinstance(passed, bool) else passed == every) for name, passed in told.items()}

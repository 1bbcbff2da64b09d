"""Labels of published pairs of programs, confirmed by the tests of a code suite that knows their problems.

CodePrefBench's correctness pairs name problems of HumanEval and MBPP, and hold no tests. With the tests of HumanEval+
or MBPP+ each label can be verified again: the better program must pass all of them, and the worse one must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ...benchmarks import CodeTask
from ...benchmarks.preference import PreferenceTask
from ...harness.endpoint.extract import extract
from ...harness.sandbox.api import Sandbox
from .proofs.programs import scored

State = Literal["confirmed", "contradicted", "undecided", "unknown"]
"""contradicted: the worse program passes and the better one does not. undecided: both pass, or neither does. unknown:
the code suite does not have the problem, or the task is no pair with a better and a worse response.
"""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the tests say of one label; better, worse: the verdicts of the two programs, "" where nothing was run."""

    task: str
    problem: str
    state: State
    better: str = ""
    worse: str = ""


def confirm(tasks: Iterable[PreferenceTask], problems: Mapping[str, CodeTask], sandbox: Sandbox) -> list[Confirmation]:
    """What the problems' tests say of each label, in order; ``problems`` by id. InfraError when the sandbox fails."""
    pairs = [(task, problems.get(problem_of(task)) if _is_pair(task) else None) for task in tasks]
    known = [(task, problem) for task, problem in pairs if problem is not None]
    items = [(problem, _program(task, place, problem)) for task, problem in known for place in (0, 1)]
    verdicts = (str(score.verdict.value) for score in scored(items, sandbox))
    return [
        Confirmation(task.id, problem_of(task), "unknown")
        if problem is None
        else _confirmation(task, next(verdicts), next(verdicts))
        for task, problem in pairs
    ]


def problem_of(task: PreferenceTask) -> str:
    """The problem that a pair is about: its id in the file that it was read from, else its family."""
    return str(task.metadata.get("source_id") or task.unit)


def _is_pair(task: PreferenceTask) -> bool:
    return len(task.responses) == 2 and len(task.ranking) == 2


def _program(task: PreferenceTask, place: int, problem: CodeTask) -> str:
    text = task.response(task.ranking[place][0]).text
    return extract(text, form="instruct", entry_point=problem.entry_point).code


def _confirmation(task: PreferenceTask, better: str, worse: str) -> Confirmation:
    state: State = "undecided"
    if (better == "pass") != (worse == "pass"):
        state = "confirmed" if better == "pass" else "contradicted"
    return Confirmation(task.id, problem_of(task), state, better, worse)

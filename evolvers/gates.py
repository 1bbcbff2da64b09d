"""The dynamic proof obligations: what running references in the sandbox must show before a candidate is admitted.

Gates go from the cheapest to the dearest, and a candidate stops at its first that fails. Numbers (G2, G3, ...) are
those of docs/evolvers.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..benchmarks import CasesTest, CheckTest, CodeTask, InfraError
from ..harness.sandbox.api import Sandbox
from ..harness.scoring import score_answers
from ..harness.verdict import Verdict
from .altering import evaluate_altering
from .evaluated import Evaluated, admitted
from .observe import LIMITS, MAX_INPUTS, Progress, passing, rows_of_tests
from .protocol import AlteringOperator, Candidate, DerivedOperator, Executed, Gate, Observation, Operator, Pool
from .prover import Trial, run_trials

__all__ = ["Evaluated", "evaluate"]

CONTROL_S = 3.0
"""CPU seconds for a control: those that answers have. Some are programs that never end."""


def evaluate(
    operator: Operator, candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """Run every proof of every candidate of one operator; results in the order of the candidates."""
    if operator.kind == "altering" and isinstance(operator, AlteringOperator):
        return evaluate_altering([(operator, candidate) for candidate in candidates], pool, sandbox, progress)
    if operator.kind == "derived" and isinstance(operator, DerivedOperator):
        return _evaluate_derived(operator, candidates, sandbox, progress)
    return _evaluate_preserving(candidates, pool, sandbox, progress)


def _evaluate_preserving(
    candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """Tests pass (G1) and no output differs from the parent's (G3 = 0), on every input that is known.

    Nothing is run for a candidate whose static proof says that its program and tests are the parent's own.
    """
    proven = [not _fails(c.gates) and _same_program(c.gates) for c in candidates]
    questions = [
        None if same or _fails(c.gates) else _Preserved.of(c, pool.observed(c.parents[0]))
        for c, same in zip(candidates, proven, strict=True)
    ]
    scored = _scored([(c, q) for c, q in zip(candidates, questions, strict=True) if q], sandbox, progress)
    asked = [q for q in questions if q is not None and q.trial is not None]
    results = dict(zip(map(id, asked), _by_family(asked, sandbox), strict=True))
    found = []
    for candidate, same, question in zip(candidates, proven, questions, strict=True):
        gates = list(candidate.gates)
        if question is not None:
            gates += question.gates(results.get(id(question)), scored.get(id(question)))
        elif same:
            gates.append(Gate("tests_pass", True, {"tests": len(candidate.task.tests), "by": "same_program"}))
        found.append(admitted(candidate, candidate.task, gates, _known_rows(candidate.parents[0], pool)))
        progress("candidates", 1)
    return found


def _fails(gates: Sequence[Gate]) -> bool:
    return not all(gate.holds for gate in gates)


def _same_program(gates: Sequence[Gate]) -> bool:
    return any(gate.gate == "same_program" and gate.holds for gate in gates)


def _known_rows(parent: CodeTask, pool: Pool) -> tuple[Executed, ...]:
    """What is known of a parent: its observation's rows, and where it was evolved its tests' own."""
    rows = rows_of_tests(parent) if parent.lineage is not None else None
    return pool.observed(parent).executed if rows is None else rows


@dataclass(frozen=True, eq=False)
class _Preserved:
    """What must be run for one preserving candidate: a trial beside what the parent gives, or real scoring."""

    candidate: Candidate
    observation: Observation
    rows: tuple[Executed, ...]
    trial: Trial | None
    by_scoring: bool

    @staticmethod
    def of(candidate: Candidate, observation: Observation) -> _Preserved:
        task, parent = candidate.task, candidate.parents[0]
        known = rows_of_tests(parent) if parent.lineage is not None else None
        rows = observation.executed if known is None else known
        checks = tuple(
            (test.program, test.prelude, str(task.entry_point)) for test in task.tests if isinstance(test, CheckTest)
        )
        trial = None
        if task.entry_point is not None and (rows or checks):
            program = (task.reference,)
            calls = tuple(row.args for row in rows)
            trial = Trial(
                program, task.entry_point, calls, run=False, expected=rows, witness=program, checks=checks, strict=True
            )
        return _Preserved(candidate, observation, rows, trial, not _covered(task, rows))

    def gates(self, result: Any, scored: bool | None) -> list[Gate]:
        """The two gates, from what ran."""
        checks_pass = result is None or (result.problem is None and not any(result.checks))
        evidence: dict[str, Any] = {"tests": len(self.candidate.task.tests)}
        if not checks_pass:
            evidence["problem"] = result.problem or next(filter(None, result.checks))
        gates = [Gate("tests_pass", checks_pass and scored is not False, evidence)]
        evidence = {"inputs": len(self.rows)}
        if self.observation.unobservable is not None:
            evidence["not_recorded"] = self.observation.unobservable
        if result is None or result.witness is None:
            return [*gates, Gate("same_outputs", not self.rows, evidence)]
        if result.witness.problem is not None:
            return [*gates, Gate("same_outputs", False, {**evidence, "problem": result.witness.problem})]
        different = len(result.witness.different)
        return [*gates, Gate("same_outputs", different == 0, {**evidence, "different": different})]


def _covered(task: CodeTask, rows: Sequence[Executed]) -> bool:
    """Whether equal outputs on the known rows, and its check programs, are all that the task's tests ask."""
    for test in task.tests:
        if isinstance(test, CheckTest):
            continue
        if not isinstance(test, CasesTest) or test.oracle is not None or not 0 < len(test.cases) <= MAX_INPUTS:
            return False
    return bool(rows) or all(isinstance(test, CheckTest) for test in task.tests)


def _scored(pairs: Sequence[tuple[Candidate, _Preserved]], sandbox: Sandbox, progress: Progress) -> dict[int, bool]:
    wanted = [(candidate, question) for candidate, question in pairs if question.by_scoring]
    passes = passing([candidate.task for candidate, _ in wanted], sandbox, progress) if wanted else []
    return {id(question): passed for (_, question), passed in zip(wanted, passes, strict=True)}


def _by_family(questions: Sequence[_Preserved], sandbox: Sandbox) -> list[Any]:
    """The results of the questions' trials, those of one parent's children run together."""
    families = [list(group) for _, group in groupby(questions, key=lambda q: q.candidate.parents[0].digest)]
    trials = [[question.trial for question in family if question.trial is not None] for family in families]
    return [result for results in run_trials(trials, sandbox) for result in results]


def _evaluate_derived(
    operator: DerivedOperator, candidates: Sequence[Candidate], sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """The reference passes the task's tests, and every control answer fails them; both by real scoring."""
    answers: list[tuple[CodeTask, str]] = []
    names: list[list[str]] = []
    own = [(candidate.task, candidate.task.reference) for candidate in candidates]
    right = iter(_passes(own, LIMITS.cpu_s, sandbox))
    for candidate in candidates:
        controls = operator.controls(candidate.task, candidate.parents, candidate.parameters)
        names.append(sorted(controls))
        answers += [(candidate.task, controls[name]) for name in sorted(controls)]
    fools = iter(_passes(answers, CONTROL_S, sandbox))
    found = []
    for candidate, controls_of in zip(candidates, names, strict=True):
        fooled = [name for name in controls_of if next(fools)]
        gates = [
            *candidate.gates,
            Gate("tests_pass", next(right), {"tests": len(candidate.task.tests)}),
            Gate("controls_fail", bool(controls_of) and not fooled, {"controls": controls_of, "passed": fooled}),
        ]
        found.append(admitted(candidate, candidate.task, gates, ()))
        progress("candidates", 1)
    return found


def _passes(answers: Sequence[tuple[CodeTask, str]], seconds: float, sandbox: Sandbox) -> list[bool]:
    """Whether answers pass, by real scoring. InfraError when the sandbox failed."""
    found = []
    for score in score_answers(answers, sandbox, timeout_s=seconds):
        if score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; nothing was written, start again")
        found.append(score.verdict is Verdict.PASS)
    return found

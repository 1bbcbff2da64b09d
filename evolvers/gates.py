"""The dynamic proof obligations: what running references in the sandbox must show before a candidate is admitted.

Numbers (G2, G3, ...) are those of docs/evolvers.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from ..benchmarks import CasesTest, CodeTask, matches
from ..benchmarks.jsonio import digest
from ..benchmarks.plain import dumps, encode
from ..harness.sandbox.api import Job, Sandbox
from .deeptypes import has_type
from .literals import literal
from .observe import Probed, Progress, passing, probe_job, probed
from .protocol import AlteringOperator, Candidate, Executed, Gate, Observation, Operator, Pool

ENOUGH_INPUTS = 5
MAX_SHARE = 0.9
MIN_DELTA = 0.3
_SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A candidate after its proofs: the finished task, all gates, and digests of what was run.

    A candidate stops at its first gate that fails, whose name is ``rejected``.
    """

    candidate: Candidate
    task: CodeTask
    gates: tuple[Gate, ...]
    inputs_digest: str
    outputs_digest: str

    @property
    def rejected(self) -> str | None:
        """The name of the first gate that does not hold, or None."""
        return next((gate.gate for gate in self.gates if not gate.holds), None)


def evaluate(
    operator: Operator, candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """Run every proof of every candidate of one operator; results in the order of the candidates."""
    if operator.kind == "altering" and isinstance(operator, AlteringOperator):
        return _evaluate_altering(operator, candidates, pool, sandbox, progress)
    return _evaluate_preserving(candidates, pool, sandbox, progress)


def _evaluate_preserving(
    candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """Tests pass (G1) and no output differs from the parent's (G3 = 0), on every input that could be recorded."""
    passes = passing([candidate.task for candidate in candidates], sandbox, progress)
    seen = [pool.observed(candidate.parents[0]) for candidate in candidates]
    jobs = [_job(c.task, o.calls) for c, o in zip(candidates, seen, strict=True) if o.calls]
    outcomes = iter(sandbox.run(jobs))
    found = []
    for candidate, observation, passed in zip(candidates, seen, passes, strict=True):
        result = probed(next(outcomes), observation.calls) if observation.calls else Probed()
        gates = (
            *candidate.gates,
            Gate("tests_pass", passed, {"tests": len(candidate.task.tests)}),
            _no_delta_gate(result, observation),
        )
        found.append(Evaluated(candidate, candidate.task, gates, *_digests(observation.calls, observation.outputs)))
        progress("candidates", 1)
    return found


def _job(task: CodeTask, calls: Sequence[tuple[Any, ...]]) -> Job:
    return probe_job(task.reference, str(task.entry_point), calls)


def _no_delta_gate(result: Probed, observation: Observation) -> Gate:
    evidence: dict[str, Any] = {"inputs": len(observation.calls)}
    if observation.unobservable is not None:
        evidence["not_recorded"] = observation.unobservable
    if result.problem is not None:
        return Gate("same_outputs", False, {**evidence, "problem": result.problem})
    pairs = zip(result.values, observation.outputs, strict=True)
    different = sum(dumps(new) != dumps(old) for new, old in pairs)
    return Gate(
        "same_outputs", different == 0 and result.pure == observation.pure, {**evidence, "different": different}
    )


def _evaluate_altering(
    operator: AlteringOperator, candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """G2 to G6, G9, G11 and G15 for each candidate, in three jobs: forwards, backwards, and the witness."""
    calls = [_calls_of(candidate) for candidate in candidates]
    forwards = sandbox.run([_job(c.task, rows) for c, rows in zip(candidates, calls, strict=True)])
    drafts = []
    for candidate, rows, outcome in zip(candidates, calls, forwards, strict=True):
        drafts.append(_draft(operator, candidate, rows, probed(outcome, rows)))
        progress("candidates", 1)
    backwards = sandbox.run([_job(c.task, rows[::-1]) for c, rows in zip(candidates, calls, strict=True)])
    repeated = [probed(outcome, rows[::-1]) for outcome, rows in zip(backwards, calls, strict=True)]
    witnesses = _witnesses(operator, drafts, calls, sandbox)
    return [
        _judged(operator, draft, rows, again, witness, pool)
        for draft, rows, again, witness in zip(drafts, calls, repeated, witnesses, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A candidate whose reference has run: the finished task (the unfinished one if it cannot be), its examples."""

    candidate: Candidate
    task: CodeTask
    first: Probed
    examples: tuple[Executed, ...] = ()


def _draft(operator: AlteringOperator, candidate: Candidate, rows: Sequence[tuple[Any, ...]], result: Probed) -> _Draft:
    if result.problem is not None:
        return _Draft(candidate, candidate.task, result)
    examples = choose_examples(rows, result.values)
    hidden = {dumps(example.args) for example in examples} if len(rows) >= ENOUGH_INPUTS else set()
    expected = {dumps(args): value for args, value in zip(rows, result.values, strict=True)}
    tests = {
        name: tuple(Executed(args, expected[dumps(args)]) for args in inputs if dumps(args) not in hidden)
        for name, inputs in candidate.calls.items()
    }
    return _Draft(candidate, operator.finish(candidate, tests, examples), result, examples)


def _calls_of(candidate: Candidate) -> tuple[tuple[Any, ...], ...]:
    rows = [args for inputs in candidate.calls.values() for args in inputs]
    return tuple({dumps(args): args for args in rows}.values())


def _inputs_of(task: CodeTask) -> set[str]:
    return {dumps(case.args) for test in task.tests if isinstance(test, CasesTest) for case in test.cases}


def choose_examples(calls: Sequence[tuple[Any, ...]], values: Sequence[Any]) -> tuple[Executed, ...]:
    """Two calls with different values that print shortly, the shortest first; fewer when there are none."""
    rows = []
    for number, (args, value) in enumerate(zip(calls, values, strict=True)):
        try:
            size = len(literal(args)) + len(literal(value))
        except ValueError:  # no literal: nothing that a prompt could show
            continue
        # Empty arguments show little, so they come after others of a printable size.
        rows.append((any(not arg and isinstance(arg, (str, list)) for arg in args), size, number))
    chosen: list[Executed] = []
    for _, size, number in sorted(rows):
        if size > _SHOWN_CHARACTERS or len(chosen) == 2:
            break
        if not chosen or dumps(chosen[0].returns) != dumps(values[number]):
            chosen.append(Executed(calls[number], values[number]))
    return tuple(chosen)


def _witnesses(
    operator: AlteringOperator, drafts: Sequence[_Draft], calls: Sequence[Sequence[tuple[Any, ...]]], sandbox: Sandbox
) -> list[Probed]:
    sources: list[str | None] = []
    for draft in drafts:
        try:
            sources.append(operator.witness(draft.task, draft.candidate.parents))
        except (ValueError, SyntaxError):
            sources.append(None)
    rows = zip(drafts, sources, calls, strict=True)
    jobs = [probe_job(source, str(draft.task.entry_point), row) for draft, source, row in rows if source is not None]
    outcomes = iter(sandbox.run(jobs))
    return [
        Probed("the prompt cannot be read back") if source is None else probed(next(outcomes), row)
        for source, row in zip(sources, calls, strict=True)
    ]


def _judged(
    operator: AlteringOperator,
    draft: _Draft,
    calls: Sequence[tuple[Any, ...]],
    again: Probed,
    witness: Probed,
    pool: Pool,
) -> Evaluated:
    first, parameters, parents = draft.first, draft.candidate.parameters, draft.candidate.parents
    gates = [Gate("total", first.problem is None, {"inputs": len(calls), "problem": first.problem or ""})]
    if first.problem is None:
        observation = pool.observed(parents[0])
        gates += [
            _delta_gate(draft.task, observation),
            _repeated_gate(first, again),
            _variety_gate(first.values),
            _type_gate(first.values, str(parameters.get("output_type", ""))),
            _examples_gate(draft),
            _witness_gate(first, witness),
            Gate("arguments_kept", first.pure, {}),
            *operator.prove(draft.task, parents, parameters),
        ]
    return Evaluated(draft.candidate, draft.task, tuple(gates), *_digests(calls, first.values))


def _delta_gate(task: CodeTask, observation: Observation) -> Gate:
    """G3: the parent's own reference fails at least two of the new cases and 30 % of them."""
    old = {dumps(args): value for args, value in zip(observation.calls, observation.outputs, strict=True)}
    cases = [(case, test.comparator) for test in task.tests if isinstance(test, CasesTest) for case in test.cases]
    failed = sum(not matches(old[dumps(case.args)], case.expected, how) for case, how in cases)
    needed = max(2, ceil(MIN_DELTA * len(cases)))
    return Gate("parent_fails", failed >= needed, {"cases": len(cases), "failed": failed, "needed": needed})


def _repeated_gate(first: Probed, again: Probed) -> Gate:
    """G4: a second job, with the inputs in reverse order, gives the same values."""
    same = again.problem is None and _text(again.values[::-1]) == _text(first.values)
    return Gate("repeatable", same, {"jobs": 2})


def _variety_gate(values: Sequence[Any]) -> Gate:
    """G5: at least two different outputs, none of them on more than 90 % of the inputs."""
    counts = Counter(map(dumps, values))
    top = max(counts.values()) / len(values)
    return Gate("varied", len(counts) >= 2 and top <= MAX_SHARE, {"distinct": len(counts), "top_share": round(top, 4)})


def _type_gate(values: Sequence[Any], declared: str) -> Gate:
    """G6: every value has the declared deep type."""
    return Gate("declared_type", not declared or has_type(values, declared), {"type": declared})


def _examples_gate(draft: _Draft) -> Gate:
    """G9: two executed examples with different values, not among the hidden inputs where there are enough of these."""
    hidden = _inputs_of(draft.task)
    shared = sum(dumps(example.args) in hidden for example in draft.examples)
    inputs = len(draft.first.values)
    holds = len(draft.examples) == 2 and (shared == 0 or inputs < ENOUGH_INPUTS)
    return Gate("examples", holds, {"shown": len(draft.examples), "hidden_inputs": len(hidden), "shared": shared})


def _witness_gate(first: Probed, witness: Probed) -> Gate:
    """G11: the program read from the prompt alone behaves like the reference on every input."""
    if witness.problem is not None:
        return Gate("read_back", False, {"problem": witness.problem})
    different = sum(dumps(a) != dumps(b) for a, b in zip(first.values, witness.values, strict=True))
    return Gate("read_back", different == 0, {"inputs": len(first.values), "different": different})


def _text(values: Sequence[Any]) -> list[str]:
    return [dumps(value) for value in values]


def _digests(calls: Sequence[tuple[Any, ...]], values: Sequence[Any]) -> tuple[str, str]:
    return digest([encode(args) for args in calls]), digest([encode(value) for value in values])

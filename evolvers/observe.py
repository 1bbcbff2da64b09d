"""Running references in the sandbox to learn what tasks do: their inputs, their outputs, whether they keep
arguments intact.

References and test programs are the suite's own and trusted with each other, so a check program may run beside the
reference that it checks (here only; answers never meet tests). Neither ever runs in this process.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..benchmarks import Case, CasesTest, CheckTest, CodeTask, InfraError
from ..benchmarks.jsonio import text_digest
from ..benchmarks.plain import dumps
from ..harness.sandbox.api import CallResult, CallsJob, Job, Limits, Outcome, Sandbox
from ..harness.scoring import score_answers
from ..harness.verdict import Verdict
from .deeptypes import type_of_all
from .expectations import demands_something
from .inputs.envelope import generate, infer
from .mutants import Mutant, mutants_of
from .novelty import PROBE_FUEL, functional_hash, probes_for, types_of
from .protocol import Executed, Observation, ObservedMutant, Rows
from .prover import Result, Trial, run_trials
from .prover.rows import ENDLESS, UNPLAIN
from .prover.trials import SEEDS
from .purity import varies_by_itself
from .truth import contradictions, example_calls

MAX_INPUTS = 256
MAX_CHARACTERS = 100_000
GENERATED = 24
MUTANTS = 24
LIMITS = Limits(cpu_s=20.0, wall_s=60.0, memory_mb=2048)
Progress = Callable[[str, int], None]

_UNPLAIN = "the reference's values are not plain data"
_RECORDER = "evalrun_record_the_calls"

# The stand-in hands on what the reference returns, so the check program takes its usual way, and like the judge's proxy
# it passes copies. The module random is seeded, so that a check which draws its inputs draws the same ones each time.
_RECORDER_SOURCE = f"""


def {_RECORDER}(program, prelude, entry):
    import copy
    import inspect
    import random

    reference = globals()[entry]
    signature = inspect.signature(reference)
    recorded = []

    def candidate(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        if bound.kwargs:
            raise TypeError("a keyword-only argument")
        recorded.append(copy.deepcopy(tuple(bound.args)))
        return reference(*copy.deepcopy(args), **copy.deepcopy(kwargs))

    space = {{"__name__": "tests"}}
    random.seed(0)
    exec(prelude, space)
    space[entry] = candidate
    exec(program, space)
    space[entry] = candidate
    space["check"](candidate)
    return recorded
"""


def trouble(outcome: Outcome, calls: int) -> str | None:
    """Why a trusted job's results are of no use (a category), or None. InfraError when the sandbox failed."""
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
    bad = next((result for result in outcome.calls if result.raised is not None), None)
    if bad is not None:
        return _UNPLAIN if bad.raised == "unplain" else "the reference raises"
    if any('{"$opaque":' in dumps(result.value) for result in outcome.calls):
        return _UNPLAIN
    if outcome.status != "ok" or len(outcome.calls) < calls:
        return f"the reference ends in {outcome.status}"
    return None


def passing(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress) -> list[bool]:
    """For each task whether its reference passes its tests. InfraError when the sandbox failed."""
    found = []
    for score in score_answers(((task, task.reference) for task in tasks), sandbox, timeout_s=LIMITS.cpu_s):
        if score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; nothing was written, start again")
        found.append(score.verdict is Verdict.PASS)
        progress("references", 1)
    return found


def observe(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress) -> dict[str, Observation]:
    """What was seen of each task, by digest: inputs, outputs, generated inputs, mutants."""
    found = {}
    observable = []
    for task, passes in zip(tasks, passing(tasks, sandbox, progress), strict=True):
        problem = _static_problem(task) if passes else "the reference fails its own tests"
        if problem is None:
            observable.append(task)
        else:
            found[task.digest] = Observation(problem=problem)
    recorded = record_inputs(observable, sandbox, progress)
    ready = [task for task in observable if recorded[task.digest].unobservable is None]
    questions = [_question(task, recorded[task.digest]) for task in ready]
    results = run_trials([[question.trial, question.probes, question.shown] for question in questions], sandbox)
    for task, question, (result, probed, shown) in zip(ready, questions, results, strict=True):
        seen = _seen(recorded[task.digest], question, result)
        recorded[task.digest] = replace(
            seen,
            functional_hash=functional_hash(types_of(seen.calls), probed.rows),
            untrue_examples=contradictions(shown.rows, question.says),
        )
        progress("outputs", 1)
    return {**found, **recorded}


def _static_problem(task: CodeTask) -> str | None:
    """Why nothing may be built on a task whose reference passes, as far as its texts show it (a category)."""
    if all(isinstance(test, CheckTest) and not demands_something(test.program) for test in task.tests):
        return "its tests demand nothing"
    return varies_by_itself(task.reference)


def rows_of_tests(task: CodeTask) -> tuple[Executed, ...] | None:
    """Every call that a task's tests make, with the one outcome that they accept; None when they are no such data."""
    rows = []
    for test in task.tests:
        if not isinstance(test, CasesTest) or test.oracle is not None:
            return None
        for case in test.cases:
            raises = getattr(case, "raises", None)
            if case.args_source is not None or (raises is None and len(case.acceptable) != 1):
                return None
            rows.append(Executed(case.args, None if raises else case.acceptable[0], raises))
    return tuple(rows)


def read_off(task: CodeTask) -> Observation:
    """What an evolved task's tests say of it, without running anything: for those who only need its inputs and values.

    Its own certificate proves that the tests are right.
    """
    rows = rows_of_tests(task)
    if rows is None:
        return Observation(unobservable="its tests are no plain calls and values")
    values = [row for row in rows if row.raised is None]
    outputs = tuple(row.returns for row in values)
    inputs = {"base": tuple(row.args for row in values)}
    return Observation(inputs=inputs, outputs=outputs, output_type=type_of_all(outputs))


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of one task's reference: its trial with the generated inputs and the mutants in it, the probes, and
    the calls that its prompt shows, with what it says of them."""

    trial: Trial
    probes: Trial
    shown: Trial
    says: tuple[Any, ...]
    generated: Rows
    mutants: tuple[Mutant, ...]


def _question(task: CodeTask, seen: Observation) -> _Question:
    calls = seen.calls
    envelope = infer(calls)
    rng = random.Random(int(text_digest(f"generated inputs of {task.digest}"), 16))
    generated = () if envelope.structured else generate(envelope, calls, rng, GENERATED)
    try:
        mutants = tuple(mutants_of(task.reference, limit=MUTANTS))
    except (SyntaxError, ValueError):
        mutants = ()
    trial = Trial(
        (task.reference,),
        str(task.entry_point),
        (*calls, *generated),
        needed=len(calls),
        repeat=True,
        seeded=True,
        observed_mutants=tuple((mutant.source,) for mutant in mutants),
        ticked={mutant.source: mutant.ticked for mutant in mutants},
    )
    probes = Trial((task.reference,), str(task.entry_point), probes_for(types_of(calls)), fuel=PROBE_FUEL)
    # What an evolved task shows was executed when it was made.
    calls_shown, says = example_calls(task) if task.lineage is None else ((), ())
    shown = Trial((task.reference,), str(task.entry_point), calls_shown)
    return _Question(trial, probes, shown, says, generated, mutants)


def _seen(seen: Observation, question: _Question, result: Result) -> Observation:
    """The observation with what the trial showed."""
    if result.problem is None and _varies(result) is not None:
        # Nothing may be built on it, whatever its own tests let pass.
        return replace(seen, inputs={}, problem=_varies(result))
    problem = result.problem
    given = len(question.trial.calls) - len(question.generated)
    problem = problem or next((_why(row.raised) for row in result.rows[:given] if row.raised), None)
    if problem is not None:
        return replace(seen, inputs={}, unobservable=problem)
    small = [row.raised is None and len(dumps(row.returns)) <= MAX_CHARACTERS for row in result.rows]
    inputs, place = {}, 0
    for name, rows in seen.inputs.items():
        inputs[name] = tuple(args for args, fits in zip(rows, small[place:], strict=False) if fits)
        place += len(rows)
    kept = [row for row, fits in zip(result.rows, small, strict=True) if fits]
    tested = sum(small[:given])
    outputs = [row.returns for row in kept[:tested]]
    return replace(
        seen,
        inputs=inputs,
        outputs=tuple(outputs),
        output_type=type_of_all(outputs),
        pure=result.pure,
        steps=result.steps,
        generated=tuple(row.args for row in kept[tested:]),
        generated_outputs=tuple(row.returns for row in kept[tested:]),
        mutants=_telling(question.mutants, result, small),
    )


def _varies(result: Result) -> str | None:
    if not result.repeated or result.seeds not in (None, len(SEEDS)):
        return "the reference's values vary"
    return None


def _why(raised: str) -> str:
    if raised == ENDLESS:
        return "the reference takes too many steps"
    return _UNPLAIN if raised == UNPLAIN else "the reference raises"


def _telling(mutants: Sequence[Mutant], result: Result, kept: Sequence[bool]) -> tuple[ObservedMutant, ...]:
    """The mutants that differ from the reference on some kept input, each behaviour once; those that differ on fewer
    inputs say more, and come first."""
    found: dict[str, tuple[int, int, ObservedMutant]] = {}
    truth = [row for row, fits in zip(result.rows, kept, strict=True) if fits]
    known = [(row.raised, dumps(row.returns)) for row in truth]
    for number, (mutant, rows) in enumerate(zip(mutants, result.mutant_rows, strict=True)):
        if rows is None:
            continue
        mine = tuple(row for row, fits in zip(rows, kept, strict=True) if fits)
        told = [(row.raised, dumps(row.returns)) for row in mine]
        different = sum(a != b for a, b in zip(told, known, strict=True))
        if different:
            seen = ObservedMutant(mutant.source, mutant.line, mutant.description, mine, mutant.ticked)
            found.setdefault(repr(told), (different, number, seen))
    return tuple(seen for _, _, seen in sorted(found.values(), key=lambda each: each[:2]))


def record_inputs(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress) -> dict[str, Observation]:
    """The inputs of each task's tests, without outputs yet. Every recording is made twice, in jobs of their own."""
    jobs: list[Job] = []
    for task in tasks:
        for test in task.tests:
            jobs += _input_jobs(task, test)
    outcomes = iter(sandbox.run(jobs))
    found = {}
    for task in tasks:
        inputs: dict[str, tuple[tuple[Any, ...], ...]] = {}
        problem = None if task.entry_point else "no entry point"
        for test in task.tests:
            mine = [next(outcomes) for _ in _input_jobs(task, test)]
            rows, why = _rows(test, mine)
            inputs[test.name] = _distinct(rows)
            problem = problem or why
        if problem is None and not any(inputs.values()):
            problem = "the tests give no inputs"
        found[task.digest] = Observation(inputs={} if problem else inputs, unobservable=problem)
        progress("inputs", 1)
    return found


def _input_jobs(task: CodeTask, test: object) -> list[Job]:
    if isinstance(test, CheckTest):
        call = (test.program, test.prelude, task.entry_point)
        return [CallsJob(task.reference + _RECORDER_SOURCE, _RECORDER, (call,), LIMITS)] * 2
    if isinstance(test, CasesTest):
        sources = _sources(test.cases)
        return [CallsJob(task.reference, None, sources, LIMITS)] if sources else []
    return []


def _sources(cases: Iterable[Case]) -> tuple[str, ...]:
    return tuple(case.args_source for case in cases if case.args_source is not None)


def _rows(test: object, outcomes: list[Outcome]) -> tuple[list[tuple[Any, ...]], str | None]:
    if isinstance(test, CheckTest):
        return _recorded_rows(outcomes)
    if not isinstance(test, CasesTest):
        return [], "the tests read printed text"
    values: list[CallResult] = []
    if outcomes:
        problem = trouble(outcomes[0], len(_sources(test.cases)))
        if problem is not None:
            return [], "the tests' inputs are not plain data"
        values = list(outcomes[0].calls)
    rest = iter(values)
    return [case.args if case.args_source is None else tuple(next(rest).value) for case in test.cases], None


def _recorded_rows(outcomes: list[Outcome]) -> tuple[list[tuple[Any, ...]], str | None]:
    for outcome in outcomes:
        if trouble(outcome, 1) is not None:
            return [], "the tests' inputs are not plain data"
    first, second = (outcome.calls[0].value for outcome in outcomes)
    if dumps(first) != dumps(second):
        return [], "the tests draw other inputs each time"
    return [tuple(row) for row in first], None


def _distinct(rows: Iterable[tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """The first MAX_INPUTS different rows; no huge ones, because evolved tasks store them."""
    texts = {dumps(row): row for row in rows}
    return tuple(row for text, row in texts.items() if len(text) <= MAX_CHARACTERS)[:MAX_INPUTS]

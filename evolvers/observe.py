"""Running references in the sandbox to learn what tasks do: their inputs, their outputs, whether they keep
arguments intact.

References and test programs are the suite's own and trusted with each other, so a check program may run beside the
reference that it checks (here only; answers never meet tests). Neither ever runs in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..benchmarks import Case, CasesTest, CheckTest, CodeTask, InfraError
from ..benchmarks.plain import dumps
from ..harness.sandbox.api import CallResult, CallsJob, Job, Limits, Outcome, Sandbox
from ..harness.scoring import score_answers
from ..harness.verdict import Verdict
from .deeptypes import type_of_all
from .protocol import Observation

MAX_INPUTS = 256
MAX_CHARACTERS = 100_000
LIMITS = Limits(cpu_s=20.0, wall_s=60.0, memory_mb=2048)
Progress = Callable[[str, int], None]

_UNPLAIN = "the reference's values are not plain data"
_RECORDER = "evalrun_record_the_calls"
_PROBE = "evalrun_probe_one_call"

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


def probe_source(reference: str, entry: str) -> str:
    """A program whose function ``_PROBE`` returns what the reference returns, and the arguments after the call."""
    return f"{reference}\n\n\ndef {_PROBE}(*args):\n    value = {entry}(*args)\n    return (value, list(args))\n"


def probe_job(reference: str, entry: str, calls: Sequence[tuple[Any, ...]]) -> Job:
    """A job that probes a reference on each of the calls."""
    return CallsJob(probe_source(reference, entry), _PROBE, tuple(calls), LIMITS)


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe job found: why it is of no use, or the values, and whether every argument stayed as it was."""

    problem: str | None = None
    values: tuple[Any, ...] = ()
    pure: bool = True


def probed(outcome: Outcome, calls: Sequence[tuple[Any, ...]]) -> Probed:
    """Read a probe job's outcome. InfraError when the sandbox failed, which says nothing about the reference."""
    problem = trouble(outcome, len(calls))
    if problem is not None:
        return Probed(problem)
    values, pure = [], True
    for args, result in zip(calls, outcome.calls, strict=True):
        value, after = result.value
        values.append(value)
        pure = pure and dumps(after) == dumps(list(args))
    return Probed(None, tuple(values), pure)


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
    """What was seen of each task, by digest."""
    found = {}
    observable = []
    for task, passes in zip(tasks, passing(tasks, sandbox, progress), strict=True):
        if passes:
            observable.append(task)
        else:
            found[task.digest] = Observation(problem="the reference fails its own tests")
    recorded = record_inputs(observable, sandbox, progress)
    ready = [task for task in observable if recorded[task.digest].unobservable is None]
    jobs = [probe_job(task.reference, str(task.entry_point), recorded[task.digest].calls) for task in ready]
    for task, outcome in zip(ready, sandbox.run(jobs), strict=True):
        seen = recorded[task.digest]
        result = probed(outcome, seen.calls)
        if result.problem is not None:
            seen = replace(seen, inputs={}, unobservable=result.problem)
        else:
            seen = _with_outputs(seen, result)
        recorded[task.digest] = seen
        progress("outputs", 1)
    return {**found, **recorded}


def _with_outputs(seen: Observation, result: Probed) -> Observation:
    kept: dict[str, tuple[tuple[Any, ...], ...]] = {}
    outputs: list[Any] = []
    values = iter(result.values)
    for name, rows in seen.inputs.items():
        pairs = [(row, next(values)) for row in rows]
        small = [(row, value) for row, value in pairs if len(dumps(value)) <= MAX_CHARACTERS]
        kept[name] = tuple(row for row, _ in small)
        outputs += [value for _, value in small]
    return replace(seen, inputs=kept, outputs=tuple(outputs), output_type=type_of_all(outputs), pure=result.pure)


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

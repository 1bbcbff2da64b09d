"""What running references shows: do they pass, in time, the same each time, and leave their arguments alone?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...benchmarks import BadInput, CodeTask, InfraError, ModuleTest, StdioTest
from ...benchmarks.plain import dumps
from ...harness.limits import usual_limits
from ...harness.oracle import each_with_expected
from ...harness.sandbox.api import Sandbox
from ...harness.scoring import score_answers
from ...harness.verdict import Score, Verdict
from ..deeptypes import type_of_all
from ..novelty import PROBE_FUEL, functional_hash, probes_for, types_of
from ..observe import LIMITS, Progress, record_inputs
from ..protocol import Executed
from ..prover import Result, Trial, run_trials
from ..prover.rows import UNPLAIN
from ..prover.trials import SEEDS
from .findings import Notebook, Severity

FEW = 4
MAX_SHARE = 0.9
# A reference that takes more than this share of the usual limit leaves slower right answers too little.
NEAR = 0.25


@dataclass(frozen=True, slots=True)
class Sound:
    """A task whose reference passes, and what was seen of it.

    cpu_s: what scoring the reference took. rows: its calls and values, none where they cannot be observed. output_type:
    the deep type of the values. hash: the functional hash, or None.
    """

    task: CodeTask
    cpu_s: float
    rows: tuple[Executed, ...] = ()
    output_type: str = ""
    hash: str | None = None


def passing(
    tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress, book: Notebook
) -> list[tuple[CodeTask, Score]]:
    """G1: the reference passes its task's own tests, well within the limit. The tasks (completed) that stand."""
    ready = []
    for task, found in zip(tasks, each_with_expected(tasks, sandbox), strict=True):
        if isinstance(found, BadInput):
            what = f"the reference gives no expected values: {_one_line(found)}"
            book.find("error", task.id, "passes", what, "mend the reference or leave the task out")
        else:
            ready.append(found)
    standing = []
    scores = score_answers(((task, task.reference) for task in ready), sandbox, timeout_s=LIMITS.cpu_s)
    for task, score in zip(ready, scores, strict=True):
        progress("references", 1)
        if score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; nothing was written, start again")
        if score.verdict is not Verdict.PASS:
            detail = f": {_one_line(score.detail)}" if score.detail else ""
            what = f"the reference fails its own tests ({score.verdict}{detail})"
            book.find("error", task.id, "passes", what, "mend the reference or the tests, or leave the task out")
            continue
        _in_time(task, score, book)
        standing.append((task, score))
    book.checked("passes", len(tasks))
    book.checked("time", len(standing))
    return standing


def _in_time(task: CodeTask, score: Score, book: Notebook) -> None:
    limit = usual_limits(task, None).cpu_s
    book.figure(task.id, tests=len(task.tests))
    if score.cpu_s > NEAR * limit:
        what = f"the reference takes {score.cpu_s:.1f} s of the {limit:.1f} s that an answer has"
        mend = "set the task's time_limit_s, or use smaller inputs: right answers would time out"
        book.find("warning", task.id, "time", what, mend, limit_s=limit)


def observed(
    passed: Sequence[tuple[CodeTask, Score]], sandbox: Sandbox, progress: Progress, book: Notebook
) -> list[Sound]:
    """G4, G5, G15: what references give on their tests' inputs, forwards, backwards and under other hash seeds."""
    tasks = [task for task, _ in passed]
    seen = record_inputs(tasks, sandbox, progress)
    undecided: list[str] = []
    families: list[list[Trial]] = []
    known: list[tuple[CodeTask, Score, int | None]] = []
    for task, score in passed:
        observation = seen[task.digest]
        if observation.unobservable is not None:
            undecided.append(observation.unobservable)
            known.append((task, score, None))
            continue
        trials = _trials(task, observation.calls)
        known.append((task, score, len(families)))
        families.append(trials)
    results = list(run_trials(families, sandbox))
    found = []
    for task, score, place in known:
        progress("repetitions", 1)
        if place is None:
            _few_cases(task, book)
            found.append(Sound(task, score.cpu_s))
            continue
        problem = results[place][0].problem
        if problem is not None:
            undecided.append(f"the repetition ended in {problem}")
            found.append(Sound(task, score.cpu_s))
            continue
        found.append(_judged(task, score, families[place], results[place], book))
    for name in ("deterministic", "arguments_kept", "varied", "enough_tests"):
        book.checked(name, len(passed), undecided if name != "enough_tests" else [])
    return found


def _trials(task: CodeTask, calls: tuple[tuple[object, ...], ...]) -> list[Trial]:
    program, entry = (task.reference,), str(task.entry_point)
    trials = [Trial(program, entry, calls, repeat=True, seeded=True)]
    probes = probes_for(types_of(calls))
    return [*trials, Trial(program, entry, probes, fuel=PROBE_FUEL)] if probes else trials


def _judged(task: CodeTask, score: Score, trials: Sequence[Trial], results: Sequence[Result], book: Notebook) -> Sound:
    first = results[0]
    _repeats(task, first, book)
    if not first.pure:
        what = "the reference changes its arguments"
        mend = "let it work on a copy, or say in the prompt that it may; answers are called with copies"
        book.find("warning", task.id, "arguments_kept", what, mend)
    rows = [row for row in first.rows if row.raised is None]
    _varied(task, first.rows, book)
    hashed = None
    if len(results) > 1 and results[1].problem is None:
        hashed = functional_hash(types_of(trials[0].calls), results[1].rows)
    return Sound(task, score.cpu_s, first.rows, type_of_all([row.returns for row in rows]), hashed)


def _repeats(task: CodeTask, result: Result, book: Notebook) -> None:
    mend = "make it a function of its arguments alone (sorted() for sets, no chance, no clock, no state)"
    if not result.repeated:
        what = "the reference gives other values when its inputs come in reverse order"
        book.find("error", task.id, "deterministic", what, mend)
    if result.seeds is not None and result.seeds < len(SEEDS):
        what = "the reference's values depend on the interpreter's hash seed or vary between interpreters"
        book.find("error", task.id, "deterministic", what, mend, agree=result.seeds, interpreters=len(SEEDS))


def _varied(task: CodeTask, rows: Sequence[Executed], book: Notebook) -> None:
    told = Counter("raised" if row.raised else dumps(row.returns) for row in rows if row.raised != UNPLAIN)
    total = sum(told.values())
    book.figure(task.id, inputs=len(rows), distinct_outputs=len(told))
    if total < FEW:
        what = f"its tests have {total} different inputs"
        severity: Severity = "warning" if total < FEW - 1 else "note"
        mend = f"add some: fewer than {FEW} rarely tell answers apart"
        book.find(severity, task.id, "enough_tests", what, mend, inputs=total)
    if total < 2:
        return
    most = max(told.values()) / total
    if len(told) < 2 or most > MAX_SHARE:
        what = f"one value is right for {most:.0%} of the {total} inputs"
        mend = "add inputs with other values: a constant function nearly passes"
        book.find("warning", task.id, "varied", what, mend, share=round(most, 4), distinct=len(told))


def _few_cases(task: CodeTask, book: Notebook) -> None:
    """The number of tests where calls cannot be watched, but cases can be counted."""
    if any(isinstance(test, ModuleTest) for test in task.tests):
        return
    cases = [len(test.cases) for test in task.tests if isinstance(test, StdioTest)]
    if cases and sum(cases) < FEW:
        what = f"its tests have {sum(cases)} cases"
        book.find("warning", task.id, "enough_tests", what, f"add some: fewer than {FEW} rarely tell answers apart")


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]

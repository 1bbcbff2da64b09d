"""Values that only running code can give, computed in the sandbox: what references return, what sources mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ..benchmarks import MISSING, BadInput, Case, CasesTest, CodeTask, InfraError, Suite, Test, plain
from ..benchmarks.jsonio import canonical_json, write_atomic
from .paths import cache_dir
from .sandbox.api import LARGE, REFERENCE_LIMITS, CallResult, CallsJob, Limits, Outcome, Sandbox
from .sandbox.worker import guest_digest

_SHOWN = 5
_NEEDED = ("cpu_s", "wall_s", "rss_mb")


def call_source(
    sandbox: Sandbox,
    source: str,
    entry_point: str | None,
    calls: Sequence[tuple[Any, ...] | str],
    limits: Limits | None = None,
) -> list[CallResult]:
    """What trusted code gives for each call; a crash is the last result. InfraError when the sandbox fails."""
    job = CallsJob(source, entry_point, tuple(calls), limits or REFERENCE_LIMITS)
    return _results(sandbox.submit(job).result())


def _results(outcome: Outcome) -> list[CallResult]:
    if outcome.status == "infra":
        raise InfraError(outcome.detail)
    results = list(outcome.calls)
    if outcome.status != "ok":
        results.append(CallResult(raised=outcome.status, message=outcome.detail))
    return results


def with_expected(suite: Suite, sandbox: Sandbox) -> Suite:
    """The suite with every expected value known, for scoring.

    Foreign formats that store inputs only (EvalPlus, EvoEval) get the values that their references return in the
    sandbox; argument sources that are no literals are evaluated there too. What a reference needed is noted in the
    task's metadata (``reference_cpu_s``, ``reference_wall_s``, ``reference_rss_mb``), so that answers get a fair share
    of it on the same machine. Results are cached on disk by task digest and Python version. The completed tasks have
    other digests: what names a suite in records is the suite as it was. BadInput names the tasks whose reference fails.
    """
    if all(_complete(test) for task in suite for test in task.tests):
        return suite

    found = each_with_expected(suite.tasks, sandbox)
    faults = [str(item) for item in found if isinstance(item, BadInput)]
    if faults:
        more = f" (and {len(faults) - _SHOWN} more)" if len(faults) > _SHOWN else ""
        raise BadInput(f"suite {suite.ref}: {'; '.join(faults[:_SHOWN])}{more}; leave these tasks out with --tasks")
    return replace(suite, tasks=tuple(task for task in found if isinstance(task, CodeTask)))


def each_with_expected(tasks: Sequence[CodeTask], sandbox: Sandbox) -> list[CodeTask | BadInput]:
    """The same for each task alone: the completed task, or why its reference gives no values."""

    def attempt(task: CodeTask) -> CodeTask | BadInput:
        try:
            return _completed(task, sandbox)
        except BadInput as error:
            return error

    with ThreadPoolExecutor(max_workers=2 * sandbox.info.workers, thread_name_prefix="evalrun-oracle") as threads:
        return list(threads.map(attempt, tasks))


def _complete(test: object) -> bool:
    return not isinstance(test, CasesTest) or _all_complete(test.cases)


def _all_complete(cases: Iterable[Case]) -> bool:
    return all(case.settled and case.args_source is None for case in cases)


def _completed(task: CodeTask, sandbox: Sandbox) -> CodeTask:
    if all(_complete(test) for test in task.tests):
        return task
    version = ".".join(sandbox.info.python.split(".")[:2])
    cached = cache_dir() / "expected" / f"{task.digest}-{version}-{guest_digest()[:12]}.json"
    try:
        text = cached.read_text(encoding="ascii")
        return _restored(task, json.loads(text), tagged='"$' in text)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # absent or damaged: the cache only ever saves work
    rows = [_filled_row(task, test, sandbox) if isinstance(test, CasesTest) else None for test in task.tests]
    cached.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(cached, canonical_json(rows))
    return _restored(task, rows)


def _restored(task: CodeTask, rows: Any, *, tagged: bool = True) -> CodeTask:
    """tagged: whether a value may be other than what JSON has for itself; all others need no decoding."""
    decode: Callable[[Any], Any] = plain.decode if tagged else lambda value: value
    tests: list[Test] = []
    needed = dict.fromkeys(_NEEDED, 0.0)
    for test, row in zip(task.tests, rows, strict=True):
        if row is None or not isinstance(test, CasesTest):
            tests.append(test)
            continue
        cases = tuple(_known(case, found, decode) for case, found in zip(test.cases, row["cases"], strict=True))
        if not _all_complete(cases):
            raise ValueError("the cached values are not those of the task's cases")
        tests.append(replace(test, cases=cases))
        needed = {name: max(most, float(row[name])) for name, most in needed.items()}
    measured = {f"reference_{name}": most for name, most in needed.items()}
    return replace(task, tests=tuple(tests), metadata={**task.metadata, **measured})


def _filled_row(task: CodeTask, test: CasesTest, sandbox: Sandbox) -> dict[str, Any]:
    """What the cache keeps of a test: of each case what was not known before, and what the reference needed."""
    cases, outcome = _fill(task, test, sandbox)
    needed = dict.fromkeys(_NEEDED, 0.0)
    if outcome is not None:
        needed = {"cpu_s": outcome.cpu_s, "wall_s": outcome.wall_s, "rss_mb": outcome.max_rss_mb}
    return {"cases": [_found(old, new) for old, new in zip(test.cases, cases, strict=True)], **needed}


def _found(old: Case, new: Case) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if old.args_source is not None and new.args_source is None:
        found["args"] = [plain.encode(value) for value in new.args]
    if old.expected is MISSING and new.expected is not MISSING:
        found["expected"] = plain.encode(new.expected)
    if old.expected_digest is None and new.expected_digest is not None:
        found["expected_digest"] = new.expected_digest
    return found


def _known(case: Case, found: dict[str, Any], decode: Callable[[Any], Any]) -> Case:
    """The case with what ``_found`` told of it."""
    if "args" in found:
        case = replace(case, args=tuple(decode(value) for value in found["args"]), args_source=None)
    if "expected" in found:
        return Case(case.args, decode(found["expected"]), case.args_source, case.expected_digest, case.any_of)
    if "expected_digest" in found:
        bytes.fromhex(found["expected_digest"])
        return replace(case, expected_digest=found["expected_digest"])
    return case


def _fill(task: CodeTask, test: CasesTest, sandbox: Sandbox) -> tuple[list[Case], Outcome | None]:
    """The test's cases with their expected values, and how the reference fared on all of them."""
    cases = _with_arguments(task, test.cases, sandbox)
    wanted = [index for index, case in enumerate(cases) if not case.acceptable and case.raises is None]
    if not wanted:
        return cases, None
    large = LARGE if test.oracle is None else None
    calls = tuple(_call(cases[index]) for index in wanted)
    outcome = sandbox.submit(CallsJob(task.reference, task.entry_point, calls, REFERENCE_LIMITS, large)).result()
    results = _results(outcome)
    for index, result in zip(wanted, results, strict=False):
        raised = result.raised
        if raised is None and large is not None and result.digest is None and '"$opaque"' in plain.dumps(result.value):
            raised = f"{result.value!r}, which cannot be compared"
        if raised is not None:
            raise BadInput(
                f"task {task.id}: its reference gives {raised} {result.message[:120]} for input {index + 1} "
                f"of its {test.name} test"
            )
        known = {"expected": result.value} if result.digest is None else {"expected_digest": result.digest}
        cases[index] = replace(cases[index], **known)
    if len(results) < len(wanted):
        raise BadInput(f"task {task.id}: its reference ended after {len(results)} of {len(wanted)} inputs")
    return cases, outcome


def _call(case: Case) -> tuple[Any, ...] | str:
    return case.args if case.args_source is None else case.args_source


def _with_arguments(task: CodeTask, cases: tuple[Case, ...], sandbox: Sandbox) -> list[Case]:
    """Argument sources replaced by their values where these are plain data; others stay sources for the sandbox."""
    sources = [case.args_source for case in cases if case.args_source is not None]
    if not sources:
        return list(cases)
    results = iter(call_source(sandbox, task.reference, None, sources))
    found = []
    for case in cases:
        if case.args_source is None:
            found.append(case)
            continue
        result = next(results, CallResult(raised="missing"))
        if result.raised is None:
            found.append(replace(case, args=tuple(result.value), args_source=None))
        elif result.raised == "unplain":
            found.append(case)
        else:
            raise BadInput(
                f"task {task.id}: the arguments {case.args_source[:80]!r} cannot be evaluated "
                f"({result.raised}: {result.message[:120]})"
            )
    return found

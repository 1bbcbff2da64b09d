"""Values that only running code can give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.benchmarks import MISSING, BadInput, Case, CasesTest, CodeTask, InfraError, Suite
from evalrun.harness.oracle import call_source, with_expected
from evalrun.harness.sandbox import Job, Limits, Outcome, open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    """References are trusted."""
    with open_sandbox("process", workers=1) as opened:
        yield opened


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that no other test has filled."""
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path))
    return tmp_path


def suite(reference: str, *cases: Case) -> Suite:
    """A suite of one task."""
    return Suite("s", "1", (CodeTask("s/1", "p", "f", reference, (CasesTest(cases),)),))


def _case(found: Suite, index: int = 0) -> Case:
    test = next(iter(found)).tests[0]
    assert isinstance(test, CasesTest)
    return test.cases[index]


class Counting:
    """A sandbox that counts the jobs it is given."""

    def __init__(self, sandbox: SandboxPool) -> None:
        self.sandbox = sandbox
        self.jobs = 0
        self.info = sandbox.info

    def submit(self, job: Job) -> object:
        """Count and pass on."""
        self.jobs += 1
        return self.sandbox.submit(job)


def test_missing_values_come_from_the_reference(sandbox: SandboxPool) -> None:
    made = with_expected(suite("def f(x):\n    return (x, x + 0.5)\n", Case((1,)), Case((2,), "known")), sandbox)
    assert _case(made).expected == (1, 1.5)
    assert _case(made, 1).expected == "known"


def test_a_second_time_no_job_is_run(sandbox: SandboxPool, own_cache: Path) -> None:
    counting = Counting(sandbox)
    before = suite("def f(x):\n    return x * 2\n", Case((21,)))
    first = with_expected(before, counting)  # type: ignore[arg-type]
    assert counting.jobs > 0
    counting.jobs = 0
    second = with_expected(before, counting)  # type: ignore[arg-type]
    assert counting.jobs == 0
    assert second.digest == first.digest
    assert _case(second).expected == 42


def test_a_damaged_cache_is_made_again(sandbox: SandboxPool, own_cache: Path) -> None:
    before = suite("def f(x):\n    return x * 2\n", Case((21,)))
    with_expected(before, sandbox)
    for damage in ("", "[", "{}", "[[]]", '[[{"args": 1}]]'):
        (cached,) = (own_cache / "expected").iterdir()
        cached.write_text(damage)
        assert _case(with_expected(before, sandbox)).expected == 42


def test_a_cache_with_other_cases_is_made_again(sandbox: SandboxPool, own_cache: Path) -> None:
    given = suite("def f(x): return x + 1", Case((1,)), Case((2,)))
    with_expected(given, sandbox)
    (cached,) = (own_cache / "expected").iterdir()
    for damaged in (
        '[{"cases":[],"cpu_s":0,"rss_mb":0}]',
        '[{"cases":[{"args":[1]},{"args":[2]}],"cpu_s":0,"rss_mb":0}]',
    ):
        cached.write_text(damaged)
        assert [case.expected for case in _cases(with_expected(given, sandbox))] == [2, 3]


def _cases(found: Suite) -> tuple[Case, ...]:
    (test,) = found.tasks[0].tests
    assert isinstance(test, CasesTest)
    return test.cases


def test_a_complete_suite_runs_nothing(sandbox: SandboxPool) -> None:
    made = suite("def f(x): 1 / 0", Case((1,), 1))
    assert with_expected(made, Counting(sandbox)) == made  # type: ignore[arg-type]


def test_argument_sources_become_values_where_they_are_plain(sandbox: SandboxPool) -> None:
    made = with_expected(suite("def f(x):\n    return len(x)\n", Case((), MISSING, "'ab' * 2")), sandbox)
    assert (_case(made).args, _case(made).args_source, _case(made).expected) == (("abab",), None, 4)


@pytest.mark.parametrize(
    "reference",
    [
        "def f(x): return 1 / 0",
        "def f(x) return x",
        "def g(x): return x",
        "import os\ndef f(x): os._exit(0)",
        "def f(x): return f",
    ],
    ids=["raises", "does not parse", "is absent", "vanishes", "returns a function"],
)
def test_a_reference_that_fails_is_bad_input_and_names_the_task(reference: str, sandbox: SandboxPool) -> None:
    with pytest.raises(BadInput, match="s/1"):
        with_expected(suite(reference, Case((1,))), sandbox)


def test_arguments_that_cannot_be_evaluated_are_bad_input(sandbox: SandboxPool) -> None:
    with pytest.raises(BadInput, match="unknown_name"):
        with_expected(suite("def f(x): return x", Case((), MISSING, "unknown_name")), sandbox)


def test_a_large_value_is_kept_as_a_digest(sandbox: SandboxPool) -> None:
    made = with_expected(suite("def f(x):\n    return list(range(x))\n", Case((200_000,))), sandbox)
    assert _case(made).expected is MISSING
    assert _case(made).expected_digest


def test_calls_of_trusted_code(sandbox: SandboxPool) -> None:
    found = call_source(sandbox, "def f(x):\n    return 10 // x\n", "f", [(5,), (0,), "2 + 3"])
    assert [(result.value, result.raised) for result in found] == [(2, None), (None, "ZeroDivisionError"), (2, None)]
    ended = call_source(sandbox, "import os\ndef f(): os._exit(1)", "f", [()], Limits(cpu_s=1))
    assert ended[-1].raised == "error"


def test_a_broken_sandbox_is_an_infra_error() -> None:
    class Broken:
        def submit(self, job: Job) -> object:
            from concurrent.futures import Future

            future: Future[Outcome] = Future()
            future.set_result(Outcome("infra", "gone"))
            return future

    with pytest.raises(InfraError, match="gone"):
        call_source(Broken(), "", "f", [()])  # type: ignore[arg-type]

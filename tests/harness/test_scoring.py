"""From outcomes to verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest

from evalrun.benchmarks import (
    BadInput,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Comparator,
    StdioCase,
    StdioTest,
    Suite,
    Test,
    plain,
)
from evalrun.harness.oracle import with_expected
from evalrun.harness.sandbox import CallsJob, Job, Outcome, SandboxInfo, open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.sandbox.wire import CallRows, row_of
from evalrun.harness.scoring import program_of, same_output, score_answers, score_one, show, submit_score
from evalrun.harness.verdict import Score, Verdict


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    """The honest answers of these tests need no isolation."""
    with open_sandbox("process", workers=2) as opened:
        yield opened


def task(*tests: Test, entry_point: str | None = "f", **more: object) -> CodeTask:
    """A task with these tests."""
    return CodeTask("t/1", "def f(x):\n", entry_point, "def f(x):\n    return x\n", tests, **more)  # type: ignore[arg-type]


def cases(*pairs: tuple[object, object], name: str = "base", **more: object) -> CasesTest:
    """Cases of one argument."""
    return CasesTest(tuple(Case((arg,), expected) for arg, expected in pairs), name=name, **more)  # type: ignore[arg-type]


def test_the_program_is_the_prompt_and_the_answer_or_the_answer_alone() -> None:
    made = task()
    assert program_of(made, "    return 1\n", "append") == "def f(x):\n    return 1\n"
    assert program_of(made, "def f(x): return 1", "alone") == "def f(x): return 1"
    assert program_of(made, " \n", "append") == ""


def test_an_empty_answer_is_no_answer_and_runs_nothing(sandbox: SandboxPool) -> None:
    score = score_one(task(cases((1, 1))), "  \n", sandbox)
    assert (score.verdict, score.tests, score.cpu_s) == (Verdict.NO_ANSWER, {}, 0.0)


@pytest.mark.parametrize(
    ("source", "verdict", "detail"),
    [
        ("def f(x): return x", "pass", ""),
        ("def f(x): return -x", "wrong", "f(1) returned -1, expected 1"),
        ("def f(x): return float(x)", "wrong", "f(1) returned 1.0, expected 1"),
        ("def f(x): return True", "wrong", "f(1) returned True, expected 1"),
        ("def f(x): return x if x < 2 else 0", "wrong", "f(2) returned 0, expected 2"),
        ("def f(x): raise KeyError(x)", "error", "KeyError"),
        ("def g(x): return x", "error", "does not define f"),
        ("def f(x) return x", "error", "SyntaxError"),
        ("def f(x): return x if x < 2 else object()", "wrong", "object of type object"),
        ("def f(x):\n    if x == 2:\n        import os\n        os._exit(0)\n    return x", "error", "ended early"),
        ("def f(x):\n    if x == 2:\n        while True: pass\n    return x", "timeout", "CPU"),
        ("def f(x):\n    if x == 2:\n        while True: pass\n    return 0", "wrong", "f(1) returned 0"),
    ],
)
def test_a_batch_of_calls_is_judged_by_its_first_fault(
    source: str, verdict: str, detail: str, sandbox: SandboxPool
) -> None:
    score = score_one(task(cases((1, 1), (2, 2)), time_limit_s=1.0), source, sandbox)
    assert score.verdict == verdict, score
    assert detail in score.detail
    assert score.tests == {"base": verdict}


@pytest.mark.parametrize(
    ("how", "expected", "source", "verdict"),
    [
        (Comparator(types="python"), 1, "def f(x): return 1.0", "pass"),
        (Comparator(types="python"), [1], "def f(x): return (1,)", "wrong"),
        (Comparator(rtol=1e-6), 1.0, "def f(x): return 1.0000001", "pass"),
        (Comparator(rtol=1e-9), 1.0, "def f(x): return 1.0000001", "wrong"),
        (Comparator(atol=0.1), [0.0], "def f(x): return [0.05]", "pass"),
        (Comparator(order="multiset"), [1, 2, 2], "def f(x): return [2, 1, 2]", "pass"),
        (Comparator(order="multiset"), [1, 2, 2], "def f(x): return [2, 1, 1]", "wrong"),
        (Comparator(order="set"), [1, 2], "def f(x): return [2, 1, 1]", "pass"),
        (Comparator(), float("nan"), "def f(x): return float('nan')", "pass"),
        (Comparator(), (1, {"a": {2}}), "def f(x): return (1, {'a': {2}})", "pass"),
    ],
)
def test_the_comparator_decides(
    how: Comparator, expected: object, source: str, verdict: str, sandbox: SandboxPool
) -> None:
    assert score_one(task(cases((0, expected), comparator=how)), source, sandbox).verdict == verdict


ORACLE = "def accept(args, got, expected):\n    return got in expected and args == (7,)\n"


@pytest.mark.parametrize(("got", "verdict"), [("1", "pass"), ("2", "pass"), ("3", "wrong")])
def test_an_oracle_accepts_several_right_answers(got: str, verdict: str, sandbox: SandboxPool) -> None:
    test = cases((7, [1, 2]), oracle=ORACLE)
    assert score_one(task(test), f"def f(x): return {got}", sandbox).verdict == verdict


def test_an_oracle_may_meet_an_expected_value_that_is_no_data(sandbox: SandboxPool) -> None:
    oracle = "def accept(args, got, expected):\n    return (got is None) == (expected is None)\n"
    test = cases(("a", plain.Opaque("Match")), oracle=oracle)
    assert score_one(task(test), "import re\ndef f(x): return re.match(x, 'ab')", sandbox).verdict == "pass"
    assert score_one(task(test), "def f(x): return None", sandbox).verdict == "wrong"


@pytest.mark.parametrize(("got", "verdict"), [("1", "pass"), ("(2,)", "pass"), ("[2]", "wrong"), ("3", "wrong")])
@pytest.mark.parametrize("more", [{}, {"oracle": "def accept(args, got, expected):\n    return got == expected\n"}])
def test_any_of_several_values_is_right(got: str, verdict: str, more: dict[str, str], sandbox: SandboxPool) -> None:
    for case in (Case((0,), 1, any_of=((2,),)), Case((0,), any_of=((2,), 1))):
        score = score_one(task(CasesTest((case,), **more)), f"def f(x): return {got}", sandbox)  # type: ignore[arg-type]
        assert score.verdict == verdict, score


@pytest.mark.parametrize(
    ("body", "verdict", "said"),
    [
        ("raise LookupError('gone')", "pass", ""),
        ("return None", "wrong", "f(0) returned None, expected it to raise LookupError"),
        ("raise KeyError(1)", "error", "f(0) gave KeyError: 1"),
        ("raise Exception", "error", "expected LookupError"),
    ],
)
def test_a_case_may_demand_exactly_one_exception(body: str, verdict: str, said: str, sandbox: SandboxPool) -> None:
    test = CasesTest((Case((1,), 1), Case((0,), raises="LookupError"), Case((2,), 2)))
    score = score_one(task(test), f"def f(x):\n    if x:\n        return x\n    {body}", sandbox)
    assert score.verdict == verdict, score
    assert said in score.detail


def test_an_exception_where_a_value_is_expected_stays_an_error(sandbox: SandboxPool) -> None:
    test = CasesTest((Case((0,), raises="LookupError"), Case((1,), 1)))
    assert score_one(task(test), "def f(x): raise LookupError", sandbox).verdict == "error"


def test_a_broken_oracle_is_an_error_and_never_a_pass(sandbox: SandboxPool) -> None:
    assert (
        score_one(task(cases((7, 1), oracle="def accept(a): pass\n")), "def f(x): return 1", sandbox).verdict == "error"
    )


def test_arguments_may_be_source(sandbox: SandboxPool) -> None:
    test = CasesTest((Case((), 6, "[n for n in range(4)]"),))
    assert score_one(task(test), "def f(x): return sum(x)", sandbox).verdict == "pass"


def test_tests_run_in_order_and_stop_at_the_first_that_fails(sandbox: SandboxPool) -> None:
    made = task(cases((1, 1)), cases((2, 2), name="plus"))
    assert dict(score_one(made, "def f(x): return x", sandbox).tests) == {"base": "pass", "plus": "pass"}
    assert dict(score_one(made, "def f(x): return 1", sandbox).tests) == {"base": "pass", "plus": "wrong"}
    assert dict(score_one(made, "def f(x): return 2", sandbox).tests) == {"base": "wrong"}


CHECK = CheckTest(
    "def check(candidate):\n    assert candidate(helper()) == 3, 'not three'\n", "def helper():\n    return 2\n"
)


@pytest.mark.parametrize(
    ("source", "verdict", "detail"),
    [
        ("def f(x): return x + 1", "pass", ""),
        ("def f(x): return x", "wrong", "not three"),
        ("def f(x): return helper()", "error", "NameError"),
        ("def f(x): assert False", "error", "AssertionError"),
        ("def f(): return 3", "error", "TypeError"),
    ],
)
def test_assert_style_tests_tell_wrong_from_error(source: str, verdict: str, detail: str, sandbox: SandboxPool) -> None:
    score = score_one(task(CHECK), source, sandbox)
    assert (score.verdict, score.shielded) == (verdict, True)
    assert detail in score.detail


def test_a_test_that_passes_an_object_of_its_own_runs_unshielded_and_says_so(sandbox: SandboxPool) -> None:
    test = CheckTest("class Box:\n    three = 3\ndef check(candidate):\n    assert candidate(Box()) == 3\n")
    score = score_one(task(test), "def f(x): return x.three", sandbox)
    assert (score.verdict, score.shielded) == ("pass", False)


def test_what_an_answer_returned_before_does_not_make_its_run_unshielded(sandbox: SandboxPool) -> None:
    test = CheckTest("def check(candidate):\n    a = candidate(1)\n    assert candidate(a) == 'key'\n")
    honest = "def f(x): return 'key'"
    forger = (
        "class E(Exception): pass\nclass Yes:\n    def __eq__(self, other): return True\n"
        "def f(x): return E if x == 1 else Yes()"
    )
    made = replace(task(test), reference=honest)
    assert score_one(made, honest, sandbox).verdict == "pass"
    found = score_one(made, forger, sandbox)
    assert found.verdict in ("wrong", "error")
    assert found.shielded


def test_an_answer_cannot_choose_to_be_judged_unshielded(sandbox: SandboxPool) -> None:
    test = CheckTest("def check(candidate):\n    assert candidate([candidate(1)]) == 'the right one'\n")
    deep = "def f(x):\n    value = 1\n    for _ in range(201): value = [value]\n    return value\n"
    score = score_one(task(test), deep, sandbox)
    assert (score.verdict, score.shielded) == ("error", True), score


STDIO = [
    ("print(input())", "lines", "a b\n", "pass"),
    ("print(input() + '  ')\nprint()", "lines", "a b\n", "pass"),
    ("print('', input())", "lines", "a b\n", "wrong"),
    ("print(*input().split(), sep='\\n')", "lines", "a b\n", "wrong"),
    ("print(*input().split(), sep='\\n')", "tokens", "a b\n", "pass"),
    ("print(input() + ' ')", "exact", "a b\n", "wrong"),
    ("print(input())", "exact", "a b\n", "pass"),
]


@pytest.mark.parametrize(("source", "whitespace", "stdout", "verdict"), STDIO)
def test_programs_are_judged_by_their_output(
    source: str, whitespace: str, stdout: str, verdict: str, sandbox: SandboxPool
) -> None:
    test = StdioTest((StdioCase("a b\n", stdout),), whitespace)  # type: ignore[arg-type]
    assert score_one(task(test, entry_point=None), source, sandbox).verdict == verdict


def test_every_stdio_case_must_be_right_and_the_wrong_one_is_named(sandbox: SandboxPool) -> None:
    test = StdioTest((StdioCase("1", "1"), StdioCase("2", "2")))
    score = score_one(task(test, entry_point=None), "input(); print(1)", sandbox)
    assert score.verdict == "wrong"
    assert score.detail.startswith("case 2: printed '1\\n', expected '2'")


def test_white_space_rules() -> None:
    assert same_output("a \n\n", "a", "lines")
    assert not same_output("a\n\nb", "a\nb", "lines")
    assert same_output("a\r\nb", "a\nb", "lines")
    assert same_output(" a\n\nb ", "a b", "tokens")
    assert not same_output("a", "a\n", "exact")


def test_expected_values_that_are_not_known_are_bad_input(sandbox: SandboxPool) -> None:
    with pytest.raises(BadInput, match="t/1"):
        score_one(task(CasesTest((Case((1,)),))), "def f(x): return x", sandbox)


def test_scores_come_in_order_from_a_stream(sandbox: SandboxPool) -> None:
    made = task(cases((1, 1)))
    items = ((made, f"def f(x): return {n % 3}") for n in range(60))
    found = [score.verdict == "pass" for score in score_answers(items, sandbox)]
    assert found == [n % 3 == 1 for n in range(60)]


class Broken:
    """A sandbox that always answers the same."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.jobs: list[Job] = []

    @property
    def info(self) -> SandboxInfo:
        """What it is."""
        return SandboxInfo("process", "3.11.0")

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """The next outcome."""
        self.jobs.append(job)
        future: Future[Outcome] = Future()
        future.set_result(self.outcomes.pop(0))
        return future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """All outcomes."""
        return (self.submit(job).result() for job in jobs)


class Counting:
    """A real sandbox that counts how often a job runs, and how often with nothing beside it."""

    def __init__(self, real: SandboxPool) -> None:
        self.real = real
        self.runs = self.alone = 0

    @property
    def info(self) -> SandboxInfo:
        """The real one's."""
        return self.real.info

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Count, and run."""
        self.runs += 1
        self.alone += alone
        return self.real.submit(job, alone=alone)


@pytest.mark.parametrize(
    ("body", "runs"),
    [("while True: pass", (1, 0)), ("__import__('time').sleep(60)", (2, 1))],
    ids=["cpu", "wall"],
)
def test_only_a_time_out_of_the_wall_clock_is_confirmed_by_a_second_run(
    body: str, runs: tuple[int, int], sandbox: SandboxPool
) -> None:
    counting = Counting(sandbox)
    test = cases((1, 1))
    score = score_one(task(test), f"def f(x):\n    {body}\n", counting, 0.5)  # type: ignore[arg-type]
    assert score.verdict == "timeout"
    assert (counting.runs, counting.alone) == runs


def test_cpu_time_that_was_measured_a_hair_below_its_limit_is_a_time_out_all_the_same() -> None:
    once = Broken(Outcome("timeout", "over 3 s of CPU time", cpu_s=2.96))
    assert score_one(task(cases((1, 1))), "x", once).verdict == "timeout"  # type: ignore[arg-type]
    assert len(once.jobs) == 1


@pytest.mark.parametrize("test", [CHECK, cases((1, 1)), cases((1, 1), oracle=ORACLE), StdioTest((StdioCase("", ""),))])
def test_a_broken_sandbox_is_infra_and_never_a_wrong_answer(test: Test) -> None:
    score = score_one(task(test), "x", Broken(Outcome("infra", "the engine is gone")))  # type: ignore[arg-type]
    assert score.verdict == Verdict.INFRA
    assert score.detail.endswith("the engine is gone")


def returned(*rows: bytes) -> Outcome:
    """What a candidate that wrote these rows has returned."""
    return Outcome("ok", calls=CallRows(list(rows)))


def value(found: object) -> Outcome:
    """What a candidate that returned this has returned."""
    row = row_of(found, None)
    assert row is not None
    return returned(row)


ONE, TWO = b"d" + b"1" * 32, b"d" + b"2" * 32


def test_large_values_are_compared_by_digest_and_in_full_where_the_digests_differ() -> None:
    known = CasesTest((Case((1,), expected_digest=ONE[1:].hex()),), Comparator(rtol=1e-6))

    def found(test: CasesTest, *outcomes: Outcome) -> Score:
        return score_one(task(test), "x", Broken(*outcomes))  # type: ignore[arg-type]

    near = value([1.0000001])
    assert found(known, returned(ONE)).verdict == "pass"
    assert found(known, returned(TWO), near, value([1.0])).verdict == "pass"
    assert found(known, returned(TWO), value([2.0]), value([1.0])).verdict == "wrong"
    assert found(known, returned(TWO), Outcome("timeout")).verdict == "wrong"
    assert found(known, returned(TWO), Outcome("infra", "gone")).verdict == "infra"
    exact = CasesTest((Case((1,), expected_digest=ONE[1:].hex()),))
    assert found(exact, returned(TWO), near, value([1.0])).verdict == "wrong"
    assert found(exact, returned(TWO), value([1.0]), value([1.0])).verdict == "pass"
    kept = CasesTest((Case((1,), [1.0]),), Comparator(rtol=1e-6))
    assert found(kept, returned(TWO), near).verdict == "pass"


def test_the_answers_own_limit_holds_when_large_values_are_compared_in_full() -> None:
    known = CasesTest((Case((1,), expected_digest=ONE[1:].hex()),), Comparator(rtol=1e-6))
    sandbox = Broken(returned(TWO), value([1.0]), value([1.0]))
    score_one(task(known, time_limit_s=2.0), "x", sandbox)  # type: ignore[arg-type]
    assert [job.limits.cpu_s for job in sandbox.jobs if isinstance(job, CallsJob)] == [2.0, 2.0, 60.0]


def test_values_are_shown_short() -> None:
    assert len(show(list(range(10**6)))) <= 400
    assert "too large" in show(10**5000)
    assert show("a") == "'a'"


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("{i: i for i in range(n)}", "{i: i for i in reversed(range(n))}"),
        ("[0.0] * n", "[-0.0] * n"),
        ("[(i, i) for i in range(n)]", "[Pair(i, i) for i in range(n)]"),
    ],
)
def test_large_equal_values_of_other_bytes_are_right(reference: str, answer: str, sandbox: SandboxPool) -> None:
    head = "from collections import namedtuple\nPair = namedtuple('Pair', 'a b')\ndef f(n):\n    return "
    large = CodeTask("t/1", "", "f", head + reference, (CasesTest((Case((30_000,)),)),))
    (known,) = with_expected(Suite("t", "1", (large,)), sandbox)
    assert score_one(known, head + answer, sandbox).verdict is Verdict.PASS
    assert score_one(known, head + answer + " and None", sandbox).verdict is Verdict.WRONG


class Late(Broken):
    """A sandbox whose first outcome comes when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Future[Outcome] = Future()

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """An outcome that is not there yet."""
        return self.outcome


def test_who_stops_waiting_for_a_score_is_not_told_of_it_when_it_comes(caplog: pytest.LogCaptureFixture) -> None:
    async def stop_waiting() -> None:
        waiting = asyncio.wrap_future(submit_score(task(cases((1, 1))), "def f(x):\n    return x\n", late))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0)
        late.outcome.set_result(Outcome(status="infra", detail="too late"))
        await asyncio.sleep(0)

    late = Late()
    asyncio.run(stop_waiting())
    assert caplog.records == []


def test_only_a_line_feed_ends_a_line() -> None:
    assert not same_output("1\x0c2", "1\n2\n", "lines")
    assert not same_output("1\u20282", "1\n2\n", "lines")
    assert same_output("1\r\n2 \r\n\r\n", "1\n2\n", "lines")


def test_an_answer_may_take_four_times_what_its_reference_needed(sandbox: SandboxPool) -> None:
    busy = "import time\ndef f(x):\n    while time.process_time() < 1.0:\n        pass\n    return x\n"
    found = task(cases((1, 1)), time_limit_s=0.5, metadata={"reference_cpu_s": 0.4})
    assert score_one(found, busy, sandbox).verdict is Verdict.PASS
    found = task(cases((1, 1)), time_limit_s=0.5, metadata={"reference_cpu_s": 0.1})
    assert score_one(found, busy, sandbox).verdict is Verdict.TIMEOUT


def test_an_oracle_is_never_asked_about_arguments_it_cannot_see(sandbox: SandboxPool) -> None:
    test = CasesTest((Case((), 1, "lambda: 1"),), oracle="def accept(args, got, expected):\n    return True\n")
    with pytest.raises(BadInput, match="needs arguments that are plain data"):
        score_one(task(test), "def f(x): return 1", sandbox)


@pytest.mark.parametrize(
    ("accept", "source"),
    [
        ("got == sorted(args[0])", "def f(x):\n    x.clear()\n    return []\n"),
        ("args[0][0][0] == got", "def f(x):\n    x[0] = [9]\n    return 9\n"),
    ],
)
def test_an_oracle_sees_the_arguments_as_they_were(accept: str, source: str, sandbox: SandboxPool) -> None:
    oracle = f"def accept(args, got, expected):\n    return {accept}\n"
    cases = CasesTest((Case(([[3], [1]],), [[1], [3]]),), oracle=oracle)
    made = CodeTask("t/1", "", "f", "def f(x):\n    return sorted(x)\n", (cases,))
    assert score_one(made, source, sandbox).verdict == "wrong"


def pandas_row(text: str) -> Outcome:
    """What an answer that writes its row by hand has returned."""
    return returned(b"p" + text.encode())


_ONES = '{"$ndarray":["int64",[1],[1]]}'
_MULTI = '{"$pandas":["MultiIndex",[%s,%s],[%s,null]]}'
_FRAME = '{"$pandas":["DataFrame",[' + _ONES + '],%s,{"$pandas":["RangeIndex",0,1,1,null]}]}'
_RANGE = '{"$pandas":["RangeIndex",0,1,1,null]}'
_LISTS = '{"$pandas":["Index",{"$ndarray":["object",[1],[[1]]]},null]}'
_NAMED_NA = _MULTI % (_ONES, _ONES, '{"$pandas":["NA"]}')


@pytest.mark.parametrize(
    ("expected", "how", "row"),
    [
        ("[1, 2]", Comparator(order="multiset"), f"[{_NAMED_NA}, 5]"),
        ("[1, 2]", Comparator(order="set"), f"[{_NAMED_NA}, 5]"),
        ("[1, 2]", Comparator(order="multiset"), f"[{_FRAME % _LISTS}, 2]"),
        ("pd.Timestamp(5)", Comparator(types="python"), '{"$pandas":["NA"]}'),
        ("np.datetime64(5, 's')", Comparator(types="python"), '{"$datetime64": ["datetime64[as]", 5]}'),
        ("pd.DataFrame({'a': ['x']})", Comparator(types="python"), _FRAME % (_MULTI % (_ONES, _ONES, "null"))),
        ("pd.DataFrame({'a': ['x']})", Comparator(), _FRAME % (_MULTI % (_ONES, _ONES, "null"))),
        ("pd.Series([1])", Comparator(), '{"$pandas":["Series",' + _ONES + "," + _RANGE + ",[1]]}"),
        ("np.datetime64(5, 'Y')", Comparator(types="python"), '{"$pandas":["Timestamp","datetime64[s]",5]}'),
    ],
    ids=["NA as name", "NA in a set", "list as label", "NA", "as", "levels python", "levels", "list as name", "years"],
)  # fmt: skip
def test_a_value_that_cannot_be_compared_is_no_match_and_ends_no_run(expected: str, how: Comparator, row: str) -> None:
    names = {"np": pytest.importorskip("numpy"), "pd": pytest.importorskip("pandas")}
    test = CasesTest((Case((1,), eval(expected, names)),), how)
    score = score_one(task(test), "x", Broken(pandas_row(row)))  # type: ignore[arg-type]
    assert score.verdict in ("wrong", "error")


def test_whatever_a_comparison_raises_is_no_match_and_the_other_values_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def matches(got: object, expected: object, how: Comparator) -> bool:
        if expected == 1:
            raise NotImplementedError("of this kind")
        return got == expected

    monkeypatch.setattr("evalrun.harness.scoring.matches", matches)
    test = CasesTest((Case((1,), 1, any_of=(1, 5)),))
    assert score_one(task(test), "x", Broken(value(5))).verdict == "pass"  # type: ignore[arg-type]
    score = score_one(task(test), "x", Broken(value(6)))  # type: ignore[arg-type]
    assert score.verdict == "wrong"
    assert "could not be compared: NotImplementedError: of this kind" in score.detail


def test_no_escape_hides_from_the_host_that_a_value_is_an_array() -> None:
    check = CheckTest("def check(candidate):\n    assert candidate(1) == [1, 2]\n")
    for tag in (r"$\u006edarray", r"\u0024ndarray", r"$ndarra\u0079"):
        broken = Broken(pandas_row('{"' + tag + '":["int8",[1],[1]]}'), Outcome("ok", judged="wrong"))
        assert score_one(task(check), "x", broken).verdict == "wrong"  # type: ignore[arg-type]
        assert len(broken.jobs) == 2  # the judge looked at it

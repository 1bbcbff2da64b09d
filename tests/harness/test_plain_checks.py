"""Assertions that the host reads get the verdict that really executing them gives; all else is left to the judge."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import CheckTest, CodeTask, plain
from evalrun.harness.plain_checks import read_assertions
from evalrun.harness.sandbox import CallsJob, CheckJob, Limits, Outcome
from evalrun.harness.sandbox.wire import CallRows, row_of
from evalrun.harness.scoring import _asserted, _run_check
from evalrun.harness.verdict import Verdict

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 1e300]),
    st.text("ab", max_size=2),
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text("ab", max_size=1) | st.integers(0, 2), inner, max_size=2),
        st.sets(st.integers(-3, 3), min_size=1, max_size=3),
    ),
    max_leaves=5,
)
RETURNED = VALUES | st.sampled_from([float("nan"), [float("nan")], range(3), b"a", 10**30])
LITERALS = VALUES.map(repr)
EXPRESSIONS = st.one_of(
    LITERALS,
    st.sampled_from(
        ["1 + 1", "2 ** 3", "[0] * 3", "'a' * 2", "-(2)", "+1.0", "1 / 2", "7 // 2", "7 % 4", "(1,) + (2,)", "[1] + []"]
    ),
    st.sampled_from(["1e999 - 1e999", "[1e999 - 1e999]", "tuple([1, 2])", "set([1, 2])", "list('ab')", "{1: [2] * 2}"]),
)
TESTS = st.one_of(
    st.builds(
        "candidate({}) {} {}".format,
        LITERALS,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in"]),
        EXPRESSIONS,
    ),
    st.builds("{} {} f({})".format, EXPRESSIONS, st.sampled_from(["==", "!=", "<", ">="]), LITERALS),
    st.builds("candidate({})".format, LITERALS),
    st.builds("abs(candidate({}) - {}) {} {}".format, LITERALS, EXPRESSIONS, st.sampled_from(["<", "<="]), EXPRESSIONS),
    st.builds("{}(candidate({})) == {}".format, st.sampled_from(["list", "tuple", "set"]), LITERALS, EXPRESSIONS),
)
MESSAGES = st.sampled_from(["", ", 'a message'", ", 'got ' + str(candidate(1))", ", [][0]", ", nothing"])
LINES = st.builds("assert {}{}{}".format, st.sampled_from(["", "not "]), TESTS, MESSAGES)
PROGRAMS = st.lists(LINES, min_size=1, max_size=3).map(
    lambda lines: (
        "METADATA = {'a': 1}\n\ndef check(candidate):\n    assert True\n" + "".join(f"    {line}\n" for line in lines)
    )
)


def executed(program: str, returned: Any) -> str:
    """What running the program gives, with a function that returns this value."""

    def candidate(*args: Any) -> Any:
        return plain.loads(plain.dumps(returned))

    namespace: dict[str, Any] = {"f": candidate}
    try:
        exec(program, namespace)
        namespace["check"](candidate)
    except AssertionError:
        return "wrong"
    except Exception:
        return "error"
    return "pass"


def compared(program: str, returned: Any) -> str | None:
    """What the host finds, or None where it leaves the program to the judge."""
    found = read_assertions(program, "f")
    if found is None:
        return None
    row = row_of(returned, None) or b"p" + plain.dumps(returned).encode()
    score = _asserted(found, Outcome("ok", calls=CallRows([row] * len(found))), "f")
    if score.verdict is Verdict.WRONG and any(assertion.has_message for assertion in found):
        return None  # the judge computes the message
    return str(score.verdict)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=400)
@given(PROGRAMS, RETURNED)
def test_a_program_that_is_read_gets_the_verdict_that_executing_it_gives(program: str, returned: Any) -> None:
    found = compared(program, returned)
    assert found in (None, executed(program, returned))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(st.builds("candidate({}) == {}".format, LITERALS, LITERALS), VALUES)
def test_plain_equalities_are_never_left_to_the_judge(line: str, returned: Any) -> None:
    program = f"def check(candidate):\n    assert {line}\n"
    assert compared(program, returned) == executed(program, returned)


@pytest.mark.parametrize(("judged", "verdict"), [("wrong", "wrong"), ("error", "error"), ("pass", "wrong")])
def test_a_judge_computes_the_message_of_an_assertion_that_failed_but_cannot_make_it_hold(
    judged: str, verdict: str
) -> None:
    test = CheckTest("def check(candidate):\n    assert candidate(1) == 1, 'not ' + str(candidate(1))\n")
    task = CodeTask("t/1", "", "f", "def f(n): return 1", (test,))
    steps = _run_check(task, test, "f", "def f(n): return 2", Limits())
    calls, check = next(steps), steps.send(Outcome("ok", calls=CallRows([row_of(2, None) or b""])))
    assert isinstance(calls.job, CallsJob)
    assert isinstance(check.job, CheckJob)
    with pytest.raises(StopIteration) as ended:
        steps.send(Outcome("ok", judged=judged))  # type: ignore[arg-type]
    assert ended.value.value.verdict == verdict


def test_no_judge_computes_the_message_of_an_assertion_that_holds() -> None:
    assert compared("def check(candidate):\n    assert candidate(1) == 1, str(candidate(1))\n", 1) == "pass"


@pytest.mark.parametrize(
    "program",
    [
        "def check(candidate):\n    for n in range(3):\n        assert candidate(n) == n\n",
        "def check(candidate):\n    x = 1\n    assert candidate(1) == 1\n",
        "def check(candidate):\n    assert candidate(1) == len('a')\n",
        "def check(candidate):\n    assert candidate(*[1]) == 1\n",
        "def check(candidate):\n    assert candidate(n=1) == 1\n",
        "def check(candidate):\n    assert candidate(candidate(1)) == 1\n",
        "def check(candidate):\n    assert 0 < candidate(1) < 2\n",
        "def check(candidate):\n    assert candidate(1) == 1 and candidate(2) == 2\n",
        "def check(candidate):\n    assert (candidate(1) == 1, 'always true')\n",
        "def check(candidate):\n    yield\n    assert candidate(1) == 1\n",
        "def check(candidate):\n    assert candidate(1) == 1, (yield)\n",
        "def check(candidate):\n    assert True, [(yield)]\n    assert candidate(1) == 1\n",
        "def check(candidate):\n    assert candidate(1) == 1, (abs := 1)\n",
        "def check(candidate, more=1):\n    assert candidate(1) == 1\n",
        "def check(candidate: nothing):\n    assert candidate(1) == 1\n",
        "@staticmethod\ndef check(candidate):\n    assert candidate(1) == 1\n",
        "def check(candidate):\n    assert candidate(1) == 1\ndef check(candidate):\n    pass\n",
        "set = 1\ndef check(candidate):\n    assert set(candidate(1)) == {1}\n",
        "f = 1\ndef check(candidate):\n    assert f(1) == 1\n",
        "import os\ndef check(candidate):\n    assert candidate(1) == 1\n",
        "def check(candidate):\n    pass\n",
        "def check(candidate):\n    assert candidate(1) == 10 ** 10 ** 9\n",
        "def check(candidate):\n    assert candidate([[0] * 1000] * 1000) == 1\n",
        "def check(candidate):\n    assert candidate([0] * 60000) == [0] * 60000\n",
        "def check(candidate):\n    assert candidate(1 / 0) == 1\n",
        "def check(candidate):\n    assert candidate(" + "[" * 5000 + "]" * 5000 + ") == 1\n",
        "def check(:",
        "\0",
    ],
)
def test_what_is_more_than_plain_data_is_left_to_the_judge(program: str) -> None:
    assert read_assertions(program, "f") is None


@pytest.mark.parametrize(
    "prelude", ["def abs(x): return 0", "from x import y as set", "tuple = list", "class list: pass"]
)
def test_a_prelude_that_gives_names_another_meaning_is_left_to_the_judge(prelude: str) -> None:
    program = "def check(candidate):\n    assert candidate(1) == 1\n"
    assert read_assertions(program, "f", prelude) is None
    assert read_assertions(program, "f", "from typing import List\ndef f(a, list):\n    '''A set, as list.'''\n")


@pytest.mark.parametrize("returned", [range(10**12), [(2**61 - 1) * n for n in range(50_000)], range(2**70)])
def test_a_value_that_costs_more_than_its_size_is_an_error_at_once(returned: Any) -> None:
    started = time.process_time()
    assert compared("def check(candidate):\n    assert set(candidate(1)) == {1}\n", returned) == "error"
    assert time.process_time() - started < 5

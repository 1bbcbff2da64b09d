from __future__ import annotations

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, Comparator, StdioTest, Test
from evalrun.evolvers import NotApplicable, Observation
from evalrun.evolvers.expectations import comparator_of

INTS = Observation(inputs={"base": ((1,),)}, outputs=(1,), output_type="int")
BOOLS = Observation(inputs={"base": ((1,),)}, outputs=(True,), output_type="bool")
FLOATS = Observation(inputs={"base": ((1,),)}, outputs=(1.0,), output_type="list[float]")


def task(*tests: Test) -> CodeTask:
    return CodeTask("t/0", "p", "solve", "def solve(n):\n    return n\n", tests, form="instruct")


def check(*lines: str) -> CodeTask:
    return task(CheckTest("def check(candidate):\n" + "".join(f"    {line}\n" for line in lines)))


@pytest.mark.parametrize(
    "lines",
    [
        ["assert candidate(1) == 2"],
        ["assert 2 == candidate(1), 'got ' + str(candidate(1))"],
        ["assert tuple(candidate(1)) == tuple(solve(1))"],
        ["got = candidate(1)", "assert got == 2"],
        ["assert (candidate(1), candidate(2)) == (1, 2)"],
        ["assert candidate(1) is None"],
    ],
)
def test_checks_for_equality_demand_one_value(lines: list[str]) -> None:
    assert comparator_of(check(*lines), INTS) == Comparator(types="python")


@pytest.mark.parametrize(
    "lines",
    [
        ["assert abs(candidate(1) - 2) < 1e-6"],
        ["assert candidate(1) < 3"],
        ["got = candidate(1)", "assert holds(got)"],
        ["got = candidate(1)", "assert got == 2 or got == 3", "assert got % 2"],
        ["assert sorted(candidate(1)) == [1]"],
        ["assert candidate(1) in (1, 2)"],
        ["assert candidate(1) != 3"],
        ["assert candidate(1)"],
        ["for got in candidate(1):", "    assert got == 1"],
        ["candidate(1)"],
    ],
)
def test_checks_that_accept_several_values_are_refused(lines: list[str]) -> None:
    with pytest.raises(NotApplicable, match="several values"):
        comparator_of(check(*lines), INTS)


@pytest.mark.parametrize("line", ["assert candidate(1)", "assert not candidate(1)"])
def test_a_truth_value_that_is_asserted_is_demanded(line: str) -> None:
    assert comparator_of(check(line), BOOLS) == Comparator(types="python")


def test_the_strictness_of_cases_is_kept() -> None:
    cases = (Case((1,), 1),)
    assert comparator_of(task(CasesTest(cases)), INTS) == Comparator(types="exact")
    assert comparator_of(task(CasesTest(cases, Comparator(types="python"))), INTS) == Comparator(types="python")
    assert comparator_of(task(CasesTest(cases, Comparator(rtol=1e-6))), INTS) == Comparator(types="exact")


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (CasesTest((Case((1,), 1),), oracle="def accept(args, got, expected):\n    return True\n"), "oracle"),
        (CasesTest((Case((1,), 1),), Comparator(order="set")), "orders"),
        (CasesTest((Case((1,), 1),), Comparator(rtol=1e-6)), "near"),
        (StdioTest(()), "printed"),
        (CasesTest((Case((1,), 1, any_of=(2,)),)), "several values"),
    ],
)
def test_other_tests_that_accept_several_values_are_refused(test: Test, reason: str) -> None:
    with pytest.raises(NotApplicable, match=reason):
        comparator_of(task(test), FLOATS)


def test_what_could_not_be_observed_is_refused() -> None:
    with pytest.raises(NotApplicable, match="fails its own"):
        comparator_of(check("assert candidate(1) == 1"), Observation(problem="the reference fails its own tests"))
    with pytest.raises(NotApplicable, match="not plain"):
        comparator_of(check("assert candidate(1) == 1"), Observation(unobservable="inputs are not plain data"))

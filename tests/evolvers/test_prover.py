"""What a batch of trials says of programs. They are the tests' own, so plain processes do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalrun.evolvers.protocol import Executed
from evalrun.evolvers.prover import Result, Trial, run_trials
from evalrun.evolvers.prover.guest import _told
from evalrun.evolvers.prover.rows import Expected, Unplain, fresh, key
from evalrun.evolvers.prover.trials import SEEDS, _parsed
from evalrun.harness.sandbox import Sandbox

TOTAL = "def total(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n"
TWICE = "def twice(xs):\n    return 2 * total(xs)\n"
CALLS = (([1, 2],), ([],), ([5, 6, 7],))


def tried(sandbox: Sandbox, *trials: Trial) -> list[Result]:
    (results,) = run_trials([trials], sandbox)
    return results


def test_a_trial_tells_values_exceptions_and_steps(sandbox: Sandbox) -> None:
    (result,) = tried(sandbox, Trial(("def f(x):\n    return 1 // x\n",), "f", ((1,), (0,))))
    assert result.rows == (Executed((1,), 1), Executed((0,), None, "ZeroDivisionError"))
    assert result.problem is None
    assert result.pure
    assert result.steps == 1


def test_what_a_function_of_the_base_receives_is_recorded_once(sandbox: Sandbox) -> None:
    source = "def outer(n):\n    return total([n]) + total([n]) + total(list(range(n)))\n"
    (result,) = tried(sandbox, Trial((TOTAL, source), "outer", ((2,),), record=("total",)))
    assert result.recorded == ((([2],), ([0, 1],)),)


def test_a_recursive_function_records_only_calls_from_outside(sandbox: Sandbox) -> None:
    base = "def down(n):\n    return 0 if n == 0 else 1 + down(n - 1)\n"
    (result,) = tried(sandbox, Trial((base, "def go(n):\n    return down(n)\n"), "go", ((400,),), record=("down",)))
    assert result.rows == (Executed((400,), 400),)
    assert result.recorded == (((400,),),)


def test_a_function_that_changes_its_argument_is_not_pure(sandbox: Sandbox) -> None:
    (result,) = tried(sandbox, Trial(("def f(xs):\n    xs.append(1)\n    return xs\n",), "f", CALLS))
    assert not result.pure
    assert result.rows[1] == Executed(([],), [1])


def test_a_function_with_a_memory_is_not_repeatable(sandbox: Sandbox) -> None:
    source = "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n"
    assert not tried(sandbox, Trial((source,), "f", ((1,), (2,)), repeat=True))[0].repeated


def test_the_order_of_a_set_shows_in_fresh_interpreters(sandbox: Sandbox) -> None:
    unordered = "def f(text):\n    return list(set(text.split()))\n"
    ordered = "def f(text):\n    return sorted(set(text.split()))\n"
    calls = (("the quick brown fox jumps over the lazy dog",),)
    bad, good = tried(sandbox, *(Trial((s,), "f", calls, seeded=True) for s in (unordered, ordered)))
    assert good.seeds == len(SEEDS)
    assert bad.seeds is not None
    assert bad.seeds < len(SEEDS)


def test_values_that_fresh_interpreters_cannot_be_handed_are_said_to_be_so(sandbox: Sandbox) -> None:
    (result,) = tried(sandbox, Trial(("def f(x):\n    return x\n",), "f", ((Decimal("1.5"),),), seeded=True))
    assert result.rows == (Executed((Decimal("1.5"),), Decimal("1.5")),)
    assert result.seeds is None


def test_mutants_are_told_by_the_calls_on_which_they_differ(sandbox: Sandbox) -> None:
    same_for_empty = TWICE.replace("2 *", "3 *")
    endless = "def twice(xs):\n    while True:\n        pass\n"
    broken = "def twice(:\n"
    group = tuple((TOTAL, source) for source in (TWICE, same_for_empty, endless, broken))
    (result,) = tried(sandbox, Trial((TOTAL, TWICE), "twice", CALLS, mutants=(group,)))
    assert result.kills == (((), (0, 2), (0, 1, 2), (0, 1, 2)),)


def test_a_mutant_is_run_no_further_once_a_call_that_is_not_shown_tells_it(sandbox: Sandbox) -> None:
    different = TWICE.replace("2 *", "3 *").replace("return", "return 1 +")
    group = ((TOTAL, different), (TOTAL, TWICE))
    asked = [Trial((TOTAL, TWICE), "twice", CALLS, mutants=(group,), shown=shown) for shown in ((), (0,), (0, 1, 2))]
    assert [result.kills for result in tried(sandbox, *asked)] == [(((0,), ()),), (((0, 1), ()),), (((0, 1, 2), ()),)]


def test_a_call_that_is_compared_again_and_again_gives_the_same_answer_each_time() -> None:
    rows = [([1], None), (None, "KeyError")]
    expected = Expected(rows)
    assert [expected.is_like(0, value, None, True) for value in ([1], [True], (1,), [1])] == [True, False, False, True]
    assert expected.is_like(1, None, "KeyError", True)
    assert not expected.is_like(1, None, "IndexError", True)
    assert not expected.is_like(1, None, None, True)


def test_a_mutant_of_the_base_is_seen_through_the_new_part(sandbox: Sandbox) -> None:
    mutant = TOTAL.replace("n = 0", "n = 1")
    (result,) = tried(sandbox, Trial((TOTAL, TWICE), "twice", CALLS, observed_mutants=((mutant, TWICE), ("x = ",))))
    assert result.mutant_rows == (tuple(Executed(args, 2 * sum(args[0]) + 2) for args in CALLS), None)


def test_a_witness_is_compared_with_types_and_others_as_the_tests_compare(sandbox: Sandbox) -> None:
    truth = "def f(x):\n    return x > 0\n"
    number = "def f(x):\n    return 1 if x > 0 else 0\n"
    calls = ((1,), (-1,))
    (result,) = tried(sandbox, Trial((truth,), "f", calls, witness=(number,), others=((number,),), strict=False))
    assert result.witness is not None
    assert result.witness.different == (0, 1)
    assert result.others[0].different == ()


def test_expected_rows_stand_for_a_run(sandbox: Sandbox) -> None:
    rows = (Executed((1,), 2), Executed((2,), 5), Executed((0,), None, "ValueError"))
    calls = tuple(row.args for row in rows)
    source = "def f(x):\n    if not x:\n        raise ValueError\n    return 2 * x\n"
    (result,) = tried(sandbox, Trial((source,), "f", calls, run=False, expected=rows, witness=(source,)))
    assert result.witness is not None
    assert result.witness.different == (1,)
    assert result.rows == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
        lambda part: (
            st.lists(part, max_size=3)
            | st.tuples(part, part)
            | st.dictionaries(st.integers() | st.booleans() | st.text(max_size=2), part, max_size=3)
            | st.frozensets(st.integers() | st.text(max_size=2), max_size=3)
        ),
        max_leaves=8,
    )
)
@example(value=(1, [True, 1, 1.0, -0.0]))
@example(value={1: "an int", "1": "a text"})
@example(value="\ud83d\ude00")
def test_a_result_is_told_as_a_text_only_where_that_holds_its_very_values(value: Any) -> None:
    told = _told({"rows": [[value, None]]})
    (((read, _),),) = _parsed(told).values()
    assert key(read) == key(value)


def test_a_number_too_long_for_a_text_is_told_as_a_value() -> None:
    result = {"rows": [[10**5000, None]]}
    assert _told(result) is result


def test_a_check_program_meets_nothing_that_another_left(sandbox: Sandbox) -> None:
    leaves = "import string\ndef check(candidate):\n    string.left = 1\n"
    meets = "import string\ndef check(candidate):\n    assert not hasattr(string, 'left')\n"
    trials = [Trial((TOTAL,), "total", CALLS, checks=((text, "", "total"),)) for text in (leaves, meets, meets)]
    assert [result.checks for result in tried(sandbox, *trials)] == [("",)] * 3


def test_a_check_program_that_cannot_be_compiled_spoils_no_other(sandbox: Sandbox) -> None:
    texts = ("def check(candidate):\n", "def check(candidate):\n    assert candidate([1]) == 1\n", "\0")
    trials = [Trial((TOTAL,), "total", CALLS, checks=((text, "", "total"),)) for text in texts]
    first, second, third = tried(sandbox, *trials)
    assert first.checks == ("IndentationError",)
    assert second.checks == ("",)
    assert third.checks in (("ValueError",), ("SyntaxError",))


def test_check_programs_run_beside_the_program(sandbox: Sandbox) -> None:
    check = "def check(candidate):\n    assert candidate([1]) == {} and total([2]) == 2\n"
    checks = tuple((check.format(n), "", "total") for n in (1, 3))
    (result,) = tried(sandbox, Trial((TOTAL,), "total", CALLS, checks=checks))
    assert result.checks == ("", "AssertionError")


@pytest.mark.parametrize(
    "source",
    ["def f(xs):\n    import os\n    os._exit(0)\n", "def f(xs):\n    return 'x' * 10 ** 11\n", "raise SystemExit\n"],
)
def test_a_program_that_ends_the_process_spoils_no_other_trial(sandbox: Sandbox, source: str) -> None:
    good = Trial((TOTAL,), "total", CALLS)
    first, bad, last = tried(sandbox, good, Trial((source,), "f", CALLS), good)
    assert first == last
    assert [row.returns for row in last.rows] == [3, 0, 18]
    assert bad.problem or all(row.raised for row in bad.rows)


def test_values_that_are_no_plain_data_are_named(sandbox: Sandbox) -> None:
    source = "class Sly(int):\n    pass\ndef f(x):\n    return Sly(1) if x else (lambda: 1)\n"
    (result,) = tried(sandbox, Trial((source,), "f", ((0,), (1,)), repeat=True))
    assert [row.raised for row in result.rows] == ["Unplain", "Unplain"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=12,
)


def same(one: Any, other: Any, strict: bool) -> bool:
    return Expected([(other, None)]).is_like(0, one, None, strict)


@given(plain)
def test_a_copy_has_the_same_key(value: Any) -> None:
    assert key(fresh(value)) == key(value)


@given(plain, plain)
def test_equal_values_of_equal_types_have_equal_keys_only(one: Any, other: Any) -> None:
    if key(one) == key(other):
        assert type(one) is type(other)
    if one == other:
        assert same(one, other, strict=False)


@pytest.mark.parametrize(
    ("one", "other", "strictly", "loosely"),
    [
        (1, True, False, True),
        (1.0, 1, False, True),
        ([1], (1,), False, False),
        (0.0, -0.0, False, True),
        ({1, 2}, {2, 1}, True, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True, True),
        (float("nan"), float("nan"), True, True),
        (2**53 + 1, float(2**53), False, False),
        (float("inf"), float("inf"), True, True),
    ],
)
def test_values_are_compared_with_or_without_their_types(one: Any, other: Any, strictly: bool, loosely: bool) -> None:
    assert same(one, other, True) == strictly
    assert same(one, other, False) == loosely


def test_only_exact_plain_types_have_a_key() -> None:
    class Sly(str):
        pass

    for value in (Sly("x"), object(), [lambda: 1], {"a": {1: Sly("y")}}):
        with pytest.raises(Unplain):
            key(value)
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(Unplain):
        key(deep)

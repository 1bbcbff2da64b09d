"""EvalPlus and EvoEval rows: types given back, comparisons and oracles as their evaluators judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import MISSING, CasesTest, CodeTask, Comparator
from evalrun.benchmarks.formats import evalplus, evoeval, mbpp, read_foreign
from evalrun.benchmarks.formats.rows import Row
from evalrun.benchmarks.formats.shapes import flatten, read_shapes, same_json


def accepts(oracle: str, args: tuple[Any, ...], got: Any, expected: Any) -> bool:
    namespace: dict[str, Any] = {}
    exec(oracle, namespace)  # an oracle of this package's own
    return bool(namespace["accept"](args, got, expected))


def restored(assertion: str, arguments: list[Any], contract: str = "", parameters: str = "a, b=0") -> tuple[Any, ...]:
    reference = f"def helper(z):\n    pass\n\ndef f({parameters}):\n    return a\n"
    return read_shapes("f", assertion, contract, reference).restore(arguments)


@pytest.mark.parametrize(
    ("assertion", "arguments", "expected"),
    [
        ("assert f((1, 2)) == 3", [[5, 6, 7]], ((5, 6, 7),)),
        ("assert f([1, 2]) == 3", [[5, 6, 7]], ([5, 6, 7],)),
        ("assert f({1, 2}) == 3", [[7, 5]], ({5, 7},)),
        ("assert f([(1, 2), (3, 4)]) == 3", [[[5, 6], []]], ([(5, 6), ()],)),
        ("assert set(f([(1, 'a')], 2)) == set([3])", [[[5, "b"]], 9], ([(5, "b")], 9)),
        ("assert f((1, (2, 3))) == 3", [[1, [2, [3, [4]]]]], ((1, (2, (3, (4,)))),)),
        ("assert f((1, [2], (3,))) == 3", [[[9, [8], [7]]][0]], ((9, [8], (7,)),)),
        ("assert f({'a': (1, 2)}) == 3", [{"z": [3, 4]}], ({"z": (3, 4)},)),
        ("assert f({1: 2}) == 3", [{"5": 6}], ({5: 6},)),
        ("assert f({1: 2}) == 3", [{"five": 6}], ({"five": 6},)),
        ("assert f(1j) == 3", ["(2+3j)"], (2 + 3j,)),
        ("assert f(0, 1j) == 3", ["5", "2j"], (5, 2j)),
        ("assert f(1) == 3", ["(2+3j)"], (2 + 3j,)),
        ("assert f('1') == 3", ["2"], ("2",)),
        ("assert f([[1], [2]]) == 3", [[[5]]], ([[5]],)),
        ("assert f({1}) == 3", [[[5]]], ([[5]],)),  # a list cannot be in a set: left as it is
        ("", [[1]], ([1],)),
        ("not python (", [[1]], ([1],)),
        ("assert f(float('inf')) == 3", [[1]], ([1],)),
    ],
)
def test_types_are_those_of_the_asserted_calls(assertion: str, arguments: list[Any], expected: tuple[Any, ...]) -> None:
    found = restored(assertion, arguments)
    assert repr(found) == repr(expected)


def test_a_base_call_is_taken_as_the_assertion_spells_it() -> None:
    assertion = "assert f([1, (2, 3)]) == 1\nassert f((4,)) == 2"
    assert restored(assertion, [[1, [2, 3]]]) == ([1, (2, 3)],)
    assert restored(assertion, [[4]]) == ((4,),)


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        ("\n    assert isinstance(a, tuple), 'invalid'\n", ((5, 6),)),
        ("\n    assert isinstance(a, (list, tuple))\n", ([5, 6],)),
        ("\n    assert isinstance(a, set)\n", ({5, 6},)),
        ("\n    assert isinstance(helper, set)\n", ([5, 6],)),
        ("\n  broken (", ([5, 6],)),
    ],
)
def test_a_contract_decides_where_the_calls_do_not(contract: str, expected: tuple[Any, ...]) -> None:
    assert restored("assert f(None) == 1", [[5, 6]], contract) == expected


def test_a_contract_about_items_is_about_items() -> None:
    contract = "\n    assert all(isinstance(item, tuple) for item in a)\n"
    assert restored("assert f([]) == 1", [[[5, 6]]], contract) == ([(5, 6)],)


def test_flattening_is_what_json_does() -> None:
    assert flatten(((1, {2: {3}}), 2j)) == [[1, {"2": [3]}], "2j"]
    assert same_json([1, {"a": float("nan")}], [1, {"a": float("nan")}])
    assert not same_json([1], [1.0])
    assert not same_json([1], [True])
    assert not same_json({"a": 1, "b": 2}, {"b": 2, "a": 1})


def plus(name: str, **fields: Any) -> CodeTask:
    row = {
        "task_id": "Mbpp/1",
        "prompt": '"""x"""',
        "entry_point": name,
        "canonical_solution": f"def {name}(a): return a",
        "base_input": [[[1]]],
        "plus_input": {},
        "atol": 0,
        "assertion": "",
        **fields,
    }
    return evalplus.read_row(Row("here", {key: value for key, value in row.items() if value is not None}))


def cases_tests(task: CodeTask) -> list[CasesTest]:
    return [test for test in task.tests if isinstance(test, CasesTest)]


def test_mbpp_plus_rows_are_instructions_and_humaneval_plus_rows_are_completions() -> None:
    assert (plus("f").form, plus("f").reference) == ("instruct", "def f(a): return a")
    human = plus("f", assertion=None, prompt="def f(a):\n", canonical_solution="  return a")
    assert (human.form, human.reference) == ("completion", "def f(a):\n  return a")


def test_inputs_wait_for_the_reference_and_the_comparison_is_evalplus_s() -> None:
    base, more = cases_tests(plus("f", atol=1e-4))
    assert (base.name, more.name, more.cases) == ("base", "plus", ())
    assert base.cases[0].expected is MISSING
    assert base.comparator == Comparator("python", rtol=1e-7, atol=1e-4)
    assert cases_tests(plus("f"))[0].comparator.atol == 1e-6
    assert cases_tests(plus("Diff"))[0].comparator.order == "set"
    assert cases_tests(plus("Diff", assertion=None))[0].comparator.order == "ordered"


def test_found_or_none_tasks_ask_only_whether_something_was_found() -> None:
    oracle = cases_tests(plus("check_str"))[0].oracle
    assert oracle is not None
    assert accepts(oracle, ("a",), True, object())
    assert accepts(oracle, ("a",), False, None)
    assert accepts(oracle, ("a",), None, None)
    assert not accepts(oracle, ("a",), None, object())
    assert not accepts(oracle, ("a",), True, None)


def test_any_root_of_the_polynomial_is_right() -> None:
    oracle = cases_tests(plus("find_zero", assertion=None))[0].oracle
    assert oracle == evalplus.ROOT_ORACLE
    six = ([-6, 11, -6, 1],)  # (x - 1)(x - 2)(x - 3)
    assert [accepts(oracle, six, x, 1.0) for x in (1, 2.0, 3.0 + 1e-6, 2.5, None, "1", float("nan"), 1e300, True)] == [
        *(True, True, True, False, False, False, False, False, False)
    ]


def evo(**fields: Any) -> CodeTask:
    row = {
        "task_id": "EvoEval/32",
        "prompt": "def f(): pass",
        "entry_point": "f",
        "canonical_solution": "",
        "inputs": [],
    }
    return evoeval.read_row(Row("here", {**row, **fields}), "EvoEval_subtle")


def test_evoeval_inputs_are_read_as_literals_or_kept_as_text() -> None:
    texts = ["1, 'a'", "", "[(1.0, {2})]", "[0] * 3", "float('nan')", "1]; import os; [2", "x=1", "**{}", "(" * 500]
    (test,) = cases_tests(evo(inputs=texts))
    assert [case.args for case in test.cases[:3]] == [(1, "a"), (), ([(1.0, {2})],)]
    assert [case.args_source for case in test.cases[3:]] == texts[3:]
    assert test.comparator == Comparator("exact", atol=1e-6)


def test_evoeval_ids_are_unique_across_sets_and_remember_their_origin() -> None:
    task = evo(parent="HumanEval/32")
    assert task.id == "EvoEval_subtle/32"
    assert task.metadata["source_id"] == "EvoEval/32"
    assert task.metadata["row"]["parent"] == "HumanEval/32"
    assert task.tags == ("parent:HumanEval/32",)


def test_evoeval_oracles_take_any_right_answer(shared_data: Path) -> None:
    difficult = read_foreign(shared_data / "evoeval_problems/EvoEval_difficult.jsonl.gz")
    subtle = read_foreign(shared_data / "evoeval_problems/EvoEval_subtle.jsonl.gz")
    oracles = {test.oracle for suite in (difficult, subtle) for task in suite for test in cases_tests(task)} - {None}
    assert len(oracles) == 3
    palindrome = cases_tests(difficult.task("EvoEval_difficult/10"))[0].oracle or ""
    assert accepts(palindrome, ("Cat",), "CatAC", "CataC")
    assert not accepts(palindrome, ("Cat",), "catac", "CataC")
    assert not accepts(palindrome, ("Cat",), "CatataC", "CataC")
    assert not accepts(palindrome, ("Cat",), None, "CataC")
    interval = cases_tests(difficult.task("EvoEval_difficult/32"))[0].oracle or ""
    assert accepts(interval, ([1, 2], (-5, 1)), -0.5, -0.5)
    assert accepts(interval, ([-6, 11, -6, 1], (0, 4)), 3, 2.0)
    assert not accepts(interval, ([-6, 11, -6, 1], (0, 2)), 3.0, 2.0)
    assert accepts(interval, ([1, 2], (5, 9)), None, None)
    assert not accepts(interval, ([1, 2], (5, 9)), 5.0, None)
    assert not accepts(interval, ([1, 2], (-5, 1)), None, -0.5)
    root = cases_tests(subtle.task("EvoEval_subtle/32"))[0].oracle or ""
    assert accepts(root, ([-2, -3, 1],), 2.0, -1.0)  # -2 - 3x + x^3 = (x + 1)(x + 1)(x - 2)
    assert not accepts(root, ([-2, -3, 1],), 1.0, -1.0)
    assert cases_tests(subtle.task("EvoEval_subtle/10"))[0].oracle is None


@pytest.mark.slow
def test_mbpp_plus_has_its_real_types(shared_data: Path) -> None:
    suite = read_foreign(shared_data / "mbpp/MbppPlus.jsonl.gz")
    first = {task.entry_point: cases_tests(task)[1].cases[-1].args for task in suite if cases_tests(task)[1].cases}
    assert all(type(value) is tuple for value in first["similar_elements"])
    assert type(first["angle_complex"][1]) is complex
    assert {type(item) for item in first["extract_singly"][0]} <= {tuple}
    sets = [task.entry_point for task in suite if cases_tests(task)[0].comparator.order == "set"]
    assert set(sets) <= evalplus.ANY_ORDER
    assert len(sets) == 7
    assert sum(cases_tests(task)[0].oracle is not None for task in suite) == 3


@pytest.mark.parametrize(
    ("code", "tests", "entry_point"),
    [
        ("def help(x): pass\ndef f(x): return help(x)", ["assert f(1) == help(2)", "assert f(2)"], "f"),
        ("class Pair: pass\ndef f(x): pass", ["assert f(Pair()) == 1"], "f"),
        ("def f(x):\n return (", ["assert set(f([1])) == {1}"], "f"),
        ("def f(x): pass", ["assert int(f(1)) == 1"], "f"),
        ("x = 1", ["assert len([]) == 0"], None),
    ],
)
def test_an_mbpp_entry_point_is_what_the_solution_defines_and_the_tests_call(
    code: str, tests: list[str], entry_point: str | None
) -> None:
    assert mbpp.entry_point_of(code, tests) == entry_point


def mbpp_program(code: str, tests: list[str], setup: str = "") -> str:
    row = {"task_id": 1, "text": "t", "code": code, "test_list": tests, "test_setup_code": setup}
    return mbpp.read_row(Row("here", row)).tests[0].program  # type: ignore[union-attr]


def test_an_mbpp_check_runs_the_statements_against_the_candidate() -> None:
    program = mbpp_program(
        "import sys\ndef check(x):\n  return x", ["assert check(sys.maxsize) > 0", "assert check(1) == 1"]
    )
    assert program.startswith("import sys\n")
    namespace: dict[str, Any] = {}
    exec(program, namespace)  # made from the texts above
    namespace["check"](lambda x: x)
    with pytest.raises(AssertionError):
        namespace["check"](lambda x: 2)


def test_an_mbpp_check_keeps_multi_line_strings_and_borrows_the_classes_it_needs() -> None:
    code = "class Pair:\n  def __init__(self, a): self.a = a\ndef f(x):\n  return x"
    program = mbpp_program(code, ['assert f("""a\nb""") == "a\\nb"', "assert f(p).a == 1"], "p = Pair(1)\r\n")
    namespace: dict[str, Any] = {"f": lambda x: x}
    exec(program, namespace)  # made from the texts above
    namespace["check"](namespace["f"])

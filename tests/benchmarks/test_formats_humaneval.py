"""HumanEval and EvalPlus written from other tasks: programs that decide as the suite's own comparison does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import (
    MISSING,
    BadInput,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Comparator,
    Lineage,
    StdioCase,
    StdioTest,
    Suite,
    matches,
)
from evalrun.benchmarks.formats import read_foreign, write_foreign
from evalrun.benchmarks.formats.check_source import check_program, value_source
from evalrun.benchmarks.formats.evalplus import ROOT_ORACLE
from evalrun.benchmarks.formats.humaneval import write_rows

from .test_plain import same, values

TASK = CodeTask(
    id="t/1",
    prompt='def f(x):\n    """Return x."""\n',
    entry_point="f",
    reference='def f(x):\n    """Return x."""\n    return x\n',
    tests=(CasesTest((Case((1,), 1),)),),
)


def runs(row: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run a row as OpenAI's evaluator does, in an interpreter of its own."""
    program = row["prompt"] + row["canonical_solution"] + "\n" + row["test"] + f"\ncheck({row['entry_point']})"
    return subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def passes(row: dict[str, Any]) -> bool:
    done = runs(row)
    assert done.returncode == 0 or "AssertionError" in done.stderr, done.stderr
    return done.returncode == 0


def written(task: CodeTask) -> dict[str, Any]:
    (row,) = write_rows([task])
    return row


@given(values)
def test_the_source_of_a_value_builds_that_value(value: Any) -> None:
    namespace: dict[str, Any] = {}
    head = (
        "import datetime as _datetime\nfrom collections import Counter as _Counter, deque as _deque\n"
        "from decimal import Decimal as _Decimal\nfrom fractions import Fraction as _Fraction\n"
    )
    exec(f"{head}value = {value_source(value)}\n", namespace)  # our own source, made from our own values
    assert same(namespace["value"], value)


def decides(got: Any, expected: Any, how: Comparator) -> bool:
    """What the written check program says of an answer that returns ``got``."""
    task = replace(TASK, tests=(CasesTest((Case((), expected),), how),))
    namespace: dict[str, Any] = {}
    exec(check_program(task), namespace)  # our own source, made from our own values
    try:
        namespace["check"](lambda: got)
    except AssertionError:
        return False
    return True


plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 1.0005, float("nan"), float("inf")])
    | st.just("a"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=2)
        | st.sets(st.integers(0, 3), max_size=3)
    ),
    max_leaves=5,
)
comparators = st.builds(
    Comparator,
    st.sampled_from(["exact", "python"]),
    st.just(0.0),
    st.sampled_from([0.0, 1e-3]),
    st.sampled_from(["ordered", "multiset", "set"]),
)


@given(plain_json, plain_json, comparators)
def test_a_written_check_agrees_with_the_suite_s_comparison(got: Any, expected: Any, how: Comparator) -> None:
    assert decides(got, expected, how) is matches(got, expected, how)
    assert decides(expected, expected, how)


@pytest.mark.parametrize(
    ("got", "expected", "how", "same"),
    [
        ([1.0004], [1.0], Comparator(atol=1e-3), True),
        ([1.01], [1.0], Comparator(atol=1e-3), False),
        ([2, 1, 1], [1, 2], Comparator(order="set"), True),
        ([2, 1, 1], [1, 2], Comparator(order="multiset"), False),
        ((1,), [1], Comparator(), False),
        (1, 1.0, Comparator(types="python"), True),
        (float("nan"), float("nan"), Comparator(), True),
        (-float("inf"), float("inf"), Comparator(atol=9.0), False),
    ],
)
def test_a_written_check_honours_the_comparator(got: Any, expected: Any, how: Comparator, same: bool) -> None:
    assert decides(got, expected, how) is same


def test_a_cases_task_is_written_as_a_row_that_its_reference_passes_and_others_fail() -> None:
    row = written(TASK)
    assert row["prompt"] + row["canonical_solution"] == TASK.reference
    assert passes(row)
    assert not passes({**row, "canonical_solution": "    return 2\n"})


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "def f(y):\n    return y\n"},
        {"prompt": "def f(x):\n", "reference": "def f(y):\n    return y"},
        {"prompt": "import math\ndef f(x):\n    # Return x."},
        {"prompt": 'def f(x):\n    """Return x."""', "reference": "deque = 5\ndef f(y):\n    return y"},
        {"form": "instruct", "prompt": "Write f.\nIt isn't hard: \"\"\" '''", "reference": "def f(y):\n    return y"},
        {"form": "instruct", "prompt": '"""\nWrite f.\n"""\n', "reference": "def f(y):\n    return y"},
    ],
    ids=str,
)
def test_a_reference_that_does_not_continue_its_prompt_still_passes_as_a_completion(change: dict[str, Any]) -> None:
    task = replace(TASK, **change)
    row = written(task)
    assert passes(row)
    assert not passes({**row, "canonical_solution": row["canonical_solution"] + "\ndef f(x):\n    return None\n"})


def test_the_names_of_a_solution_are_not_shadowed_by_its_tests() -> None:
    source = (
        "import datetime\nfrom collections import deque\nDecimal = copy = math = 3\n"
        "def f(x):\n    return len(deque([datetime.date(2024, 1, x)])) + Decimal + copy + math\n"
    )
    assert passes(written(replace(TASK, reference=source, tests=(CasesTest((Case((1,), 10), Case((2,), 10))),))))


def test_several_tests_and_helpers_are_all_checked() -> None:
    check = CheckTest("def check(candidate):\n    assert candidate(helper()) == 5\n", "def helper():\n    return 5\n")
    reference = "def helper():\n    return 5\n\ndef f(x):\n    return x\n"
    task = replace(TASK, reference=reference, tests=(*TASK.tests, check))
    row = written(task)
    assert passes(row)
    for wrong in ("5 if x == 5 else 0", "x if x != 5 else 0"):
        body = f"\n\ndef helper():\n    return 5\n\ndef f(x):\n    return {wrong}\n"
        assert not passes({**row, "canonical_solution": row["canonical_solution"] + body})


def test_missing_expected_values_come_from_the_reference_that_the_test_carries() -> None:
    task = replace(TASK, tests=(CasesTest((Case((3,)), Case(args_source="[7] * 2"))),))
    row = written(task)
    assert passes(row)
    assert not passes({**row, "canonical_solution": "    return 3\n"})


def test_an_exception_that_a_case_demands_is_written_too() -> None:
    test = CasesTest((Case((1,), 1), Case((0,), raises="LookupError")))
    task = CodeTask("toy/0", "def f(x):\n", "f", "def f(x):\n    return 1 if x else {}[0]\n", (test,))
    for body, holds in (("return x or [][0]", False), ("return x", False)):
        assert passes({**written(task), "canonical_solution": f"    {body}\n"}) == holds
    raising = "    if not x:\n        raise LookupError('x')\n    return x\n"
    assert passes({**written(task), "canonical_solution": raising})


def test_an_oracle_is_written_too() -> None:
    task = replace(TASK, tests=(CasesTest((Case(([6, -5, 1],), 2.0),), oracle=ROOT_ORACLE),))
    row = written(task)
    assert passes({**row, "canonical_solution": "    return 3.0\n"})
    assert not passes({**row, "canonical_solution": "    return 4.0\n"})


LINEAGE = Lineage("t/0", ("t/0",), ("d",), "rename", "1", {}, 0, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"entry_point": None, "tests": (StdioTest((StdioCase("1", "1"),)),)}, "what a program prints"),
        ({"tests": (StdioTest((StdioCase("1", "1"),)),)}, "what a program prints"),
        ({"tests": ()}, "no tests"),
        ({"form": "instruct", "reference": " "}, "no reference"),
        ({"prompt": "def (", "reference": "def f(x): return x"}, "not the beginning of a Python program"),
        ({"form": "instruct", "reference": "from __future__ import annotations\ndef f(x): return x"}, "__future__"),
        ({"tests": (CheckTest("def check(c): assert secret()", "def secret(): return 1"),)}, "needs names"),
        ({"tests": (CasesTest((Case(args_source="1]; import os; ["),)),)}, "not a Python argument list"),
    ],
    ids=str,
)
def test_what_the_format_cannot_hold_is_refused_by_name(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    suite = Suite(name="s", version="1", tasks=(TASK, replace(TASK, id="t/2", **change)))
    with pytest.raises(BadInput, match=f"cannot hold 1 of the tasks .*t/2: .*{reason}"):
        write_foreign(suite, tmp_path / "out.jsonl", "humaneval")
    assert not (tmp_path / "out.jsonl").exists()


def test_an_evolved_task_does_not_inherit_what_its_parent_s_row_said(shared_data: Path) -> None:
    parent = read_foreign(shared_data / "humanevalplus/v0.1.10/HumanEvalPlus.jsonl.gz").task("HumanEval/0")
    assert {"contract", "test"} <= set(parent.metadata["row"])
    row = written(replace(parent, id="x/0", lineage=LINEAGE, tests=(CasesTest((Case(([1.0, 2.0], 0.5), False),)),)))
    assert "contract" not in row
    assert "METADATA" not in row["test"]
    assert passes(row)


def test_an_evalplus_row_written_from_cases_is_read_back_with_the_same_inputs(tmp_path: Path) -> None:
    numbers = CasesTest((Case(([1, 2.5, None],), [1, 2.5, None]),), Comparator("python", atol=1e-3))
    more = CasesTest((Case(({"a": 1},), {"a": 1}),), name="hidden")
    plain_types = replace(TASK, tests=(numbers, more))
    nested = (Case(((1, (2, "a")),), (1, (2, "a"))), Case((((3, 4),),), MISSING))
    tuples = replace(TASK, id="t/2", tests=(CasesTest(nested),))
    write_foreign(Suite("s", "1", (plain_types, tuples)), tmp_path / "out.jsonl", "evalplus")
    first, second = read_foreign(tmp_path / "out.jsonl").tasks
    assert [test.name for test in first.tests] == ["base", "plus"]
    assert [case.args for test in first.tests for case in test.cases] == [([1, 2.5, None],), ({"a": 1},)]  # type: ignore[union-attr]
    assert first.tests[0].comparator.atol == 1e-3  # type: ignore[union-attr]
    assert first.reference == TASK.reference
    assert [case.args for case in second.tests[0].cases] == [((1, (2, "a")),), (((3, 4),),)]  # type: ignore[union-attr]
    assert second.form == "instruct"


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ((CheckTest("def check(c): pass"),), "programs, not inputs"),
        ((CasesTest((Case((b"x",), 1),)),), "types that JSON cannot hold"),
        ((CasesTest((Case((1,), 1),), Comparator(order="set")),), "more than a comparison"),
        ((CasesTest((Case((1,), 1),), oracle="def accept(a, g, e): return True"),), "more than a comparison"),
        ((CasesTest((Case(args_source="f()"),)),), "an expression, not a value"),
        ((CasesTest((Case((1,), 1),)), CasesTest((Case(({1, 2},), 1),))), "cannot hold"),
    ],
    ids=str,
)
def test_what_evalplus_cannot_hold_is_refused_by_name(tests: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"t/1: .*{reason}" if reason != "cannot hold" else "t/1: an input has types"):
        write_foreign(Suite("s", "1", (replace(TASK, tests=tests),)), tmp_path / "out.jsonl", "evalplus")


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="choose one of humaneval, evalplus"):
        write_foreign(Suite("s", "1", (TASK,)), tmp_path / "out", "csv")  # type: ignore[arg-type]

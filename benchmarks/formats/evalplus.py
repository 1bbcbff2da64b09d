"""HumanEval+ and MBPP+ rows (EvalPlus): inputs without expected values, which the reference gives in the sandbox.

Fields: ``task_id, prompt, entry_point, canonical_solution, base_input, plus_input``, optionally ``atol`` and
``contract``; MBPP+ adds ``assertion``, its prompt is a docstring with the problem's text, and its canonical_solution
is a whole program. EvoEval's verbose and concise sets are HumanEval+ rows too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..compare import Comparator
from ..errors import BadInput
from ..task import MISSING, Case, CasesTest, CodeTask
from .check_source import value_source
from .humaneval import split_reference
from .rows import Row, in_source_order, kept_fields, rows_of
from .shapes import CallShapes, flatten, read_shapes, same_json

FORMAT = "evalplus"
FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "base_input", "plus_input")
_PARTS = (("base", "base_input"), ("plus", "plus_input"))

#: EvalPlus compares floats with numpy's assert_allclose: its rtol, and the least atol that it sets for floats.
RTOL, LEAST_ATOL = 1e-7, 1e-6

#: MBPP+ tasks whose text leaves the order of the result open; EvalPlus compares their results as sets.
ANY_ORDER = frozenset(
    {
        "Diff",
        "common_in_nested_lists",
        "extract_singly",
        "find_char_long",
        "find_dissimilar",
        "intersection_array",
        "larg_nnum",
        "similar_elements",
    }
)
#: MBPP+ tasks whose references return a match object or None; only which of the two is told.
FOUND_OR_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})

FOUND_ORACLE = '''\
def accept(args, got, expected):
    """Only whether something was found is told: None and False mean that nothing was."""
    return (got is None or got is False) == (expected is None or expected is False)
'''
ROOT_ORACLE = """\
import math


def value_at(coefficients, x):
    # Summed as the task's own poly does: with large coefficients, another order of rounding can be far off.
    try:
        return sum(coefficient * math.pow(x, power) for power, coefficient in enumerate(coefficients))
    except (OverflowError, ValueError):
        return math.nan


def is_number(value):
    return type(value) in (int, float) and abs(value) < float("inf")


def accept(args, got, expected):
    # Any root of the polynomial args[0][0] + args[0][1] * x + ... is right.
    return is_number(got) and abs(value_at(args[0], got)) <= 1e-4
"""


def read_row(row: Row) -> CodeTask:
    """One task of a HumanEval+ or MBPP+ file."""
    task_id, prompt, entry_point = row.text("task_id"), row.text("prompt"), row.name("entry_point")
    solution = row.text("canonical_solution")
    mbpp = "assertion" in row.data
    shapes = CallShapes()
    if mbpp:
        contract = row.text("contract") if "contract" in row.data else ""
        shapes = read_shapes(entry_point, row.text("assertion"), contract, solution)
    comparator = Comparator(
        types="python",
        rtol=RTOL,
        atol=max(row.number("atol", 0), LEAST_ATOL),
        order="set" if mbpp and entry_point in ANY_ORDER else "ordered",
    )
    oracle = FOUND_ORACLE if mbpp and entry_point in FOUND_OR_NONE else None
    if not mbpp and entry_point == "find_zero":
        oracle = ROOT_ORACLE
    tests, originals = [], {}
    for name, field in _PARTS:
        arguments = row.argument_lists(field)
        cases = tuple(Case(shapes.restore(call) if mbpp else tuple(call)) for call in arguments)
        tests.append(CasesTest(cases, comparator, oracle, name))
        if mbpp and not same_json([flatten(list(case.args)) for case in cases], row.value(field)):
            # A set has lost the order of its items, or a text its spelling: keep what the file said (as text: it may
            # hold NaN).
            originals[field] = json.dumps(row.value(field))
    metadata = row.metadata(FORMAT, task_id, FIELDS)
    return CodeTask(
        id=task_id,
        prompt=prompt,
        entry_point=entry_point,
        reference=solution if mbpp else prompt + solution,
        tests=tuple(tests),
        form="instruct" if mbpp else "completion",
        metadata={**metadata, "inputs": originals} if originals else metadata,
    )


def write_rows(tasks: Iterable[CodeTask]) -> list[dict[str, Any]]:
    """EvalPlus rows of tasks; BadInput that names the tasks that the format cannot hold."""
    return rows_of(tasks, _row, FORMAT)


def _row(task: CodeTask) -> dict[str, Any]:
    if task.metadata.get("format") == FORMAT and task.lineage is None:
        return _row_as_read(task)
    calls = _calls(task)
    inputs = {field: [flatten(list(case.args)) for case in calls[name]] for name, field in _PARTS}
    try:
        json.dumps(inputs)
    except (TypeError, ValueError) as error:
        raise BadInput("an input has types that JSON cannot hold") from error
    atol = max((test.comparator.atol for test in task.tests if isinstance(test, CasesTest)), default=0)
    row: dict[str, Any] = {"task_id": task.id, "entry_point": task.entry_point, "contract": "", "atol": atol, **inputs}
    cases = [case for part in calls.values() for case in part]
    if task.form == "completion" and all(same_json(flatten(list(case.args)), list(case.args)) for case in cases):
        prompt, completion = split_reference(task)
        return {**row, "prompt": prompt, "canonical_solution": completion}
    # MBPP+'s way: a whole program, and an assertion whose literals keep the types of the arguments.
    if not task.reference.strip():
        raise BadInput("it has no reference")
    row["prompt"] = f'"""\n{_docstring(task.prompt)}\n"""\n'
    row["canonical_solution"] = task.reference
    row["assertion"] = "".join(f"assert {_call(task, case)}\n" for case in calls["base"])
    shapes = read_shapes(str(task.entry_point), row["assertion"], "", task.reference)
    for case in cases:
        if value_source(shapes.restore(flatten(list(case.args)))) != value_source(case.args):
            raise BadInput("an input has types that the format's JSON cannot hold")
    return row


def _row_as_read(task: CodeTask) -> dict[str, Any]:
    originals = task.metadata.get("inputs", {})
    kept = kept_fields(task, FORMAT)
    body = task.reference if "assertion" in kept else task.reference.removeprefix(task.prompt)
    row: dict[str, Any] = {
        "task_id": task.id,
        "prompt": task.prompt,
        "entry_point": task.entry_point,
        "canonical_solution": body,
    }
    cases = {test.name: test.cases for test in task.tests if isinstance(test, CasesTest)}
    for name, field in _PARTS:
        if field in originals:
            row[field] = json.loads(originals[field])
        else:
            row[field] = [flatten(list(case.args)) for case in cases.get(name, ())]
    return in_source_order(task, {**row, **kept})


def _calls(task: CodeTask) -> dict[str, list[Case]]:
    """The cases of a task under EvalPlus's two names: those of the first test are base, all others are plus."""
    found: dict[str, list[Case]] = {"base": [], "plus": []}
    if task.wants_literal:
        raise BadInput("it asks for a value, not for a program")
    for number, test in enumerate(task.tests):
        if not isinstance(test, CasesTest) or task.entry_point is None:
            raise BadInput("its tests are programs, not inputs")
        if test.oracle is not None or test.comparator.order != "ordered":
            raise BadInput("its results need more than a comparison of values")
        if any(case.args_source is not None for case in test.cases):
            raise BadInput("an input is an expression, not a value")
        if any(case.raises is not None for case in test.cases):
            raise BadInput("a call must raise an exception, which this format cannot say")
        found["base" if number == 0 else "plus"].extend(test.cases)
    return found


def _call(task: CodeTask, case: Case) -> str:
    call = f"{task.entry_point}({', '.join(value_source(arg) for arg in case.args)})"
    return call if case.expected is MISSING else f"{call} == {value_source(case.expected)}"


def _docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip("\n")

"""Inputs of a draft, what is found out about its reference, and the gates that follow from that."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import replace

import pytest

from evalrun.evolvers.authored.annotations import fits, mistyped
from evalrun.evolvers.authored.inputs import Gathered, gather
from evalrun.evolvers.authored.protocol import Draft, Helper
from evalrun.evolvers.authored.proving import form, mutation_gate
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.studying import Studied, strengthened, study
from evalrun.evolvers.protocol import Executed, Observation
from evalrun.evolvers.texts import text_of
from evalrun.harness.sandbox import Sandbox

from .acting import PARENT, REFERENCE

DRAFT = Draft(
    "Return the sum of the values that are larger than the one before them.",
    "def total_of_rises(values: list[int]) -> int:",
    "total_of_rises",
    REFERENCE,
    inputs=(([],), ([3],), ([1, 2, 3],), ([5, 5, 6],), ([-4, -2, -9, 0],)),
)
SEEN = Observation(inputs={"base": (([7, 7],), (["a"],), ([1, 2], 3))}, outputs=(14, "a", 3))


def gathered(draft: Draft, sandbox: Sandbox, observed: Observation = SEEN) -> Gathered:
    return asyncio.run(gather(draft, (), [observed], 1, sandbox))


def test_inputs_are_the_authors_the_parents_that_fit_and_others_around_them(sandbox: Sandbox) -> None:
    found = gathered(DRAFT, sandbox)
    calls = [row.args for row in found.rows]
    assert calls[:6] == [*DRAFT.inputs, ([7, 7],)]  # not the parent's texts, nor its call with two arguments
    assert len(found.rows) > 20
    assert all(-9 <= value <= 7 for (values,) in calls for value in values)
    texts = [text_of(row.args) for row in (*found.rows, *found.further)]
    assert len(set(texts)) == len(texts)
    assert found == gathered(DRAFT, sandbox)


def test_the_contract_bounds_them_all(sandbox: Sandbox) -> None:
    contract = "def admissible(values):\n    return len(values) >= 1 and values[0] > 0\n"  # raises on other things
    found = gathered(replace(DRAFT, contract=contract), sandbox)
    assert (found.declared, found.refused) == (5, 2)
    assert all(row.args[0][0] > 0 for row in (*found.rows, *found.further))


def test_what_the_reference_raises_on_is_dropped_only_where_nobody_declared_it(sandbox: Sandbox) -> None:
    raising = replace(DRAFT, reference=REFERENCE.replace("total = 0", "total = 0 // (len(values) != 2)"))
    found = gathered(raising, sandbox, Observation())
    assert found.problem is None
    assert all(len(row.args[0]) != 2 for row in (*found.rows, *found.further))
    declared = replace(raising, contract="def admissible(values):\n    return True\n")
    problem = gathered(declared, sandbox, Observation()).problem
    assert problem is not None
    assert problem[0] == "total"
    assert "ZeroDivisionError" in problem[1]


def studied(draft: Draft, sandbox: Sandbox) -> Studied:
    found = gathered(draft, sandbox)
    assert found.problem is None
    return asyncio.run(study(model_operator_named("difficult"), draft, [PARENT], found, sandbox))


def test_hidden_cases_tell_the_mutants_that_any_input_tells(sandbox: Sandbox) -> None:
    found = studied(DRAFT, sandbox)
    task = form(DRAFT, found)
    texts = {text_of(row.args) for row in task.hidden}
    places = frozenset(place for place, row in enumerate(found.all_rows) if text_of(row.args) in texts)
    gate = mutation_gate(found, places)
    assert gate.holds
    assert gate.evidence["mutants"] >= 8
    assert gate.evidence["killed"] == gate.evidence["mutants"]
    assert not mutation_gate(found, frozenset({0})).holds  # an empty list tells hardly any


def test_further_inputs_become_tests_where_they_tell_more() -> None:
    rows = tuple(Executed(([n],), n) for n in range(4))
    known = Studied(
        rows[:2], rows[2:], None, 1, True, True, 2, (), {}, (),  # type: ignore[arg-type]
        mutants=(frozenset({0}), frozenset({3}), frozenset({2, 3}), frozenset()), functional_hash=None, helper_rows={},
    )  # fmt: skip
    assert strengthened(known, [0, 1]) == (3,)


def test_helpers_that_are_given_away_need_no_test_of_their_own(sandbox: Sandbox) -> None:
    helper = Helper("twice", "def twice(n):\n    # anything\n    return n + n if n > 100 else n * 2\n")
    own = "def total_of_rises(values):\n    return twice(len(values)) + max(values, default=0)\n"
    draft = replace(DRAFT, reference=f"{helper.program}\n\n{own}", helpers=(helper,))
    bare = replace(draft, helpers=())
    assert len(studied(draft, sandbox).mutants) < len(studied(bare, sandbox).mutants)


def test_a_prompt_shows_examples_that_were_run_and_no_hidden_case(sandbox: Sandbox) -> None:
    task = form(DRAFT, studied(DRAFT, sandbox), shown=[([5, 5, 6],)])
    assert ">>> total_of_rises([5, 5, 6])\n    11\n" in task.task.prompt
    assert len(task.examples) == 3
    hidden = {text_of(row.args) for row in task.hidden}
    assert not hidden & {text_of(row.args) for row in task.examples}
    ast.parse(task.task.prompt)


@pytest.mark.parametrize(
    ("value", "annotation", "holds"),
    [
        (1, "int", True), (True, "int", False), (1, "float", True), (1.0, "int", False), (None, "int | None", True),
        ([1, 2], "list[int]", True), ([1, "a"], "list[int]", False), ([], "list[str]", True),
        ((1, "a"), "tuple[int, str]", True),
        ((1,), "tuple[int, str]", False), ((1, 2, 3), "tuple[int, ...]", True), ((1, "a"), "tuple[int, ...]", False),
        ({"a": [1]}, "dict[str, list[int]]", True), ({"a": 1}, "dict[str, list[int]]", False), ({1}, "set[int]", True),
        ([(1, 2)], "list[tuple[int, int]]", True), ([[1, 2]], "list[tuple[int, int]]", False), ("x", "object", True),
        (frozenset({1}), "set[int]", False), ([1], "list", True),
    ],
)  # fmt: skip
def test_values_have_the_types_that_are_stated(value: object, annotation: str, holds: bool) -> None:
    assert fits(value, ast.parse(annotation, mode="eval").body) is holds


def test_the_first_that_has_another_type_is_named() -> None:
    rows = [Executed(([1],), 1), Executed((["a"],), 1)]
    assert mistyped("def f(values: list[int]) -> int:", rows) == "values is a list, not list[int]"
    assert mistyped("def f(values: list) -> str:", rows) == "a value is a int, not str"
    assert mistyped("def f(values):", rows) == ""

"""Derived operators: repair, predict_output, distinguish, subtle_by_example."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import Case, CasesTest, CodeTask, LiteralTest, Suite
from evalrun.evolvers import NotApplicable, Pool, evolve, parse_operators
from evalrun.evolvers.inputs.argument_checks import CHECKER, NoForm, form_of, told
from evalrun.evolvers.mutants import mutants_of
from evalrun.evolvers.operators.distinguish import Distinguish
from evalrun.evolvers.operators.predict_output import PredictOutput
from evalrun.evolvers.operators.rename import Rename
from evalrun.evolvers.operators.repair import Repair
from evalrun.evolvers.operators.subtle_by_example import TAG, SubtleByExample
from evalrun.evolvers.protocol import DerivedOperator, Executed, Observation, ObservedMutant
from evalrun.evolvers.questions import bare, blocks_in
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_one

PROMPT = 'def scaled(n: int) -> int:\n    """Thrice n, but no less than ten.\n    >>> scaled(5)\n    15\n    """\n'
BODY = "    found = n * 3\n    if found < 10:\n        return 10\n    return found\n"
OPERATORS: tuple[DerivedOperator, ...] = (Repair(), PredictOutput(), Distinguish(), SubtleByExample())


def scaled(n: int, factor: int = 3, least: int = 10) -> int:
    return max(least, n * factor)


def a_task(numbers: Sequence[int] = tuple(range(1, 13))) -> CodeTask:
    cases = tuple(Case((n,), scaled(n)) for n in numbers)
    return CodeTask("toy/scaled", PROMPT, "scaled", PROMPT + BODY, (CasesTest(cases),))


def a_mutant(task: CodeTask, old: str, new: str, results: Sequence[Any]) -> ObservedMutant:
    source = task.reference.replace(old, new)
    (made,) = [mutant for mutant in mutants_of(task.reference) if mutant.source == source]
    (test,) = task.tests
    assert isinstance(test, CasesTest)
    rows = tuple(Executed(case.args, value) for case, value in zip(test.cases, results, strict=True))
    return ObservedMutant(source, made.line, made.description, rows)


def a_pool(task: CodeTask, *, without: Sequence[str] = ()) -> Pool:
    (test,) = task.tests
    assert isinstance(test, CasesTest)
    numbers = [case.args[0] for case in test.cases]
    mutants = {
        "four": a_mutant(task, "n * 3", "n * 4", [max(10, n * 4) for n in numbers]),
        "eleven": a_mutant(task, "found < 10", "found < 11", [scaled(n) for n in numbers]),
        "low": a_mutant(task, "return 10", "return 9", [n * 3 if n > 3 else 9 for n in numbers]),
        "negated": a_mutant(task, "if found < 10", "if not (found < 10)", [n * 3 if n < 4 else 10 for n in numbers]),
    }
    chosen = tuple(mutant for name, mutant in mutants.items() if name not in without)
    inputs = {"base": tuple(case.args for case in test.cases)}
    outputs = tuple(case.expected for case in test.cases)
    seen = Observation(inputs=inputs, outputs=outputs, output_type="int", mutants=chosen)
    return Pool((task,), {task.digest: seen})


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_the_reference_passes_every_control_fails_and_the_static_proofs_hold(
    operator: DerivedOperator, sandbox: Sandbox
) -> None:
    task = a_task()
    for candidate in operator.propose(task, random.Random(1), a_pool(task)):
        child = CodeTask.from_json(candidate.task.to_json())
        assert score_one(child, child.reference, sandbox).verdict == "pass"
        controls = operator.controls(child, (task,), candidate.parameters)
        assert controls
        verdicts = {name: str(score_one(child, text, sandbox).verdict) for name, text in controls.items()}
        assert "pass" not in verdicts.values(), verdicts
        assert all(gate.holds for gate in operator.prove(child, (task,), candidate.parameters))


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_the_same_generator_proposes_the_same_and_what_was_not_observed_is_refused(operator: DerivedOperator) -> None:
    task = a_task()
    first, second = (operator.propose(task, random.Random(4), a_pool(task)) for _ in range(2))
    assert [(each.task, each.parameters) for each in first] == [(each.task, each.parameters) for each in second]
    for seen in (Observation(), Observation(problem="it fails"), Observation(unobservable="it is odd")):
        with pytest.raises(NotApplicable):
            operator.propose(task, random.Random(4), Pool((task,), {task.digest: seen}))


def test_a_repair_shows_the_fault_with_a_failing_call_and_keeps_tests_and_reference() -> None:
    task = a_task()
    (candidate,) = Repair().propose(task, random.Random(0), a_pool(task, without=("four", "negated")))
    child = candidate.task
    assert (child.tests, child.reference, child.entry_point) == (task.tests, task.reference, task.entry_point)
    (shown,) = blocks_in(child.prompt)
    assert shown + "\n" == task.reference.replace("return 10", "return 9")
    assert "returns `9`, but it should return `10`" in child.prompt
    with pytest.raises(NotApplicable, match="is right on some"):
        Repair().propose(task, random.Random(0), a_pool(task, without=("four", "low")))


def test_a_repair_with_another_program_or_other_tests_does_not_prove() -> None:
    task = a_task()
    candidate = Repair().propose(task, random.Random(0), a_pool(task))[0]
    other = replace(candidate.task, prompt=candidate.task.prompt.replace("def scaled", "def  scaled"))
    assert [g.gate for g in Repair().prove(other, (task,), {}) if not g.holds] == ["parent_specified", "one_change"]
    other = replace(candidate.task, tests=a_task((1, 2)).tests)
    assert [g.gate for g in Repair().prove(other, (task,), {}) if not g.holds] == ["parent_tests"]


def test_a_prediction_shows_no_docstring_and_its_value_is_not_what_the_parent_gives() -> None:
    task = a_task()
    for seed in range(12):
        candidate = PredictOutput().propose(task, random.Random(seed), a_pool(task))[0]
        child = candidate.task
        (test,) = child.tests
        assert isinstance(test, LiteralTest)
        assert "Thrice" not in child.prompt
        assert child.reference == repr(test.expected)
        if candidate.parameters["program"] == "mutant":
            assert candidate.parameters["parent_value"] != child.reference


def test_a_prediction_of_another_value_or_program_does_not_prove() -> None:
    task = a_task()
    candidate = PredictOutput().propose(task, random.Random(0), a_pool(task))[0]
    prove = PredictOutput().prove
    wrong = replace(candidate.task, reference="12345")
    assert [g.gate for g in prove(wrong, (task,), candidate.parameters) if not g.holds] == ["literal_reference"]
    wrong = replace(candidate.task, prompt=candidate.task.prompt.replace("found", "left"))
    assert [g.gate for g in prove(wrong, (task,), candidate.parameters) if not g.holds] == ["one_change"]


@pytest.mark.parametrize(
    ("answer", "passes"),
    [("(1,)", True), ("(2,)", True), ("(12,)", False), ("(1.0,)", False), ("(True,)", False), ("[1]", False),
     ("(13,)", False), ("(0,)", False), ("(1, 1)", False), ("1", False)],
)  # fmt: skip
def test_every_call_of_the_right_kind_that_tells_two_programs_apart_is_accepted(
    answer: str, passes: bool, sandbox: Sandbox
) -> None:
    task = a_task()
    (candidate,) = Distinguish().propose(task, random.Random(0), a_pool(task, without=("four", "negated")))
    assert "an int from 1 to 12" in candidate.task.prompt
    program = f"def answer():\n    return {answer}\n"
    assert (score_one(candidate.task, program, sandbox).verdict == "pass") is passes


def test_a_subtle_task_shows_what_excludes_all_others_and_is_labelled() -> None:
    task = a_task()
    for candidate in SubtleByExample().propose(task, random.Random(0), a_pool(task)):
        child = candidate.task
        assert TAG in child.tags
        assert task.prompt.strip() in child.prompt
        (test,) = child.tests
        assert isinstance(test, CasesTest)
        assert len(test.cases) + len(candidate.parameters["examples"]) == 12
        assert any(case.expected != scaled(*case.args) for case in test.cases)


@pytest.mark.parametrize("operator", [Repair(), Distinguish(), SubtleByExample()], ids=lambda operator: operator.name)
def test_rename_stacks_on_what_has_an_entry_point(operator: DerivedOperator) -> None:
    task = a_task()
    child = operator.propose(task, random.Random(0), a_pool(task))[0].task
    pool = Pool((child,), {child.digest: Observation()})
    renamed = Rename().propose(child, random.Random(0), pool)[0]
    gates = Rename().prove(renamed.task, (child,), renamed.parameters)
    assert [gate.gate for gate in gates if not gate.holds] == []
    assert renamed.task.entry_point not in (None, child.entry_point)
    assert f"{child.entry_point}(" not in renamed.task.prompt


def test_rename_keeps_a_program_in_the_prompt_a_program() -> None:
    reference = "def add(a, b):\n    return sum(map(int, [a, b]))\n\ndef total(xs):\n    return reduce(add, xs)\n"
    prompt = f"Mend `total`, which adds.\n\n```python\n{reference}```\n"
    task = CodeTask("toy/t", prompt, "total", reference, (CasesTest((Case(([1],), 1),)),), form="instruct")
    pool = Pool((task,), {task.digest: Observation()})
    child = Rename().propose(task, random.Random(0), pool)[0].task
    (shown,) = blocks_in(child.prompt)
    assert shown + "\n" == child.reference
    assert "reduce(add" not in shown


def test_the_engine_makes_and_certifies_all_four_from_a_real_task(sandbox: Sandbox) -> None:
    suite = Suite.load("core")
    suite = replace(suite, tasks=tuple(task for task in suite if task.id == "core/tally-strokes"))
    chains = "repair+rename,predict_output,distinguish+rename,subtle_by_example"
    made = evolve(suite, parse_operators(chains), 0, sandbox)
    assert [tally.accepted for tally in made.tallies] == [1] * 6
    assert {task.id for task in made.suite} <= set(made.suite.certificates)


def test_docstrings_are_cut_out_by_whole_lines() -> None:
    rest = '    return "a"  # kept\n\ndef g(): "x"; return 1\n'
    source = '"""About."""\nX = 1\n\ndef f(a):\n    """\n    More.\n    """\n' + rest
    assert bare(source) == "X = 1\n\ndef f(a):\n" + rest
    with pytest.raises(NotApplicable):
        bare("def f():\n    'a'\n    return f.__doc__\n")


_VALUES = st.recursive(
    st.integers(-9, 9) | st.text("ab", max_size=3) | st.booleans() | st.floats(0, 2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("k", max_size=2), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_VALUES, min_size=1, max_size=4))
def test_every_value_has_the_form_that_was_made_of_it(values: list[Any]) -> None:
    try:
        form = form_of(values)
    except NoForm:
        return
    space: dict[str, Any] = {}
    exec(CHECKER, space)
    assert all(space["fits"](value, form) for value in values)
    assert told(form)


@pytest.mark.parametrize(
    ("values", "outside", "words"),
    [
        ([[1, 2], []], [[3], [1, 1, 1], (1,), [True]], "a list of 0 to 2 items, each an int from 1 to 2"),
        (["ab", "a"], ["", "abc", "ac", b"a"], "a str of 1 to 2 characters of the letters 'ab'"),
        ([(1, "x"), (2, "x")], [(1,), (3, "x"), [1, "x"]],
         "a tuple of 2: (an int from 1 to 2; a str of 1 characters of the letters 'x')"),
        ([None, 1.5], [1, 2.0, float("nan")], "None or a float from 1.5 to 1.5"),
        ([{"a": True}], [{}, {"b": True}, {"a": 1}],
         "a dict of 1 items, each key a str of 1 characters of the letters 'a', each value a bool"),
    ],
)  # fmt: skip
def test_a_form_refuses_what_lies_outside_and_is_told_in_words(
    values: list[Any], outside: list[Any], words: str
) -> None:
    form = form_of(values)
    space: dict[str, Any] = {}
    exec(CHECKER, space)
    assert not any(space["fits"](value, form) for value in outside)
    assert told(form) == words

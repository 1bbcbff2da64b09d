from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import CasesTest, CodeTask
from evalrun.evolvers import NotApplicable, Pool, operator_named
from evalrun.evolvers.examples import choose_examples
from evalrun.evolvers.language.predicates import BY_NAME, LIBRARY, Predicate, predicates_for
from evalrun.evolvers.observe import observe
from evalrun.evolvers.operators.guard_raise import GuardRaise
from evalrun.evolvers.pipeline import silent
from evalrun.evolvers.protocol import Candidate, Executed, Observation, seeded
from evalrun.evolvers.readings.frames import read_guard
from evalrun.evolvers.readings.predicate_sentences import body_of
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_one

TEXTS = st.text(alphabet="aab B:", max_size=6)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-12, 12),
    "float": st.floats(-9, 9),
    "bool": st.booleans(),
    "str": TEXTS,
    "list[": st.lists(st.integers(-3, 3), max_size=6),
    "list[int]": st.lists(st.integers(-4, 4), max_size=6),
    "list[float]": st.lists(st.floats(-9, 9), max_size=5),
    "list[str]": st.lists(TEXTS, max_size=5),
    "dict[": st.dictionaries(TEXTS, st.integers(), max_size=4),
}


def read_clause(clause: str) -> Callable[[Any], Any]:
    space: dict[str, Any] = {}
    exec("def apply(value):\n" + textwrap.indent(body_of(clause, "xs").strip(), "    "), space)
    return space["apply"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("predicate", LIBRARY, ids=[predicate.name for predicate in LIBRARY])
@given(data=st.data())
@settings(max_examples=25)
def test_clause_expression_and_effect_of_a_predicate_agree(predicate: Predicate, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(predicate.takes))
    values = data.draw(st.lists(VALUES[kind], min_size=2, max_size=6))
    constants = predicate.constants(values)
    if not constants:
        return
    constant = data.draw(st.sampled_from(constants))
    by_prompt = read_clause(predicate.say("xs", constant))
    for value in values:
        expected = predicate.holds(value, constant)
        assert eval(predicate.code(constant), {"v": value}) is expected
        assert by_prompt(value) is expected


@given(values=st.lists(st.integers(-5, 5), min_size=1), k=st.integers(-5, 5))
@settings(max_examples=25)
def test_the_slips_of_a_comparison_are_the_next_relation_and_the_next_constant(values: list[int], k: int) -> None:
    for name, right in (("value_greater", lambda v: v > k), ("value_less", lambda v: v < k)):
        slips = BY_NAME[name].nearby(k)
        told = [{value for value in values if slip(value) != right(value)} for slip in slips]
        beside = k + 1 if name == "value_greater" else k - 1
        assert told[:2] == [{k} & set(values), {beside} & set(values)]


@pytest.mark.parametrize(
    "clause",
    ["`xs` is greater than", "`xs` is greater than `ys`", "`ys` is even", "`xs` is even or odd", "the length is even"],
)
def test_a_clause_outside_the_language_has_no_reading(clause: str) -> None:
    with pytest.raises(ValueError, match="readings"):
        body_of(clause, "xs")


@pytest.mark.parametrize("outcome", ["raise open", "raise KeyboardInterrupt", "return `f(1)`", "return `1`; raise"])
def test_a_guard_that_ends_in_no_literal_and_no_exception_is_refused(outcome: str) -> None:
    text = (
        f"If `x` is even, {outcome}. Otherwise return the value that `f(x)`, as specified above, returns. "
        "Only the specification of `f` is given above: implement it as well."
    )
    with pytest.raises(ValueError, match=r"."):
        read_guard(text)


def test_predicates_are_chosen_by_the_deep_type_of_the_parameter() -> None:
    assert {each.name for each in predicates_for("bool")} == {"true", "false"}
    assert "sum_greater" not in {each.name for each in predicates_for("list[str]")}
    assert predicates_for("mixed") == []


@pytest.fixture(scope="module")
def squares(check_task: Callable[..., CodeTask]) -> CodeTask:
    return check_task(
        0, "square_of", 'def square_of(n: int) -> int:\n    """The square of n."""\n', "    return n * n\n",
        *(f"assert candidate({n}) == {n * n}" for n in range(-4, 12)),
    )  # fmt: skip


def proposals(name: str, task: CodeTask, sandbox: Sandbox, slot: int = 0) -> list[Candidate]:
    operator = operator_named(name)
    pool = Pool((task,), observe([task], sandbox, silent))
    return operator.propose(task, seeded(0, operator, task, slot), pool)


def finished(name: str, candidate: Candidate) -> CodeTask:
    """The finished task; what its reference does is learnt in this process, for the program is this test's own."""
    operator: Any = operator_named(name)
    space: dict[str, Any] = {}
    exec(candidate.task.reference, space)
    rows = []
    for args in (args for each in candidate.calls.values() for args in each):
        try:
            rows.append(Executed(args, space[str(candidate.task.entry_point)](*args)))
        except Exception as error:
            rows.append(Executed(args, None, type(error).__name__))
    examples = choose_examples(rows)
    tests = tuple(row for row in rows if row not in examples)
    task: CodeTask = operator.finish(candidate, {"base": tests}, examples)
    return task


@pytest.mark.parametrize("name", ["guard_clause", "guard_raise"])
def test_a_guard_is_true_on_some_inputs_and_its_boundary_is_tested(
    name: str, squares: CodeTask, sandbox: Sandbox
) -> None:
    candidates = proposals(name, squares, sandbox)
    assert len({candidate.parameters["predicate"] for candidate in candidates}) >= 3
    for candidate in candidates:
        predicate, constant = BY_NAME[candidate.parameters["predicate"]], candidate.parameters["constant"]
        values = [args[0] for each in candidate.calls.values() for args in each]
        truth = [predicate.holds(value, constant) for value in values]
        assert 0.12 <= sum(truth) / len(truth) <= 0.7
        for slip in predicate.nearby(constant):
            assert [slip(value) for value in values] != truth


@pytest.mark.parametrize("name", ["guard_clause", "guard_raise"])
def test_the_prompt_alone_gives_a_program_that_passes_and_the_parent_fails(
    name: str, squares: CodeTask, sandbox: Sandbox
) -> None:
    operator: Any = operator_named(name)
    for candidate in proposals(name, squares, sandbox)[:4]:
        task = finished(name, candidate)
        gates = operator.prove(task, candidate.parents, candidate.parameters)
        assert [gate.gate for gate in gates if not gate.holds] == []
        parent = f"{squares.reference}\n{task.entry_point} = square_of\n"
        read = operator.witness(task, (squares,))
        for source, verdict in ((task.reference, "pass"), (read, "pass"), (parent, "wrong")):
            score = score_one(task, source, sandbox)
            assert score.verdict == verdict, (score, source)


def test_the_prompt_shows_a_call_that_raises_and_one_that_returns(squares: CodeTask, sandbox: Sandbox) -> None:
    candidate = proposals("guard_raise", squares, sandbox)[0]
    (raised,) = candidate.raises
    task = finished("guard_raise", candidate)
    assert f", raise {raised}. Otherwise return the value" in " ".join(task.prompt.split())
    assert f"    Traceback (most recent call last):\n        ...\n    {raised}\n" in task.prompt
    assert any(isinstance(test, CasesTest) and any(case.raises == raised for case in test.cases) for test in task.tests)


def test_a_renamed_guard_is_proven_and_passes(squares: CodeTask, sandbox: Sandbox) -> None:
    task = finished("guard_raise", proposals("guard_raise", squares, sandbox)[0])
    rename = operator_named("rename")
    (renamed,) = rename.propose(task, seeded(0, rename, task, 0), Pool((), {}))
    assert [gate.gate for gate in renamed.gates if not gate.holds] == []
    assert score_one(renamed.task, renamed.task.reference, sandbox).verdict == "pass"


def test_inputs_that_no_predicate_divides_are_refused(squares: CodeTask) -> None:
    observed = Observation(None, {"base": ((1,), (1,))}, (1, 1), "int")
    operator = GuardRaise()
    with pytest.raises(NotApplicable, match="no predicate divides the inputs"):
        operator.propose(squares, seeded(0, operator, squares, 0), Pool((), {squares.digest: observed}))

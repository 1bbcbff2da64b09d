"""Operators that define a new function by given ones: combine, lift, invert_search, tool_use, stateful."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
from evalrun.evolvers import Evolution, evolve, operator_named, parse_operators, verify
from evalrun.evolvers.language.aggregates import LIBRARY, Aggregate
from evalrun.evolvers.language.conditions import Condition
from evalrun.evolvers.language.streams import VARIANTS, Stream, events_for
from evalrun.evolvers.readings import combine as combine_reading
from evalrun.evolvers.readings import lift as lift_reading
from evalrun.evolvers.readings import one_of
from evalrun.evolvers.readings import search as search_reading
from evalrun.evolvers.readings import stateful as stateful_reading
from evalrun.evolvers.readings import tool_use as tool_reading
from evalrun.harness.endpoint.extract import extract
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import program_of, score_answers

OPERATORS = ("combine", "lift", "invert_search", "tool_use", "stateful")
WORDS = (["ab", "b", "abc"], ["x"], ["q", "q", "zz"], ["long", "lo", "l"], ["a", "bb", "ccc", "d"], ["m", "no"], [])


def cases_task(number: int, prompt: str, code: str, entry: str, inputs: list[tuple[object, ...]]) -> CodeTask:
    space: dict[str, object] = {}
    exec(code, space)
    function = space[entry]
    assert callable(function)
    cases = tuple(Case(args, function(*args)) for args in inputs)
    return CodeTask(f"toy/{number}", prompt, entry, prompt + code.partition("\n")[2], (CasesTest(cases),))


def completion(number: int, header: str, doc: str, body: str, inputs: list[tuple[object, ...]]) -> CodeTask:
    entry = header.partition("(")[0]
    prompt = f'def {header}:\n    """{doc}"""\n'
    return cases_task(number, prompt, f"def {header}:\n{body}", entry, inputs)


@pytest.fixture(scope="module")
def toys() -> Suite:
    numbers: list[tuple[object, ...]] = [(n,) for n in (*range(12), 20, 33)]
    rows: list[tuple[object, ...]] = [([*range(n, 0, -1)],) for n in range(7)] + [([3, 1, 3],), ([5, 5, 2],)]
    tasks = (
        completion(0, "square_plus(n)", "The square of n, plus n.", "    return n * n + n\n", numbers),
        completion(
            1, "row_of(n)", "The numbers below n, the greatest first.",
            "    return list(range(n))[::-1]\n", numbers[:9],
        ),
        completion(
            2, "spread(items)", "The greatest item minus the smallest; 0 for no items.",
            "    return max(items) - min(items) if items else 0\n", rows,
        ),
        completion(
            3, "joined(words, mark)", "The words with the mark after each of them.",
            "    return ''.join(word + mark for word in words)\n", [(row, "+") for row in WORDS],
        ),
        completion(
            4, "weighed(n)", "Three times n, or n less 40 for n above 8.",
            "    return 3 * n if n < 9 else n - 40\n", numbers,
        ),
    )  # fmt: skip
    return Suite("toy", "1", tasks, license="Apache-2.0")


@pytest.fixture(scope="module")
def evolved(toys: Suite, sandbox: Sandbox) -> Evolution:
    return evolve(toys, parse_operators(",".join(f"{name}+rename" for name in OPERATORS)), 0, sandbox, count=2)


def made_by(evolution: Evolution) -> dict[str, list[CodeTask]]:
    """The children of each operator, before they were renamed."""
    found: dict[str, list[CodeTask]] = {name: [] for name in OPERATORS}
    for task in evolution.suite.ancestors:
        if task.lineage is not None:
            found[task.lineage.operator].append(task)
    return found


def test_every_operator_has_children_and_all_of_them_can_be_renamed(evolved: Evolution) -> None:
    tallies = {tally.operator: tally for tally in evolved.tallies}
    for name in OPERATORS:
        assert tallies[name].accepted >= 2, name
        assert tallies[f"{name}+rename"].accepted == tallies[name].accepted


def test_references_pass_their_tests_and_the_parents_programs_do_not(evolved: Evolution, sandbox: Sandbox) -> None:
    known = {task.id: task for task in evolved.suite.ancestors}
    children = [task for tasks in made_by(evolved).values() for task in tasks]
    right = [(task, task.reference) for task in [*children, *evolved.suite]]
    assert {str(score.verdict) for score in score_answers(right, sandbox)} == {"pass"}
    old = [(t, f"{known[t.root].reference}\n{t.entry_point} = {known[t.root].entry_point}\n") for t in children]
    assert "pass" not in {str(score.verdict) for score in score_answers(old, sandbox)}


def test_every_certificate_holds_when_the_tasks_are_made_again(evolved: Evolution, sandbox: Sandbox) -> None:
    assert verify(evolved.suite, sandbox) == []


def test_the_parents_prompts_stay_verbatim_unless_their_code_is_given(evolved: Evolution) -> None:
    known = {task.id: task for task in evolved.suite.ancestors}
    for name, tasks in made_by(evolved).items():
        for task in tasks:
            assert task.lineage is not None
            parents = [known[parent] for parent in task.lineage.parents]
            if name == "tool_use":
                assert not any(parent.entry_point in task.prompt for parent in parents if parent.entry_point)
            else:
                assert all(parent.prompt.strip() in task.prompt for parent in parents)


def test_no_two_children_of_a_task_are_combined_with_the_same_partner(evolved: Evolution) -> None:
    pairs = [task.lineage.parents for task in made_by(evolved)["combine"] if task.lineage is not None]
    assert len(set(pairs)) == len(pairs)


def test_a_prompt_whose_sentence_is_bent_is_read_otherwise_or_not_at_all(evolved: Evolution) -> None:
    known = {task.id: task for task in evolved.suite.ancestors}
    bends = {"returns": "yields", "Return": "Give", "the value": "a value"}
    for name, tasks in made_by(evolved).items():
        operator = operator_named(name)
        for task in tasks:
            assert task.lineage is not None
            parents = [known[parent] for parent in task.lineage.parents]
            start = task.prompt.rindex(f" {task.entry_point}")
            for old, new in bends.items():
                bent = CodeTask(
                    task.id, task.prompt[:start] + re.sub(rf"\b{old}\b", new, task.prompt[start:]), task.entry_point,
                    task.reference, task.tests,
                )  # fmt: skip
                if bent.prompt != task.prompt:
                    with pytest.raises(ValueError, match=r"."):
                        operator.witness(bent, parents)  # type: ignore[attr-defined]


# --- tools ---


def test_answers_may_call_the_given_tools_or_repeat_them(evolved: Evolution, sandbox: Sandbox) -> None:
    for task in made_by(evolved)["tool_use"]:
        new = task.reference[task.reference.rindex(f"def {task.entry_point}") :]
        body = new.partition("\n")[2]
        replies = (body, f"```python\n{new}```", f"```python\n{task.reference}```")
        programs = []
        for reply in replies:
            found = extract(reply, form=task.form, entry_point=task.entry_point, prompt=task.prompt)
            programs.append((task, program_of(task, found.code, found.assembly)))
        assert [str(score.verdict) for score in score_answers(programs, sandbox)] == ["pass"] * 3


def test_a_reference_passes_with_its_tool_under_any_other_name(evolved: Evolution, sandbox: Sandbox) -> None:
    tasks = made_by(evolved)["tool_use"]
    renamed = []
    for task in tasks:
        assert task.lineage is not None
        tool, *distractors = task.lineage.parameters["tools"]
        assert all(name in task.prompt and name not in task.reference for name in distractors)
        renamed.append((task, re.sub(rf"\b{tool}\b", "any_other_name", task.reference)))
    assert {str(score.verdict) for score in score_answers(renamed, sandbox)} == {"pass"}


# --- searches ---


def test_searches_hit_at_both_ends_beside_them_and_nowhere(evolved: Evolution) -> None:
    for task in made_by(evolved)["invert_search"]:
        (test,) = task.tests
        assert isinstance(test, CasesTest)
        rows = [case.args[-2:] for case in test.cases]
        assert any(lo == hi for lo, hi in rows)
        assert any(lo < hi for lo, hi in rows)
        assert len({repr(case.expected) for case in test.cases}) >= 2


# --- the sentences against their independent readings ---

VALUES: Mapping[str, st.SearchStrategy[object]] = {
    "bool": st.booleans(),
    "int": st.integers(-3, 3),
    "str": st.text("ab", max_size=2),
    "list[int]": st.lists(st.integers(0, 1), max_size=2),
}


def aggregates_with_types() -> list[tuple[Aggregate, str]]:
    return [(aggregate, kind) for aggregate in LIBRARY for kind in VALUES if aggregate.accepts(kind)]


@pytest.mark.parametrize(("aggregate", "kind"), aggregates_with_types(), ids=lambda part: getattr(part, "name", part))
@given(data=st.data())
@settings(max_examples=15)
def test_an_aggregate_and_its_reading_agree(aggregate: Aggregate, kind: str, data: st.DataObject) -> None:
    results = data.draw(st.lists(VALUES[kind], max_size=6))
    drawn = aggregate.draw(random.Random(0), [*results, *results, *results])
    if drawn is None:
        return
    text = (
        "`batch` is a list, which may be empty. Every item of it is one value, and the result of an item x is the "
        f"value that `same(x)`, as specified above, returns. {aggregate.say('batch', drawn)} Only the specification of "
        "`same` is given above: implement it as well."
    )
    space: dict[str, object] = {"same": lambda x: x}
    exec(lift_reading.program(lift_reading.read(text), "read"), space)
    exec("def made(results):\n    " + aggregate.body(drawn).replace("\n", "\n    "), space)
    assert space["read"](results) == space["made"](results)  # type: ignore[operator]


@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
@given(pieces=st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=7), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_a_stream_gives_what_a_batch_gives_on_any_split(
    variant: str, texts: bool, pieces: list[str], seed: int
) -> None:
    stream = Stream("Box", "inner", ("items", "mark"), 0, texts, variant, 2)
    space: dict[str, object] = {"inner": lambda items, mark: (items, mark)}
    exec(stream.code(), space)
    events = events_for(pieces, variant, 2, lambda now: True, random.Random(seed))
    assert events is not None
    streamed = replayed(space["Box"], events)
    exec(stateful_reading.program("Box", stream.definition(), "inner", ["items", "mark"]), space)
    assert replayed(space["Box"], events) == streamed
    counted = pieces[-2:] if variant == "latest" else pieces
    assert streamed[-1] == ("".join(counted) if texts else counted, "!")


def replayed(kind: object, events: list[tuple[object, ...]]) -> list[object]:
    made = kind("!")  # type: ignore[operator]
    results = []
    for name, *handed in events:
        value = getattr(made, str(name))(*handed)
        if name == "result":
            results.append(value)
    return results


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        (Condition("remainder", 0, (3, 2)), range(-7, 8)),
        (Condition("greater", 0, (-1,)), range(-3, 4)),
        (Condition("longer", 0, (2,)), ("", "a", "ab", "abc", "abcd")),
        (Condition("even_length", 0, ()), ("", "a", "ab", "abc")),
    ],
    ids=lambda part: getattr(part, "kind", ""),
)
def test_a_condition_and_its_reading_agree(condition: Condition, values: list[object]) -> None:
    read = one_of(combine_reading.CONDITIONS, condition.say("x").replace("`x`", "@")).replace("@", "x")
    for value in values:
        assert bool(eval(read, {"x": value})) == eval(condition.code("x"), {"x": value})


@pytest.mark.parametrize(
    "read",
    [
        lambda text: lift_reading.read(text),
        lambda text: combine_reading.read(text, ["f", "g"]),
        lambda text: search_reading.program("new", text, "f", 1),
        lambda text: stateful_reading.program("Box", text, "f", ["items"]),
        lambda text: tool_reading.program("new", text),
    ],
    ids=OPERATORS[1:2] + OPERATORS[:1] + OPERATORS[2:3] + OPERATORS[4:] + OPERATORS[3:4],
)
@pytest.mark.parametrize("text", ["", "Return the sum of `f(x)`.", "Let v be the value that `f(x)` returns."])
def test_prose_outside_the_language_has_no_reading(read: object, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)  # type: ignore[operator]

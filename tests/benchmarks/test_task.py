"""Tasks: read back as written, identified by what decides a verdict, refused in one line when a field is wrong."""

from __future__ import annotations

from dataclasses import replace
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
    ModuleTest,
    StdioCase,
    StdioTest,
)
from evalrun.benchmarks.jsonio import canonical_json

names = st.sampled_from(["f", "größe", "_x1"])
texts = st.text(alphabet=st.characters(codec=None, exclude_categories=[]), max_size=12)
arguments = st.lists(
    st.integers() | texts | st.floats(allow_nan=False) | st.sets(st.integers(), max_size=2), max_size=3
)
cases = st.builds(Case, arguments.map(tuple), st.just(MISSING) | st.integers() | texts) | st.builds(
    lambda source, others: Case(args_source=source, any_of=tuple(others)), texts, arguments
)
comparators = st.builds(
    Comparator,
    st.sampled_from(["exact", "python"]),
    st.sampled_from([0.0, 1e-7]),
    st.sampled_from([0.0, 1e-6]),
    st.sampled_from(["ordered", "multiset", "set"]),
)
tests = st.one_of(
    st.builds(
        CasesTest,
        st.lists(cases, min_size=1, max_size=3).map(tuple),
        comparators,
        st.none() | texts,
        st.sampled_from(["base", "plus"]),
    ),
    st.builds(CheckTest, texts, texts),
    st.builds(ModuleTest, texts, st.sampled_from(["solution", "bank"])),
    st.builds(
        StdioTest,
        st.lists(st.builds(StdioCase, texts, texts), min_size=1, max_size=2).map(tuple),
        st.sampled_from(["lines", "tokens", "exact"]),
    ),
)
lineages = st.builds(
    Lineage,
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    texts,
    texts,
    st.dictionaries(texts, st.integers(), max_size=2),
    st.integers(0, 9),
    st.integers(0, 3),
)
tasks = st.builds(
    CodeTask,
    id=texts,
    prompt=texts,
    entry_point=names,
    reference=texts,
    tests=st.lists(tests, min_size=1, max_size=2).map(tuple),
    form=st.sampled_from(["completion", "instruct"]),
    tags=st.lists(texts, max_size=2).map(tuple),
    time_limit_s=st.none() | st.sampled_from([0.5, 10.0]),
    lineage=st.none() | lineages,
    metadata=st.dictionaries(texts, st.integers() | texts, max_size=2),
)

TASK = CodeTask(
    id="t/1",
    prompt="def f(x):\n",
    entry_point="f",
    reference="def f(x):\n    return x\n",
    tests=(CasesTest((Case((1,), 1),)),),
)


@given(tasks)
def test_a_task_comes_back_from_json_as_it_was(task: CodeTask) -> None:
    import json

    back = CodeTask.from_json(json.loads(canonical_json(task.to_json())))
    assert back == task
    assert back.digest == task.digest
    assert dict(back.metadata) == dict(task.metadata)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "def f(y):\n"},
        {"reference": ""},
        {"entry_point": "g"},
        {"form": "instruct"},
        {"time_limit_s": 1.0},
        {"tests": ()},
        {"tests": (CasesTest((Case((1,), 1.0),)),)},
        {"tests": (CasesTest((Case((1,), 1),), Comparator(atol=1.0)),)},
        {"tests": (CasesTest((Case((1,), 1),), oracle="def accept(a, g, e): return True"),)},
        {"tests": (CasesTest((Case((1,), 1),), name="plus"),)},
        {"tests": (CasesTest((Case((1,), 1, any_of=(2,)),)),)},
        {"tests": (ModuleTest("def test_f(): pass"),)},
        {"tests": (ModuleTest("def test_f(): pass", "other"),)},
    ],
    ids=str,
)
def test_what_decides_a_verdict_changes_the_digest(change: dict[str, Any]) -> None:
    assert replace(TASK, **change).digest != TASK.digest


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"tags": ("hard",)},
        {"metadata": {"a": 1}},
        {"lineage": Lineage("r", (), (), "o", "1", {}, 0, 1)},
    ],
)
def test_names_and_notes_do_not_change_the_digest(change: dict[str, Any]) -> None:
    assert replace(TASK, **change).digest == TASK.digest


def test_the_digest_is_a_fixed_point_of_the_format() -> None:
    assert TASK.digest == "8f338cd59607213704702aa134d695bdc21c1e41c83d88e2c37f9ed0e6bd5035"


def test_the_root_of_an_evolved_task_is_the_human_one() -> None:
    assert TASK.root == "t/1"
    assert replace(TASK, lineage=Lineage("h/0", ("t/0",), ("d",), "rename", "1", {}, 0, 2)).root == "h/0"


def test_a_missing_expected_value_is_not_none() -> None:
    assert "expected" not in Case((1,)).to_json()
    assert Case((1,), None).to_json() == {"args": [1], "expected": None}
    assert Case.from_json({"args": [1]}).expected is MISSING
    assert Case.from_json({"args": [1], "expected": None}).expected is None


GOOD: dict[str, Any] = TASK.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "id: expected a text"),
        ({"prompt": 5}, "prompt: expected a text, found int"),
        ({"reference": None}, "reference: expected a text"),
        ({"type": "preference"}, "type: expected code"),
        ({"form": "poem"}, "form: expected completion or instruct"),
        ({"entry_point": "not a name"}, "entry_point: expected a Python name"),
        ({"entry_point": 5}, "entry_point: expected a Python name"),
        ({"entry_point": None}, "can only have module, stdio and literal tests"),
        ({"tests": None}, "wrong type"),
        ({"tests": [5]}, "wrong type"),
        ({"tests": [{}]}, "the field 'kind' is missing"),
        ({"tests": [{"kind": "magic"}]}, "kind: expected cases, check, module, stdio or literal"),
        ({"tests": [{"kind": "cases"}]}, "the field 'cases' is missing"),
        ({"tests": [{"kind": "cases", "cases": [{}]}]}, "the field 'args' is missing"),
        ({"tests": [{"kind": "cases", "cases": [{"args": [{"$nope": 1}]}]}]}, "not plain data"),
        ({"tests": [{"kind": "cases", "cases": [], "comparator": {"types": "loose"}}]}, "comparator"),
        ({"tests": [{"kind": "cases", "cases": [], "oracle": 5}]}, "oracle: expected a text"),
        ({"tests": [{"kind": "cases", "cases": [{"args": [], "any_of": 5}]}]}, "any_of: expected a list"),
        ({"tests": [{"kind": "cases", "cases": [{"args": [], "raises": "open"}]}]}, "raises: expected the name of a"),
        ({"tests": [{"kind": "cases", "cases": [{"args": [], "raises": "MemoryError"}]}]}, "raises: expected the name"),
        ({"tests": [{"kind": "cases", "cases": [{"args": [], "raises": "ValueError", "expected": 1}]}]}, "not both"),
        ({"tests": [{"kind": "cases", "oracle": "", "cases": [{"args": [], "raises": "KeyError"}]}]}, "an oracle"),
        ({"tests": [{"kind": "module", "program": None}]}, "program: expected a text"),
        ({"tests": [{"kind": "module", "program": "", "module": "a.b"}]}, "module: expected a Python name"),
        ({"tests": [{"kind": "check", "program": None}]}, "program: expected a text"),
        ({"tests": [{"kind": "stdio", "cases": [], "whitespace": "some"}]}, "whitespace: expected"),
        ({"tests": [{"kind": "stdio", "cases": [{"stdin": ""}]}]}, "'stdout' is missing"),
        ({"lineage": {"root": "r"}}, "is missing"),
        ({"lineage": 5}, "wrong type"),
        ({"time_limit_s": "long"}, "wrong type"),
        ({"tags": 5}, "wrong type"),
        ({"metadata": 5}, "wrong type"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        CodeTask.from_json({**GOOD, **change})
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("task ")


@pytest.mark.parametrize("data", [None, [], 5, "text", {}])
def test_what_is_no_task_at_all_is_refused(data: Any) -> None:
    with pytest.raises(BadInput, match="task without id"):
        CodeTask.from_json(data)


@pytest.mark.parametrize("tests", [[], [{"kind": "cases", "cases": []}], [{"kind": "stdio", "cases": []}]])
def test_a_task_that_any_answer_would_pass_is_refused(tests: list[object]) -> None:
    row = {"id": "t/1", "prompt": "p", "entry_point": "f", "reference": "def f(): pass", "tests": tests}
    with pytest.raises(BadInput, match="any answer would pass"):
        CodeTask.from_json(row)


def test_a_whole_module_needs_no_entry_point() -> None:
    row = {
        "id": "t/1",
        "prompt": "p",
        "entry_point": None,
        "reference": "",
        "tests": [{"kind": "module", "program": "x"}],
    }
    assert CodeTask.from_json(row).tests == (ModuleTest("x"),)


def test_a_case_that_raises_is_settled_and_keeps_its_exception_in_json() -> None:
    case = Case((1,), raises="ValueError")
    assert case.settled
    assert case.acceptable == ()
    assert case.to_json() == {"args": [1], "raises": "ValueError"}
    assert Case.from_json(case.to_json()) == case
    assert Case.from_json({"args_source": "x", "raises": "KeyError"}) == Case(args_source="x", raises="KeyError")


def test_acceptable_are_the_expected_value_and_all_others() -> None:
    assert Case((1,), 1, any_of=(2, 3)).acceptable == (1, 2, 3)
    assert Case((1,), any_of=(2, None)).acceptable == (2, None)
    assert Case((1,)).acceptable == ()
    assert Case.from_json({"args": [1], "any_of": [{"$tuple": [1]}]}) == Case((1,), any_of=((1,),))

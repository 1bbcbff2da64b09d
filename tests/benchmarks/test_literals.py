"""Reading hostile text as a literal: the value or NotLiteral, quickly, and nothing else."""

from __future__ import annotations

import contextlib
import time
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput, CodeTask, Comparator, LiteralTest, Suite
from evalrun.benchmarks.formats import write_foreign
from evalrun.benchmarks.literals import NotLiteral, read_literal
from evalrun.benchmarks.plain import dumps
from evalrun.harness.sandbox import Sandbox, open_sandbox
from evalrun.harness.scoring import score_one

_ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary()
)
_KEYS = st.integers() | st.text() | st.tuples(st.booleans(), st.text())
_VALUES = st.recursive(
    _ATOMS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(_KEYS, inner) | st.sets(_KEYS),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(_VALUES)
def test_what_repr_writes_is_read_back_with_its_types(value: Any) -> None:
    assert dumps(read_literal(repr(value))) == dumps(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("set()", set()), (" -1 ", -1), ("+2", 2), ("1 - 2j", 1 - 2j), ("'a' 'b'", "ab"),
        ("(1,)", (1,)), ("1, 2", (1, 2)), ("[\n1,\n]", [1]),
    ],
)  # fmt: skip
def test_other_forms_of_literals_are_read(text: str, value: Any) -> None:
    assert repr(read_literal(text)) == repr(value)


HOSTILE = {
    "a name": "x", "a call": "list()", "a call that harms": "__import__('os').system('true')", "an f-string": "f'{1}'",
    "an operator": "1 + 1", "a power": "9**9**9", "a repetition": "'a' * 10**9", "a comprehension": "[0 for _ in (1,)]",
    "an ellipsis": "...", "unpacking": "[*[1]]", "a dict in a dict": "{**{}}", "set with arguments": "set([1])",
    "not": "not 1", "tilde": "~1", "sign of a bool": "-True", "sign of a text": "-'a'", "unhashable key": "{[]: 1}",
    "unhashable item": "{[]}", "empty": "", "blanks": " \n ", "a statement": "x = 1", "two": "1\n2", "null": "1\0",
    "a surrogate": "'\ud800", "digits": "9" * 19_000, "brackets": "[" * 19_000, "deep": "[" * 95 + "]" * 95,
    "signs": "-" * 19_000 + "1", "sums": "+".join(["1"] * 9_000), "attributes": "a" + ".a" * 9_000,
    "long": "1" * 20_001, "two signs": "--1", "the sign of a sum": "-(1+2j)", "a sum of two signs": "1+-2j",
    "tuples": "(" * 5_000 + ")" * 5_000, "lambdas": "lambda:" * 2_500 + "1", "walrus": "(a := 1)",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_anything_else_is_refused_and_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(NotLiteral):
        read_literal(text)
    assert time.perf_counter() - started < 5


def test_keys_that_collide_cost_no_more_than_their_number() -> None:
    text = "{" + ", ".join(str(number * (2**61 - 1)) for number in range(800)) + "}"
    assert len(read_literal(text)) == 800


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="[](){}'\"\\,:+-*1e9jnaul \n#f=", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(NotLiteral):
        assert read_literal(text) == literal_eval(text.strip())


def value_task(expected: Any, comparator: Comparator | None = None) -> CodeTask:
    test = LiteralTest(expected, comparator or Comparator())
    return CodeTask("toy/value", "What is it?", None, repr(expected), (test,), form="instruct")


def test_a_literal_test_survives_its_json_form() -> None:
    task = value_task({1: ("a", 2.0)}, Comparator(types="python", atol=0.1))
    assert CodeTask.from_json(task.to_json()) == task
    assert task.wants_literal
    assert CodeTask.from_json(task.to_json()).digest == task.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expected": {"$what": 1}}, "a test value is not plain data"),
        ({"comparator": {"types": "loose"}}, "comparator: a value is out of range"),
        ({"kind": "literally"}, "expected cases, check, module, stdio or literal"),
    ],
)
def test_a_wrong_literal_test_is_refused_with_its_fault(change: dict[str, Any], message: str) -> None:
    data = value_task(1).to_json()
    data["tests"][0].update(change)
    with pytest.raises(BadInput, match=message):
        CodeTask.from_json(data)


def test_an_expected_value_is_required_and_other_tests_beside_it_are_refused() -> None:
    data = value_task(1).to_json()
    del data["tests"][0]["expected"]
    with pytest.raises(BadInput, match="'expected' is missing"):
        CodeTask.from_json(data)
    data = value_task(1).to_json()
    data["tests"].append({"kind": "stdio", "cases": [{"stdin": "", "stdout": ""}]})
    with pytest.raises(BadInput, match="no answer is a value and a program"):
        CodeTask.from_json(data)


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with open_sandbox("process", workers=1) as opened:
        yield opened


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("[1, 2.0]", "pass"), ("[1, 2]", "wrong"), ("(1, 2.0)", "wrong"), ("[1, 2.0", "error"), ("f(1)", "error"),
        ("[" * 15_000, "error"), ("9" * 15_000, "error"), ("0x" + "9" * 15_000, "wrong"),
        ("", "no_answer"), (" \n", "no_answer"),
    ],
)  # fmt: skip
def test_a_value_is_scored_without_running_anything(answer: str, verdict: str, sandbox: Sandbox) -> None:
    score = score_one(value_task([1, 2.0]), answer, sandbox)
    assert (score.verdict, score.cpu_s, score.tests) == (
        verdict,
        0.0,
        {} if verdict == "no_answer" else {"base": verdict},
    )


def test_values_are_compared_as_the_test_says(sandbox: Sandbox) -> None:
    close = value_task([1.0, 2], Comparator(types="python", atol=0.01))
    assert score_one(close, "[1, 2.005]", sandbox).verdict == "pass"
    assert score_one(close, "[1, 2.05]", sandbox).verdict == "wrong"


@pytest.mark.parametrize("layout", ["humaneval", "evalplus"])
def test_foreign_formats_say_that_they_hold_no_values(layout: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it asks for a value, not for a program"):
        write_foreign(Suite("toy", "1", (value_task(1),)), tmp_path / "x.jsonl", layout)

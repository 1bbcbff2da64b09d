from __future__ import annotations

import random
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import CasesTest, CodeTask, Suite
from evalrun.evolvers import evolve, parse_operators
from evalrun.evolvers.language.pre_transforms import LIBRARY, PreTransform, transforms_for
from evalrun.evolvers.readings.frames import read_before
from evalrun.evolvers.readings.pre_sentences import body_of
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_answers

TEXTS = st.text(alphabet="abAB 1:", max_size=7)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(10**6), 10**6),
    "float": st.floats(-1e6, 1e6),
    "bool": st.booleans(),
    "str": TEXTS,
    "list[": st.lists(st.integers(-3, 3), max_size=7),
    "list[int]": st.lists(st.integers(-9, 9), max_size=7),
    "list[float]": st.lists(st.floats(-9, 9), max_size=5),
    "list[str]": st.lists(TEXTS, max_size=5),
    "list[list[": st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=4),
}


def read_phrase(phrase: str) -> Callable[[Any], Any]:
    space: dict[str, Any] = {}
    exec("def apply(value):\n" + textwrap.indent(body_of(phrase, "xs").strip(), "    "), space)
    return space["apply"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("transform", LIBRARY, ids=[transform.name for transform in LIBRARY])
@given(data=st.data(), seed=st.integers(0, 999))
@settings(max_examples=25)
def test_phrase_expression_and_effect_of_an_input_transform_agree(
    transform: PreTransform, data: st.DataObject, seed: int
) -> None:
    kind = data.draw(st.sampled_from(transform.takes))
    values = data.draw(st.lists(VALUES[kind], min_size=3, max_size=6))
    if transform.name == "digits_backwards":
        values = list(map(abs, values))
    drawn = transform.draw(random.Random(seed), values)
    if drawn is None:
        return
    by_prompt = read_phrase(transform.say("xs", drawn))
    for value in values:
        before = repr(value)
        expected = transform.apply(value, drawn)
        assert repr(eval(transform.code(drawn), {"v": value})) == repr(expected)
        assert repr(by_prompt(value)) == repr(expected)
        assert repr(value) == before


@pytest.mark.parametrize(
    ("phrase", "value", "expected"),
    [
        ("half of `xs`, rounded up if `xs` is odd", -3, -1),
        ("half of `xs`, rounded down if `xs` is odd", -3, -2),
        ("the absolute difference of `xs` and 5", 2, 3),
        ("`xs` without its first character (an empty `xs` stays empty)", "", ""),
        ("`xs` with every 'a' replaced by 'b'", "aba", "bbb"),
        ("a list of the items of `xs` in order, without those that are equal to an earlier one", [2, 1, 2], [2, 1]),
    ],
)
def test_known_readings(phrase: str, value: Any, expected: Any) -> None:
    assert read_phrase(phrase)(value) == expected


@pytest.mark.parametrize(
    "phrase",
    [
        "`xs` reversed",
        "the characters of `ys` in reverse order",
        "`xs` with its first 2 characters moved to its end, in the same order (unchanged if `xs` has fewer than 3)",
    ],
)
def test_a_phrase_outside_the_language_has_no_reading(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"readings|different"):
        body_of(phrase, "xs")


def test_transforms_are_chosen_by_the_deep_type_of_the_parameter() -> None:
    assert {t.name for t in transforms_for("bool")} == {"negation"}
    assert "items_plus" in {t.name for t in transforms_for("list[int]")}
    assert "items_plus" not in {t.name for t in transforms_for("list[str]")}
    assert transforms_for("mixed") == []


def test_a_frame_needs_its_end() -> None:
    text = "Let v be 2 times `n`. Return the value that `f(v)`, as specified above, returns."
    with pytest.raises(ValueError, match="no end"):
        read_before(text)
    frame = read_before(text + "\n\nOnly the specification of `f` is given above: implement it as well.")
    assert (frame.said, frame.inner, frame.arguments, frame.letter) == ("2 times `n`", "f", "v", "v")


@pytest.fixture(scope="module")
def sums(check_task: Callable[..., CodeTask]) -> Suite:
    rows = [[3, 1, 2], [5, 4], [9, 1, 1, 7], [2], [8, 8, 1], [6, 2, 4, 4, 1], [7, 3], [1, 9, 5], [4, 6, 2, 8]]
    task = check_task(
        0, "front_heavy", 'def front_heavy(xs, bonus=1):\n    """First item times ten plus the last, plus bonus."""\n',
        "    return 10 * xs[0] + xs[-1] + bonus\n",
        *(f"assert candidate({xs}, {n % 4}) == {10 * xs[0] + xs[-1] + n % 4}" for n, xs in enumerate(rows)),
    )  # fmt: skip
    return Suite("sums", "1", (task,))


def test_children_pass_with_their_reference_and_survive_a_rename(sums: Suite, sandbox: Sandbox) -> None:
    evolution = evolve(sums, parse_operators("compose_pre+rename"), 1, sandbox, count=3)
    assert len(evolution.suite.tasks) == 3
    scores = score_answers(((task, task.reference) for task in evolution.suite), sandbox)
    assert {str(score.verdict) for score in scores} == {"pass"}
    for task in evolution.suite:
        assert "Let v be " in " ".join(task.prompt.split())
        assert all(isinstance(test, CasesTest) and test.cases for test in task.tests)

from __future__ import annotations

import random
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.deeptypes import has_type, type_of_all
from evalrun.evolvers.language.transforms import BY_NAME, LIBRARY, Transform, transforms_for
from evalrun.evolvers.readings.sentences import read

TEXTS = st.text(alphabet="abAB 1:'\"\\éß\n", max_size=8)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(),
    "bool": st.booleans(),
    "str": TEXTS,
    "list[": st.lists(st.integers(-3, 3), max_size=7),
    "list[int]": st.lists(st.integers(), max_size=7),
    "list[str]": st.lists(TEXTS, max_size=5),
    "optional[": st.one_of(st.none(), st.integers()),
    "tuple[": st.tuples(st.integers(), st.text(max_size=2), st.booleans()),
    "dict[str,": st.dictionaries(TEXTS, st.integers(), max_size=4),
}
BY_NAME_PARAMETERS = pytest.mark.parametrize("transform", LIBRARY, ids=[transform.name for transform in LIBRARY])


def prompt_text(transform: Transform, arguments: dict[str, Any], letter: str = "v") -> str:
    definition = (
        f"Let {letter} be the value that `f(a, b)`, as specified above, returns. {transform.say(letter, arguments)}"
    )
    return (
        textwrap.fill(definition, 60, break_on_hyphens=False)
        + "\n\nOnly the specification of `f` is given above: implement it as well.\n\n>>> x"
    )


def by_library(transform: Transform, arguments: dict[str, Any], value: Any) -> Any:
    return eval(transform.code(arguments), {"v": value})


def by_prompt(text: str, value: Any) -> Any:
    space: dict[str, Any] = {}
    exec("def apply(value):\n" + textwrap.indent(read(text).body.strip(), "    "), space)
    return space["apply"](value)


@BY_NAME_PARAMETERS
@given(data=st.data(), seed=st.integers(0, 999))
def test_the_sentence_alone_rebuilds_the_transform(transform: Transform, data: st.DataObject, seed: int) -> None:
    arguments = transform.draw(random.Random(seed))
    value = data.draw(VALUES[transform.takes])
    letter = data.draw(st.sampled_from("vwyz"))
    expected = by_library(transform, arguments, value)
    got = by_prompt(prompt_text(transform, arguments, letter), value)
    # The case mapping of a single letter differs from that of a text for a few letters outside ASCII.
    if transform.name != "swap_case" or value.isascii():
        assert (got, type(got)) == (expected, type(expected))


@BY_NAME_PARAMETERS
@given(data=st.data(), seed=st.integers(0, 999))
def test_values_have_the_declared_type(transform: Transform, data: st.DataObject, seed: int) -> None:
    arguments = transform.draw(random.Random(seed))
    values = data.draw(st.lists(VALUES[transform.takes], min_size=1, max_size=4))
    taken = {
        "list[": "list[int]",
        "optional[": "optional[int]",
        "tuple[": "tuple[int,str,bool]",
        "dict[str,": "dict[str,int]",
    }
    declared = transform.output_type(taken.get(transform.takes, transform.takes))
    assert has_type([by_library(transform, arguments, value) for value in values], declared)


@BY_NAME_PARAMETERS
@given(data=st.data(), seed=st.integers(0, 999))
def test_a_transform_called_injective_keeps_different_values_apart(
    transform: Transform, data: st.DataObject, seed: int
) -> None:
    arguments = transform.draw(random.Random(seed))
    left, right = data.draw(VALUES[transform.takes]), data.draw(VALUES[transform.takes])
    if transform.injective and left != right:
        assert by_library(transform, arguments, left) != by_library(transform, arguments, right)


@BY_NAME_PARAMETERS
@given(data=st.data())
def test_a_transform_leaves_its_value_alone(transform: Transform, data: st.DataObject) -> None:
    value = data.draw(VALUES[transform.takes])
    before = repr(value)
    by_library(transform, transform.draw(random.Random(0)), value)
    assert repr(value) == before


def test_known_values() -> None:
    def apply(name: str, value: Any, **arguments: Any) -> Any:
        return by_library(BY_NAME[name], arguments, value)

    assert apply("affine", 5, a=3, b=4) == 19
    assert apply("binary_text", -5) == "-101"
    assert apply("digits_backwards", -120) == "021-"
    assert apply("remainder", -1, m=7) == 6
    assert apply("digit_sum", -305) == 8
    assert apply("run_lengths", "aabca") == [("a", 2), ("b", 1), ("c", 1), ("a", 1)]
    assert apply("rotate_text", "abcde", k=2) == "cdeab"
    assert apply("rotate_text", "a", k=3) == "a"
    assert apply("odds_last", [0, 1, 2, 3, 4]) == [0, 2, 4, 1, 3]
    assert apply("first_occurrences", [2, 1, 2, 3, 1]) == [2, 1, 3]
    assert apply("running_sums", [1, 2, 3]) == [1, 3, 6]
    assert apply("numbered_items", ["x", "y"], sep="|") == ["0|x", "1|y"]
    assert apply("flagged", None) == (True, None)
    assert apply("sorted_pairs", {"b": 1, "a": 2}) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "Return v reversed.",
        "Let v be the value that `f(a)`, as specified above, returns. Return v times v.\n\n"
        "Only the specification of `f` is given above: implement it as well.",
        "Let v be the value that `f(a)`, as specified above, returns. Return the characters of w in reverse order.\n\n"
        "Only the specification of `f` is given above: implement it as well.",
        "Let v be the value that `f(a)`, as specified above, returns. Return the characters of v in reverse order.\n\n"
        "Only the specification of `g` is given above: implement it as well.",
        "Let v be the value that `f(a)`, as specified above, returns. Return the remainder of v divided by 7, as a "
        "number from 0 to 8 - 1 even if v is negative.\n\n"
        "Only the specification of `f` is given above: implement it as well.",
        "Let v be the value that `f(a)`, as specified above, returns. Return the characters of v in reverse order.",
    ],
)
def test_text_outside_the_language_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_the_last_definition_counts_where_a_prompt_quotes_another() -> None:
    first = prompt_text(BY_NAME["affine"], {"a": 2, "b": 1})
    second = prompt_text(BY_NAME["affine"], {"a": 7, "b": 9})
    assert by_prompt(first + "\n" + second, 1) == 16


@pytest.mark.parametrize(
    ("deep_type", "some", "none"),
    [
        ("int", "affine", "negation"),
        ("list[int]", "running_sums", "backward_items"),
        ("list[float]", "list_backwards", "running_sums"),
        ("optional[str]", "flagged", "backwards"),
        ("dict[str,int]", "sorted_pairs", "affine"),
    ],
)
def test_transforms_are_chosen_by_type(deep_type: str, some: str, none: str) -> None:
    names = {transform.name for transform in transforms_for(deep_type)}
    assert some in names
    assert none not in names


@pytest.mark.parametrize("deep_type", ["float", "mixed", "nothing", "optional[float]", "set", "None", "Decimal"])
def test_there_is_no_transform_for_values_nobody_can_compare_exactly(deep_type: str) -> None:
    assert transforms_for(deep_type) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], "int"),
        ([True, 1], "mixed"),
        ([1, None], "optional[int]"),
        ([None, None], "None"),
        ([[], [1]], "list[int]"),
        ([[]], "list[nothing]"),
        ([[1], ["a"]], "list[mixed]"),
        ([[1, None]], "list[optional[int]]"),
        ([(1, "a"), (2, "b")], "tuple[int,str]"),
        ([(1,), (1, 2)], "tuple[mixed]"),
        ([{"a": [1]}, {}], "dict[str,list[int]]"),
        ([[(1, [2.0])], [(1, [])]], "list[tuple[int,list[float]]]"),
        ([None, [1], 3], "mixed"),
        ([1, "a", None], "mixed"),
        ([], "nothing"),
    ],
)
def test_deep_types_of_several_values(values: list[Any], expected: str) -> None:
    assert type_of_all(values) == expected
    assert type_of_all(values[::-1]) == expected


def test_a_declared_type_admits_empty_containers_but_no_other_item() -> None:
    assert has_type([[]], "list[int]")
    assert has_type([None, 1], "optional[int]")
    assert not has_type([["a"]], "list[int]")
    assert not has_type([True], "int")

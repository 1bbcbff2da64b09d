"""The grammar and the reader are two definitions of one language: they must agree on all that can be said."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from evalrun.evolvers.designed.definition import Definition, filled
from evalrun.evolvers.designed.flaws import Flaw
from evalrun.evolvers.designed.primitives import LIBRARY
from evalrun.evolvers.designed.probes import probes_of
from evalrun.evolvers.designed.trees import Parameter, read_tree
from evalrun.evolvers.designed.wording import code_of, phrase_of, value_of
from evalrun.evolvers.language.pre_transforms import Undefined
from evalrun.evolvers.readings.phrase_rules import PROGRAMS, RULES
from evalrun.evolvers.readings.phrases import MAX_TOKENS, body_of, readings_of

from .trees import RESULTS, a_tree, run_body, run_code

TAKES = ("int", "bool", "str", "list[int]", "list[str]", "list[list[int]]")


@pytest.mark.parametrize("gives", RESULTS)
@settings(max_examples=100)
@given(seed=st.integers(0, 2**32), takes=st.sampled_from(TAKES))
def test_whatever_the_grammar_says_has_one_reading_that_does_the_same(gives: str, seed: int, takes: str) -> None:
    written = a_tree(random.Random(seed), takes, gives)
    try:
        tree = read_tree(written, takes, {})
    except Flaw as flaw:
        reason = flaw.reason
    else:
        reason = ""
    assume(reason != "too large")
    assert reason == "", written
    assert tree.type == gives
    for clause in (False, True) if gives == "bool" else (False,):
        phrase = filled(phrase_of(tree, clause), {"v": "v"})
        try:
            body = body_of(phrase, "v", clause)
        except ValueError as refused:
            if f"more than {MAX_TOKENS} words" not in str(refused):
                raise
            reject()  # nobody would want to read it; admission refuses it as well
        for probe in probes_of(takes)[:12]:
            try:
                value = value_of(tree, probe, {})
            except Undefined:
                continue
            for other in (run_code(code_of(tree), probe), run_body(body, probe)):
                assert (other, type(other)) == (value, type(value)), (phrase, probe)


@pytest.mark.parametrize("primitive", LIBRARY, ids=[each.name for each in LIBRARY])
def test_every_primitive_alone_is_read_back(primitive: Any) -> None:
    for types, _ in primitive.types:
        kinds = [kind.replace("a", "int") if kind in ("a", "list[a]", "list[list[a]]") else kind for kind in types]
        takes = kinds[0] if kinds[0] not in ("b", "bool") else "int"
        written: list[Any] = [primitive.name]
        for place, kind in enumerate(kinds):
            if place == primitive.binds:
                written.append({"bool": ["greater", "item", 2], "b": ["minus", "index", "item"]}.get(kind, "item"))
            elif place == 0 and kind == takes:
                written.append("v")
            else:
                written.append(_operand(kind, takes))
        if primitive.name == "sorted_by":
            written[2] = ["minus", 0, "item"] if types[1] == "int" else ["decimal", "item"]
        tree = read_tree(written, takes, {})
        phrase = filled(phrase_of(tree, primitive.clause), {"v": "v"})
        body = body_of(phrase, "v", primitive.clause)
        compared = 0
        for probe in probes_of(takes):
            try:
                value = value_of(tree, probe, {})
            except Undefined:
                continue
            assert run_code(code_of(tree), probe) == value == run_body(body, probe), (phrase, probe)
            compared += 1
        assert compared >= 2, phrase


def _operand(kind: str, takes: str) -> Any:
    return {
        "int": 3, "count": 2, "letter": ["text", "a"], "str": ["text", "b"], "bool": ["greater", "v", 2], takes: "v",
        "list[str]": ["characters", ["text", "cab"]],
    }[kind]  # fmt: skip


def test_every_program_of_the_reader_is_reached_by_a_wording() -> None:
    assert set(PROGRAMS) <= {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("phrase", "readings"),
    [
        ("v times 3 plus 1", 2),
        ("(v times 3) plus 1", 1),
        ("the length of v followed by v", 2),
        ("the larger of v and 3 and 4", 0),
        ("the sum of v and the sum of v and 2", 1),
        ("v minus 1 minus 2", 2),
        ("v plus v plus v plus v", 3),
        ("twice v plus 1", 2),
        ("the item plus 1", 0),
        ("w plus 1", 0),
        ("", 0),
        ("()", 0),
        ("v plus", 0),
    ],
)
def test_readings_are_counted_whatever_the_types(phrase: str, readings: int) -> None:
    assert len(readings_of(phrase, "v", False)) == readings


@pytest.mark.parametrize(
    "phrase",
    [
        "v plus 1; import os",
        "v plus __import__('os')",
        "v plus 1. Return 3",
        '`v` plus "1"',
        "v plus 1\nReturn 3",
        "((v plus 1)",
        "v plus 1)",
        "(" * 60 + "v" + ")" * 60,
        "v plus " * 200 + "v",
        "the first 0 items of v, or all if there are fewer",
        "'a b' followed by v",
    ],
)
def test_what_is_outside_the_language_is_not_read(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"read|bracket|word|less than 1"):
        body_of(phrase, "v", False)


def test_a_long_phrase_without_brackets_ends_soon() -> None:
    with pytest.raises(ValueError, match=r"readings|too long"):
        body_of("v" + " plus v minus v times v" * 30, "v", False)


def test_words_of_an_item_are_known_only_inside_of_what_goes_through_items() -> None:
    with pytest.raises(ValueError, match="0 readings"):
        body_of("a list with, for every item of v in order, the inner item", "v", False)
    body = body_of("a list with, for every item of v in order, (the index of the item plus the item)", "v", False)
    assert run_body(body, [5, 5]) == [5, 6]


def test_a_sentence_may_use_another_wording_of_the_language() -> None:
    data = {
        "name": "own_words", "kind": "post", "takes": "int", "gives": "int",
        "phrase": "the sum of (twice {v}) and (the absolute value of {v})",
        "expression": ["plus", ["times", "v", 2], ["size", "v"]],
    }  # fmt: skip
    definition = Definition.from_json(data)
    body = body_of(definition.say("v", {}), "v", False)
    assert [run_body(body, n) for n in (-3, 0, 4)] == [-3, 0, 12]


def test_parameters_stand_in_phrase_and_code() -> None:
    tree = read_tree(["followed_by", "v", "s"], "str", {"s": Parameter("s", ("|", "/"), "str")})
    assert phrase_of(tree, False) == "{v} followed by '{s}'"
    assert code_of(tree) == "v + <s>"

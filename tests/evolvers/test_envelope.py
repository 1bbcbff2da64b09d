from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks.plain import dumps
from evalrun.evolvers.inputs.envelope import Envelope, generate, infer

Calls = list[tuple[Any, ...]]


def made(calls: Calls, count: int = 60, seed: int = 0) -> tuple[tuple[Any, ...], ...]:
    return generate(infer(calls), calls, random.Random(seed), count)


def structure(*texts: str) -> str:
    (shape,) = infer([(text,) for text in texts]).parameters
    return shape.structured


ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=3)
KEYS = st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
VALUES = st.recursive(
    ATOMS | st.sets(st.text("xyz", max_size=2)) | st.complex_numbers() | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
PARAMETERS = st.sampled_from(
    [
        st.integers(0, 5),
        st.text("ab ", max_size=4),
        st.lists(st.integers(0, 3), max_size=4),
        st.lists(st.lists(st.integers(0, 1), max_size=3), max_size=3),
        st.permutations([1, 2, 3]).map(list),
        st.tuples(st.integers(), st.floats()),
        st.fixed_dictionaries({"a": st.integers(), "b": st.text("pq", max_size=3)}),
        VALUES,
    ]
)
CALLS = st.lists(PARAMETERS, max_size=3).flatmap(lambda shapes: st.lists(st.tuples(*shapes), max_size=6))


@settings(max_examples=80)
@given(CALLS, st.integers(0, 9))
def test_an_envelope_admits_its_seeds_and_all_that_is_generated_is_new_and_inside(calls: Calls, seed: int) -> None:
    before = [dumps(call) for call in calls]
    envelope = infer(calls)
    assert all(map(envelope.admits, calls))
    texts = [dumps(call) for call in generate(envelope, calls, random.Random(seed), 8)]
    assert [dumps(call) for call in calls] == before
    assert len(texts) == len(set(texts)) <= 8
    assert not set(texts) & set(before)
    assert all(envelope.admits(call) for call in generate(envelope, calls, random.Random(seed), 8))
    assert [dumps(call) for call in generate(infer(calls), calls, random.Random(seed), 8)] == texts
    assert json.dumps(envelope.to_json(), allow_nan=False) == json.dumps(infer(calls).to_json(), allow_nan=False)


@settings(max_examples=20)
@given(CALLS)
def test_the_order_of_calls_does_not_change_what_is_inside(calls: Calls) -> None:
    assert infer(calls[::-1]).to_json() == infer(calls).to_json()


def test_numbers_stay_in_their_range_and_of_their_type() -> None:
    envelope = infer([(3,), (9,), (5,)])
    assert [envelope.admits((n,)) for n in (3, 4, 9, 2, 10)] == [True, True, True, False, False]
    assert not envelope.admits((4.0,))
    assert not envelope.admits((True,))
    assert {n for (n,) in made([(3,), (9,), (5,)])} == {4, 6, 7, 8}


def test_a_number_of_other_arguments_is_outside() -> None:
    envelope = infer([(1, 2), (1,)])
    assert envelope.admits((1,))
    assert not envelope.admits(())
    assert not envelope.admits((1, 2, 2))
    assert not infer([]).admits(())


def test_texts_are_made_of_letters_that_were_seen_unless_nearly_all_of_a_class_were() -> None:
    few = infer([("0110",), ("1",), ("010",)])
    assert few.admits(("1101",))
    assert not few.admits(("12",))
    many = infer([("abcdefgh",), ("ponm",), ("q",)])
    assert many.admits(("zebra",))
    assert not many.admits(("Zebra",))


def test_words_keep_one_space_between_them() -> None:
    envelope = infer([("go for it",), ("here",), ("lets swim",)])
    assert envelope.admits(("for it",))
    assert not envelope.admits(("for  it",))
    assert not envelope.admits((" for it",))


def test_numerals_have_no_leading_zeros() -> None:
    envelope = infer([("10",), ("205",), ("0",), ("13",)])
    assert envelope.admits(("31",))
    assert not envelope.admits(("013",))


def test_facts_about_items_bind_what_is_admitted() -> None:
    rising = infer([([1, 5, 9],), ([2, 3],), ([0, 4, 6, 8],)])
    assert rising.admits(([3, 4],))
    assert not rising.admits(([4, 3],))
    assert not rising.admits(([4, 4],))
    table = infer([([[1, 0], [1, 1]],), ([[0, 1, 1], [1, 0, 0], [1, 1, 1]],), ([[0, 1], [0, 0]],)])
    assert not table.admits(([[1, 0], [1]],))
    grid = infer([([[1, 2], [3, 4]],), ([[4, 3], [2, 1]],), ([[2, 1], [3, 4]],), ([[3, 1], [2, 4]],)])
    assert grid.admits(([[1, 4], [2, 3]],))
    assert not grid.admits(([[1, 4], [2, 2]],))


def test_records_keep_their_keys() -> None:
    envelope = infer([({"a": 1, "b": "x"},), ({"a": 2, "b": "y"},), ({"a": 4, "b": "xy"},)])
    assert envelope.admits(({"a": 3, "b": "yx"},))
    assert not envelope.admits(({"a": 3},))
    assert not envelope.admits(({"a": 9, "b": "yx"},))


def test_relations_between_arguments_are_found_and_kept() -> None:
    def names(calls: Calls) -> list[str]:
        return [relation.describe() for relation in infer(calls).relations]

    pairs: Calls = [("ab", "cd"), ("abc", "dab"), ("d", "c")]
    assert names(pairs) == ["the length of argument 2 is that of argument 1 plus 0"]
    assert all(len(a) == len(b) for a, b in made(pairs))
    picks: Calls = [([5, 7, 7], 2), ([3], 1), ([4, 4, 2, 1], 4), ([6, 5], 1)]
    assert names(picks) == ["argument 2 is no larger than the length of argument 1"]
    assert all(k <= len(items) for items, k in made(picks))
    bounds: Calls = [(1, 5), (2, 2), (3, 9), (0, 4), (7, 8), (2, 6)]
    assert names(bounds) == ["argument 1 is at most argument 2"]
    members: Calls = [("a", ["b", "a"]), ("c", ["c"]), ("b", ["c", "b", "a"])]
    assert names(members) == ["argument 1 is in argument 2"]


def test_texts_with_a_grammar_of_their_own_are_structured() -> None:
    assert structure("(()())", "()") == "punctuation"
    assert structure("2 apples", "13 oranges", "5 apples") == "single pattern"
    assert structure("three one", "four five one", "three four", "five five") == "closed vocabulary"
    assert structure("hello", "Hi there", "aaBb") == ""
    assert structure("1101", "0", "10") == ""


def test_a_structured_task_gets_no_generated_input() -> None:
    calls: Calls = [(["(", "))"], 1), (["()"], 2), ([")"], 3)]
    assert infer(calls).structured
    assert made(calls) == ()
    assert not infer(calls).admits((["()("], 1))


def test_boundary_values_come_first() -> None:
    calls: Calls = [([4, 7, 2],), ([],), ([9, 9, 1, 3],), ([5],)]
    sizes = {len(items) for (items,) in made(calls, 10)}
    assert {1, 2, 5} <= sizes  # one item, two items, the longest with slack
    assert [items for (items,) in made(calls, 10) if len(items) > 1 and len(set(items)) == 1]


HASHED = """
import random
from evalrun.benchmarks.plain import dumps
from evalrun.evolvers.inputs.envelope import generate, infer
calls = [({"a", "bb", "c"}, "one two"), ({"d", "bb", "zz", "q"}, "six"), (set(), "four")]
print(dumps(generate(infer(calls), calls, random.Random(1), 20)), infer(calls).to_json())
"""


def test_hash_seeds_do_not_matter() -> None:
    def printed(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", HASHED], capture_output=True, text=True, env=environment, check=True
        )
        return run.stdout

    assert len({printed(seed) for seed in ("1", "4242")}) == 1


def test_an_envelope_speaks_in_sentences_and_plain_data() -> None:
    envelope = infer([([1, 2, 2], "ab"), ([7], "b"), ([3, 1], "")])
    assert envelope.describe() == [
        "Argument 1 is a list of 1 to 4 items, each an integer from 1 to 7.",
        "Argument 2 is a text of 0 to 3 characters out of 'ab'.",
    ]
    assert isinstance(envelope, Envelope)
    assert envelope.to_json()["parameters"][1][0]["alphabet"] == "ab"


def test_huge_seeds_are_not_copied_again_and_again() -> None:
    calls: Calls = [([1] * 30_000,), ([1, 2],), ([3],)]
    found = made(calls, 20)
    assert found
    assert max(len(items) for (items,) in found) < 100


@given(st.lists(st.lists(st.integers(-2000, 2000), max_size=6), min_size=3, max_size=8), st.integers(0, 99))
def test_whether_equal_values_are_one_object_does_not_matter(rows: list[list[int]], seed: int) -> None:
    """A task that was just made and the same task read from a file give the same inputs."""
    calls: Calls = [(row,) for row in rows]
    shared: dict[int, int] = {}
    one_object: Calls = [([shared.setdefault(value, value) for value in row],) for row in rows]
    many_objects: Calls = json.loads(json.dumps(calls))
    again = [tuple(call) for call in many_objects]
    assert dumps(made(one_object, 24, seed)) == dumps(made(again, 24, seed))

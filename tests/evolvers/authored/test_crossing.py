"""Inputs that are made of parts of given ones."""

from __future__ import annotations

import copy
import random

from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.authored.crossing import crossed, strange
from evalrun.evolvers.deeptypes import has_type, type_of_all
from evalrun.evolvers.texts import text_of

VALUES = st.one_of(
    st.lists(st.integers(), max_size=4),
    st.lists(st.tuples(st.text(max_size=3), st.integers(), st.lists(st.text(max_size=2), max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=3),
    st.sets(st.integers(), max_size=3),
    st.tuples(st.integers(), st.none()),
    st.one_of(st.none(), st.booleans(), st.text(max_size=5), st.floats(allow_nan=False), st.integers()),
)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4), st.integers())
def test_rows_are_new_of_the_given_types_and_the_same_each_time(rows: list[tuple[object, ...]], seed: int) -> None:
    before = copy.deepcopy(rows)
    found = crossed(tuple(rows), random.Random(seed), 30)
    assert text_of(tuple(rows)) == text_of(tuple(before))
    assert found == crossed(tuple(rows), random.Random(seed), 30)
    assert len({text_of(args) for args in (*rows, *found)}) == len({text_of(args) for args in rows}) + len(found)
    for place in (0, 1):
        kind = type_of_all([row[place] for row in rows])
        assert all(has_type([args[place]], kind) for args in found)


def test_arguments_of_several_rows_come_together_and_longer_and_shorter_values_than_any() -> None:
    rows = (([1, 2], "ab"), ([3], "c"), ([5, 6, 7], "xyz"))
    found = crossed(rows, random.Random(1), 200)
    assert any(args == ([3], "xyz") for args in found)
    assert any(len(args[0]) > 10 for args in found)
    assert any(args[0] == [] for args in found)
    assert any(args[1] == "" for args in found)


def test_what_is_deep_inside_changes_too() -> None:
    rows = (([("a", 1, ["x"]), ("b", 2, ["y", "z"])],), ([("c", 7, ["w"])],))
    found = crossed(rows, random.Random(1), 300)
    assert any(not names for (items,) in found for _, _, names in items)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_strange_rows_are_of_the_types_of_their_own(rows: list[tuple[object, ...]]) -> None:
    for args in strange(tuple(rows)):
        assert any(
            all(has_type([value], type_of_all([given])) for value, given in zip(args, row, strict=True)) for row in rows
        )


def test_strange_rows_have_texts_that_a_contract_is_likely_to_refuse() -> None:
    found = strange((("ab", ["c"], 3, []),))
    assert ("ab?", ["c"], 3, []) in found
    assert ("ab", ["c", "?"], 3, []) in found
    assert all(args[2:] == (3, []) for args in found)

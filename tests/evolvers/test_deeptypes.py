"""Deep types of values, and of many together however often each occurs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.deeptypes import has_type, type_of_all

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([[1, 2], []], "list[int]"),
        ([[True, False]], "list[bool]"),
        ([[1, True]], "list[mixed]"),
        ([[1, None]], "list[optional[int]]"),
        ([[None, None]], "list[None]"),
        ([[], ()], "mixed"),
        ([(1, "a"), (2, "b")], "tuple[int,str]"),
        ([{"a": [1.5]}], "dict[str,list[float]]"),
        ([], "nothing"),
    ],
)
def test_the_type_of_values_goes_to_the_depth_where_they_differ(seen: list[Any], told: str) -> None:
    assert type_of_all(seen) == told


@given(st.lists(values, max_size=6), st.data())
def test_how_often_a_value_occurs_does_not_change_the_type_of_all(seen: list[Any], data: st.DataObject) -> None:
    again = [data.draw(st.sampled_from(seen)) for _ in range(3)] if seen else []
    assert type_of_all([*seen, *again]) == type_of_all(seen)


@given(st.lists(values, min_size=1, max_size=6))
def test_every_value_has_the_type_of_all(seen: list[Any]) -> None:
    told = type_of_all(seen)
    assert all(has_type([value], told) for value in seen) or "mixed" in told

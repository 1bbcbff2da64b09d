"""Comparison of results: hand-made cases for every option, and what must hold for any value."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput, Comparator, matches

EXACT = Comparator()
PYTHON = Comparator(types="python")
NAN, INF = float("nan"), float("inf")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=4)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.sets(st.integers() | st.text(max_size=3), max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (True, 1, False),
        ([1], (1,), False),
        ([1, [2.0]], [1, [2]], False),
        ({"a": 1}, {"a": True}, False),
        ({1: "x"}, {1.0: "x"}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({1, 2}, frozenset({1, 2}), False),
        (NAN, NAN, True),
        ([NAN], [NAN], True),
        ({NAN}, {NAN}, True),
        (INF, -INF, False),
        (0.0, -0.0, True),
        (0.1 + 0.2, 0.3, False),
        ("1", 1, False),
        (None, False, False),
        (complex(1, NAN), complex(1, NAN), True),
        (deque([1]), deque([1]), True),
        (deque([1]), [1], False),
        (Counter("aab"), Counter("aba"), True),
        (Counter(a=1), {"a": 1}, False),
        ([], (), False),
    ],
)
def test_exact_types_must_agree_all_the_way_down(got: Any, expected: Any, same: bool) -> None:
    assert matches(got, expected, EXACT) is same


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (1, 1.0, True),
        (True, 1, True),
        ([1, 2.0], [1.0, 2], True),
        ([1], (1,), False),
        ({1, 2}, frozenset({1, 2}), True),
        (10**400, 1.0, False),
        (2**53 + 1, float(2**53), True),
        (Counter(a=1), {"a": 1.0}, True),
        ({1: "x"}, {1.0: "x"}, True),
        ("1", 1, False),
        (None, 0, False),
        (NAN, 1, False),
    ],
)
def test_python_types_compare_as_equality_does(got: Any, expected: Any, same: bool) -> None:
    assert matches(got, expected, PYTHON) is same


@pytest.mark.parametrize(
    ("got", "expected", "rtol", "atol", "same"),
    [
        (1.0009, 1.0, 0, 1e-3, True),
        (1.0011, 1.0, 0, 1e-3, False),
        (1001.0, 1000.0, 1e-3, 0, True),  # 1 <= 1e-3 * 1000
        (1000.0, 1001.1, 1e-3, 0, False),  # 1.1 > 1e-3 * 1001.1 = 1.0011
        (1002.0, 1000.0, 1e-3, 1, True),  # 2 <= 1 + 1
        (INF, INF, 0, 1e9, True),
        (INF, 1e308, 0, 1e308, False),
        (NAN, 0.0, 0, 1e9, False),
        (complex(1.0001, 2), complex(1, 2), 0, 1e-3, True),
    ],
)
def test_tolerance_is_that_of_numpy_allclose(got: Any, expected: Any, rtol: float, atol: float, same: bool) -> None:
    assert matches([got], [expected], Comparator(rtol=rtol, atol=atol)) is same


def test_tolerance_never_touches_integers() -> None:
    assert not matches(1001, 1000, Comparator(atol=10))
    assert matches(1001, 1000.0, Comparator(types="python", atol=10))


@pytest.mark.parametrize(
    ("got", "expected", "multiset", "as_set"),
    [
        ([1, 2, 2], [2, 1, 2], True, True),
        ([1, 2], [2, 1, 2], False, True),
        ([1, 1, 2], [2, 1, 2], False, True),
        ([1, 3], [1, 2], False, False),
        ([], [1], False, False),
        ([[1, 2]], [[2, 1]], False, False),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], [{"b": 2, "a": 1}], False, True),
        ((1, 2), [1, 2], False, False),
    ],
)
def test_any_order_is_for_the_outermost_sequence(got: Any, expected: Any, multiset: bool, as_set: bool) -> None:
    assert matches(got, expected, Comparator(order="multiset")) is multiset
    assert matches(got, expected, Comparator(order="set")) is as_set


def test_a_set_comparison_ignores_repetitions_of_equal_values_of_other_types() -> None:
    how = Comparator(types="python", order="set")
    assert matches([1, 1.0, True], {1}, how)
    assert matches((1,), [1, 1.0], how)
    assert not matches("abc", ["a", "b", "c"], how)
    assert not matches(None, [None], how)


def test_any_order_with_tolerance_pairs_close_values() -> None:
    assert matches([2.0005, 1.0], [1.0, 2.0], Comparator(order="multiset", atol=1e-3))
    assert not matches([2.0005, 2.0], [1.0, 2.0], Comparator(order="multiset", atol=1e-3))


@given(values, st.sampled_from(["exact", "python"]), st.sampled_from(["ordered", "multiset", "set"]))
def test_every_value_matches_itself(value: Any, types: Any, order: Any) -> None:
    assert matches(value, value, Comparator(types=types, order=order))


@given(values, values)
def test_what_matches_exactly_matches_under_every_laxer_comparison(left: Any, right: Any) -> None:
    if matches(left, right, EXACT):
        assert matches(left, right, PYTHON)
        assert matches(left, right, Comparator(rtol=1e-6, atol=1e-6))
        assert matches(left, right, Comparator(order="multiset"))
    if matches(left, right, Comparator(order="multiset")):
        assert matches(left, right, Comparator(order="set"))


@given(st.lists(scalars, max_size=6), st.randoms(use_true_random=False))
def test_a_shuffled_list_matches_in_any_order(items: list[Any], random: Any) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert matches(shuffled, items, Comparator(order="multiset"))
    assert matches([*shuffled, *shuffled], items, Comparator(order="set"))


@given(values, values)
def test_without_tolerance_a_comparison_is_symmetric(left: Any, right: Any) -> None:
    for order in ("ordered", "multiset", "set"):
        if type(left) is type(right):
            how = Comparator(order=order)  # type: ignore[arg-type]
            assert matches(left, right, how) is matches(right, left, how)


def test_a_comparator_is_read_back_from_json() -> None:
    for how in (EXACT, PYTHON, Comparator("python", 1e-7, 1e-6, "set"), Comparator(order="multiset")):
        assert Comparator.from_json(how.to_json()) == how
    assert EXACT.to_json() == {}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"types": "loose"},
        {"types": []},
        {"order": {}},
        {"rtol": -1},
        {"atol": "1"},
        {"atol": True},
        {"atol": float("nan")},
        {"order": 1},
        {"extra": 1},
    ],
)
def test_a_comparator_with_an_unknown_option_is_refused(data: Any) -> None:
    with pytest.raises(BadInput, match="comparator"):
        Comparator.from_json(data)


def test_tolerant_items_in_any_order_get_the_pairing_that_fits() -> None:
    how = Comparator(atol=0.11, order="multiset")
    assert matches([1.05, 1.15], [1.1, 1.0], how)
    assert matches([1.0, 0.9], [1.0, 1.1], how)  # the equal items must not be paired with each other
    assert not matches([1.0, 0.7], [1.0, 1.1], how)
    assert not matches([1.0, 1.0, 5.0], [1.0, 5.0, 5.0], how)


def test_types_inside_a_key_count_under_exact_types() -> None:
    assert not matches({(True, 2): 1}, {(1, 2): 1}, Comparator())
    assert matches({(True, 2): 1}, {(1, 2): 1}, Comparator(types="python"))
    assert matches({(1, 2): 1}, {(1, 2): 1}, Comparator())


def test_the_relative_tolerance_is_of_the_expected_value() -> None:
    assert matches(1.0, 2.0, Comparator(rtol=0.5))
    assert not matches(2.0, 1.0, Comparator(rtol=0.5))


def test_repetitions_in_a_set_cost_no_more_than_reading_them() -> None:
    how = Comparator(order="set", types="python")
    started = time.process_time()
    assert not matches([59.0] * 300_000, list(range(60)), how)
    assert matches([float(n % 60) for n in range(300_000)], list(range(60)), how)
    near = Comparator(order="set", rtol=0.1)
    assert not matches([59 + n / 1e9 for n in range(300_000)], [float(n) for n in range(60)], near)
    assert time.process_time() - started < 8
    assert matches([1.0, 2, 2.0], [2, 1], how)
    assert not matches([1.0, 3], [1, 2], how)

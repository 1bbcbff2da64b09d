"""Cells: how a value is written, drawn and sorted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.intervals import UNDEFINED, Interval
from evalrun.leaderboard.site import cells


def interval(low: float, high: float) -> Interval:
    return Interval(low, high, "wilson", 10)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (412, "412"), (999, "999"), (1000, "1 k"), (4123, "4.12 k"), (999_499, "999 k"), (999_999, "1 M"),
     (1_240_000, "1.24 M"), (2.5e9, "2.5 G"), (math.nan, "—")],
)  # fmt: skip
def test_counts_are_written_in_three_digits(number: float, text: str) -> None:
    assert cells.count(number) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [(0.042, "0.042 s"), (0.42, "0.42 s"), (9.94, "9.9 s"), (12.3, "12 s"), (186, "3.1 min"), (math.nan, "—")],
)
def test_times_are_written_in_two_digits(time: float, text: str) -> None:
    assert cells.seconds(time) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (0.00123, "0.00123"), (0.42, "0.420"), (1.5, "1.50"), (12.34, "12.3"), (4560, "4,560"), (math.nan, "—")],
)
def test_money_is_written_in_three_digits_and_an_unknown_price_is_no_zero(amount: float, text: str) -> None:
    assert cells.money(amount) == text


def test_sort_keys_keep_the_order_of_values_and_are_empty_where_undefined() -> None:
    values = [-0.5, 0.0, 1e-5, 0.1 + 0.2, 0.75, 1.0, 1234.0, 2.5e7]
    keys = [float(cells.sort_key(value)) for value in values]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert cells.sort_key(math.nan) == ""


def test_a_change_within_noise_has_no_arrow_and_none_at_all_has_no_word() -> None:
    assert cells.delta(3, "3", beyond_noise=True) == {"kind": "up", "arrow": "▲", "text": "3", "word": "rises"}
    assert cells.delta(-9, "9", beyond_noise=True) == {"kind": "down", "arrow": "▼", "text": "9", "word": "falls"}
    assert cells.delta(-1, "−1", beyond_noise=False) == {
        "kind": "noise", "arrow": "", "text": "−1", "word": "within noise"
    }  # fmt: skip
    for nothing in (0.0, math.nan):
        for beyond in (True, False):
            assert cells.delta(nothing, "x", beyond_noise=beyond)["arrow"] == ""
            assert cells.delta(nothing, "x", beyond_noise=beyond)["word"] == ""


def test_a_bar_is_drawn_on_the_scale_of_its_board() -> None:
    assert cells.bar(0.5, interval(0.25, 0.75)) == {"low": "25.0", "at": "50.0", "high": "75.0"}
    drawn = cells.bar(0.5, interval(0.45, 0.55), band=interval(0.5, 0.6), scale=(0.4, 0.6))
    assert drawn == {"low": "25.0", "at": "50.0", "high": "75.0", "band": "50.0", "band_width": "50.0"}
    assert cells.bar(0.5, UNDEFINED) == {"low": "50.0", "at": "50.0", "high": "50.0"}
    assert cells.bar(math.nan, UNDEFINED) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), min_size=1, max_size=8))
def test_the_scale_holds_every_interval_and_is_never_empty(pairs: list[list[float]]) -> None:
    low, high = cells.scale_of([interval(*pair) for pair in pairs])
    assert 0 <= low < high <= 1
    for start, end in pairs:
        assert low - 1e-9 <= start <= end <= high + 1e-9


def test_without_an_interval_the_scale_is_the_whole_one() -> None:
    assert cells.scale_of([UNDEFINED]) == (0.0, 1.0)
    assert cells.scale_of([interval(0.634, 0.66)]) == (0.6, 0.7)


def test_a_stack_divides_the_bar_and_leaves_out_what_is_nothing() -> None:
    assert cells.stack([("green", 0.75), ("grey", 0.0), ("orange", 0.25)]) == [
        {"colour": "green", "x": "0.00", "width": "75.00"},
        {"colour": "orange", "x": "75.00", "width": "25.00"},
    ]
    assert cells.stack([("green", math.nan), ("orange", math.nan)]) == []


def test_a_difference_names_every_line_that_left_or_came_and_skips_what_is_alike() -> None:
    old = "\n".join(["def f(x):", *(f"    # {i}" for i in range(20)), "    return x"])
    new = old.replace("def f(x)", "def g(y)").replace("return x", "return y")
    lines = cells.difference(old, new, context=1)
    assert lines == [
        ("-", "def f(x):"),
        ("+", "def g(y):"),
        (" ", "    # 0"),
        ("…", ""),
        (" ", "    # 19"),
        ("-", "    return x"),
        ("+", "    return y"),
    ]
    assert cells.difference(old, old) == []


def test_a_difference_of_hostile_texts_shows_what_cannot_be_seen() -> None:
    lines = cells.difference("a\u202e\x1b[2J", "a\x00")
    assert lines == [("-", "a\\u202e\\x1b[2J"), ("+", "a\\x00")]

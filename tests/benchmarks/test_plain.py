"""The codec: what it writes it reads back with equal types; what it could not have written it refuses."""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter, OrderedDict, deque, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import plain
from evalrun.benchmarks.plain import PlainError


def same(left: Any, right: Any) -> bool:
    """Equal values of equal types all the way down; NaN equals itself, -0.0 is not 0.0, and dicts keep their order."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        both_nan = left != left and right != right
        return both_nan or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, Decimal | plain.Opaque):
        return repr(left) == repr(right)
    if isinstance(left, deque) and left.maxlen != right.maxlen:
        return False
    if isinstance(left, list | tuple | deque):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, set | frozenset):
        rest = list(right)
        for item in left:
            found = next((index for index, other in enumerate(rest) if same(item, other)), None)
            if found is None:
                return False
            del rest[found]
        return not rest
    return bool(left == right)


texts = st.text(alphabet=st.characters(codec=None, exclude_categories=[]), max_size=8)
hashables = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62, max_value=2**200)
    | st.floats()
    | st.complex_numbers()
    | texts
    | st.binary(max_size=5)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.timedeltas()
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 5)),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=8,
)
values = st.recursive(
    hashables | st.binary(max_size=5).map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(hashables, inner, max_size=3)
        | st.dictionaries(texts | st.sampled_from(["$set", "$", "$tuple"]), inner, max_size=3)
        | st.sets(hashables, max_size=3)
        | st.lists(inner, max_size=3).map(deque)
        | st.lists(inner, max_size=3).map(lambda items: deque(items, 2))
        | st.dictionaries(hashables, st.integers(), max_size=3).map(Counter)
    ),
    max_leaves=12,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.builds(lambda tag, payload: {tag: payload}, st.sampled_from([*sorted(plain.DECODERS), "$no"]), inner)
    ),
    max_leaves=10,
)


@given(values)
def test_every_supported_value_comes_back_with_its_type(value: Any) -> None:
    assert same(plain.loads(plain.dumps(value)), value)


@given(values)
def test_what_is_encoded_survives_json_with_sorted_keys(value: Any) -> None:
    text = json.dumps(plain.encode(value), sort_keys=True, ensure_ascii=True, allow_nan=False)
    assert same(plain.loads(text), value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        float("nan"),
        float("-inf"),
        complex("nan-infj"),
        10**5000,
        -(2**63),
        2**63,
        "\ud800",
        {"b": 1, "a": 2},
        {1: "a", "1": "b", (1, 2): [None]},
        {"$tuple": [1]},
        set(),
        frozenset(),
        (),
        deque([1, 2], maxlen=3),
        Counter("abca"),
        range(3, 0, -1),
        Decimal("NaN"),
        Decimal("-0.00"),
        Fraction(-1, 3),
        timedelta(days=-1, microseconds=1),
        datetime(2024, 2, 29, 23, 59, 59, 1),
        time(1, 2, fold=0),
        date.max,
        [[[[1.0]], True]],
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_at_the_edge_comes_back_as_it_was(value: Any) -> None:
    assert same(plain.loads(plain.dumps(value)), value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (1, 1),
        (1.0, 1.0),
        ((1, (2,)), {"$tuple": [1, {"$tuple": [2]}]}),
        ({2, 1}, {"$set": [1, 2]}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"b": 1, "a": 2}, {"$dict": [["b", 1], ["a", 2]]}),
        ({1: 2}, {"$dict": [[1, 2]]}),
        (2**64, {"$int": "0x10000000000000000"}),
        (float("inf"), {"$float": "inf"}),
        (b"\x00\xff", {"$bytes": "00ff"}),
        (Fraction(1, 2), {"$fraction": [1, 2]}),
        (date(2024, 1, 2), {"$date": "2024-01-02"}),
    ],
)
def test_the_encoding_is_the_documented_one(value: Any, data: Any) -> None:
    assert plain.encode(value) == data
    assert same(plain.decode(data), value)


@given(values)
def test_the_text_is_what_the_standard_encoder_writes_of_the_encoding(value: Any) -> None:
    assert plain.dumps(value) == json.dumps(plain.encode(value), separators=(",", ":"), allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [[1, True], [True, False], ["a", None], [2**63, 1], [-(2**63)], [1, 2.0], [float("inf")], [[]], [1, "a"], []],
)
def test_an_item_is_encoded_as_it_is_alone(value: Any) -> None:
    assert plain.encode(value) == [plain.encode(item) for item in value]
    assert [type(item) for item in plain.encode(value)] == [type(plain.encode(item)) for item in value]


@given(json_values)
def test_no_json_value_raises_anything_but_plain_error(data: Any) -> None:
    try:
        value = plain.decode(data)
    except PlainError:
        return
    assert same(plain.loads(plain.dumps(value)), value)


@given(st.text(alphabet='{}[]",:$ tuplesindca0123456789.-eEx\\', max_size=60))
def test_no_text_raises_anything_but_plain_error(text: str) -> None:
    with contextlib.suppress(PlainError):
        plain.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "Infinity",
        "1e999",
        "[" * 100_000,
        '{"$set": [[1]]}',
        '{"$set": [{}]}',
        '{"$dict": [[{}, 1]]}',
        '{"$dict": [[1]]}',
        '{"$dict": {"a": 1}}',
        '{"$counter": [[1, 2, 3]]}',
        '{"$int": 5}',
        '{"$int": "zz"}',
        '{"$float": "1.0"}',
        '{"$float": []}',
        '{"$float": {}}',
        '{"$complex": ["1", "2"]}',
        '{"$complex": [1, 2, 3]}',
        '{"$bytes": "0"}',
        '{"$decimal": "x"}',
        '{"$fraction": [1, 0]}',
        '{"$fraction": [1.5, 2]}',
        '{"$date": "yesterday"}',
        '{"$datetime": 5}',
        '{"$timedelta": [1e300, 0, 0]}',
        '{"$timedelta": [0]}',
        '{"$range": [1, 2, 0]}',
        '{"$range": [1.5, 2, 1]}',
        '{"$deque": [[1], "x"]}',
        '{"$deque": [1]}',
        '{"$tuple": 5}',
        '{"$unknown": 1}',
        '{"$set": [1], "b": 2}',
        '{"a": {"b": {"$nope": 0}}}',
        "9" * 5000,
    ],
)
def test_a_text_that_the_codec_could_not_have_written_is_refused(text: str) -> None:
    with pytest.raises(PlainError):
        plain.loads(text)


def test_depth_is_bounded_on_both_sides() -> None:
    nested: Any = []
    for _ in range(plain.MAX_DEPTH - 1):
        nested = [nested]
    assert plain.loads(plain.dumps(nested)) == nested
    for _ in range(5):
        nested = [nested]
    with pytest.raises(PlainError, match="nested deeper"):
        plain.encode(nested)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(PlainError, match="nested deeper"):
        plain.encode(loop)


class Level(IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "forged"


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "plain_value"),
    [
        (Level.LOW, 1),
        (Text("real"), "real"),
        (Point(1, [Level.LOW]), (1, [1])),
        (OrderedDict([("b", 1), ("a", 2)]), {"b": 1, "a": 2}),
    ],
)
def test_an_instance_of_a_subclass_is_reduced_only_when_asked(value: Any, plain_value: Any) -> None:
    assert same(plain.loads(plain.dumps(value, reduce=True)), plain_value)
    with pytest.raises(PlainError, match="is not plain data"):
        plain.encode(value)


@pytest.mark.parametrize(
    "value", [object(), len, ..., type, iter(()), memoryview(b"")], ids=lambda value: type(value).__name__
)
def test_an_object_that_is_no_data_is_refused_or_when_reducing_stands_as_opaque(value: Any) -> None:
    with pytest.raises(PlainError, match="is not plain data"):
        plain.encode([value])
    (found,) = plain.loads(plain.dumps([value], reduce=True))
    assert isinstance(found, plain.Opaque)
    assert found.type_name == type(value).__name__
    assert found != value
    assert found


def test_a_datetime_with_a_time_zone_is_refused() -> None:
    with pytest.raises(PlainError, match="time zone"):
        plain.encode(datetime.now(timezone.utc), reduce=True)


def test_the_same_set_has_the_same_text_whatever_its_insertion_order() -> None:
    assert plain.dumps({"x", "y", 3, None}) == plain.dumps({None, 3, "y", "x"})

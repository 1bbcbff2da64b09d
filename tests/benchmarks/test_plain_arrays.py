"""The codec and the comparators for values of numpy and pandas."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Comparator, matches, plain, plain_arrays
from evalrun.benchmarks.plain import PlainError

DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 <U3 S2 "
    "datetime64[s] datetime64[ns] datetime64[D] timedelta64[ms] object >i4 >f8"
).split()
PYTHON = Comparator(types="python")
EXACT = Comparator()


@st.composite
def arrays(draw: Any) -> Any:
    """Arrays of every plain dtype and up to three dimensions."""
    name = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    size = int(np.prod(shape, dtype=int))
    dtype = np.dtype(name)
    if name == "object":
        array = np.empty(size, dtype=object)
        for at in range(size):
            array[at] = draw(st.none() | st.integers() | st.text(max_size=3) | st.lists(st.booleans(), max_size=2))
        return array.reshape(shape)
    if dtype.kind in "US":
        items = draw(st.lists(st.text("ab", max_size=2), min_size=size, max_size=size))
        return np.array(items, dtype=dtype).reshape(shape)
    data = draw(st.binary(min_size=size * dtype.itemsize, max_size=size * dtype.itemsize))
    array = np.frombuffer(data, dtype="u1").copy()
    return (array % 2 if name == "bool" else array).view(dtype).reshape(shape)


COLUMNS = {
    "int64": st.integers(-5, 5),
    "float64": st.floats(allow_nan=True),
    "object": st.none() | st.integers() | st.text(max_size=3),
    "str": st.text(max_size=3) | st.none(),
    "Int32": st.integers(-5, 5) | st.none(),
    "boolean": st.booleans() | st.none(),
    "Float64": st.floats(-5, 5) | st.none(),
    "datetime64[ns]": st.integers(0, 10**18),
    "timedelta64[s]": st.integers(0, 10**6),
    "category": st.sampled_from(["a", "b", None]),
}


@st.composite
def series(draw: Any, size: int | None = None) -> Any:
    """Series of every plain dtype under several kinds of index."""
    size = draw(st.integers(0, 4)) if size is None else size
    name = draw(st.sampled_from(sorted(COLUMNS)))
    items = draw(st.lists(COLUMNS[name], min_size=size, max_size=size))
    index = draw(
        st.sampled_from(
            [
                pd.RangeIndex(size),
                pd.Index([f"r{at}" for at in range(size)], name="row"),
                pd.date_range("2024-01-01", periods=size),
                pd.MultiIndex.from_arrays([list(range(size)), ["x"] * size], names=["a", None]),
            ]
        )
    )
    return pd.Series(items, dtype=name, index=index, name=draw(st.none() | st.text(max_size=3)))


@st.composite
def frames(draw: Any) -> Any:
    """Frames of such columns, some with one name."""
    size = draw(st.integers(0, 3))
    columns = draw(st.lists(series(size), max_size=4))
    frame = pd.DataFrame({at: column.reset_index(drop=True) for at, column in enumerate(columns)}, index=range(size))
    frame.columns = pd.Index([draw(st.sampled_from(["a", "b", "c"])) for _ in columns], dtype=object)
    return frame


def there_and_back(value: Any) -> Any:
    """What is read back; written again it is the same text."""
    text = plain.dumps(value)
    back = plain.loads(text)
    assert type(back) is type(value)
    assert plain.dumps(back) == text
    return back


@given(arrays())
def test_an_array_comes_back_with_its_dtype_shape_and_items(array: Any) -> None:
    back = there_and_back(array)
    assert (back.dtype.kind, back.shape) == (array.dtype.kind, array.shape)
    if array.dtype.kind not in "US":
        assert back.dtype == array.dtype.newbyteorder("=")
    assert matches(back, array.astype(back.dtype), EXACT)


@given(series())
def test_a_series_comes_back_with_its_dtype_index_and_name(column: Any) -> None:
    back = there_and_back(column)
    pd.testing.assert_series_equal(back, column, check_freq=False)
    assert matches(back, column, EXACT)


@given(frames())
def test_a_frame_comes_back_as_it_was(frame: Any) -> None:
    back = there_and_back(frame)
    pd.testing.assert_frame_equal(back, frame)
    assert matches(back, frame, EXACT)


@pytest.mark.parametrize(
    ("value", "reduced"),
    [
        (np.int64(5), 5),
        (np.uint64(2**63), 2**63),
        (np.bool_(True), True),
        (np.float32(0.5), 0.5),
        (np.float64(-0.0), -0.0),
        (np.longdouble(2), 2.0),
        (np.complex64(1j), 1j),
        (np.str_("x"), "x"),
        (np.bytes_(b"x"), b"x"),
        ([np.int8(1), {"a": np.bool_(False)}], [1, {"a": False}]),
    ],
    ids=repr,
)
def test_a_scalar_of_numpy_is_reduced_to_python_s(value: Any, reduced: Any) -> None:
    assert repr(plain.loads(plain.dumps(value, reduce=True))) == repr(reduced)
    with pytest.raises(PlainError):
        plain.encode(value)


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2024-01-01", "D"),
        np.timedelta64("NaT", "s"),
        pd.Timestamp("2024-01-01 00:00:00.000000001"),
        pd.Timedelta("1D 3ns"),
        pd.NaT,
        pd.NA,
        pd.RangeIndex(1, 9, 2, name="n"),
        pd.Categorical(["a", None, "b"], ordered=True),
    ],
    ids=repr,
)
def test_moments_and_other_values_come_back(value: Any) -> None:
    back = there_and_back(value)
    assert repr(back) == repr(value)
    assert matches(back, value, EXACT)


RECORDS = np.zeros(2, dtype=[("a", "i4")])


class Odd(np.ndarray):
    """A subclass."""


@pytest.mark.parametrize(
    "value",
    [np.zeros((1, 1)).view(np.matrix), np.ma.array([1]), np.zeros(1).view(Odd), RECORDS, np.rec.array([(1,)])],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_of_arrays_and_records_are_opaque(value: Any) -> None:
    assert isinstance(plain.loads(plain.dumps(value, reduce=True)), plain.Opaque)
    with pytest.raises(PlainError):
        plain.encode(value)


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2024", tz="UTC"),
        pd.Series(pd.date_range("2024", periods=2, tz="UTC")),
        pd.Series(pd.period_range("2024", periods=2, freq="D")),
        pd.Series(pd.cut([1, 2], 2)),
        np.array(["a" * 10_000] + ["b"] * 10_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_carried_is_refused(value: Any) -> None:
    with pytest.raises(PlainError):
        plain.encode(value, reduce=True)


ARRAY = '{"$ndarray": ["int64", [1], [1]]}'
RANGE = '{"$pandas": ["RangeIndex", 0, 1, 1, null]}'
INDEX = '{"$pandas": ["Index", {"$ndarray": ["object", [2], ["a", "b"]]}, null]}'
HOSTILE = [
    '{"$ndarray": ["int64", [2], [1]]}',
    '{"$ndarray": ["int64", [-1, -1], [1]]}',
    '{"$ndarray": ["int64", [1000000000000], []]}',
    '{"$ndarray": ["int64", [0, 2147483647, 2147483647, 2147483647], []]}',
    '{"$ndarray": ["int64", [true], [1]]}',
    '{"$ndarray": ["int64", [1], [1.0]]}',
    '{"$ndarray": ["int64", [1], [true]]}',
    '{"$ndarray": ["int8", [1], [128]]}',
    '{"$ndarray": ["uint8", [1], [-1]]}',
    '{"$ndarray": ["float64", [1], ["1.0"]]}',
    '{"$ndarray": ["float128", [1], [1.0]]}',
    '{"$ndarray": ["V8", [1], [1]]}',
    '{"$ndarray": ["U99999999", [1], ["a"]]}',
    '{"$ndarray": ["i4,i4", [1], [1]]}',
    '{"$ndarray": [["a", "i4"], [1], [1]]}',
    '{"$ndarray": ["datetime64", [1], [1]]}',
    '{"$ndarray": ["datetime64[0s]", [1], [1]]}',
    '{"$ndarray": ["datetime64[s]", [1], [{"$int": "0x8000000000000000"}]]}',
    '{"$ndarray": ["object", [1], [{"$ndarray": ["int64", [], [1]]}]]}',
    '{"$ndarray": 5}',
    '{"$ndarray": ["str", [300], [' + ", ".join(['"' + "a" * 3000 + '"'] + ['""'] * 299) + "]]}",
    '{"$datetime64": ["int64", 1]}',
    '{"$datetime64": ["datetime64[s]", "now"]}',
    '{"$pandas": ["Timestamp", "now", 1]}',
    '{"$pandas": ["Timestamp", "datetime64[D]", 1]}',
    '{"$pandas": ["eval", "1"]}',
    '{"$pandas": [{}]}',
    '{"$pandas": []}',
    '{"$pandas": ["RangeIndex", 0, 1, 0, null]}',
    '{"$pandas": ["RangeIndex", 0, 1.5, 1, null]}',
    '{"$pandas": ["RangeIndex", 0, 1, 1, [1]]}',
    '{"$pandas": ["Index", ' + RANGE + ", null]}",
    '{"$pandas": ["Index", [1], null]}',
    '{"$pandas": ["array", "Int64", [1.5]]}',
    '{"$pandas": ["array", "Int8", [300]]}',
    '{"$pandas": ["array", "datetime64[ns, UTC]", []]}',
    '{"$pandas": ["Categorical", [5], ' + INDEX + ", false]}",
    '{"$pandas": ["Categorical", [0], {"$pandas": ["RangeIndex", 0, 1000000000000, 1, null]}, false]}',
    '{"$pandas": ["Categorical", [0.5], ' + INDEX + ", false]}",
    '{"$pandas": ["Series", ' + ARRAY + ", " + INDEX + ", null]}",
    '{"$pandas": ["Series", ' + ARRAY + ", [1], null]}",
    '{"$pandas": ["Series", ' + ARRAY + ", " + RANGE + ", [1]]}",
    '{"$pandas": ["Series", [1], ' + RANGE + ", null]}",
    '{"$pandas": ["DataFrame", [' + ARRAY + "], " + INDEX + ", " + RANGE + "]}",
    '{"$pandas": ["DataFrame", [' + ARRAY + "], " + RANGE + ", " + INDEX + "]}",
    '{"$pandas": ["DataFrame", [{"$ndarray": ["int64", [1, 1], [1]]}], ' + RANGE + ", " + RANGE + "]}",
    '{"$pandas": ["MultiIndex", [], []]}',
    '{"$pandas": ["MultiIndex", [' + ARRAY + "], [null, null]]}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:60])
def test_a_text_that_the_codec_could_not_have_written_is_refused(text: str) -> None:
    with pytest.raises(PlainError):
        plain.loads(text)


parts = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from(["a", "int64", "str", "object", "Int64"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.builds(
            lambda name, data: {"$ndarray": [name, [len(data)], data]},
            st.sampled_from(["int64", "object", "float32"]),
            st.lists(inner, max_size=3),
        )
        | st.builds(
            lambda kind, data: {"$pandas": [kind, *data]},
            st.sampled_from(sorted(plain_arrays._PANDAS)),
            st.lists(inner, max_size=4),
        )
        | st.sampled_from([json.loads(ARRAY), json.loads(RANGE), json.loads(INDEX)])
    ),
    max_leaves=12,
)


@given(
    st.builds(
        lambda kind, data: {"$pandas": [kind, *data]},
        st.sampled_from(sorted(plain_arrays._PANDAS)),
        st.lists(parts, max_size=4),
    )
    | parts
)
def test_no_json_value_raises_anything_but_plain_error(data: Any) -> None:
    try:
        value = plain.decode(data)
    except PlainError:
        return
    text = plain.dumps(value)
    assert plain.dumps(plain.loads(text)) == text


def test_reading_costs_no_more_than_its_size() -> None:
    label = '{"$pandas": ["Index", {"$ndarray": ["int64", [0], []]}, null]}'
    many = "[" + ",".join([label] * 25_000) + "]"
    levels = ",".join(str(at * 2**32 + (at % 2**31)) for at in range(25_000))
    index = '{"$pandas": ["MultiIndex", [{"$ndarray": ["int64", [25000], [' + levels + "]]}], [null]]}"
    for text in (many, index):
        start = time.process_time()
        with pytest.raises(PlainError, match="more than"):
            plain.loads(text)
        assert time.process_time() - start < 10


def test_importing_the_codec_imports_neither() -> None:
    """As in the sandbox: the two files lie side by side, in no package."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import plain, plain_arrays; plain.loads('[1]')\n"
        "print('numpy' in sys.modules, 'pandas' in sys.modules, '$ndarray' in plain.DECODERS)"
    )
    command = [sys.executable, "-I", "-c", program, str(Path(str(plain.__file__)).parent)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False", "True"]


def test_where_they_are_not_installed_their_values_are_plain_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    for text in (ARRAY, RANGE):
        with pytest.raises(PlainError, match="not installed here"):
            plain.loads(text)
    assert plain.loads(plain.dumps([1, (2,)], reduce=True)) == [1, (2,)]


F = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]})
COMPARED = [
    (np.array([1, 2]), np.array([1, 2]), EXACT, True),
    (np.array([1, 2]), np.array([1, 3]), PYTHON, False),
    (np.array([1, 2]), np.array([1.0, 2.0]), EXACT, False),
    (np.array([1, 2]), np.array([1.0, 2.0]), PYTHON, True),
    (np.array([2**63], dtype="u8"), np.array([-(2**63)]), PYTHON, False),
    (np.array([1], dtype="i4"), np.array([1]), EXACT, False),
    (np.array([1], dtype="i4"), np.array([1]), PYTHON, True),
    (np.array([1, 2]), [1, 2], PYTHON, False),
    ([1, 2], np.array([1, 2]), PYTHON, False),
    (np.array([1]), 1, PYTHON, False),
    (np.array(1), 1, PYTHON, False),
    (np.array([[1, 2]]), np.array([1, 2]), PYTHON, False),
    (np.array([]), np.array([1]), PYTHON, False),
    (np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), EXACT, True),
    (np.array([np.nan]), np.array([1.0]), PYTHON, False),
    (np.array([1.0]), np.array([np.inf]), Comparator(rtol=1.0), False),
    (np.array([1.0 + 1e-9]), np.array([1.0]), EXACT, False),
    (np.array([1.0 + 1e-9]), np.array([1.0]), Comparator(rtol=1e-6), True),
    (np.array([1.0 + 1e-9j]), np.array([1.0 + 0j]), Comparator(atol=1e-6), True),
    (np.array(["ab"]), np.array(["ab"], dtype="U9"), EXACT, True),
    (np.array(["ab"]), np.array(["ab"], dtype=object), EXACT, False),
    (np.array(["ab"]), np.array(["ab"], dtype=object), PYTHON, True),
    (np.array([1, [1.0]], dtype=object), np.array([1, [1.0]], dtype=object), EXACT, True),
    (np.array(["NaT"], dtype="M8[s]"), np.array(["NaT"], dtype="M8[s]"), EXACT, True),
    (np.array([5], dtype="M8[s]"), np.array([5], dtype="i8"), PYTHON, False),
    ([np.array([1])], [np.array([1])], EXACT, True),
    ({"a": np.array([1])}, {"a": np.array([2])}, EXACT, False),
    ([np.array([1]), np.array([2])], [np.array([2]), np.array([1])], Comparator(order="multiset"), True),
    (F, F.copy(), EXACT, True),
    (F, F.rename(columns={"a": "A"}), PYTHON, False),
    (F, F.set_index(pd.Index([1, 0])), PYTHON, False),
    (F, F.astype({"a": float}), EXACT, False),
    (F, F.astype({"a": float}), PYTHON, True),
    (F, F.astype({"a": "Int64"}), PYTHON, True),
    (F, F[["b", "a"]], PYTHON, False),
    (F, F.iloc[:1], PYTHON, False),
    (F, F.fillna(0.0), PYTHON, False),
    (F, F.to_dict(), PYTHON, False),
    (F.a, F["a"], EXACT, True),
    (F.a, F.a.rename("z"), EXACT, False),
    (F.a, F.a.rename("z"), PYTHON, True),
    (F.a, F.a.to_numpy(), PYTHON, False),
    (F.a, F.a + 1, PYTHON, False),
    (F.b, F.b + 1e-9, Comparator(atol=1e-6), True),
    (pd.RangeIndex(2), pd.Index([0, 1]), EXACT, True),
    (pd.RangeIndex(10**17), pd.Index([0, 1]), EXACT, False),
    (pd.NaT, pd.NaT, EXACT, True),
    (pd.NA, pd.NA, EXACT, True),
    (pd.NA, 1, PYTHON, False),
    (pd.NaT, date(2024, 1, 1), PYTHON, False),
    (pd.Timestamp("2024"), pd.Timestamp("2024"), EXACT, True),
    (pd.Timestamp("2024"), pd.Timestamp("2025"), PYTHON, False),
    (plain.Opaque("x"), np.array([1]), PYTHON, False),
]


@pytest.mark.parametrize(("got", "expected", "how", "same"), COMPARED, ids=str)
def test_values_match_by_kind_shape_labels_and_items(got: Any, expected: Any, how: Comparator, same: bool) -> None:
    assert matches(got, expected, how) is same

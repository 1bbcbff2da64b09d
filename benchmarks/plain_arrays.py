"""The part of the strict codec for values of numpy and pandas: exact types only.

A subclass (a matrix, a masked array) is an object like any other. ``$ndarray``, ``$datetime64`` and ``$pandas`` stand
for these values; the libraries are looked for where such a value turns up, and imported where one is read. This file
goes into the sandbox too, beside plain.py and on the same terms, and is loaded after it.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

try:
    from . import plain
except ImportError:  # in the sandbox, where files belong to no package
    import plain  # type: ignore[import-not-found, no-redef]

_MAX_LABELS = 20_000  # objects of pandas, and labels that pandas hashes, in one value
_DTYPE = re.compile(
    r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|str|bytes|object"
    r"|(datetime|timedelta)64\[([1-9]\d{0,3})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]"
)
_NULLABLE = {"boolean": bool, "string": str, "str": str, "Float32": float, "Float64": float}
_NULLABLE.update({"%s%d" % (name, bits): int for name in ("Int", "UInt") for bits in (8, 16, 32, 64)})
_ITEMS = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "U": str, "S": bytes, "m": int, "M": int}


def encode_foreign(value: Any, kind: type, reduce: bool, depth: int) -> Optional[Tuple[Any]]:
    """The encoding of a value of numpy or pandas, alone in a tuple; None for any other value."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and hasattr(numpy, "ndarray"):
        if kind is numpy.ndarray:
            data = _encode_array(numpy, value, reduce, depth)
            return None if data is None else (data,)
        if kind is numpy.datetime64 or kind is numpy.timedelta64:
            return ({"$datetime64": _encode_moment64(value)},)
        if reduce and isinstance(value, numpy.generic):
            for base, rebuild in (("bool_", bool), ("integer", int), ("floating", float), ("complexfloating", complex)):
                if isinstance(value, getattr(numpy, base)):
                    return (plain.encode_at(rebuild(value), reduce, depth),)
    if pandas is not None and hasattr(pandas, "DataFrame"):
        parts = _encode_pandas(pandas, value, kind, reduce, depth + 1)
        return None if parts is None else ({"$pandas": parts},)
    return None


def _encode_moment64(value: Any) -> List[Any]:
    return [value.dtype.name, plain.encode_at(int(value.view("int64")), False, 0)]


def _encode_array(numpy: Any, value: Any, reduce: bool, depth: int) -> Any:
    kind = value.dtype.kind
    name = {"U": "str", "S": "bytes"}.get(kind, value.dtype.name)
    if not _DTYPE.fullmatch(name):
        return None
    flat = value.ravel()
    if kind in "mM":
        flat = flat.astype(flat.dtype.newbyteorder("=")).view("int64")
    items = flat.tolist()
    if kind in "US":
        _check_width(items)
    as_they_are = kind == "b" or (kind in "iu" and value.itemsize < 8) or (kind == "f" and numpy.isfinite(flat).all())
    return {"$ndarray": [name, list(value.shape), items if as_they_are else plain.encode_items(items, reduce, depth)]}


def _check_width(items: List[Any]) -> None:
    # Every item of such an array takes as much memory as the longest.
    lengths = [len(item) for item in items]
    if lengths and max(lengths) * len(lengths) > 8 * (sum(lengths) + len(lengths)) + 256:
        raise plain.TooDeep("an array of texts of which one is far longer than the others")


def _encode_pandas(pandas: Any, value: Any, kind: type, reduce: bool, depth: int) -> Optional[List[Any]]:
    if value is pandas.NaT or value is pandas.NA:
        return ["NaT" if value is pandas.NaT else "NA"]
    if kind is pandas.Timestamp:
        if value.tz is not None:
            raise plain.PlainError("a datetime with a time zone is not plain data")
        return ["Timestamp", *_encode_moment64(value.to_datetime64())]
    if kind is pandas.Timedelta:
        return ["Timedelta", *_encode_moment64(value.to_timedelta64())]
    if kind is pandas.RangeIndex:
        return ["RangeIndex", value.start, value.stop, value.step, plain.encode_at(value.name, reduce, depth)]
    if kind is pandas.MultiIndex:
        levels = [_encode_column(value.get_level_values(at), reduce, depth) for at in range(value.nlevels)]
        return ["MultiIndex", levels, plain.encode_items(value.names, reduce, depth)]
    if kind is pandas.Index or kind is pandas.DatetimeIndex or kind is pandas.TimedeltaIndex:
        return ["Index", _encode_column(value, reduce, depth), plain.encode_at(value.name, reduce, depth)]
    if kind is pandas.CategoricalIndex:
        return ["Index", _encode_column(value, reduce, depth), plain.encode_at(value.name, reduce, depth)]
    if kind is pandas.Categorical:
        return _encode_categories(value, reduce, depth)
    if kind is pandas.Series:
        index = _encode_index(value.index, reduce, depth)
        return ["Series", _encode_column(value, reduce, depth), index, plain.encode_at(value.name, reduce, depth)]
    if kind is pandas.DataFrame:
        columns = [_encode_column(value.iloc[:, at], reduce, depth) for at in range(value.shape[1])]
        return [
            "DataFrame",
            columns,
            _encode_index(value.columns, reduce, depth),
            _encode_index(value.index, reduce, depth),
        ]
    return None


def _encode_index(index: Any, reduce: bool, depth: int) -> Any:
    parts = _encode_pandas(sys.modules["pandas"], index, type(index), reduce, depth)
    if parts is None:
        raise plain.PlainError("an index of type %s is not plain data" % type(index).__name__[:80])
    return {"$pandas": parts}


def _encode_column(holder: Any, reduce: bool, depth: int) -> Any:
    """The values of a Series or an Index."""
    name = str(holder.dtype)
    if name == "category":
        return {"$pandas": _encode_categories(holder.array, reduce, depth)}
    if name in _NULLABLE:
        missing, objects = holder.isna(), holder.to_numpy(dtype=object)
        items = [None if gone else plain.encode_at(item, True, depth) for gone, item in zip(missing, objects)]
        return {"$pandas": ["array", name, items]}
    array = holder.to_numpy() if type(holder.dtype).__module__.startswith("numpy") else None
    data = None if array is None else _encode_array(sys.modules["numpy"], array, reduce, depth)
    if data is None:
        raise plain.PlainError("a column of type %s is not plain data" % name[:80])
    return data


def _encode_categories(value: Any, reduce: bool, depth: int) -> List[Any]:
    return ["Categorical", value.codes.tolist(), _encode_index(value.categories, reduce, depth), bool(value.ordered)]


def _spend(labels: int) -> None:
    plain.spent.labels += labels
    if plain.spent.labels > _MAX_LABELS:
        raise plain.PlainError("more than %d objects and labels of pandas" % _MAX_LABELS)


def _installed(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise plain.PlainError("a value of %s, which is not installed here" % name) from None


def _dtype(name: Any) -> Any:
    if type(name) is not str or not _DTYPE.fullmatch(name):
        raise plain.PlainError("not the type of a plain array")
    return _installed("numpy").dtype({"str": "U", "bytes": "S"}.get(name, name))


def _decode_array(data: Any, depth: int) -> Any:
    name, shape, items = plain.list_of(data)
    dtype = _dtype(name)
    numpy = _installed("numpy")
    size = 1
    for length in plain.list_of(shape):
        if type(length) is not int or not 0 <= length < 2**31:
            raise plain.PlainError("not the shape of an array")
        size *= length
    if len(shape) > 32 or size != len(plain.list_of(items)):
        raise plain.PlainError("an array whose items do not fill its shape")
    values = plain.decode_items(items, depth)
    if name == "object":
        array = numpy.empty(size, dtype=object)
        for at, item in enumerate(values):
            if type(item) is numpy.ndarray and not item.shape:
                raise plain.PlainError("an array without dimensions in another")  # numpy would unpack it
            array[at] = item
        return array.reshape(shape)
    if not set(map(type, values)) <= {_ITEMS[dtype.kind]}:
        raise plain.PlainError("an array of %s with an item of another type" % name)
    if dtype.kind in "mM":
        return numpy.array(_fitting(numpy, values, "int64"), "int64").view(dtype).reshape(shape)
    if dtype.kind in "iu":
        _fitting(numpy, values, name)
    if dtype.kind in "US":
        _check_width(values)
    with numpy.errstate(all="ignore"):
        return numpy.array(values, dtype).reshape(shape)


def _fitting(numpy: Any, values: List[Any], name: str) -> List[Any]:
    bounds = numpy.iinfo(name)
    if values and not bounds.min <= min(values) <= max(values) <= bounds.max:
        raise plain.PlainError("an integer that does not fit %s" % name)
    return values


def _decode_moment64(data: Any, depth: int) -> Any:
    name, count = plain.list_of(data)
    if _dtype(name).kind not in "mM":
        raise plain.PlainError("not a moment")
    return _decode_array([name, [], [count]], depth)[()]


def _decode_pandas(data: Any, depth: int) -> Any:
    kind, *parts = plain.list_of(data)
    pandas = _installed("pandas")
    _spend(1)
    try:
        return _PANDAS[kind](pandas, depth, *parts)
    except (plain.PlainError, RecursionError, MemoryError):
        raise
    except Exception as error:  # pandas and its parsers raise what they like
        raise plain.PlainError("not a value of pandas: %s" % str(error)[:200]) from None


def _moment(pandas: Any, kind: str, name: Any, count: Any, depth: int) -> Any:
    if name not in ["%s64[%s]" % (kind, unit) for unit in ("s", "ms", "us", "ns")]:
        raise plain.PlainError("not a moment")
    moment = _decode_moment64([name, count], depth)
    return pandas.Timestamp(moment) if kind == "datetime" else pandas.Timedelta(moment)


def _decode_name(pandas: Any, data: Any, depth: int) -> Any:
    """A name of an axis or a column: whatever can be told from another name by ``==`` and has a hash."""
    name = plain.decode_at(data, depth)
    hash(name)  # TypeError: pandas may only find out when it looks for the name
    if name is pandas.NA:
        raise plain.PlainError("NA is no name: it equals nothing")
    return name


def _hashed(index: Any) -> Any:
    """The index, unless there is a label without a hash in it."""
    if index.dtype.kind == "O":
        list(map(hash, index))
    return index


def _decode_index(pandas: Any, data: Any, depth: int) -> Any:
    index = plain.decode_at(data, depth)
    if not isinstance(index, pandas.Index):
        raise plain.PlainError("expected an index")
    return index


def _decode_column(pandas: Any, data: Any, depth: int) -> Any:
    column = plain.decode_at(data, depth)
    flat = getattr(column, "shape", ()) == (len(column),) and not isinstance(column, (pandas.Series, pandas.Index))
    if not flat or column.dtype.kind in "US":
        raise plain.PlainError("expected a column")
    return column


def _decode_nullable(pandas: Any, depth: int, name: Any, items: Any) -> Any:
    kind = _NULLABLE[name]
    values = plain.decode_items(plain.list_of(items), depth)
    if not set(map(type, values)) <= {kind, type(None)}:
        raise plain.PlainError("a column of %s with an item of another type" % name)
    if name == "str" and int(pandas.__version__.split(".")[0]) < 3:  # which keeps texts as objects
        return _decode_array(["object", [len(items)], [{"$float": "nan"} if i is None else i for i in items]], depth)
    return pandas.array(values, dtype=name)


def _decode_categories(pandas: Any, depth: int, codes: Any, categories: Any, ordered: Any) -> Any:
    index = _decode_index(pandas, categories, depth)
    _spend(len(index))
    if type(ordered) is not bool or any(type(code) is not int for code in plain.list_of(codes)):
        raise plain.PlainError("not the codes of categories")
    return pandas.Categorical.from_codes(codes, categories=spread_index(index), ordered=ordered)


def spread_index(index: Any) -> Any:
    """The index, unless too many of its labels share one hash."""
    plain.spread(index.tolist())
    return index


def _decode_levels(pandas: Any, depth: int, levels: Any, names: Any) -> Any:
    columns = [_decode_column(pandas, level, depth) for level in plain.list_of(levels)]
    for column in columns:
        _spend(len(column))
        plain.spread(list(column))
    decoded = [_decode_name(pandas, name, depth) for name in plain.list_of(names)]
    return pandas.MultiIndex.from_arrays(columns, names=decoded)


def _decode_range(pandas: Any, depth: int, start: Any, stop: Any, step: Any, name: Any) -> Any:
    if not all(type(part) is int and abs(part) < plain.SMALL_INT for part in (start, stop, step)):
        raise plain.PlainError("not a range")
    return pandas.RangeIndex(start, stop, step, name=_decode_name(pandas, name, depth))


def _decode_series(pandas: Any, depth: int, column: Any, index: Any, name: Any) -> Any:
    values, labels = _decode_column(pandas, column, depth), _decode_index(pandas, index, depth)
    return pandas.Series(values, index=labels, name=_decode_name(pandas, name, depth), dtype=values.dtype)


def _decode_frame(pandas: Any, depth: int, columns: Any, names: Any, index: Any) -> Any:
    found = [_decode_column(pandas, column, depth) for column in plain.list_of(columns)]
    _spend(len(found))
    labels, headings = _decode_index(pandas, index, depth), _decode_index(pandas, names, depth)
    if len(headings) != len(found) or any(len(column) != len(labels) for column in found):
        raise plain.PlainError("columns that do not fit the index")
    if not found:
        return pandas.DataFrame(index=labels, columns=headings)
    series = {at: pandas.Series(column, dtype=column.dtype) for at, column in enumerate(found)}
    frame = pandas.DataFrame(series)
    frame.index, frame.columns = labels, headings
    return frame


_PANDAS: Dict[str, Callable[..., Any]] = {
    "NaT": lambda pandas, depth: pandas.NaT,
    "NA": lambda pandas, depth: pandas.NA,
    "Timestamp": lambda pandas, depth, name, count: _moment(pandas, "datetime", name, count, depth),
    "Timedelta": lambda pandas, depth, name, count: _moment(pandas, "timedelta", name, count, depth),
    "RangeIndex": _decode_range,
    "MultiIndex": _decode_levels,
    "Index": lambda pandas, depth, column, name: _make_index(pandas, depth, column, name),
    "array": _decode_nullable,
    "Categorical": _decode_categories,
    "Series": _decode_series,
    "DataFrame": _decode_frame,
}


def _make_index(pandas: Any, depth: int, column: Any, name: Any) -> Any:
    values = _decode_column(pandas, column, depth)
    return _hashed(pandas.Index(values, dtype=values.dtype, name=_decode_name(pandas, name, depth)))


plain.encode_foreign = encode_foreign
plain.DECODERS.update({"$ndarray": _decode_array, "$datetime64": _decode_moment64, "$pandas": _decode_pandas})

"""A strict codec between plain Python data and JSON: what it decodes has exactly the types that it names.

It is the only way by which values cross from one trust domain to another (dataset to host, answer to judge), so it
never executes, imports or instantiates anything but the types in the table below, and it bounds depth and size. This
file is also sent into the sandbox as it stands: standard library only, Python 3.8 or later, no imports from this
project.

JSON scalars, lists and objects stand for None, bool, int, finite float, str, list, and dict with plain string keys in
sorted order. All else is an object with one key: ``{"$tuple": [...]}``, ``$set``, ``$frozenset``, ``$deque``,
``$dict`` and ``$counter`` (lists of pairs), ``$range``, ``$int`` (hexadecimal, beyond 2**63), ``$float`` (nan, inf,
-inf), ``$complex``, ``$bytes``, ``$bytearray`` (hexadecimal), ``$decimal``, ``$fraction``, ``$date``, ``$time``,
``$datetime`` (ISO 8601), ``$timedelta``; ``$ndarray``, ``$datetime64`` and ``$pandas`` for values of numpy and pandas,
which are looked for where such a value turns up and imported where one is read.
"""

from __future__ import annotations

import _thread
import json
import math
import re
import sys
from collections import Counter, deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Callable, Dict, List, Optional, Tuple

MAX_DEPTH = 200
_SMALL_INT = 2**63
# What an answer returns is decoded outside its time limit, so that nothing may cost more than its size: many keys with
# one hash are compared with each other, and a fraction is reduced in time that grows with the square of its digits.
_MAX_EQUAL_HASHES = 64
_MAX_FRACTION_BITS = 65_536
_MAX_LABELS = 20_000  # objects of pandas, and labels that pandas hashes, in one value


class Opaque:
    """Stands for an object that is not plain data: true, equal only to itself, and without any of its behaviour."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return "<an object of type %s>" % self.type_name


class PlainError(ValueError):
    """A value or a text that is outside the codec; the message says which part."""


class TooDeep(PlainError):
    """Plain data nested deeper than MAX_DEPTH, or otherwise more than the codec carries."""


# Set in the sandbox only, in this file's copy there: how an object that is not plain data is named on its way to the
# process beside it, and what such a name stands for. See harness/sandbox/guest/border.py.
handles: Optional[Tuple[Callable[[Any], str], Callable[[str], Any]]] = None
# Likewise: the classes whose instances are not reduced there, but named.
kept: Optional[Callable[[type], bool]] = None


def encode(value: object, *, reduce: bool = False) -> Any:
    """The JSON value of plain data.

    With ``reduce``, an instance of a subclass (IntEnum, OrderedDict, a namedtuple, numpy.float64, ...) becomes its
    plain base value; without it, only exact types pass. Raises PlainError for anything else, and for depth over
    MAX_DEPTH.
    """
    return _encode(value, reduce, 0)


def dumps(value: object, *, reduce: bool = False) -> str:
    """``encode`` as compact JSON text."""
    return json.dumps(encode(value, reduce=reduce), separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def decode(data: Any) -> Any:
    """Rebuild the value that ``encode`` described; raises PlainError for anything it could not have written."""
    _spent.labels = 0
    try:
        return _decode(data, 0)
    except PlainError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise PlainError("not plain data: %s" % error) from None


def loads(text: str) -> Any:
    """``decode`` of JSON text."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlainError("not JSON: %s" % error) from None
    return decode(data)


def _encode(value: Any, reduce: bool, depth: int) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -_SMALL_INT < value < _SMALL_INT else {"$int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if depth > MAX_DEPTH:
        raise TooDeep("nested deeper than %d levels" % MAX_DEPTH)
    if kind is list:
        return [_encode(item, reduce, depth + 1) for item in value]
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value, reduce, depth + 1)
    found = _encode_foreign(value, kind, reduce, depth + 1)
    if found is not None:
        return found[0]
    if reduce and (kept is None or not kept(kind)):
        for base, rebuild in _REDUCERS:
            if isinstance(value, base):
                return _encode(rebuild(value), reduce, depth)
    if handles is not None:
        return {"$opaque": handles[0](value)}
    if reduce:
        return {"$opaque": str(kind.__name__)[:80]}
    raise PlainError("an object of type %s is not plain data" % str(kind.__name__)[:80])


def _items(value: Any, reduce: bool, depth: int) -> List[Any]:
    return [_encode(item, reduce, depth) for item in value]


def _sorted_items(value: Any, reduce: bool, depth: int) -> List[Any]:
    # Sets have no order; sorting by the JSON text makes digests independent of hash seeds.
    return sorted(_items(value, reduce, depth), key=lambda item: json.dumps(item, sort_keys=True))


def _pairs(value: Any, reduce: bool, depth: int) -> List[Any]:
    return [[_encode(k, reduce, depth), _encode(v, reduce, depth)] for k, v in value.items()]


def _encode_dict(value: Dict[Any, Any], reduce: bool, depth: int) -> Any:
    # JSON objects are written with sorted keys; a dict in another order is kept as pairs, because programs see the
    # order.
    if all(type(key) is str and not key.startswith("$") for key in value) and list(value) == sorted(value):
        return {key: _encode(item, reduce, depth) for key, item in value.items()}
    return {"$dict": _pairs(value, reduce, depth)}


def _encode_complex(value: complex, reduce: bool, depth: int) -> Any:
    return {"$complex": [_encode(value.real, reduce, depth), _encode(value.imag, reduce, depth)]}


def _encode_moment(value: Any, reduce: bool, depth: int) -> Any:
    # Time zones are arbitrary objects; only naive values are plain.
    if getattr(value, "tzinfo", None) is not None:
        raise PlainError("a datetime with a time zone is not plain data")
    return {"$" + type(value).__name__: value.isoformat()}


def _encode_decimal(value: Decimal) -> Any:
    if value.is_snan():
        raise PlainError("a signalling NaN cannot be compared")
    return {"$decimal": str(value)}


def _encode_fraction(value: Fraction) -> Any:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_FRACTION_BITS:
        raise TooDeep("a fraction of integers of more than %d bits" % _MAX_FRACTION_BITS)
    return {"$fraction": [_encode(value.numerator, False, 0), _encode(value.denominator, False, 0)]}


_Encoder = Callable[[Any, bool, int], Any]
_ENCODERS: Dict[type, _Encoder] = {
    dict: _encode_dict,
    tuple: lambda v, r, d: {"$tuple": _items(v, r, d)},
    set: lambda v, r, d: {"$set": _sorted_items(v, r, d)},
    frozenset: lambda v, r, d: {"$frozenset": _sorted_items(v, r, d)},
    deque: lambda v, r, d: {"$deque": [_items(v, r, d), v.maxlen]},
    Counter: lambda v, r, d: {"$counter": _pairs(v, r, d)},
    range: lambda v, r, d: {"$range": [_encode(part, r, d) for part in (v.start, v.stop, v.step)]},
    complex: _encode_complex,
    bytes: lambda v, r, d: {"$bytes": v.hex()},
    bytearray: lambda v, r, d: {"$bytearray": bytes(v).hex()},
    Decimal: lambda v, r, d: _encode_decimal(v),
    Fraction: lambda v, r, d: _encode_fraction(v),
    date: _encode_moment,
    time: _encode_moment,
    datetime: _encode_moment,
    timedelta: lambda v, r, d: {"$timedelta": [v.days, v.seconds, v.microseconds]},
    Opaque: lambda v, r, d: {"$opaque": v.type_name},
}

# Base-class methods are called explicitly: a subclass that overrides them only ever changes its own answer, but the
# value that travels should be the one its base holds.
_REDUCERS: Tuple[Tuple[type, Callable[[Any], Any]], ...] = (
    (bool, bool),
    (int, int.__int__),
    (float, float.__float__),
    (complex, lambda v: complex(float(v.real), float(v.imag))),
    (str, str.__str__),
    (bytes, lambda v: bytes.__add__(v, b"")),
    (dict, lambda v: dict(dict.items(v))),
    (list, lambda v: list(list.__iter__(v))),
    (tuple, lambda v: tuple(tuple.__iter__(v))),
    (set, lambda v: set(set.__iter__(v))),
    (frozenset, lambda v: frozenset(frozenset.__iter__(v))),
)


def _number(data: Any) -> Any:
    if type(data) in (int, float):
        return data
    if type(data) is dict and set(data) <= {"$int", "$float"}:
        return _decode(data, 0)
    raise PlainError("expected a number, found %s" % type(data).__name__)


def _list(data: Any) -> List[Any]:
    if type(data) is not list:
        raise PlainError("expected a list, found %s" % type(data).__name__)
    return data


def _text(data: Any) -> str:
    if type(data) is not str or len(data) > 10_000_000:
        raise PlainError("expected a text, found %s" % type(data).__name__)
    return data


def _decode_items(data: Any, depth: int) -> List[Any]:
    return [_decode(item, depth) for item in _list(data)]


def spread(keys: List[Any]) -> List[Any]:
    """The keys of a set or dict, unless too many of them share one hash."""
    if len(keys) > _MAX_EQUAL_HASHES and max(Counter(map(hash, keys)).values()) > _MAX_EQUAL_HASHES:
        raise PlainError("too many keys share one hash")
    return keys


def _decode_pairs(data: Any, depth: int) -> Dict[Any, Any]:
    pairs = [(_decode(key, depth), value) for key, value in _list(data)]
    spread([key for key, _ in pairs])
    return {key: _decode(value, depth) for key, value in pairs}


def _decode_float(data: Any, depth: int) -> float:
    if data not in ("nan", "inf", "-inf"):
        raise PlainError("unknown float %r" % (data,))
    return float(data)


def _decode_decimal(data: Any, depth: int) -> Decimal:
    try:
        value = Decimal(_text(data))
    except InvalidOperation:
        raise PlainError("not a decimal number") from None
    if value.is_snan():
        raise PlainError("a signalling NaN cannot be compared")
    return value


def _decode_fraction(data: Any, depth: int) -> Fraction:
    parts = [_number(part) for part in _list(data)]
    if any(type(part) is not int or part.bit_length() > _MAX_FRACTION_BITS for part in parts):
        raise PlainError("not a fraction of integers of at most %d bits" % _MAX_FRACTION_BITS)
    return Fraction(*parts)


def _naive(moment: Any) -> Any:
    if moment.tzinfo is not None:
        raise PlainError("a datetime with a time zone is not plain data")
    return moment


def _decode_deque(data: Any, depth: int) -> deque[Any]:
    items, maxlen = _list(data)
    return deque(_decode_items(items, depth), maxlen)


def _decode_timedelta(data: Any) -> timedelta:
    days, seconds, microseconds = [_number(part) for part in _list(data)]
    return timedelta(days, seconds, microseconds)


# --- numpy and pandas: exact types only; a subclass (a matrix, a masked array) is an object like any other ---

_DTYPE = re.compile(
    r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|str|bytes|object"
    r"|(datetime|timedelta)64\[([1-9]\d{0,3})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]"
)
_NULLABLE = {"boolean": bool, "string": str, "str": str, "Float32": float, "Float64": float}
_NULLABLE.update({"%s%d" % (name, bits): int for name in ("Int", "UInt") for bits in (8, 16, 32, 64)})
_ITEMS = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "U": str, "S": bytes, "m": int, "M": int}


def _encode_foreign(value: Any, kind: type, reduce: bool, depth: int) -> Optional[Tuple[Any]]:
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
                    return (_encode(rebuild(value), reduce, depth),)
    if pandas is not None and hasattr(pandas, "DataFrame"):
        parts = _encode_pandas(pandas, value, kind, reduce, depth + 1)
        return None if parts is None else ({"$pandas": parts},)
    return None


def _encode_moment64(value: Any) -> List[Any]:
    return [value.dtype.name, _encode(int(value.view("int64")), False, 0)]


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
    return {"$ndarray": [name, list(value.shape), items if as_they_are else _items(items, reduce, depth)]}


def _check_width(items: List[Any]) -> None:
    # Every item of such an array takes as much memory as the longest.
    lengths = [len(item) for item in items]
    if lengths and max(lengths) * len(lengths) > 8 * (sum(lengths) + len(lengths)) + 256:
        raise TooDeep("an array of texts of which one is far longer than the others")


def _encode_pandas(pandas: Any, value: Any, kind: type, reduce: bool, depth: int) -> Optional[List[Any]]:
    if value is pandas.NaT or value is pandas.NA:
        return ["NaT" if value is pandas.NaT else "NA"]
    if kind is pandas.Timestamp:
        if value.tz is not None:
            raise PlainError("a datetime with a time zone is not plain data")
        return ["Timestamp", *_encode_moment64(value.to_datetime64())]
    if kind is pandas.Timedelta:
        return ["Timedelta", *_encode_moment64(value.to_timedelta64())]
    if kind is pandas.RangeIndex:
        return ["RangeIndex", value.start, value.stop, value.step, _encode(value.name, reduce, depth)]
    if kind is pandas.MultiIndex:
        levels = [_encode_column(value.get_level_values(at), reduce, depth) for at in range(value.nlevels)]
        return ["MultiIndex", levels, _items(value.names, reduce, depth)]
    if kind is pandas.Index or kind is pandas.DatetimeIndex or kind is pandas.TimedeltaIndex:
        return ["Index", _encode_column(value, reduce, depth), _encode(value.name, reduce, depth)]
    if kind is pandas.CategoricalIndex:
        return ["Index", _encode_column(value, reduce, depth), _encode(value.name, reduce, depth)]
    if kind is pandas.Categorical:
        return _encode_categories(value, reduce, depth)
    if kind is pandas.Series:
        index = _encode_index(value.index, reduce, depth)
        return ["Series", _encode_column(value, reduce, depth), index, _encode(value.name, reduce, depth)]
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
        raise PlainError("an index of type %s is not plain data" % type(index).__name__[:80])
    return {"$pandas": parts}


def _encode_column(holder: Any, reduce: bool, depth: int) -> Any:
    """The values of a Series or an Index."""
    name = str(holder.dtype)
    if name == "category":
        return {"$pandas": _encode_categories(holder.array, reduce, depth)}
    if name in _NULLABLE:
        missing, objects = holder.isna(), holder.to_numpy(dtype=object)
        items = [None if gone else _encode(item, True, depth) for gone, item in zip(missing, objects)]
        return {"$pandas": ["array", name, items]}
    array = holder.to_numpy() if type(holder.dtype).__module__.startswith("numpy") else None
    data = None if array is None else _encode_array(sys.modules["numpy"], array, reduce, depth)
    if data is None:
        raise PlainError("a column of type %s is not plain data" % name[:80])
    return data


def _encode_categories(value: Any, reduce: bool, depth: int) -> List[Any]:
    return ["Categorical", value.codes.tolist(), _encode_index(value.categories, reduce, depth), bool(value.ordered)]


_spent: Any = _thread._local()


def _spend(labels: int) -> None:
    _spent.labels += labels
    if _spent.labels > _MAX_LABELS:
        raise PlainError("more than %d objects and labels of pandas" % _MAX_LABELS)


def _installed(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise PlainError("a value of %s, which is not installed here" % name) from None


def _dtype(name: Any) -> Any:
    if type(name) is not str or not _DTYPE.fullmatch(name):
        raise PlainError("not the type of a plain array")
    return _installed("numpy").dtype({"str": "U", "bytes": "S"}.get(name, name))


def _decode_array(data: Any, depth: int) -> Any:
    name, shape, items = _list(data)
    dtype = _dtype(name)
    numpy = _installed("numpy")
    size = 1
    for length in _list(shape):
        if type(length) is not int or not 0 <= length < 2**31:
            raise PlainError("not the shape of an array")
        size *= length
    if len(shape) > 32 or size != len(_list(items)):
        raise PlainError("an array whose items do not fill its shape")
    values = _decode_items(items, depth)
    if name == "object":
        array = numpy.empty(size, dtype=object)
        for at, item in enumerate(values):
            if type(item) is numpy.ndarray and not item.shape:
                raise PlainError("an array without dimensions in another")  # numpy would unpack it
            array[at] = item
        return array.reshape(shape)
    if not set(map(type, values)) <= {_ITEMS[dtype.kind]}:
        raise PlainError("an array of %s with an item of another type" % name)
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
        raise PlainError("an integer that does not fit %s" % name)
    return values


def _decode_moment64(data: Any, depth: int) -> Any:
    name, count = _list(data)
    if _dtype(name).kind not in "mM":
        raise PlainError("not a moment")
    return _decode_array([name, [], [count]], depth)[()]


def _decode_pandas(data: Any, depth: int) -> Any:
    kind, *parts = _list(data)
    pandas = _installed("pandas")
    _spend(1)
    try:
        return _PANDAS[kind](pandas, depth, *parts)
    except (PlainError, RecursionError, MemoryError):
        raise
    except Exception as error:  # pandas and its parsers raise what they like
        raise PlainError("not a value of pandas: %s" % str(error)[:200]) from None


def _moment(pandas: Any, kind: str, name: Any, count: Any, depth: int) -> Any:
    if name not in ["%s64[%s]" % (kind, unit) for unit in ("s", "ms", "us", "ns")]:
        raise PlainError("not a moment")
    moment = _decode_moment64([name, count], depth)
    return pandas.Timestamp(moment) if kind == "datetime" else pandas.Timedelta(moment)


def _decode_index(pandas: Any, data: Any, depth: int) -> Any:
    index = _decode(data, depth)
    if not isinstance(index, pandas.Index):
        raise PlainError("expected an index")
    return index


def _decode_column(pandas: Any, data: Any, depth: int) -> Any:
    column = _decode(data, depth)
    flat = getattr(column, "shape", ()) == (len(column),) and not isinstance(column, (pandas.Series, pandas.Index))
    if not flat or column.dtype.kind in "US":
        raise PlainError("expected a column")
    return column


def _decode_nullable(pandas: Any, depth: int, name: Any, items: Any) -> Any:
    kind = _NULLABLE[name]
    values = _decode_items(_list(items), depth)
    if not set(map(type, values)) <= {kind, type(None)}:
        raise PlainError("a column of %s with an item of another type" % name)
    if name == "str" and int(pandas.__version__.split(".")[0]) < 3:  # which keeps texts as objects
        return _decode_array(["object", [len(items)], [{"$float": "nan"} if i is None else i for i in items]], depth)
    return pandas.array(values, dtype=name)


def _decode_categories(pandas: Any, depth: int, codes: Any, categories: Any, ordered: Any) -> Any:
    index = _decode_index(pandas, categories, depth)
    _spend(len(index))
    if type(ordered) is not bool or any(type(code) is not int for code in _list(codes)):
        raise PlainError("not the codes of categories")
    return pandas.Categorical.from_codes(codes, categories=spread_index(index), ordered=ordered)


def spread_index(index: Any) -> Any:
    """The index, unless too many of its labels share one hash."""
    spread(index.tolist())
    return index


def _decode_levels(pandas: Any, depth: int, levels: Any, names: Any) -> Any:
    columns = [_decode_column(pandas, level, depth) for level in _list(levels)]
    for column in columns:
        _spend(len(column))
        spread(list(column))
    return pandas.MultiIndex.from_arrays(columns, names=_decode_items(names, depth))


def _decode_range(pandas: Any, depth: int, start: Any, stop: Any, step: Any, name: Any) -> Any:
    if not all(type(part) is int and abs(part) < _SMALL_INT for part in (start, stop, step)):
        raise PlainError("not a range")
    return pandas.RangeIndex(start, stop, step, name=_decode(name, depth))


def _decode_series(pandas: Any, depth: int, column: Any, index: Any, name: Any) -> Any:
    values, labels = _decode_column(pandas, column, depth), _decode_index(pandas, index, depth)
    return pandas.Series(values, index=labels, name=_decode(name, depth), dtype=values.dtype)


def _decode_frame(pandas: Any, depth: int, columns: Any, names: Any, index: Any) -> Any:
    found = [_decode_column(pandas, column, depth) for column in _list(columns)]
    _spend(len(found))
    labels, headings = _decode_index(pandas, index, depth), _decode_index(pandas, names, depth)
    if len(headings) != len(found) or any(len(column) != len(labels) for column in found):
        raise PlainError("columns that do not fit the index")
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
    return pandas.Index(values, dtype=values.dtype, name=_decode(name, depth))


_DECODERS: Dict[str, Callable[[Any, int], Any]] = {
    "$tuple": lambda data, depth: tuple(_decode_items(data, depth)),
    "$set": lambda data, depth: set(spread(_decode_items(data, depth))),
    "$frozenset": lambda data, depth: frozenset(spread(_decode_items(data, depth))),
    "$deque": _decode_deque,
    "$dict": _decode_pairs,
    "$counter": lambda data, depth: Counter(_decode_pairs(data, depth)),
    "$range": lambda data, depth: range(*[_number(part) for part in _list(data)]),
    "$int": lambda data, depth: int(_text(data), 16),
    "$float": _decode_float,
    "$complex": lambda data, depth: complex(*[_number(part) for part in _list(data)]),
    "$bytes": lambda data, depth: bytes.fromhex(_text(data)),
    "$bytearray": lambda data, depth: bytearray.fromhex(_text(data)),
    "$decimal": _decode_decimal,
    "$fraction": _decode_fraction,
    "$date": lambda data, depth: date.fromisoformat(_text(data)),
    "$time": lambda data, depth: _naive(time.fromisoformat(_text(data))),
    "$datetime": lambda data, depth: _naive(datetime.fromisoformat(_text(data))),
    "$timedelta": lambda data, depth: _decode_timedelta(data),
    "$ndarray": _decode_array,
    "$datetime64": _decode_moment64,
    "$pandas": _decode_pandas,
    "$opaque": lambda data, depth: Opaque(_text(data)) if handles is None else handles[1](_text(data)),
}


def _decode(data: Any, depth: int) -> Any:
    kind = type(data)
    if kind is str or kind is bool or kind is int or kind is float or data is None:
        if kind is float and not math.isfinite(data):
            raise PlainError("a bare NaN or infinity is not JSON")
        return data
    if depth > MAX_DEPTH:
        raise TooDeep("nested deeper than %d levels" % MAX_DEPTH)
    if kind is list:
        return [_decode(item, depth + 1) for item in data]
    if kind is not dict:
        raise PlainError("an object of type %s is not JSON" % kind.__name__)
    if len(data) == 1:
        ((tag, payload),) = data.items()
        if type(tag) is str and tag.startswith("$"):
            decoder = _DECODERS.get(tag)
            if decoder is None:
                raise PlainError("unknown tag %s" % tag[:40])
            return decoder(payload, depth + 1)
    if any(type(key) is not str or key.startswith("$") for key in data):
        raise PlainError("a key that begins with $ is reserved")
    return {key: _decode(item, depth + 1) for key, item in data.items()}

"""A strict codec between plain Python data and JSON: what it decodes has exactly the types that it names.

It is the only way by which values cross from one trust domain to another (dataset to host, answer to judge), so it
never executes, imports or instantiates anything but the types in the table below, and it bounds depth and size. This
file is also sent into the sandbox as it stands: standard library only, Python 3.8 or later, no imports from this
project.

JSON scalars, lists and objects stand for None, bool, int, finite float, str, list, and dict with plain string keys in
sorted order. All else is an object with one key: ``{"$tuple": [...]}``, ``$set``, ``$frozenset``, ``$deque``,
``$dict`` and ``$counter`` (lists of pairs), ``$range``, ``$int`` (hexadecimal, beyond 2**63), ``$float`` (nan, inf,
-inf), ``$complex``, ``$bytes``, ``$bytearray`` (hexadecimal), ``$decimal``, ``$fraction``, ``$date``, ``$time``,
``$datetime`` (ISO 8601), ``$timedelta``; and for values of numpy and pandas what plain_arrays.py adds.
"""

from __future__ import annotations

import _thread
import json
import math
from collections import Counter, deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

MAX_DEPTH = 200
SMALL_INT = 2**63
# What an answer returns is decoded outside its time limit, so that nothing may cost more than its size: keys with one
# hash are compared with each other, keys whose hashes lead through the same places of a table look at each other's, and
# a fraction is reduced in time that grows with the square of its digits.
_MAX_EQUAL_HASHES = 64
_SMALL_TABLE = 256  # keys; however they collide, small tables cost no more than reading them did
# Places looked at in vain: honest keys need one or two each, so that these are for all keys of one value together.
_MAX_PROBES = 3_000_000
_PROBES_A_KEY = 2
_MAX_FRACTION_BITS = 65_536


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
# How a value of numpy or pandas is encoded (alone in a tuple; None for any other value): set by plain_arrays.py, which
# adds to DECODERS as well.
encode_foreign: Optional[Callable[[Any, type, bool, int], Optional[Tuple[Any]]]] = None
spent: Any = _thread._local()  # what decoding one value has used up of its bounds


def _writer() -> Callable[[Any], str]:
    """What writes compact JSON; made once, with the encoder in C that it would make for every value."""
    encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    # No markers: what ``encode`` gives holds itself nowhere.
    chunks = make(None, encoder.default, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, False)
    return lambda value: "".join(chunks(value, 0))


_write = _writer()


def begin() -> None:
    """Nothing is spent yet: a value is about to be read."""
    spent.labels = 0
    spent.probes = 0


def encode(value: object, *, reduce: bool = False) -> Any:
    """The JSON value of plain data.

    With ``reduce``, an instance of a subclass (IntEnum, OrderedDict, a namedtuple, numpy.float64, ...) becomes its
    plain base value; without it, only exact types pass. Raises PlainError for anything else, and for depth over
    MAX_DEPTH.
    """
    return encode_at(value, reduce, 0)


def dumps(value: object, *, reduce: bool = False) -> str:
    """``encode`` as compact JSON text."""
    return _write(encode(value, reduce=reduce))


def decode(data: Any) -> Any:
    """Rebuild the value that ``encode`` described; raises PlainError for anything it could not have written."""
    begin()
    try:
        return decode_at(data, 0)
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


def encode_at(value: Any, reduce: bool, depth: int) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -SMALL_INT < value < SMALL_INT else {"$int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if depth > MAX_DEPTH:
        raise TooDeep("nested deeper than %d levels" % MAX_DEPTH)
    if kind is list:
        return encode_items(value, reduce, depth + 1)
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value, reduce, depth + 1)
    if encode_foreign is not None:
        found = encode_foreign(value, kind, reduce, depth + 1)
        if found is not None:
            return found[0]
    if reduce and (kept is None or not kept(kind)):
        for base, rebuild in _REDUCERS:
            if isinstance(value, base):
                return encode_at(rebuild(value), reduce, depth)
    if handles is not None:
        return {"$opaque": handles[0](value)}
    if reduce:
        return {"$opaque": str(kind.__name__)[:80]}
    raise PlainError("an object of type %s is not plain data" % str(kind.__name__)[:80])


_ITSELF = {str, bool, type(None)}
_INTEGERS = {int}


def encode_items(value: Any, reduce: bool, depth: int) -> List[Any]:
    if not reduce:  # plain data only; types of a stranger's making could claim to be others here
        kinds = set(map(type, value))
        small = kinds == _INTEGERS and min(value) > -SMALL_INT and max(value) < SMALL_INT
        if small or (kinds and kinds <= _ITSELF):
            return list(value)  # as most are, and the loop takes long
    return [encode_at(item, reduce, depth) for item in value]


def _sorted_items(value: Any, reduce: bool, depth: int) -> List[Any]:
    # Sets have no order; sorting by the JSON text makes digests independent of hash seeds.
    return sorted(encode_items(value, reduce, depth), key=lambda item: json.dumps(item, sort_keys=True))


def _pairs(value: Any, reduce: bool, depth: int) -> List[Any]:
    return [[encode_at(k, reduce, depth), encode_at(v, reduce, depth)] for k, v in value.items()]


def _encode_dict(value: Dict[Any, Any], reduce: bool, depth: int) -> Any:
    # JSON objects are written with sorted keys; a dict in another order is kept as pairs, because programs see the
    # order.
    if all(type(key) is str and not key.startswith("$") for key in value) and list(value) == sorted(value):
        return {key: encode_at(item, reduce, depth) for key, item in value.items()}
    return {"$dict": _pairs(value, reduce, depth)}


def _encode_complex(value: complex, reduce: bool, depth: int) -> Any:
    return {"$complex": [encode_at(value.real, reduce, depth), encode_at(value.imag, reduce, depth)]}


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
    return {"$fraction": [encode_at(value.numerator, False, 0), encode_at(value.denominator, False, 0)]}


_Encoder = Callable[[Any, bool, int], Any]
_ENCODERS: Dict[type, _Encoder] = {
    dict: _encode_dict,
    tuple: lambda v, r, d: {"$tuple": encode_items(v, r, d)},
    set: lambda v, r, d: {"$set": _sorted_items(v, r, d)},
    frozenset: lambda v, r, d: {"$frozenset": _sorted_items(v, r, d)},
    deque: lambda v, r, d: {"$deque": [encode_items(v, r, d), v.maxlen]},
    Counter: lambda v, r, d: {"$counter": _pairs(v, r, d)},
    range: lambda v, r, d: {"$range": [encode_at(part, r, d) for part in (v.start, v.stop, v.step)]},
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
        return decode_at(data, 0)
    raise PlainError("expected a number, found %s" % type(data).__name__)


def list_of(data: Any) -> List[Any]:
    if type(data) is not list:
        raise PlainError("expected a list, found %s" % type(data).__name__)
    return data


def _text(data: Any) -> str:
    if type(data) is not str or len(data) > 10_000_000:
        raise PlainError("expected a text, found %s" % type(data).__name__)
    return data


def decode_items(data: Any, depth: int) -> List[Any]:
    return [decode_at(item, depth) for item in list_of(data)]


def spread(keys: List[Any]) -> List[Any]:
    """The keys of a dict in its order, unless making it would take far longer than their number says."""
    if len(keys) > _SMALL_TABLE:
        hashes = list(map(hash, keys))
        spent.probes -= _PROBES_A_KEY * len(hashes)
        # A dict grows to twice the places whenever two thirds of them are taken, and all keys move.
        size = 2 * _SMALL_TABLE
        while size * 2 // 3 < len(hashes):
            _fill(hashes[: size * 2 // 3], size, 0)
            size *= 2
        _fill(hashes, size, 0)
    if len(keys) > _MAX_EQUAL_HASHES:
        # Sorted, and not counted in a dict, which would be a table of these hashes once more.
        ordered = sorted(map(hash, keys))
        if any(map(int.__eq__, ordered, ordered[_MAX_EQUAL_HASHES:])):
            raise PlainError("too many keys share one hash")
    return keys


def set_of(items: List[Any]) -> Set[Any]:
    """A set, unless making it would take far longer than the number of its items says."""
    # By way of a dict, so that the set has its final size, and takes its items in a known order, from the start.
    unique = dict.fromkeys(spread(items))
    if len(unique) > _SMALL_TABLE:
        spent.probes -= _PROBES_A_KEY * len(unique)
        _fill(list(map(hash, unique)), 1 << (2 * len(unique)).bit_length(), 9)
    return set(unique)


def _fill(hashes: List[int], size: int, beside: int) -> None:
    """Put keys into a table as CPython does (``beside``: neighbours that a set looks at); PlainError where it is slow.

    The hashes of numbers are no secret, so that an answer can choose keys each of which visits thousands of others.
    """
    mask = size - 1
    taken = bytearray(size)
    for key in hashes:
        at = key & mask
        if taken[at]:
            left = key & 0xFFFFFFFFFFFFFFFF
            while True:
                spent.probes += 1
                if spent.probes > _MAX_PROBES:
                    raise PlainError("too many keys share the places of a table")
                if beside and at + beside <= mask:
                    near = taken.find(0, at, at + beside + 1)
                    if near >= 0:
                        at = near
                        break
                left >>= 5
                at = (at * 5 + left + 1) & mask
                if not taken[at]:
                    break
        taken[at] = 1


def _decode_pairs(data: Any, depth: int) -> Dict[Any, Any]:
    pairs = [(decode_at(key, depth), value) for key, value in list_of(data)]
    spread([key for key, _ in pairs])
    return {key: decode_at(value, depth) for key, value in pairs}


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
    parts = [_number(part) for part in list_of(data)]
    if any(type(part) is not int or part.bit_length() > _MAX_FRACTION_BITS for part in parts):
        raise PlainError("not a fraction of integers of at most %d bits" % _MAX_FRACTION_BITS)
    return Fraction(*parts)


def _naive(moment: Any) -> Any:
    if moment.tzinfo is not None:
        raise PlainError("a datetime with a time zone is not plain data")
    return moment


def _decode_deque(data: Any, depth: int) -> deque[Any]:
    items, maxlen = list_of(data)
    return deque(decode_items(items, depth), maxlen)


def _decode_timedelta(data: Any) -> timedelta:
    days, seconds, microseconds = [_number(part) for part in list_of(data)]
    return timedelta(days, seconds, microseconds)


DECODERS: Dict[str, Callable[[Any, int], Any]] = {
    "$tuple": lambda data, depth: tuple(decode_items(data, depth)),
    "$set": lambda data, depth: set_of(decode_items(data, depth)),
    "$frozenset": lambda data, depth: frozenset(set_of(decode_items(data, depth))),
    "$deque": _decode_deque,
    "$dict": _decode_pairs,
    "$counter": lambda data, depth: Counter(_decode_pairs(data, depth)),
    "$range": lambda data, depth: range(*[_number(part) for part in list_of(data)]),
    "$int": lambda data, depth: int(_text(data), 16),
    "$float": _decode_float,
    "$complex": lambda data, depth: complex(*[_number(part) for part in list_of(data)]),
    "$bytes": lambda data, depth: bytes.fromhex(_text(data)),
    "$bytearray": lambda data, depth: bytearray.fromhex(_text(data)),
    "$decimal": _decode_decimal,
    "$fraction": _decode_fraction,
    "$date": lambda data, depth: date.fromisoformat(_text(data)),
    "$time": lambda data, depth: _naive(time.fromisoformat(_text(data))),
    "$datetime": lambda data, depth: _naive(datetime.fromisoformat(_text(data))),
    "$timedelta": lambda data, depth: _decode_timedelta(data),
    "$opaque": lambda data, depth: Opaque(_text(data)) if handles is None else handles[1](_text(data)),
}


def decode_at(data: Any, depth: int) -> Any:
    kind = type(data)
    if kind is str or kind is bool or kind is int or kind is float or data is None:
        if kind is float and not math.isfinite(data):
            raise PlainError("a bare NaN or infinity is not JSON")
        return data
    if depth > MAX_DEPTH:
        raise TooDeep("nested deeper than %d levels" % MAX_DEPTH)
    if kind is list:
        return [decode_at(item, depth + 1) for item in data]
    if kind is not dict:
        raise PlainError("an object of type %s is not JSON" % kind.__name__)
    if len(data) == 1:
        ((tag, payload),) = data.items()
        if type(tag) is str and tag.startswith("$"):
            decoder = DECODERS.get(tag)
            if decoder is None:
                raise PlainError("unknown tag %s" % tag[:40])
            return decoder(payload, depth + 1)
    if any(type(key) is not str or key.startswith("$") for key in data):
        raise PlainError("a key that begins with $ is reserved")
    return {key: decode_at(item, depth + 1) for key, item in data.items()}

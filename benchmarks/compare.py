"""Does a value that an answer returned match the expected one? Pure functions of plain data.

Both sides come out of the strict codec (``plain``), so every object here has an exact type of Python, numpy or pandas,
and no hook of an answer can run during a comparison.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .compare_arrays import is_foreign, same_foreign
from .errors import BadInput
from .plain import dumps

Types = Literal["exact", "python"]
Order = Literal["ordered", "multiset", "set"]
_MAX_PAIRED = 500  # items for which the best pairing is searched: its cost grows with their cube
_MAX_PAIRS = 1_000_000  # pairs of items looked at to find sets alike; more where the expected value has many itself


@dataclass(frozen=True, slots=True)
class Comparator:
    """How a returned value is compared with the expected one.

    types:
        ``exact``: same types all the way down (1, 1.0 and True differ); ``python``: as ``==`` does (1 == 1.0 == True),
        though a list never equals a tuple.
    rtol, atol:
        floats match when ``|got - expected| <= atol + rtol * |expected|`` (numpy.allclose's rule); 0 means equality.
        NaN matches NaN; an infinity matches only itself.
    order:
        ``ordered``: sequences item by item; ``multiset``: the outermost sequence in any order; ``set``: in any order
        and with repetitions ignored.

    Arrays, Series, DataFrames and indexes are always ordered. ``exact`` wants their dtypes and names equal too;
    ``python`` compares their items as Python values, whatever the dtype. An array never equals a list.
    """

    types: Types = "exact"
    rtol: float = 0.0
    atol: float = 0.0
    order: Order = "ordered"

    def to_json(self) -> dict[str, Any]:
        """The JSON form; defaults are left out."""
        shown = {"types": self.types, "rtol": self.rtol, "atol": self.atol, "order": self.order}
        default = Comparator()
        return {key: value for key, value in shown.items() if value != getattr(default, key)}

    @staticmethod
    def from_json(data: Any) -> Comparator:
        """Read the JSON form; BadInput for unknown names or values."""
        if not isinstance(data, dict) or not set(data) <= {"types", "rtol", "atol", "order"}:
            raise BadInput(f"comparator: expected an object with types, rtol, atol, order, found {str(data)[:80]}")
        made = Comparator(**data)
        numbers = all(type(n) in (int, float) and n >= 0 for n in (made.rtol, made.atol))
        if made.types not in ("exact", "python") or made.order not in ("ordered", "multiset", "set") or not numbers:
            raise BadInput(f"comparator: a value is out of range in {str(data)[:80]}")
        return made


_EXACT = Comparator()


def matches(got: Any, expected: Any, how: Comparator) -> bool:
    """Whether plain value ``got`` matches plain value ``expected`` under ``how``."""
    if how.order == "ordered" or type(expected) not in (list, tuple, set, frozenset):
        return _same(got, expected, how)
    if type(got) not in (list, tuple, set, frozenset):
        return False
    if how.types == "exact" and type(got) is not type(expected):
        return False
    if how.order == "set":
        return _same_without_repetitions(got, expected, how)
    return _same_in_any_order(list(got), list(expected), how)


def _same_without_repetitions(got: Iterable[Any], expected: Iterable[Any], how: Comparator) -> bool:
    # By their text first: what an answer repeats, however often, is looked at once.
    left, right = ({dumps(item): item for item in side} for side in (got, expected))
    pairs = max(_MAX_PAIRS, 4 * len(right) ** 2)
    for items, others in ((left, right), (right, left)):
        for text, item in items.items():
            if text in others:
                continue
            for other in others.values():
                pairs -= 1
                a, b = (item, other) if items is left else (other, item)
                if pairs < 0 or _same(a, b, how):
                    break
            else:
                return False
            if pairs < 0:
                return False
    return True


def _same_in_any_order(left: Sequence[Any], right: Sequence[Any], how: Comparator) -> bool:
    if len(left) != len(right):
        return False
    # Exactly equal items pair up by their text in linear time; only the rest needs the quadratic search.
    waiting = Counter(dumps(item) for item in right)
    rest_left = []
    for item in left:
        text = dumps(item)
        if waiting[text] > 0:
            waiting[text] -= 1
        else:
            rest_left.append(item)
    rest_right = []
    for item in right:
        text = dumps(item)
        if waiting[text] > 0:
            waiting[text] -= 1
            rest_right.append(item)
    for item in rest_left:
        match = next((index for index, other in enumerate(rest_right) if _same(item, other, how)), None)
        if match is None:
            # Closeness is not transitive: what was paired first may have taken the only partner of another.
            tolerant = bool(how.rtol or how.atol)
            return tolerant and len(left) <= _MAX_PAIRED and _all_paired(left, right, how)
        del rest_right[match]
    return True


def _all_paired(left: Sequence[Any], right: Sequence[Any], how: Comparator) -> bool:
    """Whether each item on the left can have a partner of its own on the right (Kuhn's augmenting paths)."""
    fitting = [[index for index, other in enumerate(right) if _same(item, other, how)] for item in left]
    owner: dict[int, int] = {}
    for start in range(len(left)):
        parent: dict[int, tuple[int, int | None]] = {}  # of the right: the left that reached it, and that one's own
        waiting: deque[tuple[int, int | None]] = deque([(start, None)])
        free: int | None = None
        while waiting and free is None:
            item, own = waiting.popleft()
            for index in fitting[item]:
                if index not in parent:
                    parent[index] = item, own
                    if index not in owner:
                        free = index
                        break
                    waiting.append((owner[index], index))
        if free is None:
            return False
        while free is not None:
            owner[free], free = parent[free]
    return True


def _same(got: Any, expected: Any, how: Comparator) -> bool:
    kind = type(expected)
    if is_foreign(expected) or is_foreign(got):
        return same_foreign(got, expected, how, _same)
    if type(got) is not kind:
        return how.types == "python" and _python_equal(got, expected, how)
    if kind is float:
        return _close(got, expected, how)
    if kind is complex:
        return _close(got.real, expected.real, how) and _close(got.imag, expected.imag, how)
    if kind in (list, tuple, deque):
        return len(got) == len(expected) and all(_same(a, b, how) for a, b in zip(got, expected, strict=True))
    if kind in (dict, Counter):
        return _same_mapping(got, expected, how)
    if kind in (set, frozenset):
        return _same_in_any_order(list(got), list(expected), how)
    return bool(got == expected)


def _same_mapping(got: dict[Any, Any], expected: dict[Any, Any], how: Comparator) -> bool:
    if len(got) != len(expected):
        return False
    keys = {key: key for key in got}
    for key, value in expected.items():
        if key not in got or (how.types == "exact" and not _same(keys[key], key, _EXACT)):
            return False
        if not _same(got[key], value, how):
            return False
    return True


_NUMBERS = (bool, int, float)


def _python_equal(got: Any, expected: Any, how: Comparator) -> bool:
    if type(got) in _NUMBERS and type(expected) in _NUMBERS:
        if float in (type(got), type(expected)):
            try:
                return _close(float(got), float(expected), how)
            except OverflowError:
                return False
        return bool(got == expected)
    if isinstance(got, dict) and isinstance(expected, dict):
        return _same_mapping(got, expected, how)
    return bool(got == expected)


def _close(got: float, expected: float, how: Comparator) -> bool:
    if got == expected or (math.isnan(got) and math.isnan(expected)):
        return True
    if not (math.isfinite(got) and math.isfinite(expected)):
        return False
    return abs(got - expected) <= how.atol + how.rtol * abs(expected)

"""Running one program's calls and comparing values. Sent as text into the sandbox; standard library only, no imports of
ours.

Also executed alone by fresh interpreters with other hash seeds, so it imports as little as it can.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

# The exact types that count as plain data; subclasses do not.
_ATOMS = (bool, int, float, complex, str, bytes, type(None), range)
_LISTED = (list, tuple)
_SETS = (set, frozenset)
_MAX_DEPTH = 40
_PLAIN = frozenset(_ATOMS)
_BY_VALUE = frozenset((bool, int, str, bytes, type(None)))
TICK = "__evalrun_tick__"
FUEL = "__evalrun_fuel__"
ENDLESS = "Endless"
UNPLAIN = "Unplain"


class Endless(BaseException):
    """A program was stopped because it spent its fuel."""


class Unplain(Exception):
    """A value is no plain data."""


class Fuel:
    """Steps that a program may still take: one for every loop round and every call of its functions.

    A step is ``next`` of an iterator, which takes a quarter of the time of a function that counts.
    """

    def __init__(self) -> None:
        self._space: dict[str, Any] = {}
        self._steps = repeat(None, 0)
        self._over = 0
        self._ends = map(self._end, repeat(None))

    def given_to(self, space: dict[str, Any]) -> dict[str, Any]:
        """The namespace in which steps are taken from now on: ``TICK(FUEL)`` there is one."""
        space[TICK] = next
        self._space = space
        return space

    @property
    def left(self) -> int:
        """How many steps are left; negative where a program went on after Endless."""
        return self._steps.__length_hint__() - self._over

    @left.setter
    def left(self, steps: int) -> None:
        self._over = 0
        self._steps = repeat(None, steps)
        self._space[FUEL] = chain(self._steps, self._ends)

    def _end(self, _: None) -> None:
        self._over += 1
        raise Endless


def key(value: Any, strict: bool = True, depth: int = 0) -> str:
    """A text that is equal for equal values of equal types; without ``strict`` for values that Python calls equal.

    Unplain for anything but plain data.
    """
    kind = type(value)
    if depth > _MAX_DEPTH:
        raise Unplain
    if kind in _ATOMS:
        if strict or kind not in (bool, int, float):
            return f"{kind.__name__} {value!r}"
        if kind is float and (value != value or value in (float("inf"), float("-inf")) or value != int(value)):
            return f"n {value!r}"
        return f"n {int(value)}"
    if kind in _LISTED:
        kinds = set(map(type, value)) if strict else ()
        if len(kinds) == 1 and depth < _MAX_DEPTH:  # as most are, and the recursion takes long
            (each,) = kinds
            if each in _PLAIN:
                return f"{kind.__name__}({each.__name__} {f',{each.__name__} '.join(map(repr, value))})"
        return f"{kind.__name__}({','.join([key(item, strict, depth + 1) for item in value])})"
    if kind in _SETS:
        name = kind.__name__ if strict else "set"
        return f"{name}({','.join(sorted([key(item, strict, depth + 1) for item in value]))})"
    if kind is dict:
        pairs = [f"{key(k, strict, depth + 1)}:{key(v, strict, depth + 1)}" for k, v in value.items()]
        return f"dict({','.join(sorted(pairs))})"
    return _rare_key(value, kind, strict, depth)


def _rare_key(value: Any, kind: type, strict: bool, depth: int) -> str:
    """The key of the plain types that need an import to be named."""
    where = f"{kind.__module__}.{kind.__name__}"
    if where in ("decimal.Decimal", "fractions.Fraction") or where.startswith("datetime."):
        return f"{where} {value!r}"
    if where == "collections.deque":
        return f"deque({','.join([key(item, strict, depth + 1) for item in value])})"
    if where == "collections.Counter":
        pairs = [f"{key(k, strict, depth + 1)}:{key(v, strict, depth + 1)}" for k, v in value.items()]
        return f"Counter({','.join(sorted(pairs))})"
    raise Unplain


def fresh(value: Any) -> Any:
    """A deep copy of plain data."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is list:
        if _PLAIN.issuperset(map(type, value)):  # as most are
            return value[:]
        return [fresh(item) for item in value]
    if kind is tuple:
        return tuple([fresh(item) for item in value])
    if kind is dict:
        return {fresh(k): fresh(v) for k, v in value.items()}
    if kind is set:
        return set(value)
    import copy

    return copy.deepcopy(value)


class Expected:
    """What a program gives for each call, and the keys of these values, each made once.

    keys: those that are known, of rows with a value; ``strict`` ones.
    """

    def __init__(self, rows: Any, keys: list[str] | None = None) -> None:
        self.rows = rows
        self._keys: dict[tuple[int, bool], str] = {} if keys is None else {(n, True): k for n, k in enumerate(keys)}

    def all_keys(self) -> list[str]:
        """What ``keys_of`` gives for a program with these rows."""
        found = []
        for place, (value, raised) in enumerate(self.rows):
            if raised is None:
                self._keys[place, True] = key(value)
            found.append(outcome_key(raised) or self._keys[place, True])
        return found

    def is_like(self, place: int, value: Any, raised: Any, strict: bool) -> bool:
        """Whether a call ended in the same way: with an equal value (and equal types, with ``strict``) or exception."""
        right, should_raise = self.rows[place]
        if raised is not None or should_raise is not None:
            return bool(raised == should_raise)
        if not strict and value == right:
            return True
        if strict:
            kind = type(value)
            if kind is not type(right):
                return False
            if kind in _BY_VALUE:
                return bool(value == right)
        try:
            told = key(value, strict)
            if (place, strict) not in self._keys:
                self._keys[place, strict] = key(right, strict)
        except Unplain:
            return False
        return told == self._keys[place, strict]


def call(function: Any, args: Any, fuel: Fuel, most: int) -> tuple[Any, str | None, Any]:
    """One call with copied arguments: its value, or the exception's name that ended it; and the arguments after it."""
    given = [fresh(arg) for arg in args]
    fuel.left = most
    try:
        return function(*given), None, given
    except Endless:
        return None, ENDLESS, given
    except Exception as error:
        return None, type(error).__name__, given


def loaded(codes: Any, fuel: Fuel, most: int, name: str = "tests") -> dict[str, Any]:
    """The namespace of a program given as code objects that are run one after another."""
    space = fuel.given_to({"__name__": name})
    fuel.left = most
    for code in codes:
        exec(code, space)
    return space


def outcome_key(raised: str | None) -> str:
    """The key of a call without a value; "" where there is one."""
    if raised is None:
        return ""
    return UNPLAIN if raised == UNPLAIN else f"raised {raised}"


def keys_of(codes: Any, entry: str, calls: Any, most: int) -> list[str]:
    """The key of every call's value, for comparing runs of one program in different interpreters."""
    fuel = Fuel()
    found = []
    try:
        function = loaded(codes, fuel, most)[entry]
    except Exception as error:
        return [f"loading raises {type(error).__name__}"]
    for args in calls:
        value, raised, _ = call(function, args, fuel, most)
        try:
            found.append(outcome_key(raised) or key(value))
        except Unplain:
            found.append(UNPLAIN)
    return found

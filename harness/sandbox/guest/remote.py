"""What may be asked of an object on the other side of the border, and the ``Remote`` that asks it.

The judge decides what a Remote can do. Where the test is of a function, a Remote has attributes, can be called and
iterated; it has no operators, is true, and equals nothing but itself: an answer's ``__eq__``, ``__lt__`` or
``__contains__`` must never take the place of a comparison. Where the test is of classes, those operators that the
task's own classes have are what is tested, and are called on the other side (``remote_with`` in judge.py).
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections import Counter, deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

    from ....benchmarks import plain
    from .border import Border


EVERY_NAME, ALL_FORWARDED = "*", "**"
UNFORWARDED = "only plain data may decide that"


class CannotCross(BaseException):
    """The test passes the answer something that is neither plain data nor a function."""


class NotForwarded(BaseException):
    """The test asks the answer's object for what only plain data may decide; no Exception, since tests catch those."""


def _swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: function(right, left)


def base_value(value: Any) -> Any:
    """An instance of a class above which there is a builtin one (a namedtuple, an IntEnum) as that."""
    for base, rebuild in plain._REDUCERS:
        if isinstance(value, base):
            return rebuild(value)
    raise TypeError("not plain data")


def leave(manager: Any, name: Optional[str], told: Tuple[Any, ...]) -> Any:
    """End a context: with the exception that the test raised in it, or (``""``) with an object that was raised here."""
    if name is None:
        return type(manager).__exit__(manager, None, None, None)
    error = told[0] if name == "" else getattr(builtins, name)(*told)
    return type(manager).__exit__(manager, type(error), error, error.__traceback__)


# What may be asked of an object on the other side; the first argument is the object.
LIMITED: Dict[str, Callable[..., Any]] = {
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "iter": iter,
    "next": next,
    "str": str,
    "repr": repr,
    "plain": lambda value: base_value(value),
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": lambda manager, name=None, *told: leave(manager, name, told),
}
BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
OPERATORS: Dict[str, Callable[..., Any]] = {
    "len": len,
    "bool": bool,
    "int": int,
    "float": float,
    "index": operator.index,
    "hash": hash,
    "abs": abs,
    "neg": operator.neg,
    "contains": operator.contains,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "instancecheck": lambda kind, value: isinstance(value, kind),
    "subclasscheck": lambda kind, other: issubclass(other, kind),
}
for _name in "eq ne lt le gt ge".split():
    OPERATORS[_name] = getattr(operator, _name)
for _name in BINARY:
    _function = getattr(operator, _name + "_" if _name in ("and", "or") else _name)
    OPERATORS[_name] = _function
    OPERATORS["r" + _name] = _swapped(_function)


_PLAIN_TYPES = (
    *(str, bytes, bytearray, list, tuple, dict, set, frozenset, int, float, complex, range, Fraction, Decimal, Counter),
    *(deque, date, time, datetime, timedelta),
)  # type: Tuple[type, ...]
_PLAIN_MODULES = frozenset("builtins collections datetime decimal fractions numpy pandas".split())
_FOREIGN_TYPES = (("numpy", "ndarray"), ("numpy", "generic"), ("pandas", "Series"), ("pandas", "DataFrame"))


def is_plain_name(name: str) -> bool:
    """Whether plain data of some type has an attribute of this name."""
    if name == "equals" or any(hasattr(kind, name) for kind in _PLAIN_TYPES):
        return True
    foreign = [getattr(sys.modules.get(module), kind, None) for module, kind in _FOREIGN_TYPES]
    return any(isinstance(kind, type) and hasattr(kind, name) for kind in foreign)


class Remote:
    """An object on the other side, with what the answer of a function may do.

    ``origin`` says how it came about, where that matters. ``method NAME`` was looked up under a name that plain data
    has (``got.equals``), and is not called; ``result NAME`` came out of an operator with plain data (``got - 3.5``), so
    that the answer knows what it is compared with; ``module`` is the answer's, whose functions may have such names.
    """

    def __init__(self, border: Border, number: int, kind: str, origin: str = "") -> None:
        object.__setattr__(self, "_Remote__border", border)
        object.__setattr__(self, "_Remote__number", number)
        object.__setattr__(self, "_Remote__kind", kind)
        object.__setattr__(self, "_Remote__origin", origin)

    def __eq__(self, other: object) -> Any:
        # As an answer to `got.__eq__(expected)`, NotImplemented would be true.
        plainly = isinstance(other, Remote) or type(other).__module__.split(".")[0] in _PLAIN_MODULES
        if not plainly:
            return NotImplemented
        return isinstance(other, Remote) and number_of(self) == number_of(other)

    def __hash__(self) -> int:
        return hash(number_of(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__", "__qualname__"):
            raise AttributeError(name)  # what Python itself looks for: copying, numpy's protocols
        return attribute_of(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delattr", name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        guard(self, "call")
        return ask(self, "call", *args, **kwargs)

    def __iter__(self) -> Any:
        return ask(self, "iter")

    def __next__(self) -> Any:
        return ask(self, "next")

    def __str__(self) -> str:
        return _text_of(ask(self, "str"))

    def __repr__(self) -> str:
        return _text_of(ask(self, "repr"))

    def __enter__(self) -> Any:
        return ask(self, "enter")

    def __exit__(self, *error: Any) -> Any:
        ask(self, "exit")

    def __mro_entries__(self, bases: Any) -> Any:
        border = object.__getattribute__(self, "_Remote__border")
        border.broken = CannotCross("a class of the test's own is made from the answer's")
        raise border.broken


for _name in "lt le gt ge".split():
    setattr(Remote, "__%s__" % _name, lambda self, other, name=_name: unordered(other, name))


def unordered(other: Any, name: str) -> Any:
    """What an object of the answer's, which has no order, says to a comparison; NotImplemented would be true."""
    if isinstance(other, Remote) or type(other).__module__.split(".")[0] in _PLAIN_MODULES:
        raise TypeError("%r not supported between an object of the answer's and %s" % (name, type(other).__name__))
    return NotImplemented


def number_of(remote: Remote) -> int:
    """The other side's number of its object."""
    return int(object.__getattribute__(remote, "_Remote__number"))


def origin_of(remote: Any) -> str:
    """How an object of the other side came about, where that matters."""
    return str(object.__getattribute__(remote, "_Remote__origin"))


def attribute_of(remote: Remote, name: str) -> Any:
    """An attribute of an object on the other side.

    What plain data has as a method must not be called there with what is expected, as in ``got.equals(expected)``.
    """
    value = ask(remote, "getattr", name)
    border = object.__getattribute__(remote, "_Remote__border")
    if border.judging and isinstance(value, Remote) and origin_of(remote) != "module" and is_plain_name(name):
        return noted(value, "method " + name)
    return value


def noted(remote: Remote, origin: str) -> Remote:
    """The same object with a note of how it came about; the note is this stand-in's, not the object's."""
    hidden = object.__getattribute__
    return type(remote)(hidden(remote, "_Remote__border"), number_of(remote), hidden(remote, "_Remote__kind"), origin)


def guard(remote: Remote, what: str) -> None:
    """Raise NotForwarded where an object may not be asked for this and the reference has shown no test to need it."""
    how, _, name = origin_of(remote).partition(" ")
    if (how, what == "call") not in (("method", True), ("result", False)):
        return
    need = name if how == "method" else "%s:%s" % (name, what)
    every = (EVERY_NAME, ALL_FORWARDED) if how == "method" else (ALL_FORWARDED,)
    border = object.__getattribute__(remote, "_Remote__border")
    if border.learns:
        border.needs.add(need)
    elif need not in border.names and not border.names.intersection(every):
        asked = name if how == "method" else "%s of what %s gave" % (what, name)
        border.broken = NotForwarded("%s, of an object of the answer's: %s" % (asked, UNFORWARDED))
        raise border.broken


def _text_of(value: Any) -> str:
    return str(value) if type(value) is str else "(no text)"


def ask(remote: Remote, what: str, *args: Any, **kwargs: Any) -> Any:
    """Do something to an object on the other side."""
    border = object.__getattribute__(remote, "_Remote__border")
    return border.ask(what, (remote, *args), kwargs)

"""What may be asked of an object on the other side of the border, and the ``Remote`` that asks it.

The judge decides what a Remote can do. Where the test is of a function, a Remote has attributes, can be called and
iterated; it has no operators, is true, and equals nothing but itself: an answer's ``__eq__``, ``__lt__`` or
``__contains__`` must never take the place of a comparison. Where the test is of classes, those operators that the
task's own classes have are what is tested, and are called on the other side (``remote_with`` in judge.py).
"""

from __future__ import annotations

import builtins
import operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

    from ....benchmarks import plain
    from .border import Border


class CannotCross(BaseException):
    """The test passes the answer something that is neither plain data nor a function."""


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


class Remote:
    """An object on the other side, with what the answer of a function may do."""

    def __init__(self, border: Border, number: int, kind: str) -> None:
        object.__setattr__(self, "_Remote__border", border)
        object.__setattr__(self, "_Remote__number", number)
        object.__setattr__(self, "_Remote__kind", kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__", "__qualname__"):
            raise AttributeError(name)  # what Python itself looks for: copying, numpy's protocols
        return ask(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delattr", name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
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


def _text_of(value: Any) -> str:
    return str(value) if type(value) is str else "(no text)"


def ask(remote: Remote, what: str, *args: Any, **kwargs: Any) -> Any:
    """Do something to an object on the other side."""
    border = object.__getattribute__(remote, "_Remote__border")
    return border.ask(what, (remote, *args), kwargs)

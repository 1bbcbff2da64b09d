"""The border between a candidate and its judge: calls go over, plain values come back, and objects stay where they are.

Both sides run this file. A message is a frame of JSON: a request ``{"do": NAME, "args": [...], "kwargs": {...}}``, or a
reply ``{"value": ...}`` or ``{"raised": NAME, "message": TEXT, "base": NAME}``. An object that is no plain data crosses
as a handle, which the other side wraps in a ``Remote``: what is done to that is done on its own side.

The judge decides what a Remote can do. Where the test is of a function, a Remote has attributes, can be called and
iterated; it has no operators, is true, and equals nothing but itself: an answer's ``__eq__``, ``__lt__`` or
``__contains__`` must never take the place of a comparison. Where the test is of classes, those operators that the
task's own classes have are what is tested, and are called on the other side (``remote_with`` in judge.py).
"""

from __future__ import annotations

import builtins
import json
import operator
import os
import struct
from collections import Counter, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple

    from ....benchmarks import plain
    from . import zygote
    from .judge import AnswerError, no_value

MAX_FRAME = 64 * 1024 * 1024


class AnswerGone(BaseException):
    """The answer's process is gone; not an Exception, lest a test's ``except Exception`` take it for an error."""


class CannotCross(BaseException):
    """The test passes the answer something that is neither plain data nor a function."""


def read_exact(fd: int, count: int) -> bytes:
    """Read ``count`` bytes or raise EOFError."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> bytes:
    """Read one frame."""
    (length,) = struct.unpack(">I", read_exact(fd, 4))
    if length > MAX_FRAME:
        raise EOFError
    return read_exact(fd, length)


def write_frame(fd: int, data: bytes) -> None:
    """Write one frame."""
    view = memoryview(struct.pack(">I", len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


_ENCODER = json.JSONEncoder(separators=(",", ":"))


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
LIMITED = {
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
}  # type: Dict[str, Callable[..., Any]]
BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
OPERATORS = {
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
}  # type: Dict[str, Callable[..., Any]]
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


class Border:
    """One side's end of the channel.

    ``serves``: what the other side may ask for. ``remote``: the class that its objects get here. ``judging``: whether
    this is the judge's side, which passes functions only, and trusts nothing that comes back.
    """

    def __init__(self, channel: int, serves: Dict[str, Callable[..., Any]], remote: type, judging: bool) -> None:
        self.channel = channel
        self.serves = serves
        self.remote = remote
        self.judging = judging
        self.mine: List[Any] = []
        self.numbers: Dict[int, int] = {}
        self.remotes: Dict[int, Any] = {}
        self.classes: Dict[int, type] = {}
        self.broken: Optional[BaseException] = None
        self.raised: Optional[BaseException] = None
        plain.handles = (self.name, self.make)

    # --- handles ---

    def name(self, value: Any) -> str:
        """The text that stands for an object which is no plain data."""
        known = self.number_of(value)
        if known is not None:
            return "yours %d" % known
        if self.judging:
            name = getattr(value, "__name__", "")
            if isinstance(name, str) and getattr(builtins, name, None) is value:
                return "builtin %s" % name
            if isinstance(value, Exception) and getattr(value, "_answered", False):
                raise plain.TooDeep("an exception of the answer's that is nothing but a text")
            if isinstance(value, type) or not callable(value):
                raise plain.PlainError("an object of type %s cannot cross" % type(value).__name__[:80])
        if isinstance(value, type) and issubclass(value, Exception):
            return self.name_of_kind(value)
        return "mine %d %s" % (self.keep(value), type(value).__name__[:80])

    def keep(self, value: Any) -> int:
        """The number of an object of this side."""
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.mine)
            self.mine.append(value)  # kept alive, so that its id stays its own
        return number

    def number_of(self, value: Any) -> Optional[int]:
        """The other side's number of an object of its own."""
        if isinstance(value, Remote):
            return int(object.__getattribute__(value, "_Remote__number"))
        if not self.judging:
            return None
        if isinstance(value, type) and self.classes.get(value.__dict__.get("_number", -1)) is value:
            return int(value.__dict__["_number"])
        # An exception that the answer raised is an object of the answer's, whatever its class here.
        return self.number_of(getattr(value, "_remote", None)) if isinstance(value, Exception) else None

    def name_of_kind(self, kind: type) -> str:
        """The text that stands for an exception class: its ancestors first, each with number, name and bases."""
        told = []
        for above in reversed(kind.__mro__):
            if is_builtin(above):
                continue
            bases = [base.__name__ if is_builtin(base) else str(self.keep(base)) for base in above.__bases__]
            told.append("%d,%s,%s" % (self.keep(above), above.__name__[:80], ",".join(bases)))
        return "error %s" % ";".join(told) if told else "builtin %s" % kind.__name__

    def make(self, text: str) -> Any:
        """What a handle from the other side stands for here."""
        parts = text.split(" ")
        try:
            if parts[0] == "yours":
                return self.mine[int(parts[1])]
            if parts[0] == "mine":
                return self.remote_of(int(parts[1]), " ".join(parts[2:]))
            if parts[0] == "error" and self.judging:
                return self.error_class(" ".join(parts[1:]))
            if parts[0] == "builtin":
                found = getattr(builtins, parts[1])
                if not self.judging or (isinstance(found, type) and issubclass(found, Exception)):
                    return found
        except (IndexError, ValueError, AttributeError):
            pass
        raise plain.PlainError("a handle that stands for nothing")

    def remote_of(self, number: int, kind: str) -> Any:
        """What stands for an object of the other side: one thing for one object, so that ``is`` tells the truth."""
        found = self.remotes.get(number)
        if found is None:
            found = self.remotes[number] = self.remote(self, number, kind)
        return found

    def error_class(self, text: str) -> Any:
        """The judge's stand-in for an exception class of the answer, below stand-ins for those above it."""
        kind, make = AnswerError, type(AnswerError)  # type: Any, Any
        for told in text.split(";")[:50]:
            number, name, *bases = told.split(",")
            kind = self.classes.get(int(number), AnswerError)
            if kind is not AnswerError:
                continue
            above = [self.classes[int(base)] if base.isdigit() else builtin_error(base) for base in bases]
            above = [base for base in above if base is not Exception]
            if not any(issubclass(base, AnswerError) for base in above):
                above.insert(0, AnswerError)
            members = {"_number": int(number), "_border": self, "__module__": "answer"}
            try:
                kind = make(name[:80], tuple(above), members)
            except TypeError:  # bases that do not fit together
                kind = make(name[:80], (AnswerError,), members)
            self.classes[int(number)] = kind
        return kind

    # --- asking ---

    def ask(self, what: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        """Ask the other side and wait for its reply, answering what it asks in the meantime."""
        if self.broken is not None:
            raise self.broken
        try:
            request = {
                "do": what,
                "args": [plain.encode(arg, reduce=not self.judging) for arg in args],
                "kwargs": {key: plain.encode(arg, reduce=not self.judging) for key, arg in kwargs.items()},
            }
        except plain.TooDeep as error:
            # An answer can bring this about with what it returned before, and must not choose how it is judged.
            raise RecursionError(str(error)) from None
        except plain.PlainError as error:
            self.broken = CannotCross(str(error))
            raise self.broken from None
        reply = self.converse(_ENCODER.encode(request).encode("ascii"))
        if "raised" in reply:
            self.raised = self.exception(reply)
            raise self.raised
        try:
            changed = reply.get("args")
            if isinstance(changed, list) and len(changed) == len(args):
                for old, new in zip(args, changed):
                    if new is not None:
                        update(old, plain.decode(new))
            return plain.decode(reply["value"])
        except (plain.PlainError, KeyError, TypeError, RecursionError) as error:
            self.raised = answered(no_value("it returned what is no value: %s" % str(error)[:200]))
            raise self.raised from None

    def converse(self, request: bytes) -> Dict[str, Any]:
        """Send a request and serve the other side's until the reply comes."""
        try:
            write_frame(self.channel, request)
            while True:
                message = json.loads(read_frame(self.channel))
                if not isinstance(message, dict):
                    raise ValueError("not a message")
                if "do" not in message:
                    return message
                self.serve(message)
        except (EOFError, OSError, ValueError, RecursionError):
            self.broken = AnswerGone("the answer's process ended during a call")
            raise self.broken from None

    def exception(self, reply: Dict[str, Any]) -> Any:
        """The other side's exception as one of this side."""
        name, message = str(reply.get("raised"))[:100], str(reply.get("message"))[:10000]
        if name in ("StopIteration", "StopAsyncIteration"):
            return answered(StopIteration() if name == "StopIteration" else no_value(name))
        try:
            told, kind, object_ = plain.decode([reply["told"], reply["kind"], reply["error"]])
            if not self.judging and isinstance(object_, Exception):
                return object_
            if isinstance(kind, type) and issubclass(kind, AnswerError):
                error = kind.__new__(kind, *told)  # type: Any
                error._text = message
            elif isinstance(kind, type) and issubclass(kind, Exception):
                error = kind(*told)
            else:
                raise TypeError
            error._remote, error._answered = object_, True
            return error
        except (plain.PlainError, KeyError, TypeError, ValueError, AttributeError):
            pass
        return answered(no_value("%s: %s" % (name, message)))

    # --- serving ---

    def greet(self) -> None:
        """Say that the answer is loaded."""
        write_frame(self.channel, b"{}")

    def await_greeting(self) -> None:
        """Wait until the answer is loaded; nothing is tested before."""
        try:
            read_frame(self.channel)
        except (EOFError, OSError):
            self.broken = AnswerGone("the answer's process ended while loading")

    def wait(self) -> None:
        """Answer the other side until it hangs up (EOFError)."""
        while True:
            self.serve(json.loads(read_frame(self.channel)))

    def serve(self, message: Dict[str, Any]) -> None:
        """Do what the other side asks, and reply."""
        write_frame(self.channel, _ENCODER.encode(self.reply(message)).encode("ascii"))

    def reply(self, message: Dict[str, Any]) -> Dict[str, Any]:
        """What to reply to a request."""
        try:
            function = self.serves[message["do"]]
            args = [plain.decode(arg) for arg in message["args"]]
            kwargs = {str(key): plain.decode(arg) for key, arg in message["kwargs"].items()}
            if self.judging and not any(args[0] is item for item in self.mine):
                raise TypeError("only a function that the test passed can be called")
            value = function(*args, **kwargs)
            reply = {"value": plain.encode(value, reduce=True)}
            if not self.judging:
                self.tell_changes(message, args, reply)
            return reply
        except BaseException as error:
            if self.judging and isinstance(error, (AnswerGone, CannotCross)):
                raise
            return self.tell_error(error)

    def tell_error(self, error: BaseException) -> Dict[str, Any]:
        """An exception as a reply: by its class, what it was made of, and its text."""
        name, text = zygote.describe(error)
        reply = {"raised": name, "message": text}  # type: Dict[str, Any]
        try:
            if isinstance(error, Exception):
                reply["message"] = str(error)[:10000]  # without the line that describe adds
                reply["told"] = []
                if self.judging:
                    # Its own exceptions are no business of the answer's; one of the answer's goes back as itself.
                    kind, known = next(filter(is_builtin, type(error).__mro__)), self.number_of(error)
                    reply["kind"] = {"$opaque": "builtin %s" % kind.__name__}
                    reply["error"] = None if known is None else {"$opaque": "yours %d" % known}
                else:
                    reply["kind"] = {"$opaque": self.name_of_kind(type(error))}
                    reply["error"] = {"$opaque": "mine %d error" % self.keep(error)}
                told = [plain.encode(arg, reduce=True) for arg in error.args]
                reply["told"] = told if len(_ENCODER.encode(told)) < 100000 else []
        except BaseException:
            pass  # what it says of itself is no text or no data
        return reply

    def tell_changes(self, message: Dict[str, Any], args: List[Any], reply: Dict[str, Any]) -> None:
        """Send arguments back that the call has changed: a test may look at them."""
        changed = []
        for before, arg in zip(message["args"], args):
            now = plain.encode(arg, reduce=True) if change_of(type(arg)) is not None else before
            changed.append(None if now == before else now)
        if any(item is not None for item in changed):
            reply["args"] = changed


def answered(error: Any) -> Any:
    """The exception, marked as one that the answer brought about."""
    error._answered = True
    return error


def is_builtin(kind: type) -> bool:
    """Whether a class is one of Python's own that every side has."""
    return getattr(builtins, kind.__name__, None) is kind


def builtin_error(name: str) -> type:
    """Python's own exception class of this name; Exception where there is none."""
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else Exception


# --- arguments that were changed ---


def update(old: Any, new: Any) -> None:
    """Make ``old`` equal ``new`` in place, item by item, so that whoever holds a part of it sees the change as well."""
    change = change_of(type(old))
    if change is not None and type(old) is type(new):
        change(old, new)


def change_of(kind: type) -> Any:
    """How a value of this type is made equal to another; None for what does not change."""
    return UPDATES.get(kind) or FOREIGN_UPDATES.get((kind.__module__.split(".")[0], kind.__name__))


def _kept(old: Any, new: Any) -> Any:
    if change_of(type(old)) is not None and type(old) is type(new):
        update(old, new)
        return old
    return new


def _update_list(old: List[Any], new: List[Any]) -> None:
    old[:] = [_kept(old[at], item) if at < len(old) else item for at, item in enumerate(new)]


def _update_dict(old: Dict[Any, Any], new: Dict[Any, Any]) -> None:
    kept = {key: _kept(old[key], value) if key in old else value for key, value in new.items()}
    old.clear()
    old.update(kept)


def _update_set(old: Any, new: Any) -> None:
    old.clear()
    old.update(new)


def _update_deque(old: Any, new: Any) -> None:
    old.clear()
    old.extend(new)


def _update_bytes(old: bytearray, new: bytearray) -> None:
    old[:] = new


def _update_array(old: Any, new: Any) -> None:
    if old.shape == new.shape:
        old[...] = new


FOREIGN_UPDATES = {
    ("numpy", "ndarray"): _update_array,
    ("pandas", "Series"): lambda old, new: old._update_inplace(new),
    ("pandas", "DataFrame"): lambda old, new: old._update_inplace(new),
}  # type: Dict[Tuple[str, str], Callable[[Any, Any], None]]
UPDATES = {
    list: _update_list,
    dict: _update_dict,
    set: _update_set,
    bytearray: _update_bytes,
    deque: _update_deque,
    Counter: _update_dict,
}  # type: Dict[type, Callable[[Any, Any], None]]

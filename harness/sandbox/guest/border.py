"""The border between a candidate and its judge: calls go over, plain values come back, and objects stay where they are.

Both sides run this file. A message is a frame of JSON: a request ``{"do": NAME, "args": [...], "kwargs": {...}}``, or a
reply ``{"value": ...}`` or ``{"raised": NAME, "message": TEXT, "base": NAME}``. An object that is no plain data crosses
as a handle, which the other side wraps in a ``Remote``: what is done to that is done on its own side.

The judge decides what a Remote can do. Where the test is of a function, a Remote has attributes, can be called and
iterated; it has no operators, is true, and equals nothing but itself: an answer's ``__eq__``, ``__lt__`` or
``__contains__`` must never take the place of a comparison. Where the test is of a class, its operators are what is
tested, and are called on the other side; even then a Remote never equals plain data.
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

MAX_FRAME = 64 * 1024 * 1024


class AnswerError(Exception):
    """The answer raised an exception that has no builtin name."""


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
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": lambda manager: type(manager).__exit__(manager, None, None, None),
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

    def __exit__(self, *error: Any) -> None:
        ask(self, "exit")


def _text_of(value: Any) -> str:
    return str(value) if type(value) is str else "(no text)"


class RemoteWithOperators(Remote):
    """An object on the other side whose operators are under test: an instance of the class that a task asks for."""

    def __hash__(self) -> int:
        return int(ask(self, "hash"))

    def __bool__(self) -> bool:
        return ask(self, "bool") is True

    def __eq__(self, other: object) -> Any:
        return ask(self, "eq", other) is True if isinstance(other, Remote) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return ask(self, "ne", other) is True if isinstance(other, Remote) else NotImplemented

    def __instancecheck__(self, value: Any) -> bool:
        return ask(self, "instancecheck", value) is True

    def __subclasscheck__(self, other: Any) -> bool:
        return ask(self, "subclasscheck", other) is True


def _forward(name: str) -> Callable[..., Any]:
    return lambda self, *args: ask(self, name, *args)


for _name in OPERATORS:
    if "__%s__" % _name not in RemoteWithOperators.__dict__:
        setattr(RemoteWithOperators, "__%s__" % _name, _forward(_name))


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
        self.classes: Dict[str, type] = {}
        self.broken: Optional[BaseException] = None
        self.raised: Optional[BaseException] = None
        plain.handles = (self.name, self.make)

    # --- handles ---

    def name(self, value: Any) -> str:
        """The text that stands for an object which is no plain data."""
        if isinstance(value, Remote):
            return "yours %d" % object.__getattribute__(value, "_Remote__number")
        if self.judging:
            name = getattr(value, "__name__", "")
            if isinstance(name, str) and getattr(builtins, name, None) is value:
                return "builtin %s" % name
            if isinstance(value, type) or not callable(value):
                raise plain.PlainError("an object of type %s cannot cross" % type(value).__name__[:80])
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.mine)
            self.mine.append(value)  # kept alive, so that its id stays its own
        if isinstance(value, type) and issubclass(value, Exception):
            return "error %d %s %s" % (number, value.__name__[:80], builtin_base(value))
        return "mine %d %s" % (number, type(value).__name__[:80])

    def make(self, text: str) -> Any:
        """What a handle from the other side stands for here."""
        parts = text.split(" ")
        try:
            if parts[0] == "yours":
                return self.mine[int(parts[1])]
            if parts[0] == "mine":
                return self.remote(self, int(parts[1]), " ".join(parts[2:]))
            if parts[0] == "error" and self.judging:
                return self.error_class(parts[2], parts[3])
            if parts[0] == "builtin" and not self.judging:
                return getattr(builtins, parts[1])
        except (IndexError, ValueError, AttributeError):
            pass
        raise plain.PlainError("a handle that stands for nothing")

    def error_class(self, name: str, base: str) -> type:
        """The judge's stand-in for an exception class of the answer."""
        known = getattr(builtins, name, None)
        if isinstance(known, type) and issubclass(known, Exception):
            return known
        if name not in self.classes:
            above = getattr(builtins, base, None)
            above = above if isinstance(above, type) and issubclass(above, Exception) else Exception
            self.classes[name] = type(name[:80], (AnswerError, above) if above is not Exception else (AnswerError,), {})
        return self.classes[name]

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
            self.raised = AnswerError("it returned what is no value: %s" % str(error)[:200])
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

    def exception(self, reply: Dict[str, Any]) -> BaseException:
        """The other side's exception as one of this side."""
        name, message = str(reply.get("raised"))[:100], str(reply.get("message"))[:1000]
        if name in ("StopIteration", "StopAsyncIteration"):
            return StopIteration() if name == "StopIteration" else AnswerError(name)
        known = getattr(builtins, name, None)
        kind = known if isinstance(known, type) and issubclass(known, Exception) else None
        if kind is None:
            kind = self.error_class(name, str(reply.get("base"))) if name.isidentifier() else AnswerError
            message = "%s: %s" % (name, message) if kind is AnswerError else message
        try:
            return kind(message)
        except TypeError:  # UnicodeDecodeError and its like want more arguments
            return AnswerError("%s: %s" % (name, message))

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
            name, text = zygote.describe(error)
            return {"raised": name, "message": text, "base": builtin_base(type(error))}

    def tell_changes(self, message: Dict[str, Any], args: List[Any], reply: Dict[str, Any]) -> None:
        """Send arguments back that the call has changed: a test may look at them."""
        changed = []
        for before, arg in zip(message["args"], args):
            now = plain.encode(arg, reduce=True) if type(arg) in UPDATES else before
            changed.append(None if now == before else now)
        if any(item is not None for item in changed):
            reply["args"] = changed


def builtin_base(kind: type) -> str:
    """The name of the nearest builtin class above an exception class."""
    for above in kind.__mro__:
        if getattr(builtins, above.__name__, None) is above:
            return str(above.__name__)
    return "Exception"


# --- arguments that were changed ---


def update(old: Any, new: Any) -> None:
    """Make ``old`` equal ``new`` in place, item by item, so that whoever holds a part of it sees the change as well."""
    change = UPDATES.get(type(old))
    if change is not None and type(old) is type(new):
        change(old, new)


def _kept(old: Any, new: Any) -> Any:
    if type(old) in UPDATES and type(old) is type(new):
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


UPDATES = {
    list: _update_list,
    dict: _update_dict,
    set: _update_set,
    bytearray: _update_bytes,
    deque: _update_deque,
    Counter: _update_dict,
}  # type: Dict[type, Callable[[Any, Any], None]]

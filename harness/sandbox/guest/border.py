"""The border between a candidate and its judge: calls go over, plain values come back, and objects stay where they are.

Both sides run this file. A message is a frame of JSON: a request ``{"do": NAME, "args": [...], "kwargs": {...}}``, or a
reply ``{"value": ...}`` or ``{"raised": NAME, "message": TEXT, "base": NAME}``. An object that is no plain data crosses
as a handle, which the other side wraps in a ``Remote``: what is done to that is done on its own side.

The files of one side are executed one after the other in one namespace (``remote``, ``changes``, this one, ``judge``,
``candidate``): that they import each other is for those who read or check them.
"""

from __future__ import annotations

import builtins
import json
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Set, Tuple

    from ....benchmarks import plain
    from . import zygote
    from .changes import change_of, update
    from .judge import AnswerError, no_value
    from .remote import CannotCross, NotForwarded, Remote, number_of

MAX_FRAME = 64 * 1024 * 1024


class AnswerGone(BaseException):
    """The answer's process is gone; not an Exception, lest a test's ``except Exception`` take it for an error."""


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
        # What the reference's classes have or its test was seen to need, and whether that is still to be learnt.
        self.names: Set[str] = set()
        self.learns = False
        self.needs: Set[str] = set()
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
            if type(value) is slice and all(type(part) is int or part is None for part in slice_parts(value)):
                return "slice %s %s %s" % slice_parts(value)
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
            return number_of(value)
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
            if parts[0] == "slice" and not self.judging:
                return slice(*[None if part == "None" else int(part) for part in parts[1:]])
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
            if self.judging and isinstance(error, (AnswerGone, CannotCross, NotForwarded)):
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


def slice_parts(value: slice) -> Tuple[Any, Any, Any]:
    """Start, stop and step."""
    return value.start, value.stop, value.step


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

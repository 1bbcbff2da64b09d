"""What a judge runs: the test program, with the candidate behind the border; and how it tells what it found."""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Optional, Tuple

    from ....benchmarks import plain
    from . import zygote
    from .border import AnswerGone, Border
    from .remote import (
        BINARY,
        LIMITED,
        OPERATORS,
        CannotCross,
        NotForwarded,
        Remote,
        _text_of,
        ask,
        attribute_of,
        guard,
        noted,
        origin_of,
        unordered,
    )

VERDICT = b"v"


# --- exceptions of the answer ---


class AnswerKind(type):
    """The class of stand-ins for the answer's exception classes: their attributes are looked up on the other side."""

    def __getattr__(cls, name: str) -> Any:
        number = cls.__dict__.get("_number")
        if number is None or name.startswith("__"):
            raise AttributeError(name)
        return attribute_of(cls.__dict__["_border"].remote_of(number, "class"), name)


class AnswerError(Exception, metaclass=AnswerKind):
    """The answer raised an exception that is not one of Python's own; stand-ins for its classes are below this one.

    Where the test makes an instance, the answer makes it too.
    """

    _remote = None  # type: Any
    _text = None  # type: Optional[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        number = type(self).__dict__.get("_number")
        if number is not None:
            self._remote = ask(type(self).__dict__["_border"].remote_of(number, "class"), "call", *args, **kwargs)
        Exception.__init__(self, *args)

    def __str__(self) -> str:
        if self._text is not None:
            return self._text
        return Exception.__str__(self) if self._remote is None else _text_of(ask(self._remote, "str"))

    def __getattr__(self, name: str) -> Any:
        if self._remote is None or name.startswith("__"):
            raise AttributeError(name)
        return attribute_of(self._remote, name)


def no_value(text: str) -> AnswerError:
    """An AnswerError of no class of the answer's."""
    return AnswerError(text)


# --- objects of the answer, where classes are tested ---


class RemoteObject(Remote):
    """An object on the other side where classes are under test.

    Compared with plain data, it is what it is plainly (a namedtuple is a tuple), and that is compared here: the other
    side never learns with what. Objects that are no plain data equal and order none.
    """

    def __hash__(self) -> int:
        return int(ask(self, "hash"))

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Remote) and ask(self, "instancecheck", value) is True

    def __subclasscheck__(self, other: Any) -> bool:
        return isinstance(other, Remote) and ask(self, "subclasscheck", other) is True

    def __exit__(self, *error: Any) -> Any:
        """End the context. What the answer raised and what a test asserts is never swallowed."""
        raised = error[1]
        if raised is None:
            return ask(self, "exit")
        own = isinstance(raised, Exception) and not isinstance(raised, AssertionError)
        own = own and not getattr(raised, "_answered", False)
        if getattr(raised, "_remote", None) is not None:
            return ask(self, "exit", "", raised._remote) is True and own
        kind = type(raised)
        known = isinstance(raised, Exception) and getattr(builtins, kind.__name__, None) is kind
        swallows = ask(self, "exit", kind.__name__ if known else "Exception", *(raised.args if known else ()))
        return swallows is True and known and own


def _forward(name: str) -> Callable[..., Any]:
    def forward(self: Any, *args: Any) -> Any:
        if name in ("len", "int", "float", "index", "abs"):
            guard(self, name)
        value = ask(self, name, *args)
        return _derived(name, value, self) if name in ("abs", "neg", "getitem") else value

    return forward


def _boolean(name: str) -> Callable[..., Any]:
    def forward(self: Any, *args: Any) -> bool:
        if name == "bool":
            guard(self, name)
        return ask(self, name, *args) is True

    return forward


def _derived(name: str, value: Any, *of: Any) -> Any:
    """What an operator gave of objects; one that was told what it is compared with hands that on."""
    for one in of:
        if isinstance(one, Remote) and origin_of(one).startswith("result "):
            if isinstance(value, Remote):
                return noted(value, origin_of(one))
            if name != "getitem":
                guard(one, name)
    return value


def _compared(name: str, forwards: bool) -> Callable[..., Any]:
    function = OPERATORS[name]
    no_plain = Remote.__eq__ if name == "eq" else lambda self, other: unordered(other, name)  # type: Callable[..., Any]

    def compare(self: Any, other: Any) -> Any:
        if isinstance(other, Remote):
            return ask(self, name, other) is True if forwards else no_plain(self, other)
        try:
            value = ask(self, "plain")
        except Exception:
            return no_plain(self, other)
        if isinstance(value, Remote):
            return no_plain(self, other)
        guard(self, name)
        return function(value, other)

    return compare


def _computed(name: str) -> Callable[..., Any]:
    def compute(self: Any, other: Any) -> Any:
        value = ask(self, name, other)
        if isinstance(other, Remote):
            return _derived(name, value, self, other)
        if not isinstance(value, Remote):
            # The other side was told what it is compared with: `abs(got - 3.5) < 1e-6` must not be its to decide.
            raise TypeError("%s of an object and plain data must give an object" % name)
        return noted(value, "result " + (name[1:] if name[1:] in BINARY else name))

    return compute


COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
NOT_COMPUTED = "len int float index abs neg getitem setitem delitem".split()


def remote_with(operators: Iterable[str]) -> type:
    """A Remote with these operators of the answer's: the ones that the task's own classes have."""
    allowed = set(operators)
    members = {"__hash__": RemoteObject.__hash__ if allowed & {"eq", "hash"} else Remote.__hash__}  # type: Dict[str, Any]
    for name in COMPARISONS:
        if name != "ne":
            members["__%s__" % name] = _compared(name, name in allowed)
    for name in allowed.intersection(OPERATORS):
        if name in ("bool", "contains"):
            members["__%s__" % name] = _boolean(name)
        elif name in NOT_COMPUTED:
            members["__%s__" % name] = _forward(name)
        elif name not in COMPARISONS and name not in ("hash", "instancecheck", "subclasscheck"):
            members["__%s__" % name] = _computed(name)
    return type("RemoteObject", (RemoteObject,), members)


# --- the test program ---


def write_verdict(nonce: str, found: Tuple[str, str, str]) -> None:
    """The row that tells verdict, exception and message."""
    zygote.write_row(VERDICT, "\0".join((nonce, *found)).encode("utf-8", "backslashreplace"))


def run_prelude(source: str, namespace: Dict[str, Any]) -> None:
    """Execute the prelude; a HumanEval prompt may end in a signature, which a ``pass`` completes."""
    if not source.strip():
        return
    try:
        code = compile(source, "<prelude>", "exec", dont_inherit=True)
    except SyntaxError:
        code = compile(source.rstrip() + "\n    pass\n", "<prelude>", "exec", dont_inherit=True)
    exec(code, namespace)


def values_of(text: str) -> Any:
    """The host's values; an opaque one among them (what a reference returned) is no handle of the border's."""
    handles, plain.handles = plain.handles, None
    try:
        return plain.loads(text)
    finally:
        plain.handles = handles


def run_check(payload: Dict[str, Any], candidate: Any, border: Optional[Border]) -> Tuple[str, str, str]:
    """Run the test program on a candidate (a Remote, or the function itself): verdict, exception, message."""
    module = type(sys)("tests")
    sys.modules["tests"] = module
    namespace = module.__dict__
    try:
        run_prelude(payload["prelude"], namespace)
        if payload["entry_point"] is not None:
            namespace[payload["entry_point"]] = candidate
        namespace["VALUES"] = values_of(payload["values"])
        exec(compile(payload["program"], "<tests>", "exec", dont_inherit=True), namespace)
        namespace["check"](candidate)
    except AssertionError as error:
        by_answer = border is not None and error is border.raised
        return ("error" if by_answer else "wrong", *zygote.describe(error, "<tests>"))
    except CannotCross as error:
        return ("cannot_cross", *zygote.describe(error))
    except BaseException as error:
        return ("error", *zygote.describe(error, "<tests>"))
    return ("pass", "", "")


def judge(header: Dict[str, Any]) -> None:
    """Run the tests against the candidate at the other end of the channel, and report."""
    payload = zygote.read_dict(header)
    zygote.ready()
    remote = remote_with(payload["operators"]) if payload["objects"] else Remote
    border = Border(zygote.CHANNEL, {"call": LIMITED["call"]}, remote, judging=True)
    border.names, border.learns = set(payload["names"]), payload["learns"]
    border.await_greeting()
    entry = border.remote_of(0, "entry") if payload["entry_point"] is not None else remote(border, 0, "entry", "module")
    found = ("", "", "") if border.broken is not None else run_check(payload, entry, border)
    # Whatever the test program made of it, a broken channel is never a pass.
    if isinstance(border.broken, CannotCross):
        found = ("cannot_cross", "", str(border.broken))
    elif isinstance(border.broken, AnswerGone):
        found = ("gone", "", str(border.broken))
    elif isinstance(border.broken, NotForwarded):
        found = ("error", "", str(border.broken))
    elif border.learns and found[0] == "pass":
        found = ("pass", "", " ".join(sorted(border.needs)))
    write_verdict("", found)


RUN = {"judge": judge}

"""What a request asks of a stand-in, what it says, and which function a text wants to have written."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from ...benchmarks.parsing import parse_module
from ..endpoint.prompt import EndpointForm

_DEFINED = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)", re.MULTILINE)
_QUOTED = re.compile(r"`(\w+)`")
_CALLED = re.compile(r"\bassert\s+(?:\w+\()?(\w+)\(")
_MAX_CLOSERS = 50


class NoAnswer(Exception):
    """The baseline has nothing to say to this prompt; the server answers 404 and says so."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks.

    text: all its messages, or its prompt. count: replies that are wanted. seed: the request's, where it has one.
    stop: where the reply will be cut. body: the request's JSON, None where there was no request.
    """

    text: str
    form: EndpointForm
    count: int = 1
    seed: int | None = None
    stop: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One reply of a stand-in that has more to tell than a text.

    finish_reason: ``stop`` where it is None. verbatim: the text has been cut already, as the request demands, and is
    sent as it is.
    """

    text: str
    finish_reason: str | None = None
    verbatim: bool = False


class Baseline(Protocol):
    """Something that answers questions at once, the same question always alike unless it says otherwise.

    The first line of its class's docstring is what ``/v1/models`` tells of it.
    """

    @property
    def name(self) -> str:
        """The model name under which it is asked."""

    def answer(self, question: Question) -> Sequence[str | Said]:
        """``question.count`` replies; NoAnswer where there is none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The function (or class) that a text asks for. arguments: None where the text shows no signature."""

    name: str
    arguments: ast.arguments | None = None


@lru_cache(1024)  # a run asks the same for each epoch
def wanted(text: str, form: EndpointForm) -> Wanted | None:
    """What a text asks to have defined.

    Of the functions and classes whose definition it begins (those that are not indented, if there are any): in a chat
    the last that it also names in back-quotes, else the last; in a text to continue the last. Where it begins none: the
    first name in back-quotes, else the first function that one of its assertions calls.
    """
    found = list(_DEFINED.finditer(text))
    quoted = [name for name in _QUOTED.findall(text) if name.isidentifier() and not keyword.iskeyword(name)]
    if not found:
        names = quoted or _CALLED.findall(text)
        return Wanted(names[0]) if names else None
    outer = [match for match in found if not match[1]]
    named = [match for match in outer or found if match[3] in quoted and form == "chat"]
    chosen = (named or outer or found)[-1]
    return Wanted(chosen[3], _arguments(text, chosen.end()) if chosen[2] == "def" else None)


def _arguments(text: str, start: int) -> ast.arguments | None:
    """The parameters in the round brackets that begin at ``start``; None where there are none that Python reads."""
    end = start
    for _ in range(_MAX_CLOSERS):
        end = text.find(")", end) + 1
        if not end:
            return None
        try:
            function = parse_module(f"def f{text[start:end]}: ...").body[0]
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # a bracket inside a default or annotation
            continue
        return function.args if isinstance(function, ast.FunctionDef) else None
    return None

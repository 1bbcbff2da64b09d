"""The frames of generated definitions, read backwards: which parameter, which inner call, and what is said of them.

Reads what ``operators.compose_pre``, ``guard_clause`` and ``guard_raise`` write, without looking at how they write it.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass
from typing import Any

from ...benchmarks.parsing import parse_expression

_CALL = r"the value that `(?P<inner>\w+)\((?P<arguments>[^`]*)\)`, as specified above, returns\."
_BEFORE = re.compile(rf"Let (?P<letter>[a-z]) be (?P<said>(?:(?!\bLet ).)+?)\. Return {_CALL}")
_GUARD = re.compile(
    rf"If (?P<said>(?:(?!\bIf ).)+?), (?:return `(?P<constant>[^`]+)`|raise (?P<raises>\w+))\. Otherwise return {_CALL}"
)
_CLOSING = re.compile(r"\s*Only the specification of `(\w+)` is given above: implement it as well\.")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a definition says: a phrase about one parameter and the inner call that it goes with.

    letter: the name that the transformed parameter gets ("" in a guard); outcome: what a guard does, as a statement.
    """

    said: str
    inner: str
    arguments: str
    letter: str = ""
    outcome: str = ""


def read_before(text: str) -> Frame:
    """The last definition of the form "Let v be ... Return the value that ...". ValueError when there is none."""
    found = _last(_BEFORE, text)
    return Frame(found["said"], found["inner"], found["arguments"], letter=found["letter"])


def read_guard(text: str) -> Frame:
    """The last definition of the form "If ..., return c. Otherwise return ...". ValueError when there is none."""
    found = _last(_GUARD, text)
    if found["raises"] is not None:
        named = getattr(builtins, found["raises"], None)
        if not (isinstance(named, type) and issubclass(named, Exception)):
            raise ValueError("it raises what is no exception")
        return Frame(found["said"], found["inner"], found["arguments"], outcome=f"raise {found['raises']}")
    return Frame(found["said"], found["inner"], found["arguments"], outcome=f"return {_value(found['constant'])!r}")


def subject_in(phrase: str) -> str:
    """The one parameter that a phrase names in backticks. ValueError when it is not one."""
    names = set(re.findall(r"`(\w+)`", phrase))
    if len(names) != 1:
        raise ValueError(f"the sentence speaks of {len(names)} parameters")
    return str(names.pop())


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(parse_expression(text.lstrip(" \t")))
    except (SyntaxError, TypeError, MemoryError) as error:
        raise ValueError("the constant is no literal") from error


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    text = " ".join(text.split())
    found = list(pattern.finditer(text))
    if not found:
        raise ValueError("no definition")
    closing = _CLOSING.match(text, found[-1].end())
    if closing is None or closing.group(1) != found[-1]["inner"]:
        raise ValueError("the definition has no end")
    return found[-1]

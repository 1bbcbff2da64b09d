"""Reading an author's reply field by field: each has the type and size that was asked for, or the fault is said."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ...benchmarks.literals import NotLiteral, read_literal
from ...benchmarks.plain import PlainError, dumps
from ..protocol import Rows
from .protocol import UnusableReply
from .signatures import Stated

MAX_SPEC, MIN_SPEC = 5_000, 30
MAX_PROGRAM, MAX_CONTRACT = 8_000, 3_000
MIN_INPUTS, MAX_INPUTS = 5, 40
MAX_ARGUMENTS = 2_000
"""Characters of one input."""
_MAX_UNKNOWN = 2_000
_BLOCK = re.compile(r"```[A-Za-z0-9]*\n((?:(?!```).)*)```", re.DOTALL)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ue000-\uf8ff"
    # variation selectors but for those of emoji, tags, fillers, private planes
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0d\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)


def check_known(reply: Mapping[str, Any], known: Collection[str]) -> None:
    """UnusableReply for a field that nobody asked for and that is no mere remark; small ones are left unread."""
    for name, value in reply.items():
        if name not in known and len(json.dumps(value)) > _MAX_UNKNOWN:
            raise UnusableReply(
                f"the field {name[:40]!r} was not asked for and is long; give only {', '.join(sorted(known))}",
                "unknown field",
            )


def text_of(reply: Mapping[str, Any], name: str, least: int, most: int) -> str:
    """A text of some length, without invisible characters, line ends as ``\\n``."""
    if name not in reply:
        raise UnusableReply(f'the field "{name}" is missing', "missing field")
    value = reply[name]
    if not isinstance(value, str):
        raise UnusableReply(f'"{name}": expected a text, found {_kind(value)}', "wrong type")
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if len(text.strip()) < least:
        raise UnusableReply(f'"{name}": expected at least {least} characters', "too short")
    if len(text) > most:
        raise UnusableReply(f'"{name}": longer than {most} characters', "too long")
    hidden = _INVISIBLE.search(text)
    if hidden is not None:
        raise UnusableReply(f'"{name}": holds the invisible character U+{ord(hidden[0]):04X}', "invisible characters")
    return text


def code_of(reply: Mapping[str, Any], name: str, least: int, most: int) -> str:
    """A program: a text of some length, taken out of the one code block that it may stand in."""
    text = text_of(reply, name, least, most)
    block = _BLOCK.fullmatch(text.strip())
    return (block[1] if block else text).rstrip() + "\n"


def line_of(reply: Mapping[str, Any], name: str, least: int = 3, most: int = 300) -> str:
    """A text of one line."""
    return " ".join(text_of(reply, name, least, most).split())


def lines_of(reply: Mapping[str, Any], name: str, least: int, most: int) -> tuple[str, ...]:
    """So many texts of one line each."""
    values = list_of(reply, name, least, most)
    return tuple(line_of({f"{name}[{place}]": value}, f"{name}[{place}]", 1) for place, value in enumerate(values))


def list_of(reply: Mapping[str, Any], name: str, least: int, most: int) -> list[Any]:
    """A list of some length."""
    if name not in reply:
        raise UnusableReply(f'the field "{name}" is missing', "missing field")
    value = reply[name]
    if not isinstance(value, list):
        raise UnusableReply(f'"{name}": expected a list, found {_kind(value)}', "wrong type")
    if not least <= len(value) <= most:
        raise UnusableReply(f'"{name}": expected {least} to {most} items, found {len(value)}', "number of items")
    return value


def calls_of(
    reply: Mapping[str, Any], name: str, stated: Stated, least: int = MIN_INPUTS, most: int = MAX_INPUTS
) -> Rows:
    """Argument tuples: each is a text, what stands between the brackets of a call, as Python literals.

    Equal ones count once.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for place, value in enumerate(list_of(reply, name, least, most)):
        args = _arguments(value, f'"{name}"[{place}]')
        if not stated.takes(len(args)):
            raise UnusableReply(
                f'"{name}"[{place}]: has {len(args)} arguments, but `{stated.name}` takes '
                f"({', '.join(stated.parameters)})",
                "inputs",
            )
        found.setdefault(dumps(args), args)
    if len(found) < least:
        raise UnusableReply(
            f'"{name}": only {len(found)} of them differ; give at least {least} different ones', "inputs"
        )
    return tuple(found.values())


def _arguments(value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, str):
        raise UnusableReply(f"{where}: expected a text like \"[1, 2], 'a'\", found {_kind(value)}", "inputs")
    if len(value) > MAX_ARGUMENTS:
        raise UnusableReply(f"{where}: longer than {MAX_ARGUMENTS} characters", "inputs")
    text = value.strip().rstrip(",")
    try:
        args = read_literal(f"[{text}]")
        dumps(args)
    except (NotLiteral, PlainError) as error:
        raise UnusableReply(f"{where}: no plain Python values ({str(error)[:80]})", "inputs") from error
    if not isinstance(args, list):
        raise UnusableReply(f"{where}: expected the arguments of one call", "inputs")
    return tuple(args)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")

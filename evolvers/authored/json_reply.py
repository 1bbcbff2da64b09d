"""The JSON object in a model's reply, whatever stands around it; what it says is data, and is never evaluated."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ...harness.endpoint.reasoning import split_reasoning
from .protocol import UnusableReply

MAX_CHARACTERS = 400_000
MAX_DEPTH = 40
MAX_DIGITS = 2_000
"""Of one whole number; more would cost quadratic time to read, and no task needs them."""
_FENCE = re.compile(
    r"^[ \t]{0,12}(?:`{3,}|~{3,})[ \t]*[A-Za-z0-9_+-]{0,20}[ \t]*\r?\n[ \t\r\n]{0,200}(?=\{)", re.MULTILINE
)
_BEGUN = re.compile(r'\{\s{0,200}"[^"\\]{0,200}"\s{0,200}:')
_OPENING = re.compile(r'\{(?=\s{0,200}["}])')
_MAX_FAILED = 100
"""Places where an object could begin, and did not; each takes time that grows with the reply."""


class _Refused(ValueError):
    """What JSON allows, or Python's reader lets pass, and a reply must not hold."""


def read_object(text: str) -> dict[str, Any]:
    """The one JSON object of a reply.

    It may stand alone, in a code block, or in prose; thinking is left out. Line ends inside of its texts, which JSON
    wants escaped, are read as they are meant.

    Raises:
        UnusableReply: there is none, or several that differ, or it has a key twice, a number that is none, half a
            character, too many levels or too many characters. Its message can be told to the model.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnusableReply(f"the reply is longer than {MAX_CHARACTERS} characters", "too long")
    answer = split_reasoning(text).answer.strip()
    if not answer:
        raise UnusableReply("the reply is empty; reply with one JSON object", "empty")
    try:
        found = _objects(answer)
    except _Refused as error:
        raise UnusableReply(f"the JSON object {error}") from error
    except RecursionError as error:
        raise UnusableReply(_TOO_DEEP) from error
    if any(each != found[0] for each in found[1:]):
        raise UnusableReply(f"the reply holds {len(found)} JSON objects; reply with exactly one", "several objects")
    _check(found[0])
    return found[0]


_TOO_DEEP = f"the JSON object has more than {MAX_DEPTH} levels"


def _objects(answer: str) -> list[dict[str, Any]]:
    """Those in code blocks where there are any, else all that stand at the outermost level of the text."""
    if answer.startswith("{"):
        try:
            value, end = _DECODER.raw_decode(answer)
            if not answer[end:].strip():
                return [value]
        except json.JSONDecodeError:
            pass
    for starts in (_in_blocks(answer), _braces(answer)):
        found = _decoded(answer, starts)
        if found:
            return found
    raise UnusableReply("the reply holds no JSON object; reply with one", "no object")


def _decoded(answer: str, starts: Iterable[int]) -> list[dict[str, Any]]:
    """The objects at these places that are not inside of each other; empty ones only where there are no others.

    Where an object begins like one (``{"key":``) and then is none, that is the fault to tell: what else can be read
    may be a part of it.
    """
    found: list[dict[str, Any]] = []
    failed = 0
    at = 0
    for start in starts:
        if start < at:
            continue
        try:
            value, at = _DECODER.raw_decode(answer, start)
            found.append(value)
        except json.JSONDecodeError as error:
            if _BEGUN.match(answer, start):
                raise UnusableReply(*_fault(answer, error)) from error
            failed += 1
            if failed == _MAX_FAILED:
                break
    return [each for each in found if each] or found[:1]


def _in_blocks(answer: str) -> Iterator[int]:
    return (match.end() for match in _FENCE.finditer(answer))


def _braces(answer: str) -> Iterator[int]:
    return (match.start() for match in _OPENING.finditer(answer))


def _fault(answer: str, fault: json.JSONDecodeError) -> tuple[str, str]:
    if not answer[fault.pos :].strip() or fault.msg.startswith("Unterminated string"):
        return "the reply ends before its JSON object does; reply with all of it, and be brief", "cut off"
    return f"the reply is no valid JSON: {fault.msg} at line {fault.lineno} column {fault.colno}", "malformed"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _Refused(f"has the key {max(counts, key=lambda name: counts[name])[:40]!r} twice")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused(f"holds a whole number of more than {MAX_DIGITS} digits")
    return int(text)


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused("holds a number that is too large")
    return value


def _constant(name: str) -> Any:
    raise _Refused(f"holds {name}, which is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_fraction, parse_constant=_constant, strict=False
)


def _check(value: Any) -> None:
    """Refuse what would break whoever works with it: too many levels, half characters."""
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        each, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise UnusableReply(_TOO_DEEP)
        if isinstance(each, str):
            _check_text(each)
        elif isinstance(each, dict):
            for name, item in each.items():
                _check_text(name)
                stack.append((item, depth + 1))
        elif isinstance(each, list):
            stack.extend((item, depth + 1) for item in each)


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise UnusableReply("the JSON object holds half a character (a lone surrogate)")

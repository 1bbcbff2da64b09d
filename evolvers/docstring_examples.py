"""Examples in a docstring: calls of the function with the value that they give, in the styles that people use.

Read: ``>>> f(x)`` with its output, and lines such as ``f(x) == y``, ``f(x) => y``, ``f(x) returns y``. What cannot be
read is still known to be an example, so that nobody takes it for prose.
"""

from __future__ import annotations

import ast
import functools
import re
import warnings
from dataclasses import dataclass
from typing import Any

from ..benchmarks.formats.source import literal_arguments
from ..benchmarks.parsing import parse_expression
from .docstrings import Docstring
from .scanning import BRACKETS, SEPARATOR, closing, line_end

_ATOM = re.compile(r"[^\s#(,;]+")
_HEAD = r"[ \t]*(?P<head>(?:>>>[ \t]?|[*+-][ \t]+|\d+[.)][ \t]+|assert[ \t]+|for[ \t]+)*)"
_PROMPT_LINE = re.compile(r"^[ \t]*>>>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """One example. start, end: its whole lines in the docstring's body. args: None when it cannot be read.

    head: what stands before the call (``>>> ``, ``* ``). between: what stands between call and value, a line break in a
    doctest. tail: what follows the value in its line (a full stop, a comment).
    """

    start: int
    end: int
    text: str
    head: str
    between: str = ""
    tail: str = ""
    args: tuple[Any, ...] | None = None
    value: Any = None


@functools.lru_cache(maxsize=2048)
def examples_in(docstring: Docstring, entry: str) -> tuple[Example, ...]:
    """Every example that begins a line, in the order of the text."""
    body = docstring.body
    call = re.compile(rf"^{_HEAD}{re.escape(entry)}\(", re.MULTILINE)
    starts = {match.start(): match for match in call.finditer(body)}
    others = {match.start(): match for match in _PROMPT_LINE.finditer(body) if match.start() not in starts}
    found: list[Example] = []
    for start in sorted({*starts, *others}):
        if found and start < found[-1].end:
            continue
        if start in starts:
            found.append(_read(docstring, starts[start]))
        else:
            end = _output_end(body, others[start].end())
            found.append(Example(start, end, body[start:end].strip(), ">>> "))
    return tuple(found)


def last_block(docstring: Docstring, examples: tuple[Example, ...]) -> tuple[Example, ...]:
    """The last run of examples with nothing but blank lines between them."""
    block: list[Example] = []
    for example in reversed(examples):
        if block and docstring.body[example.end : block[0].start].strip():
            break
        block.insert(0, example)
    return tuple(block)


def prose_of(docstring: Docstring, examples: tuple[Example, ...]) -> list[str]:
    """The words of the docstring without its examples."""
    parts, position = [], 0
    for example in examples:
        parts.append(docstring.body[position : example.start])
        position = example.end
    return " ".join([*parts, docstring.body[position:]]).split()


def _read(docstring: Docstring, match: re.Match[str]) -> Example:
    body, head = docstring.body, match.group("head")
    doctest = ">>>" in head
    start, opening = match.start(), match.end() - 1
    close = closing(body, opening)
    behind = line_end(body, opening if close is None else close)
    if close is None:
        return Example(start, behind, body[start:behind].strip(), head)
    rest = body[close + 1 : behind]
    if doctest and not rest.strip():
        end = _output_end(body, behind)
        value_text, between, tail = body[behind:end].strip() or "None", "\n", ""
    else:
        end = behind
        value_text, between, tail = _value_in(rest, doctest)
        after = body[end:].lstrip("\n").partition("\n")[0]
        if doctest and after.strip() == "True":
            end += len(body[end:]) - len(body[end:].lstrip("\n")) + len(after)
            between = between or " == "
    text = body[start:end].strip()
    args = _literal_args(docstring, body[opening + 1 : close])
    value = _literal(docstring, value_text)
    if args is None or value is None or not _plain_tail(tail):
        return Example(start, end, text, head)
    return Example(start, end, text, head, between, tail, args, value[0])


def _value_in(rest: str, doctest: bool) -> tuple[str, str, str]:
    """The text of the value, what stands before it, and what follows it, in the line after a call."""
    separator = SEPARATOR.match(rest)
    if separator is None and not (doctest and rest.strip()):
        return "", "", ""
    between = separator.group() if separator else rest[: len(rest) - len(rest.lstrip())]
    text = rest[len(between) :]
    if text[:1] in BRACKETS or text[:1] in ("'", '"'):
        end = closing(text, 0)
        value = text[: end + 1] if end is not None else text
    else:
        atom = _ATOM.match(text)
        value = atom.group().rstrip(".") if atom else ""
    return value, between, text[len(value) :].rstrip()


def _plain_tail(tail: str) -> bool:
    return tail.strip() in ("", ".", ";", ",") or tail.lstrip().startswith(("#", "("))


def _output_end(body: str, position: int) -> int:
    """The end of a doctest's output, which a blank line or the next ``>>>`` ends."""
    while position < len(body):
        end = line_end(body, position + 1)
        line = body[position:end].strip()
        if not line or line.startswith(">>>"):
            return position
        position = end
    return position


def _literal_args(docstring: Docstring, source: str) -> tuple[Any, ...] | None:
    """Arguments as the docstring means them, or else as they stand (HumanEval forgets to escape a line break)."""
    found = literal_arguments(docstring.read(source)) if source.strip() else ()
    return found if found is not None else literal_arguments(source)


def _literal(docstring: Docstring, source: str) -> tuple[Any] | None:
    if source in ("true", "false"):
        return (source == "true",)
    for text in dict.fromkeys((docstring.read(source), source)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return (ast.literal_eval(parse_expression(" ".join(text.split("\n")).lstrip(" \t"))),)
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            continue
    return None

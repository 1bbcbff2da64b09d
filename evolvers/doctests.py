"""Examples in prompts, read by machine: a call of the function and the value that it is said to give.

Styles that occur in published benchmarks:

* doctest: ``>>> f(1)`` and the value on the next lines; also ``>>> f(1) == 2`` with nothing below;
* arrows: ``f(1) -> 2``, ``=>``, ``➞``, ``→``, ``==>``; also on the next line;
* equations and words: ``f(1) == 2``, ``f(1) = 2``, ``f(1) returns 2``, ``f(1) should return 2``.

Reading is purely textual: nothing is evaluated, and a value counts only if it is a literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..benchmarks.parsing import parse_expression
from .scanning import BRACKETS, SEPARATOR, closing, line_end
from .syntax import parse

_PROMPT = re.compile(r"\s*(?:#\s*)?>>>\s?")
_MAX_LINES = 12


@dataclass(frozen=True, slots=True)
class Example:
    """One example.

    call: the source of the expression that is evaluated, usually a call of the entry point. expected: the source of the
    literal that it is said to give. start, end: its place in the text, from the call to the end of the value. doctest:
    whether it stands after ``>>>``. plain: whether ``call`` is one call of the entry point with positional literals.
    equation: whether a single ``=`` stands between the two, as in formulas, which may speak of something else than the
    function.
    """

    call: str
    expected: str
    start: int
    end: int
    doctest: bool
    plain: bool
    equation: bool = False

    @property
    def value(self) -> Any:
        """The expected value."""
        return ast.literal_eval(parse_expression(self.expected.lstrip(" \t")))

    def arguments(self) -> tuple[Any, ...]:
        """The call's arguments; ValueError unless the example is plain."""
        node = _expression(self.call)
        if not self.plain or not isinstance(node, ast.Call):
            raise ValueError("the example is no call with literals")
        return tuple(ast.literal_eval(arg) for arg in node.args)


@dataclass(frozen=True, slots=True)
class Read:
    """What a text holds: its examples in order, and the lines that look like one and cannot be read."""

    examples: tuple[Example, ...]
    unread: tuple[str, ...]


def read_examples(text: str, entry_point: str) -> Read:
    """All examples of a function in a text (a docstring or a whole prompt)."""
    found: list[Example] = []
    unread: list[str] = []
    position = 0
    for start, doctest in _starts(text, entry_point):
        if start < position:
            continue
        example = _doctest(text, start, entry_point) if doctest else _inline(text, start, entry_point)
        if example is not None:
            found.append(example)
            position = example.end
        elif doctest or _looks_like_one(text, start):
            unread.append(_line_at(text, start))
    return Read(tuple(found), tuple(unread))


def _starts(text: str, entry_point: str) -> Iterator[tuple[int, bool]]:
    """Where an example may begin: doctest lines that name the function, and calls of it elsewhere."""
    offset = 0
    name = re.compile(rf"(?<![\w.`]){re.escape(entry_point)}\(")
    for line in text.splitlines(keepends=True):
        prompt = _PROMPT.match(line)
        if prompt and name.search(line):
            yield offset + prompt.end(), True
        elif not line.lstrip().startswith(("def ", "async def ", "assert ")):
            for call in name.finditer(line):
                yield offset + call.start(), False
        offset += len(line)


def _doctest(text: str, start: int, entry_point: str) -> Example | None:
    end = line_end(text, start)
    source = text[start:end]
    # Continuation lines.
    place = end
    while (following := re.match(r"\n[ \t]*\.\.\.[ ]?(.*)", text[place:])) is not None:
        source += "\n" + following.group(1)
        place += following.end()
    source = source.strip()
    node = _expression(source)
    if node is None:
        return _inline(text, start, entry_point)
    value = _below(text, place)
    if value is not None:
        return Example(source, value[0], start, value[1], True, _plain(node, entry_point))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        left, right = ast.get_source_segment(source, node.left), ast.get_source_segment(source, node.comparators[0])
        if left and right and _is_literal(right):
            return Example(left, right, start, place, True, _plain(node.left, entry_point))
    # A call that returns None prints nothing.
    if _plain(node, entry_point) and _PROMPT.match(text, place + 1):
        return Example(source, "None", start, place, True, True)
    return None


def _below(text: str, place: int) -> tuple[str, int] | None:
    """The literal on the lines that follow, and where it ends."""
    lines, end = [], place
    for line in text[place:].split("\n")[1 : _MAX_LINES + 1]:
        if not line.strip(" \t#") or _PROMPT.match(line) or line.strip() in ('"""', "'''"):
            break
        end += 1 + len(line)
        lines.append(line.lstrip().removeprefix("#"))
        shown = " ".join(part.strip() for part in lines)
        arrow = re.match(r"(?:==>|=>|->|➞|→)\s*", shown)
        shown = shown[arrow.end() :] if arrow else shown
        shown = shown.removesuffix('"""').removesuffix("'''").rstrip() if not _is_literal(shown) else shown
        if _is_literal(shown):
            return shown, end
    return None


def _inline(text: str, start: int, entry_point: str) -> Example | None:
    end = _call_end(text, start)
    if end is None:
        return None
    call = " ".join(text[start:end].split("\n"))
    node = _expression(call)
    separator = SEPARATOR.match(text, end)
    if node is None or separator is None or not _unpadded(text[end : separator.end()]):
        return None
    value = _literal_at(text, separator.end())
    if value is None:
        return None
    equation = text[end : separator.end()].strip() == "="
    return Example(call, value[0], start, value[1], False, _plain(node, entry_point), equation)


def _unpadded(between: str) -> bool:
    """Whether at most one line break stands between call and value."""
    return between.count("\n") <= 1


def _literal_at(text: str, start: int) -> tuple[str, int] | None:
    """The longest literal that begins here: to the end of a line, or of a few lines inside brackets."""
    if start >= len(text):
        return None
    if text[start] in BRACKETS or text[start] in "'\"":
        end = _behind(text, start)
        if end is None or not _is_literal(text[start:end]) or re.match(r"[\w'\"(\[]", text[end : end + 1]):
            return None
        return " ".join(text[start:end].split("\n")) if "\n" in text[start:end] else text[start:end], end
    word = re.compile(r"[-+]?[\w.]+(?:[eE][-+]?\d+)?").match(text, start)
    if word is None:
        return None
    value = word.group().rstrip(".")
    rest = text[start + len(value) : line_end(text, start)]
    if not _is_literal(value) or re.match(r"\s*[-+*/%(\[]\s*\w", rest):
        return None
    return value, start + len(value)


def _call_end(text: str, start: int) -> int | None:
    return _behind(text, text.index("(", start))


def _behind(text: str, opening: int) -> int | None:
    """The place after a bracket or a quoted text."""
    end = closing(text, opening, _MAX_LINES)
    return None if end is None else end + 1


def _looks_like_one(text: str, start: int) -> bool:
    """Whether a call is followed by an arrow or an equation: prose seldom is."""
    end = _call_end(text, start)
    if end is None:
        return False
    return re.match(r"\s{0,3}(==>|=>|->|➞|→|==|=)", text[end : end + 8]) is not None


def _plain(node: ast.expr, entry_point: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == entry_point
        and not node.keywords
        and all(_is_literal_node(arg) for arg in node.args)
    )


def _expression(source: str) -> ast.expr | None:
    try:
        body = parse(source.strip()).body
    except SyntaxError:
        return None
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None


def _is_literal(source: str) -> bool:
    node = _expression(source)
    return node is not None and _is_literal_node(node)


def _is_literal_node(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _line_at(text: str, start: int) -> str:
    begin = text.rfind("\n", 0, start) + 1
    return text[begin : line_end(text, start)].strip()[:200]

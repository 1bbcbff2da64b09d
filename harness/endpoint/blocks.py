"""The code blocks of a reply in Markdown, as models write it: several, nested, unclosed, or fenced within a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

from .pysource import MAX_PARSED, Parser, lines_of

_PYTHON = ("python", "py", "pycon", "ipython", "sage")
_MARKDOWN = ("markdown", "md")
_FENCE = re.compile(r"([ \t]{0,12})(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_FENCE_IN_LINE = re.compile(r"([^`\n]*\S)[ \t]*(`{3,})[ \t]*((?:python|py)?[\d.]{0,5})[ \t]*$", re.IGNORECASE)
_INLINE = re.compile(r"(?:python|py)[\d.]{0,5}(?=\s)", re.IGNORECASE)
_QUOTED_FENCE = re.compile(r"^ {0,3}> ?[ \t]{0,12}(?:```|~~~)", re.MULTILINE)
_QUOTED = re.compile(r"^ {0,3}> ?", re.MULTILINE)
_TYPED = re.compile(r"[ \t]{0,12}(?:>>>|\.\.\.)(?: (.*))?$")
_MAX_BLOCKS = 1000  # no one reads a reply with more
_MAX_CLOSERS = 20
_MAX_LINES_AHEAD = 200_000  # that are read again for a better end of a block, in one reply


@dataclass(frozen=True, slots=True)
class Block:
    """One block. language: the first word behind the fence, without its version. closed: a fence ended it."""

    code: str
    language: str = ""
    closed: bool = True

    @property
    def is_python(self) -> bool:
        """Whether it is tagged as Python."""
        return self.language in _PYTHON


@dataclass(frozen=True, slots=True)
class _End:
    """Where a block ends. line: the first that is not its own. rest: what the last line holds before its fence."""

    line: int
    rest: str = ""
    closed: bool = True
    holds_others: bool = False


def fenced_blocks(text: str, parser: Parser) -> list[Block]:
    """The fenced blocks in order. A fence inside a docstring does not end its block; a last one may be unclosed."""
    return _Reader(lines_of(text), parser).read()


def inline_blocks(text: str) -> list[Block]:
    """What stands between three backticks within lines, for replies without any block."""
    pieces = text.split("```", 2 * _MAX_BLOCKS + 1)[1::2]
    return [Block(_INLINE.sub("", piece, count=1).lstrip(" ") if _INLINE.match(piece) else piece) for piece in pieces]


def unquoted(text: str) -> str | None:
    """The text without the ``>`` of block quotes; None where no fence is quoted."""
    return _QUOTED.sub("", text) if _QUOTED_FENCE.search(text) else None


def typed_in(text: str) -> str:
    """What was typed in a transcript of Python's prompt, without ``>>>``, ``...`` and what was answered."""
    found = (_TYPED.match(line.rstrip()) for line in lines_of(text))
    return "".join(f"{line[1] or ''}\n" for line in found if line)


def opens_a_block(line: str) -> bool:
    """Whether a fence stands at the beginning of the line."""
    return _FENCE.match(line.rstrip()) is not None


class _Reader:
    def __init__(self, lines: Sequence[str], parser: Parser) -> None:
        self._lines = lines
        self._parser = parser
        self._ahead = _MAX_LINES_AHEAD

    def read(self) -> list[Block]:
        blocks: list[Block] = []
        number = 0
        while number < len(self._lines) and len(blocks) < _MAX_BLOCKS:
            opening = _opening(self._lines[number])
            number += 1
            if opening is None:
                continue
            width, fence, language = opening
            end = self._end(number, fence)
            if end.holds_others and (language in _MARKDOWN or len(fence) > 3):
                continue  # a wrapper: the blocks in it are what counts
            code = "".join(_outdent(line, width) for line in self._lines[number : end.line]) + end.rest
            blocks.append(Block(code, language, end.closed))
            number = end.line + end.closed
        return blocks

    def _end(self, start: int, fence: str) -> _End:
        """The first closing fence that leaves valid Python; else the first of all, or the block that opens before."""
        fallback: _End | None = None
        closers = size = 0
        others = False
        number = start
        for number in range(start, len(self._lines)):
            line = self._lines[number]
            size += len(line)
            if fallback is not None and not self._may_look_on(size, closers):
                break
            if fence[0] * 3 not in line:
                continue
            rest = _before_closing(line, fence)
            if rest is None:
                if _names_a_language(line):
                    others = True
                    fallback = fallback or _End(number, closed=False)
                continue
            closers += 1
            if self._is_python(start, number, rest, size):
                return _End(number, rest, holds_others=others)
            if not rest:
                fallback = fallback or _End(number)
        found = fallback or _End(len(self._lines), closed=False)
        self._ahead -= number - found.line if fallback else 0
        return _End(found.line, closed=found.closed, holds_others=others)

    def _may_look_on(self, size: int, closers: int) -> bool:
        return size <= MAX_PARSED and closers < _MAX_CLOSERS and self._ahead > 0 and not self._parser.is_spent

    def _is_python(self, start: int, end: int, rest: str, size: int) -> bool:
        if size > MAX_PARSED or self._parser.is_spent:
            return False
        return self._parser.parse(dedent("".join(self._lines[start:end]) + rest)) is not None


def _opening(line: str) -> tuple[int, str, str] | None:
    """Indentation, fence and language of a line that opens a block."""
    if "```" not in line and "~~~" not in line:
        return None
    text = line.rstrip()
    found = _FENCE.match(text)
    if found is not None:
        return len(found[1]), found[2], _language(found[3])
    within = _FENCE_IN_LINE.match(text)
    if within is not None and (within[3] or within[1].endswith(":")):
        return 0, within[2], _language(within[3])
    return None


def _language(info: str) -> str:
    words = re.split(r"[\s:,{}]+", info.lower().strip("{}. \t"), maxsplit=1)
    return words[0].strip(".").rstrip("0123456789.")


def _names_a_language(line: str) -> bool:
    """Whether the line opens a block for certain: a bare fence could as well close one."""
    opening = _FENCE.match(line.rstrip())
    return opening is not None and bool(opening[3].strip())


def _before_closing(line: str, fence: str) -> str | None:
    """What stands before the closing fence in the line that it ends; None where it ends none."""
    text = line.rstrip()
    if not text.endswith(fence):
        return None
    rest = text.rstrip(fence[0])
    return rest if rest.strip() else ""


def _outdent(line: str, width: int) -> str:
    """The line of a block without the indentation of its opening fence (a block in a list item)."""
    return line[min(width, len(line) - len(line.lstrip(" \t"))) :]

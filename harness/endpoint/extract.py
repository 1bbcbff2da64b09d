"""The code in a model's reply.

The whole program is kept: nothing that the model wrote around the asked function is pruned, because helper functions,
imports and settings belong to the answer. What cannot be parsed is still returned, so that scoring says ``error`` and
not ``no_answer``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from ...benchmarks.task import Form
from . import pysource

_TAGS = r"think|thinking|thought|thoughts|reasoning"
_OPENING = re.compile(rf"^[ \t]*<({_TAGS})>", re.MULTILINE | re.IGNORECASE)
_ORPHAN_CLOSING = re.compile(rf"^.*?</(?:{_TAGS})>[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FENCE = re.compile(r"^([ \t]{0,12})(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_PYTHON = ("python", "py", "python3", "py3", "python2", "pycon")
_MAX_CLOSERS = 20


@dataclass(frozen=True, slots=True)
class Extracted:
    """The code found: ``append`` it to the prompt or let it stand ``alone``; "" with the reason where there is none."""

    code: str
    assembly: Literal["append", "alone"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    code: str
    language: str

    @property
    def is_python(self) -> bool:
        return self.language in _PYTHON


def extract(text: str, *, form: Form, entry_point: str | None) -> Extracted:
    """Find the code in a reply.

    form: the task's; only the answer to a ``completion`` task can be a body that continues its prompt.
    entry_point: the function that was asked for; None for a program that reads stdin, where any program will do.
    """
    answer = _without_reasoning(text)
    if answer is None:
        return Extracted("", "alone", "reasoning not closed")
    answer = answer.replace("\r\n", "\n")
    if not answer.strip():
        return Extracted("", "alone", "empty reply")
    blocks = _fenced_blocks(answer)
    continuation = _leading_body(answer, form, entry_point)
    if continuation is not None:
        return Extracted(continuation, "append")
    if any(block.code.strip() for block in blocks):
        return _from_blocks([block for block in blocks if block.code.strip()], form, entry_point)
    if blocks:
        return Extracted("", "alone", "empty code block")
    return _from_plain(answer, form, entry_point)


def _without_reasoning(text: str) -> str | None:
    """The reply without its reasoning; None where a reasoning block was opened and never closed."""
    while (opening := _OPENING.search(text)) is not None:
        closing = re.compile(rf"</{opening[1]}>", re.IGNORECASE).search(text, opening.end())
        if closing is None:
            return None
        text = text[: opening.start()] + text[closing.end() :].lstrip("\r\n")
    orphans = list(_ORPHAN_CLOSING.finditer(text))  # the chat template had opened it before the reply began
    return text[orphans[-1].end() :].lstrip("\r\n") if orphans else text


def _fenced_blocks(text: str) -> list[_Block]:
    """The fenced blocks in order. A last one may be unclosed; a fence inside a docstring does not end its block."""
    lines = text.splitlines(keepends=True)
    blocks: list[_Block] = []
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number].rstrip("\n"))
        number += 1
        if opening is None:
            continue
        end = _end_of_block(lines, number, opening[2])
        words = opening[3].strip().lower().strip("{}.").split()
        code = "".join(_outdent(line, len(opening[1])) for line in lines[number:end])
        blocks.append(_Block(code, words[0] if words else ""))
        number = end + 1
    return blocks


def _outdent(line: str, width: int) -> str:
    """The line of a block without the indentation of its opening fence (a block in a list item)."""
    return line[min(width, len(line) - len(line.lstrip(" \t"))) :]


def _end_of_block(lines: Sequence[str], start: int, fence: str) -> int:
    """The index of the closing line: the first that leaves valid Python, else the first of all, else the text's end."""
    closers = []
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if line and set(line) == {fence[0]} and len(line) >= len(fence):
            closers.append(number)
            if len(closers) == _MAX_CLOSERS:
                break
    for number in closers:
        if pysource.parse(dedent("".join(lines[start:number]))) is not None:
            return number
        if any(_names_a_language(line) for line in lines[start:number]):
            break  # another block was opened in between: this one was no Python
    return closers[0] if closers else len(lines)


def _names_a_language(line: str) -> bool:
    """Whether the line opens a block for certain: a bare fence could as well close one."""
    opening = _FENCE.match(line.rstrip("\n"))
    return opening is not None and bool(opening[3].strip())


def _leading_body(answer: str, form: Form, entry_point: str | None) -> str | None:
    """The body in a reply that begins by continuing the prompt, up to the first fence if a fence follows it."""
    if form != "completion" or entry_point is None or not answer.lstrip("\n").startswith((" ", "\t")):
        return None
    lines = answer.splitlines(keepends=True)
    fences = [number for number, line in enumerate(lines) if _FENCE.match(line.rstrip("\n"))]
    head = "".join(lines[: fences[0]]) if fences else answer
    return pysource.as_body(head)


def _from_blocks(blocks: list[_Block], form: Form, entry_point: str | None) -> Extracted:
    if entry_point is not None:
        named = [block for block in blocks if pysource.defines(block.code, entry_point)]
        if named:
            return Extracted(_best(named).code, "alone")
        bodies = [(block, pysource.as_body(block.code)) for block in blocks] if form == "completion" else []
        fitting = {block.code: body for block, body in bodies if body is not None}
        if fitting:
            chosen = _best([block for block, body in bodies if body is not None])
            return Extracted(fitting[chosen.code], "append")
    return Extracted(_best(blocks).code, "alone")


def _best(blocks: list[_Block]) -> _Block:
    """Valid Python first, then tagged as Python, then the longest; of equals the last, which corrects the others."""
    ranked = [
        (pysource.parse(block.code) is not None, block.is_python, len(block.code), n) for n, block in enumerate(blocks)
    ]
    return blocks[max(ranked)[-1]]


def _from_plain(answer: str, form: Form, entry_point: str | None) -> Extracted:
    if pysource.parse(answer) is not None and (entry_point is None or pysource.defines(answer, entry_point)):
        return Extracted(answer, "alone")
    if form == "completion" and entry_point is not None:
        body = pysource.as_body(answer)
        if body is not None:
            return Extracted(body, "append")
    program = pysource.longest_program(answer)
    if program is not None and (entry_point is None or pysource.defines(program, entry_point)):
        return Extracted(program, "alone")
    return Extracted(answer, "alone")

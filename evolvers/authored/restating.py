"""The same task in other words: its description is replaced, its examples, signature, program and tests stay.

A description is the prose before the first example; what follows (examples, and whatever stands among them) stays
verbatim in the prompt, to the last blank.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from ...benchmarks import CodeTask
from ..docstring_examples import examples_in
from ..docstrings import Docstring, docstring_of, with_body
from ..protocol import NotApplicable

MIN_WORDS = 3
WIDTH = 88
_HEADING = re.compile(
    r"[ \t]*(?:#+[ \t]*)?(?:for[ \t]+)?(?:(?:examples?|samples?|test cases?)\b(?![ \t]+(?:of|is|are|in)\b)|e\.g\.)",
    re.I,
)
_BARE_HEADING = re.compile(_HEADING.pattern + r"[ \t]*\d*[ \t]*:*[ \t]*\Z", re.I)
_DATA = re.compile(r"[ \t]*(?:>>>|assert\b|```|(?:sample[ \t]+)?(?:input|output)s?[ \t]*:)", re.I)
_SHOWS = re.compile(
    r"==>|=>|->|➞|→|⟶|\s==\s|\bshould return\b|\bshould be\b|^\s*(?:explanation\b|for \w+ = |\w+ = [\[({\"'])", re.I
)
_ENDS = re.compile(r"[.:!?)\"'`]\s*\Z|\A\s*\Z")


@dataclass(frozen=True, slots=True)
class Described:
    """A task's description. text: as people read it, without indentation. rest: what stays behind it, likewise.
    cut: where the rest begins in the docstring's body."""

    docstring: Docstring
    cut: int
    text: str
    rest: str


def described(task: CodeTask) -> Described:
    """The parts of a prompt's text; NotApplicable where it has no description of some words before its examples."""
    docstring = docstring_of(task)
    body = docstring.body
    cut = _first_example(docstring, str(task.entry_point))
    text = _dedented(docstring.read(body[:cut]))
    if len(text.split()) < MIN_WORDS:
        raise NotApplicable("no description of some words before the examples")
    return Described(docstring, cut, text, _dedented(docstring.read(body[cut:])))


def restated(parent: CodeTask, text: str) -> CodeTask:
    """The parent with another description; its id and lineage are the parent's still. NotApplicable as above."""
    parts = described(parent)
    docstring, body = parts.docstring, parts.docstring.body
    opening = re.match(r"\s*", body[: parts.cut])
    before = opening[0] if opening else ""
    after = body[len(body[: parts.cut].rstrip()) : parts.cut]
    written = docstring.write(textwrap.indent(filled(text), docstring.indent).strip())
    # A docstring of one line becomes one of several, whose quotes stand in a line of their own.
    if docstring.quote and "\n" in written and parts.cut == len(body) and "\n" not in after:
        after = f"\n{docstring.indent}"
    if not docstring.raw and docstring.quote and written.endswith(docstring.quote[0]) and not after:
        after = " "
    return with_body(parent, docstring, before + written + after + body[parts.cut :])


def filled(text: str) -> str:
    """A text in lines of some width; lists, indented lines and blank lines stay as they are."""
    lines: list[str] = []
    for line in textwrap.dedent(text).strip("\n").split("\n"):
        if len(line) <= WIDTH:
            lines.append(line.rstrip())
            continue
        indent = line[: len(line) - len(line.lstrip())]
        bullet = re.match(r"(?:[-*+]|\d+[.)])[ \t]+", line.lstrip())
        lines += textwrap.wrap(
            line,
            WIDTH,
            subsequent_indent=indent + " " * (len(bullet[0]) if bullet else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def bare(task: CodeTask) -> str:
    """What a prompt says in prose, examples left out wherever they stand. NotApplicable as in ``described``."""
    parts = described(task)
    lines = [line for line in parts.rest.split("\n") if line.strip() and not _of_example(line, str(task.entry_point))]
    return "\n".join([parts.text, *lines]) if _is_prose(lines) else parts.text


def _is_prose(lines: list[str]) -> bool:
    """Whether what stands among the examples says anything: a list of conditions does, numbers do not."""
    return sum(len(re.findall(r"[a-z]{3,}", line)) for line in lines) >= 5


def _of_example(line: str, entry: str) -> bool:
    shows = _DATA.match(line) or _HEADING.match(line) or _SHOWS.search(line)
    # What is left of an example (its value, the rows of its input) has more signs than words.
    words = [word for word in re.findall(r"[A-Za-z]{3,}", line) if word not in ("True", "False", "None")]
    values = len(words) * 4 < len(line.split()) or re.match(r"\s*[\[({\"'\d>-]", line)
    return bool(shows or values or re.search(rf"\b{re.escape(entry)}\(", line))


def _first_example(docstring: Docstring, entry: str) -> int:
    """Where the first line of an example, or of a heading above examples, begins; the body's end where there is
    none."""
    body = docstring.body
    starts = [each.start for each in examples_in(docstring, entry)]
    position, before = 0, ""
    for line in body.split("\n"):
        heading = _BARE_HEADING.match(line) or (_HEADING.match(line) and _ENDS.search(before))
        if heading or _DATA.match(line):
            starts.append(position)
            break
        position += len(line) + 1
        before = line
    return min(starts, default=len(body))


def _dedented(text: str) -> str:
    first, _, rest = text.partition("\n")
    return "\n".join([first.strip(), *(line.rstrip() for line in textwrap.dedent(rest).split("\n"))]).strip("\n ")

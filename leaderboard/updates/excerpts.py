"""Answers cut to what a reader can take in, and made harmless where they are printed: no line of them is a command.

A log of CI is read by a machine too: GitHub's runner obeys lines that begin with `::` and, like Azure's and TeamCity's,
whatever follows `##[` (`##vso[`, `##teamcity[`) anywhere in a line. None of it survives here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...benchmarks.visible import MAX_CHARACTERS, visible
from ..records.table import Answer

_COMMAND = re.compile(r"##(?=\w*\[)")


def printed(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``visible`` text for a terminal or a log of CI."""
    shown = _COMMAND.sub(r"#\\x23", visible(text, limit))
    return shown if not shown.lstrip().startswith("::") else shown.replace("::", r":\x3a", 1)


def printed_name(name: str, limit: int) -> str:
    """``printed`` name of a task. A long one is cut in its middle: those of one suite begin alike and differ at the
    end.
    """
    if len(name) <= limit:
        return printed(name, limit)
    head = limit // 3
    return f"{printed(name[:head], limit)}…{printed(name[len(name) - (limit - head - 1) :], limit)}"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The first lines of a text, each visible, without line ends. cut: what was left out, in words; empty if nothing
    was.
    """

    lines: tuple[str, ...]
    cut: str

    @property
    def text(self) -> str:
        """The lines as one text, with what was left out on the last."""
        return "\n".join([*self.lines, *([self.cut] if self.cut else [])])


def excerpt(text: str, *, lines: int, characters: int, width: int = 1000, more: int = 0) -> Excerpt:
    """The first ``lines`` lines and ``characters`` characters of a text, lines cut at ``width``; tabs become blanks.

    more: how many characters the text lacks already at its end.
    """
    whole = text.replace("\r\n", "\n").strip("\n")
    listed = whole[:characters].split("\n")[:lines]
    left = len(whole) - len("\n".join(listed)) + more
    shown = tuple(printed(line.expandtabs(4), width) for line in listed)
    return Excerpt(shown, f"… ({left:,} more characters)" if left else "")


def answer_excerpt(answer: Answer, *, lines: int, characters: int, width: int = 1000) -> Excerpt:
    """The beginning of what was scored of an answer."""
    text, more = program(answer)
    return excerpt(text, lines=lines, characters=characters, width=width, more=more)


def program(answer: Answer) -> tuple[str, int]:
    """What was scored of an answer, and how many characters it lacks at its end: its code, or the text where no code
    was found in it.
    """
    return (answer.code, answer.code_cut) if answer.code else (answer.text, answer.text_cut)

"""Where things end in a text that shows code: brackets, quoted texts, lines. Nothing is evaluated.

What the two readers of examples stand on: ``doctests`` finds true or false statements anywhere in a prompt,
``docstring_examples`` the whole lines of a docstring that can be put in other places.
"""

from __future__ import annotations

import re

BRACKETS = {"(": ")", "[": "]", "{": "}"}
# What people write between a call and its value.
_SIGNS = r"={1,3}>|-+>|[➞→⇒➔⟶]|={1,2}"
_WORDS = r"(?:should|must|will)[ ](?:return|be)|returns?|gives|outputs?|is[ ]equal[ ]to|is"
SEPARATOR = re.compile(rf"\s*(?:#\s*)?(?:{_SIGNS}|:|,?\s*(?:{_WORDS})\b\s*:?)\s*", re.I)


def closing(text: str, opening: int, most_lines: int | None = None) -> int | None:
    """Where the bracket or quote at ``opening`` is closed; None when it is not, or not within so many lines.

    Brackets inside quoted texts do not count.
    """
    waiting: list[str] = []
    position, breaks = opening, 0
    while position < len(text):
        letter = text[position]
        if letter in "'\"":
            end = _quoted(text, position)
            if end is None:
                return None
            position = end
        elif letter in BRACKETS:
            waiting.append(BRACKETS[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
        elif letter in ")]}":
            return None
        if not waiting:
            return position
        breaks += letter == "\n"
        if most_lines is not None and breaks > most_lines:
            return None
        position += 1
    return None


def line_end(text: str, position: int) -> int:
    """Where the line of a position ends, before its line break."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _quoted(text: str, start: int) -> int | None:
    """Where the quote at ``start`` is closed; None when it is not in its line."""
    position = start + 1
    while position < len(text) and text[position] != "\n":
        if text[position] == "\\":
            position += 1
        elif text[position] == text[start]:
            return position
        position += 1
    return None

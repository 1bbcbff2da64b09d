"""Untrusted text made harmless to look at: nothing in it can move a cursor, turn text round, or hide."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 200
_HARMLESS = re.compile(r"[ -~]*")
_HARMLESS_BLOCK = re.compile(r"[ -~\n]*")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Controls, formats (bidirectional, zero-width), surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: object, limit: int = MAX_CHARACTERS) -> str:
    """The text with every invisible or control character shown as an escape, and cut after ``limit`` characters.

    The result is printable, encodes to UTF-8, and is safe for a terminal and for XML; it is *not* escaped for HTML or
    Markdown. A run of combining marks is cut to two, so that no label grows over its neighbours.
    """
    whole = str(text)
    if len(whole) <= limit and _HARMLESS.fullmatch(whole):  # nearly all texts are: pages hold many thousands
        return whole
    shown: list[str] = []
    marks = 0
    for character in whole[:limit]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _HIDDEN:
            shown.append(_escape(character))
        elif category == "Zs":
            shown.append(" ")
        elif marks <= 2:
            shown.append(character)
    if len(whole) > limit:
        shown.append(f"… ({len(whole) - limit} more characters)")
    return "".join(shown)


def visible_block(text: object, limit: int) -> str:
    """``visible`` for a text of several lines: line ends stay, tabs become spaces, all other invisibles are escaped."""
    whole = str(text)
    if len(whole) <= limit and _HARMLESS_BLOCK.fullmatch(whole):
        return whole
    lines = whole[:limit].replace("\r\n", "\n").split("\n")
    shown = "\n".join(visible(line.expandtabs(4), limit * 4 + 16) for line in lines)
    return shown + (f"\n… ({len(whole) - limit:,} more characters)" if len(whole) > limit else "")


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def markdown(text: object, limit: int = MAX_CHARACTERS) -> str:
    """``visible`` text for a Markdown table cell: what means something in Markdown or HTML becomes an entity."""
    return "".join(
        character if character.isalnum() or character in " -/,=()" or ord(character) > 127 else f"&#{ord(character)};"
        for character in visible(text, limit)
    )

"""Untrusted text on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text without control characters: a task's text must not steer the terminal that shows it."""
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)

"""Kinds of task of which there are too many, in words that an author understands."""

from __future__ import annotations

from ..describing import LENGTHS


def in_words(value: str) -> str:
    """A value of a watched feature (``drift``): of types, topics or lengths."""
    if " -> " in value:
        arguments, _, result = value.partition(" -> ")
        return f"functions of {arguments.replace(',', ', ')} that return {result}"
    if value.startswith("length "):
        return _length(int(value.removeprefix("length ")))
    return "tasks about nothing in particular" if value in ("general", "other") else f"tasks about {value}"


def _length(place: int) -> str:
    if place == 0:
        return f"descriptions of up to {LENGTHS[0]} characters"
    if place >= len(LENGTHS):
        return f"descriptions of more than {LENGTHS[-1]} characters"
    return f"descriptions of {LENGTHS[place - 1] + 1} to {LENGTHS[place]} characters"

"""Slips of the pen within a word: a neighbouring key, two letters swapped, one left out or doubled, an odd capital."""

from __future__ import annotations

import random

KINDS = ("key", "swap", "drop", "double", "case")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def slip(word: str, kind: str, rng: random.Random) -> str:
    """A word of three letters or more after one slip of a kind; its first letter stays. The word itself where no slip
    of the kind is possible.
    """
    place = rng.randrange(1, len(word))
    letter = word[place]
    if kind == "key":
        near = _neighbours(letter)
        return word[:place] + rng.choice(near) + word[place + 1 :] if near else word
    if kind == "swap":
        place = rng.randrange(1, len(word) - 1)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == "drop":
        return word[:place] + word[place + 1 :]
    if kind == "double":
        return word[:place] + letter + word[place:]
    return word[:place] + letter.swapcase() + word[place + 1 :]


def _neighbours(letter: str) -> str:
    row = next((row for row in _ROWS if letter in row), "")
    place = row.find(letter)
    return row[max(0, place - 1) : place] + row[place + 1 : place + 2] if row else ""

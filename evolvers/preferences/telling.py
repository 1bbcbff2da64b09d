"""Checkable instructions that tell two texts apart: one follows them, the other does not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.preference.constraints import Constraint, lines_of, paragraphs, sentences, words

_MARKS = (",", "!", "?", ";")
_SHORT, _LONG = 4, 12
_WORDS = 6


def telling(follows: str, fails: str, rng: random.Random, *, prose: bool) -> list[Constraint]:
    """Instructions that the first text follows and the second does not, in drawn order, different kinds first.

    prose: whether they may be about words and sentences, which say little of programs.
    """
    groups: dict[str, list[Constraint]] = {}
    for kind, parameters in _proposed(follows, fails, prose=prose):
        try:
            found = Constraint(kind, parameters)
        except BadInput:
            continue
        if found.holds(follows) and not found.holds(fails):
            groups.setdefault(kind, []).append(found)
    kinds = sorted(groups)
    rng.shuffle(kinds)
    for kind in kinds:
        rng.shuffle(groups[kind])
    longest = max(map(len, groups.values()), default=0)
    return [groups[kind][place] for place in range(longest) for kind in kinds if place < len(groups[kind])]


def _proposed(follows: str, fails: str, *, prose: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    if prose:
        yield from _about_words(follows, fails)
        yield "sentences", {"number": sentences(follows)}
        yield "paragraphs", {"number": paragraphs(follows)}
        yield "no_digits", {}
        yield "lower_case", {}
    yield "lines", {"number": len(lines_of(follows))}
    longest = max((len(line) for line in follows.splitlines()), default=0)
    yield "max_line_length", {"number": -(-longest // 10) * 10}
    for mark in _MARKS:
        yield "excludes_character", {"character": mark}
    mine, others = _content(follows), _content(fails)
    for word in sorted(mine - others)[:_WORDS]:
        yield "includes_word", {"word": word}
    for word in sorted(others - mine)[:_WORDS]:
        yield "excludes_word", {"word": word}


def _about_words(follows: str, fails: str) -> Iterator[tuple[str, dict[str, Any]]]:
    one, other = len(words(follows)), len(words(fails))
    middle = (one + other) // 2
    bound = next((number for number in _round(min(one, other), max(one, other))), middle)
    if one < other:
        yield "max_words", {"number": bound}
    elif other < one:
        yield "min_words", {"number": bound + (bound <= other)}


def _round(low: int, high: int) -> Sequence[int]:
    """The round numbers from ``low`` to just below ``high``, those of tens first."""
    return [number for step in (10, 5) for number in range(low, high) if number % step == 0]


def _content(text: str) -> set[str]:
    """The longer words of a text, in lower case; not those of comments in a program."""
    text = "\n".join(line for line in text.split("\n") if not line.startswith("# "))
    bare = (word.strip(".,;:!?\"'()[]{}*_`").lower() for word in text.split())
    return {word for word in bare if _SHORT <= len(word) <= _LONG and word.isalpha()}

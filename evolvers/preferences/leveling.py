"""Programs of the same length: each ends in a comment that says nothing about it, as long as it takes.

Otherwise an edit that makes programs worse would make them longer, or shorter, again and again, and a model that looks
at lengths would seem to see what is wrong. Every program gets a comment, so its presence says nothing either.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from ..protocol import NotApplicable

_PHRASES = (
    "Written for Python 3",
    "Needs the standard library only",
    "No other packages needed",
    "Tested by hand on a few inputs",
    "See the description above",
    "Ready to be imported",
    "Formatted in the usual way",
    "Names follow PEP 8",
    "Can be pasted as it is",
    "Feel free to rename things",
    "Let me know of any questions",
    "Comments were left out",
)
MOST_PHRASES = 4


def uncommented(program: str) -> str:
    """A program without the comment that ``level`` put at its end."""
    before, _, last = program.strip("\n").rpartition("\n")
    return before if last.startswith("# ") and set(last[2:].rstrip(".").split(". ")) <= set(_PHRASES) else program


def level(programs: Sequence[str], rng: random.Random) -> list[str]:
    """The programs with as many characters each, without comments where they have; older comments go.

    NotApplicable when they differ by more than comments can make up for.
    """
    programs = [uncommented(program).strip("\n") for program in programs]
    lengths = [len(program) for program in programs]
    if len(set(lengths)) == 1:
        return list(programs)
    comments = _comments()
    goals = [goal for goal in range(max(lengths) + 1, max(lengths) + max(comments) + 1) if _reached(goal, lengths)]
    if not goals:
        raise NotApplicable("the programs differ too much in length")
    goal = rng.choice(goals)
    return [
        f"{program}\n{rng.choice(comments[goal - length])}" for program, length in zip(programs, lengths, strict=True)
    ]


def _reached(goal: int, lengths: Sequence[int]) -> bool:
    return all(goal - length in _comments() for length in lengths)


@lru_cache(maxsize=1)
def _comments() -> dict[int, tuple[str, ...]]:
    """Comments by the number of characters that they add, with the line's end before them."""
    found: dict[int, list[str]] = {}
    for number in range(1, MOST_PHRASES + 1):
        for chosen in combinations(_PHRASES, number):
            text = f"# {'. '.join(chosen)}."
            found.setdefault(len(text) + 1, []).append(text)
    return {length: tuple(texts[:40]) for length, texts in sorted(found.items())}

"""What witnesses say: their values for each input, beside the reference's, and where they agree against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..protocol import Executed
from ..truth import agreement
from .shown import written

LEAST = 2
"""Witnesses that must agree with each other."""
LEAST_AGAINST_EXAMPLES = 0.5
"""On which share of the inputs witnesses must agree against the reference, where they contradict the examples, too."""


@dataclass(frozen=True, slots=True)
class Said:
    """One value, or the name of the exception that ended the call; ``silent`` where there is neither (a time-out)."""

    value: Any = None
    raised: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """One witness of one task: what it said for each input, and whether it keeps the prompt's true examples (None:
    there are none)."""

    name: str
    family: str
    said: tuple[Said, ...]
    keeps_examples: bool | None

    @property
    def speaks(self) -> bool:
        """Whether it gives different values; a program that gives one for all inputs says nothing."""
        values = [each for each in self.said if each.raised is None and not each.silent]
        return any(not same(each.value, values[0].value) for each in values[1:])


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An input for which witnesses agree with each other and not with the reference."""

    row: Executed
    value: Any
    names: tuple[str, ...]
    families: tuple[str, ...]
    voices: int


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same as far as a reader of the text could know: types of sequences, numbers' types
    and rounding do not count."""
    try:
        return agreement(one, other) != "different"
    except Exception:  # an answer chooses what it returns, and some values cannot be compared with others
        return False


def contradictions(rows: Sequence[Executed], voices: Sequence[Voice]) -> list[Contradiction]:
    """Where more than half of the voices, and two at least, give one value that is not the reference's."""
    found = []
    for place, row in enumerate(rows):
        if row.raised is not None:
            continue
        clusters: list[list[Voice]] = []
        for voice in voices:
            mine = voice.said[place]
            if mine.silent or mine.raised is not None or same(mine.value, row.returns):
                continue
            home = next((c for c in clusters if same(c[0].said[place].value, mine.value)), None)
            if home is None:
                clusters.append([voice])
            else:
                home.append(voice)
        largest = max(clusters, key=len, default=[])
        if len(largest) >= LEAST and 2 * len(largest) > len(voices):
            names = tuple(sorted(voice.name for voice in largest))
            families = tuple(sorted({voice.family for voice in largest}))
            found.append(Contradiction(row, largest[0].said[place].value, names, families, len(voices)))
    return found


def shortest(found: Sequence[Contradiction]) -> Contradiction:
    """The one that is read fastest: the separating input to show."""
    return min(
        found, key=lambda each: len(written(each.row.args)) + len(written(each.row.returns)) + len(written(each.value))
    )

"""What stands beside the scores of a board: each model's evolved score, what its update broke, and its preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..boards.board import Board
from ..boards.evolved import Drop
from ..preferences.summary import PreferenceSummary
from ..updates.comparison import Comparison
from .content import Content

MOST_SUITES = 2


@dataclass(frozen=True, slots=True)
class Evolved:
    """The models of a board on the tasks evolved from its own, by label."""

    suite: str
    drops: Mapping[str, Drop]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands in the columns beside the scores.

    evolved: at most MOST_SUITES evolved sets of tasks that ranked models ran; ``more_evolved`` are left out. updates:
    by the new label. preferences: by label; empty where the files were measured in different ways, whose figures cannot
    stand in one column. measure: how they were.
    """

    evolved: tuple[Evolved, ...]
    more_evolved: int
    updates: Mapping[str, Comparison]
    preferences: Mapping[str, PreferenceSummary]
    measure: str


def beside(board: Board, content: Content) -> Beside:
    """What the content knows of the models of one board."""
    ranked = {row.run.label for row in board.ranked}
    found = [
        (len(ranked & {drop.label for drop in one.overall}), one)
        for one in content.evolutions
        if one.original_key == board.key
    ]
    # Most models first; of equal ones, in the order of the evolutions, because sorting is stable.
    evolutions = [one for count, one in sorted(found, key=lambda pair: -pair[0]) if count]
    measures = {(one.suite, one.measure) for one in content.preferences}
    alike = len(measures) == 1
    return Beside(
        evolved=tuple(
            Evolved(one.evolved_suite, {drop.label: drop for drop in one.overall}) for one in evolutions[:MOST_SUITES]
        ),
        more_evolved=max(0, len(evolutions) - MOST_SUITES),
        updates={one.new: one for one in content.updates if one.suite == board.suite},
        preferences={one.label: one for one in content.preferences} if alike else {},
        measure=next(iter(measures))[1] if alike else "",
    )

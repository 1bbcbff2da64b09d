"""What stands beside the scores of a board: each model's evolved score, what its update broke, and its preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..board import Board
from ..comparison import Comparison
from ..evolved import Drop
from ..preference_summary import PreferenceSummary
from .content import Content

MOST_SUITES = 2


@dataclass(frozen=True, slots=True)
class Evolved:
    """The models of a board on the tasks evolved from its own, by label."""

    suite: str
    drops: Mapping[str, Drop]


@dataclass(frozen=True, slots=True)
class Beside:
    """evolved: at most MOST_SUITES sets of tasks, evolved from the board's, that a ranked model has a run on;
    ``more_evolved`` are left out. updates: by the new label.

    preferences: by label; empty where the files were measured in different ways, whose figures cannot stand in one
    column. measure: how they were.
    """

    evolved: tuple[Evolved, ...]
    more_evolved: int
    updates: Mapping[str, Comparison]
    preferences: Mapping[str, PreferenceSummary]
    measure: str


def beside(board: Board, content: Content) -> Beside:
    """What the content knows of the models of one board."""
    ranked = {row.run.label for row in board.ranked}
    evolutions = [
        one
        for one in content.evolutions
        if one.original_key == board.key and any(drop.label in ranked for drop in one.overall)
    ]
    evolutions.sort(key=lambda one: -len(one.overall))  # stable: of equal ones, in the order of the evolutions
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

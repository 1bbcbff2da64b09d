"""What stands beside the scores of a board: each model's evolved score and rank, and what its update broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..board import Board
from ..comparison import Comparison
from ..evolved import Drop, Evolution
from .content import Content

MOST_MOVES = 3


@dataclass(frozen=True, slots=True)
class Move:
    """A model's place among the models that ran both sets of tasks: before and after evolving; 1 is the best."""

    drop: Drop
    before: int
    after: int

    @property
    def places(self) -> int:
        """Places gained; negative where the model falls."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves of all models, by label, from one board to the tasks evolved from its own."""

    suite: str
    by_label: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Beside:
    """moves: to at most MOST_MOVES evolved sets of tasks, ``more_moves`` are left out. updates: by the new label."""

    moves: tuple[Moves, ...]
    more_moves: int
    updates: Mapping[str, Comparison]


def beside(board: Board, content: Content) -> Beside:
    """What the content knows of the models of one board."""
    evolutions = [one for one in content.evolutions if one.original_key == board.key]
    updates = {one.new: one for one in content.updates if one.suite == board.suite}
    return Beside(
        moves=tuple(_moves(one) for one in evolutions[:MOST_MOVES]),
        more_moves=max(0, len(evolutions) - MOST_MOVES),
        updates=updates,
    )


def _moves(evolution: Evolution) -> Moves:
    drops = evolution.overall
    return Moves(
        suite=evolution.evolved_suite,
        by_label={
            drop.label: Move(
                drop=drop,
                before=1 + sum(other.original > drop.original + 1e-12 for other in drops),
                after=1 + sum(other.evolved > drop.evolved + 1e-12 for other in drops),
            )
            for drop in drops
        },
    )

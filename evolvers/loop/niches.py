"""The archive: MAP-Elites (Mouret and Clune 2015) over difficulty, domain and operator family; and whom it breeds from.

Each cell keeps its best tasks. A parent is drawn uniformly over the cells and by a softmax of fitness inside one, so
that rare kinds of task are bred from as often as common ones; a set share of parents is always a human-made seed.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ...benchmarks import CodeTask
from .describing import Features, Niche

ROOM = 8
SEED_SHARE = 0.1
TEMPERATURE = 0.2


@dataclass(frozen=True, slots=True)
class Member:
    """A task of the archive. operator: that made it, "" for a seed. depth: how many altering operators lie between it
    and its root."""

    task: CodeTask
    niche: Niche
    features: Features
    fitness: float
    operator: str = ""
    generation: int = 0
    depth: int = 0


@dataclass
class Archive:
    """Seeds, and cells of evolved tasks, the best first; ties go to the earlier one. That no two of them do the same
    is seen to by whoever makes them."""

    seeds: Sequence[Member]
    room: int = ROOM
    cells: dict[Niche, list[Member]] = field(default_factory=dict)

    def add(self, member: Member) -> bool:
        """Take a task in; whether it opened a cell. A full cell keeps its best."""
        opened = member.niche not in self.cells
        cell = self.cells.setdefault(member.niche, [])
        cell.append(member)
        cell.sort(key=lambda each: -each.fitness)  # stable: the earlier of equals stays in front
        del cell[self.room :]
        return opened

    def members(self) -> list[Member]:
        """All evolved tasks that are kept, by generation and id."""
        kept = [member for cell in self.cells.values() for member in cell]
        return sorted(kept, key=lambda member: (member.generation, member.task.id))

    def choose(
        self, rng: random.Random, seed_share: float = SEED_SHARE, barred: Collection[str] = (), depth: int | None = None
    ) -> Member:
        """A parent. barred: features (types, topics, lengths) of which there are too many already.

        depth: tasks with so many altering operators above them are not bred from.
        """
        cells = [self._fertile(cell, barred, depth) for cell in self.cells.values()]
        cells = [cell for cell in cells if cell]
        if not cells or rng.random() < seed_share:
            allowed = [seed for seed in self.seeds if not _barred(seed, barred)] or list(self.seeds)
            return allowed[rng.randrange(len(allowed))]
        return _softmax(cells[rng.randrange(len(cells))], rng)

    def _fertile(self, cell: Sequence[Member], barred: Collection[str], depth: int | None) -> list[Member]:
        return [member for member in cell if not _barred(member, barred) and (depth is None or member.depth < depth)]

    def best(self, count: int) -> list[Member]:
        """The fittest tasks of different cells, the best first."""
        first = [cell[0] for cell in self.cells.values() if cell]
        return sorted(first, key=lambda member: (-member.fitness, member.task.id))[:count]

    def spread(self) -> Counter[str]:
        """Evolved tasks in each domain."""
        return Counter(member.niche.domain for member in self.members())


def _barred(member: Member, barred: Collection[str]) -> bool:
    return bool({member.features.types, member.features.topic, member.features.length} & set(barred))


def _softmax(cell: Sequence[Member], rng: random.Random) -> Member:
    best = max(member.fitness for member in cell)
    weights = [math.exp((member.fitness - best) / TEMPERATURE) for member in cell]
    return rng.choices(list(cell), weights)[0]

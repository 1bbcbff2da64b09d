"""The loop: generations of proposals, drawn from the archive and the bandit, made by a maker, and learnt from.

All that a generation does follows from the seed and from what the makers gave before, in the order of its proposals. So
there is no state file: a killed evolution begins anew, its makers answer from the reply store and the journal, and it
comes to the same point without paying for a reply twice.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..authored.calls import OutOfBudget
from ..authored.protocol import PLAIN, Hints
from ..protocol import Kind
from .bandit import DISCOUNT, Bandit, Pull, published_priors
from .describing import SEED, Features, family_named, features_of, niche_of
from .drift import Watched, alarms, watch
from .fitness import Fitness
from .lessons import Lessons
from .niches import ROOM, SEED_SHARE, Archive, Member
from .protocol import STRATEGIES, Made, Maker, Proposal
from .strategies import hints_for, ready

MEND_SEED_SHARE = 0.5
"""Share of human seeds among the parents while a drift alarm stands."""
_KEEP_LESSONS = 0.8
_NO_LESSON = (None, "not_applicable", "request_refused")
"""Ends of a proposal that are no fault of what its author wrote."""
SHOWN_FROM = 8
"""Cells whose best tasks strategies choose from."""


class Chooser(Protocol):
    """Chooses operators and learns from what became of them (``Bandit``, or a policy to compare it with)."""

    def choose(self, context: str, among: Sequence[str], rng: random.Random) -> str:
        """One of ``among``."""

    def update(self, pulls: Sequence[Pull]) -> None:
        """Count a batch."""

    def table(self) -> list[dict[str, Any]]:
        """What was learnt, as plain JSON."""


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """batch: proposals of one generation. room: tasks that a cell keeps. seed_share: of parents that are human-made.
    depth: altering operators above a task at which it is no longer bred from. patience: generations without a new cell
    and with less than ``least_gain`` more fitness (the sum of the best of each cell) after which it ends. enough: tasks
    with which it ends.
    """

    generations: int = 10
    batch: int = 32
    room: int = ROOM
    seed_share: float = SEED_SHARE
    depth: int = 2
    discount: float = DISCOUNT
    patience: int = 3
    least_gain: float = 0.01
    enough: int | None = None
    strategies: tuple[str, ...] = STRATEGIES

    def to_json(self) -> dict[str, Any]:
        """As a manifest holds it."""
        return {name: list(value) if isinstance(value := getattr(self, name), tuple) else value
                for name in self.__slots__}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arm:
    """An operator of the loop. through_model: lessons mean something to it, and strategies where it alters."""

    name: str
    through_model: bool
    kind: Kind = "altering"


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation came to."""

    number: int
    proposed: int
    admitted: int
    new_cells: int
    cells: int
    fitness: float
    alarms: tuple[str, ...]
    rejected: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """As a manifest holds it."""
        return {
            "number": self.number,
            "proposed": self.proposed,
            "admitted": self.admitted,
            "new_cells": self.new_cells,
            "cells": self.cells,
            "fitness": round(self.fitness, 4),
            "alarms": list(self.alarms),
            "rejected": dict(self.rejected),
        }


@dataclass
class LoopResult:
    """What an evolution came to. ended: why it ended, in a few words."""

    archive: Archive
    made: list[Made] = field(default_factory=list)
    generations: list[Generation] = field(default_factory=list)
    drift: tuple[Watched, ...] = ()
    ended: str = ""


Mate = Callable[[str, CodeTask, random.Random], "tuple[CodeTask, ...] | None"]


def alone(operator: str, parent: CodeTask, rng: random.Random) -> tuple[CodeTask, ...]:
    """Operators that need one parent."""
    return ()


class Loop:
    """See the module's docstring.

    mate: the further parents of a proposal, None where the operator cannot take this parent. watch: told of every
    generation.
    """

    def __init__(
        self,
        seeds: Sequence[Member],
        arms: Sequence[Arm],
        maker: Maker,
        fitness: Fitness,
        settings: LoopSettings,
        seed: int,
        *,
        bandit: Chooser | None = None,
        lessons: Lessons | None = None,
        mate: Mate = alone,
        watch: Callable[[Generation], None] = lambda generation: None,
    ) -> None:
        self._arms = {arm.name: arm for arm in arms}
        self._maker, self._fitness, self._settings, self._seed = maker, fitness, settings, seed
        # what was published is about operators through a model, and not about deterministic ones of the same names
        priors = published_priors(arm.name for arm in arms if arm.through_model)
        self.bandit: Chooser = Bandit(list(self._arms), settings.discount, priors) if bandit is None else bandit
        self.strategies = Bandit(list(dict.fromkeys((PLAIN, *settings.strategies))), settings.discount, priors={})
        self.lessons = Lessons() if lessons is None else lessons
        self._mate, self._told = mate, watch
        self._anchors = [member.features for member in seeds]
        self._depths = {member.task.id: member.depth for member in seeds}
        self.result = LoopResult(Archive(seeds, settings.room))

    @property
    def arms(self) -> tuple[str, ...]:
        """The operators' names."""
        return tuple(self._arms)

    def run(self) -> LoopResult:
        """All generations, until one of the ends."""
        stale, best = 0, 0.0
        for number in range(self._settings.generations):
            proposals = self._proposals(number)
            if not proposals:
                self.result.ended = "no operator can take any parent"
                return self.result
            try:
                made = self._maker.make(proposals)
            except OutOfBudget as end:
                self.result.ended = str(end) or "the budget is used up"
                return self.result
            generation = self._learn(number, made)
            self._told(generation)
            gained = generation.fitness > best * (1 + self._settings.least_gain)
            stale = 0 if gained or generation.new_cells else stale + 1
            best = max(best, generation.fitness)
            kept = len(self.result.archive.members())
            if self._settings.enough is not None and kept >= self._settings.enough:
                self.result.ended = f"{kept} tasks, which are enough"
                return self.result
            if stale >= self._settings.patience:
                self.result.ended = f"no new kind of task and no gain in {stale} generations"
                return self.result
        self.result.ended = f"{self._settings.generations} generations"
        return self.result

    def _proposals(self, number: int) -> list[Proposal]:
        """A whole batch, drawn before any of it is judged."""
        standing = alarms(self.result.drift)
        barred = sorted({value for each in standing for value in each.excess})
        share = max(self._settings.seed_share, MEND_SEED_SHARE) if standing else self._settings.seed_share
        drawn = [self._proposal(number, slot, barred, share) for slot in range(self._settings.batch)]
        return [proposal for proposal in drawn if proposal is not None]

    def _proposal(self, number: int, slot: int, barred: Sequence[str], share: float) -> Proposal | None:
        leaf = text_digest(f"{self._seed}/loop/{number}/{slot}")
        rng = random.Random(leaf)
        parent = self.result.archive.choose(rng, share, barred, self._settings.depth)
        among = {name: mates for name in self._arms if (mates := self._mate(name, parent.task, rng)) is not None}
        if not among:
            return None
        operator = self.bandit.choose(context_of(parent), list(among), rng)
        arm, hints = self._arms[operator], Hints()
        if arm.through_model:
            pool = [(member.task, member.fitness) for member in self.result.archive.best(SHOWN_FROM)]
            possible = ready(self._settings.strategies, pool, parent.task, arm.kind)
            strategy = self.strategies.choose("", possible, rng)
            told = self.lessons.told(operator)
            hints = hints_for(strategy, pool, parent.task, arm.kind, rng, lessons=told, barred=barred)
        parents = (parent.task, *among[operator])
        return Proposal(number, slot, operator, hints.strategy, parents, hints, int(leaf[:12], 16))

    def _learn(self, number: int, made: Sequence[Made]) -> Generation:
        archive, opened, pulls, ways = self.result.archive, 0, [], []
        contexts = {member.task.id: context_of(member) for member in (*archive.seeds, *archive.members())}
        self.lessons.fade(_KEEP_LESSONS)
        for each in made:
            arm, reward = self._arms[each.proposal.operator], 0.0
            if each.task is not None:
                member = self._member(number, each)
                reward = member.fitness
                opened += archive.add(member)
            elif each.rejected not in _NO_LESSON and arm.through_model:
                self.lessons.learn(each.proposal.operator, str(each.rejected), each.said)
            cost = float(each.spent.tokens)
            context = contexts.get(each.proposal.parents[0].id, "")
            pulls.append(Pull(each.proposal.operator, context, reward, cost))
            if arm.through_model and arm.kind == "altering":
                ways.append(Pull(each.proposal.strategy, "", reward, cost))
        self.bandit.update(pulls)
        self.strategies.update(ways)
        self.result.made += made
        self.result.drift = watch(self._anchors, [member.features for member in archive.members()], self._seed)
        generation = Generation(
            number,
            len(made),
            sum(each.task is not None for each in made),
            opened,
            len(archive.cells),
            sum(cell[0].fitness for cell in archive.cells.values() if cell),
            tuple(each.words for each in alarms(self.result.drift)),
            dict(sorted(Counter(each.rejected for each in made if each.rejected is not None).items())),
        )
        self.result.generations.append(generation)
        return generation

    def _member(self, number: int, made: Made) -> Member:
        task, operator = made.task, made.proposal.operator
        if task is None:
            raise ValueError("what was not admitted is no member")
        solved = made.facts.get("solve_rate")
        features: Features = made.facts.get("features") or features_of(
            task, solve_rate=solved if isinstance(solved, float) else None
        )
        family = family_named(operator)
        fitness = self._fitness.of(made, features, family)
        niche = niche_of(features, family)
        depth = max(self._depths.get(parent.id, 0) for parent in made.proposal.parents)
        depth += self._arms[operator].kind == "altering"
        self._depths[task.id] = depth
        return Member(task, niche, features, fitness, operator, number, depth)


def context_of(parent: Member) -> str:
    """What an operator's luck may depend on: the parent's types, and how often it was altered."""
    return f"{parent.features.types}/{parent.depth}"


def seeds_of(
    tasks: Sequence[CodeTask],
    features: Callable[[CodeTask], Features],
    depth: Callable[[CodeTask], int] = lambda task: 0,
) -> list[Member]:
    """The suite's own tasks as the archive's seeds. depth: altering operators above one, where it was evolved."""
    found = []
    for task in tasks:
        own = features(task)
        found.append(Member(task, niche_of(own, SEED), own, 0.0, depth=depth(task)))
    return found

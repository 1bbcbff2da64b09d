"""Simulated panels: authors whose luck depends on operator and parent, and solvers of known ability.

Each simulated task has a difficulty b and a discrimination a (a two-parameter logistic model); a child's are like its
parent's, shifted by its operator, with noise. Of a task the loop learns no more than a real one would: whether it was
admitted, and how many of five blind solvers solved it. What an evolution is worth is known here, and hidden from it:
the Fisher information a^2 p (1 - p) of its tasks at the frontier's ability. No model takes part; what is shown with it
is that the loop finds operators and parents which are better, where there are any.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...benchmarks import Case, CasesTest, CodeTask, Lineage
from ...benchmarks.jsonio import text_digest
from ..authored.calls import OutOfBudget
from .bandit import Pull
from .describing import Features
from .protocol import Made, Proposal, Spent

TYPES = ("number -> number", "list -> list", "text -> text", "list -> number", "text -> bool")
TOPICS = ("numbers", "text", "sequences", "records")
ABILITY = 0.8
"""Of the frontier, in standard deviations of models."""
_SOLVERS = 5
_CALL_TOKENS = 1500


@dataclass(frozen=True, slots=True)
class Author:
    """What one operator does. accepted: chance that a proposal passes the gates, by type of the parent (others:
    ``otherwise``). harder, sharper: shifts of b and log a. calls: that a proposal takes."""

    accepted: Mapping[str, float]
    otherwise: float
    harder: float
    sharper: float
    calls: int = 7


@dataclass(frozen=True, slots=True)
class Item:
    """What is hidden: difficulty and discrimination of a task."""

    b: float
    a: float

    def solved(self, ability: float) -> float:
        """The chance that a model of this ability solves it."""
        return 1 / (1 + math.exp(-self.a * (ability - self.b)))

    @property
    def information(self) -> float:
        """Fisher information at the frontier."""
        p = self.solved(ABILITY)
        return self.a**2 * p * (1 - p)


PANEL: Mapping[str, Author] = {
    # shaped after EvoEval's suites: combine and creative sharpen and harden, tool_use does neither
    "combine": Author({"list -> list": 0.6, "number -> number": 0.5}, 0.15, 0.9, 0.25, calls=8),
    "creative": Author({"text -> text": 0.6}, 0.35, 0.6, 0.15),
    "difficult": Author({"list -> number": 0.55}, 0.3, 0.7, 0.1),
    "subtle": Author({}, 0.5, 0.2, 0.0),
    "tool_use": Author({}, 0.45, 0.1, -0.6, calls=9),
    "verbose": Author({}, 0.8, -0.2, -0.3, calls=6),
    "concise": Author({}, 0.7, 0.0, -0.2, calls=6),
}


class SimulatedPanel:
    """A maker whose tasks are simulated. calls: requests it may use in all. drifting: proposals after which the
    operators change places, so that what was learnt grows old (0: never).
    """

    def __init__(self, seed: int, calls: int, panel: Mapping[str, Author] = PANEL, drifting: int = 0) -> None:
        self._seed, self._left, self._panel, self._drifting = seed, calls, dict(panel), drifting
        self._count = 0
        self.items: dict[str, Item] = {}

    def seeds(self, count: int) -> list[CodeTask]:
        """Human-made tasks: easy for the frontier, as old benchmarks are."""
        found = []
        for place in range(count):
            rng = random.Random(f"{self._seed}/seed/{place}")
            task = _task(f"sim/{place}", TYPES[place % len(TYPES)], None)
            self.items[task.id] = Item(rng.gauss(-1.2, 0.7), math.exp(rng.gauss(0.0, 0.3)))
            found.append(task)
        return found

    def features(self, task: CodeTask) -> Features:
        """Its features."""
        return _features(task, None)

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        """See ``Maker.make``."""
        wanted = sum(self._panel[proposal.operator].calls for proposal in proposals)
        if wanted > self._left:
            raise OutOfBudget("the budget of calls is used up")
        self._left -= wanted
        return [self._made(proposal) for proposal in proposals]

    def worth(self, tasks: Sequence[CodeTask]) -> float:
        """The information of an evolution's tasks."""
        return sum(self.items[task.id].information for task in tasks)

    def _made(self, proposal: Proposal) -> Made:
        self._count += 1
        author = self._author(proposal.operator)
        parent = proposal.parents[0]
        rng = random.Random(f"{self._seed}/made/{proposal.seed}/{proposal.operator}/{parent.id}")
        spent = Spent(author.calls, author.calls * _CALL_TOKENS)
        kind = parent.tags[0]
        if rng.random() > author.accepted.get(kind, author.otherwise):
            return Made(proposal, None, rejected="ambiguous", spent=spent)
        old = self.items[parent.id]
        item = Item(
            old.b + author.harder + rng.gauss(0.0, 0.4),
            math.exp(0.7 * math.log(old.a) + author.sharper + rng.gauss(0.0, 0.25)),
        )
        task = _task(f"sim/g{proposal.generation}.{proposal.slot}", kind, parent)
        self.items[task.id] = item
        solved = sum(rng.random() < item.solved(ABILITY) for _ in range(_SOLVERS)) / _SOLVERS
        # the gates want three in five to agree with the reference
        if solved < 0.6:
            return Made(proposal, None, rejected="unsolved", spent=spent)
        facts = {"solve_rate": solved, "features": _features(task, solved)}
        return Made(proposal, task, functional_hash=task.id, spent=spent, facts=facts)

    def _author(self, operator: str) -> Author:
        if not self._drifting:
            return self._panel[operator]
        names = sorted(self._panel)
        shift = self._count // self._drifting
        return self._panel[names[(names.index(operator) + 3 * shift) % len(names)]]


class Uniform:
    """Chooses any operator with the same chance, and learns nothing."""

    def choose(self, context: str, among: Sequence[str], rng: random.Random) -> str:
        """See ``Chooser.choose``."""
        names = sorted(among)
        return names[rng.randrange(len(names))]

    def update(self, pulls: Sequence[Pull]) -> None:
        """Nothing is learnt."""

    def table(self) -> list[dict[str, object]]:
        """Nothing was learnt."""
        return []


class SolveRateFitness:
    """What a real evolution without runs could know here: how near the solvers' rate is to one half."""

    name = "solve rate of the blind solvers"

    def of(self, made: Made, features: Features, family: str) -> float:
        """See ``Fitness.of``."""
        if made.task is None:
            return 0.0
        solved = float(made.facts["solve_rate"])
        return min(0.25 + 3 * solved * (1 - solved), 1.0)


__all__ = ["ABILITY", "PANEL", "Author", "Item", "SimulatedPanel", "SolveRateFitness", "Uniform"]


def _features(task: CodeTask, solved: float | None) -> Features:
    topic = TOPICS[int(text_digest(task.root)[:6], 16) % len(TOPICS)]
    return Features(task.tags[0], topic, "length 1", 0.3 if solved is None else 1 - solved)


def _task(name: str, kind: str, parent: CodeTask | None) -> CodeTask:
    task = CodeTask(
        name, f"Task {name}.", "f", "def f(x):\n    return x\n", (CasesTest((Case((1,), 1),)),), tags=(kind,)
    )
    if parent is None:
        return task
    depth = 1 + (parent.lineage.depth if parent.lineage else 0)
    lineage = Lineage(parent.root, (parent.id,), (parent.digest,), "simulated", "1", {}, 0, depth)
    return replace(task, lineage=lineage)

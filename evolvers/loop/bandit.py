"""Which operator next: discounted Thompson sampling over operators, for each kind of parent with back-off.

Each operator has a Beta posterior over its reward in [0, 1]; each pair (operator, context) another, whose prior is the
operator's own mean worth ``BACK_OFF`` observations, so that what is seldom tried leans on what is known (empirical
Bayes). Old evidence fades: before a batch is counted, all that lies above the priors is multiplied by ``discount``
(Raj and Kalyani 2017, "Taming non-stationary bandits", eq. 5-6). A whole batch is drawn before any of it is judged, and
rewards are counted in the batch's order, so that the number of workers changes nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .describing import family_named

DISCOUNT = 0.9
BACK_OFF = 4.0
PRIOR_WEIGHT = 4.0
"""Observations that the prior of an operator counts for."""
NEUTRAL = 0.5
PRIORS: Mapping[str, float] = {
    # reliability per 100 tasks of EvoEval's suites, recomputed from 51 models: what told models apart
    "combine": 0.85, "creative": 0.71, "difficult": 0.66, "subtle": 0.44,
    "concise": 0.44, "verbose": 0.28, "tool_use": 0.05,
}  # fmt: skip
_COST_POWER = 0.5
"""How much a dear operator is held back: its draw is divided by (cost / mean cost) to this power."""
_MOST_DEARNESS = 2.0
"""And by no more than this: an operator that costs nothing must not push out all that asks models."""


def published_priors(names: Iterable[str]) -> dict[str, float]:
    """What was published of operators called like these arms, or like the first of these chains."""
    return {name: PRIORS[family] for name in names if (family := family_named(name)) in PRIORS}


@dataclass(slots=True)
class Arm:
    """A Beta posterior with its prior, and what a pull took on average (discounted)."""

    prior_a: float
    prior_b: float
    a: float = 0.0
    b: float = 0.0
    pulls: float = 0.0
    cost: float = 0.0

    @property
    def mean(self) -> float:
        """Of the posterior."""
        a, b = self.prior_a + self.a, self.prior_b + self.b
        return a / (a + b)

    def fade(self, discount: float) -> None:
        """Forget some of what was seen."""
        self.a, self.b = self.a * discount, self.b * discount
        self.pulls, self.cost = self.pulls * discount, self.cost * discount

    def count(self, reward: float, cost: float) -> None:
        """One pull. reward: 0 to 1."""
        if not 0.0 <= reward <= 1.0:
            raise ValueError(f"a reward lies between 0 and 1, and this is {reward}")
        self.a += reward
        self.b += 1.0 - reward
        self.pulls += 1.0
        self.cost += max(cost, 0.0)


@dataclass(frozen=True, slots=True)
class Pull:
    """What became of one draw: reward in [0, 1], cost in any unit that is the same for all."""

    operator: str
    context: str
    reward: float
    cost: float = 0.0


@dataclass
class Bandit:
    """The arms. priors: expected reward by the arm's name, NEUTRAL for others; by default what was published of
    operators called so."""

    operators: Sequence[str]
    discount: float = DISCOUNT
    priors: Mapping[str, float] | None = None
    _arms: dict[str, Arm] = field(default_factory=dict)
    _contexts: dict[tuple[str, str], Arm] = field(default_factory=dict)

    def __post_init__(self) -> None:
        priors = published_priors(self.operators) if self.priors is None else self.priors
        for name in self.operators:
            expected = min(max(priors.get(name, NEUTRAL), 0.05), 0.95)
            self._arms[name] = Arm(PRIOR_WEIGHT * expected, PRIOR_WEIGHT * (1 - expected))

    def choose(self, context: str, among: Sequence[str], rng: random.Random) -> str:
        """One operator of ``among`` for a parent of this context: the highest draw, held back by what it costs."""
        if not among:
            raise ValueError("there is no operator to choose from")
        typical = self._typical_cost()
        drawn = [(self._draw(name, context, rng) / self._dearness(name, typical), name) for name in sorted(among)]
        return max(drawn, key=lambda pair: pair[0])[1]

    def update(self, pulls: Iterable[Pull]) -> None:
        """Count a batch, in its order."""
        for arm in (*self._arms.values(), *self._contexts.values()):
            arm.fade(self.discount)
        for pull in pulls:
            self._arms[pull.operator].count(pull.reward, pull.cost)
            key = (pull.operator, pull.context)
            self._contexts.setdefault(key, Arm(0.0, 0.0)).count(pull.reward, pull.cost)

    def mean(self, operator: str, context: str | None = None) -> float:
        """Expected reward."""
        a, b = self._posterior(operator, context)
        return a / (a + b)

    def table(self) -> list[dict[str, Any]]:
        """The operators by expected reward, as plain JSON."""
        rows = [
            {"operator": name, "expected": round(arm.mean, 4), "pulls": round(arm.pulls, 2)}
            for name, arm in self._arms.items()
        ]
        return sorted(rows, key=lambda row: (-float(str(row["expected"])), str(row["operator"])))

    def _posterior(self, operator: str, context: str | None) -> tuple[float, float]:
        own = self._arms[operator]
        here = None if context is None else self._contexts.get((operator, context))
        if here is None:
            return own.prior_a + own.a, own.prior_b + own.b
        return BACK_OFF * own.mean + here.a, BACK_OFF * (1 - own.mean) + here.b

    def _draw(self, operator: str, context: str, rng: random.Random) -> float:
        return rng.betavariate(*self._posterior(operator, context))

    def _typical_cost(self) -> float:
        pulls = sum(arm.pulls for arm in self._arms.values())
        return sum(arm.cost for arm in self._arms.values()) / pulls if pulls else 0.0

    def _dearness(self, operator: str, typical: float) -> float:
        arm = self._arms[operator]
        if typical <= 0 or arm.pulls <= 0:
            return 1.0
        # shrunk to the typical cost by one pull, so that a first cheap one says little
        own = (arm.cost + typical) / (arm.pulls + 1)
        return min(max(math.pow(own / typical, _COST_POWER), 1 / _MOST_DEARNESS), _MOST_DEARNESS)

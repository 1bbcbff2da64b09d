"""What a new task is worth: validity x (discrimination + information + novelty) - cost - contamination.

A task that was not admitted is worth nothing (validity 0). A new task has no answers yet, so what given runs say of its
parents and of its like stands for it: how well their items tell the given models apart (point-biserial correlation
with the score on all other items), and how near their pass rate among the best models is to one half (information at
the frontier, 4 p (1 - p); the Rasch model's, up to its constant). With few models an item's own discrimination is
noise: its correlation with the truth is 0.40 with 8 models and 0.58 with 20 (simulated 2PL; docs/evolution_loop.md),
so the parents' is shrunk with the weight M / (M + 25) to the mean of the new task's operator and domain (of its
operator, where the runs hold none of that domain; of the parents' own cell, where they hold none of the operator), and
below ``ENOUGH_MODELS`` models it is that mean alone: operators and cells are chosen then, and not single items.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ...benchmarks import CodeTask
from ..novelty import containment, ngrams
from ..published import MAX_PUBLISHED, NOTHING, Published
from .describing import Features
from .protocol import Made

WEIGHTS = {"discrimination": 0.4, "information": 0.35, "novelty": 0.25}
COST_WEIGHT = 0.05
CONTAMINATION_WEIGHT = 0.5
SHRINK = 25.0
ENOUGH_MODELS = 30
FRONTIER = 0.25
"""The share of models, the best ones, that make the frontier."""
Group = TypeVar("Group", str, tuple[str, str])


class Fitness(Protocol):
    """Marks a new task. name: what reports call it; a stand-in says that it is one."""

    name: str

    def of(self, made: Made, features: Features, family: str) -> float:
        """Worth in [0, 1]; 0 for what was not admitted."""


@dataclass(frozen=True, slots=True)
class Results:
    """Pass rates of models on tasks: ``rates[model][task id]`` in [0, 1]. Models of the author's family are left out
    by whoever makes it (``without``)."""

    rates: Mapping[str, Mapping[str, float]]

    def without(self, models: Sequence[str]) -> Results:
        """The same without some models."""
        return Results({name: rates for name, rates in self.rates.items() if name not in set(models)})

    def frontier(self) -> list[str]:
        """The best models by mean pass rate; one at the least."""
        ranked = sorted(self.rates, key=lambda name: (-_mean(list(self.rates[name].values())), name))
        return ranked[: max(1, math.ceil(FRONTIER * len(ranked)))]

    def discrimination(self, task_id: str) -> float:
        """Corrected point-biserial correlation of one item with the mean on all others; nan where it is undefined."""
        pairs = []
        for rates in self.rates.values():
            others = [value for name, value in rates.items() if name != task_id]
            if task_id in rates and others:
                pairs.append((rates[task_id], _mean(others)))
        return _correlation(pairs)

    def information(self, task_id: str) -> float:
        """4 p (1 - p) with p the frontier's pass rate; nan where none of it was asked."""
        known = [self.rates[name][task_id] for name in self.frontier() if task_id in self.rates[name]]
        return math.nan if not known else 4 * _mean(known) * (1 - _mean(known))


@dataclass
class ByRuns:
    """Fitness from given runs. cells: (operator family, domain) of each task that the runs may know, for shrinking."""

    results: Results
    cells: Mapping[str, tuple[str, str]]
    published: Published = NOTHING
    name: str = "discrimination between the given runs, information at their frontier, and novelty"
    _cells: dict[tuple[str, str], float] = field(default_factory=dict)
    _families: dict[str, float] = field(default_factory=dict)
    _overall: float = 0.0

    def __post_init__(self) -> None:
        values = {name: self.results.discrimination(name) for name in self.cells}
        known = {name: value for name, value in values.items() if not math.isnan(value)}
        self._cells = _means_by({name: self.cells[name] for name in known}, known)
        self._families = _means_by({name: self.cells[name][0] for name in known}, known)
        self._overall = _mean_of(list(known.values()), 0.0)

    def of(self, made: Made, features: Features, family: str) -> float:
        """See ``Fitness.of``."""
        if made.task is None:
            return 0.0
        parents = [parent.id for parent in made.proposal.parents]
        told = _mean_of([self.expected(each, (family, features.domain)) for each in parents], 0.0)
        novelty = novelty_of(made.task, made.proposal.parents)
        return _worth(max(told, 0.0), self._informative(parents, made), novelty, made, self.published)

    def expected(self, parent: str, cell: tuple[str, str]) -> float:
        """The discrimination to be expected of a new task in a cell, from one of its parents; -1 to 1."""
        own = self._cells.get(self.cells.get(parent, ("", "")), self._overall)
        mean = self._cells.get(cell, self._families.get(cell[0], own))
        models = len(self.results.rates)
        item = self.results.discrimination(parent)
        if models < ENOUGH_MODELS or math.isnan(item):
            return mean
        weight = models / (models + SHRINK)
        return weight * item + (1 - weight) * mean

    def _informative(self, parents: Sequence[str], made: Made) -> float:
        known = [value for value in map(self.results.information, parents) if not math.isnan(value)]
        solved = made.facts.get("solve_rate")
        if isinstance(solved, float):  # blind solvers met the task itself
            known.append(4 * solved * (1 - solved))
        return _mean_of(known, 0.5)


@dataclass
class Proxy:
    """A stand-in where no run is given: nothing here measures models.

    Strength of the tests (share of mutants killed), spread of the outputs, novelty, and how hard the task looks.
    """

    published: Published = NOTHING
    name: str = "PROXY (no runs were given): strength of tests, spread of outputs, novelty, size of the reference"

    def of(self, made: Made, features: Features, family: str) -> float:
        """See ``Fitness.of``."""
        if made.task is None:
            return 0.0
        looks = 1 - abs(2 * features.difficulty - 1)  # neither trivial nor hopeless
        strength = (_gate(made, "killed", "mutants") + _spread(made)) / 2
        return _worth(strength, looks, novelty_of(made.task, made.proposal.parents), made, self.published)


def novelty_of(task: CodeTask, parents: Sequence[CodeTask]) -> float:
    """The share of a prompt's 8-grams that stand in none of its parents' prompts."""
    return 1 - containment(task.prompt, [ngrams(parent.prompt) for parent in parents])


def contamination_of(task: CodeTask, published: Published) -> float:
    """How much of a prompt stands in published texts, its parents' among them where they are published: 0 (nothing) to
    1 (as much as no new text may hold, or more)."""
    return min(published.share(task.prompt) / MAX_PUBLISHED, 1.0)


def _worth(discrimination: float, information: float, novelty: float, made: Made, published: Published) -> float:
    assert made.task is not None
    value = WEIGHTS["discrimination"] * discrimination + WEIGHTS["information"] * information
    value += WEIGHTS["novelty"] * novelty
    value -= COST_WEIGHT * min(made.spent.tokens / 100_000, 1.0)
    value -= CONTAMINATION_WEIGHT * contamination_of(made.task, published)
    return round(min(max(value, 0.0), 1.0), 6)


def _gate(made: Made, part: str, whole: str) -> float:
    """The share that a certificate's mutation gates tell; 1 where they had nothing to kill."""
    shares = []
    gates = (made.certificate or {}).get("gates", [])
    for gate in gates if isinstance(gates, list) else []:
        evidence = gate.get("evidence", {}) if isinstance(gate, dict) else {}
        total, killed = evidence.get(whole), evidence.get(part)
        if isinstance(total, int) and isinstance(killed, int) and total:
            shares.append(killed / total)
    return _mean_of(shares, 1.0)


def _spread(made: Made) -> float:
    gates = (made.certificate or {}).get("gates", [])
    for gate in gates if isinstance(gates, list) else []:
        if isinstance(gate, dict) and gate.get("gate") == "varied":
            top = gate.get("evidence", {}).get("top_share")
            return 1 - float(top) if isinstance(top, float | int) else 0.5
    return 0.5


def _means_by(groups: Mapping[str, Group], values: Mapping[str, float]) -> dict[Group, float]:
    """The mean value of each group."""
    found: dict[Group, list[float]] = {}
    for name, group in groups.items():
        found.setdefault(group, []).append(values[name])
    return {group: _mean(each) for group, each in found.items()}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _mean_of(values: Sequence[float], otherwise: float) -> float:
    return _mean(values) if values else otherwise


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    if len(pairs) < 3:
        return math.nan
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    mean_x, mean_y = _mean(xs), _mean(ys)
    sxx, syy = sum((x - mean_x) ** 2 for x in xs), sum((y - mean_y) ** 2 for y in ys)
    if sxx <= 0 or syy <= 0:
        return math.nan
    return sum((x - mean_x) * (y - mean_y) for x, y in pairs) / math.sqrt(sxx * syy)

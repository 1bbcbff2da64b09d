"""Ways to spend the same budget on a simulated panel: the loop, parts of it, uniform choice, random search.

uniform: the loop's archive, operators chosen without learning. random: operators without learning, parents always
human-made. bandit: the loop's bandit, parents always human-made. remembering: the loop without forgetting. What is
compared is what a way's tasks are worth (``SimulatedPanel.worth``), seed by seed on the same panel.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .driver import Arm, Loop, LoopSettings, seeds_of
from .simulate import PANEL, Author, SimulatedPanel, SolveRateFitness, Uniform

LOOP = "loop"
OTHERS = ("uniform", "random", "bandit", "remembering")
RESAMPLES = 4000
_SEEDS = 40


@dataclass(frozen=True, slots=True)
class Scenario:
    """A simulated panel and a budget. drifting: proposals after which the operators change places; 0: never."""

    name: str
    calls: int
    panel: Mapping[str, Author]
    drifting: int = 0


def _alike(panel: Mapping[str, Author]) -> dict[str, Author]:
    """As many operators that do all the same."""
    one = Author({}, 0.5, 0.3, 0.0)
    return dict.fromkeys(panel, one)


SCENARIOS = (
    Scenario("small budget", 1000, PANEL),
    Scenario("larger budget", 3000, PANEL),
    Scenario("drifting", 3000, PANEL, drifting=100),
    Scenario("all operators alike", 1000, _alike(PANEL)),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """The ratio of the loop's worth to another way's: the geometric mean over seeds, and a 95 % interval of it by a
    bootstrap of the seeds, each of which keeps its pair."""

    other: str
    ratio: float
    low: float
    high: float
    seeds: int


def worth_of(way: str, seed: int, scenario: Scenario) -> float:
    """What one way makes of the budget."""
    panel = SimulatedPanel(seed, scenario.calls, scenario.panel, scenario.drifting)
    settings = LoopSettings(generations=10_000, batch=32, room=10_000, patience=10_000, strategies=("plain",))
    if way in ("random", "bandit"):
        settings = replace(settings, seed_share=1.0)
    if way == "remembering":
        settings = replace(settings, discount=1.0)
    bandit = Uniform() if way in ("uniform", "random") else None
    arms = [Arm(name, True) for name in scenario.panel]
    seeds = seeds_of(panel.seeds(_SEEDS), panel.features)
    result = Loop(seeds, arms, panel, SolveRateFitness(), settings, seed, bandit=bandit).run()
    return panel.worth([made.task for made in result.made if made.task is not None])


def compare(
    seeds: Sequence[int],
    scenario: Scenario,
    others: Sequence[str] = OTHERS,
    watch: Callable[[int], None] = lambda done: None,
) -> list[Compared]:
    """The loop beside other ways."""
    table: dict[str, list[float]] = {way: [] for way in (LOOP, *others)}
    for done, seed in enumerate(seeds, 1):
        for way, worths in table.items():
            worths.append(worth_of(way, seed, scenario))
        watch(done)
    return [compared(way, table[LOOP], table[way]) for way in others]


def compared(other: str, loop: Sequence[float], theirs: Sequence[float]) -> Compared:
    """Two ways' worths, paired by seed; all above 0."""
    logs = [math.log(mine / each) for mine, each in zip(loop, theirs, strict=True)]
    rng = random.Random("compared")
    means = sorted(sum(rng.choices(logs, k=len(logs))) / len(logs) for _ in range(RESAMPLES))
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]
    mean = sum(logs) / len(logs)
    return Compared(other, math.exp(mean), math.exp(low), math.exp(high), len(logs))

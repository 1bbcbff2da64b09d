"""Three ways to spend the same budget on a simulated panel: the loop, uniform choice of operators, random search.

uniform: the loop's archive, operators chosen without learning. random: operators without learning, parents always
human-made. What is compared is what a way's tasks are worth (``SimulatedPanel.worth``), seed by seed on the same panel.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .driver import Arm, Loop, LoopSettings, seeds_of
from .simulate import PANEL, SimulatedPanel, SolveRateFitness, Uniform

WAYS = ("loop", "uniform", "random")
RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Compared:
    """The mean ratio of the loop's worth to another way's over seeds, with a 95 % bootstrap interval over seeds."""

    other: str
    ratio: float
    low: float
    high: float
    seeds: int


def worth_of(way: str, seed: int, calls: int, *, drifting: int = 0, settings: LoopSettings | None = None) -> float:
    """What one way makes of a budget of calls."""
    panel = SimulatedPanel(seed, calls, drifting=drifting)
    chosen = LoopSettings(generations=10_000, batch=32, room=10_000, patience=10_000, strategies=("plain",))
    chosen = chosen if settings is None else settings
    bandit = None if way == "loop" else Uniform()
    if way == "random":
        chosen = replace(chosen, seed_share=1.0)
    arms = [Arm(name, True) for name in PANEL]
    seeds = seeds_of(panel.seeds(40), panel.features)
    result = Loop(seeds, arms, panel, SolveRateFitness(), chosen, seed, bandit=bandit).run()
    return panel.worth([made.task for made in result.made if made.task is not None])


def compare(
    seeds: Sequence[int], calls: int, *, drifting: int = 0, watch: Callable[[int], None] = lambda done: None
) -> list[Compared]:
    """The loop beside the two others."""
    table: dict[str, list[float]] = {way: [] for way in WAYS}
    for done, seed in enumerate(seeds, 1):
        for way in WAYS:
            table[way].append(worth_of(way, seed, calls, drifting=drifting))
        watch(done)
    return [_compared(way, table["loop"], table[way]) for way in WAYS[1:]]


def _compared(other: str, loop: Sequence[float], theirs: Sequence[float]) -> Compared:
    ratios = [mine / each for mine, each in zip(loop, theirs, strict=True)]
    rng = random.Random("compared")
    means = sorted(sum(rng.choices(ratios, k=len(ratios))) / len(ratios) for _ in range(RESAMPLES))
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]
    return Compared(other, sum(ratios) / len(ratios), low, high, len(ratios))

"""The proposals that a loop would make if it never learnt anything: what ``--loop --dry-run`` reckons with.

Parents, operators and strategies are drawn as the loop draws them before its first batch, all alike; the seeds stand
for tasks that are not yet evolved. What a loop learns afterwards moves requests from one operator to another.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ...benchmarks import CodeTask
from ..authored.estimate import Wish
from ..authored.protocol import ModelOperator
from ..protocol import Observation
from .driver import SHOWN_FROM, Arm, LoopSettings, Mate
from .strategies import hints_for, ready

MOST = 1_000
"""Proposals that are drawn, at most; of a longer loop these stand for all."""
_AN_OBSERVATION = "x" * 90


def forecast(
    tasks: Sequence[CodeTask],
    observed: dict[str, Observation],
    arms: Sequence[Arm],
    operators: dict[str, ModelOperator],
    mate: Mate,
    settings: LoopSettings,
    seed: int,
) -> tuple[list[Wish], float]:
    """The wishes that ask a model, and how many proposals of the loop one draw stands for.

    tasks: the seeds, one at least. observed: by digest. operators: those through a model, by arm.
    """
    wanted = settings.generations * settings.batch
    rng = random.Random(f"{seed}/forecast")
    pool = [(task, 0.5) for task in rng.sample(list(tasks), min(SHOWN_FROM, len(tasks)))]
    wishes = []
    for _ in range(min(wanted, MOST)):
        parent = tasks[rng.randrange(len(tasks))]
        among = {arm: mates for arm in arms if (mates := mate(arm.name, parent, rng)) is not None}
        if not among:
            continue
        arm = rng.choice(list(among))
        if not arm.through_model:
            continue  # costs nothing
        strategy = rng.choice(ready(settings.strategies, pool, parent, arm.kind))
        hints = hints_for(strategy, pool, parent, arm.kind, rng)
        if strategy == "plan":
            hints = replace(hints, plan=(_AN_OBSERVATION,) * 2)
        parents = (parent, *among[arm])
        wishes.append(Wish(operators[arm.name], parents, tuple(observed[each.digest] for each in parents), hints))
    return wishes, wanted / min(wanted, MOST)

"""What a set of tasks can tell about the models that were all given it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.agreement import Split, split_half
from ..metrics.ranks import Separation
from ..metrics.reliability import ItemStatistics, cronbach_alpha, item_statistics, resolvable_difference
from ..metrics.resampling import Array, root_sums


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """Over the complete runs of a board.

    alpha: reliability (KR-20, Cronbach) over roots. split: how two random halves rank the models, None for fewer than
    two. discordance: the median over pairs of the mean squared difference per task (one sample a task: the share of
    tasks on which a pair disagrees); NaN for fewer than two models. resolvable: the smallest true difference of two
    models that one paired test finds in four of five cases. items: by task.
    """

    models: int
    alpha: float
    split: Split | None
    discordance: float
    resolvable: float
    items: Mapping[str, ItemStatistics]

    @property
    def never_solved(self) -> list[str]:
        """Tasks that no model passed."""
        return [task for task, item in self.items.items() if item.never_solved]

    @property
    def solved_by_one(self) -> list[str]:
        """Tasks that one model alone passed; empty where there is only one."""
        return [task for task, item in self.items.items() if item.solved_by_one] if self.models > 1 else []

    @property
    def suspect(self) -> list[str]:
        """Tasks that better models pass less often, the clearest first."""
        found = [(item.discrimination, task) for task, item in self.items.items() if item.suspect]
        return [task for _, task in sorted(found)]


def health_of(
    tasks: Sequence[str],
    rates: Array,
    roots: Sequence[str],
    pairs: Separation | None,
    *,
    single: bool,
    seed: int,
) -> Health:
    """Measure a set of tasks by the pass rates on it (models x tasks). single: one sample of each."""
    table = root_sums(rates, roots)
    upper = None if pairs is None else pairs.discordance[np.triu_indices(len(pairs), 1)]
    discordance = math.nan if upper is None else float(np.median(upper))
    return Health(
        models=len(rates),
        alpha=cronbach_alpha(table),
        split=split_half(table, seed=seed),
        discordance=discordance,
        resolvable=resolvable_difference(
            discordance, len(tasks), roots=table.roots, single=single and table.roots == len(tasks)
        ),
        items=dict(zip(tasks, item_statistics(rates, roots), strict=True)),
    )

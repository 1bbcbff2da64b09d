"""What a suite can tell: its reliability, the smallest difference it resolves, and which of its tasks help.

Sources: Kuder and Richardson 1937 (formula 20), Cronbach 1951; Connor 1987 for the power of McNemar's test; item-rest
correlation as in Lord and Novick 1968.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .intervals import LEVEL
from .resampling import Array, RootSums

POWER = 0.8


def cronbach_alpha(table: RootSums) -> float:
    """Cronbach's alpha of models (persons) by roots (items); KR-20 where every root is one task of one sample.

    alpha = R / (R - 1) * (1 - sum of the roots' variances / variance of the totals), variances over models. Tasks of
    one root are one item, because what they share would pass for reliability. NaN for fewer than two models or roots,
    and where all models have the same total.
    """
    models, roots = table.sums.shape
    if models < 2 or roots < 2:
        return math.nan
    total = float(table.sums.sum(axis=1).var(ddof=1))
    if total < 1e-12:
        return math.nan
    own = float(table.sums.var(axis=0, ddof=1).sum())
    return float(roots / (roots - 1) * (1 - own / total))


def resolvable_difference(
    discordance: float,
    tasks: int,
    *,
    roots: int | None = None,
    single: bool = True,
    level: float = LEVEL,
    power: float = POWER,
) -> float:
    """The smallest true difference of two models that a paired test of ``tasks`` tasks finds with the given power.

    discordance: psi, the mean squared difference per task; for one sample a task that is the share of tasks on which
    the two disagree. Connor's n = (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2, solved for d:

        d = sqrt(psi) (z_a sqrt(n) + z_b sqrt(n - z_a^2 + z_b^2)) / (n + z_b^2)

    Two models that disagree on a share psi of single samples cannot differ by more than psi; where the formula gives
    more, d is the smallest difference that is found when all disagreements go one way (psi = d). That also holds for
    models that never disagree. On few tasks that is less than an exact test can find: where u tasks (roots, if told)
    differ, all the same way, p = 2 / 2^u, so that it takes six of them at 5 %. So d is, for single samples, at least
    that with which enough of n tasks differ with the given power, P[Bin(n, d) >= 6]. NaN where no difference could be
    found with so few tasks.
    """
    units = tasks if roots is None else roots
    if math.isnan(discordance) or units < fewest_flips(level):
        return math.nan
    found = _connor(discordance, tasks, single, level, power)
    return max(found, _exact_one_way(units, level, power)) if single else found


def fewest_flips(level: float = LEVEL) -> int:
    """Flips all one way that an exact test needs to call a change more than chance: 2 / 2^u <= 1 - level."""
    return math.ceil(1 - math.log2(1 - level) - 1e-9)


def _exact_one_way(units: int, level: float, power: float) -> float:
    """d with P[Bin(units, d) >= fewest flips] = power, by bisection; rounded up to one in a million."""
    least = fewest_flips(level)
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        missed = math.fsum(math.comb(units, i) * middle**i * (1 - middle) ** (units - i) for i in range(least))
        low, high = (low, middle) if 1 - missed >= power else (middle, high)
    return high


def _connor(discordance: float, tasks: int, single: bool, level: float, power: float) -> float:
    a, b = NormalDist().inv_cdf((1 + level) / 2), NormalDist().inv_cdf(power)
    inner = tasks - a * a + b * b
    if inner > 0:
        found = math.sqrt(discordance) * (a * math.sqrt(tasks) + b * math.sqrt(inner)) / (tasks + b * b)
        if 0 < found <= (discordance if single else 1.0):
            return found
    return _one_way(tasks, a, b)


def _one_way(tasks: int, a: float, b: float) -> float:
    """d with psi = d: n d = (a + b sqrt(1 - d))^2, a quadratic in sqrt(1 - d)."""
    inner = a * a * b * b - (b * b + tasks) * (a * a - tasks)
    root = (-a * b + math.sqrt(inner)) / (b * b + tasks) if inner >= 0 else math.nan
    return 1 - root * root if root > 0 else math.nan


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One task among the models that were all given it.

    solve_rate: mean pass rate. solvers: models with a pass. discrimination: correlation over models of the pass rate
    here with the score on the other roots; NaN where either does not vary.
    """

    solve_rate: float
    solvers: int
    discrimination: float

    @property
    def never_solved(self) -> bool:
        """No model passed it in any sample."""
        return self.solvers == 0

    @property
    def solved_by_one(self) -> bool:
        """Exactly one model passed it."""
        return self.solvers == 1

    @property
    def suspect(self) -> bool:
        """Better models pass it less often: a sign of a faulty task (or of chance, with few models)."""
        return self.discrimination < 0


def item_statistics(rates: Array, roots: Sequence[str]) -> list[ItemStatistics]:
    """Statistics of every task (column) of a table of pass rates (models x tasks; none undefined)."""
    totals = rates.sum(axis=1)
    families: dict[str, list[int]] = {}
    for index, root in enumerate(roots):
        families.setdefault(root, []).append(index)
    items = []
    for index, root in enumerate(roots):
        column = rates[:, index]
        rest = totals - rates[:, families[root]].sum(axis=1)
        items.append(ItemStatistics(float(column.mean()), int((column > 0).sum()), _correlation(column, rest)))
    return items


def _correlation(one: Array, other: Array) -> float:
    if len(one) < 2:
        return math.nan
    one, other = one - one.mean(), other - other.mean()
    room = math.sqrt(float(one @ one) * float(other @ other))
    return float(np.clip(one @ other / room, -1.0, 1.0)) if room > 1e-9 else math.nan

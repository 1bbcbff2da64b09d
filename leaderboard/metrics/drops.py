"""How far scores fall on evolved tasks, and how much of a model's fall is its own.

EvoEval (Xia et al. 2024, arXiv 2403.19114) prints numbers of two formulas under one word. They have two names here:
``drop_on_altered_sets`` is that of its 39.4 % average, ``drop_with_original_in_mean`` that of its range of 19.6 to
47.7 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import DRAWS, SEED, Interval, widened_difference
from .ranks import holm_array
from .resampling import Array, bootstrap_means, difference_intervals, percentile_intervals, root_sums, sign_flip_ps


def drop_on_altered_sets(original: float, altered: Iterable[float]) -> float:
    """(original - mean of the altered sets) / original: EvoEval's average of 39.4 %; NaN where original is 0."""
    scores = list(altered)
    return (original - math.fsum(scores) / len(scores)) / original if original and scores else math.nan


def drop_with_original_in_mean(original: float, altered: Iterable[float]) -> float:
    """(original - mean of the original *and* the altered sets) / original: EvoEval's range of 19.6 to 47.7 %.

    With m altered sets it is m / (m + 1) of ``drop_on_altered_sets``, so it looks smaller; NaN where original is 0.
    """
    scores = list(altered)
    return drop_on_altered_sets(original, [original, *scores]) if scores else math.nan


@dataclass(frozen=True, slots=True)
class Excess:
    """How much more a model falls than the field: ``excess`` = own drop - ``field``, the median of the others' drops.

    interval: bootstrap over roots, the same roots drawn for all models. p: of "falls like the field", sign-flip
    permutation over roots of its drop against that of the model (or mean of the two) in the median; Holm-adjusted over
    the models, because all of them are asked. NaN without others.
    """

    field: float
    excess: float
    interval: Interval
    p: float

    @property
    def beyond_noise(self) -> bool:
        """True where the interval leaves out 0 and the permutation test agrees."""
        return self.p < 0.05 and (self.interval.low > 0 or self.interval.high < 0)


ALONE = Excess(math.nan, math.nan, Interval(math.nan, math.nan, "none", 0), math.nan)


def excess_drops(differences: Array, roots: Sequence[str], *, draws: int = DRAWS, seed: int = SEED) -> list[Excess]:
    """The excess drop of every model, from the drops of all on the same pairs (models x pairs; none undefined).

    The field is the median, not the mean, of the others: one model that collapses does not make the others look good.
    """
    models = len(differences)
    if models < 2 or not differences.shape[1]:
        return [ALONE] * models
    table = root_sums(differences, roots)
    drops = table.means
    fields = median_of_others(drops[None, :])[0]
    against = _against_median(differences, drops)
    p_values = holm_array(sign_flip_ps(root_sums(against, roots).sums, draws=draws, seed=seed))
    if table.roots < 2:
        intervals = [Interval(math.nan, math.nan, "none", table.roots)] * models
    else:
        drawn = bootstrap_means(table, draws=draws, seed=seed)
        intervals = percentile_intervals(drawn - median_of_others(drawn), table.roots)
        # Where a model differs from the field's middle on few roots, or none, or on each by 1, draws claim too much.
        certain = difference_intervals(against, roots, draws=2, seed=seed)
        parts = root_sums(against, roots).sums / table.sizes.sum()
        intervals = [
            slack if slack.method == "wilson over roots" else widened_difference(interval, part)
            for slack, interval, part in zip(certain, intervals, parts, strict=True)
        ]
    return [
        Excess(float(field), float(drop - field), interval, float(p))
        for drop, field, interval, p in zip(drops, fields, intervals, p_values, strict=True)
    ]


def median_of_others(values: Array) -> Array:
    """For each row and column: the median of the row's other columns (draws x models)."""
    models = values.shape[1]
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(models)[None, :], axis=1)
    middles = []
    for middle in ((models - 2) // 2, (models - 1) // 2):  # the one or two middle places among models - 1 others
        # Without the model itself, all that stood above it move down by one place.
        at = np.where(place <= middle, middle + 1, middle)
        middles.append(np.take_along_axis(ranked, at, axis=1))
    return np.asarray((middles[0] + middles[1]) / 2)


def _against_median(differences: Array, drops: Array) -> Array:
    """Each model's differences less those of the model (or the mean of the two) that is the median of the others."""
    rows = []
    order = np.argsort(drops, kind="stable")
    for model in range(len(drops)):
        others = order[order != model]
        middle = {int(others[(len(others) - 1) // 2]), int(others[len(others) // 2])}
        rows.append(differences[model] - differences[sorted(middle)].mean(axis=0))
    return np.array(rows)

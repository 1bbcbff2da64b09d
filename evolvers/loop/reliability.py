"""How reliably a suite of so many tasks would order models, from what given runs say of its like."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .fitness import Results


def kr20(results: Results) -> tuple[float, int]:
    """Cronbach's alpha of the given runs' items (Kuder-Richardson 20 where rates are 0 or 1), and the number of items;
    nan where it is undefined: fewer than three models or two items that all were asked, or equal totals.

    alpha = n / (n - 1) * (1 - sum of item variances / variance of totals), over the items that all models were asked.
    """
    models = list(results.rates.values())
    items = sorted(set.intersection(*(set(rates) for rates in models))) if models else []
    if len(models) < 3 or len(items) < 2:
        return math.nan, len(items)
    totals = _variance([sum(rates[item] for item in items) for rates in models])
    if totals <= 0:
        return math.nan, len(items)
    own = sum(_variance([rates[item] for rates in models]) for item in items)
    return len(items) / (len(items) - 1) * (1 - own / totals), len(items)


def projected(reliability: float, items: int, wanted: int) -> float:
    """The reliability of a suite of ``wanted`` such items where ``items`` have this one (Spearman-Brown)."""
    if math.isnan(reliability) or items < 1:
        return math.nan
    factor = wanted / items
    return factor * reliability / (1 + (factor - 1) * reliability)


def tasks_for(reliability: float, items: int, wanted: float) -> int:
    """How many such tasks have a wanted reliability (Spearman-Brown, solved for the number), rounded up.

    ValueError where no number of them does, or ``wanted`` is not between 0 and 1.
    """
    if not 0 < wanted < 1:
        raise ValueError("a reliability that can be reached lies between 0 and 1")
    if not reliability > 0 or items < 1:
        raise ValueError("the given runs say nothing of how reliable such tasks are")
    if reliability >= 1:
        return 1
    return max(1, math.ceil(items * wanted * (1 - reliability) / (reliability * (1 - wanted)) - 1e-9))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)

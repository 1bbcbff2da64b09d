"""Which runs may stand side by side: those of one measure on one suite."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .summary import PreferenceSummary


def in_groups(summaries: Sequence[PreferenceSummary]) -> list[list[PreferenceSummary]]:
    """Groups of runs whose figures can be compared, the largest first, each best first.

    Figures of two measures, or of two sets of pairs, are not compared.
    """
    found: dict[tuple[str, str], list[PreferenceSummary]] = {}
    for one in summaries:
        found.setdefault((one.suite, one.measure), []).append(one)
    groups = [sorted(group, key=_best_first) for group in found.values()]
    return sorted(groups, key=lambda group: (-len(group), group[0].suite, group[0].measure))


def _best_first(one: PreferenceSummary) -> tuple[float, str, str, str]:
    accuracy = one.overall.result.accuracy
    return (math.inf if math.isnan(accuracy) else -accuracy, one.label, one.conditioned_on, one.created)

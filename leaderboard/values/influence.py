"""What the coevolve experiment shows: the distance between its two arms, and how varied the proxy's answers are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...benchmarks.preference.timeline import Timeline
from ...harness.preference.coevolve import ARMS, proxy_kind
from ...harness.preference.value_answers import Answer, preference
from ...harness.preference.value_questions import EvidenceRule, orders, period_name
from ...harness.preference.value_run import read_answers, read_manifest, read_run_timeline

Shares = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One period of the experiment, on the items that both arms answered.

    influence: mean total variation distance of the proxy's preferences with and without advice, from 0 to 1; of the
    first round, where nobody has advised yet, it is the noise. variety_without, variety_with: mean 1 - sum of squared
    shares, 0 where all answers are one; lock_in: without less with. NaN without items.
    """

    period: str
    items: int
    influence: float
    variety_without: float
    variety_with: float

    @property
    def lock_in(self) -> float:
        """How much less varied the answers are with advice."""
        return self.variety_without - self.variety_with


def rounds(folder: Path) -> list[Round]:
    """The rounds of a coevolve run, in the order of time."""
    timeline = read_run_timeline(folder)
    rule = EvidenceRule(**read_manifest(folder)["settings"]["evidence"])
    said: dict[tuple[str, str, str], list[Answer]] = {}
    for row in read_answers(folder):
        said.setdefault((row.kind, row.target, row.item), []).append(row.answer)
    return [_round(timeline, place, rule, said) for place in range(len(timeline.periods))]


def _round(
    timeline: Timeline, place: int, rule: EvidenceRule, said: Mapping[tuple[str, str, str], Sequence[Answer]]
) -> Round:
    name = period_name(timeline, place, rule)
    pairs: list[tuple[Shares, Shares]] = []
    for item in timeline.periods[place].items:
        without, with_advice = (
            preference(said.get((proxy_kind(arm), name, item.id), []), orders(len(item.options))).shares for arm in ARMS
        )
        if without is not None and with_advice is not None:
            pairs.append((without, with_advice))
    return Round(
        period=name,
        items=len(pairs),
        influence=_mean([math.fsum(abs(a - b) for a, b in zip(x, y, strict=True)) / 2 for x, y in pairs]),
        variety_without=_mean([_variety(without) for without, _ in pairs]),
        variety_with=_mean([_variety(advised) for _, advised in pairs]),
    )


def _variety(shares: Shares) -> float:
    return 1 - math.fsum(share * share for share in shares)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

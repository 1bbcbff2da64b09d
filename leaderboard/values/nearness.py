"""How near a run of ``follow`` or ``predict`` comes to the votes, beside baselines that need no model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...benchmarks.preference.timeline import Timeline
from ..metrics.intervals import UNDEFINED, Interval, score_interval, wilson
from ..metrics.values import (
    ProbedItem,
    brier,
    centred_similarity,
    copy_last,
    extrapolated,
    kl_divergence,
    majority_credit,
    pooled,
    skill,
    value_vector,
)
from .collect import ItemAnswers, ValueRecords

Shares = tuple[float, ...]
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Nearness:
    """One predictor (the model or a baseline) on the items that it has an answer to.

    items: with an answer and votes. majority: of those, items whose votes have a majority. accuracy: share of these
    where the largest share is the majority's alone (ties are not right); half_ties: with 1/k for k options that share
    the largest. brier, kl: means over items. skill_brier, skill_error: 1 - its error / copy-last's, on the items that
    both have an answer to (shared). similarity: of its value vector to the votes', centred; NaN without dimensions.
    """

    predictor: str
    items: int
    majority: int
    accuracy: float
    interval: Interval
    half_ties: float
    brier: float
    kl: float
    shared: int
    skill_brier: float
    skill_error: float
    similarity: float


@dataclass(frozen=True, slots=True)
class PeriodNearness:
    """All predictors for one period ("all": for all together), with what became of the model's answers."""

    period: str
    asked: int
    answered: int
    invalid: int
    owed: int
    position_bias: float
    consistent: float
    predictors: tuple[Nearness, ...]


def nearness(records: ValueRecords) -> list[PeriodNearness]:
    """One entry a period that was asked about, and one for all of them."""
    places = sorted({each.place for each in records.items})
    held = [[each for each in records.items if each.place == place] for place in places]
    entries = [
        _entry(records, records.timeline.periods[p].name or "-", part) for p, part in zip(places, held, strict=True)
    ]
    return [*entries, _entry(records, "all", list(records.items))] if len(entries) > 1 else entries


def _entry(records: ValueRecords, name: str, items: Sequence[ItemAnswers]) -> PeriodNearness:
    copied = {each.item.id + f"@{each.place}": _baseline(records, each, copy_last) for each in items}
    predictors: list[tuple[str, Callable[[ItemAnswers], Shares | None]]] = [
        (MODEL, lambda each: each.shares),
        ("copy-last", lambda each: _baseline(records, each, copy_last)),
        ("extrapolate-1", lambda each: _extrapolated(records, each, 1)),
        ("extrapolate-2", lambda each: _extrapolated(records, each, 2)),
        ("majority", lambda each: _pooled(records, each)),
        ("uniform", lambda each: tuple(1 / len(each.item.options) for _ in each.item.options)),
    ]
    biases = [each.position_bias for each in items if not math.isnan(each.position_bias)]
    consistent = [each.consistent for each in items if each.consistent is not None]
    return PeriodNearness(
        period=name,
        asked=sum(each.asked for each in items),
        answered=sum(each.shares is not None for each in items),
        invalid=sum(each.invalid for each in items),
        owed=sum(each.owed for each in items),
        position_bias=_mean(biases),
        consistent=_mean([float(value) for value in consistent]),
        predictors=tuple(_nearness(title, items, predict, copied) for title, predict in predictors),
    )


def _nearness(
    title: str,
    items: Sequence[ItemAnswers],
    predict: Callable[[ItemAnswers], Shares | None],
    copied: dict[str, Shares | None],
) -> Nearness:
    rows = [
        (each, predicted, each.item.shares)
        for each in items
        for predicted in [predict(each)]
        if predicted is not None and each.item.shares is not None
    ]
    credits = [(each.item.id, majority_credit(predicted, votes)) for each, predicted, votes in rows]
    known = [(name, credit) for name, credit in credits if not math.isnan(credit)]
    right = [float(credit == 1) for _, credit in known]
    both = [(p, c, q) for each, p, q in rows for c in [copied[f"{each.item.id}@{each.place}"]] if c is not None]
    return Nearness(
        predictor=title,
        items=len(rows),
        majority=len(known),
        accuracy=_mean(right),
        interval=_interval(right, [name for name, _ in known]),
        half_ties=_mean([credit for _, credit in known]),
        brier=_mean([brier(predicted, votes) for _, predicted, votes in rows]),
        kl=_mean([kl_divergence(votes, predicted) for _, predicted, votes in rows]),
        shared=len(both),
        skill_brier=skill(math.fsum(brier(p, q) for p, _, q in both), math.fsum(brier(c, q) for _, c, q in both)),
        skill_error=skill(_errors([(p, q) for p, _, q in both]), _errors([(c, q) for _, c, q in both])),
        similarity=_similarity(rows),
    )


def _interval(right: Sequence[float], names: Sequence[str]) -> Interval:
    """Over items; where every draw would agree (each item right in as many periods), Wilson over the items."""
    found = score_interval(right, names) if right else UNDEFINED
    if found.high - found.low > 1e-9 or math.isnan(found.low):  # equal but for rounding
        return found
    items = len(set(names))
    bounds = wilson(_mean(right) * items, items)
    return Interval(bounds.low, bounds.high, "wilson over roots", items)


def _errors(pairs: Sequence[tuple[Shares, Shares]]) -> float:
    credits = [majority_credit(predicted, votes) for predicted, votes in pairs]
    return math.fsum(credit != 1 for credit in credits if not math.isnan(credit))


def _similarity(rows: Sequence[tuple[ItemAnswers, Shares, Shares]]) -> float:
    predicted = value_vector({f"{n}": _as_probed(each, said) for n, (each, said, _) in enumerate(rows)})
    actual = value_vector({f"{n}": _as_probed(each, votes) for n, (each, _, votes) in enumerate(rows)})
    return centred_similarity(list(predicted.values()), list(actual.values())) if predicted else math.nan


def _as_probed(each: ItemAnswers, shares: Shares) -> ProbedItem:
    return ProbedItem(shares, each.item.dimensions, {}, {})


def _past(records: ValueRecords, each: ItemAnswers) -> list[tuple[int, ...]]:
    """The item's votes up to the last period that may be known, the earliest first."""
    horizon = int(records.settings["horizon"]) if records.kind == "predict" else 1
    known: Timeline = records.timeline
    items = [period.item(each.item.id) for period in known.periods[: max(0, each.place - horizon + 1)]]
    return [item.votes for item in items if item is not None and item.votes]


def _shares(votes: Sequence[tuple[int, ...]]) -> list[Shares]:
    return [tuple(number / sum(row) for number in row) for row in votes]


def _baseline(
    records: ValueRecords, each: ItemAnswers, rule: Callable[[Sequence[Shares]], Shares | None]
) -> Shares | None:
    return rule(_shares(_past(records, each)))


def _extrapolated(records: ValueRecords, each: ItemAnswers, order: int) -> Shares | None:
    """As many steps as there are periods between what is known and the target."""
    history = _shares(_past(records, each))
    for _ in range(int(records.settings["horizon"]) if records.kind == "predict" else 1):
        found = extrapolated(history, order)
        if found is None:
            return None
        history = [*history, found]
    return history[-1]


def _pooled(records: ValueRecords, each: ItemAnswers) -> Shares | None:
    return pooled(_past(records, each))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan

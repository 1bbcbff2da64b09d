"""What a run cost in money, and which models nobody beats at their price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Money for a run's answers, in the unit of the prices; NaN where the price or the tokens are unknown, never 0.

    money: of the whole run. per_answer: money / answers, the cost to compare runs by.
    """

    money: float
    per_answer: float


UNKNOWN = Cost(math.nan, math.nan)


def cost_of(
    input_tokens: float, output_tokens: float, answers: int, *, per_million_in: float, per_million_out: float
) -> Cost:
    """(input tokens x price + output tokens x price) / 1,000,000; unknown where a count is NaN, or without answers."""
    if answers < 1 or math.isnan(input_tokens) or math.isnan(output_tokens):
        return UNKNOWN
    money = (input_tokens * per_million_in + output_tokens * per_million_out) / 1_000_000
    return Cost(money, money / answers)


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the (cost, score) points that no other beats: none has a lower cost and as high a score, or as low a
    cost and a higher score. By rising cost; points with an undefined or negative number are on no front; of equal
    points all are on it."""
    known = [i for i, (cost, score) in enumerate(points) if cost >= 0 and not math.isnan(score)]
    front: list[int] = []
    best, price = -math.inf, math.nan
    for i in sorted(known, key=lambda i: (points[i][0], -points[i][1])):
        cost, score = points[i]
        if score > best or (score == best and cost == price):
            front.append(i)
            best, price = score, cost
    return front

"""From answers in several orders to what was preferred: by option, whatever the position at which it stood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .value_questions import Order


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one order.

    shares: how much each option was preferred, **in the item's own order**: 1 for the one that was picked, or
    probabilities, which sum to 1; None where nothing was picked.
    """

    order: Order
    shares: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Preference:
    """What all answers to one item say together.

    shares: by option, the mean over orders of the mean within each; None unless every order was answered, since what
    is missing would leave the position in the mean. asked, invalid: answers, and those that picked nothing.
    position_bias: mean share of what stood first, less 1/n; NaN unless every order was answered. consistent: whether
    every answer had the same best option; None where an order has no answer.
    """

    shares: tuple[float, ...] | None
    asked: int
    invalid: int
    position_bias: float
    consistent: bool | None

    @property
    def choice(self) -> int | None:
        """The option that was preferred; None where there is none, or several equally."""
        return None if self.shares is None else best_of(self.shares)


def of_pick(order: Order, place: int | None) -> Answer:
    """The answer that picked one option, by its place in the item's own order; None: nothing was picked."""
    shares = None if place is None else tuple(float(place == each) for each in range(len(order)))
    return Answer(order, shares)


def of_positions(order: Order, probabilities: Sequence[float]) -> Answer:
    """The answer with a probability for each *position*: turned into the item's own order, once and here only."""
    shares = [0.0] * len(order)
    for place, probability in zip(order, probabilities, strict=True):
        shares[place] = probability
    return Answer(order, tuple(shares))


def preference(answers: Sequence[Answer], orders: Sequence[Order]) -> Preference:
    """What the answers to one item say, each of ``orders`` counting alike however often it was answered."""
    valid = [(answer.order, answer.shares) for answer in answers if answer.shares is not None]
    within = {order: [shares for each, shares in valid if each == order] for order in orders}
    invalid = len(answers) - len(valid)
    if not all(within.values()) or not within:
        return Preference(None, len(answers), invalid, math.nan, None)
    means = {order: _mean(shares) for order, shares in within.items()}
    bias = sum(shares[order[0]] for order, shares in means.items()) / len(means) - 1 / len(orders[0])
    bests = {best_of(shares) for each in within.values() for shares in each}
    consistent = len(bests) == 1 and None not in bests
    return Preference(_mean(list(means.values())), len(answers), invalid, bias, consistent)


def _mean(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(math.fsum(column) / len(rows) for column in zip(*rows, strict=True))


def best_of(shares: Sequence[float]) -> int | None:
    """The place of the largest share; None where several are as large (but for rounding)."""
    best = max(shares)
    places = [place for place, share in enumerate(shares) if math.isclose(share, best, rel_tol=0, abs_tol=1e-12)]
    return places[0] if len(places) == 1 else None

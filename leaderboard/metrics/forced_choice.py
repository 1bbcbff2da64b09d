"""Probabilities of stated choices, freed from the order in which the answers were shown.

Permutation debiasing must be checked with judges whose preference is known: one that does not look at the order must
come out with its own probabilities, one that always takes the first with equal ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .estimates import Estimate, difference_estimate, mean, names_of, share_estimate
from .intervals import SEED
from .preferences import Outcome, PairAccuracy, accuracy_of


@dataclass(frozen=True, slots=True)
class ForcedChoice:
    """A model that gives the answers of each pair a probability, in both orders.

    pairs: right where the preferred answer has more than one half in both orders, wrong where it has less in both, else
    a tie. preference: mean probability of the preferred answer, its orders averaged. consistent: share of pairs that do
    not change sides with the order. position_bias: mean probability of the first answer, minus one half; 0.5 is always
    the first. Pairs without both probabilities are skipped.
    """

    pairs: PairAccuracy
    preference: Estimate
    consistent: float
    position_bias: Estimate


def forced_choice(
    p_forward: Sequence[float],
    p_backward: Sequence[float],
    families: Sequence[str] | None = None,
    *,
    seed: int = SEED,
) -> ForcedChoice:
    """Swap-averaged choices, from the probability of the preferred answer shown first (s1) and shown second (s2):

        preference = (s1 + s2) / 2,    position bias = mean (s1 + 1 - s2) / 2 - 1/2

    NaN where it was not asked, or gave no probability. ValueError for unequal lengths or outside of [0, 1].
    """
    names = names_of(families, len(p_forward))
    sides = list(zip(p_forward, p_backward, strict=True))
    if any(not (math.isnan(p) or 0 <= p <= 1) for side in sides for p in side):
        raise ValueError("a probability outside of [0, 1]")
    outcomes = [_outcome(*side) for side in sides]
    kept = [index for index, found in enumerate(outcomes) if found != "skipped"]
    units, skipped = [names[index] for index in kept], len(sides) - len(kept)
    return ForcedChoice(
        pairs=accuracy_of(outcomes, names, seed=seed),
        preference=share_estimate([mean(sides[i]) for i in kept], units, skipped=skipped, seed=seed),
        consistent=mean([float((sides[i][0] - 0.5) * (sides[i][1] - 0.5) > 0) for i in kept]),
        position_bias=difference_estimate(
            [(sides[i][0] - sides[i][1]) / 2 for i in kept], units, skipped=skipped, seed=seed
        ),
    )


def _outcome(first: float, second: float) -> Outcome:
    if math.isnan(first + second):
        return "skipped"
    if min(first, second) > 0.5:
        return "right"
    return "wrong" if max(first, second) < 0.5 else "tie"


def averaged_over_orders(
    orders: Sequence[Sequence[int]], probabilities: Sequence[Sequence[float]]
) -> tuple[tuple[float, ...], int]:
    """The mean probability of each option over the orders in which the options were shown, and how many were invalid.

    orders[k]: which option stood at each place of showing k. probabilities[k]: of each *place* of that showing, adding
    up to 1; empty where the reply held no choice, which is counted and in no mean. NaN where no reply held one.
    ValueError where an order is no permutation, or a showing's probabilities are not one for each place.
    """
    options = len(orders[0]) if orders else 0
    sums, valid = [0.0] * options, 0
    for order, shares in zip(orders, probabilities, strict=True):
        if sorted(order) != list(range(options)):
            raise ValueError(f"the order {list(order)} is no permutation of {options} options")
        if not shares:
            continue
        if len(shares) != options:
            raise ValueError(f"{len(shares)} probabilities of {options} places")
        valid += 1
        for option, share in zip(order, shares, strict=True):
            sums[option] += share
    return tuple(total / valid if valid else math.nan for total in sums), len(orders) - valid

"""Accuracy on preference pairs: is the preferred answer scored above the other, or chosen by a judge?

A pair is right only where the preferred answer is *strictly* ahead. The definition of Chen et al. 2024, "Preference
Learning Algorithms Do Not Learn Preference Rankings" (arXiv 2405.19534, eq. 1), counts ties as right, and would give a
server that returns 0.0 for every log-likelihood 100 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .estimates import mean, names_of
from .intervals import SEED, Interval, difference_interval, score_interval, wilson

Outcome = Literal["right", "tie", "wrong", "skipped"]
Choice = Literal["chosen", "rejected", "tie", "unreadable"]
"""What a judge said of one pair in one order; unreadable: it was asked, and no choice could be read."""


@dataclass(frozen=True, slots=True)
class PairAccuracy:
    """How many pairs came out which way, and the share that is right, with its interval.

    skipped: pairs that could not be decided, in no share. accuracy: share right; ties are not right. half_ties: the
    same with half a point for a tie. margin: mean of preferred minus other score; NaN where there are no scores.
    """

    right: int
    tie: int
    wrong: int
    skipped: int
    accuracy: float
    half_ties: float
    interval: Interval
    margin: float

    @property
    def n(self) -> int:
        """Pairs in the shares."""
        return self.right + self.tie + self.wrong

    @property
    def tie_rate(self) -> float:
        """Share of pairs that tie; NaN for no pairs."""
        return self.tie / self.n if self.n else math.nan


def outcome(chosen: float, rejected: float) -> Outcome:
    """right where the preferred answer scores strictly higher; skipped where either score is NaN."""
    if math.isnan(chosen) or math.isnan(rejected):
        return "skipped"
    return "right" if chosen > rejected else "tie" if chosen == rejected else "wrong"


def ranking_accuracy(
    chosen: Sequence[float], rejected: Sequence[float], families: Sequence[str] | None = None, *, seed: int = SEED
) -> PairAccuracy:
    """Share of pairs whose preferred answer scores strictly higher (Chen et al. 2024, eq. 1, with > for >=).

    chosen[i], rejected[i]: scores of pair i, NaN where there is none (the pair is skipped). families[i]: what pair i
    was derived from, the unit of resampling; by default every pair is its own. ValueError for unequal lengths.
    """
    groups = names_of(families, len(chosen))
    if len(rejected) != len(chosen):
        raise ValueError(f"{len(chosen)} scores of preferred answers, but {len(rejected)} of the others")
    outcomes = [outcome(good, bad) for good, bad in zip(chosen, rejected, strict=True)]
    margins = [good - bad for good, bad in zip(chosen, rejected, strict=True)]
    return accuracy_of(outcomes, groups, margins, seed=seed)


def accuracy_of(
    outcomes: Sequence[Outcome],
    families: Sequence[str] | None = None,
    margins: Sequence[float] | None = None,
    *,
    seed: int = SEED,
) -> PairAccuracy:
    """The accuracy of pairs (or whole rankings) that have been decided already; margins: of each, by default none."""
    groups = names_of(families, len(outcomes))
    kept = [i for i, found in enumerate(outcomes) if found != "skipped"]
    return _accuracy(
        outcomes=outcomes,
        credits=[float(outcomes[i] == "right") for i in kept],
        halves=[_HALF[outcomes[i]] for i in kept],
        families=[groups[i] for i in kept],
        margins=[margins[i] for i in kept] if margins is not None else [],
        seed=seed,
    )


def per_unit(scores: Sequence[float], units: Sequence[float]) -> list[float]:
    """Scores divided by a length in tokens (Chen et al. 2024, eq. 15) or bytes; NaN where the length is 0 or unknown.

    Bytes can be compared between models, tokens only between runs of one tokenizer.
    """
    return [
        score / length if length > 0 else math.nan  # also where the length is NaN
        for score, length in zip(scores, units, strict=True)
    ]


def implicit_rewards(policy: Sequence[float], reference: Sequence[float]) -> list[float]:
    """log pi(y|x) - log pi_ref(y|x): DPO's implicit reward but for its factor beta, which no comparison depends on.

    The accuracy of rewards is another quantity than ranking accuracy (Chen et al. 2024, remark 2.5).
    """
    return [ours - theirs for ours, theirs in zip(policy, reference, strict=True)]


@dataclass(frozen=True, slots=True)
class JudgeAccuracy:
    """A judge that was shown each pair in one or both orders.

    pairs: right where the preferred answer was chosen in every order asked, wrong where the other one was, tie
    otherwise; accuracy is the mean over *judgements*, a pair's orders averaged. first, second: share of judgements that
    chose the preferred answer when it was shown first (second), over ``first_n`` (``second_n``). both_orders: pairs
    judged in both; consistent: share of them with one readable choice in both orders. position_bias: how much more
    often than half the answer shown first is chosen, over the pairs with two readable choices: 0.5 is always first.
    unreadable: judgements without a readable choice; unreadable_twice: pairs without one in both orders.
    """

    pairs: PairAccuracy
    first: float
    first_n: int
    second: float
    second_n: int
    both_orders: int
    consistent: float
    position_bias: float
    position_interval: Interval
    unreadable: int
    unreadable_twice: int


def judge_accuracy(
    forward: Sequence[Choice | None],
    backward: Sequence[Choice | None],
    families: Sequence[str] | None = None,
    *,
    seed: int = SEED,
) -> JudgeAccuracy:
    """Accuracy of a judge, and what the order in which it sees the answers does to it.

    forward[i]: its choice on pair i with the preferred answer shown first; backward[i]: shown second. None: not asked
    in that order; a pair asked in neither is skipped. Raises ValueError for unequal lengths.
    """
    groups = names_of(families, len(forward))
    if len(forward) != len(backward):
        raise ValueError(f"{len(forward)} judgements in one order, but {len(backward)} in the other")
    asked = [[choice for choice in orders if choice is not None] for orders in zip(forward, backward, strict=True)]
    kept = [i for i, choices in enumerate(asked) if choices]
    twice = [i for i, choices in enumerate(asked) if len(choices) == 2]
    readable = [i for i in twice if "unreadable" not in asked[i]]
    # With s1, s2 the points for the preferred answer shown first, second: the first is picked (s1 + 1 - s2) / 2 times.
    bias = [_POINTS[asked[i][0]] - _POINTS[asked[i][1]] for i in readable]
    bounds = difference_interval(bias, [groups[i] for i in readable], seed=seed)
    return JudgeAccuracy(
        pairs=_accuracy(
            outcomes=[judged_outcome(choices) for choices in asked],
            credits=[mean([choice == "chosen" for choice in asked[i]]) for i in kept],
            halves=[math.fsum(_POINTS[choice] for choice in asked[i]) / len(asked[i]) for i in kept],
            families=[groups[i] for i in kept],
            margins=[],
            seed=seed,
        ),
        first=mean([choice == "chosen" for choice in forward if choice is not None]),
        first_n=sum(choice is not None for choice in forward),
        second=mean([choice == "chosen" for choice in backward if choice is not None]),
        second_n=sum(choice is not None for choice in backward),
        both_orders=len(twice),
        consistent=mean([asked[i][0] == asked[i][1] != "unreadable" for i in twice]),
        position_bias=mean(bias) / 2,
        position_interval=replace(bounds, low=bounds.low / 2, high=bounds.high / 2),
        unreadable=sum(choice == "unreadable" for choices in asked for choice in choices),
        unreadable_twice=sum(asked[i] == ["unreadable", "unreadable"] for i in twice),
    )


def judged_outcome(choices: Sequence[Choice]) -> Outcome:
    """The outcome of a pair by the judge's choices in the orders asked: right or wrong only where all of them agree."""
    if not choices:
        return "skipped"
    if all(choice == "chosen" for choice in choices):
        return "right"
    return "wrong" if all(choice == "rejected" for choice in choices) else "tie"


_HALF = {"right": 1.0, "tie": 0.5, "wrong": 0.0}
_POINTS = {"chosen": 1.0, "tie": 0.5, "unreadable": 0.5, "rejected": 0.0}


def _accuracy(
    *,
    outcomes: Sequence[Outcome],
    credits: Sequence[float],
    halves: Sequence[float],
    families: Sequence[str],
    margins: Sequence[float],
    seed: int,
) -> PairAccuracy:
    return PairAccuracy(
        right=outcomes.count("right"),
        tie=outcomes.count("tie"),
        wrong=outcomes.count("wrong"),
        skipped=outcomes.count("skipped"),
        accuracy=mean(credits),
        half_ties=mean(halves),
        interval=_interval(credits, families, seed),
        margin=mean(margins),
    )


def _interval(credits: Sequence[float], families: Sequence[str], seed: int) -> Interval:
    """The interval of mean credits; where every draw would agree (each pair half right), Wilson over the families."""
    found = score_interval(credits, families, seed=seed)
    if found.low < found.high or math.isnan(found.low):
        return found
    roots = len(set(families))
    bounds = wilson(mean(credits) * roots, roots)
    return Interval(bounds.low, bounds.high, "wilson over roots", roots)

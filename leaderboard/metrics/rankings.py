"""Tasks with more than two answers: is the whole ranking right, how nearly, and does a judge contradict itself?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from .estimates import Estimate, difference_estimate, mean, names_of, share_estimate
from .intervals import SEED
from .preferences import Outcome, PairAccuracy, accuracy_of, outcome


@dataclass(frozen=True, slots=True)
class RankingMatch:
    """How well tasks are ranked, of those whose pairs were all decided.

    exact: a task is right where every pair that its label orders is strictly so ordered, a tie where none is the wrong
    way round but some tie, wrong otherwise. tau: mean of Kendall's tau over tasks. pairwise: mean over tasks of the
    share of pairs that are right. chance: what a coin's exact match would be on the same tasks (1/24 for four answers
    in four places); NaN where the labels' tiers are not known.
    """

    exact: PairAccuracy
    tau: Estimate
    pairwise: Estimate
    chance: float


def pair_outcomes(scores: Sequence[float], tiers: Sequence[int]) -> list[Outcome]:
    """The outcomes of all pairs of answers in different tiers.

    scores[i]: of answer i, NaN where there is none. tiers[i]: its place in the label, 0 for the best; answers of one
    tier are equally good, and nothing is asked of their order.
    """
    if len(scores) != len(tiers):
        raise ValueError(f"{len(scores)} scores, but {len(tiers)} places of answers")
    return [
        outcome(scores[one], scores[other]) if tiers[one] < tiers[other] else outcome(scores[other], scores[one])
        for one, other in combinations(range(len(scores)), 2)
        if tiers[one] != tiers[other]
    ]


def exact_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """Of a task, from its pairs: Chen et al. 2024 (arXiv 2405.19534), definition A.8, 1[rho = nu], strictly."""
    if not outcomes or "skipped" in outcomes:
        return "skipped"
    return "wrong" if "wrong" in outcomes else "tie" if "tie" in outcomes else "right"


def kendall_tau(outcomes: Sequence[Outcome]) -> float:
    """(right - wrong) / pairs (Kendall 1938, tau-a, over the pairs that the label orders); a tie of scores counts 0.

    NaN where a pair is undecided, or there is none.
    """
    if not outcomes or "skipped" in outcomes:
        return math.nan
    return (outcomes.count("right") - outcomes.count("wrong")) / len(outcomes)


def chance_of_exact(tiers: Sequence[int]) -> float:
    """The chance that a random order without ties is an exact match: product of (size of tier)! / (answers)!."""
    sizes = Counter(tiers).values()
    return math.prod(map(math.factorial, sizes)) / math.factorial(len(tiers))


def ranking_match(
    tasks: Sequence[Sequence[Outcome]],
    families: Sequence[str] | None = None,
    tiers: Sequence[Sequence[int]] | None = None,
    *,
    seed: int = SEED,
) -> RankingMatch:
    """Exact match and Kendall's tau of tasks, each given by the outcomes of its pairs (``pair_outcomes``).

    A task with an undecided pair is skipped whole. families[i]: what task i was derived from. tiers: see
    ``chance_of_exact``. ValueError for unequal lengths.
    """
    names = names_of(families, len(tasks), "tasks")
    exact = [exact_outcome(outcomes) for outcomes in tasks]
    kept = [index for index, found in enumerate(exact) if found != "skipped"]
    known, skipped = [names[index] for index in kept], len(tasks) - len(kept)
    taus = [kendall_tau(tasks[index]) for index in kept]
    shares = [tasks[index].count("right") / len(tasks[index]) for index in kept]
    return RankingMatch(
        exact=accuracy_of(exact, names, seed=seed),
        tau=difference_estimate(taus, known, skipped=skipped, seed=seed),
        pairwise=share_estimate(shares, known, skipped=skipped, seed=seed),
        chance=math.nan if tiers is None else mean([chance_of_exact(tiers[index]) for index in kept]),
    )


def transitivity(
    tasks: Sequence[Iterable[tuple[str, str]]], families: Sequence[str] | None = None, *, seed: int = SEED
) -> Estimate:
    """Share of triples of answers whose three choices form no circle (Kendall and Babington Smith 1940).

    tasks[i]: (winner, loser) of every pair of answers of task i that was decided; a pair that ties is left out, and
    with it every triple that it is in. A coin has 3/4, not 0. n counts triples, skipped those that met only in part.
    """
    names = names_of(families, len(tasks), "tasks")
    credits, units, skipped = [], [], 0
    for decided, family in zip(tasks, names, strict=True):
        won = set(decided)
        answers = sorted({answer for pair in won for answer in pair})
        for triple in combinations(answers, 3):
            wins = Counter(one for one in triple for other in triple if (one, other) in won)
            if sum(wins.values()) != 3:
                skipped += 1
                continue
            credits.append(float(max(wins.values()) > 1))  # in a circle each of the three wins once
            units.append(family)
    return share_estimate(credits, units, skipped=skipped, seed=seed)

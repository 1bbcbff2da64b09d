"""What preference training could reach at best, from the reference model alone, and how hard a pair is to learn.

Source: Chen et al. 2024, "Preference Learning Algorithms Do Not Learn Preference Rankings" (arXiv 2405.19534), for
Bradley-Terry preferences and a training (DPO or RLHF with KL penalty beta) that reaches its optimum. All scores are
log-likelihoods, and everything is computed in their space: ratios of likelihoods overflow.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .estimates import Estimate, mean, names_of, statistic_interval
from .intervals import SEED, UNDEFINED
from .resampling import Array

BETAS = (0.01, 0.1, 1.0, 5.0, 10.0)
"""A model's beta is seldom published: the authors' range."""
CERTAIN = 0.001
"""How far from 0 and 1 the raters' agreement is held: all of four raters do not make it certain (appendix C.4)."""


def idealised_margin(reference_chosen: float, reference_rejected: float, agreement: float, beta: float) -> float:
    """log pi*(chosen) - log pi*(rejected) of the optimum (eq. 2): reference margin + logit(agreement) / beta.

    agreement: share of raters that prefer the chosen answer, in [0, 1]; one half is a tie. ValueError outside of it, or
    where beta is not above 0.
    """
    if not 0 <= agreement <= 1 or not beta > 0:
        raise ValueError(f"agreement {agreement} and beta {beta}: a share, and a number above 0, are expected")
    share = min(max(agreement, CERTAIN), 1 - CERTAIN)
    return reference_chosen - reference_rejected + math.log(share / (1 - share)) / beta


def largest_beta(reference_chosen: float, reference_rejected: float, agreement: float) -> float:
    """The beta up to which the optimum ranks the pair rightly; infinite where the reference itself does.

    For pairs that a majority of raters prefer; NaN for others.
    """
    gap = reference_rejected - reference_chosen
    pull = idealised_margin(0.0, 0.0, agreement, 1.0)
    if not pull > 0:
        return math.nan
    return pull / gap if gap > 0 else math.inf


@dataclass(frozen=True, slots=True)
class IdealisedAccuracy:
    """Ranking accuracy of the optimum over the betas tried, of ``n`` pairs; NaN for none."""

    n: int
    low: float
    median: float
    high: float


def idealised_accuracy(
    reference_chosen: Sequence[float],
    reference_rejected: Sequence[float],
    agreement: Sequence[float],
    betas: Sequence[float] = BETAS,
) -> IdealisedAccuracy:
    """Share of pairs with a positive idealised margin (corollary 3.3): lowest, median and highest over ``betas``.

    A trained model's distance to the median is the paper's alignment gap. Pairs with a NaN are left out.
    """
    pairs = [
        pair
        for pair in zip(reference_chosen, reference_rejected, agreement, strict=True)
        if not any(map(math.isnan, pair))
    ]
    if not pairs:
        return IdealisedAccuracy(0, math.nan, math.nan, math.nan)
    shares = [sum(idealised_margin(*pair, beta) > 0 for pair in pairs) / len(pairs) for beta in betas]
    return IdealisedAccuracy(len(pairs), min(shares), statistics.median(shares), max(shares))


@dataclass(frozen=True, slots=True)
class AlignmentGap:
    """What training could reach at best, less what the model has, on the same ``n`` pairs.

    reachable: idealised ranking accuracy of the reference, median over betas. reached: the model's ranking accuracy,
    ties not right. gap: the difference. skipped: pairs without a score, a reference score or the raters' agreement, or
    whose label is a tie.
    """

    reachable: float
    reached: float
    gap: Estimate


def alignment_gap(
    chosen: Sequence[float],
    rejected: Sequence[float],
    reference_chosen: Sequence[float],
    reference_rejected: Sequence[float],
    agreement: Sequence[float],
    families: Sequence[str] | None = None,
    betas: Sequence[float] = BETAS,
    *,
    seed: int = SEED,
) -> AlignmentGap:
    """R*(D; pi_ref) - R(D; pi), against the median over betas (Chen et al. 2024, section 3; 19 to 59 points there).

    The interval resamples families; the median is taken anew in each draw.
    """
    names = names_of(families, len(chosen))
    rows = list(zip(chosen, rejected, reference_chosen, reference_rejected, agreement, strict=True))
    kept = [index for index, row in enumerate(rows) if not any(map(math.isnan, row)) and row[4] != 0.5]
    ideal = [[float(idealised_margin(*rows[i][2:], beta) > 0) for i in kept] for beta in betas]
    right = [float(rows[i][0] > rows[i][1]) for i in kept]
    skipped = len(rows) - len(kept)
    if not kept:
        return AlignmentGap(math.nan, math.nan, Estimate(math.nan, 0, skipped, UNDEFINED))
    reachable, reached = statistics.median(map(mean, ideal)), mean(right)

    def gap(sums: Array) -> Array:
        return np.asarray((np.median(sums[:, :-2], axis=1) - sums[:, -2]) / sums[:, -1])

    columns = [*ideal, right, [1.0] * len(kept)]
    interval = statistic_interval(columns, [names[i] for i in kept], gap, seed=seed)
    return AlignmentGap(reachable, reached, Estimate(reachable - reached, len(kept), skipped, interval))


def difficulty(reference_chosen: float, reference_rejected: float) -> float:
    """c = log pi_ref(rejected) - log pi_ref(chosen), the reference model log-ratio (section 4), in nats.

    The policy must gain more than c on the reference to rank the pair rightly. Well above 0 is hard to learn (often a
    long preferred answer), well below 0 easy; just above 0 easy to turn over. NaN where a score is.
    """
    return reference_rejected - reference_chosen


def ipo_guarantee(reference_chosen: float, reference_rejected: float, tau: float) -> float | None:
    """The IPO loss at or below which the pair is ranked rightly (proposition A.7); None where a loss of 0 means wrong.

    With r = log pi_ref(chosen) - log pi_ref(rejected): None for r < -1/(2 tau), else (r + 1/(2 tau))^2.
    """
    ratio = reference_chosen - reference_rejected
    return None if ratio < -1 / (2 * tau) else (ratio + 1 / (2 * tau)) ** 2


def dpo_loss(policy_margin: float, reference_margin: float, beta: float) -> float:
    """-log sigmoid(beta (policy margin - reference margin)), margins of log-likelihoods (definition 2.2)."""
    return _softplus(-beta * (policy_margin - reference_margin))


def weighted_dpo_loss(policy_margin: float, reference_margin: float, beta: float, gamma: float) -> float:
    """DPO^gamma (eq. 4): -log sigmoid(beta policy margin - gamma reference margin); gamma = beta is DPO itself."""
    return _softplus(-(beta * policy_margin - gamma * reference_margin))


def loss_to_rank(reference_margin: float, beta: float) -> float:
    """The DPO loss at or below which, and only then, the policy ranks the pair rightly (theorem 4.1).

    -log sigmoid(beta c) with c = -reference_margin. The larger c, the further the policy must go from the reference:
    c is how hard the pair is, and needs no training to know.
    """
    return _softplus(beta * reference_margin)


def _softplus(x: float) -> float:
    """log(1 + e^x) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))

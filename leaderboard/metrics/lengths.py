"""How long the answers are, and how far the model has moved from its reference on them, beside a preference score.

LN-DPO (Ahrabian et al. 2024, "The Hitchhiker's Guide to Human Alignment with *PO", arXiv 2407.15229) reports both
beside every score, since training for preferences buys wins with length and with distance.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .estimates import Estimate, mean, mean_estimate, names_of, ratio, statistic_interval
from .intervals import SEED


@dataclass(frozen=True, slots=True)
class LengthStatistics:
    """Lengths of ``n`` pairs whose lengths are known (``skipped``: those of which they are not), in their unit.

    chosen, rejected: means with intervals over families; median_chosen, median_rejected. ratio: mean length of chosen
    over mean length of rejected answers. longer, equal: shares of pairs whose chosen answer is longer, or as long.
    """

    n: int
    skipped: int
    chosen: Estimate
    rejected: Estimate
    median_chosen: float
    median_rejected: float
    ratio: Estimate
    longer: float
    equal: float


def length_statistics(
    chosen: Sequence[float], rejected: Sequence[float], families: Sequence[str] | None = None, *, seed: int = SEED
) -> LengthStatistics:
    """Lengths of the answers of pairs; NaN where one is unknown. ValueError for unequal numbers."""
    names = names_of(families, len(chosen))
    rows = [
        (good, bad, name) for good, bad, name in zip(chosen, rejected, names, strict=True) if not math.isnan(good + bad)
    ]
    goods, bads, units = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    skipped, n = len(chosen) - len(rows), len(rows)
    total = math.fsum(bads)
    return LengthStatistics(
        n=n,
        skipped=skipped,
        chosen=mean_estimate(goods, units, skipped=skipped, seed=seed),
        rejected=mean_estimate(bads, units, skipped=skipped, seed=seed),
        median_chosen=statistics.median(goods) if goods else math.nan,
        median_rejected=statistics.median(bads) if bads else math.nan,
        ratio=Estimate(
            math.fsum(goods) / total if total else math.nan,
            n,
            skipped,
            statistic_interval([goods, bads], units, ratio, seed=seed),
        ),
        longer=mean([float(good > bad) for good, bad, _ in rows]),
        equal=mean([float(good == bad) for good, bad, _ in rows]),
    )


@dataclass(frozen=True, slots=True)
class ReferenceDistance:
    """How far the model stands from its reference, in nats a token, over the ``n`` answers of pairs.

    shift: mean of (log pi - log pi_ref) / tokens: above 0 the given answers have become likelier; on answers that the
    model wrote itself it would estimate the KL divergence, on given ones it does not. moved: mean of its size without
    sign, or of the mean |log pi - log pi_ref| of tokens where these are known, which is never smaller.
    chosen_shift, rejected_shift: of either kind of answer alone.
    """

    n: int
    skipped: int
    shift: Estimate
    moved: Estimate
    chosen_shift: float
    rejected_shift: float


def reference_distance(
    policy: Sequence[tuple[float, float]],
    reference: Sequence[tuple[float, float]],
    tokens: Sequence[tuple[float, float]],
    families: Sequence[str] | None = None,
    *,
    distances: Sequence[tuple[float, float]] | None = None,
    seed: int = SEED,
) -> ReferenceDistance:
    """Distance to the reference from (chosen, rejected) log-likelihoods and lengths in tokens of each pair.

    distances: mean |log pi - log pi_ref| of the tokens of both answers (``tokens.distance_per_token``), where known. A
    pair with a NaN, or an answer of 0 tokens, is skipped. ValueError for unequal numbers.
    """
    names = names_of(families, len(policy))
    shifts, moved, units = [], [], []
    per_token = distances if distances is not None else [(math.nan, math.nan)] * len(policy)
    for ours, theirs, lengths, sizes, name in zip(policy, reference, tokens, per_token, names, strict=True):
        if math.isnan(math.fsum((*ours, *theirs, *lengths))) or min(lengths) <= 0:
            continue
        pair = [(one - other) / length for one, other, length in zip(ours, theirs, lengths, strict=True)]
        shifts.append(pair)
        moved.append([abs(one) if math.isnan(size) else size for one, size in zip(pair, sizes, strict=True)])
        units.append(name)
    skipped = len(policy) - len(shifts)
    both = [mean(pair) for pair in shifts]
    sizes_ = [mean(pair) for pair in moved]
    return ReferenceDistance(
        n=len(shifts),
        skipped=skipped,
        shift=mean_estimate(both, units, skipped=skipped, seed=seed),
        moved=mean_estimate(sizes_, units, skipped=skipped, seed=seed),
        chosen_shift=mean([pair[0] for pair in shifts]),
        rejected_shift=mean([pair[1] for pair in shifts]),
    )

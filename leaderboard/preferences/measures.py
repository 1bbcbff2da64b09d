"""The measures of a file of scored preference pairs, each under a name of its own, and the two sides they compare.

Figures of one measure can be compared between models; figures of two measures cannot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..metrics.preferences import (
    JudgeAccuracy,
    PairAccuracy,
    implicit_rewards,
    judge_accuracy,
    per_unit,
    ranking_accuracy,
)
from .table import Pair, PreferenceRun, Unit

RANKING = "ranking accuracy"
PER_TOKEN = "ranking accuracy per token"
PER_BYTE = "ranking accuracy per byte"
REF_FREE_L2 = "accuracy by the norm of token log-probabilities"
IMPLICIT_REWARD = "implicit reward accuracy"
REFERENCE = "ranking accuracy of the reference"
REWARD_MODEL = "reward model accuracy"
JUDGE = "judge accuracy"

Measure = Callable[[Sequence[Pair], int], PairAccuracy]
"""The accuracy of pairs, given a seed for their interval."""
Scores = Callable[[Pair], tuple[float, float]]
"""The two sides of a pair under one measure, the preferred answer first; NaN where the file does not say."""


def measures_of(run: PreferenceRun) -> dict[str, Measure]:
    """The measures this file allows, the headline first."""
    if run.mode == "judge":
        return {JUDGE: lambda rows, seed: judged(rows, seed).pairs}
    if run.mode == "reward":
        return {REWARD_MODEL: ranked_by(stated_scores)}
    if run.score_unit == "sequence":
        offered: dict[str, Scores] = {
            RANKING: stated_scores,
            PER_TOKEN: lambda row: _divided(stated_scores(row), token_lengths(row)),
            PER_BYTE: lambda row: _divided(stated_scores(row), byte_lengths(row)),
            REF_FREE_L2: _norms,
            IMPLICIT_REWARD: _rewards,
            REFERENCE: reference_scores,
        }
    else:
        offered = {
            PER_TOKEN: stated_scores,
            RANKING: _sums,
            PER_BYTE: lambda row: _divided(_sums(row), byte_lengths(row)),
            REF_FREE_L2: _norms,
            IMPLICIT_REWARD + " per token": _rewards,
            REFERENCE + " per token": reference_scores,
        }
    first, *others = offered
    known = [name for name in others if any(not math.isnan(sum(offered[name](row))) for row in run.rows)]
    return {name: ranked_by(offered[name]) for name in (first, *known)}


def headline(run: PreferenceRun) -> str:
    """The name of the measure that a run is known by."""
    if run.mode != "loglikelihood":
        return JUDGE if run.mode == "judge" else REWARD_MODEL
    return RANKING if run.score_unit == "sequence" else PER_TOKEN


def ranked_by(scores: Scores) -> Measure:
    """The measure that calls a pair right where its first side is strictly larger."""

    def measure(rows: Sequence[Pair], seed: int) -> PairAccuracy:
        sides = [scores(row) for row in rows]
        families = [row.family for row in rows]
        return ranking_accuracy([good for good, _ in sides], [bad for _, bad in sides], families, seed=seed)

    return measure


def stated_scores(row: Pair) -> tuple[float, float]:
    """The model's scores of a pair, NaN where it was skipped."""
    return (math.nan, math.nan) if row.skipped else (row.chosen_score, row.rejected_score)


def reference_scores(row: Pair) -> tuple[float, float]:
    """The reference model's scores of a pair, NaN where it was skipped."""
    return (math.nan, math.nan) if row.skipped else (row.reference_chosen_score, row.reference_rejected_score)


def per_token_scores(row: Pair, unit: Unit, scores: tuple[float, float] | None = None) -> tuple[float, float]:
    """Mean token log-probabilities of a pair (or ``scores`` in that unit); NaN where the tokens are not known."""
    scores = stated_scores(row) if scores is None else scores
    return scores if unit == "token" else _divided(scores, token_lengths(row))


def _norms(row: Pair) -> tuple[float, float]:
    """Minus the norms of the token log-probabilities, so that higher is likelier."""
    return (math.nan, math.nan) if row.skipped else (-row.chosen_l2, -row.rejected_l2)


def _rewards(row: Pair) -> tuple[float, float]:
    good, bad = implicit_rewards(stated_scores(row), reference_scores(row))
    return good, bad


def _sums(row: Pair) -> tuple[float, float]:
    """Sums over tokens, from means per token."""
    (good, bad), (good_length, bad_length) = stated_scores(row), token_lengths(row)
    return good * good_length, bad * bad_length


def token_lengths(row: Pair) -> tuple[float, float]:
    """Tokens of both answers."""
    return row.chosen_tokens, row.rejected_tokens


def byte_lengths(row: Pair) -> tuple[float, float]:
    """UTF-8 bytes of both answers."""
    return row.chosen_bytes, row.rejected_bytes


def _divided(scores: tuple[float, float], lengths: tuple[float, float]) -> tuple[float, float]:
    good, bad = per_unit(scores, lengths)
    return good, bad


def judged(rows: Sequence[Pair], seed: int) -> JudgeAccuracy:
    """A judge's accuracy and what the order of the answers did to it."""
    return judge_accuracy(
        [None if row.skipped else row.forward for row in rows],
        [None if row.skipped else row.backward for row in rows],
        [row.family for row in rows],
        seed=seed,
    )

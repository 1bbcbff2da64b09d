"""What an answer's token log-probabilities add up to: one score for each way to compare answers.

All are in nats, higher is likelier, and none is comparable with another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def log_likelihood(logprobs: Sequence[float]) -> float:
    """Sum over tokens: log pi(y|x) (Chen et al. 2024, arXiv 2405.19534, eq. 13); NaN for no tokens."""
    return math.fsum(logprobs) if logprobs else math.nan


def mean_logprob(logprobs: Sequence[float]) -> float:
    """Mean over tokens, the log of the length-normalised likelihood (eq. 15); NaN for no tokens."""
    return math.fsum(logprobs) / len(logprobs) if logprobs else math.nan


def l2_norm(logprobs: Sequence[float]) -> float:
    """Euclidean norm of the token log-probabilities, 0 or more; NaN for no tokens."""
    return math.hypot(*logprobs) if logprobs else math.nan


def ref_free_l2(logprobs: Sequence[float]) -> float:
    """Minus the norm: RewardBench's reference-free score with ``ref_free_norm="norm"`` (arXiv 2403.13787).

    Between sum and mean: an answer of n equally likely tokens scores sqrt(n) times the log-probability of one.
    """
    return -l2_norm(logprobs)


def distance_per_token(policy: Sequence[float], reference: Sequence[float]) -> float:
    """Mean over an answer's tokens of |log pi - log pi_ref|, in nats: how far training has moved the model there.

    Both sides are of the same tokens, so of one tokenizer; ValueError where they differ in number. NaN for no tokens.
    """
    if len(policy) != len(reference):
        raise ValueError(f"{len(policy)} tokens of the policy, but {len(reference)} of the reference: two tokenizers?")
    if not policy:
        return math.nan
    return math.fsum(abs(ours - theirs) for ours, theirs in zip(policy, reference, strict=True)) / len(policy)

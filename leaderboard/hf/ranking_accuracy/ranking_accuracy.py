"""Ranking accuracy as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.preferences`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.preferences import implicit_rewards, per_unit, ranking_accuracy
from evalrun.leaderboard.metrics.ties import TOLERANCE, tie_aware_accuracy

_DESCRIPTION = """
Ranking accuracy: the share of preference pairs whose preferred answer a model scores strictly higher than the other,
with ties stated and never right, and a 95 % interval.
"""

_CITATION = """
@article{chen2024preference,
  title={Preference Learning Algorithms Do Not Learn Preference Rankings},
  author={Chen, Angelica and others},
  journal={arXiv preprint arXiv:2405.19534},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    chosen_scores: one float a pair, the score of the preferred answer: its log-likelihood, or a reward. Not a number,
        or None: the pair is skipped.
    rejected_scores: the same of the other answer.
    chosen_lengths, rejected_lengths: lengths in tokens or bytes to divide the scores by; default none.
    reference_chosen, reference_rejected: log-likelihoods of a reference model, taken off first: the accuracy is then
    that of DPO's implicit reward, another quantity, and comes as implicit_reward_accuracy. Default none.
    agreement: share of raters for the preferred answer; a pair of one half is a tie by label, in tie_aware_accuracy
    only. Default none. tolerance: within which scores (give lengths in tokens) count as a tie; default 0.01.
    families: what each pair was derived from, a list of texts; pairs of one family are resampled together. Default:
        every pair is its own.
Returns:
    ranking_accuracy: share of pairs strictly right. low, high: its 95 % interval (Wilson for pairs that are their own
    families, else a bootstrap over families). with_half_ties: the same with half a point for a tie. tie_rate: share of
    ties. right, ties, wrong, skipped: counts. mean_margin: mean of preferred minus other score.
    With agreement also tie_aware_accuracy, labelled_ties and labelled_ties_right. A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("ranking_accuracy"))
    >>> metric.compute(chosen_scores=[-3.0, -5.0], rejected_scores=[-4.0, -4.0])["ranking_accuracy"]
    0.5
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class RankingAccuracy(evaluate.Metric):
    """Strict ranking accuracy of scored pairs."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {name: datasets.Value("float64") for name in ("chosen_scores", "rejected_scores")}
            ),
            reference_urls=["https://arxiv.org/abs/2405.19534"],
        )

    def _compute(
        self,
        chosen_scores: list[float | None],
        rejected_scores: list[float | None],
        chosen_lengths: list[float] | None = None,
        rejected_lengths: list[float] | None = None,
        families: list[str] | None = None,
        reference_chosen: list[float] | None = None,
        reference_rejected: list[float] | None = None,
        agreement: list[float] | None = None,
        tolerance: float = TOLERANCE,
    ) -> dict[str, float | int]:
        chosen = [float("nan") if score is None else score for score in chosen_scores]
        rejected = [float("nan") if score is None else score for score in rejected_scores]
        if (chosen_lengths is None) != (rejected_lengths is None):
            raise ValueError("lengths of one side only; give both or none")
        if (reference_chosen is None) != (reference_rejected is None):
            raise ValueError("reference scores of one side only; give both or none")
        if reference_chosen is not None and reference_rejected is not None:
            chosen, rejected = (
                implicit_rewards(chosen, reference_chosen),
                implicit_rewards(rejected, reference_rejected),
            )
        if chosen_lengths is not None and rejected_lengths is not None:
            chosen, rejected = per_unit(chosen, chosen_lengths), per_unit(rejected, rejected_lengths)
        labels = [1.0] * len(chosen) if agreement is None else agreement
        plain = [index for index, share in enumerate(labels) if share != 0.5]
        units = None if families is None else [families[index] for index in plain]
        found = ranking_accuracy([chosen[i] for i in plain], [rejected[i] for i in plain], units)
        name = "ranking_accuracy" if reference_chosen is None else "implicit_reward_accuracy"
        results: dict[str, float | int] = {
            name: found.accuracy,
            "low": found.interval.low,
            "high": found.interval.high,
            "with_half_ties": found.half_ties,
            "tie_rate": found.tie_rate,
            "right": found.right,
            "ties": found.tie,
            "wrong": found.wrong,
            "skipped": found.skipped,
            "mean_margin": found.margin,
        }
        if agreement is not None:
            ties = tie_aware_accuracy(chosen, rejected, agreement, families, tolerance=tolerance)
            results |= {
                "tie_aware_accuracy": ties.all.accuracy,
                "labelled_ties": ties.tied.n,
                "labelled_ties_right": ties.tied.right,
            }
        return results

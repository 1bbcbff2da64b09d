"""Idealised ranking accuracy as a Hugging Face `evaluate` metric: over `evalrun.leaderboard.metrics.idealised`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.idealised import alignment_gap, idealised_accuracy

_DESCRIPTION = """
What perfect preference training (DPO or RLHF) could reach from a reference model's log-likelihoods and the raters'
agreement, over a range of beta; and, with a policy's log-likelihoods, the alignment gap.
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
    reference_chosen, reference_rejected: log-likelihoods of both answers under the reference model.
    agreement: share of raters that prefer the chosen answer, in [0, 1]; held within [0.001, 0.999].
    chosen_scores, rejected_scores: log-likelihoods under the trained model, for the alignment gap. Default: none.
    families: what each pair was derived from, a list of texts. betas: default 0.01, 0.1, 1, 5, 10.
Returns:
    n; idealised_low, idealised_median, idealised_high: over the betas. With scores also alignment_gap, gap_low,
    gap_high (95 % interval), reached and gap_n. A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("idealised_accuracy"))
    >>> metric.compute(reference_chosen=[-2.77], reference_rejected=[-2.08], agreement=[0.75])["idealised_median"]
    1.0
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class IdealisedRankingAccuracy(evaluate.Metric):
    """Idealised ranking accuracy and the alignment gap."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {name: datasets.Value("float64") for name in ("reference_chosen", "reference_rejected", "agreement")}
            ),
            reference_urls=["https://arxiv.org/abs/2405.19534"],
        )

    def _compute(
        self,
        reference_chosen: list[float],
        reference_rejected: list[float],
        agreement: list[float],
        chosen_scores: list[float] | None = None,
        rejected_scores: list[float] | None = None,
        families: list[str] | None = None,
        betas: tuple[float, ...] = (0.01, 0.1, 1.0, 5.0, 10.0),
    ) -> dict[str, float | int]:
        found = idealised_accuracy(reference_chosen, reference_rejected, agreement, betas)
        results: dict[str, float | int] = {
            "n": found.n,
            "idealised_low": found.low,
            "idealised_median": found.median,
            "idealised_high": found.high,
        }
        if (chosen_scores is None) != (rejected_scores is None):
            raise ValueError("scores of one side only; give both or none")
        if chosen_scores is not None and rejected_scores is not None:
            sides = (chosen_scores, rejected_scores, reference_chosen, reference_rejected)
            gap = alignment_gap(*sides, agreement, families, betas)
            results |= {
                "alignment_gap": gap.gap.value,
                "gap_low": gap.gap.interval.low,
                "gap_high": gap.gap.interval.high,
                "reached": gap.reached,
                "gap_n": gap.gap.n,
            }
        return results

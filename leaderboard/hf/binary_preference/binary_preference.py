"""Binary preference as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.calibration`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.calibration import binary_preference

_DESCRIPTION = """
Single answers that were liked or not, scored by a model: AUROC, the threshold of Binary Classifier Optimization,
accuracy on either side of it, Brier score and expected calibration error.
"""

_CITATION = """
@article{jung2024binary,
  title={Binary Classifier Optimization for Large Language Model Alignment},
  author={Jung, Seungjae and others},
  journal={arXiv preprint arXiv:2404.04656},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    scores: one float an answer. Not a number: skipped.
    labels: 1 for thumbs up, 0 for thumbs down.
    are_probabilities: the scores are chances of a thumb up. Default: rewards, made into sigma(score - threshold).
    families: what each answer was derived from, a list of texts. Default: every answer is its own.
Returns:
    auroc, low, high with its 95 % interval; ties: share of (up, down) couples that tie; threshold; accuracy; brier;
    base_brier: what the constant share of likes gets; ece; up, down, skipped: counts. NaN where undefined.
Examples:
    >>> metric = evaluate.load(module_path("binary_preference"))
    >>> metric.compute(scores=[3.0, 2.0, 1.0, 2.0], labels=[1, 1, 0, 0])["auroc"]
    0.875
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class BinaryPreferenceMetric(evaluate.Metric):
    """AUROC and calibration of scored thumbs."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"scores": datasets.Value("float64"), "labels": datasets.Value("int64")}),
            reference_urls=["https://arxiv.org/abs/2404.04656"],
        )

    def _compute(
        self,
        scores: list[float],
        labels: list[int],
        are_probabilities: bool = False,
        families: list[str] | None = None,
    ) -> dict[str, float | int]:
        if any(label not in (0, 1) for label in labels):
            raise ValueError("labels: 1 for thumbs up, 0 for thumbs down")
        liked = [bool(label) for label in labels]
        found = binary_preference(scores, liked, families, are_probabilities=are_probabilities)
        return {
            "auroc": found.auroc,
            "low": found.auroc_interval.low,
            "high": found.auroc_interval.high,
            "ties": found.ties,
            "threshold": found.threshold,
            "accuracy": found.accuracy,
            "brier": found.calibration.brier,
            "base_brier": found.calibration.base_brier,
            "ece": found.calibration.ece,
            "up": found.up,
            "down": found.down,
            "skipped": found.skipped,
        }

"""Accuracy by group of raters as a Hugging Face `evaluate` metric: over `evalrun.leaderboard.metrics.groups`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.groups import Votes, group_accuracies
from evalrun.leaderboard.metrics.preferences import outcome

_DESCRIPTION = """
The share of raters' votes that a model's ranking of pairs agrees with, by group of raters: worst group, spread, and the
plurality ceiling, which no single ranking can pass.
"""

_CITATION = """
@article{chen2024pal,
  title={PAL: Pluralistic Alignment Framework for Learning from Heterogeneous Preferences},
  author={Chen, Daiwei and others},
  journal={arXiv preprint arXiv:2406.08469},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    chosen_scores, rejected_scores: one float a pair. Not a number: the pair is skipped.
    votes: of each pair {group: [votes for chosen, for rejected, for neither]}.
    families: what each pair was derived from, a list of texts. Default: every pair is its own.
Returns:
    accuracy, low, high: over all votes. ceiling: the most that one ranking can agree with. attained: (accuracy - 1/2) /
    (ceiling - 1/2). min_group, max_minus_min. votes. groups: of each its accuracy, low, high, votes, ceiling.
    A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("group_accuracy"))
    >>> pairs = {"chosen_scores": [1.0], "rejected_scores": [0.0]}
    >>> metric.compute(**pairs, votes=[{"a": [3, 1, 0]}])["accuracy"]
    0.75
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class GroupAccuracyMetric(evaluate.Metric):
    """Accuracy by group of raters."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {name: datasets.Value("float64") for name in ("chosen_scores", "rejected_scores")}
            ),
            reference_urls=["https://arxiv.org/abs/2406.08469"],
        )

    def _compute(
        self,
        chosen_scores: list[float],
        rejected_scores: list[float],
        votes: list[dict[str, list[int]]],
        families: list[str] | None = None,
    ) -> dict[str, object]:
        outcomes = [outcome(good, bad) for good, bad in zip(chosen_scores, rejected_scores, strict=True)]
        counted = [{name: Votes(*counts) for name, counts in one.items()} for one in votes]
        found = group_accuracies(outcomes, counted, families)
        whole = found.everybody
        return {
            "accuracy": whole.accuracy,
            "low": whole.interval.low,
            "high": whole.interval.high,
            "votes": whole.n,
            "skipped": whole.skipped,
            "ceiling": whole.ceiling,
            "attained": whole.attained,
            "min_group": found.least,
            "max_minus_min": found.spread,
            "groups": {
                each.name: {
                    "accuracy": each.accuracy,
                    "low": each.interval.low,
                    "high": each.interval.high,
                    "votes": each.n,
                    "ceiling": each.ceiling,
                }
                for each in found.groups
            },
        }

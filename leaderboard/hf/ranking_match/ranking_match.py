"""Ranking match as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.rankings`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.rankings import pair_outcomes, ranking_match

_DESCRIPTION = """
Rankings of several answers to one prompt: the share of prompts whose whole ranking a model's scores give
strictly, and the mean of Kendall's tau.
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
    scores: of each task, one float an answer. Not a number: the task is skipped.
    tiers: of each task, the place of each answer in the label, 0 for the best; equal places are equally good.
    families: what each task was derived from, a list of texts. Default: every task is its own.
Returns:
    exact_match, low, high: share of tasks with every labelled pair strictly in order, and its 95 % interval.
    chance: what a coin gets. kendall_tau, tau_low, tau_high. pairwise: mean share of pairs in order. right, ties,
    wrong, skipped: tasks. A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("ranking_match"))
    >>> metric.compute(scores=[[-1.0, -3.0, -2.0]], tiers=[[0, 1, 2]])["exact_match"]
    0.0
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class RankingMatchMetric(evaluate.Metric):
    """Exact match and Kendall's tau of rankings."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "scores": datasets.Sequence(datasets.Value("float64")),
                    "tiers": datasets.Sequence(datasets.Value("int64")),
                }
            ),
            reference_urls=["https://arxiv.org/abs/2405.19534"],
        )

    def _compute(
        self, scores: list[list[float]], tiers: list[list[int]], families: list[str] | None = None
    ) -> dict[str, float | int]:
        outcomes = [pair_outcomes(each, places) for each, places in zip(scores, tiers, strict=True)]
        found = ranking_match(outcomes, families, tiers)
        return {
            "exact_match": found.exact.accuracy,
            "low": found.exact.interval.low,
            "high": found.exact.interval.high,
            "chance": found.chance,
            "kendall_tau": found.tau.value,
            "tau_low": found.tau.interval.low,
            "tau_high": found.tau.interval.high,
            "pairwise": found.pairwise.value,
            "right": found.exact.right,
            "ties": found.exact.tie,
            "wrong": found.exact.wrong,
            "skipped": found.exact.skipped,
        }

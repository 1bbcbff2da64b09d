"""Judge accuracy as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.preferences`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.preferences import judge_accuracy

_DESCRIPTION = """
A judge is shown each pair of answers in one or both orders. Its accuracy is the mean over judgements; beside it stand
position bias, consistency, and replies without a readable choice. It is never called ranking accuracy.
"""

_CITATION = """
@article{zheng2023judging,
  title={Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena},
  author={Zheng, Lianmin and others},
  journal={arXiv preprint arXiv:2306.05685},
  year={2023}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    forward: the judge's choice with the preferred answer shown first: chosen, rejected, tie, or unreadable; "" or None
        where it was not asked.
    backward: the same with the preferred answer shown second.
    families: what each pair was derived from, a list of texts. Default: every pair is its own.
Returns:
    judge_accuracy, low, high: mean over judgements with its 95 % interval. right, ties, wrong, skipped: pairs; right
    where the preferred answer was chosen in every order. right_preferred_first, right_preferred_second. consistency:
    share of pairs with one choice in both orders, of both_orders. position_bias, bias_low, bias_high: -0.5 to 0.5, 0.5
    is always the first. unreadable, unreadable_twice. A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("judge_accuracy"))
    >>> metric.compute(forward=["chosen"], backward=["rejected"])["position_bias"]
    0.5
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class JudgeAccuracyMetric(evaluate.Metric):
    """Accuracy of a judge with the effects of order."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({name: datasets.Value("string") for name in ("forward", "backward")}),
            reference_urls=["https://arxiv.org/abs/2306.05685"],
        )

    def _compute(
        self, forward: list[str | None], backward: list[str | None], families: list[str] | None = None
    ) -> dict[str, float | int]:
        known = ("chosen", "rejected", "tie", "unreadable", "", None)
        strange = [choice for choice in (*forward, *backward) if choice not in known]
        if strange:
            raise ValueError(f"{strange[0]!r}: a choice is chosen, rejected, tie, unreadable or empty")
        found = judge_accuracy([one or None for one in forward], [one or None for one in backward], families)
        return {
            "judge_accuracy": found.pairs.accuracy,
            "low": found.pairs.interval.low,
            "high": found.pairs.interval.high,
            "right": found.pairs.right,
            "ties": found.pairs.tie,
            "wrong": found.pairs.wrong,
            "skipped": found.pairs.skipped,
            "right_preferred_first": found.first,
            "right_preferred_second": found.second,
            "consistency": found.consistent,
            "both_orders": found.both_orders,
            "position_bias": found.position_bias,
            "bias_low": found.position_interval.low,
            "bias_high": found.position_interval.high,
            "unreadable": found.unreadable,
            "unreadable_twice": found.unreadable_twice,
        }

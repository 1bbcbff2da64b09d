"""Win rate as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.winrate`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.winrate import length_controlled_win_rate, win_rate

_DESCRIPTION = """
The share of comparisons that a model wins against a baseline, a tie counting half; and, where lengths are given, the
win rate that a logistic fit expects at equal length.
"""

_CITATION = """
@article{dubois2024length,
  title={Length-Controlled AlpacaEval: A Simple Way to Debias Automatic Evaluators},
  author={Dubois, Yann and others},
  journal={arXiv preprint arXiv:2404.04475},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    preferences: 1 where the model's answer is preferred, 0 where the baseline's is, 0.5 for neither, or a probability.
        Not a number: skipped.
    lengths, baseline_lengths: of both answers, in any unit, for the length-controlled win rate. Default: none.
    families: what each comparison was derived from, a list of texts. Default: every one is its own.
Returns:
    win_rate, low, high: mean preference with its 95 % interval. strict: share of wins. wins, ties, losses, skipped.
    With lengths also length_controlled, lc_low, lc_high, length_effect (log-odds; above 0 the longer answer is
    preferred) and lc_n. A share of nothing is NaN.
Examples:
    >>> metric = evaluate.load(module_path("win_rate"))
    >>> metric.compute(preferences=[1.0, 1.0, 0.5, 0.0])["win_rate"]
    0.625
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class WinRateMetric(evaluate.Metric):
    """Win rate, plain and at equal length."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"preferences": datasets.Value("float64")}),
            reference_urls=["https://arxiv.org/abs/2404.04475"],
        )

    def _compute(
        self,
        preferences: list[float],
        lengths: list[float] | None = None,
        baseline_lengths: list[float] | None = None,
        families: list[str] | None = None,
    ) -> dict[str, float | int]:
        values = [float("nan") if one is None else one for one in preferences]
        found = win_rate(values, families)
        results: dict[str, float | int] = {
            "win_rate": found.rate,
            "low": found.interval.low,
            "high": found.interval.high,
            "strict": found.strict,
            "wins": found.win,
            "ties": found.tie,
            "losses": found.loss,
            "skipped": found.skipped,
        }
        if (lengths is None) != (baseline_lengths is None):
            raise ValueError("lengths of one side only; give both or none")
        if lengths is not None and baseline_lengths is not None:
            level = length_controlled_win_rate(values, lengths, baseline_lengths, families)
            results |= {
                "length_controlled": level.rate,
                "lc_low": level.interval.low,
                "lc_high": level.interval.high,
                "length_effect": level.length_effect,
                "lc_n": level.n,
            }
        return results

"""Response lengths as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.lengths`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.lengths import length_statistics, reference_distance

_DESCRIPTION = """
Lengths of the answers of preference pairs, and, with log-likelihoods of a model and its reference, how far the model
has moved on them: what belongs beside every preference score.
"""

_CITATION = """
@article{ahrabian2024hitchhiker,
  title={The Hitchhiker's Guide to Human Alignment with *PO},
  author={Ahrabian, Kian and others},
  journal={arXiv preprint arXiv:2407.15229},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    chosen_lengths, rejected_lengths: of both answers of each pair, in tokens where log-likelihoods are given.
    policy, reference: of each pair [log-likelihood of chosen, of rejected], under the model and its reference.
        Default: none.
    families: what each pair was derived from, a list of texts. Default: every pair is its own.
Returns:
    n, skipped; chosen_mean, rejected_mean, chosen_median, rejected_median; ratio, ratio_low, ratio_high: of the means
    with its 95 % interval; longer: share of pairs whose chosen answer is longer. With log-likelihoods also shift and
    moved (mean of (log pi - log pi_ref) / tokens, with and without its sign), moved_low, moved_high. NaN of nothing.
Examples:
    >>> metric = evaluate.load(module_path("response_lengths"))
    >>> metric.compute(chosen_lengths=[10.0, 20.0], rejected_lengths=[5.0, 10.0])["ratio"]
    2.0
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class ResponseLengths(evaluate.Metric):
    """Lengths of answers and the distance to a reference."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {name: datasets.Value("float64") for name in ("chosen_lengths", "rejected_lengths")}
            ),
            reference_urls=["https://arxiv.org/abs/2407.15229"],
        )

    def _compute(
        self,
        chosen_lengths: list[float],
        rejected_lengths: list[float],
        policy: list[tuple[float, float]] | None = None,
        reference: list[tuple[float, float]] | None = None,
        families: list[str] | None = None,
    ) -> dict[str, float | int]:
        found = length_statistics(chosen_lengths, rejected_lengths, families)
        results: dict[str, float | int] = {
            "n": found.n,
            "skipped": found.skipped,
            "chosen_mean": found.chosen.value,
            "rejected_mean": found.rejected.value,
            "chosen_median": found.median_chosen,
            "rejected_median": found.median_rejected,
            "ratio": found.ratio.value,
            "ratio_low": found.ratio.interval.low,
            "ratio_high": found.ratio.interval.high,
            "longer": found.longer,
        }
        if (policy is None) != (reference is None):
            raise ValueError("log-likelihoods of one model only; give both or none")
        if policy is not None and reference is not None:
            tokens = list(zip(chosen_lengths, rejected_lengths, strict=True))
            far = reference_distance(policy, reference, tokens, families)
            results |= {
                "shift": far.shift.value,
                "moved": far.moved.value,
                "moved_low": far.moved.interval.low,
                "moved_high": far.moved.interval.high,
            }
        return results

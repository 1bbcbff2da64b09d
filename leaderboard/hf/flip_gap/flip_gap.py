"""Flip gap as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.contrast`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.contrast import Twin, consistency, flip_gap

_DESCRIPTION = """
Pairs beside the pairs that an operator made from them (twins): the gap in accuracy, whether verdicts stay where the
label stays (invariance), and whether they change sides where the label is turned over (sensitivity, contrast).
"""

_CITATION = """
@article{gardner2020contrast,
  title={Evaluating Models' Local Decision Boundaries via Contrast Sets},
  author={Gardner, Matt and others},
  journal={arXiv preprint arXiv:2004.02709},
  year={2020}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    parent_outcomes, outcomes: of each twin's parent, and of the twin: right, tie, wrong or skipped.
    effects: of each twin, what became of the label: preserve, invert, new or tie. Default: preserve.
    parents: the id of each twin's parent, for invariance. Default: every twin has a parent of its own.
    families: what each twin was derived from. Default: its parent.
Returns:
    flip_gap, low, high: accuracy on parents minus on twins, with its 95 % interval. parents, twins: the accuracies.
    broken, mended, n, skipped: counts. invariance, sensitivity, contrast: shares, NaN of nothing.
Examples:
    >>> metric = evaluate.load(module_path("flip_gap"))
    >>> metric.compute(parent_outcomes=["right", "right"], outcomes=["right", "wrong"])["flip_gap"]
    0.5
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class FlipGapMetric(evaluate.Metric):
    """The flip gap of pairs and their twins."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({name: datasets.Value("string") for name in ("parent_outcomes", "outcomes")}),
            reference_urls=["https://arxiv.org/abs/2004.02709"],
        )

    def _compute(
        self,
        parent_outcomes: list[str],
        outcomes: list[str],
        effects: list[str] | None = None,
        parents: list[str] | None = None,
        families: list[str] | None = None,
    ) -> dict[str, float | int]:
        strange = [one for one in (*parent_outcomes, *outcomes) if one not in ("right", "tie", "wrong", "skipped")]
        if strange:
            raise ValueError(f"{strange[0]!r}: an outcome is right, tie, wrong or skipped")
        names = parents or [str(index) for index in range(len(outcomes))]
        columns = (names, families or names, effects or ["preserve"] * len(outcomes), parent_outcomes, outcomes)
        twins = [
            Twin(parent, family, effect, before, after, float(before == "right"), float(after == "right"))  # type: ignore[arg-type]
            for parent, family, effect, before, after in zip(*columns, strict=True)
        ]
        gap, both = flip_gap(twins), consistency(twins)
        return {
            "flip_gap": gap.gap.value,
            "low": gap.gap.interval.low,
            "high": gap.gap.interval.high,
            "parents": gap.parents,
            "twins": gap.twins,
            "broken": gap.broken,
            "mended": gap.fixed,
            "n": gap.gap.n,
            "skipped": gap.gap.skipped,
            "invariance": both.invariance.value,
            "sensitivity": both.sensitivity.value,
            "contrast": both.contrast.value,
        }

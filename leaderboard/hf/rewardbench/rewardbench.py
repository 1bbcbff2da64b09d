"""RewardBench as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.rewardbench`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.rewardbench import ManyCorrect, rewardbench_1, rewardbench_2, ties_score

_DESCRIPTION = """
RewardBench's section scores and totals, from the points of every item and the subset it is of; version 2's Ties from
lists of scores.
"""

_CITATION = """
@article{lambert2024rewardbench,
  title={RewardBench: Evaluating Reward Models for Language Modeling},
  author={Lambert, Nathan and others},
  journal={arXiv preprint arXiv:2403.13787},
  year={2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    points: of each item, in [0, 1]. Version 1: 1 where the chosen answer scores strictly higher, else 0 (of a judge one
        half for a tie or an error). Version 2: 1/(answers with the highest score) where the right one is among them.
    subsets: of each item, the name of its subset.
    version: 1 (default) or 2.
    ties: version 2, a list of (reference correct, reference incorrect, tied correct, tied incorrect), lists of scores.
    families: what each item was derived from, a list of texts. Default: every item is its own.
Returns:
    total, low, high, n; version 1 also without_prior_sets; every section by its name. NaN where a subset is missing.
Examples:
    >>> metric = evaluate.load(module_path("rewardbench"))
    >>> metric.compute(points=[1.0, 0.0], subsets=["Math", "Math"], version=2)["Math"]
    0.5
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class RewardBenchMetric(evaluate.Metric):
    """RewardBench 1 and 2."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"points": datasets.Value("float64"), "subsets": datasets.Value("string")}),
            reference_urls=["https://arxiv.org/abs/2403.13787"],
        )

    def _compute(
        self,
        points: list[float],
        subsets: list[str],
        version: int = 1,
        ties: list[tuple[list[float], list[float], list[float], list[float]]] | None = None,
        families: list[str] | None = None,
    ) -> dict[str, float | int]:
        if version not in (1, 2):
            raise ValueError(f"version {version}: 1 or 2 is expected")
        names = [str(index) for index in range(len(points))] if families is None else families
        members: dict[str, list[tuple[float, str]]] = {}
        for value, subset, family in zip(points, subsets, names, strict=True):
            members.setdefault(subset, []).append((value, family))
        if version == 1:
            found = rewardbench_1(members)
        else:
            prompts = [(ManyCorrect(tuple(a), tuple(b)), ManyCorrect(tuple(c), tuple(d))) for a, b, c, d in ties or ()]
            found = rewardbench_2(members, ties_score(prompts) if prompts else None)
        results: dict[str, float | int] = {
            "total": found.total.value,
            "low": found.total.interval.low,
            "high": found.total.interval.high,
            "n": found.total.n,
        }
        if version == 1:
            results["without_prior_sets"] = found.without_prior.value
        return results | {name: section.value for name, section in found.sections.items()}

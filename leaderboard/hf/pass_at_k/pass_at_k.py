"""pass@k as a Hugging Face `evaluate` metric: a thin adapter over `evalrun.leaderboard.metrics.passk`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.passk import pass_at_k_of_samples

_DESCRIPTION = """
pass@k: the chance that at least one of k sampled programs passes the tests, estimated without bias from n >= k samples
per task and averaged over tasks. Takes verdicts, and runs no code.
"""

_CITATION = """
@article{chen2021evaluating,
  title={Evaluating Large Language Models Trained on Code},
  author={Chen, Mark and others},
  journal={arXiv preprint arXiv:2107.03374},
  year={2021}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: one list a task, of one boolean a scored sample: did it pass? Leave samples out that were not scored.
    k: the values of k, a list of whole numbers from 1 up; default [1].
Returns:
    pass@<k> for each k: a float in [0, 1], or NaN where no task has k samples.
    tasks@<k>: over how many tasks that mean is; tasks with fewer than k samples are left out.
Examples:
    >>> metric = evaluate.load(module_path("pass_at_k"))
    >>> metric.compute(predictions=[[True, False], [True, True]], k=[1, 2])
    {'pass@1': 0.75, 'tasks@1': 2, 'pass@2': 1.0, 'tasks@2': 2}
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class PassAtK(evaluate.Metric):
    """Unbiased pass@k of recorded verdicts."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"predictions": datasets.Sequence(datasets.Value("bool"))}),
            reference_urls=["https://arxiv.org/abs/2107.03374"],
        )

    def _compute(self, predictions: list[list[bool]], k: list[int] | None = None) -> dict[str, float | int]:
        result: dict[str, float | int] = {}
        for each in [1] if k is None else k:
            found = pass_at_k_of_samples(predictions, each)
            result[f"pass@{each}"] = found.value
            result[f"tasks@{each}"] = found.tasks
        return result

"""Negative flips as a Hugging Face `evaluate` comparison: a thin adapter over `evalrun.leaderboard.metrics.flips`.

The loader copies this file away from the package and finds its imports line by line: hence absolute imports, one a line
and without comments; the base class never imported by name; and one class.
"""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

import datasets
import evaluate

from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.significance import mcnemar_mid_p

_DESCRIPTION = """
What an update breaks: items the old model got right and the new model gets wrong (negative flips), and the converse,
with an exact McNemar test of whether the net change could be chance.
"""

_CITATION = """
@inproceedings{yan2021positive,
  title={Positive-Congruent Training: Towards Regression-Free Model Updates},
  author={Yan, Sijie and others},
  booktitle={CVPR},
  year={2021}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions1: predictions of the old model, whole numbers (class labels, or 1 and 0 for right and wrong) or texts.
    predictions2: predictions of the new model for the same items.
    references: what is right; with right and wrong as predictions, all 1.
Returns:
    negative_flips, positive_flips: counts. nfr, pfr: their shares of all items.
    nfr_over_old_correct: share of what was right before. relative_nfr: NFR / (old accuracy * new error rate).
    nfi, pfi: share of the new errors that are new, and of the new right answers. btc: share of what was right that
    still is. bec: share of the new errors that the old model made too (1 - nfi).
    old_accuracy, new_accuracy. p_value: exact two-sided McNemar, 1 where nothing flipped; mid_p_value: its mid-p.
    A share of nothing is NaN.
Examples:
    >>> comparison = evaluate.load(module_path("negative_flips"))
    >>> comparison.compute(predictions1=[1, 1, 0], predictions2=[1, 0, 0], references=[1, 1, 1])["negative_flips"]
    1
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class NegativeFlips(evaluate.Comparison):
    """Flips between two columns of predictions."""

    def _info(self) -> evaluate.ComparisonInfo:
        kinds = ("int64", "string")
        return evaluate.ComparisonInfo(
            module_type="comparison",
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=[
                datasets.Features(
                    {name: datasets.Value(kind) for name in ("predictions1", "predictions2", "references")}
                )
                for kind in kinds
            ],
            reference_urls=["https://arxiv.org/abs/2011.09161"],
        )

    def _compute(
        self,
        predictions1: list[int] | list[str],
        predictions2: list[int] | list[str],
        references: list[int] | list[str],
    ) -> dict[str, float | int]:
        flips = flips_from_booleans(
            [found == right for found, right in zip(predictions1, references, strict=True)],
            [found == right for found, right in zip(predictions2, references, strict=True)],
        )
        return {
            "negative_flips": flips.negative,
            "positive_flips": flips.positive,
            "nfr": flips.nfr,
            "pfr": flips.pfr,
            "nfr_over_old_correct": flips.nfr_of_old_correct,
            "relative_nfr": flips.relative_nfr,
            "nfi": flips.nfi,
            "pfi": flips.pfi,
            "btc": flips.btc,
            "bec": flips.bec,
            "old_accuracy": flips.old_accuracy,
            "new_accuracy": flips.new_accuracy,
            "p_value": flips.p_value,
            "mid_p_value": mcnemar_mid_p(flips.negative, flips.positive),
        }

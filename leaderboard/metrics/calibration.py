"""Scores against thumbs-up and thumbs-down: do they part the two, and are they probabilities?

The setting of Binary Classifier Optimization (Jung et al. 2024, arXiv 2404.04656): one answer a prompt, liked or not,
and no pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .estimates import mean, names_of, statistic_interval
from .intervals import DRAWS, SEED, UNDEFINED, Interval, score_interval
from .resampling import Array, bootstrap_counts, percentile_intervals

BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of probabilities that an answer is liked. brier: mean (p - label)^2; ece: expected calibration error.

    base_brier: what the constant share of likes gets, the least of any constant. bins: of each non-empty bin its number
    of answers, their mean probability and the share of likes among them.
    """

    n: int
    brier: float
    brier_interval: Interval
    base_brier: float
    ece: float
    ece_interval: Interval
    bins: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True)
class BinaryPreference:
    """Scores of answers that were liked (up) or not (down).

    auroc: chance that an answer that was liked scores above one that was not, a tie counting half; ties: share of such
    (up, down) couples that tie. threshold: BCO's reward shift, where a score says neither. accuracy: share of answers
    on the right side of it, a score on it being on no side (counted in at_threshold, not right). skipped: answers
    without a score, in no number.
    """

    up: int
    down: int
    skipped: int
    auroc: float
    auroc_interval: Interval
    ties: float
    threshold: float
    accuracy: float
    accuracy_interval: Interval
    at_threshold: int
    calibration: Calibration

    @property
    def n(self) -> int:
        """Answers in the numbers."""
        return self.up + self.down


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Area under the ROC curve: P(up scores above down) + P(tie)/2 (Mann and Whitney 1947); NaN without one of both."""
    weights = np.ones((1, len(scores)))
    return float(_auroc(np.asarray(scores, dtype=float), np.asarray(labels, dtype=bool), weights)[0])


def bco_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """BCO's reward shift delta = (mean score of liked + mean score of disliked) / 2 (Jung et al. 2024, "reward shift").

    The paper estimates it by a moving average in training; here it is over the answers given. NaN without one of both.
    """
    liked = [score for score, label in zip(scores, labels, strict=True) if label]
    other = [score for score, label in zip(scores, labels, strict=True) if not label]
    return (mean(liked) + mean(other)) / 2


def calibration(
    probabilities: Sequence[float],
    labels: Sequence[bool],
    families: Sequence[str] | None = None,
    *,
    bins: int = BINS,
    seed: int = SEED,
) -> Calibration:
    """Brier score (Brier 1950) and expected calibration error over bins of equal width (Naeini et al. 2015).

    ece = sum over bins of (n of bin / n) |share of likes - mean probability|. It is never below 0 and biased upwards
    where bins hold few answers; its interval is that of resampled families. ValueError outside of [0, 1].
    """
    names = names_of(families, len(labels), "answers")
    if any(not 0 <= p <= 1 for p in probabilities):
        raise ValueError("a probability outside of [0, 1]")
    if not labels:
        return Calibration(0, math.nan, UNDEFINED, math.nan, math.nan, UNDEFINED, ())
    chances, truth = np.asarray(probabilities, dtype=float), np.asarray(labels, dtype=float)
    places = np.minimum((chances * bins).astype(int), bins - 1)
    squares = [(p - float(label)) ** 2 for p, label in zip(probabilities, labels, strict=True)]
    gaps = [((truth - chances) * (places == index)).tolist() for index in range(bins)]
    likes = mean([float(label) for label in labels])
    found = []
    for index in sorted(set(places.tolist())):
        inside = places == index
        found.append((int(inside.sum()), float(chances[inside].mean()), float(truth[inside].mean())))
    return Calibration(
        n=len(labels),
        brier=mean(squares),
        brier_interval=score_interval(squares, names, seed=seed),
        base_brier=likes * (1 - likes),
        ece=math.fsum(abs(math.fsum(gap)) for gap in gaps) / len(labels),
        ece_interval=statistic_interval([*gaps, [1.0] * len(labels)], names, _ece, seed=seed),
        bins=tuple(found),
    )


def _ece(sums: Array) -> Array:
    """From sums over answers: of each bin's label minus probability, and last of 1."""
    return np.asarray(np.abs(sums[:, :-1]).sum(axis=1) / sums[:, -1])


def binary_preference(
    scores: Sequence[float],
    labels: Sequence[bool],
    families: Sequence[str] | None = None,
    *,
    are_probabilities: bool = False,
    seed: int = SEED,
) -> BinaryPreference:
    """All numbers of scored thumbs. scores: NaN where there is none; labels: True for up.

    are_probabilities: the scores are P(up) and calibrated as they stand; else as sigma(score - threshold), BCO's
    classifier, whose threshold is taken from the same answers. ValueError for unequal lengths.
    """
    names = names_of(families, len(scores), "answers")
    rows = [
        (score, label, name) for score, label, name in zip(scores, labels, names, strict=True) if not math.isnan(score)
    ]
    values, truth, known = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    threshold = bco_threshold(values, truth)
    sides = [0.0 if math.isnan(threshold) else value - threshold for value in values]
    right = [] if math.isnan(threshold) else [
        float(side > 0 if label else side < 0) for side, label in zip(sides, truth, strict=True)
    ]  # fmt: skip
    if are_probabilities:
        chances, answers, units = values, truth, known
    elif math.isnan(threshold):
        chances, answers, units = [], [], []
    else:
        chances, answers, units = [0.5 * (1 + math.tanh(side / 2)) for side in sides], truth, known
    return BinaryPreference(
        up=sum(truth),
        down=len(truth) - sum(truth),
        skipped=len(scores) - len(rows),
        auroc=auroc(values, truth),
        auroc_interval=_auroc_interval(values, truth, known, seed),
        ties=_ties(values, truth),
        threshold=threshold,
        accuracy=mean(right),
        accuracy_interval=score_interval(right, known[: len(right)], seed=seed),
        at_threshold=0 if math.isnan(threshold) else sides.count(0.0),
        calibration=calibration(chances, answers, units, seed=seed),
    )


def _ties(values: Sequence[float], truth: Sequence[bool]) -> float:
    ups = [value for value, label in zip(values, truth, strict=True) if label]
    downs = sorted(value for value, label in zip(values, truth, strict=True) if not label)
    if not ups or not downs:
        return math.nan
    equal = np.searchsorted(downs, ups, side="right") - np.searchsorted(downs, ups, side="left")
    return float(equal.sum()) / (len(ups) * len(downs))


def _auroc(scores: Array, labels: np.ndarray, weights: Array) -> Array:
    """AUROC for every row of weights (draws x answers); NaN where a draw has no up or no down."""
    if not len(scores):
        return np.full(len(weights), math.nan)
    order = np.argsort(scores, kind="stable")
    ranked, liked, drawn = scores[order], labels[order], weights[:, order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))  # of each run of equal scores
    ups = np.add.reduceat(drawn * liked, starts, axis=1)
    downs = np.add.reduceat(drawn * ~liked, starts, axis=1)
    below = np.cumsum(downs, axis=1) - downs
    couples = ups.sum(axis=1) * downs.sum(axis=1)
    won = (ups * (below + downs / 2)).sum(axis=1)
    return np.asarray(np.divide(won, couples, out=np.full(len(weights), math.nan), where=couples > 0))


def _auroc_interval(values: Sequence[float], truth: Sequence[bool], families: Sequence[str], seed: int) -> Interval:
    """Bootstrap over families; undefined where no draw differs (scores that part the two wholly)."""
    roots = sorted(set(families))
    if len(roots) < 2:
        return Interval(math.nan, math.nan, "none", len(roots))
    place = {name: index for index, name in enumerate(roots)}
    columns = np.array([place[name] for name in families])
    scores, labels = np.asarray(values, dtype=float), np.asarray(truth, dtype=bool)
    drawn = np.concatenate(
        [
            _auroc(scores, labels, counts[:, columns])
            for counts in bootstrap_counts(len(roots), draws=DRAWS // 5, seed=seed)
        ]
    )
    kept = drawn[~np.isnan(drawn)]
    if 2 * len(kept) <= len(drawn) or np.ptp(kept) < 1e-12:
        return Interval(math.nan, math.nan, "none", len(roots))
    return percentile_intervals(kept[:, None], len(roots))[0]

"""Thumbs up and down: AUROC, BCO's threshold, Brier and calibration error, by hand and by identity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.calibration import auroc, bco_threshold, binary_preference, calibration

ROWS = st.lists(st.tuples(st.integers(-5, 5).map(float), st.booleans()), min_size=1, max_size=40)


def test_auroc_counts_couples_and_ties_half() -> None:
    # couples: 3>1, 3>2, 2>1 and 2=2
    assert auroc([3.0, 2.0, 1.0, 2.0], [True, True, False, False]) == 3.5 / 4
    assert math.isnan(auroc([1.0, 2.0], [True, True]))
    assert math.isnan(auroc([], []))


@given(ROWS)
def test_auroc_equals_its_definition_over_all_couples(rows: list[tuple[float, bool]]) -> None:
    ups = [score for score, label in rows if label]
    downs = [score for score, label in rows if not label]
    couples = [1.0 if up > down else 0.5 if up == down else 0.0 for up in ups for down in downs]
    expected = sum(couples) / len(couples) if couples else math.nan
    scores, labels = [score for score, _ in rows], [label for _, label in rows]
    assert auroc(scores, labels) == pytest.approx(expected, nan_ok=True)
    assert auroc([-score for score in scores], labels) == pytest.approx(1 - expected, nan_ok=True)
    assert auroc([math.exp(score) for score in scores], labels) == pytest.approx(expected, nan_ok=True)


def test_the_threshold_lies_midway_between_the_mean_scores() -> None:
    scores, labels = [4.0, 2.0, 0.0, -2.0], [True, True, False, False]
    assert bco_threshold(scores, labels) == 1.0
    found = binary_preference(scores, labels)
    assert (found.threshold, found.accuracy, found.auroc, found.n) == (1.0, 1.0, 1.0, 4)
    assert found.accuracy_interval.low < 0.6
    assert math.isnan(bco_threshold([1.0], [True]))


def test_scores_that_are_all_alike_say_nothing() -> None:
    found = binary_preference([0.0] * 4, [True, True, False, False])
    assert (found.auroc, found.ties, found.at_threshold, found.accuracy) == (0.5, 1.0, 4, 0.0)
    assert found.calibration.brier == found.calibration.base_brier == 0.25


def test_answers_without_a_score_are_skipped_and_one_kind_alone_has_no_numbers() -> None:
    found = binary_preference([math.nan, 1.0, 2.0], [True, True, True])
    assert (found.up, found.down, found.skipped) == (2, 0, 1)
    assert all(map(math.isnan, (found.auroc, found.threshold, found.accuracy, found.calibration.ece)))
    assert math.isnan(found.auroc_interval.low)


def test_brier_and_calibration_error_equal_hand_values() -> None:
    found = calibration([0.9, 0.9, 0.1, 0.1], [True, False, False, False])
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)
    # bins: .1 with no likes, .9 with one of two
    assert found.ece == pytest.approx(0.5 * 0.1 + 0.5 * 0.4)
    assert found.bins == ((2, pytest.approx(0.1), 0.0), (2, pytest.approx(0.9), 0.5))
    assert found.base_brier == pytest.approx(0.25 * 0.75)
    assert calibration([1.0, 0.0], [True, False]).ece == 0.0
    with pytest.raises(ValueError, match="outside of"):
        calibration([1.5], [True])


def test_honest_probabilities_are_calibrated_and_boasting_ones_are_not() -> None:
    draw = np.random.default_rng(4)
    chances = draw.uniform(0, 1, 4000)
    labels = (draw.random(4000) < chances).tolist()
    honest = binary_preference(chances.tolist(), labels, are_probabilities=True).calibration
    boast = (1 / (1 + ((1 - chances) / chances) ** 3)).clip(0, 1)
    boasting = binary_preference(boast.tolist(), labels, are_probabilities=True).calibration
    assert honest.ece < 0.05 < 0.1 < boasting.ece
    assert honest.brier < boasting.brier
    assert honest.brier == pytest.approx(1 / 6, abs=0.01)  # the mean of p (1 - p)


def test_intervals_hold_families_together() -> None:
    draw = np.random.default_rng(5)
    base = draw.normal(0, 1, 30)
    scores = np.repeat(base, 10) + np.tile([0.3, -0.3], 150)
    labels = [bool(one) for one in np.tile([1, 0], 150)]
    truth = [label if base[i // 10] > 0 else not label for i, label in enumerate(labels)]
    alone = binary_preference(scores.tolist(), truth)
    together = binary_preference(scores.tolist(), truth, [str(i // 10) for i in range(300)])
    assert together.auroc == alone.auroc
    assert together.auroc_interval.units == 30
    assert together.accuracy_interval.units == 30

"""Flips of scores, and answers that are wrong in another way: hand values, identities, and what noise alone does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.smooth import answer_changes, smooth_flips

SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40)
ANSWERS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40)


def test_smooth_flips_equal_hand_values() -> None:
    found = smooth_flips([1.0, 0.5, 0.5, 0.0], [0.5, 0.5, 0.75, 0.75])
    assert (found.n, found.nfr, found.pfr) == (4, 0.25, 0.5)
    assert (found.loss, found.gain, found.change) == (0.5, 0.5, 0.125)


def test_changes_within_the_tolerance_are_no_flips() -> None:
    found = smooth_flips([0.5, 0.5, 0.5, 0.5], [0.25, 0.75, 0.0, 1.0], tolerance=0.25)
    assert (found.nfr, found.pfr, found.loss, found.gain) == (0.25, 0.25, 0.5, 0.5)


def test_where_nothing_fell_the_mean_fall_is_undefined() -> None:
    found = smooth_flips([0.0], [1.0])
    assert (found.nfr, found.pfr, found.gain) == (0.0, 1.0, 1.0)
    assert math.isnan(found.loss)
    assert math.isnan(smooth_flips([], []).nfr)


@given(SCORES)
def test_the_mean_change_is_what_rose_less_what_fell(pairs: list[tuple[float, float]]) -> None:
    found = smooth_flips([old for old, _ in pairs], [new for _, new in pairs])
    gained = found.pfr * found.gain if found.pfr else 0.0
    lost = found.nfr * found.loss if found.nfr else 0.0
    assert found.change == pytest.approx(gained - lost, abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_smooth_flips_of_verdicts_are_plain_flips(pairs: list[tuple[bool, bool]]) -> None:
    plain = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])
    found = smooth_flips([float(old) for old, _ in pairs], [float(new) for _, new in pairs])
    assert (found.nfr, found.pfr) == pytest.approx((plain.nfr, plain.pfr))


def test_noise_alone_flips_half_of_fine_grained_scores_and_a_tolerance_keeps_it_out() -> None:
    generator = np.random.default_rng(3)
    old, new = (0.7 + 0.01 * generator.standard_normal((2, 5000))).tolist()
    assert smooth_flips(old, new).nfr == pytest.approx(0.5, abs=0.03)
    assert smooth_flips(old, new, tolerance=0.06).nfr < 0.001


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        smooth_flips([1.0], [])


def test_changes_of_answer_equal_hand_values() -> None:
    # broken; fixed; wrong twice, otherwise; wrong twice, the same; right twice
    rows = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "c"), ("a", "a")]
    found = answer_changes(([old], [new], "a") for old, new in rows)
    assert (found.n, found.nfr_mc, found.wrong_twice, found.changed) == (5, 0.4, 0.2, 0.6)


def test_several_answers_a_task_are_compared_pair_by_pair() -> None:
    # six pairs: a-b a-b a-c a-c differ with the new one wrong and b-c b-b... of which b-b is no change
    found = answer_changes([(["a", "a", "b"], ["b", "c"], "a")])
    assert found.nfr_mc == pytest.approx(5 / 6)  # all but b-b
    assert found.wrong_twice == pytest.approx(1 / 6)  # b-c
    assert found.changed == pytest.approx(5 / 6)


@given(ANSWERS)
def test_inconsistency_is_the_nfr_and_what_is_wrong_in_another_way(pairs: list[tuple[str, str]]) -> None:
    found = answer_changes(([old], [new], "a") for old, new in pairs)
    plain = flips_from_booleans([old == "a" for old, _ in pairs], [new == "a" for _, new in pairs])
    assert found.nfr_mc == pytest.approx(plain.nfr + found.wrong_twice)
    assert found.changed == pytest.approx(found.nfr_mc + plain.pfr)
    assert found.nfr_mc >= plain.nfr - 1e-12


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_of_two_possible_answers_the_inconsistency_is_the_nfr(pairs: list[tuple[bool, bool]]) -> None:
    found = answer_changes(([old], [new], True) for old, new in pairs)
    plain = flips_from_booleans([old for old, _ in pairs], [new for _, new in pairs])
    assert found.nfr_mc == pytest.approx(plain.nfr)
    assert found.wrong_twice == 0.0


def test_a_task_without_an_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="without an answer"):
        answer_changes([([], ["a"], "a")])

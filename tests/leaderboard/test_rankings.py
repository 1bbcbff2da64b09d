"""Rankings of more than two answers, circles of a judge, labelled ties, undecided pairs: hand values and identities."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.preferences import Outcome
from evalrun.leaderboard.metrics.rankings import (
    chance_of_exact,
    exact_outcome,
    kendall_tau,
    pair_outcomes,
    ranking_match,
    transitivity,
)
from evalrun.leaderboard.metrics.ties import tie_aware_accuracy, tie_aware_outcome, undecided_accuracy
from evalrun.leaderboard.metrics.tokens import (
    distance_per_token,
    l2_norm,
    log_likelihood,
    mean_logprob,
    ref_free_l2,
)

SCORES = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=6)


def test_three_answers_in_order_match_exactly_and_two_exchanged_do_not() -> None:
    right = pair_outcomes([-1.0, -2.0, -3.0], [0, 1, 2])
    swapped = pair_outcomes([-1.0, -3.0, -2.0], [0, 1, 2])

    assert (exact_outcome(right), kendall_tau(right)) == ("right", 1.0)
    assert (exact_outcome(swapped), kendall_tau(swapped)) == ("wrong", pytest.approx(1 / 3))
    found = ranking_match([right, swapped], tiers=[[0, 1, 2]] * 2)
    assert (found.exact.accuracy, found.tau.value) == (0.5, pytest.approx(2 / 3))
    assert found.pairwise.value == pytest.approx((1 + 2 / 3) / 2)
    assert found.chance == pytest.approx(1 / 6)


def test_four_answers_match_by_chance_once_in_twenty_four() -> None:
    assert chance_of_exact([0, 1, 2, 3]) == 1 / 24
    assert chance_of_exact([0, 1, 1, 1]) == 1 / 4  # the best of four
    hits = sum(exact_outcome(pair_outcomes(order, [0, 1, 1, 1])) == "right" for order in permutations([1.0, 2, 3, 4]))
    assert hits / 24 == 1 / 4


def test_nothing_is_asked_of_answers_in_one_tier() -> None:
    assert pair_outcomes([5.0, 1.0, 3.0], [1, 0, 1]) == ["wrong", "wrong"]
    assert exact_outcome(pair_outcomes([1.0, 5.0, 1.0], [1, 0, 1])) == "right"


def test_a_task_with_a_tie_or_a_missing_score_is_not_right() -> None:
    found = ranking_match(
        [pair_outcomes([2.0, 2.0, 1.0], [0, 1, 2]), pair_outcomes([2.0, math.nan, 1.0], [0, 1, 2]), []]
    )
    assert (found.exact.right, found.exact.tie, found.exact.wrong, found.exact.skipped) == (0, 1, 0, 2)
    assert (found.tau.value, found.tau.n, found.tau.skipped) == (pytest.approx(2 / 3), 1, 2)
    assert math.isnan(found.chance)


@given(SCORES)
def test_turning_the_scores_over_turns_kendalls_tau_over(scores: list[float]) -> None:
    tiers = list(range(len(scores)))
    there = kendall_tau(pair_outcomes(scores, tiers))
    back = kendall_tau(pair_outcomes([-score for score in scores], tiers))
    assert there == pytest.approx(-back)
    assert (there == 1.0) == (exact_outcome(pair_outcomes(scores, tiers)) == "right")


@given(SCORES)
def test_kendalls_tau_without_ties_equals_that_of_scipy(scores: list[float]) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not needed, only compared with")
    if len(set(scores)) == len(scores):
        tiers = list(range(len(scores)))
        expected = stats.kendalltau([-tier for tier in tiers], scores).statistic
        assert kendall_tau(pair_outcomes(scores, tiers)) == pytest.approx(expected)


def test_one_circle_of_two_triples_is_half_transitive() -> None:
    circle = [("a", "b"), ("b", "c"), ("c", "a")]
    line = [("a", "b"), ("b", "c"), ("a", "c")]
    found = transitivity([circle, line, [("a", "b"), ("b", "c")]])
    assert (found.value, found.n, found.skipped) == (0.5, 2, 1)
    assert math.isnan(transitivity([]).value)


def test_a_coin_closes_a_circle_in_one_of_four_triples() -> None:
    pairs = [("a", "b"), ("b", "c"), ("a", "c")]
    tasks = [
        [(one, other) if bits >> place & 1 else (other, one) for place, (one, other) in enumerate(pairs)]
        for bits in range(8)
    ]
    assert transitivity(tasks).value == 0.75


@given(st.permutations(["a", "b", "c", "d", "e"]))
def test_choices_that_follow_one_order_close_no_circle(order: list[str]) -> None:
    decided = [(one, other) for place, one in enumerate(order) for other in order[place + 1 :]]
    found = transitivity([decided])
    assert (found.value, found.n, found.skipped) == (1.0, 10, 0)


def test_a_labelled_tie_is_right_within_the_tolerance() -> None:
    assert tie_aware_outcome(-1.0, -1.009, 0.5) == "right"
    assert tie_aware_outcome(-1.0, -1.02, 0.5) == "wrong"
    assert tie_aware_outcome(-1.0, -1.001, 0.75) == "right"  # a preferred answer needs no more than to be ahead
    assert tie_aware_outcome(-1.0, -1.001, 0.25) == "wrong"
    assert tie_aware_outcome(-1.0, -1.0, 1.0) == "tie"
    assert tie_aware_outcome(math.nan, -1.0, 0.5) == "skipped"
    assert tie_aware_outcome(-1.0, -1.0, math.nan) == "skipped"


def test_tie_aware_accuracy_counts_both_kinds_of_pair() -> None:
    found = tie_aware_accuracy([-1.0, -1.0, -2.0, -2.0], [-1.005, -1.5, -1.0, -3.0], [0.5, 0.5, 0.9, 1.0])
    assert (found.all.accuracy, found.all.n) == (0.5, 4)
    assert (found.tied.right, found.tied.wrong) == (1, 1)
    assert (found.decided.right, found.decided.wrong) == (1, 1)
    assert found.all.interval.method == "wilson"


def test_undecided_pairs_are_half_right_with_the_slack_said() -> None:
    outcomes: list[Outcome] = ["right"] * 6 + ["wrong"] * 2 + ["tie", "skipped"]
    found = undecided_accuracy(outcomes)
    assert (found.n, found.right, found.undecided, found.accuracy, found.slack) == (10, 6, 2, 0.7, 0.1)


def test_sums_means_and_norms_of_tokens_equal_hand_values() -> None:
    logprobs = [-3.0, -4.0]
    assert (log_likelihood(logprobs), mean_logprob(logprobs), l2_norm(logprobs)) == (-7.0, -3.5, 5.0)
    assert ref_free_l2(logprobs) == -5.0
    assert all(math.isnan(score([])) for score in (log_likelihood, mean_logprob, l2_norm, ref_free_l2))
    assert distance_per_token([-1.0, -3.0], [-2.0, -1.0]) == 1.5
    with pytest.raises(ValueError, match="two tokenizers"):
        distance_per_token([-1.0], [-1.0, -2.0])


@given(st.lists(st.floats(-20, 0), min_size=1, max_size=20), st.integers(1, 19))
def test_log_likelihoods_add_up_across_every_place_to_part_them(logprobs: list[float], place: int) -> None:
    first, rest = logprobs[:place], logprobs[place:]
    parts = log_likelihood(first) + (log_likelihood(rest) if rest else 0.0)
    assert log_likelihood(logprobs) == pytest.approx(parts, abs=1e-9)
    assert l2_norm(logprobs) <= -log_likelihood(logprobs) + 1e-9

"""Accuracy on preference pairs, and its idealised form: hand values, synthetic judges, and real recorded pairs."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.idealised import (
    BETAS,
    dpo_loss,
    idealised_accuracy,
    idealised_margin,
    largest_beta,
    loss_to_rank,
)
from evalrun.leaderboard.metrics.preferences import (
    Choice,
    implicit_rewards,
    judge_accuracy,
    outcome,
    per_unit,
    ranking_accuracy,
)

LOG2 = math.log(2)
# Tokens are independent, p(a) = 1/2, p(b) = 1/4, p(c) = 1/8; "b b" is preferred to "c".
CHOSEN, REJECTED = -4 * LOG2, -3 * LOG2


def test_a_toy_model_ranks_by_sum_and_by_token_as_computed_by_hand() -> None:
    assert pytest.approx((-2.772589, -2.079442), abs=1e-6) == (CHOSEN, REJECTED)
    assert ranking_accuracy([CHOSEN], [REJECTED]).accuracy == 0.0
    assert ranking_accuracy(per_unit([CHOSEN], [2]), per_unit([REJECTED], [1])).accuracy == 1.0


def test_implicit_rewards_can_be_right_where_the_ranking_is_wrong() -> None:
    assert implicit_rewards([-5.0, -4.0], [-8.0, -5.0]) == [3.0, 1.0]
    assert ranking_accuracy([3.0], [1.0]).accuracy == 1.0
    assert ranking_accuracy([-5.0], [-4.0]).accuracy == 0.0


def test_ties_are_stated_and_never_right() -> None:
    """A server that returns 0.0 for every log-likelihood has 100 % where >= counts."""
    found = ranking_accuracy([0.0] * 4, [0.0] * 4)
    assert (found.accuracy, found.tie_rate, found.half_ties) == (0.0, 1.0, 0.5)
    assert (found.right, found.tie, found.wrong, found.n) == (0, 4, 0, 4)


def test_pairs_without_a_score_are_skipped_and_counted() -> None:
    found = ranking_accuracy([-1.0, math.nan, -1.0], [-2.0, -2.0, math.nan])
    assert (found.right, found.skipped, found.n, found.accuracy, found.margin) == (1, 2, 1, 1.0, 1.0)
    nothing = ranking_accuracy([], [])
    assert math.isnan(nothing.accuracy)
    assert math.isnan(nothing.tie_rate)
    assert math.isnan(nothing.margin)


def test_a_length_of_nothing_is_no_divisor() -> None:
    assert per_unit([-6.0], [3]) == [-2.0]
    assert all(map(math.isnan, per_unit([-1.0, -1.0], [0, math.nan])))


def test_an_interval_is_over_families() -> None:
    single = ranking_accuracy([1.0, 1.0, 0.0, 0.0], [0.0] * 2 + [1.0] * 2)
    shared = ranking_accuracy([1.0, 1.0, 0.0, 0.0], [0.0] * 2 + [1.0] * 2, ["f", "f", "g", "g"])
    assert (single.interval.method, single.interval.units) == ("wilson", 4)
    assert (shared.interval.method, shared.interval.units) == ("bootstrap", 2)


def test_columns_of_different_lengths_are_refused() -> None:
    for call in (
        lambda: ranking_accuracy([1.0], []),
        lambda: ranking_accuracy([1.0], [1.0], []),
        lambda: judge_accuracy(["chosen"], []),
    ):
        with pytest.raises(ValueError, match="but"):
            call()


@given(st.lists(st.tuples(st.floats(-50, 0), st.floats(-50, 0)), min_size=1))
def test_swapping_the_answers_swaps_right_and_wrong(pairs: list[tuple[float, float]]) -> None:
    chosen, rejected = [good for good, _ in pairs], [bad for _, bad in pairs]
    there, back = ranking_accuracy(chosen, rejected), ranking_accuracy(rejected, chosen)
    assert (there.right, there.tie, there.wrong) == (back.wrong, back.tie, back.right)
    assert there.half_ties + back.half_ties == pytest.approx(1.0)
    assert there.margin == pytest.approx(-back.margin)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1))
def test_a_uniform_model_prefers_the_shorter_answer_and_ties_per_token(lengths: list[tuple[int, int]]) -> None:
    chosen, rejected = [-LOG2 * good for good, _ in lengths], [-LOG2 * bad for _, bad in lengths]
    found = ranking_accuracy(chosen, rejected)
    assert found.right == sum(good < bad for good, bad in lengths)
    per_token = ranking_accuracy(
        per_unit([-float(good) for good, _ in lengths], [good for good, _ in lengths]),
        per_unit([-float(bad) for _, bad in lengths], [bad for _, bad in lengths]),
    )
    assert per_token.tie == len(lengths)


# Synthetic judges


def test_a_judge_that_always_picks_the_first_has_half_the_judgements_and_no_pair() -> None:
    found = judge_accuracy(["chosen"] * 6, ["rejected"] * 6)
    assert (found.pairs.accuracy, found.pairs.right, found.pairs.tie) == (0.5, 0, 6)
    assert (found.position_bias, found.consistent, found.first, found.second) == (0.5, 0.0, 1.0, 0.0)
    assert found.pairs.interval.low < 0.2 < 0.8 < found.pairs.interval.high  # six halves are no certainty
    # nor is six of six
    assert found.position_interval.low < 0.5 == found.position_interval.high


def test_a_judge_that_does_not_look_at_the_order_has_no_position_bias() -> None:
    said: list[Choice | None] = ["chosen", "rejected", "tie", "chosen"]
    found = judge_accuracy(said, said)
    assert (found.position_bias, found.consistent) == (0.0, 1.0)
    assert (found.pairs.right, found.pairs.tie, found.pairs.wrong) == (2, 1, 1)
    assert (found.pairs.accuracy, found.pairs.half_ties) == (0.5, 0.625)


def test_a_judge_that_never_answers_is_right_nowhere() -> None:
    found = judge_accuracy(["unreadable"] * 3, ["unreadable"] * 3)
    assert (found.pairs.accuracy, found.pairs.n, found.unreadable, found.unreadable_twice) == (0.0, 3, 6, 3)
    assert found.consistent == 0.0
    assert math.isnan(found.position_bias)


def test_pairs_asked_in_one_order_count_but_say_nothing_of_the_order() -> None:
    found = judge_accuracy(["chosen", None, None], [None, "rejected", None])
    assert (found.pairs.right, found.pairs.wrong, found.pairs.skipped) == (1, 1, 1)
    assert (found.first_n, found.second_n, found.both_orders) == (1, 1, 0)
    assert math.isnan(found.position_bias)
    assert math.isnan(found.consistent)


@given(st.lists(st.tuples(*[st.sampled_from(["chosen", "rejected", "tie", "unreadable", None])] * 2)))
def test_a_judges_points_lie_between_its_pairs(orders: list[tuple[Choice | None, Choice | None]]) -> None:
    found = judge_accuracy([there for there, _ in orders], [back for _, back in orders])
    assert found.pairs.n + found.pairs.skipped == len(orders)
    if found.pairs.n:
        assert found.pairs.right / found.pairs.n <= found.pairs.accuracy + 1e-12
        assert found.pairs.accuracy <= found.pairs.half_ties + 1e-12
        assert found.pairs.half_ties <= 1 - found.pairs.wrong / found.pairs.n + 1e-12


# The idealised form


def test_the_toy_models_idealised_ranking_equals_hand_values() -> None:
    assert idealised_margin(CHOSEN, REJECTED, 0.75, 1.0) == pytest.approx(math.log(1.5))
    assert largest_beta(CHOSEN, REJECTED, 0.75) == pytest.approx(1.584963, abs=1e-6)
    margins = [idealised_margin(CHOSEN, REJECTED, 0.75, beta) for beta in (0.01, 0.1, 0.5, 1, 1.5, 2, 5, 10)]
    expected = [109.168, 10.293, 1.504, 0.4055, 0.0393, -0.1438, -0.4734, -0.5833]
    assert margins == pytest.approx(expected, abs=5e-4)
    found = idealised_accuracy([CHOSEN], [REJECTED], [0.75])
    assert (found.n, found.low, found.median, found.high) == (1, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("gap", "beta", "margin"), [(-2, 0.5, 0.197), (-2, 1, -0.901), (-20, 0.1, -9.01), (-20, 0.01, 89.9)]
)
def test_idealised_margins_equal_hand_values(gap: float, beta: float, margin: float) -> None:
    assert idealised_margin(gap, 0.0, 0.75, beta) == pytest.approx(margin, abs=0.05)


@pytest.mark.parametrize(
    ("difficulty", "beta", "loss"),
    [(LOG2, 1.0, 0.405465), (LOG2, 0.1, 0.659090), (10, 0.1, 0.313262), (0, 0.1, 0.693147), (-10, 0.1, 1.313262)],
)
def test_the_loss_at_which_a_pair_is_ranked_equals_hand_values(difficulty: float, beta: float, loss: float) -> None:
    assert loss_to_rank(-difficulty, beta) == pytest.approx(loss, abs=1e-6)


@given(st.floats(0.01, 5), st.sampled_from([-1, 1]), st.floats(-5, 5), st.floats(0.1, 1))
def test_a_pair_is_ranked_rightly_where_its_loss_is_below_that_of_a_tie(
    size: float, sign: int, reference: float, beta: float
) -> None:
    policy = sign * size
    assert (dpo_loss(policy, reference, beta) < loss_to_rank(reference, beta)) == (policy > 0)


@given(st.floats(-30, 30), st.floats(0.51, 1.0))
def test_the_smaller_beta_the_more_the_raters_weigh(gap: float, agreement: float) -> None:
    margins = [idealised_margin(gap, 0.0, agreement, beta) for beta in BETAS]
    assert margins == sorted(margins, reverse=True)
    assert outcome(idealised_margin(gap, 0.0, agreement, 1e-9), 0.0) == "right"
    assert idealised_margin(gap, 0.0, agreement, 1e12) == pytest.approx(gap, abs=1e-9)


@given(st.floats(-30, 30), st.floats(0, 1))
def test_exchanging_the_answers_turns_the_idealised_margin_over(gap: float, agreement: float) -> None:
    there = idealised_margin(gap, 0.0, agreement, 0.5)
    assert idealised_margin(0.0, gap, 1 - agreement, 0.5) == pytest.approx(-there, abs=1e-9)


def test_what_no_majority_prefers_has_no_largest_beta() -> None:
    assert math.isnan(largest_beta(-1.0, -2.0, 0.5))
    assert largest_beta(-1.0, -2.0, 0.75) == math.inf
    assert math.isnan(idealised_accuracy([math.nan], [0.0], [1.0]).median)
    with pytest.raises(ValueError, match="a share, and a number above 0"):
        idealised_margin(0.0, 0.0, 1.5, 1.0)


# Real recorded pairs


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "EXPECTED.json").read_text())
    return loaded


def test_sixty_four_real_pairs_have_the_published_accuracies(shared_data: Path, expected: dict[str, Any]) -> None:
    with (shared_data / "optimml_logprobs/014_pairwise_3B_reddit_tldr_noise0.0_seed47_rows.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
    known = expected["ranking_accuracy"]

    sides = [
        (columns["policy_chosen_logp"], columns["policy_rejected_logp"]),
        (columns["sft_chosen_logp"], columns["sft_rejected_logp"]),
    ]
    policy, reference = (ranking_accuracy(*side) for side in sides)
    rewards = ranking_accuracy(*(implicit_rewards(ours, theirs) for ours, theirs in zip(*sides, strict=True)))

    assert (policy.n, policy.right, policy.accuracy) == (64, 41, known["policy_ranking_accuracy"])
    assert (reference.right, reference.accuracy) == (41, known["reference_ranking_accuracy"])
    assert (rewards.right, rewards.accuracy) == (29, known["reference_ratio_accuracy"])
    assert rewards.margin == pytest.approx(known["mean_margin"], abs=1e-12)
    flips = flips_from_booleans(
        [good > bad for good, bad in zip(*sides[1], strict=True)],
        [good > bad for good, bad in zip(*sides[0], strict=True)],
    )
    assert flips.negative == known["negative_flips_reference_to_policy"]
    assert flips.positive == known["positive_flips"]
    for beta, name in ((0.1, "dpo_loss_beta_0_1"), (1.0, "dpo_loss_beta_1")):
        losses = [
            dpo_loss(ours - our_other, theirs - their_other, beta)
            for ours, our_other, theirs, their_other in zip(*sides[0], *sides[1], strict=True)
        ]
        assert math.fsum(losses) / 64 == pytest.approx(known[name], abs=1e-12)


def test_every_real_judge_has_the_published_accuracies(shared_data: Path, expected: dict[str, Any]) -> None:
    """130 combinations of judge, prompt and set; the published agreement counts two unreadable replies as agreeing."""
    sets = expected["llmbar"]["sets"]
    assert len(sets) == 130
    for name, known in sets.items():
        forward: list[Choice | None] = []
        backward: list[Choice | None] = []
        for line in gzip.decompress((shared_data / "llmbar" / f"{name}.jsonl.gz").read_bytes()).splitlines():
            row = json.loads(line)
            said: list[Choice | None] = [
                "unreadable" if row[order] is None else "chosen" if int(row[order]) == row["label"] else "rejected"
                for order in ("winner_orig", "winner_swap")
            ]
            # The original order shows answer 1 first.
            there, back = said if row["label"] == 1 else said[::-1]
            forward.append(there)
            backward.append(back)

        found = judge_accuracy(forward, backward)

        assert found.pairs.n == known["n"], name
        assert found.pairs.accuracy == pytest.approx(known["average_accuracy"], abs=1e-12), name
        assert found.pairs.right == known["correct_both"], name
        judgements = round(found.first * found.first_n) + round(found.second * found.second_n)
        assert judgements == known["correct_orig"] + known["correct_swap"], name
        agreeing = round(found.consistent * known["n"]) + found.unreadable_twice
        assert agreeing == known["positional_agreement_published"], name

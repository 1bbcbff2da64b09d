"""Discounted Thompson sampling: posteriors by hand, forgetting, back-off, costs, order."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.loop.bandit import Arm, Bandit, Pull

ARMS = ("combine", "verbose")
pulls = st.builds(
    Pull, st.sampled_from(ARMS), st.sampled_from(("list/0", "text/1")), st.floats(0, 1), st.floats(0, 1e5)
)


def test_the_prior_of_an_operator_is_worth_four_observations_of_what_its_published_suite_said() -> None:
    bandit = Bandit(["combine", "tool_use", "rename+doc_noise", "combine+rename", "transmission_chain:5"])
    assert bandit.mean("combine") == pytest.approx(0.85)
    assert bandit.mean("tool_use") == pytest.approx(0.05)
    assert bandit.mean("rename+doc_noise") == pytest.approx(0.5)
    assert bandit.mean("combine+rename") == pytest.approx(0.85)
    bandit.update([Pull("combine", "", 0.0)])
    assert bandit.mean("combine") == pytest.approx(3.4 / 5)


def test_the_posterior_adds_rewards_and_what_is_missing_of_them() -> None:
    bandit = Bandit(["x"], priors={})
    bandit.update([Pull("x", "", 1.0), Pull("x", "", 0.25), Pull("x", "", 0.0)])
    assert bandit.mean("x") == pytest.approx((2 + 1.25) / (4 + 3))


def test_evidence_fades_before_each_batch_and_the_prior_does_not() -> None:
    bandit = Bandit(["x"], discount=0.5, priors={})
    bandit.update([Pull("x", "", 1.0), Pull("x", "", 1.0)])
    assert bandit.mean("x") == pytest.approx((2 + 2) / (4 + 2))
    bandit.update([Pull("x", "", 0.0)])
    assert bandit.mean("x") == pytest.approx((2 + 1) / (4 + 1 + 1))
    for _ in range(60):
        bandit.update([])
    assert bandit.mean("x") == pytest.approx(0.5)


def test_without_discount_nothing_is_forgotten() -> None:
    bandit = Bandit(["x"], discount=1.0, priors={})
    for _ in range(3):
        bandit.update([Pull("x", "", 1.0)])
    assert bandit.mean("x") == pytest.approx((2 + 3) / (4 + 3))


def test_a_context_that_was_never_tried_leans_on_the_operator_and_one_that_was_on_itself() -> None:
    bandit = Bandit(["x"], priors={})
    bandit.update([Pull("x", "list/0", 1.0)] * 6)
    own = (2 + 6) / (4 + 6)
    assert bandit.mean("x", "text/0") == pytest.approx(own)
    assert bandit.mean("x", "list/0") == pytest.approx((4 * own + 6) / (4 + 6))
    bandit.update([Pull("x", "text/0", 0.0)] * 20)
    assert bandit.mean("x", "text/0") < 0.2 < bandit.mean("x", "list/0")


def test_the_better_arm_is_chosen_more_often_and_the_other_one_still_now_and_then() -> None:
    bandit = Bandit(["a", "b"], priors={})
    bandit.update([Pull("a", "c", 1.0), Pull("a", "c", 0.0), Pull("b", "c", 0.0), Pull("b", "c", 0.0)])
    rng = random.Random(1)
    chosen = Counter(bandit.choose("c", ["a", "b"], rng) for _ in range(2000))
    assert chosen["a"] > 1.5 * chosen["b"]
    assert chosen["b"] > 100


def test_only_arms_that_can_take_the_parent_are_chosen_from() -> None:
    bandit = Bandit(["a", "b", "c"])
    rng = random.Random(1)
    assert {bandit.choose("x", ["b", "c"], rng) for _ in range(60)} == {"b", "c"}
    with pytest.raises(ValueError, match="no operator to choose from"):
        bandit.choose("x", [], rng)


def test_of_two_arms_with_equal_rewards_the_cheaper_is_chosen_more_often() -> None:
    bandit = Bandit(["cheap", "dear"], priors={}, discount=1.0)
    bandit.update([Pull("cheap", "", 0.5, 1000.0), Pull("dear", "", 0.5, 9000.0)] * 10)
    rng = random.Random(2)
    chosen = Counter(bandit.choose("", ["cheap", "dear"], rng) for _ in range(1000))
    assert chosen["cheap"] > 800


def test_an_arm_that_costs_nothing_does_not_push_out_a_much_better_one_that_does() -> None:
    bandit = Bandit(["free", "paid"], priors={}, discount=1.0)
    bandit.update([Pull("free", "", 0.15, 0.0), Pull("paid", "", 0.95, 10_000.0)] * 40)
    rng = random.Random(3)
    chosen = Counter(bandit.choose("", ["free", "paid"], rng) for _ in range(500))
    assert chosen["paid"] > 450


def test_what_was_learnt_is_learnt_anew_after_a_change_and_sooner_with_forgetting() -> None:
    def batches_until_right(discount: float) -> int:
        bandit = Bandit(["a", "b"], priors={}, discount=discount)
        for _ in range(20):
            bandit.update([Pull("a", "", 0.9), Pull("b", "", 0.1)] * 5)
        for batch in range(1, 200):
            bandit.update([Pull("a", "", 0.1), Pull("b", "", 0.9)] * 5)
            if bandit.mean("b") > bandit.mean("a"):
                return batch
        raise AssertionError("never")

    assert batches_until_right(0.9) < 8
    assert batches_until_right(1.0) >= 20


@given(st.lists(pulls, max_size=12))
def test_means_stay_between_nothing_and_everything(batch: list[Pull]) -> None:
    bandit = Bandit(ARMS)
    bandit.update(batch)
    for name in ARMS:
        assert 0 < bandit.mean(name) < 1
        assert 0 < bandit.mean(name, "list/0") < 1


@given(st.lists(pulls, max_size=10), st.randoms())
def test_one_batch_counts_the_same_in_any_order_but_two_batches_do_not_count_as_one(
    batch: list[Pull], rng: random.Random
) -> None:
    shuffled = list(batch)
    rng.shuffle(shuffled)
    one, other = Bandit(ARMS), Bandit(ARMS)
    one.update(batch)
    other.update(shuffled)
    for name in ARMS:
        assert one.mean(name) == pytest.approx(other.mean(name))


def test_of_two_batches_the_later_counts_more() -> None:
    late, early = Bandit(["x"], priors={}), Bandit(["x"], priors={})
    late.update([Pull("x", "", 0.0)])
    late.update([Pull("x", "", 1.0)])
    early.update([Pull("x", "", 1.0)])
    early.update([Pull("x", "", 0.0)])
    assert late.mean("x") > early.mean("x")


@pytest.mark.parametrize("reward", [-0.01, 1.01, float("nan")])
def test_a_reward_that_is_none_is_refused(reward: float) -> None:
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        Arm(1, 1).count(reward, 0.0)


def test_the_table_names_the_best_first_and_ties_by_name() -> None:
    bandit = Bandit(["b", "a", "combine"], priors={"combine": 0.85})
    assert [row["operator"] for row in bandit.table()] == ["combine", "a", "b"]

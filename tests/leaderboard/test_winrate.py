"""Win rates, plain and at equal length: hand values, what the control takes out, real rewards."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.winrate import length_controlled_win_rate, win_rate


def test_a_tie_is_half_a_win_in_the_rate_and_none_in_the_strict_one() -> None:
    found = win_rate([1.0, 1.0, 0.5, 0.0, math.nan])
    assert (found.win, found.tie, found.loss, found.skipped, found.n) == (2, 1, 1, 1, 4)
    assert (found.rate, found.strict) == (0.625, 0.5)
    assert math.isnan(win_rate([]).rate)


def test_a_preference_is_a_share() -> None:
    for wrong in ([2.0], [-1.0, 0.5]):
        with pytest.raises(ValueError, match="outside of"):
            win_rate(wrong)
        with pytest.raises(ValueError, match="outside of"):
            length_controlled_win_rate(wrong, [1.0] * len(wrong), [2.0] * len(wrong))


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=30))
def test_without_a_difference_in_length_the_controlled_rate_is_the_plain_one(preferences: list[float]) -> None:
    lengths = [100.0] * len(preferences)
    found = length_controlled_win_rate(preferences, lengths, lengths, draws=20)
    assert found.rate == pytest.approx(win_rate(preferences).rate, abs=1e-9)
    assert found.raw == pytest.approx(found.rate, abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(1, 400), st.integers(1, 400)), max_size=25))
def test_exchanging_model_and_baseline_turns_the_controlled_rate_over(rows: list[tuple[float, int, int]]) -> None:
    won = [row[0] for row in rows]
    ours, theirs = [float(row[1]) for row in rows], [float(row[2]) for row in rows]
    there = length_controlled_win_rate(won, ours, theirs, draws=20)
    back = length_controlled_win_rate([1 - one for one in won], theirs, ours, draws=20)
    assert there.rate == pytest.approx(1 - back.rate, abs=1e-6, nan_ok=True)
    assert there.length_effect == pytest.approx(back.length_effect, abs=1e-6, nan_ok=True)


def test_what_only_length_won_is_taken_out() -> None:
    """A judge that likes length and nothing else: 80 % raw for a model with long answers, a coin at equal length."""
    draw = np.random.default_rng(1)
    apart = draw.normal(150, 100, 1500)
    won = (draw.random(1500) < 1 / (1 + np.exp(-2.0 * np.tanh(apart / apart.std())))).astype(float)
    found = length_controlled_win_rate(won.tolist(), (500 + apart).tolist(), [500.0] * 1500)
    assert found.raw > 0.75
    assert found.rate == pytest.approx(0.5, abs=0.06)
    assert found.length_effect == pytest.approx(2.0, abs=0.4)
    assert found.interval.low < 0.5 < found.interval.high


def test_what_quality_won_stays() -> None:
    draw = np.random.default_rng(2)
    apart = draw.normal(0, 100, 1500)
    chance = 1 / (1 + np.exp(-(1.0 + 0.8 * np.tanh(apart / apart.std()))))
    won = (draw.random(1500) < chance).astype(float)
    found = length_controlled_win_rate(won.tolist(), (500 + apart).tolist(), [500.0] * 1500)
    assert found.ahead == pytest.approx(1.0, abs=0.2)
    assert found.rate == pytest.approx(1 / (1 + math.exp(-1.0)), abs=0.04)


def test_a_fit_equals_a_maximum_found_by_search() -> None:
    won = [1.0, 1.0, 0.0, 1.0, 0.0, 0.5]
    apart = np.array([30.0, 10.0, -20.0, -10.0, 5.0, 0.0])
    found = length_controlled_win_rate(won, (100 + apart).tolist(), [100.0] * 6)
    pull = np.tanh(apart / apart.std())
    theta, phi = np.meshgrid(np.linspace(-2, 3, 501), np.linspace(-2, 3, 501))
    total = -(phi**2) / 2
    for one, tug in zip(won, pull, strict=True):
        chance = 1 / (1 + np.exp(-(theta + phi * tug)))
        total = total + one * np.log(chance) + (1 - one) * np.log(1 - chance)
    best = np.unravel_index(total.argmax(), total.shape)
    assert (found.ahead, found.length_effect) == pytest.approx((theta[best], phi[best]), abs=0.011)


def test_the_controlled_rate_of_the_same_difference_everywhere_is_unknown() -> None:
    found = length_controlled_win_rate([1.0, 0.0, 1.0], [20.0] * 3, [10.0] * 3)
    assert (found.n, math.isnan(found.rate), math.isnan(found.interval.low)) == (3, True, True)
    assert found.raw == pytest.approx(2 / 3)


def test_wins_of_every_comparison_end_at_one_and_not_in_an_overflow() -> None:
    found = length_controlled_win_rate([1.0] * 8, [float(i) for i in range(8)], [3.0] * 8)
    assert found.rate == pytest.approx(1.0, abs=1e-6)
    assert found.interval.low < 0.7


def test_comparisons_of_one_family_are_drawn_together() -> None:
    draw = np.random.default_rng(3)
    won = np.repeat(draw.integers(0, 2, 20), 10).astype(float).tolist()
    lengths = draw.normal(100, 20, 200).tolist()
    alone = length_controlled_win_rate(won, lengths, [100.0] * 200)
    together = length_controlled_win_rate(won, lengths, [100.0] * 200, [str(i // 10) for i in range(200)])
    assert together.rate == alone.rate
    assert together.interval.high - together.interval.low > 2 * (alone.interval.high - alone.interval.low)


def test_eight_real_rewards_give_the_win_rate_counted_by_hand(shared_data: Path) -> None:
    rows = json.loads((shared_data / "optimml_logprobs" / "judge_scores.json").read_text(encoding="utf-8"))
    preferences = [float(row["policy_reward"] > row["reference_reward"]) for row in rows]
    found = win_rate(preferences)
    # -6.1<-3.5, -0.8>-2.8, -2.1>-4.7, -0.3>-1.7, -2.6>-3.3, -2.1>-2.8, -0.07>-0.24, -2.5<-1.8
    assert (found.win, found.tie, found.loss, found.rate) == (6, 0, 2, 0.75)
    controlled = length_controlled_win_rate(
        preferences, [row["policy_tokens"] for row in rows], [row["reference_tokens"] for row in rows]
    )
    # The two losses are among the four longest by most, so that length is not what won.
    assert (controlled.n, controlled.raw) == (8, 0.75)
    assert controlled.rate > controlled.raw
    assert controlled.length_effect < 0

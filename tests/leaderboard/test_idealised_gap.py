"""The alignment gap and the difficulty of pairs: fixtures of Chen et al. 2024 worked out by hand, and limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.idealised import (
    BETAS,
    alignment_gap,
    difficulty,
    dpo_loss,
    idealised_accuracy,
    idealised_margin,
    ipo_guarantee,
    loss_to_rank,
    weighted_dpo_loss,
)
from evalrun.leaderboard.metrics.tokens import mean_logprob

TOY_CHOSEN, TOY_REJECTED = math.log(1 / 16), math.log(1 / 8)
POINTS = st.lists(st.tuples(st.floats(-30, 30), st.sampled_from([0.6, 0.75, 0.9, 1.0])), min_size=1, max_size=12)


def test_the_toy_pair_has_log_two_as_its_difficulty() -> None:
    c = difficulty(TOY_CHOSEN, TOY_REJECTED)
    assert c == pytest.approx(0.693147, abs=1e-6)
    assert loss_to_rank(-c, 1.0) == pytest.approx(0.405465, abs=1e-6)
    assert math.exp(idealised_margin(TOY_CHOSEN, TOY_REJECTED, 0.75, 1.0)) == pytest.approx(1.5)


@pytest.mark.parametrize(("gap", "beta", "right"), [(-2, 0.5, 1), (-2, 1, 0), (-20, 0.1, 0), (-20, 0.01, 1)])
def test_an_idealised_margin_says_which_answer_training_could_put_ahead(gap: int, beta: float, right: int) -> None:
    assert idealised_accuracy([float(gap)], [0.0], [0.75], [beta]).median == right


@pytest.mark.parametrize(("perplexities", "votes", "ratio"), [((1, 3), (0.2, 0.8), 1.5), ((2, 4), (0.9, 0.1), 6.0)])
def test_ratios_of_the_authors_own_unit_tests(
    perplexities: tuple[int, int], votes: tuple[float, float], ratio: float
) -> None:
    first, second = (-math.log(one) for one in perplexities)
    assert math.exp(idealised_margin(first, second, votes[0], 2.0)) == pytest.approx(ratio)


def test_the_perplexity_of_the_authors_own_unit_test() -> None:
    total = math.log(sum(math.exp(logit) for logit in (2, 1, 0)))
    assert math.exp(-mean_logprob([1 - total, 2 - total])) == pytest.approx(2.478, abs=5e-4)


@pytest.mark.parametrize(
    ("c", "loss", "right"),
    [(0.26, 0.86, False), (0.28, 0.19, True), (0.45, 0.16, True), (457.6, 3.05, False), (-675.9, 0.16, True)],
)
def test_published_losses_and_difficulties_say_which_pairs_are_ranked_rightly(
    c: float, loss: float, right: bool
) -> None:
    assert (loss <= loss_to_rank(-c, 0.1)) == right


def test_a_small_loss_is_enough_where_the_reference_ranks_rightly() -> None:
    """Proposition 2.6: 0.6 is below the loss to rank for every reference margin from 0 up."""
    assert all(loss_to_rank(margin, 0.1) > 0.6 for margin in (0.0, 0.1, 1.0, 100.0))


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.05, 2))
def test_dpo_with_gamma_equal_to_beta_is_dpo(policy: float, reference: float, beta: float) -> None:
    assert weighted_dpo_loss(policy, reference, beta, beta) == pytest.approx(dpo_loss(policy, reference, beta))


def test_ipo_cannot_mend_what_its_reference_ranks_too_wrongly() -> None:
    assert ipo_guarantee(-3.0, 0.0, 0.5) is None  # -3 < -1/(2 * 0.5)
    assert ipo_guarantee(-0.5, 0.0, 0.5) == 0.25


@given(POINTS)
def test_what_can_be_reached_never_grows_with_beta(points: list[tuple[float, float]]) -> None:
    gaps, agreements = [gap for gap, _ in points], [agreement for _, agreement in points]
    nought = [0.0] * len(points)

    def at(beta: float) -> float:
        return idealised_accuracy(gaps, nought, agreements, [beta]).median

    reached = [at(beta) for beta in BETAS]
    assert reached == sorted(reached, reverse=True)
    assert at(1e-9) == 1.0
    if all(abs(gap) > 1e-6 for gap in gaps):
        assert at(1e9) == sum(gap > 0 for gap in gaps) / len(gaps)


def test_the_alignment_gap_is_the_median_of_what_can_be_reached_less_what_is() -> None:
    # Reachable: c = log 2 with three of four raters is right for beta = .01, .1 and 1, so in the median.
    found = alignment_gap(
        [-2.0, -5.0, -1.0, math.nan],
        [-3.0, -4.0, -2.0, -1.0],
        [TOY_CHOSEN] * 4,
        [TOY_REJECTED] * 4,
        [0.75, 0.75, 0.5, 0.75],
    )
    assert (found.reachable, found.reached, found.gap.value) == (1.0, 0.5, 0.5)
    assert (found.gap.n, found.gap.skipped) == (2, 2)


def test_the_gaps_interval_is_over_families_and_nothing_of_one() -> None:
    policy = [1.0, 0.0] * 20
    rest = ([0.5] * 40, [0.0] * 40, [0.1] * 40, [1.0] * 40)
    spread = alignment_gap(policy, *rest)
    assert spread.gap.interval.low < spread.gap.value == 0.5 < spread.gap.interval.high
    clustered = alignment_gap(policy, *rest, families=[str(i // 10) for i in range(40)])
    assert clustered.gap.interval.units == 4
    assert math.isnan(alignment_gap(policy, *rest, families=["f"] * 40).gap.interval.low)
    assert math.isnan(alignment_gap([], [], [], [], []).gap.value)

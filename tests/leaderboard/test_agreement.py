"""Agreement of two rankings: pairs, tau-b, and what chance alone would do."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.agreement import (
    pair_counts,
    spearman,
    split_half,
    tau_b,
    tau_interval,
    taus_in_draws,
    top_models,
)
from evalrun.leaderboard.metrics.resampling import RootSums, root_sums

two_lists = st.integers(2, 9).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4).map(float), min_size=n, max_size=n)] * 2)
)


def by_hand(first: Sequence[float], second: Sequence[float]) -> tuple[int, int, int, int]:
    """Pairs one after the other: concordant, discordant, tied in the first, tied in the second."""
    pairs = list(itertools.combinations(zip(first, second, strict=True), 2))
    products = [(a[0] - b[0]) * (a[1] - b[1]) for a, b in pairs]
    ties = [sum(a[side] == b[side] for a, b in pairs) for side in (0, 1)]
    return sum(p > 0 for p in products), sum(p < 0 for p in products), ties[0], ties[1]


def test_pairs_are_counted_as_by_hand() -> None:
    counts = pair_counts([1, 2, 3, 4], [1, 3, 2, 4])
    assert (counts.pairs, counts.concordant, counts.discordant) == (6, 5, 1)
    assert counts.tau_b == pytest.approx(4 / 6)
    assert counts.pairwise == pytest.approx(5 / 6)


def test_tau_b_and_spearman_are_those_of_known_examples() -> None:
    # the examples of scipy's documentation of kendalltau and spearmanr
    assert tau_b([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]) == pytest.approx(-0.47140452079103173)
    assert spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) == pytest.approx(0.8207826816681233)


@given(two_lists)
def test_counts_and_tau_are_those_of_all_pairs(lists: tuple[list[float], list[float]]) -> None:
    first, second = lists
    counts = pair_counts(first, second)
    concordant, discordant, tied_first, tied_second = by_hand(first, second)
    assert (counts.concordant, counts.discordant) == (concordant, discordant)
    assert (counts.tied_first, counts.tied_second) == (tied_first, tied_second)
    (drawn,) = taus_in_draws(np.array([first]), np.array([second]))
    assert drawn == pytest.approx(counts.tau_b, nan_ok=True)


@given(two_lists)
def test_tau_is_symmetric_and_turns_with_a_list(lists: tuple[list[float], list[float]]) -> None:
    first, second = lists
    assume(len(set(first)) > 1 and len(set(second)) > 1)
    assert tau_b(first, second) == tau_b(second, first)
    assert tau_b(first, [-x for x in second]) == -tau_b(first, second)
    assert tau_b(first, first) == pytest.approx(1.0)
    assert -1.0 <= spearman(first, second) <= 1.0 + 1e-12


def test_rankings_without_an_order_have_no_tau() -> None:
    assert math.isnan(tau_b([1, 1], [1, 2]))
    assert math.isnan(spearman([1, 1], [1, 2]))
    assert math.isnan(pair_counts([1, 1], [1, 2]).pairwise)
    with pytest.raises(ValueError, match="undefined"):
        tau_b([float("nan"), 1], [1, 2])
    with pytest.raises(ValueError, match="lengths"):
        tau_b([1, 2, 3], [1, 2])


def test_the_best_ten_are_taken_with_all_that_tie_with_the_tenth() -> None:
    scores = [float(score) for score in range(20)]
    assert top_models(scores) == list(range(10, 20))
    assert top_models([*scores, 10.0]) == [*range(10, 20), 20]
    assert top_models([0.5, 0.1]) == [0, 1]


def suite(skills: Sequence[float], tasks: int, seed: int, samples: int = 1) -> RootSums:
    generator = np.random.default_rng(seed)
    chances = 1 / (1 + np.exp(generator.normal(0, 1.5, tasks)[None, :] - np.array(skills)[:, None]))
    return root_sums(generator.binomial(samples, chances) / samples, [f"t{i:04}" for i in range(tasks)])


SKILLS = np.linspace(0, 2, 12).tolist()


def test_halves_of_a_suite_that_orders_the_models_task_by_task_agree_wholly() -> None:
    same = split_half(root_sums(np.linspace(0, 1, 5)[:, None] * np.ones(40), [f"t{i}" for i in range(40)]))
    assert same is not None
    assert (same.tau, same.low, same.high) == (1.0, 1.0, 1.0)
    assert not same.moves.any()


def test_halves_of_suites_that_cannot_tell_the_models_apart_agree_by_chance_only() -> None:
    """On average: in one suite the halves are what the whole leaves each other, so they lean to one side."""
    splits = [split_half(suite([0.0] * 12, 200, seed), splits=50, seed=seed) for seed in range(60)]
    taus = [split.tau for split in splits if split is not None]
    assert len(taus) == 60
    assert abs(sum(taus) / 60) < 0.08


def test_a_split_says_how_large_its_parts_are() -> None:
    table = suite(SKILLS, 300, 1)
    small, whole = split_half(table, size=100), split_half(table, size=300)
    assert small is not None
    assert whole is not None
    assert (small.roots, small.matched) == (100, True)
    assert (whole.roots, whole.matched) == (150, False)
    assert small.tau < whole.tau
    assert split_half(suite([0.0], 50, 0)) is None


def test_the_ceiling_is_what_another_suite_of_that_size_gives() -> None:
    """Two fresh suites of the same kind agree as the split of one says: inside its range in most repetitions."""
    inside = 0
    for trial in range(40):
        whole = suite(SKILLS, 200, 2 * trial)
        split = split_half(whole, size=100, splits=300, seed=trial)
        assert split is not None
        fresh = [suite(SKILLS, 100, seed).means.tolist() for seed in (1000 + trial, 5000 + trial)]
        inside += split.low <= tau_b(*fresh) <= split.high
    assert inside / 40 >= 0.85


def test_a_move_that_chance_makes_often_has_a_large_p() -> None:
    split = split_half(suite(SKILLS, 100, 3))
    assert split is not None
    assert split.move_p(5, 0) == 1.0
    assert split.move_p(5, 1) > 0.3
    assert split.move_p(0, 11) < 0.01
    assert split.move_p(3, -4) == split.move_p(3, 4)


def test_the_interval_of_tau_holds_the_estimate_and_narrows_with_tasks() -> None:
    widths = []
    for tasks in (50, 800):
        one, other = suite(SKILLS, tasks, 1), suite(SKILLS, tasks, 2)
        found = tau_interval(one, other, draws=500)
        assert found.low <= tau_b(one.means.tolist(), other.means.tolist()) <= found.high
        assert (found.method, found.units) == ("bootstrap", tasks)
        widths.append(found.high - found.low)
    assert widths[1] < 0.6 * widths[0]
    lone = root_sums([[1.0], [0.0]], ["a"])
    assert tau_interval(lone, lone).method == "none"

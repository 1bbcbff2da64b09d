"""Ranks: ties, ranges that hold as often as they say, chances to be best."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.ranks import (
    Separation,
    competition_ranks,
    holm_array,
    ranks_in_draws,
    separate,
    top_shares,
)
from evalrun.leaderboard.metrics.resampling import bootstrap_means, root_sums
from evalrun.leaderboard.metrics.significance import holm, mcnemar_exact

TASKS = 150
NAMES = [f"t{i:03}" for i in range(TASKS)]
scores = st.lists(st.integers(0, 6).map(lambda x: x / 6), min_size=1, max_size=12)


def test_equal_scores_share_the_lower_rank_and_the_next_counts_them_all() -> None:
    assert competition_ranks([0.5, 0.9, 0.5, 0.1]) == [2, 1, 2, 4]
    assert competition_ranks([0.1 + 0.2, 0.3]) == [1, 1]
    assert competition_ranks([]) == []
    with pytest.raises(ValueError, match="undefined"):
        competition_ranks([0.5, float("nan")])


@given(scores)
def test_a_rank_is_one_more_than_how_many_are_higher(values: list[float]) -> None:
    assert competition_ranks(values) == [1 + sum(other > value for other in values) for value in values]


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_of_an_array_is_holm(p_values: list[float]) -> None:
    assert holm_array(np.array(p_values)).tolist() == pytest.approx(holm(p_values))


def outcomes(*passes: int) -> np.ndarray:
    return np.array([[float(task < count) for task in range(20)] for count in passes])


def test_every_pair_of_single_samples_gets_mcnemars_test_and_holms_correction() -> None:
    pairs = separate(outcomes(20, 18, 4), NAMES[:20], single=True)
    assert pairs.test == "exact McNemar"
    assert pairs.wins.tolist() == [[0, 2, 16], [0, 0, 14], [0, 0, 0]]
    assert pairs.p[0, 2] == pairs.p[2, 0] == pytest.approx(3 * mcnemar_exact(16, 0))
    assert pairs.p[1, 2] == pytest.approx(2 * mcnemar_exact(14, 0))
    assert pairs.p[0, 1] == mcnemar_exact(2, 0)
    assert [[pairs.sign(i, j) for j in range(3)] for i in range(3)] == [[0, 0, 1], [0, 0, 1], [-1, -1, 0]]
    assert pairs.rank_ranges() == [(1, 2), (1, 2), (3, 3)]
    assert pairs.discordance[0, 2] == pytest.approx(0.8)


def test_samples_and_shared_roots_call_for_the_permutation_test() -> None:
    rates = outcomes(20, 18, 4)
    assert separate(rates, NAMES[:20], single=False).test == "sign-flip permutation over root tasks"
    assert separate(rates, ["one root"] * 20, single=True).rank_ranges() == [(1, 3)] * 3
    with pytest.raises(ValueError, match="scored sample"):
        separate([[float("nan")]], ["a"], single=True)


def test_a_pair_of_whole_passes_is_worked_out_exactly_beside_a_run_of_many_samples() -> None:
    rates = np.zeros((3, TASKS))
    rates[0, :100], rates[1, 20:105] = 1.0, 1.0  # 20 against 5, p = 0.0041; and a third that passes some half the time
    rates[2, :40] = 0.5
    pairs = separate(rates, NAMES, single=False, draws=100)
    assert pairs.test.startswith("sign-flip")
    assert pairs.p[0, 1] == pytest.approx(mcnemar_exact(20, 5))  # the largest of the three: Holm multiplies it by one


@pytest.mark.parametrize("single", [True, False])
def test_identical_models_are_one_tie(single: bool) -> None:
    pairs = separate(outcomes(7, 7, 7, 7), NAMES[:20], single=single)
    assert pairs.rank_ranges() == [(1, 4)] * 4
    assert not pairs.better.any()
    assert top_shares(bootstrap_means(root_sums(outcomes(7, 7, 7, 7), NAMES[:20])), (1, 3)) == [[0.25] * 4, [0.75] * 4]


@given(st.lists(st.lists(st.integers(0, 3).map(lambda x: x / 3), min_size=5, max_size=5), min_size=2, max_size=5))
def test_better_and_worse_are_two_sides_of_one_pair(rows: list[list[float]]) -> None:
    pairs = separate(rows, list("abcde"), single=False, draws=200)
    ranks = competition_ranks([sum(row) for row in rows])
    assert (pairs.p == pairs.p.T).all()
    assert not (pairs.better & pairs.better.T).any()
    assert all(low <= rank <= high for rank, (low, high) in zip(ranks, pairs.rank_ranges(), strict=True))


def draw(generator: np.random.Generator, skills: list[float], samples: int) -> np.ndarray:
    """Pass rates on fresh tasks of models with these skills, on a scale where a step of 0.1 is some two points."""
    chances = 1 / (1 + np.exp(generator.normal(0, 1.5, TASKS)[None, :] - np.array(skills)[:, None]))
    return np.asarray(generator.binomial(samples, chances) / samples)


def true_ranges(skills: list[float]) -> list[tuple[int, int]]:
    return [(1 + sum(o > s for o in skills), len(skills) - sum(o < s for o in skills)) for s in skills]


def holds(pairs: Separation, skills: list[float]) -> bool:
    """Whether every model's range has all the ranks that its true tie has."""
    ranges = zip(pairs.rank_ranges(), true_ranges(skills), strict=True)
    return all(low <= first and last <= high for (low, high), (first, last) in ranges)


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize(
    "skills",
    [[0.0] * 6, [0.0, 0.05, 0.1, 0.15, 0.2, 0.25], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]],
    ids=["ties", "small gaps", "two groups"],
)
def test_rank_ranges_hold_for_all_models_at_once(skills: list[float], samples: int) -> None:
    generator = np.random.default_rng(11)
    trials = 200
    hits = sum(
        holds(separate(draw(generator, skills, samples), NAMES, single=samples == 1, draws=1000), skills)
        for _ in range(trials)
    )
    assert hits / trials >= 0.95


def test_clear_gaps_are_told_apart() -> None:
    pairs = separate(draw(np.random.default_rng(2), [0.0, 2.0, 4.0], 5), NAMES, single=False)
    assert pairs.rank_ranges() == [(3, 3), (2, 2), (1, 1)]


def test_percentiles_of_bootstrapped_ranks_do_not_hold_where_models_tie() -> None:
    """Why the range is made from tests: the usual interval claims far more than it knows."""
    generator = np.random.default_rng(5)
    hits = 0
    for trial in range(60):
        table = root_sums(draw(generator, [0.0] * 6, 1), NAMES)
        ranks = ranks_in_draws(bootstrap_means(table, draws=400, seed=trial))
        low = np.quantile(ranks, 0.025, axis=0)
        hits += bool((low <= 1).all())
    assert hits / 60 < 0.6


def test_the_chances_of_the_places_add_up_to_the_places() -> None:
    drawn = bootstrap_means(root_sums(draw(np.random.default_rng(0), [0, 0.1, 0.2, 0.3, 0.4], 2), NAMES), draws=500)
    best, top = top_shares(drawn, (1, 3))
    assert sum(best) == pytest.approx(1.0)
    assert sum(top) == pytest.approx(3.0)
    assert all(one <= three for one, three in zip(best, top, strict=True))


def test_places_that_are_tied_over_are_shared() -> None:
    assert top_shares(np.array([[0.9, 0.5, 0.5, 0.5]]), (1, 2, 3)) == [
        [1, 0, 0, 0],
        pytest.approx([1, 1 / 3, 1 / 3, 1 / 3]),
        pytest.approx([1, 2 / 3, 2 / 3, 2 / 3]),
    ]


def test_a_hundred_models_on_a_thousand_tasks_are_tested_in_seconds() -> None:
    generator = np.random.default_rng(0)
    chances = generator.uniform(0, 1, 1000)[None, :] * np.linspace(0.5, 1, 100)[:, None]
    rates = generator.binomial(10, chances) / 10
    start = time.process_time()
    pairs = separate(rates, [f"r{i}" for i in range(1000)], single=False)
    assert time.process_time() - start < 20
    assert pairs.p[0, 99] < 1e-6
    assert pairs.rank_ranges()[99][0] == 1

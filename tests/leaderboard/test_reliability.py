"""What a suite can tell: reliability, power, and the statistics of its tasks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.reliability import (
    cronbach_alpha,
    fewest_flips,
    item_statistics,
    resolvable_difference,
)
from evalrun.leaderboard.metrics.resampling import root_sums
from evalrun.leaderboard.metrics.significance import mcnemar_exact, tasks_needed


def test_alpha_is_as_by_hand() -> None:
    # totals 3, 2, 1: variance 1; the tasks' variances are 0, 1/3 and 1/3; 3/2 (1 - 2/3)
    assert cronbach_alpha(root_sums([[1, 1, 1], [1, 1, 0], [1, 0, 0]], ["a", "b", "c"])) == pytest.approx(0.5)


def test_alpha_is_one_where_tasks_repeat_each_other_and_undefined_without_variation() -> None:
    assert cronbach_alpha(root_sums([[1, 1, 1], [0, 0, 0]], ["a", "b", "c"])) == pytest.approx(1.0)
    assert math.isnan(cronbach_alpha(root_sums([[1, 0], [0, 1]], ["a", "b"])))
    assert math.isnan(cronbach_alpha(root_sums([[1, 0]], ["a", "b"])))
    assert math.isnan(cronbach_alpha(root_sums([[1, 0], [1, 1]], ["a", "a"])))


def test_tasks_of_one_root_do_not_pass_for_reliability() -> None:
    generator = np.random.default_rng(0)
    rates = (generator.random((20, 30)) < 0.5).astype(float)
    roots = [f"r{i}" for i in range(30)]
    copied = np.repeat(rates, 4, axis=1)
    apart = cronbach_alpha(root_sums(copied, [f"t{i}" for i in range(120)]))
    together = cronbach_alpha(root_sums(copied, [root for root in roots for _ in range(4)]))
    assert together == pytest.approx(cronbach_alpha(root_sums(rates, roots)))
    assert apart > together + 0.3


@pytest.mark.parametrize(("discordance", "tasks", "difference"), [(0.1, 870, 0.03), (0.1, 312, 0.05), (0.2, 626, 0.05)])
def test_the_resolvable_difference_is_that_of_published_sample_sizes(
    discordance: float, tasks: int, difference: float
) -> None:
    assert resolvable_difference(discordance, tasks) == pytest.approx(difference, abs=5e-5)
    assert tasks_needed(discordance, difference) == tasks


@given(st.floats(0.02, 1), st.integers(20, 5000))
def test_so_many_tasks_are_needed_for_the_difference_that_they_resolve(discordance: float, tasks: int) -> None:
    difference = resolvable_difference(discordance, tasks)
    needed = tasks_needed(max(discordance, difference), difference)
    if needed >= tasks:
        assert needed <= tasks + 1
    else:  # more than the formula asks for: what an exact test needs where all disagreements go one way
        enough = 1 - sum(math.comb(tasks, i) * difference**i * (1 - difference) ** (tasks - i) for i in range(6))
        assert enough == pytest.approx(0.8, abs=0.001)


def test_five_tasks_can_show_no_difference_and_six_only_a_nearly_whole_one() -> None:
    assert mcnemar_exact(5, 0) > 0.05 > mcnemar_exact(6, 0)
    assert math.isnan(resolvable_difference(0.5, 5))
    assert resolvable_difference(0.5, 6) == pytest.approx(0.8 ** (1 / 6), abs=1e-5)
    assert fewest_flips() == 6
    assert fewest_flips(0.9) == 5  # 2 of 32 is more than 5 %, and no more than 10 %


def test_many_tasks_of_five_roots_can_show_no_difference_either() -> None:
    assert math.isnan(resolvable_difference(0.2, 100, roots=5, single=False))
    assert resolvable_difference(0.2, 100, roots=6, single=False) == resolvable_difference(0.2, 100, single=False)


def test_models_that_never_disagree_still_leave_a_difference_unseen() -> None:
    assert resolvable_difference(0.0, 164) == pytest.approx(0.047, abs=0.001)
    assert math.isnan(resolvable_difference(0.3, 3))
    assert math.isnan(resolvable_difference(math.nan, 100))
    # with several samples a task a small difference on every task needs no disagreement on whole tasks
    assert resolvable_difference(0.001, 50, single=False) < resolvable_difference(0.001, 50)


def test_the_test_finds_the_resolvable_difference_four_times_in_five() -> None:
    generator = np.random.default_rng(1)
    difference = resolvable_difference(0.2, 400)
    draws = generator.multinomial(400, [(0.2 - difference) / 2, (0.2 + difference) / 2, 0.8], size=1500)
    found = sum(mcnemar_exact(int(b), int(f)) < 0.05 for b, f, _ in draws) / 1500
    assert 0.75 <= found <= 0.85


def test_items_are_as_by_hand() -> None:
    rates = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 1.0]])
    easy, middle, hard, never, odd = item_statistics(rates, list("abcde"))
    assert [one.solve_rate for one in (easy, middle, hard, never)] == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert math.isnan(easy.discrimination)
    assert (never.never_solved, never.suspect, math.isnan(never.discrimination)) == (True, False, True)
    # others' totals are 2, 1, 2: each deviation times (1, 1, -2) / 3 adds up to -1/3
    assert middle.discrimination == pytest.approx((-1 / 3) / math.sqrt(6 / 9 * 6 / 9))
    assert (hard.solved_by_one, hard.solvers) == (True, 1)
    # others' totals are 3, 2, 1
    assert odd.discrimination == pytest.approx(-math.sqrt(3) / 2)
    assert odd.suspect


def test_a_tasks_siblings_are_not_in_the_rest_it_is_compared_with() -> None:
    rates = np.array([[1, 1, 0], [0, 0, 1.0]])
    alone, sibling, other = item_statistics(rates, ["a", "a", "b"])
    assert (alone.discrimination, sibling.discrimination) == (-1.0, -1.0)
    assert other.discrimination == -1.0

"""Exact tests and corrections: hand values, published values, and scipy's where it happens to be installed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.significance import (
    benjamini_hochberg,
    fisher_exact,
    holm,
    mcnemar_chi2,
    mcnemar_exact,
    mcnemar_mid_p,
    tasks_needed,
)

P_VALUES = st.lists(st.floats(0, 1), max_size=30)


@pytest.mark.parametrize(
    ("broken", "fixed", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (10, 25, 0.01667)],
)
def test_mcnemar_equals_hand_values(broken: int, fixed: int, p: float) -> None:
    assert mcnemar_exact(broken, fixed) == pytest.approx(p, rel=1e-3)
    assert mcnemar_exact(fixed, broken) == mcnemar_exact(broken, fixed)


@pytest.mark.parametrize(("broken", "fixed", "p"), [(10, 25, 0.01133), (1, 9, 0.01172), (0, 0, 1.0), (5, 5, 1.0)])
def test_mid_p_takes_the_chance_of_what_was_seen_off(broken: int, fixed: int, p: float) -> None:
    assert mcnemar_mid_p(broken, fixed) == pytest.approx(p, abs=5e-6)


def test_the_chi_squared_approximation_equals_a_published_value() -> None:
    assert mcnemar_chi2(10, 25) == pytest.approx(0.01796, abs=5e-6)
    assert mcnemar_chi2(5, 5) == 1.0
    assert math.isnan(mcnemar_chi2(0, 0))


def test_mcnemar_of_many_flips_does_not_overflow() -> None:
    assert mcnemar_exact(20_000, 20_000) == 1.0
    assert mcnemar_exact(0, 5_000) < 1e-300


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_the_binomial_test_of_scipy(broken: int, fixed: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not needed, only compared with")
    if broken + fixed:
        assert mcnemar_exact(broken, fixed) == pytest.approx(stats.binomtest(broken, broken + fixed).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("table", "p"),
    [
        ((10, 0, 6, 4), 0.0867),
        ((10, 0, 5, 5), 0.0325),
        ((5, 0, 1, 4), 10 / 210),
        ((5, 0, 0, 5), 2 / 252),
        ((3, 1, 1, 3), 34 / 70),  # Fisher's tea: 17/70 on each side
        ((1, 0, 0, 1), 1.0),
        ((0, 0, 3, 4), 1.0),
        ((4, 0, 7, 0), 1.0),
    ],
)
def test_fishers_test_equals_hand_values(table: tuple[int, int, int, int], p: float) -> None:
    a, b, c, d = table
    assert fisher_exact(a, b, c, d) == pytest.approx(p, abs=6e-5)
    assert fisher_exact(c, d, a, b) == fisher_exact(b, a, d, c) == fisher_exact(a, b, c, d)


@given(*[st.integers(0, 30)] * 4)
def test_fishers_test_equals_that_of_scipy(a: int, b: int, c: int, d: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not needed, only compared with")
    assert fisher_exact(a, b, c, d) == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue, rel=1e-9)


def test_fishers_test_seldom_accuses_a_model_that_did_not_change() -> None:
    """With equal chances the p-value falls below 5 % at most 5 times in 100, whatever the chance is."""
    generator = np.random.default_rng(5)
    for chance in (0.1, 0.5, 0.9):
        passes = generator.binomial(10, chance, size=(2, 4000))
        p = [fisher_exact(c, 10 - c, d, 10 - d) for c, d in passes.T.tolist()]
        assert np.mean(np.array(p) <= 0.05) <= 0.05


def test_counts_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        fisher_exact(1, -1, 0, 0)
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 0)


def test_holm_equals_hand_values() -> None:
    # sorted .01 .02 .04: x3 = .03, x2 = .04, x1 = .04; never below its forerunner, never above 1
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_benjamini_hochberg_equals_hand_values() -> None:
    # sorted .01 .02 .04 .9: x4/1 = .04, x4/2 = .04, x4/3 = .0533, x4/4 = .9; never above its successor
    assert benjamini_hochberg([0.04, 0.9, 0.01, 0.02]) == pytest.approx([0.16 / 3, 0.9, 0.04, 0.04])
    assert benjamini_hochberg([0.04, 0.03]) == pytest.approx([0.04, 0.04])
    assert benjamini_hochberg([]) == []


@given(P_VALUES)
def test_adjusting_keeps_the_order_and_holm_is_the_stricter(p_values: list[float]) -> None:
    strict, lenient = holm(p_values), benjamini_hochberg(p_values)
    for p, low, high in zip(p_values, lenient, strict, strict=True):
        assert p - 1e-12 <= low <= high + 1e-12
        assert high <= 1.0
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(lenient)[order]) >= 0)
    assert np.all(np.diff(np.array(strict)[order]) >= 0)


@pytest.mark.parametrize(
    ("discordance", "difference", "tasks"), [(0.10, 0.03, 870), (0.10, 0.05, 312), (0.20, 0.05, 626)]
)
def test_how_many_tasks_a_net_change_needs(discordance: float, difference: float, tasks: int) -> None:
    assert tasks_needed(discordance, difference) == tasks
    assert tasks_needed(discordance, -difference) == tasks


def test_a_net_change_that_flips_cannot_bring_about_is_refused() -> None:
    for discordance, difference in ((0.1, 0.0), (0.1, 0.2), (1.1, 0.2)):
        with pytest.raises(ValueError, match="cannot be planned for"):
            tasks_needed(discordance, difference)

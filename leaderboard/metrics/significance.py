"""Tests of "no change" for pass/fail outcomes, corrections for asking several times, and how many tasks a test needs.

Sources: McNemar 1947; Fisher 1935; Holm 1979; Benjamini and Hochberg 1995. All p-values are two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist


def mcnemar_exact(broken: int, fixed: int) -> float:
    """Exact McNemar p: min(1, 2 P[Bin(b + f, 1/2) <= min(b, f)]); 1 where nothing flipped.

    The null hypothesis is that a flip is as likely to go either way, pairs being independent of each other.
    """
    tail, _ = _binomial_tail(broken, fixed)
    return min(1.0, float(2 * tail / 2 ** (broken + fixed)))


def mcnemar_mid_p(broken: int, fixed: int) -> float:
    """McNemar's mid-p: the exact p less the chance of the observed split, so less cautious; 1 where nothing flipped."""
    tail, observed = _binomial_tail(broken, fixed)
    return min(1.0, float((2 * tail - observed) / 2 ** (broken + fixed)))


def mcnemar_chi2(broken: int, fixed: int) -> float:
    """McNemar's chi-squared p with continuity correction, to compare with tools that give it; NaN without flips.

    An approximation for many flips. Everything here uses the exact test.
    """
    if broken + fixed == 0:
        return math.nan
    statistic = max(0, abs(broken - fixed) - 1) ** 2 / (broken + fixed)
    return math.erfc(math.sqrt(statistic / 2))  # the upper tail of chi-squared with one degree of freedom


def _binomial_tail(broken: int, fixed: int) -> tuple[int, int]:
    """Of the 2^(b+f) ways the flips can go, how many have at most min(b, f) on one side, and how many exactly that.

    Whole numbers throughout: the one division that the caller does is correctly rounded, whatever the size.
    """
    if broken < 0 or fixed < 0:
        raise ValueError(f"negative counts of flips: {broken}, {fixed}")
    flips = broken + fixed
    term, tail = 1, 1
    for i in range(1, min(broken, fixed) + 1):
        term = term * (flips - i + 1) // i
        tail += term
    return tail, term


@lru_cache(maxsize=65536)  # a suite has few different tables, and asks for each of its tasks
def fisher_exact(old_passed: int, old_failed: int, new_passed: int, new_failed: int) -> float:
    """Fisher's exact p that one task is passed as often by both models, given several samples of each.

    The total of passes fixed, the chance of all tables that are no likelier than the one found (as in R and scipy);
    in whole numbers, so that equally likely tables count as equal. 1 where a side has no sample.
    """
    if min(old_passed, old_failed, new_passed, new_failed) < 0:
        raise ValueError("counts of samples cannot be negative")
    old, new, passed = old_passed + old_failed, new_passed + new_failed, old_passed + new_passed
    ways = [
        math.comb(old, left) * math.comb(new, passed - left)
        for left in range(max(0, passed - new), min(old, passed) + 1)
    ]
    found = math.comb(old, old_passed) * math.comb(new, new_passed)
    return sum(way for way in ways if way <= found) / sum(ways)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment, in the given order: bounds the chance of one false alarm or more (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's step-up adjustment, in the given order: bounds the share of false ones among the alarms.

    Reporting all tasks with an adjusted p of at most 0.10 makes one in ten of them false on average, for independent
    (or positively dependent) tests.
    """
    adjusted = [0.0] * len(p_values)
    running = 1.0
    order = sorted(range(len(p_values)), key=lambda i: p_values[i], reverse=True)
    for rank, index in zip(range(len(p_values), 0, -1), order, strict=True):
        running = min(running, p_values[index] * len(p_values) / rank)
        adjusted[index] = running
    return adjusted


def tasks_needed(discordance: float, difference: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Independent tasks that McNemar's test needs to find a net change of ``difference`` with the given power.

    discordance: share of tasks that flip either way, psi = PFR + NFR. With d the net change,
    (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2, rounded up (Connor 1987). Raises ValueError where the change is 0
    or larger than all flips together.
    """
    if not 0 < abs(difference) <= discordance <= 1:
        raise ValueError(f"a net change of {difference} out of {discordance} flips cannot be planned for")
    z_level, z_power = NormalDist().inv_cdf((1 + level) / 2), NormalDist().inv_cdf(power)
    spread = z_level * math.sqrt(discordance) + z_power * math.sqrt(max(0.0, discordance - difference**2))
    return math.ceil((spread / difference) ** 2)

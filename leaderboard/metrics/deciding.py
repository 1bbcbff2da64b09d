"""Is a limit kept? A decision from an interval, and how much evidence would decide what this much does not.

Sources: the interval rule is that of non-inferiority tests (ICH E9, 1998, section 3.3.2): a bound is kept when the
whole interval lies on its good side. The sample size of a share against a fixed limit is the usual one for a score test
(Fleiss, Levin and Paik 2003, "Statistical Methods for Rates and Proportions", section 2.7), whose interval is Wilson's.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from .intervals import Interval

Outcome = Literal["ok", "failed", "inconclusive"]
POWER = 0.8
"""How often a repetition with the number of tasks that is named would decide, if rates stay as they were seen."""


def decide(low: float, high: float, limit: float, *, at_most: bool) -> Outcome:
    """Whether a quantity between ``low`` and ``high`` keeps a limit: ok when the whole interval does, failed when none
    of it does, else inconclusive, as where a bound is NaN. A bound that is the limit itself keeps it.
    """
    if math.isnan(low) or math.isnan(high):
        return "inconclusive"
    if not at_most:
        low, high, limit = -high, -low, -limit
    if high <= limit:
        return "ok"
    return "failed" if low > limit else "inconclusive"


def units_needed(seen: float, limit: float, interval: Interval, *, level: float, power: float = POWER) -> int | None:
    """How many independent units (tasks, or roots) would decide about ``limit``, if what was ``seen`` is the truth.

    With z_a the normal quantile of (1 + level) / 2, z_b that of ``power``, p what was seen and L the limit:

        shares, Wilson's interval     n = ((z_a sqrt(L (1 - L)) + z_b sqrt(p (1 - p))) / (L - p))^2
        means, bootstrap              n = units ((1 + z_b / z_a) half / (L - p))^2

    half: the distance from p to the interval's bound on the side of L, which shrinks as 1 / sqrt(units). None where no
    number is enough (p is L) or nothing is known (no interval).
    """
    gap = abs(limit - seen)
    if math.isnan(gap) or gap == 0 or interval.method == "none":
        return None
    z_level, z_power = NormalDist().inv_cdf((1 + level) / 2), NormalDist().inv_cdf(power)
    if interval.method == "bootstrap":
        half = interval.high - seen if limit > seen else seen - interval.low
        return max(1, math.ceil(interval.units * ((1 + z_power / z_level) * half / gap) ** 2))
    if not 0 <= min(seen, limit) <= max(seen, limit) <= 1:
        # A mean of differences that are all the same: the share of roots that could differ is bounded, from 0.
        seen, limit = 0.0, min(gap, 1.0)
    spread = z_level * math.sqrt(limit * (1 - limit)) + z_power * math.sqrt(seen * (1 - seen))
    return max(1, math.ceil((spread / gap) ** 2))  # none at all decide nothing, however far the limit

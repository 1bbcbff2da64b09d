"""Preferences in words: whose can be trusted, and what a rule that reads nothing gets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...benchmarks.visible import visible
from ..words import bounds, percent, plural
from .summary import Control, PreferenceSummary


def best_control(one: PreferenceSummary) -> Control:
    """The rule without a model that gets most; the coin where nothing else is known."""
    return max(one.controls, key=lambda control: -1.0 if math.isnan(control.accuracy) else control.accuracy)


def above_controls(one: PreferenceSummary) -> bool:
    """Whether the whole 95 % interval of the accuracy lies above the best control."""
    low = one.overall.result.interval.low
    return not math.isnan(low) and low > best_control(one).accuracy


def condition(one: PreferenceSummary) -> str:
    """What a model was told, as an addition to its name; "" for nothing."""
    return f", told of {visible(one.conditioned_on, 40)}" if one.conditioned_on else ""


def preference_sentence(group: Sequence[PreferenceSummary]) -> str:
    """Of runs with one measure on one suite, best first: the best, the control, and how many are not above theirs."""
    best = group[0]
    result = best.overall.result
    if not result.n:
        return f"No pair of {visible(best.suite)} could be scored."
    control = best_control(best)
    rule = "a coin" if control.name == "coin" else f"“{control.name}”"
    head = (
        f"{visible(best.label)}{condition(best)} agrees with the preference in {percent(result.accuracy)} of "
        f"{plural(result.n, 'pair')} of {visible(best.suite)} {bounds(result.interval)}; "
        f"{rule} gets {percent(control.accuracy)}"
    )
    below = sum(not above_controls(one) for one in group)
    if len(group) == 1:
        high = result.interval.high
        more = not math.isnan(high) and high < control.accuracy
        return f"{head}{', which is clearly more' if more else ', which is not clearly less' if below else ''}."
    if not below:
        return f"{head}, less than each of the {len(group)} models."
    verb = "is" if below == 1 else "are"
    return f"{head}, and {below} of {len(group)} models {verb} not clearly above the best such rule."

"""Updates in words: one of them in a clause, and many of them in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ...benchmarks.visible import visible
from ..words import p_value, plural, points
from .comparison import Comparison

LEVEL = 0.05


def beyond_chance(comparison: Comparison) -> bool:
    """Whether the net change is more than chance explains."""
    return comparison.p < LEVEL


def changed(comparison: Comparison) -> bool:
    """Whether any task's pass rate differs at all."""
    return bool(comparison.broken or comparison.fixed)


def update_word(comparison: Comparison) -> str:
    """ "better", "worse", "within noise" or "no change"."""
    if not changed(comparison):
        return "no change"
    if not beyond_chance(comparison):
        return "within noise"
    return "better" if comparison.net > 0 else "worse"


def updates_sentence(comparisons: Sequence[Comparison]) -> str:
    """What came of all updates; of one alone its verdict."""
    if len(comparisons) == 1:
        (one,) = comparisons
        return f"From {visible(one.old)} to {visible(one.new)}: {_lower(verdict_on_update(one))}"
    words = [update_word(one) for one in comparisons]
    counts = [
        (words.count("worse"), "worse beyond chance"),
        (words.count("better"), "better beyond chance"),
        (words.count("within noise"), "within noise"),
        (words.count("no change"), "without any change"),
    ]
    parts = [f"{count} {'is' if count == 1 else 'are'} {what}" for count, what in counts if count]
    worst = min(comparisons, key=lambda one: one.net)
    tail = ""
    if update_word(worst) == "worse":
        fall = points(worst.net, signed=False)
        tail = f"; {visible(worst.new)} loses most, {fall} points against {visible(worst.old)}"
    return f"Of {plural(len(comparisons), 'update')} measured, {_listed(parts)}{tail}."


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def verdict_on_update(comparison: Comparison) -> str:
    """One sentence on an update: what broke, what was fixed, and whether the net change could be chance."""
    broken, fixed = len(comparison.broken), len(comparison.fixed)
    if not broken and not fixed:
        return f"No pass rate differs on {plural(comparison.tasks, 'task')}; nothing was broken and nothing fixed."
    verbs = ("broke", "was fixed" if fixed == 1 else "were fixed") if comparison.flips else ("lost pass rate", "gained")
    what = f"{plural(broken, 'task')} {verbs[0]} and {fixed} {verbs[1]}"
    net = points(comparison.net)
    if comparison.p < 0.05:
        side = "worse" if comparison.net < 0 else "better"
        chance = f"the new model is {side} by {points(comparison.net, signed=False)} points, more than chance explains"
    else:
        chance = f"the net change of {net} points could be chance"
    return f"{what}: {chance} ({comparison.test}, {p_value(comparison.p)})."

"""Updates in words: one of them in a clause, and many of them in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..benchmarks.visible import visible
from .comparison import Comparison
from .words import plural, points, verdict_on_update

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

"""A gate in words: each limit, what was seen, and one sentence for the whole."""

from __future__ import annotations

from .gate import Check, Gate
from .metrics.deciding import POWER
from .words import NONE, bounds, percent, plural, points

OUTCOMES = {"ok": "ok", "failed": "FAILED", "inconclusive": "INCONCLUSIVE"}
_MANY = 1_000_000


def gate_sentence(gate: Gate) -> str:
    """Whether the gate holds, and if not, on how many limits."""
    failed = sum(check.outcome == "failed" for check in gate.checks)
    open_ones = sum(check.outcome == "inconclusive" for check in gate.checks)
    total = plural(len(gate.checks), "limit")
    if gate.outcome == "ok":
        return f"GATE OK: {'the limit is' if len(gate.checks) == 1 else f'all {total} are'} kept."
    parts = []
    if failed:
        parts.append(f"{failed} of {total} {'is' if failed == 1 else 'are'} exceeded")
    if open_ones:
        counted = f"{open_ones} of {total}" if not failed else str(open_ones)
        strict = ", which --strict counts as failed" if gate.rule.strict else ""
        parts.append(f"{counted} cannot be decided{strict}")
    return f"GATE {OUTCOMES[gate.outcome]}: {'; '.join(parts)}."


def limit_words(check: Check) -> str:
    """ "negative flip rate at most 2.0 %"."""
    return f"{check.name} at {'most' if check.at_most else 'least'} {_value(check, check.limit)}"


def seen_words(check: Check) -> str:
    """What was seen, in the limit's unit; a dash where it is undefined."""
    return _value(check, check.seen)


def interval_words(check: Check) -> str:
    """The interval; a dash where the measure has none."""
    return NONE if check.interval is None else bounds(check.interval, signed=check.kind == "points")


def reason_words(check: Check) -> str:
    """Why a limit is not decided, and how many tasks would; empty for one that is."""
    if check.needed is None:
        return check.why
    many = "more than a million tasks" if check.needed > _MANY else f"about {plural(check.needed, 'task')}"
    return f"{check.why}: {many} like these would, {POWER:.0%} of the time, if the rate stays what it is"


def _value(check: Check, value: float) -> str:
    if check.kind == "count":
        return f"{value:,.0f}"
    # Limits are shown as precisely as they were given: 0.25 % is not 0.2 %.
    if check.kind == "points":
        return points(value) + ("" if value != value else " points")
    text = percent(value)
    exact = f"{100 * value:.10g} %"
    return exact if value == check.limit and len(exact) > len(text) else text

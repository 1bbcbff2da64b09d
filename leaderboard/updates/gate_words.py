"""A gate in words: each limit, what was seen, and one sentence for the whole."""

from __future__ import annotations

import math

from ..metrics.deciding import POWER
from ..words import NONE, bounds, plural
from .gate import Check, Gate

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
        which = "the limit" if len(gate.checks) == 1 else f"{failed} of {total}"
        parts.append(f"{which} {'is' if failed == 1 else 'are'} exceeded")
    if open_ones:
        counted = str(open_ones) if failed else "the limit" if len(gate.checks) == 1 else f"{open_ones} of {total}"
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
    return f"{check.why}: {many} like these would do"


def gate_notes(gate: Gate) -> list[str]:
    """What numbers of tasks rest on, and what was decided in spite of owed samples."""
    notes = []
    if any(check.needed is not None for check in gate.checks):
        notes.append(f"So many tasks decide with a chance of {100 * POWER:.0f} %, if the rates stay what they are.")
    if gate.owed and gate.rule.allow_owed:
        notes.append(f"Decided on what is scored: {plural(gate.owed, 'sample')} owed (--allow-owed).")
    return notes


def _value(check: Check, value: float) -> str:
    if check.kind == "count":
        return f"{value:,.0f}"
    if math.isnan(value):
        return NONE
    unit = "points" if check.kind == "points" else "%"
    # Limits are shown as precisely as they were given: 0.25 % is not 0.2 %.
    exact, short = f"{abs(100 * value):.10g}", f"{abs(100 * value):.1f}"
    text = exact if value == check.limit and len(exact) > len(short) else short
    return f"{'−' if value < 0 and float(text) else ''}{text} {unit}"

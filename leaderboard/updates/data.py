"""An update as plain data: what `compare --json` holds. See `docs/compare.md` for the fields."""

from __future__ import annotations

from typing import Any

from ..data import number
from ..records.table import Answer
from .cases import Case
from .comparison_data import comparison_data
from .excerpts import program
from .gate import Check, Gate
from .gate_words import gate_sentence
from .update import Update
from .words import verdict_on_update


def update_data(update: Update) -> dict[str, Any]:
    """All that ``comparison_data`` holds, with the verdict, the gate, the settings that differ and the answers."""
    data = comparison_data(update.comparison)
    for name, listed in (("broken", update.broken), ("fixed", update.fixed)):
        data[name] = [{**plain, **_case(case)} for plain, case in zip(data[name], listed, strict=True)]
    return {
        **data,
        "verdict": verdict_on_update(update.comparison),
        "gate": None if update.gate is None else _gate(update.gate),
        "settings_that_differ": [{"setting": name, "old": old, "new": new} for name, old, new in update.differing],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "beyond_sampling": case.sure,
        "failing_test": case.test,
        "detail": case.detail,
        "old_answer": answer_data(case.old),
        "new_answer": answer_data(case.new),
    }


def answer_data(answer: Answer | None) -> dict[str, Any] | None:
    """One answer: what was scored of it, as far as it was kept; ``characters`` counts the whole."""
    if answer is None:
        return None
    text, more = program(answer)
    return {
        "epoch": answer.epoch,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "text": text,
        "characters": len(text) + more,
        "truncated": more > 0,
    }


def _gate(gate: Gate) -> dict[str, Any]:
    rule = gate.rule
    return {
        "outcome": gate.outcome,
        "exit_code": gate.exit_code,
        "sentence": gate_sentence(gate),
        "level": rule.level,
        "point": rule.point,
        "strict": rule.strict,
        "allow_owed": rule.allow_owed,
        "owed": gate.owed,
        "limits": [_check(check, rule.level) for check in gate.checks],
    }


def _check(check: Check, level: float) -> dict[str, Any]:
    interval = None
    if check.interval is not None:
        interval = {
            "low": number(check.interval.low),
            "high": number(check.interval.high),
            "level": level,
            "method": check.interval.method,
            "units": check.interval.units,
        }
    return {
        "option": check.option,
        "name": check.name,
        "bound": "at most" if check.at_most else "at least",
        "unit": check.kind,
        "limit": check.limit,
        "seen": number(check.seen),
        "interval": interval,
        "outcome": check.outcome,
        "why": check.why,
        "tasks_needed": check.needed,
    }

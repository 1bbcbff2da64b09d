"""How one row came out under the headline measure of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...benchmarks.preference.task import PLURAL
from ..metrics.preferences import Choice, Outcome, judged_outcome, outcome
from .measures import stated_scores
from .table import Mode, Pair, PreferenceRun


def outcome_of(row: Pair, mode: Mode) -> Outcome:
    """right where the preferred answer is ahead: by its score, or of a judge in every order asked."""
    return judged_outcome(asked(row)) if mode == "judge" else outcome(*stated_scores(row))


def credit_of(row: Pair, mode: Mode) -> float:
    """1 for right, 0 for tie and wrong; of a judge the share of its judgements that are right. Skipped rows have 0."""
    if mode != "judge":
        return float(outcome_of(row, mode) == "right")
    choices = asked(row)
    return choices.count("chosen") / len(choices) if choices else 0.0


def asked(row: Pair) -> list[Choice]:
    """A judge's choices on a pair, in the orders that it was asked."""
    return [] if row.skipped else [choice for choice in (row.forward, row.backward) if choice is not None]


def labelled(run: PreferenceRun) -> PreferenceRun:
    """The run without the pairs whose label is a tie: no measure but the tie-aware one is about these."""
    return replace(run, rows=tuple(row for row in run.rows if not row.tied))


def without_plural(run: PreferenceRun) -> tuple[PreferenceRun, tuple[Pair, ...]]:
    """The run without the pairs that have no single label, and these: they are in no accuracy, nor among the ties."""
    plural = tuple(row for row in run.rows if row.tied and row.category == PLURAL)
    return replace(run, rows=tuple(row for row in run.rows if not (row.tied and row.category == PLURAL))), plural


def by_task(rows: Sequence[Pair]) -> dict[str, list[Pair]]:
    """The rows of each task with more than two answers, in the order of the file."""
    found: dict[str, list[Pair]] = {}
    for row in rows:
        if row.task:
            found.setdefault(row.task, []).append(row)
    return {task: members for task, members in found.items() if len(answers(members)) > 2}


def answers(rows: Sequence[Pair]) -> list[str]:
    """The ids of the answers of a task, each once."""
    return list(dict.fromkeys(name for row in rows for name in (row.chosen_id, row.rejected_id)))

"""RewardBench from a file of scored pairs: its subsets are the pairs' categories."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ..metrics.intervals import SEED
from ..metrics.rewardbench import (
    PRIOR_SETS,
    SECTIONS,
    VERSION_2,
    ManyCorrect,
    Points,
    RewardBench,
    TiesScore,
    best_of,
    rewardbench_1,
    rewardbench_2,
    ties_score,
)
from .measures import stated_scores
from .outcomes import asked, by_task, outcome_of
from .table import Mode, Pair, PreferenceRun

_SUBSETS_1 = {subset for subsets in SECTIONS.values() for subset in subsets} | set(PRIOR_SETS)
_OWN_2 = {"Precise IF", "Focus", "Ties"}  # names that other sets of pairs would hardly have
_TWINS = re.compile(r"(?:^|[^a-z])(ref|tied)[:_-](.+)$")


def rewardbench_of(run: PreferenceRun, *, seed: int = SEED) -> RewardBench | None:
    """RewardBench's scores of a run on its pairs, None for other pairs.

    Version 1 has subsets of names of its own. Version 2 is known by its subsets; it needs scores, for a judge of pairs
    is not asked what its prompts ask.
    """
    categories = {row.category for row in run.rows}
    if categories and categories <= _SUBSETS_1:
        return rewardbench_1(_points_by_subset(run), seed=seed)
    if run.mode != "judge" and categories <= set(VERSION_2) and categories & _OWN_2:
        return _version_2(run, seed)
    return None


def _points_by_subset(run: PreferenceRun) -> dict[str, Points]:
    found: dict[str, list[tuple[float, str]]] = {}
    for row in run.rows:
        points = _points(row, run.mode)
        if not math.isnan(points):
            found.setdefault(row.category, []).append((points, row.family))
    return dict(found)


def _points(row: Pair, mode: Mode) -> float:
    """1 for strictly right; of a judge one half for each judgement without a choice. NaN where it was skipped."""
    if mode != "judge":
        outcome = outcome_of(row, mode)
        return math.nan if outcome == "skipped" else float(outcome == "right")
    choices = asked(row)
    worth = {"chosen": 1.0, "tie": 0.5, "unreadable": 0.5, "rejected": 0.0}
    return sum(worth[choice] for choice in choices) / len(choices) if choices else math.nan


def _version_2(run: PreferenceRun, seed: int) -> RewardBench:
    tasks = by_task(run.rows)
    subsets: dict[str, list[tuple[float, str]]] = {}
    for rows in tasks.values():
        if rows[0].category != "Ties":
            correct, others = _sides(rows)
            points = best_of(correct[0], others) if len(correct) == 1 else math.nan
            if not math.isnan(points):
                subsets.setdefault(rows[0].category, []).append((points, rows[0].family))
    ties = [row for row in run.rows if row.category == "Ties"]
    return rewardbench_2(subsets, _ties(ties, seed), seed=seed)


def _sides(rows: Sequence[Pair]) -> tuple[list[float], list[float]]:
    """Scores of the correct and of the incorrect answers of a task, each answer once."""
    correct: dict[str, float] = {}
    others: dict[str, float] = {}
    for row in rows:
        if not row.tied:
            correct[row.chosen_id], others[row.rejected_id] = stated_scores(row)
    return list(correct.values()), list(others.values())


def _ties(rows: Sequence[Pair], seed: int) -> TiesScore | None:
    """Prompts with one and with many correct answers, matched by the number in ids such as ``ref:7`` and ``tied:7``."""
    members: dict[str, list[Pair]] = {}
    for row in rows:
        members.setdefault(row.task or row.pair, []).append(row)
    found: dict[str, dict[str, ManyCorrect]] = {}
    for task, pairs in members.items():
        match = _TWINS.search(task)
        correct, others = _sides(pairs)
        if match is not None and correct and others:
            found.setdefault(match.group(2), {})[match.group(1)] = ManyCorrect(tuple(correct), tuple(others))
    both = [(one["ref"], one["tied"]) for one in found.values() if len(one) == 2]
    return ties_score(both, seed=seed) if both else None

"""The numbers of boards, evolutions and comparisons as plain data: what data.json, data.csv and `compare --json` hold.

Undefined numbers are null (JSON) or empty (CSV), never 0. Texts from runs stand in JSON exactly as recorded, in ASCII
escapes; in CSV, which people open in terminals and spreadsheets, they are made visible.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..benchmarks.visible import visible
from .board import Board, Row
from .comparison import FALSE_ALARMS, Comparison, TaskChange, TaskTest
from .evolved import Drop, Evolution
from .metrics.churn import ExpectedFlips, KFlips
from .metrics.intervals import DRAWS, LEVEL, Interval
from .metrics.smooth import SmoothFlips

SCHEMA = 1


def to_text(value: Mapping[str, Any]) -> str:
    """JSON text in the order given, ASCII only, without NaN."""
    return json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def number(value: float) -> float | None:
    """The number, or None where it is undefined."""
    return None if math.isnan(value) else value


def interval_data(interval: Interval) -> dict[str, Any]:
    """An interval with the method that made it."""
    return {
        "low": number(interval.low),
        "high": number(interval.high),
        "level": LEVEL,
        "method": interval.method,
        "units": interval.units,
    }


def site_data(
    title: str,
    boards: Sequence[Board],
    evolutions: Sequence[Evolution],
    comparisons: Sequence[Comparison],
    seed: int,
) -> dict[str, Any]:
    """All numbers of a page."""
    return {
        "schema": SCHEMA,
        "title": title,
        "bootstrap": {"draws": DRAWS, "seed": seed},
        "boards": [_board(board) for board in boards],
        "evolutions": [_evolution(one) for one in evolutions],
        "updates": [comparison_data(one) for one in comparisons],
    }


def _board(board: Board) -> dict[str, Any]:
    return {
        "suite": board.suite,
        "suite_digest": board.suite_digest,
        "tasks_digest": board.key,
        "tasks": board.tasks,
        "roots": board.roots,
        "test_against_leader": board.test,
        "rows": [_row(row) for row in board.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    run = row.run
    return {
        "model": run.label,
        "rank": row.rank,
        "pass_at_k": {str(one.k): number(one.value) if one.complete else None for one in row.passes},
        "pass_at_1_of_scored_tasks": number(row.score.value),
        "interval": interval_data(row.interval),
        "p_against_leader": row.leader_p,
        "scored": run.scored,
        "owed": run.owed,
        "tasks_without_a_scored_sample": row.score.short,
        "verdicts": run.verdict_counts,
        "created": run.created,
    }


def board_csv(boards: Sequence[Board]) -> str:
    """One line a run. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    records = []
    for board in boards:
        for row in board.rows:
            plain = _row(row)
            passes = {f"pass_at_{k}": value for k, value in plain["pass_at_k"].items()}
            records.append(
                {
                    "suite": spreadsheet_safe(board.suite),
                    "tasks": board.tasks,
                    "model": spreadsheet_safe(row.run.label),
                    "rank": row.rank,
                    **passes,
                    "low": plain["interval"]["low"],
                    "high": plain["interval"]["high"],
                    "p_against_leader": row.leader_p,
                    "scored": row.run.scored,
                    "owed": row.run.owed,
                    "created": spreadsheet_safe(row.run.created),
                }
            )
    frame = pd.DataFrame(records)
    frame["rank"] = frame["rank"].astype("Int64")
    return str(frame.to_csv(index=False, lineterminator="\n"))


def spreadsheet_safe(text: str) -> str:
    """The text made visible, and with an apostrophe before it where a spreadsheet would take it for a formula."""
    shown = visible(text)
    return "'" + shown if shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else shown


def _evolution(one: Evolution) -> dict[str, Any]:
    return {
        "original_suite": one.original_suite,
        "evolved_suite": one.evolved_suite,
        "operators": list(one.operators),
        "drops": [_drop(drop) for drop in one.drops],
        "notes": list(one.notes),
    }


def _drop(drop: Drop) -> dict[str, Any]:
    return {
        "model": drop.label,
        "operator": drop.operator,
        "pairs": drop.pairs,
        "roots": drop.roots,
        "original": number(drop.original),
        "evolved": number(drop.evolved),
        "drop": number(drop.drop),
        "interval": interval_data(drop.interval),
        "relative_drop": number(drop.relative),
        "flips": _rates(drop.flips),
        "p": number(drop.p),
        "left_out": drop.left_out,
    }


def _rates(rates: ExpectedFlips) -> dict[str, Any]:
    return {
        "nfr": number(rates.nfr),
        "pfr": number(rates.pfr),
        "noise_floor": number(rates.noise_floor),
        "noise_floor_tasks": rates.floor_tasks,
        "excess_nfr": number(rates.excess_nfr),
        "systematic_churn": number(rates.systematic),
    }


def comparison_data(one: Comparison) -> dict[str, Any]:
    """All numbers of one comparison; ``counts`` is null where a task has several samples."""
    flips = one.flips
    counts = None
    if flips is not None:
        counts = {
            "both": flips.both,
            "broken": flips.negative,
            "fixed": flips.positive,
            "neither": flips.neither,
            "nfr_of_old_correct": number(flips.nfr_of_old_correct),
            "relative_nfr": number(flips.relative_nfr),
        }
    return {
        "schema": SCHEMA,
        "old": one.old,
        "new": one.new,
        "suite": one.suite,
        "tasks": one.tasks,
        "roots": one.roots,
        "old_pass_at_1": number(one.rates.old_rate),
        "new_pass_at_1": number(one.rates.new_rate),
        "net": number(one.net),
        "net_interval": interval_data(one.net_interval),
        **_rates(one.rates),
        "nfr_interval": interval_data(one.nfr_interval),
        "pfr_interval": interval_data(one.pfr_interval),
        "counts": counts,
        "nfi": number(one.nfi),
        "nfi_interval": interval_data(one.nfi_interval),
        "btc": number(one.btc),
        "btc_interval": interval_data(one.btc_interval),
        "bec": number(one.bec),
        "relative_nfr": number(one.relative_nfr),
        "answers": {
            "nfr_mc": number(one.answers.nfr_mc),
            "wrong_in_another_way": number(one.answers.wrong_twice),
            "changed": number(one.answers.changed),
        },
        "smooth": None if one.smooth is None else _smooth(one.smooth),
        "at_k": {str(each.k): _at_k(each) for each in one.at_k},
        "task_tests": _task_tests(one.task_tests),
        "test": one.test,
        "p": one.p,
        "seed": one.seed,
        "broken": [_change(change) for change in one.broken],
        "fixed": [_change(change) for change in one.fixed],
        "left_out": {
            "only_old": list(one.left_out.only_old),
            "only_new": list(one.left_out.only_new),
            "changed": list(one.left_out.changed),
            "owed": list(one.left_out.owed),
        },
        "partly_owed": list(one.partial),
    }


def _smooth(flips: SmoothFlips) -> dict[str, Any]:
    return {
        "score": "share of tests passed",
        "tasks": flips.n,
        "tolerance": flips.tolerance,
        "nfr": number(flips.nfr),
        "pfr": number(flips.pfr),
        "mean_loss": number(flips.loss),
        "mean_gain": number(flips.gain),
        "mean_change": number(flips.change),
    }


def _at_k(flips: KFlips) -> dict[str, Any]:
    return {
        "tasks": flips.tasks,
        "solve_nfr": number(flips.nfr),
        "solve_pfr": number(flips.pfr),
        "hard_nfr": number(flips.hard_nfr),
        "hard_pfr": number(flips.hard_pfr),
        "hard_nfr_by_sampling_at_most": flips.hard_noise_bound,
    }


def _task_tests(tests: Sequence[TaskTest]) -> dict[str, Any]:
    """How many tasks were tested, and those that changed."""
    return {
        "test": "exact Fisher, Benjamini-Hochberg",
        "tested": len(tests),
        "false_alarms": FALSE_ALARMS,
        "changed": [{"task": one.task, "p": one.p, "adjusted_p": one.adjusted} for one in tests if one.changed],
    }


def _change(change: TaskChange) -> dict[str, Any]:
    return {
        "task": change.task,
        "old_passed": change.old.passed,
        "old_scored": change.old.n,
        "new_passed": change.new.passed,
        "new_scored": change.new.n,
        "old_verdicts": list(change.old_verdicts),
        "new_verdicts": list(change.new_verdicts),
        "old_detail": change.old_detail,
        "new_detail": change.new_detail,
    }

"""A comparison as plain data: what `compare --json` and the site's downloads hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data import SCHEMA, interval_data, number, rates_data
from ..metrics.churn import KFlips
from ..metrics.smooth import SmoothFlips
from .comparison import FALSE_ALARMS, Comparison, TaskChange, TaskTest


def comparison_data(one: Comparison, *, details: bool = True) -> dict[str, Any]:
    """All numbers of one comparison; ``counts`` is null where a task has several samples.

    details: whether to say what scoring said of failures; null if not.
    """
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
        **rates_data(one.rates),
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
        "broken": [_change(change, details) for change in one.broken],
        "fixed": [_change(change, details) for change in one.fixed],
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


def _change(change: TaskChange, details: bool) -> dict[str, Any]:
    return {
        "task": change.task,
        "old_passed": change.old.passed,
        "old_scored": change.old.n,
        "new_passed": change.new.passed,
        "new_scored": change.new.n,
        "old_verdicts": list(change.old_verdicts),
        "new_verdicts": list(change.new_verdicts),
        "old_detail": change.old_detail if details else None,
        "new_detail": change.new_detail if details else None,
    }

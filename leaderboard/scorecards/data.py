"""A scorecard as plain data: what `report --json` holds. See `docs/compare.md` for the fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data import SCHEMA, interval_data, number
from ..updates.data import answer_data
from .scorecard import Failure, Group, Scorecard, Slow


def scorecard_data(card: Scorecard) -> dict[str, Any]:
    """All numbers of one run; undefined ones are null."""
    run, spent, cost = card.run, card.run.spent, card.cost
    return {
        "schema": SCHEMA,
        "model": run.label,
        "suite": run.suite,
        "created": run.created,
        "kin_of_author": [author.to_json() for author in run.kin],
        "tasks": len(run.tasks),
        "roots": card.roots,
        "pass_at_k": {str(one.k): number(one.value) for one in card.passes},
        "interval": interval_data(card.interval),
        "seed": card.seed,
        "scored": run.scored,
        "owed": {
            "samples": run.owed,
            **{name: int(run.tasks[name].sum()) for name in ("infra", "unscored", "missing")},
            "tasks_without_a_scored_sample": card.score.short,
        },
        "verdicts": run.verdict_counts,
        "cost": {
            "input_tokens": cost.input_tokens,
            "output_tokens": cost.output_tokens,
            "answers_without_a_count": cost.uncounted,
            "answers_from_the_cache": cost.cached,
            "money": number(cost.money),
            "money_is_estimated": cost.estimated,
        },
        "latency_s": {
            "samples": spent.timed,
            "mean": number(spent.latency_mean_s),
            "p95": number(spent.latency_p95_s),
        },
        "tags": _groups(card.tags),
        "operators": _groups(card.operators),
        "families": _groups(card.families),
        "slowest_replies": _slow(card.slow_replies),
        "slowest_to_score": _slow(card.slow_tests),
        "failures": [_failure(failure) for failure in card.failures],
        "settings": dict(card.settings),
    }


def _groups(groups: Sequence[Group]) -> list[dict[str, Any]]:
    return [
        {
            "name": group.name,
            "tasks": group.tasks,
            "scored_tasks": group.score.tasks,
            "pass_at_1": number(group.score.value),
            "interval": interval_data(group.interval),
        }
        for group in groups
    ]


def _slow(slow: Sequence[Slow]) -> list[dict[str, Any]]:
    return [{"task": one.task, "epoch": one.epoch, "seconds": one.seconds} for one in slow]


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "task": failure.task,
        "passed": failure.passed,
        "scored": failure.scored,
        "verdicts": list(failure.verdicts),
        "failing_test": failure.test,
        "detail": failure.detail,
        "answer": answer_data(failure.answer),
    }

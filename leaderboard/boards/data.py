"""Boards and evolutions as plain data: what data/board.json and data/board.csv hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ..data import SCHEMA, interval_data, number, rates_data, spreadsheet_safe
from ..metrics.agreement import Split
from ..metrics.intervals import DRAWS
from ..metrics.ranks import Separation
from ..metrics.reliability import POWER
from ..updates.comparison import Comparison
from ..updates.comparison_data import comparison_data
from .board import TOP, Board, Row
from .evolved import Drop, Evolution
from .field import Agreement, RootMove, Standing
from .health import Health


def site_data(
    title: str,
    boards: Sequence[Board],
    evolutions: Sequence[Evolution],
    comparisons: Sequence[Comparison],
    seed: int,
    *,
    details: bool = True,
) -> dict[str, Any]:
    """All numbers of a site. details: whether what scoring said of failures stands with them: it repeats the tests."""
    return {
        "schema": SCHEMA,
        "title": title,
        "bootstrap": {"draws": DRAWS, "seed": seed},
        "boards": [_board(board) for board in boards],
        "evolutions": [_evolution(one) for one in evolutions],
        "updates": [comparison_data(one, details=details) for one in comparisons],
    }


def _board(board: Board) -> dict[str, Any]:
    return {
        "suite": board.suite,
        "suite_digest": board.suite_digest,
        "tasks_digest": board.key,
        "tasks": board.tasks,
        "roots": board.roots,
        "test_against_leader": board.test,
        "neighbouring_pairs": board.neighbours,
        "neighbouring_pairs_not_separable": board.inseparable_neighbours,
        "rows": [_row(row) for row in board.rows],
        "pairs": None if board.separation is None else _pairs(board, board.separation),
        "suite_health": None if board.health is None else _health(board.health),
    }


def _row(row: Row) -> dict[str, Any]:
    run = row.run
    return {
        "model": run.label,
        "rank": row.rank,
        "rank_low": row.rank_low,
        "rank_high": row.rank_high,
        "p_best": number(row.p_best),
        f"p_top_{TOP}": number(row.p_top),
        "pass_at_k": {str(one.k): number(one.value) if one.complete else None for one in row.passes},
        "pass_at_k_intervals": {
            str(one.k): interval_data(interval) for one, interval in zip(row.passes, row.pass_intervals, strict=True)
        },
        "pass_at_1_of_scored_tasks": number(row.score.value),
        "interval": interval_data(row.interval),
        "p_against_leader": row.leader_p,
        "cost": number(row.cost.money),
        "cost_per_answer": number(row.cost.per_answer),
        "on_pareto_front": row.on_front,
        "input_tokens": number(run.spent.input_tokens),
        "output_tokens": number(run.spent.output_tokens),
        "latency_mean_s": number(run.spent.latency_mean_s),
        "latency_p95_s": number(run.spent.latency_p95_s),
        "scored": run.scored,
        "owed": run.owed,
        "tasks_without_a_scored_sample": row.score.short,
        "not_ranked_because": list(row.reasons),
        "verdicts": run.verdict_counts,
        "kin_of_author": [author.to_json() for author in run.kin],
        "created": run.created,
    }


def _pairs(board: Board, pairs: Separation) -> dict[str, Any]:
    """Upper triangles: item j of row i is the pair of models i and i + 1 + j of ``order``."""
    count = len(pairs)
    return {
        "order": [row.run.label for row in board.ranked],
        "test": pairs.test,
        "adjusted_p": [[_short(p) for p in pairs.p[i, i + 1 :]] for i in range(count - 1)],
        "sign": [[pairs.sign(i, j) for j in range(i + 1, count)] for i in range(count - 1)],
    }


def _short(value: float) -> float:
    """Four digits, which are more than a p-value is worth."""
    return float(f"{value:.4g}")


def _health(health: Health) -> dict[str, Any]:
    return {
        "models": health.models,
        "reliability_alpha": number(health.alpha),
        "split_half": None if health.split is None else _split(health.split),
        "median_discordance": number(health.discordance),
        "resolvable_difference": number(health.resolvable),
        "resolvable_with_power": POWER,
        "items": [
            {
                "task": task,
                "solve_rate": number(item.solve_rate),
                "solvers": item.solvers,
                "discrimination": number(item.discrimination),
            }
            for task, item in health.items.items()
        ],
    }


def _split(split: Split) -> dict[str, Any]:
    return {
        "tau_b": number(split.tau),
        "low": number(split.low),
        "high": number(split.high),
        "roots_of_each_part": split.roots,
        "matched_in_size": split.matched,
        "splits": split.splits,
    }


def board_csv(boards: Sequence[Board]) -> str:
    """One line a run. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    records = []
    for board in boards:
        for row in board.rows:
            plain = _row(row)
            passes: dict[str, float | None] = {}
            for k, value in plain["pass_at_k"].items():
                bounds = plain["pass_at_k_intervals"][k]
                passes[f"pass_at_{k}"] = value
                if k != "1":
                    passes |= {f"pass_at_{k}_low": bounds["low"], f"pass_at_{k}_high": bounds["high"]}
            records.append(
                {
                    "suite": spreadsheet_safe(board.suite),
                    "tasks": board.tasks,
                    "model": spreadsheet_safe(row.run.label),
                    "rank": row.rank,
                    "rank_low": row.rank_low,
                    "rank_high": row.rank_high,
                    **passes,
                    "low": plain["interval"]["low"],
                    "high": plain["interval"]["high"],
                    "p_against_leader": row.leader_p,
                    "p_best": plain["p_best"],
                    "cost": plain["cost"],
                    "cost_per_answer": plain["cost_per_answer"],
                    "scored": row.run.scored,
                    "owed": row.run.owed,
                    "created": spreadsheet_safe(row.run.created),
                    "kin_of_author": spreadsheet_safe(", ".join(author.model for author in row.run.kin)),
                }
            )
    frame = pd.DataFrame(records)
    for column in ("rank", "rank_low", "rank_high"):
        frame[column] = frame[column].astype("Int64")
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _evolution(one: Evolution) -> dict[str, Any]:
    return {
        "original_suite": one.original_suite,
        "evolved_suite": one.evolved_suite,
        "operators": list(one.operators),
        "agreements": [_agreement(agreement) for agreement in one.agreements],
        "drops": [_drop(drop) for drop in one.drops],
        "roots": [_root_move(move) for move in one.root_moves],
        "notes": list(one.notes),
    }


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "operator": one.operator,
        "models": one.models,
        "tasks": one.tasks,
        "roots": one.roots,
        "tau_b": number(one.tau),
        "interval": interval_data(one.interval),
        "pairwise_agreement": number(one.counts.pairwise),
        "pairs": asdict(one.counts),
        "tau_b_of_the_best": None if one.top is None else number(one.top.tau_b),
        "ceiling": None if one.ceiling is None else _split(one.ceiling),
        "below_ceiling": one.below_ceiling,
        "field_drop": number(one.field),
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
        "flips": rates_data(drop.flips),
        "p": number(drop.p),
        "left_out": drop.left_out,
        "among_the_others": None if drop.standing is None else _standing(drop.standing),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    excess = standing.excess
    return {
        "rank_original": standing.rank_original,
        "rank_evolved": standing.rank_evolved,
        "move": standing.move,
        "p_move": number(standing.p_move),
        "move_beyond_noise": standing.moved,
        "field_drop": number(excess.field),
        "excess_drop": number(excess.excess),
        "excess_interval": interval_data(excess.interval),
        "excess_p": number(excess.p),
        "excess_beyond_noise": excess.beyond_noise,
    }


def _root_move(move: RootMove) -> dict[str, Any]:
    return {
        "root": move.root,
        "tasks": move.tasks,
        "original": number(move.original),
        "evolved": number(move.evolved),
        "drop": number(move.drop),
        "excess_drop": number(move.excess),
        "models_that_fell": move.fell,
        "models_that_rose": move.rose,
    }

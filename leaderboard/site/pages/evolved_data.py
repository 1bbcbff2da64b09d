"""What the page of original against evolved shows, as rows of plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...boards.evolved import Evolution
from ...boards.moved import Moved
from ..downloads import Value

Rows = list[Mapping[str, Value]]


def drops(evolutions: Sequence[Evolution]) -> Rows:
    """One row a model and operator."""
    rows: Rows = []
    for one in evolutions:
        for drop in one.drops:
            standing = drop.standing
            own = None if standing is None else standing.excess
            rows.append(
                {
                    "original_suite": one.original_suite,
                    "evolved_suite": one.evolved_suite,
                    "model": drop.label,
                    "operator": drop.operator,
                    "pairs": drop.pairs,
                    "roots": drop.roots,
                    "original": drop.original,
                    "evolved": drop.evolved,
                    "drop": drop.drop,
                    "drop_low": drop.interval.low,
                    "drop_high": drop.interval.high,
                    "p": drop.p,
                    "nfr": drop.flips.nfr,
                    "pfr": drop.flips.pfr,
                    "excess_drop": None if own is None else own.excess,
                    "excess_low": None if own is None else own.interval.low,
                    "excess_high": None if own is None else own.interval.high,
                    "excess_p": None if own is None else own.p,
                    "rank_original": None if standing is None else standing.rank_original,
                    "rank_evolved": None if standing is None else standing.rank_evolved,
                    "p_move": None if standing is None else standing.p_move,
                    "left_out": drop.left_out,
                }
            )
    return rows


def agreements(evolutions: Sequence[Evolution]) -> Rows:
    """One row an operator, all of them together first."""
    rows: Rows = []
    for one in evolutions:
        for found in one.agreements:
            part = found.ceiling
            rows.append(
                {
                    "original_suite": one.original_suite,
                    "evolved_suite": one.evolved_suite,
                    "operator": found.operator,
                    "models": found.models,
                    "tasks": found.tasks,
                    "roots": found.roots,
                    "tau_b": found.tau,
                    "tau_low": found.interval.low,
                    "tau_high": found.interval.high,
                    "pairwise_agreement": found.counts.pairwise,
                    "ceiling": math.nan if part is None else part.tau,
                    "ceiling_low": math.nan if part is None else part.low,
                    "ceiling_high": math.nan if part is None else part.high,
                    "ceiling_roots": None if part is None else part.roots,
                    "median_drop": found.field,
                }
            )
    return rows


def tasks(evolutions: Sequence[Evolution], moved: Sequence[Sequence[Moved]]) -> Rows:
    """One row an evolved task."""
    return [
        {
            "original_suite": one.original_suite,
            "evolved_suite": one.evolved_suite,
            "task": item.task,
            "root": item.root,
            "operator": item.operator,
            "models": item.models,
            "original": item.original,
            "evolved": item.evolved,
            "drop": item.drop,
            "fell": item.fell,
            "rose": item.rose,
        }
        for one, own in zip(evolutions, moved, strict=True)
        for item in own
    ]

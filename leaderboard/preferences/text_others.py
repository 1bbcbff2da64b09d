"""Scored thumbs, and comparisons with a baseline, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...benchmarks.visible import visible
from ..metrics.calibration import BinaryPreference
from ..metrics.winrate import LengthControlled, WinRate
from ..words import NONE, bounds, percent, plural
from .comparisons import ComparisonsSummary
from .layout import NAME, Row, aligned, decimal, signed
from .thumbs import ThumbsSummary


def thumbs_blocks(one: ThumbsSummary) -> Iterator[list[str]]:
    """One file of thumbs: what was found, by category, calibration."""
    found = one.all
    yield [
        f"{visible(one.label, NAME)} scores liked answers above others in {percent(found.auroc)} of couples "
        f"{bounds(found.auroc_interval)} (AUROC) on {visible(one.suite, 60)}; a coin has 50.0 %."
    ]
    rows: list[Row] = [("thumbs", "AUROC", "95 % interval", "up", "down", "skipped")]
    rows += [_thumb_row("all", found)]
    rows += [_thumb_row(visible(name, NAME) or "unnamed", each) for name, each in one.by_category.items()]
    yield aligned(rows)
    calibrated = found.calibration
    yield aligned(
        [
            ("couples that tie", percent(found.ties)),
            ("threshold", f"{found.threshold:.4g}" if not math.isnan(found.threshold) else NONE),
            ("right of it", f"{percent(found.accuracy)} {bounds(found.accuracy_interval)}"),
            ("Brier score", f"{decimal(calibrated.brier)}; the constant share has {decimal(calibrated.base_brier)}"),
            ("calibration error", decimal(calibrated.ece)),
        ],
        head=False,
    )


def _thumb_row(name: str, found: BinaryPreference) -> Row:
    counts = (f"{found.up:,}", f"{found.down:,}", f"{found.skipped:,}")
    return name, percent(found.auroc), bounds(found.auroc_interval), *counts


def comparison_blocks(one: ComparisonsSummary) -> Iterator[list[str]]:
    """One file of comparisons: win rates, and at equal length."""
    found, level = one.all, one.controlled
    name, rival = visible(one.label, NAME), visible(one.baseline, NAME)
    yield [
        f"{name} wins {percent(found.rate)} {bounds(found.interval)} of {plural(found.n, 'comparison')} with {rival} "
        f"on {visible(one.suite, 60)}, a tie counting half."
    ]
    rows: list[Row] = [("win rate", "rate", "95 % interval", "win", "tie", "loss", "skipped"), _win_row("all", found)]
    rows += [_win_row(visible(each, NAME) or "unnamed", rate) for each, rate in one.by_category.items()]
    yield aligned(rows)
    if level is not None:
        sways = "the longer" if level.length_effect > 0 else "the shorter"
        yield [
            f"At equal length {name} would win {percent(level.rate)} {bounds(level.interval)} of "
            f"{plural(level.n, 'comparison')}"
            + (
                "."
                if math.isnan(level.length_effect)
                else f"; {sways} answer is preferred otherwise ({_effect(level)})."
            )
        ]


def _effect(level: LengthControlled) -> str:
    return f"{signed(level.length_effect)} log-odds"


def _win_row(name: str, found: WinRate) -> Row:
    counts = (f"{count:,}" for count in (found.win, found.tie, found.loss, found.skipped))
    return name, percent(found.rate), bounds(found.interval), *counts

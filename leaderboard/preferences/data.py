"""Summaries of preferences as JSON: every number with its counts and interval, undefined ones as null."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ..data import interval_data
from ..metrics.intervals import Interval
from ..metrics.preferences import PairAccuracy
from ..metrics.winrate import WinRate
from .comparisons import ComparisonsSummary
from .summary import PreferenceSummary
from .thumbs import ThumbsSummary

SCHEMA = 1


def preferences_data(
    summaries: Sequence[PreferenceSummary],
    thumbs: Sequence[ThumbsSummary] = (),
    comparisons: Sequence[ComparisonsSummary] = (),
) -> dict[str, Any]:
    """Everything that is known of the runs, in their order; texts are untrusted and stand as recorded."""
    return {
        "schema": SCHEMA,
        "runs": [plain(one) for one in summaries],
        "thumbs": [plain(one) for one in thumbs],
        "comparisons": [plain(one) for one in comparisons],
    }


def plain(value: Any) -> Any:
    """The JSON form of a dataclass of numbers and texts, of what is in it, and of plain values."""
    if isinstance(value, Interval):
        return interval_data(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {one.name: plain(getattr(value, one.name)) for one in fields(value)}
        if isinstance(value, PairAccuracy | WinRate):
            found["n"] = value.n
        if isinstance(value, PairAccuracy):
            found["tie_rate"] = plain(value.tie_rate)
        return found
    return value

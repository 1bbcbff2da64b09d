"""Numbers as plain data: what is common to all files, and comparisons (`compare --json`).

Undefined numbers are null (JSON) or empty (CSV), never 0. Texts from runs stand in JSON exactly as recorded, in ASCII
escapes; in CSV, which people open in terminals and spreadsheets, they are made visible.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..benchmarks.visible import visible
from .metrics.churn import ExpectedFlips
from .metrics.intervals import LEVEL, Interval

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


def spreadsheet_safe(text: str) -> str:
    """The text made visible, and with an apostrophe before it where a spreadsheet would take it for a formula."""
    shown = visible(text)
    return "'" + shown if shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else shown


def rates_data(rates: ExpectedFlips) -> dict[str, Any]:
    """Expected flip rates and their noise floor."""
    return {
        "nfr": number(rates.nfr),
        "pfr": number(rates.pfr),
        "noise_floor": number(rates.noise_floor),
        "noise_floor_tasks": rates.floor_tasks,
        "excess_nfr": number(rates.excess_nfr),
        "systematic_churn": number(rates.systematic),
    }

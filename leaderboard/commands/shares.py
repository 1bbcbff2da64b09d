"""Options that are shares: 2% or 0.02, never a bare 2 that could be either."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Kind = click.ParamType[float]
else:
    _Kind = click.ParamType  # no generic class before click 8.4


class Share(_Kind):
    """A share in [low, 1], read from "2%" or "0.02"; a bare number of 1 or more is refused as unclear."""

    name = "share"

    def __init__(self, low: float = 0.0) -> None:
        self._low = low

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """What stands for the value in the help."""
        return "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        share = self._read(text)
        if not math.isfinite(share):
            self.fail(f"{text!r}: expected a share such as 2% or 0.02", param, ctx)
        if not text.endswith("%") and abs(share) >= 1:
            self.fail(f"{text!r}: is that {text}% or {100 * share:g}%? Write the sign", param, ctx)
        if not self._low <= share <= 1:
            self.fail(f"{text!r}: expected a share from {100 * self._low:g}% to 100%", param, ctx)
        return share

    @staticmethod
    def _read(text: str) -> float:
        try:
            # A division that is rounded once: 2% is 0.02 exactly as it would be written.
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            return math.nan

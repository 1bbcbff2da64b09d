"""Whose preferences a model shares: accuracy by group of raters, the best that one ranking can do, and steerability.

Raters disagree, so one ranking cannot be right for all of them. Source of the setting: Chen et al., "PAL: Pluralistic
Alignment" (ICLR 2025, arXiv 2406.08469), which reports seen and unseen raters apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Votes:
    """Of raters asked about one pair: how many prefer the chosen answer, the other one, and neither."""

    chosen: int
    rejected: int
    tie: int

    def __add__(self, other: Votes) -> Votes:
        return Votes(self.chosen + other.chosen, self.rejected + other.rejected, self.tie + other.tie)

    @property
    def n(self) -> int:
        """How many raters."""
        return self.chosen + self.rejected + self.tie

    @property
    def agreement(self) -> float:
        """Share for the chosen answer, a tie counting half; NaN for no votes."""
        return (self.chosen + self.tie / 2) / self.n if self.n else math.nan

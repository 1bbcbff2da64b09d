"""Is a task solved as often after its text was changed? The same solvers answered both, so answers come in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

ALPHA = 0.2
"""A rate counts as lower from here on. Large for a test, since few solutions are paired: of five pairs, three that were
lost and none that was won (p = 0.125) are too many, two (p = 0.25) are not."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Pairs by outcome. lost: solved before and not after; won: the reverse."""

    both: int
    lost: int
    won: int
    neither: int

    @property
    def p_lower(self) -> float:
        """How likely so many losses are, or more, if a changed outcome is as often a gain as a loss: McNemar's exact
        test (1947; conditional on the discordant pairs, binomial with 1/2), one-sided. 1 without discordant pairs."""
        discordant = self.lost + self.won
        ways: int = sum(comb(discordant, losses) for losses in range(self.lost, discordant + 1))
        return float(ways / 2**discordant)

    @property
    def not_lower(self) -> bool:
        """Whether the rate after is not shown to be lower."""
        return self.p_lower > ALPHA

    def to_json(self) -> dict[str, Any]:
        """As the certificate's evidence."""
        counts = {"both": self.both, "lost": self.lost, "won": self.won, "neither": self.neither}
        return {**counts, "p_lower": round(self.p_lower, 6)}


def paired(before: Sequence[bool], after: Sequence[bool]) -> Paired:
    """The pairs of two rows of outcomes, which must be of one length (ValueError)."""
    pairs = list(zip(before, after, strict=True))
    return Paired(
        both=pairs.count((True, True)),
        lost=pairs.count((True, False)),
        won=pairs.count((False, True)),
        neither=pairs.count((False, False)),
    )

"""The same task in fewer words (EvoEval's concise, 2024): what says nothing is left out, nothing that is asked is."""

from __future__ import annotations

from ..preserving import Preserving


class Concise(Preserving):
    """See the module's docstring."""

    name = "concise"
    longest = 0.8

    def describe(self) -> str:
        """One line for people."""
        return "the same task in fewer words"

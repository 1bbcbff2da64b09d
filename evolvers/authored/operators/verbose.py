"""The same task in more words (EvoEval's verbose, 2024): things are explained, nothing is added to what is asked."""

from __future__ import annotations

from ..preserving import Preserving


class Verbose(Preserving):
    """See the module's docstring."""

    name = "verbose"
    shortest = 1.3

    def describe(self) -> str:
        """One line for people."""
        return "the same task in more words"

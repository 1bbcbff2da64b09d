"""Why a proposed operator is none."""

from __future__ import annotations


class Flaw(ValueError):
    """What is wrong with a definition, as one line that its author can be told.

    reason: a short category, which reports count.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

"""Texts that are published already, of which a new task may hold no great part (``evalrun evolve --public``).

A filter and no proof: whoever verifies a suite later may not have these texts, so no certificate rests on them; the
suite's manifest names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..benchmarks import CodeTask, Suite
from .novelty import ngrams

MAX_PUBLISHED = 0.3
"""The greatest share of a new text's n-grams."""


@dataclass(frozen=True, slots=True)
class Published:
    """The n-grams (``novelty.ngrams``) of published prompts, and which suites these are of."""

    grams: frozenset[tuple[str, ...]] = frozenset()
    suites: tuple[tuple[str, str], ...] = ()
    texts: int = 0

    @classmethod
    def of(cls, suites: Iterable[Suite]) -> Published:
        """All prompts of some suites."""
        given = list(suites)
        tasks = [task for suite in given for task in suite]
        grams = frozenset[tuple[str, ...]]().union(*(ngrams(task.prompt) for task in tasks))
        return cls(grams, tuple((suite.ref, suite.digest) for suite in given), len(tasks))

    def __bool__(self) -> bool:
        return bool(self.grams)

    def share(self, text: str, parents: Sequence[CodeTask] = ()) -> float:
        """The share of a text's n-grams that stand in published prompts, and not in those of its parents; 0 to 1."""
        mine = ngrams(text)
        own = set[tuple[str, ...]]().union(*(ngrams(parent.prompt) for parent in parents))
        return round(len((mine & self.grams) - own) / len(mine), 4) if mine else 0.0

    def to_json(self) -> list[dict[str, Any]]:
        """As a manifest holds it."""
        return [{"suite": ref, "digest": digest} for ref, digest in self.suites]


NOTHING = Published()

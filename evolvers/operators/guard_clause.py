"""Definitional wrapping with a guard: a constant where a predicate holds, the parent's value elsewhere.

Semantics-altering: ``new(x) = c if P(x) else f(x)``. Predicates and constants are chosen from the parent's inputs, so
that both branches are taken and every boundary is tested; see ``guarding``.
"""

from __future__ import annotations

import random
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.plain import dumps
from ..deeptypes import has_type, parts_of
from ..guarding import Guard, Outcome
from ..protocol import Candidate, NotApplicable, Observation, Pool
from ..texts import text_of

_NUMBERS = (-1, -2, -10, -99, 0, 7, 12, 42, 77, 100, 404, 1000)
_WORDS = ("skipped", "blocked", "guarded", "ignored", "elsewhere", "nothing", "refused")
MOST_OFTEN = 0.3
"""On which share of its inputs the parent may return the constant."""


class GuardClause(Guard):
    """See the module's docstring."""

    name = "guard_clause"

    def describe(self) -> str:
        """One line for people."""
        return "a new function that returns a constant where a predicate holds, and the parent's value elsewhere"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """The guards that divide the parent's inputs best."""
        return self.guarded(task, rng, pool, lambda observed: constants_of(observed, rng))


def constants_of(observed: Observation, rng: random.Random) -> list[Outcome]:
    """Values of the parent's output type that it seldom returns. NotApplicable when there is none."""
    kept = [
        value
        for value in _of_type(observed.output_type, rng)
        if has_type([value], observed.output_type)
        and (observed.output_type == "bool" or _share(value, observed) <= MOST_OFTEN)
    ]
    if not kept:
        raise NotApplicable(f"no constant of the output type {observed.output_type.partition('[')[0]}")
    fresh = [value for value in kept if not _share(value, observed)]
    return [Outcome(value) for value in (fresh or kept)]


def _share(value: Any, observed: Observation) -> float:
    told = dumps(value)
    return sum(text_of(output) == told for output in observed.outputs) / max(1, len(observed.outputs))


def _of_type(deep_type: str, rng: random.Random) -> list[Any]:
    """Some plain values of a deep type; none for a type that nobody can compare exactly."""
    if deep_type == "int":
        return rng.sample(_NUMBERS, len(_NUMBERS))
    if deep_type == "float":
        return [number + 0.5 for number in rng.sample(_NUMBERS, len(_NUMBERS))]
    if deep_type == "str":
        return rng.sample(_WORDS, len(_WORDS))
    if deep_type == "bool":
        return [False, True]
    outer, items = parts_of(deep_type)
    if outer == "optional":
        return _of_type(items[0], rng)
    if outer == "list":
        return [[], *([item] for item in _of_type(items[0], rng))]
    if outer == "tuple" and items:
        columns = [_of_type(item, rng) for item in items]
        return [tuple(row) for row in zip(*columns, strict=False)]
    return [{}] if outer == "dict" else []

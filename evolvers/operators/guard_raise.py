"""Definitional wrapping with a guard that raises: an exception where a predicate holds, the parent's value elsewhere.

Semantics-altering: ``new(x)`` raises where P(x) holds and is ``f(x)`` elsewhere. The tests demand exactly that builtin
exception (``Case.raises``); predicates are chosen as for ``guard_clause``, see ``guarding``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ..guarding import Outcome, finished, guard_gates, guard_witness, guarded
from ..protocol import Candidate, Executed, Gate, Kind, Pool

EXCEPTIONS = ("ValueError", "LookupError", "ArithmeticError", "RuntimeError")
"""Those that a program seldom raises by mistake: the classes of such mistakes are below them, and do not count."""


@dataclass(frozen=True, slots=True)
class GuardRaise:
    """See the module's docstring."""

    name: str = "guard_raise"
    version: str = "1"
    kind: Kind = "altering"
    least_delta: float = 0.12

    def describe(self) -> str:
        """One line for people."""
        return (
            "a new function that raises an exception where a predicate holds, and returns the parent's value elsewhere"
        )

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """The guards that divide the parent's inputs best."""
        return guarded(task, rng, pool, lambda observed: [Outcome(raises=rng.choice(EXCEPTIONS))])

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with tests, and examples in its prompt."""
        return finished(candidate, rows, examples)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parent's text and program are untouched, the sentence has exactly one reading."""
        return guard_gates(task, parents, parameters)

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt alone; ValueError when the prompt is outside the controlled language."""
        return guard_witness(task, parents)

"""Definitional wrapping with a guard that raises: an exception where a predicate holds, the parent's value elsewhere.

Semantics-altering: ``new(x)`` raises where P(x) holds and is ``f(x)`` elsewhere. The tests demand exactly that builtin
exception (``Case.raises``); predicates are chosen as for ``guard_clause``, see ``guarding``.
"""

from __future__ import annotations

import random

from ...benchmarks import CodeTask
from ..guarding import Guard, Outcome
from ..protocol import Candidate, Pool

EXCEPTIONS = ("ValueError", "LookupError", "ArithmeticError", "RuntimeError")
"""Those that a program seldom raises by mistake: the classes of such mistakes are below them, and do not count."""


class GuardRaise(Guard):
    """See the module's docstring."""

    name = "guard_raise"

    def describe(self) -> str:
        """One line for people."""
        return (
            "a new function that raises an exception where a predicate holds, and returns the parent's value elsewhere"
        )

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """The guards that divide the parent's inputs best."""
        return self.guarded(task, rng, pool, lambda observed: [Outcome(raises=rng.choice(EXCEPTIONS))])

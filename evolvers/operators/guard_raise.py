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
from ..literals import literal
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
        """The candidate's task with tests, and examples in its prompt, one of which raises."""
        if all(example.raised is None for example in examples):
            rows, examples = _one_raising(rows, examples)
        return finished(candidate, rows, examples)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parent's text and program are untouched, the sentence has exactly one reading."""
        return guard_gates(task, parents, parameters)

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt alone; ValueError when the prompt is outside the controlled language."""
        return guard_witness(task, parents)


def _one_raising(
    rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
) -> tuple[Mapping[str, tuple[Executed, ...]], Sequence[Executed]]:
    """The shortest call that raises becomes an example and no longer a test, if others that raise are left."""
    raising = [row for executed in rows.values() for row in executed if row.raised is not None]
    raising = [row for row in raising if all(type(arg) in _PRINTED for arg in row.args)]
    if len(raising) < 2:
        return rows, examples
    shown = min(raising, key=lambda row: len(literal(row.args)))
    left = {name: tuple(row for row in executed if row.args != shown.args) for name, executed in rows.items()}
    return left, [*examples, shown]


_PRINTED = frozenset({int, bool, str, list, dict, tuple, type(None)})

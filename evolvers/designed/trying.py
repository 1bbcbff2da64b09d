"""The second half of the proof: a definition at work as an operator, on probe parents, through the ordinary gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...benchmarks import Suite
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from ..pipeline import Tally, silent, tried
from .definition import Definition
from .flaws import Flaw
from .operators import operator_of_definition

SEED = 0
LEAST_ADMITTED = 2
"""New tasks that must be admitted, over all probe suites."""
NEVER = ("total", "declared_type", "arguments_kept", "repeatable", "hash_seeds", "one_reading", "read_back")
"""Gates that no candidate of a sound definition fails: it is total, and its sentence says what it does."""
Figures = dict[str, Any]


def prove_on_parents(
    definitions: Sequence[Definition], suites: Sequence[Suite], sandbox: Sandbox, progress: Progress = silent
) -> list[Figures | Flaw]:
    """For each definition what became of its proposals in each suite, or why it is none. InfraError when the sandbox
    fails."""
    operators = [operator_of_definition(definition) for definition in definitions]
    columns = [tried(suite, operators, SEED, sandbox, progress) for suite in suites]
    return [_judged(list(tallies), suites) for tallies in zip(*columns, strict=True)]


def _judged(tallies: Sequence[Tally], suites: Sequence[Suite]) -> Figures | Flaw:
    for tally, suite in zip(tallies, suites, strict=True):
        broken = next((gate for gate in NEVER if tally.rejected[gate]), None)
        if broken is not None:
            return Flaw("fails a gate", f"{tally.rejected[broken]} tasks of {suite.name} fail the gate {broken}")
    proposed = sum(tally.proposed for tally in tallies)
    accepted = sum(tally.accepted for tally in tallies)
    if accepted < LEAST_ADMITTED:
        reasons = sum((tally.rejected for tally in tallies), type(tallies[0].rejected)())
        why = ", ".join(f"{reason} ({number})" for reason, number in reasons.most_common(3))
        told = f"{accepted} of {proposed} proposals were admitted; {LEAST_ADMITTED} are wanted"
        return Flaw("too few tasks", f"{told}: {why or 'no probe parent fits'}")
    return {
        suite.ref: {
            "digest": suite.digest,
            "proposed": tally.proposed,
            "accepted": tally.accepted,
            "rejected": {reason: tally.rejected[reason] for reason in sorted(tally.rejected)},
        }
        for tally, suite in zip(tallies, suites, strict=True)
    }

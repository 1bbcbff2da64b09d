"""Subtle corruption: a right program with one small fault takes the place of the wrong one.

Altering (A1): the pair is new, and harder. The faulty program fails at least one case of the tests and passes at least
half of them; which of the proposed faults does so is for the proof (``cases``) to find out.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...mutants import Mutant, mutants_of
from ...syntax import nodes_of
from ..leveling import level
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import kept, one_change, programs_by_tier, read, same_length, same_question, same_tests, unreadable
from ..solutions import cases_proof, coded

LEAST = 0.5
MOST_CANDIDATES = 16


@dataclass(frozen=True, slots=True)
class Corrupt:
    """See the module's docstring."""

    name: str = "corrupt"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the right program with one small fault becomes the wrong one, at the same length"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each of some faults, in drawn order; those that keep the length come first."""
        found = coded(task)
        best = found.best
        made = []
        for fault in faults_of(best.program, rng)[:MOST_CANDIDATES]:
            try:
                right, wrong = level([best.program, fault.source.strip("\n")], rng)
            except NotApplicable:
                continue
            tiers = [
                [Written(best.text_with(right), best.response.source)],
                [Written(best.text_with(wrong), f"{self.name} of {best.response.source or 'a response'}")],
            ]
            new = ranked(task, tiers, rng, lambda names: cases_proof(found.entry_point, found.tests, LEAST))
            parameters = {"change": fault.description, "line": fault.line}
            made.append(PreferenceCandidate(new, (task,), parameters))
        if not made:
            raise NotApplicable("the programs differ too much in length")
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the right program is one of the parent's, the other differs from it in one place."""
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or [len(tier) for tier in tiers] != [1, 1]:
            return unreadable()
        (right,), (wrong,) = tiers
        return (
            same_question(task, parent),
            same_tests(task, parent),
            kept("right_program", right, [before.solutions[name].program for name in before.right]),
            one_change(wrong, right),
            same_length(task),
        )


def faults_of(program: str, rng: random.Random) -> list[Mutant]:
    """The first-order mutants of a program in drawn order, those of its length first; NotApplicable without any.

    Those in ``while`` loops come last: many of them never end, and to see that takes all the time there is.
    """
    mutants = mutants_of(program + "\n")
    if not mutants:
        raise NotApplicable("no place of the program can be changed")
    rng.shuffle(mutants)
    endless = _in_while_loops(program + "\n")
    return sorted(mutants, key=lambda mutant: (mutant.line in endless, len(mutant.source) != len(program) + 1))


def _in_while_loops(source: str) -> set[int]:
    loops = [node for node in nodes_of(source) if isinstance(node, ast.While)]
    return {line for loop in loops for line in range(loop.lineno, (loop.end_lineno or loop.lineno) + 1)}

"""A graded chain: a right program, the same with one fault, and that with another fault more.

Altering (A13): a ranking of three. Whether each step down fails more cases than the one before is for the proof
(``cases``) to find out; chains that do not are dropped.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...mutants import mutants_of
from ..leveling import level
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import kept, one_change, programs_by_tier, read, same_length, same_question, same_tests, unreadable
from ..solutions import cases_proof, coded
from .corrupt import faults_of

MOST_CANDIDATES = 24


@dataclass(frozen=True, slots=True)
class SeverityLadder:
    """See the module's docstring."""

    name: str = "severity_ladder"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a right program, one with a fault and one with two, ranked by how many cases fail"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """Chains of two drawn faults in different lines."""
        found = coded(task)
        best = found.best
        made = []
        for first in faults_of(best.program, rng)[:MOST_CANDIDATES]:
            more = [fault for fault in mutants_of(first.source) if fault.line != first.line]
            if not more:
                continue
            second = rng.choice(more)
            try:
                programs = level([best.program, first.source.strip("\n"), second.source.strip("\n")], rng)
            except NotApplicable:
                continue
            sources = [best.response.source, *[f"{self.name} of {best.response.source or 'a response'}"] * 2]
            tiers = [
                [Written(best.text_with(program), source)] for program, source in zip(programs, sources, strict=True)
            ]
            new = ranked(task, tiers, rng, lambda names: cases_proof(found.entry_point, found.tests))
            parameters = {"changes": [first.description, second.description], "lines": [first.line, second.line]}
            made.append(PreferenceCandidate(new, (task,), parameters))
        if not made:
            raise NotApplicable("the program has no two places that can be changed")
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the best is the parent's, and every other differs from the one above it in one place."""
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or [len(tier) for tier in tiers] != [1, 1, 1]:
            return unreadable()
        chain = [program for (program,) in tiers]
        return (
            same_question(task, parent),
            same_tests(task, parent),
            kept("right_program", chain[0], [before.solutions[name].program for name in before.right]),
            *(one_change(worse, better) for better, worse in pairwise(chain)),
            same_length(task),
        )

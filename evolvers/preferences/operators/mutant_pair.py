"""A pair for correctness whose sides look alike: a right program and a mutant of it, both under new names.

Altering: the pair is new. Both have the same number of characters and of tokens, so that length says nothing, and both
have the same new names for parameters and variables, so that to know the usual solution by heart says little.
"""

from __future__ import annotations

import io
import random
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...mutants import mutants_of
from ..leveling import uncommented
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..renaming import Renamed, alpha_gates, renamed
from ..showing import one_change, programs_by_tier, read, same_length, same_question, same_tests, unreadable
from ..solutions import cases_proof, coded

MOST_CANDIDATES = 16


@dataclass(frozen=True, slots=True)
class MutantPair:
    """See the module's docstring."""

    name: str = "mutant_pair"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a right program and a mutant of equal length, both with new names"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each of some mutants with as many characters and tokens, in drawn order."""
        found = coded(task)
        best = found.best
        fresh: Renamed = renamed(
            uncommented(best.program), found.entry_point, [response.text for response in task.responses], rng
        )
        same = [each for each in mutants_of(fresh.program) if _alike(each.source, fresh.program)]
        if not same:
            raise NotApplicable("no mutant has as many characters and tokens")
        rng.shuffle(same)
        made = []
        for fault in same[:MOST_CANDIDATES]:
            tiers = [
                [Written(best.text_with(program), f"{self.name} of {best.response.source or 'a response'}")]
                for program in (fresh.program, fault.source)
            ]
            new = ranked(task, tiers, rng, lambda names: cases_proof(found.entry_point, found.tests))
            parameters = {"names": dict(fresh.names), "change": fault.description, "line": fault.line}
            made.append(PreferenceCandidate(new, (task,), parameters))
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the right program is the parent's with other names, the other differs from it in one place,
        and both are of one length.
        """
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or not before.right or [len(tier) for tier in tiers] != [1, 1]:
            return unreadable()
        (right,), (wrong,) = tiers
        alike = _alike(wrong, right)
        return (
            same_question(task, parent),
            same_tests(task, parent),
            *alpha_gates(right, before.best.program, parameters),
            one_change(wrong, right),
            same_length(task),
            Gate("same_tokens", alike, {"tokens": _tokens(right)}),
        )


def _alike(mutant: str, program: str) -> bool:
    return len(mutant) == len(program) and 0 <= _tokens(program) == _tokens(mutant)


def _tokens(program: str) -> int:
    """How many tokens of Python a program has; -1 where it cannot be said."""
    try:
        return sum(1 for _ in tokenize.generate_tokens(io.StringIO(program).readline))
    except (tokenize.TokenError, SyntaxError):
        return -1

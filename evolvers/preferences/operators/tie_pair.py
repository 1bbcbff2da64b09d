"""A tie: a right program, and the same under other names or written differently.

Altering (A11): neither is better. The static proofs show that both are one program (equal trees and scopes under the
map of names) or that it was rewritten by rules that keep what it does; that both pass all tests is for the proof.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..leveling import level
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..renaming import alpha_gates, renamed
from ..rewriting import rewriting_gates, rewritten
from ..showing import programs_by_tier, read, same_length, same_tests, unreadable
from ..solutions import coded, tests_proof

CORRECTNESS = "correctness"


@dataclass(frozen=True, slots=True)
class TiePair:
    """See the module's docstring."""

    name: str = "tie_pair"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a right program and the same written differently: neither is better"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """A rewritten and a renamed twin, in drawn order."""
        if task.proof is not None and task.proof.kind not in ("tests", "cases"):
            raise NotApplicable("the criterion is not correctness")
        found = coded(task)
        best, entry = found.best, found.entry_point
        texts = [response.text for response in task.responses]
        made = []
        reasons: list[str] = []
        for how in rng.sample(("rewritten", "renamed"), 2):
            try:
                programs, parameters = _twins(how, best.program, entry, texts, rng)
                programs = level(programs, rng)
            except NotApplicable as reason:
                reasons.append(str(reason))
                continue
            tier = [
                Written(best.text_with(program), f"{self.name} of {best.response.source or 'a response'}")
                for program in programs
            ]
            new = ranked(
                task,
                [tier],
                rng,
                lambda names: tests_proof(entry, found.tests, dict.fromkeys(names[0], True)),
                criterion=CORRECTNESS,
            )
            made.append(PreferenceCandidate(new, (task,), parameters))
        if not made:
            raise NotApplicable(reasons[0])
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: one program is the parent's and the other is it rewritten, or both are it renamed."""
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or not before.right or [len(tier) for tier in tiers] != [2]:
            return unreadable()
        old = before.best.program
        shown = [_twin_gates(new, other, old, before.entry_point, parameters) for new, other in _ways(tiers[0])]
        proven = next((gates for gates in shown if all(gate.holds for gate in gates)), shown[0])
        asked = Gate("same_question", task.messages == parent.messages and task.criterion == CORRECTNESS)
        return (asked, same_tests(task, parent), *proven, same_length(task))


def _ways(tier: Sequence[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Either program may be the new one."""
    first, second = tier
    return (second, first), (first, second)


def _twins(
    how: str, program: str, entry_point: str | None, texts: Sequence[str], rng: random.Random
) -> tuple[list[str], dict[str, Any]]:
    """Two programs that do the same as a program, and what was drawn for them."""
    if how == "rewritten":
        other, rules = rewritten(program, entry_point, rng)
        return [program, other.strip("\n")], {"rules": rules}
    first = renamed(program, entry_point, texts, rng)
    second = renamed(program, entry_point, [*texts, first.program], rng)
    named = [dict(first.names), dict(second.names)]
    return [each.program.strip("\n") for each in (first, second)], {"names": named}


def _twin_gates(
    new: str, other: str, old: str, entry_point: str | None, parameters: Mapping[str, Any]
) -> tuple[Gate, ...]:
    if "rules" in parameters:
        rules = list(map(str, parameters["rules"]))
        return (*alpha_gates(other, old, {}), *rewriting_gates(new, old, entry_point, rules))
    named = parameters.get("names")
    first, second = named if isinstance(named, list) and len(named) == 2 else ({}, {})
    return (*alpha_gates(other, old, {"names": first}), *alpha_gates(new, old, {"names": second}))

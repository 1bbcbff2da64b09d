"""A pair for efficiency: a right program, and the same made slower by one mechanical rewrite.

Altering: the criterion and the pair are new. That both give the same and that the slower one takes at least ``RATIO``
times the steps is for the proof (``operations``) to find out, on the tests' largest inputs and on larger ones made of
them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ...places import spliced
from ..inputs import work_inputs
from ..leveling import level
from ..making import Tiered, Written, asked_too, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import asks, kept, programs_by_tier, read, same_length, same_tests, unreadable
from ..slowing import Slower, slower_ways
from ..solutions import coded, digest_of

RATIO = 1.5
MOST_WAYS = 8
MOST_LARGER = 5
CRITERION = "efficiency"
SENTENCE = "It will be used on large inputs, so it should not do more work than it needs."


@dataclass(frozen=True, slots=True)
class EfficiencyPair:
    """See the module's docstring."""

    name: str = "efficiency_pair"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a right program and one that gives the same with more work"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each of some rewrites, different rules first."""
        found = coded(task)
        best = found.best
        inputs = [work_inputs(found.tests, task.proof, larger=larger) for larger in (False, True)]
        ways = slower_ways(best.program + "\n")
        if not ways:
            raise NotApplicable("no rule makes the program slower")
        made = []
        for rows, way in _tries(inputs, _varied(ways, rng)[:MOST_WAYS]):
            try:
                slow = spliced(best.program + "\n", way.edits).strip("\n")
                fast_text, slow_text = level([best.program, slow], rng)
            except (ValueError, NotApplicable):
                continue
            if digest_of(slow) in ("", digest_of(best.program)):
                continue
            tiers = [
                [Written(best.text_with(fast_text), best.response.source)],
                [Written(best.text_with(slow_text), f"{self.name} of {best.response.source or 'a response'}")],
            ]
            data = {"entry_point": found.entry_point, "tests": list(found.tests), "inputs": rows, "ratio": RATIO}
            new = ranked(
                task,
                tiers,
                rng,
                partial(_proof, data),
                criterion=CRITERION,
                messages=asked_too(task.messages, SENTENCE),
            )
            parameters = {"rule": way.rule}
            made.append(PreferenceCandidate(new, (task,), parameters))
        if not made:
            raise NotApplicable("no rule makes the program slower")
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the better program is one of the parent's, the worse is what the rule makes of it."""
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or [len(tier) for tier in tiers] != [1, 1]:
            return unreadable()
        (fast,), (slow,) = tiers
        made = {digest_of(each) for each in _made_by(str(parameters.get("rule")), fast)}
        return (
            asks(task, parent, SENTENCE),
            Gate("criterion", task.criterion == CRITERION, {"criterion": CRITERION}),
            same_tests(task, parent),
            kept("right_program", fast, [before.solutions[name].program for name in before.right]),
            Gate("made_by_rule", digest_of(slow) in made - {""}, {"rule": str(parameters.get("rule"))}),
            same_length(task),
        )


def _proof(data: Mapping[str, Any], names: Tiered) -> Proof:
    return Proof("operations", data)


def _tries(inputs: Sequence[list[dict[str, Any]]], ways: Sequence[Slower]) -> list[tuple[list[dict[str, Any]], Slower]]:
    """Every way on the tests' own inputs, then some on larger ones, on which programs can take very long."""
    plain, larger = inputs
    return [*((plain, way) for way in ways), *((larger, way) for way in ways[:MOST_LARGER] if larger != plain)]


def _varied(ways: Sequence[Slower], rng: random.Random) -> list[Slower]:
    """The ways with different rules first: one of each in the order of the rules, then the next of each."""
    groups = [rng.sample(found, len(found)) for found in (list(each) for _, each in _by_rule(ways))]
    longest = max(map(len, groups))
    return [group[place] for place in range(longest) for group in groups if place < len(group)]


def _by_rule(ways: Sequence[Slower]) -> Any:
    order = list(dict.fromkeys(way.rule for way in ways))
    return groupby(sorted(ways, key=lambda way: order.index(way.rule)), key=lambda way: way.rule)


def _made_by(rule: str, program: str) -> list[str]:
    """What a rule makes of a program."""
    made = []
    for way in slower_ways(program.strip("\n") + "\n"):
        if way.rule == rule:
            try:
                made.append(spliced(program.strip("\n") + "\n", way.edits))
            except ValueError:
                continue
    return made

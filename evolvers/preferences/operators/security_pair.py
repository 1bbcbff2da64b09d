"""A pair for security: a program, and the same with one unsafe pattern put in or taken out by rule.

Altering: the criterion and the pair are new. The rules of the proof (``rules``) find the pattern in one program and not
in the other; where the parent has tests, both must pass them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ...places import spliced
from ..leveling import level
from ..making import Tiered, Written, asked_too, ranked
from ..proofs.unsafe import findings
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import asks, kept, same_length, unreadable
from ..solutions import Solution, digest_of, require_upright, solution_in
from ..unsafe_rewrites import rewrites

MOST_CANDIDATES = 12
CRITERION = "security"
SENTENCE = "It will handle data that strangers send, so it must be safe against attacks."


@dataclass(frozen=True, slots=True)
class SecurityPair:
    """See the module's docstring."""

    name: str = "security_pair"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a program, and the same with one unsafe pattern put in or taken out"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each rewrite of a response that changes what the rules find."""
        proof = require_upright(task)
        entry = proof.data.get("entry_point")
        made = []
        for solution, safe, other, rule in _found(_programs(task, proof), rng):
            try:
                better, worse = level([solution.program, other] if not safe else [other, solution.program], rng)
            except NotApplicable:
                continue
            parts = (better, worse) if not safe else (worse, better)
            old = Written(solution.text_with(parts[0]), solution.response.source)
            new = Written(solution.text_with(parts[1]), f"{self.name} of {solution.response.source or 'a response'}")
            tiers = [[new], [old]] if safe else [[old], [new]]
            programs = {0: better, 1: worse}

            def proven(names: Tiered, programs: Mapping[int, str] = programs) -> Proof:
                told = {name: _rules(programs[place]) for place, tier in enumerate(names) for name in tier}
                tests = {"entry_point": entry, "tests": proof.data["tests"]} if proof.data.get("tests") else {}
                return Proof("rules", {**tests, "findings": told})

            child = ranked(
                task,
                tiers,
                rng,
                proven,
                criterion=CRITERION,
                messages=asked_too(task.messages, SENTENCE),
            )
            parameters = {"rule": rule, "safe": safe}
            made.append(PreferenceCandidate(child, (task,), parameters))
        if not made:
            raise NotApplicable("no rule puts an unsafe pattern in or takes one out")
        return made[:MOST_CANDIDATES]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: one program is the parent's, the other is what the rule makes of it, and only the worse one
        has the pattern.
        """
        (parent,) = parents
        entry = None if parent.proof is None else parent.proof.data.get("entry_point")
        try:
            before = [solution_in(response, entry).program for response in parent.responses]
            after = {response.id: solution_in(response, entry).program for response in task.responses}
        except NotApplicable:
            return unreadable()
        if [len(tier) for tier in task.ranking] != [1, 1]:
            return unreadable()
        better, worse = (after[tier[0]] for tier in task.ranking)
        safe = parameters.get("safe") is True
        old, new = (worse, better) if safe else (better, worse)
        made = {digest_of(each) for _, each in _rewritten(old, str(parameters.get("rule")), safe=safe)}
        return (
            asks(task, parent, SENTENCE),
            Gate("criterion", task.criterion == CRITERION, {"criterion": CRITERION}),
            kept("kept_program", old, before),
            Gate("made_by_rule", digest_of(new) in made - {""}, {"rule": str(parameters.get("rule"))}),
            Gate("more_found", set(_rules(better)) < set(_rules(worse)), {"found": _rules(worse)}),
            same_length(task),
        )


def _programs(task: PreferenceTask, proof: Proof) -> list[Solution]:
    """The programs that may be shown beside a changed one: those that pass where there are tests."""
    if proof.kind not in ("tests", "cases", "operations", "rules"):
        raise NotApplicable("the responses are no programs with a proof")
    names = task.ranking[0] if proof.kind in ("tests", "cases") else [response.id for response in task.responses]
    return [solution_in(task.response(name), proof.data.get("entry_point")) for name in names]


def _found(solutions: Sequence[Solution], rng: random.Random) -> Iterator[tuple[Solution, bool, str, str]]:
    """(solution, whether the rewrite makes it safer, the other program, the rule) of every rewrite that tells."""
    directions = rng.sample((True, False), 2)
    for safe in directions:
        for solution in solutions:
            before = set(_rules(solution.program))
            for rule, other in _rewritten(solution.program, "", safe=safe):
                after = set(_rules(other))
                if (after < before) if safe else (before < after):
                    yield solution, safe, other.strip("\n"), rule


def _rewritten(program: str, rule: str, *, safe: bool) -> Iterator[tuple[str, str]]:
    """(rule, program) of every rewrite; with a rule's name, only of that one."""
    source = program.strip("\n") + "\n"
    for each in rewrites(source, safe=safe):
        if rule in ("", each.name):
            try:
                yield each.name, spliced(source, each.edits)
            except ValueError:
                continue


def _rules(program: str) -> list[str]:
    """The names of the rules that find something in a program, as the proof states them."""
    found = findings(program)
    return sorted({each.rule for each in found or ()})

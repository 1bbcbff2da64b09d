"""Repair: the wrong program with its fault mended is the new right one, and the wrong one stays.

Altering (A2): the pair is new, and its two sides are much alike. Whether a proposed change mends the program is for the
proof (``cases``) to find out. Changes are first-order mutants of the wrong program, and, where the right program is
written much alike, single stretches of lines taken over from it; a mended program that is the parent's right one again
is written differently.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...mutants import mutants_of
from ..leveling import level
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..rewriting import rewritten
from ..showing import kept, programs_by_tier, read, same_length, same_question, same_tests, unreadable
from ..solutions import Coded, Solution, cases_proof, coded, digest_of

MOST_CANDIDATES = 32
_REWRITTEN = 3


@dataclass(frozen=True, slots=True)
class RepairPair:
    """See the module's docstring."""

    name: str = "repair_pair"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the wrong program mended is the new right one"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each of some changes to the wrong program, the likeliest first."""
        found = coded(task)
        if not found.wrong:
            raise NotApplicable("no response fails the tests")
        bad = found.solutions[found.wrong[0]]
        made = []
        for how, program in _mended(found, bad, rng):
            try:
                right, wrong = level([program.strip("\n"), bad.program], rng)
            except NotApplicable:
                continue
            tiers = [
                [Written(bad.text_with(right), f"{self.name} of {bad.response.source or 'a response'}")],
                [Written(bad.text_with(wrong), bad.response.source)],
            ]
            new = ranked(task, tiers, rng, lambda names: cases_proof(found.entry_point, found.tests))
            parameters = {"how": how}
            made.append(PreferenceCandidate(new, (task,), parameters))
            if len(made) == MOST_CANDIDATES:
                break
        if not made:
            raise NotApplicable("no place of the wrong program can be changed")
        return made

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the wrong program is one of the parent's wrong ones, the right one is none of its programs."""
        (parent,) = parents
        tiers, before = programs_by_tier(task), read(parent)
        if before is None or [len(tier) for tier in tiers] != [1, 1]:
            return unreadable()
        (right,), (wrong,) = tiers
        old = [solution.program for solution in before.solutions.values()]
        return (
            same_question(task, parent),
            same_tests(task, parent),
            kept("wrong_program", wrong, [before.solutions[name].program for name in before.wrong]),
            Gate("another_program", digest_of(right) not in {"", *map(digest_of, old)}, {"program": digest_of(right)}),
            same_length(task),
        )


def _mended(found: Coded, bad: Solution, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(how, program): changes of the wrong program, none of which gives one of the parent's programs."""
    known = {digest_of(solution.program) for solution in found.solutions.values()}
    right = [found.solutions[name].program for name in found.right]
    changed = [("lines", program) for good in right for program in _taken_over(bad.program, good)]
    mutants = mutants_of(bad.program + "\n")
    rng.shuffle(mutants)
    mutants.sort(key=lambda mutant: _distance(mutant.line, bad.program, right))
    again = {digest_of(good) for good in right} & {digest_of(each.source) for each in mutants}
    for how, program in [*changed, *(("change", each.source) for each in mutants)]:
        digest = digest_of(program)
        if digest and digest not in known:
            known.add(digest)
            yield how, program
            if how == "change" and again:
                yield from _differently(right, again, found.entry_point, known, rng)
                again = set()
    yield from _differently(right, again, found.entry_point, known, rng)


def _differently(
    right: Sequence[str], again: set[str], entry_point: str | None, known: set[str], rng: random.Random
) -> Iterator[tuple[str, str]]:
    """Right programs that one change gives back, written differently."""
    for good in right:
        for _ in range(_REWRITTEN if digest_of(good) in again else 0):
            try:
                program, _rules = rewritten(good, entry_point, rng)
            except NotApplicable:
                break
            if digest_of(program) not in known:
                known.add(digest_of(program))
                yield "change, written differently", program


def _taken_over(bad: str, good: str) -> Iterator[str]:
    """The wrong program with one stretch of lines as the right one has it, where they differ in several."""
    old, new = bad.split("\n"), good.split("\n")
    stretches = [each for each in SequenceMatcher(None, old, new, False).get_opcodes() if each[0] != "equal"]
    if len(stretches) < 2:
        return
    for _, start, end, first, last in stretches:
        yield "\n".join([*old[:start], *new[first:last], *old[end:]])


def _distance(line: int, bad: str, right: Sequence[str]) -> int:
    """How far a line of the wrong program is from the nearest one in which it differs from a right one."""
    lines = bad.split("\n")
    if not right:
        return 0
    matcher = SequenceMatcher(None, lines, right[0].split("\n"), False)
    places = [place for tag, start, end, _, _ in matcher.get_opcodes() if tag != "equal" for place in (start, end)]
    return min((abs(line - 1 - place) for place in places), default=0)

"""Repair: the wrong program with its fault mended is the new right one, and the wrong one stays.

Altering (A2): the pair is new, and its two sides are much alike. Whether a proposed change mends the program is for the
proof (``cases``) to find out. Changes are single stretches of lines taken over from the right program, where the two
differ in several; the right program written differently, where they differ in one; and first-order mutants of the wrong
program.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...mutants import mutants_of
from ..leveling import level, uncommented
from ..making import Written, ranked
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..rewriting import rewritten
from ..showing import kept, programs_by_tier, read, same_length, same_question, same_tests, unreadable
from ..solutions import Coded, Solution, cases_proof, coded, digest_of

MOST_CANDIDATES = 32
MOST_CHANGES = 12
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
    mutants = mutants_of(bad.program + "\n")
    rng.shuffle(mutants)
    mutants.sort(key=lambda mutant: _distance(mutant.line, bad.program, right))
    ways = [("lines", program) for good in right for program in _taken_over(bad.program, good)]
    ways += [("written differently", each) for each in _differently(bad.program, right, found.entry_point, rng)]
    ways += [("change", mutant.source) for mutant in mutants[:MOST_CHANGES]]
    for how, program in ways:
        digest = digest_of(program)
        if digest and digest not in known:
            known.add(digest)
            yield how, program


def _differently(bad: str, right: Sequence[str], entry_point: str | None, rng: random.Random) -> Iterator[str]:
    """Right programs that the wrong one becomes by one stretch of lines, written differently."""
    for good in right:
        for _ in range(_REWRITTEN if len(_stretches(bad, good)) == 1 else 0):
            try:
                yield rewritten(good, entry_point, rng)[0]
            except NotApplicable:
                break


def _stretches(bad: str, good: str) -> list[tuple[str, int, int, int, int]]:
    """Where the lines of two programs differ."""
    codes = SequenceMatcher(None, _lines(bad), _lines(good), False).get_opcodes()
    return [each for each in codes if each[0] != "equal"]


def _lines(program: str) -> list[str]:
    return uncommented(program).split("\n")


def _taken_over(bad: str, good: str) -> Iterator[str]:
    """The wrong program with one stretch of lines as the right one has it, where they differ in several."""
    old, new, stretches = _lines(bad), _lines(good), _stretches(bad, good)
    if len(stretches) < 2:
        return
    for _, start, end, first, last in stretches:
        yield "\n".join([*old[:start], *new[first:last], *old[end:]])


def _distance(line: int, bad: str, right: Sequence[str]) -> int:
    """How far a line of the wrong program is from the nearest one in which it differs from a right one."""
    if not right:
        return 0
    places = [place for _, start, end, _, _ in _stretches(bad, right[0]) for place in (start, end)]
    return min((abs(line - 1 - place) for place in places), default=0)

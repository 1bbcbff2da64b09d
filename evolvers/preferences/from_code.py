"""Preference tasks out of code tasks: the reference, and a mutant of it that fails some test and passes half of them
(where there is none, one that fails some test).

A conversion and no evolution: each pair is a root, with a proof that any machine can run again. Programs are shown
without docstrings (the question has them), at the same length, in a drawn order.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...benchmarks import BadInput, Case, CasesTest, CheckTest, CodeTask, Comparator, StdioTest, Suite, Test
from ...benchmarks.jsonio import text_digest
from ...benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from ...harness.oracle import with_expected
from ...harness.sandbox.api import Sandbox
from ..expectations import comparator_of
from ..mutants import Mutant
from ..observe import observe
from ..protocol import NotApplicable, Observation
from ..questions import alike, bare, block
from .leveling import level
from .operators.corrupt import LEAST, faults_of
from .proofs import reverify_all
from .proofs.by_cases import cases_in
from .solutions import cases_proof, tests_proof

CRITERION = "correctness"
MOST_CASES = 40
MOST_FAULTS = 16
_FEW = 4
_EACH_TIME = 2
_HOW = Comparator(types="python")
Progress = Callable[[str, int], None]


@dataclass
class Pairs:
    """The pairs that were made, how many mutants were tried for them, and for how many tasks there is none and why."""

    suite: PreferenceSuite
    tried: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def default_name(suite: Suite, seed: int) -> str:
    """The name of the suite of pairs when none is given."""
    return f"{suite.name}-pairs-s{seed}"


def pairs_from(
    suite: Suite, sandbox: Sandbox, seed: int, *, count: int = 1, name: str | None = None, progress: Progress
) -> Pairs:
    """Up to ``count`` pairs for each task, with different mutants.

    InfraError when the sandbox fails. BadInput when there is no pair at all.
    """
    suite = with_expected(suite, sandbox)
    seen = observe(suite.tasks, sandbox, progress)
    made = Pairs(PreferenceSuite(name or default_name(suite, seed), suite.version, ()))
    waiting = []
    for task in suite.tasks:
        try:
            waiting.append(_Search(task, seen[task.digest], made.suite.name, suite.license, seed, count))
        except NotApplicable as reason:
            made.refused[str(reason)] += 1
    while any(search.open for search in waiting):
        made.tried += _round([search for search in waiting if search.open], sandbox, progress)
    made.refused["its tests refuse no mutant"] += sum(not search.held for search in waiting)
    tasks = tuple(task for search in waiting for task in search.held)
    if not tasks:
        reasons = "; ".join(f"{reason} ({number})" for reason, number in (+made.refused).most_common(3))
        raise BadInput(f"suite {suite.ref}: no pair could be made: {reasons}")
    description = f"references of {suite.ref} and mutants of them, seed {seed}"
    whole = replace(made.suite, tasks=tasks, description=description, license=suite.license, source=suite.ref)
    return replace(made, suite=whole, refused=+made.refused)


def _round(searches: Sequence[_Search], sandbox: Sandbox, progress: Progress) -> int:
    """Try a few more mutants of every task whose pairs are not yet found; how many were tried."""
    tried = [(search, task) for search in searches for task in search.some()]
    gates = reverify_all([task for _, task in tried], sandbox)
    for (search, task), gate in zip(tried, gates, strict=True):
        if gate.holds:
            search.hold(task)
    progress("mutants", len(tried))
    return len(tried)


class _Search:
    """The mutants of one task in drawn order, and those found so far that make a pair."""

    def __init__(self, task: CodeTask, seen: Observation, suite: str, licence: str, seed: int, count: int) -> None:
        if seen.problem is not None:
            raise NotApplicable(seen.problem)
        self._task, self._licence, self._count = task, licence, count
        self._tests = tests_of(task, seen)
        self._rng = random.Random(int(text_digest(f"{seed}/pairs/{task.digest}"), 16))
        self._program = bare(task.reference).strip("\n")
        self._every = _nearly_right(seen, self._rng) or faults_of(self._program, self._rng)[: MOST_FAULTS * count]
        self._faults, self._least = self._every, LEAST
        self._id = f"{suite}/{task.id.rpartition('/')[2]}"
        self.held: list[PreferenceTask] = []

    @property
    def open(self) -> bool:
        """Whether a mutant is left, and wanted. Where none is nearly right, those that are only wrong come next."""
        if not self._faults and not self.held and self._least:
            self._faults, self._least = self._every, 0.0
        return bool(self._faults) and len(self.held) < self._count

    def some(self) -> list[PreferenceTask]:
        """Pairs with the next few mutants."""
        taken, self._faults = self._faults[:_EACH_TIME], self._faults[_EACH_TIME:]
        return list(self._pairs(taken))

    def hold(self, task: PreferenceTask) -> None:
        """Keep a pair whose label is proven, while more are wanted."""
        if len(self.held) < self._count:
            number = f"-{len(self.held) + 1}" if self.held else ""
            self.held.append(replace(task, id=self._id + number))

    def _pairs(self, faults: Sequence[Mutant]) -> Iterator[PreferenceTask]:
        for fault in faults:
            try:
                yield self._pair(fault)
            except (NotApplicable, BadInput):  # too long for its comment, or a program that cannot be shown
                continue

    def _pair(self, fault: Mutant) -> PreferenceTask:
        right, wrong = (block(each) for each in level([self._program, fault.source.strip("\n")], self._rng))
        texts = [(right, "reference"), (wrong, "mutant of the reference")]
        self._rng.shuffle(texts)
        responses = tuple(Response(name, *text) for name, text in zip("ab", texts, strict=True))
        better, worse = sorted(responses, key=lambda response: response.text != right)
        rows = [test.to_json() for test in self._tests]
        entry = self._task.entry_point
        graded = cases_in(self._tests) >= _FEW
        proof = (
            cases_proof(entry, rows, self._least)
            if graded
            else tests_proof(entry, rows, {better.id: True, worse.id: False})
        )
        return PreferenceTask(
            id=self._id,
            messages=(Message("user", question(self._task)),),
            responses=responses,
            ranking=((better.id,), (worse.id,)),
            criterion=CRITERION,
            category="code",
            proof=proof,
            family=self._task.root,
            license=self._licence,
            tags=self._task.tags,
            metadata={
                "task": self._task.id,
                "task_digest": self._task.digest,
                "change": fault.description,
                "line": fault.line,
            },
        )


def _nearly_right(seen: Observation, rng: random.Random) -> list[Mutant]:
    """Of the mutants that were observed, without docstrings: those that are wrong on some of the tests' calls and right
    on half of them, in drawn order.
    """
    told = seen.executed[: len(seen.outputs)]
    found = []
    for mutant in seen.mutants:
        right = sum(alike(result, value, _HOW) for result, value in zip(mutant.results, told, strict=False))
        if LEAST * len(seen.outputs) <= right < len(seen.outputs):
            found.append(mutant)
    rng.shuffle(found)
    return [Mutant(bare(each.source), each.line, each.description) for each in found]


def question(task: CodeTask) -> str:
    """What a code task asks for, as one turn of a conversation."""
    if task.form == "completion":
        return f"Write the Python function that begins like this:\n\n{block(task.prompt)}\n\nAnswer with all of it."
    return task.prompt.strip()


def tests_of(task: CodeTask, seen: Observation) -> tuple[Test, ...]:
    """The tests of a code task with as many cases as can be told apart, ``MOST_CASES`` at most.

    The cases of an assert-style test are what the reference was seen to give, where the test demands one exact value;
    elsewhere it stays as it is. NotApplicable for tests that pairs of programs cannot be proven with.
    """
    tests: list[Test] = []
    for test in task.tests:
        if isinstance(test, CasesTest):
            tests.append(replace(test, cases=_some(test.cases, MOST_CASES)))
        elif isinstance(test, StdioTest):
            tests += [
                replace(test, cases=(case,), name=f"{test.name}-{number}")
                for number, case in enumerate(_some(test.cases, MOST_CASES), 1)
            ]
        elif isinstance(test, CheckTest):
            tests.append(_as_cases(task, test, seen))
        else:
            raise NotApplicable("it is tested by a file or asks for a value")
    return tuple(tests)


def _as_cases(task: CodeTask, test: CheckTest, seen: Observation) -> Test:
    rows = [row for row in seen.executed[: len(seen.calls)] if row.raised is None]
    wanted = set(map(repr, seen.inputs.get(test.name, ())))
    try:
        how = comparator_of(task, seen)
    except NotApplicable:
        return test
    cases = [Case(row.args, row.returns) for row in rows if repr(row.args) in wanted]
    return CasesTest(_some(cases, MOST_CASES), how, name=test.name) if cases else test


def _some(items: Sequence[Any], most: int) -> tuple[Any, ...]:
    """At most so many of some items, evenly spread."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[place * len(items) // most] for place in range(most))

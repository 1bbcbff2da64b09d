"""Subtle by example: the parent's specification, and a few calls that show how the wanted function differs from it.

Derived, and under-specified by design: the examples exclude the parent and every other observed mutant, but no prose
says what the difference is. Such tasks carry the tag ``track:under-specified``; never mix their scores with those of
specified ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import Case, CasesTest, CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ..expectations import comparator_of
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool
from ..questions import (
    Differing,
    alike,
    depends_on_order,
    differing,
    function_giving,
    in_first_lines,
    is_one_change,
    is_specified,
    observed_of,
    shown_call,
    shown_value,
    specification,
)

TAG = "track:under-specified"
MOST_EXAMPLES = 4
MOST_CHANGED = 0.7
MOST_CANDIDATES = 8
_HEADING = "These calls show the difference:\n\n"


@dataclass(frozen=True, slots=True)
class SubtleByExample:
    """See the module's docstring."""

    name: str = "subtle_by_example"
    version: str = "1"
    kind: Kind = "derived"
    track: str = "under-specified"

    def describe(self) -> str:
        """One line for people."""
        return "a variant of the parent's function that only examples tell from it (under-specified)"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each mutant that a few examples tell from the parent and from all others."""
        observed = observed_of(task, pool)
        how = comparator_of(task, observed)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        if depends_on_order(task.reference, observed.output_type):
            raise NotApplicable("values may depend on the order of a set")
        made = []
        found = differing(observed, how)
        rng.shuffle(found)
        for each in found:
            few = len(each.differs) <= MOST_CHANGED * len(observed.executed)
            if each.raises or not few or in_first_lines(task, each.mutant.line):
                continue
            examples = _examples(task, each, found, observed, how, rng)
            hidden = set(each.differs) - set(examples or each.differs)
            if examples is not None and hidden:
                made.append(_candidate(task, each, examples, observed, how))
        if not made:
            raise NotApplicable("no mutant is told from the others by a few examples")
        return [replace(each, gates=self.prove(each.task, (task,), each.parameters)) for each in made[:MOST_CANDIDATES]]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: one change to the parent's program, its specification shown, no example among the tests."""
        (parent,) = parents
        hidden = [case for test in task.tests if isinstance(test, CasesTest) for case in test.cases]
        calls = {shown_call(str(task.entry_point), Executed(case.args, None)) for case in hidden}
        shown = [line[4:] for line in task.prompt.rpartition(_HEADING)[2].split("\n") if line.startswith(">>> ")]
        examples = 0 < len(shown) <= MOST_EXAMPLES and not calls & set(shown)
        return (
            Gate("one_change", is_one_change(task.reference, parent), {"program": text_digest(task.reference)}),
            Gate("parent_specified", is_specified(task.prompt, parent), {"prompt": text_digest(parent.prompt)}),
            Gate("examples", examples, {"shown": len(shown), "hidden": len(hidden)}),
            Gate("labelled", TAG in task.tags, {"tag": TAG}),
        )

    def controls(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Mapping[str, str]:
        """The parent's reference, and a function that gives nothing."""
        (parent,) = parents
        return {"parent": parent.reference, "none": function_giving(str(task.entry_point), "None")}


def _examples(
    task: CodeTask,
    wanted: Differing,
    all_found: Sequence[Differing],
    observed: Observation,
    how: Comparator,
    rng: random.Random,
) -> list[int] | None:
    """Rows that exclude the parent and all other mutants, found greedily; None when a few do not suffice."""
    entry, results = str(task.entry_point), wanted.mutant.results
    usable = [place for place, row in enumerate(results) if shown_call(entry, row) and shown_value(row)]
    rng.shuffle(usable)
    others = [observed.executed, *(each.mutant.results for each in all_found if each is not wanted)]
    excludes = {
        place: {n for n, rows in enumerate(others) if not alike(rows[place], results[place], how)} for place in usable
    }
    chosen: list[int] = []
    left = set(range(len(others)))
    while usable and left and len(chosen) < MOST_EXAMPLES:
        best = max(usable, key=lambda place: len(excludes[place] & left))
        usable.remove(best)
        chosen.append(best)
        left -= excludes[best]
    return None if left else chosen


def _candidate(
    parent: CodeTask, found: Differing, examples: Sequence[int], observed: Observation, how: Comparator
) -> Candidate:
    entry, results = str(parent.entry_point), found.mutant.results
    shown = "\n".join(f">>> {shown_call(entry, results[place])}\n{shown_value(results[place])}" for place in examples)
    prompt = (
        f"{specification(parent)}\n\nThe function that is wanted is `{entry}`, with one small difference from this "
        f"specification: find out which. {_HEADING}```\n{shown}\n```\n\nWhere the specification says "
        "otherwise, these calls are right. In all other respects the specification holds.\n"
    )
    task = replace(
        parent,
        prompt=prompt,
        form="instruct",
        reference=found.mutant.source,
        tests=_tests(results, examples, observed, how),
        tags=(*parent.tags, TAG),
        metadata={},
    )
    parameters = {"change": found.mutant.description, "line": found.mutant.line, "examples": list(examples)}
    return Candidate(task, (parent,), parameters)


def _tests(
    results: Sequence[Executed], shown: Sequence[int], observed: Observation, how: Comparator
) -> tuple[CasesTest, ...]:
    sizes = {**{name: len(rows) for name, rows in observed.inputs.items()}, "generated": len(observed.generated)}
    tests, place = [], 0
    for name, size in sizes.items():
        places = [at for at in range(place, place + size) if at not in shown]
        cases = tuple(Case(results[at].args, results[at].returns) for at in places)
        if cases:
            tests.append(CasesTest(cases, how, name=name))
        place += size
    return tuple(tests)

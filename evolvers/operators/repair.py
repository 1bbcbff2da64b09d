"""Repair: the specification, a program with one fault and one failing call; what is asked for is the right program.

Derived. Tests and reference are the parent's. A mutant stays close to right code, so that to recite the parent helps
only those who know it by heart, and reading the fault helps everybody.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Pool
from ..prover.rows import ENDLESS, UNPLAIN
from ..questions import (
    NEAR,
    Differing,
    block,
    blocks_in,
    differing,
    exact_comparator,
    function_giving,
    in_first_lines,
    is_one_change,
    is_specified,
    observed_of,
    shown_call,
    shown_value,
    specification,
)

MOST_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Repair:
    """See the module's docstring."""

    name: str = "repair"
    version: str = "1"
    kind: Kind = "derived"

    def describe(self) -> str:
        """One line for people."""
        return "the parent's program with one fault, to be repaired"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each mutant that is right on some call and wrong on one of the tests', in random order."""
        observed = observed_of(task, pool)
        exact = exact_comparator(task, observed)
        how = exact or Comparator(types="python", rtol=NEAR, atol=NEAR)
        tested = len(observed.calls)
        made = []
        for found in differing(observed, how):
            failing = [place for place in found.differs if place < tested]
            if not failing or not found.agrees:
                continue
            if in_first_lines(task, found.mutant.line):
                continue
            example = _example(str(task.entry_point), failing, found, observed.executed, exact is not None, rng)
            if example is not None:
                place, text = example
                parameters = {"change": found.mutant.description, "line": found.mutant.line, "call": place}
                made.append(Candidate(_task(task, found.mutant.source, text), (task,), parameters))
        if not made:
            raise NotApplicable("no mutant is right on some calls and wrong on one of the tests'")
        rng.shuffle(made)
        return [replace(each, gates=self.prove(each.task, (task,), each.parameters)) for each in made[:MOST_CANDIDATES]]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: tests and reference are the parent's, the specification is shown, the fault is one change."""
        (parent,) = parents
        shown = blocks_in(task.prompt)
        buggy = shown[-1] if shown else ""
        same = task.tests == parent.tests and task.reference == parent.reference
        return (
            Gate("parent_tests", same and task.entry_point == parent.entry_point, {"tests": len(task.tests)}),
            Gate("parent_specified", is_specified(task.prompt, parent), {"prompt": text_digest(parent.prompt)}),
            Gate("one_change", is_one_change(buggy, parent), {"program": text_digest(buggy)}),
        )

    def controls(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Mapping[str, str]:
        """The program with the fault, and a function that gives nothing."""
        buggy = blocks_in(task.prompt)[-1] + "\n"
        return {"buggy": buggy, "none": function_giving(str(task.entry_point), "None")}


def _example(
    entry: str,
    failing: Sequence[int],
    found: Differing,
    truth: Sequence[Executed],
    exact: bool,
    rng: random.Random,
) -> tuple[int, str] | None:
    """One of the failing calls that can be shown, told in a sentence."""
    for place in rng.sample(failing, len(failing)):
        call, right = shown_call(entry, truth[place]), shown_value(truth[place])
        got = found.mutant.results[place]
        seen = shown_value(got)
        if call is None or right is None or (seen is None and got.raised in (None, UNPLAIN)):
            continue
        ended = f"returns `{seen}`" if seen is not None else _ended(got)
        wanted = f"it should return `{right}`" if exact else f"`{right}` would be right"
        return place, f"For example, `{call}` {ended}, but {wanted}."
    return None


def _ended(got: Executed) -> str:
    return "does not end in reasonable time" if got.raised == ENDLESS else f"raises `{got.raised}`"


def _task(parent: CodeTask, buggy: str, example: str) -> CodeTask:
    if buggy.startswith(parent.prompt.rstrip()):
        asked = (
            f"The function `{parent.entry_point}` below does not do what its description says. The description is "
            f"right, the code has a fault.\n\n{block(buggy)}"
        )
    else:
        asked = f"{specification(parent)}\n\nThis program was written for it, and has a fault:\n\n{block(buggy)}"
    prompt = f"{asked}\n\n{example}\n\nWrite the corrected program.\n"
    return replace(parent, prompt=prompt, form="instruct", metadata={})

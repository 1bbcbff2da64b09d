"""The programs of a task's responses, as long as every response holds one that stands in it as it is run."""

from __future__ import annotations

from collections.abc import Mapping

from ...benchmarks.preference import PreferenceTask
from ...harness.endpoint.pysource import Parser
from ..protocol import NotApplicable
from .solutions import Solution, solution_in

RUN = frozenset(("tests", "cases", "operations", "rules"))
"""Kinds of proof whose responses hold programs."""


def placed_programs(task: PreferenceTask) -> Mapping[str, Solution]:
    """By response id the program in it; NotApplicable unless every response holds one that can be parsed."""
    if task.proof is None or task.proof.kind not in RUN:
        raise NotApplicable("the responses are no programs")
    entry = task.proof.data.get("entry_point")
    found = {response.id: solution_in(response, entry) for response in task.responses}
    if any(Parser().parse(solution.program) is None for solution in found.values()):
        raise NotApplicable("a program cannot be parsed")
    return found


def same_around(new: Solution, old: Solution) -> bool:
    """Whether all that is not the program is the same in both texts."""
    before = new.response.text[: new.start] == old.response.text[: old.start]
    return before and new.response.text[new.end :] == old.response.text[old.end :]

"""The programs that stand in responses, and the same responses with other programs in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...benchmarks.preference import PreferenceTask
from ...harness.endpoint.extract import extract
from ...harness.endpoint.pysource import Parser
from ..protocol import NotApplicable

RUN = frozenset(("tests", "cases", "operations", "rules"))
"""Kinds of proof whose responses hold programs."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A program and where it stands in a text."""

    text: str
    program: str
    start: int

    def with_program(self, program: str) -> str:
        """The text with another program in this one's place."""
        return self.text[: self.start] + program + self.text[self.start + len(self.program) :]


def placed_programs(task: PreferenceTask) -> Mapping[str, Placed]:
    """By response id the program in it, found as in a model's answer; NotApplicable unless every response holds one
    that can be parsed and stands in the text as it is run.
    """
    if task.proof is None or task.proof.kind not in RUN:
        raise NotApplicable("the responses are no programs")
    entry = task.proof.data.get("entry_point")
    found = {}
    for response in task.responses:
        program = extract(response.text, form="instruct", entry_point=entry).code.strip("\n")
        start = response.text.find(program) if program.strip() else -1
        if start < 0 or Parser().parse(program) is None:
            raise NotApplicable("a response's program cannot be parsed, or is not run as it stands")
        found[response.id] = Placed(response.text, program, start)
    return found


def same_around(new: Placed, old: Placed) -> bool:
    """Whether all that is not the program is the same in both texts."""
    before = new.text[: new.start] == old.text[: old.start]
    return before and new.text[new.start + len(new.program) :] == old.text[old.start + len(old.program) :]

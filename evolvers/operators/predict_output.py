"""Prediction of output: a program and one call of it; what is asked for is the value, as a literal.

Derived. The program is mostly a mutant of the parent's, with a call on which the two differ: who answers from memory of
the parent is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CodeTask, Comparator, LiteralTest
from ...benchmarks.jsonio import text_digest
from ...benchmarks.literals import NotLiteral, read_literal
from ..mutants import mutants_of
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool
from ..questions import (
    NEAR,
    bare,
    block,
    blocks_in,
    depends_on_order,
    differing,
    observed_of,
    shown_call,
    shown_value,
)

MOST_CANDIDATES = 8
_ORIGINAL = 0.2  # how often the parent's own program comes first
_HOW = Comparator(rtol=NEAR, atol=NEAR)


@dataclass(frozen=True, slots=True)
class PredictOutput:
    """See the module's docstring."""

    name: str = "predict_output"
    version: str = "1"
    kind: Kind = "derived"

    def describe(self) -> str:
        """One line for people."""
        return "what a variant of the parent's program returns for one call"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """Candidates over mutants and calls in random order; now and then the parent's own program first."""
        observed = observed_of(task, pool)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        if depends_on_order(task.reference, observed.output_type):
            raise NotApplicable("values may depend on the order of a set")
        entry = str(task.entry_point)
        changed = list(_of_mutants(task, observed, entry, rng))
        own = list(_of_parent(task, observed, entry, rng))
        made = [*own[:2], *changed] if rng.random() < _ORIGINAL else [*changed, *own[:2]]
        if not made:
            raise NotApplicable("no call has a short and telling value")
        return [replace(each, gates=self.prove(each.task, (task,), each.parameters)) for each in made[:MOST_CANDIDATES]]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the program is the parent's or one change away; the reference is the literal expected."""
        (parent,) = parents
        shown = blocks_in(task.prompt)
        program = shown[0] if shown else ""
        sources = [parent.reference] if parameters.get("program") == "original" else []
        sources = sources or [mutant.source for mutant in mutants_of(parent.reference)]
        holds = len(shown) == 1 and any(bare(source).strip("\n") == program for source in sources)
        (test,) = task.tests
        try:
            right = isinstance(test, LiteralTest) and repr(read_literal(task.reference)) == repr(test.expected)
        except NotLiteral:
            right = False
        return (
            Gate("one_change", holds, {"program": text_digest(program)}),
            Gate("literal_reference", right, {"reference": text_digest(task.reference)}),
        )

    def controls(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Mapping[str, str]:
        """The parent's value where the program is a mutant, each argument, and None."""
        told = {f"argument {place}": str(text) for place, text in enumerate(parameters["arguments"])}
        if parameters["program"] == "mutant":
            told["parent"] = str(parameters["parent_value"])
        return {**told, "none": "None"}


def _of_mutants(task: CodeTask, observed: Observation, entry: str, rng: random.Random) -> Iterator[Candidate]:
    truth = observed.executed
    found = differing(observed, _HOW)
    for each in rng.sample(found, len(found)):
        for place in rng.sample(each.differs, len(each.differs)):
            row = each.mutant.results[place]
            parent_value = shown_value(truth[place])
            if parent_value is not None and _telling(row):
                parameters = {
                    "program": "mutant",
                    "change": each.mutant.description,
                    "line": each.mutant.line,
                    "call": place,
                    "parent_value": parent_value,
                }
                candidate = _candidate(task, each.mutant.source, row, entry, parameters)
                if candidate is not None:
                    yield candidate
                    break  # one call for each mutant


def _of_parent(task: CodeTask, observed: Observation, entry: str, rng: random.Random) -> Iterator[Candidate]:
    truth = observed.executed
    for place in rng.sample(range(len(truth)), len(truth)):
        if _telling(truth[place]):
            candidate = _candidate(task, task.reference, truth[place], entry, {"program": "original", "call": place})
            if candidate is not None:
                yield candidate


def _telling(row: Executed) -> bool:
    """Whether a value tells that somebody followed the program: no truth value, nothing empty, not an argument."""
    value = row.returns
    if row.raised is not None or value is None or isinstance(value, bool) or value in (0, 1, -1):
        return False
    if isinstance(value, (str, list, tuple, dict, set)) and len(value) == 0:
        return False
    return not any(type(value) is type(arg) and value == arg for arg in row.args)


def _candidate(
    parent: CodeTask, source: str, row: Executed, entry: str, parameters: Mapping[str, Any]
) -> Candidate | None:
    call, value = shown_call(entry, row), shown_value(row)
    if call is None or value is None:
        return None
    arguments = [shown_value(Executed((), argument)) for argument in row.args]
    prompt = f"Here is a Python program:\n\n{block(bare(source))}\n\nWhat does `{call}` return?\n"
    task = replace(
        parent,
        prompt=prompt,
        form="instruct",
        entry_point=None,
        reference=value,
        tests=(LiteralTest(row.returns, _HOW),),
        time_limit_s=None,
        metadata={},
    )
    given = [argument for argument in arguments if argument is not None]
    return Candidate(task, (parent,), {**parameters, "arguments": given})

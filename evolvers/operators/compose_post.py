"""Definitional wrapping of the output: ``new(x) = T(f(x))`` with T from a typed library.

Semantics-altering. The parent's prompt stays verbatim as the specification of an inner function, so its text and
its examples remain true; one generated sentence with one meaning says what changes; expected values come from
running the new reference.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...benchmarks import CasesTest, CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ..deeptypes import annotation_of
from ..expectations import comparator_of
from ..language.transforms import BY_NAME, Transform, transforms_for
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Pool, Rows
from ..readings.sentences import Reading, read
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import (
    Wrapper,
    cases_tests,
    definition_in,
    signature_of,
    verbatim_gate,
    witness_program,
    wrapped_prompt,
    wrapped_reference,
)

_LETTERS = "vwyz"
# Weak transforms hide some faults of an answer (the reference file's retention figures), so they come last.
_INJECTIVE_FIRST = 0.85


class ComposePost:
    """See the module's docstring."""

    name = "compose_post"
    version = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a new function defined as a transform of what the parent's function returns"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each transform that fits the parent's observed output type."""
        observed = pool.observed(task)
        comparator = comparator_of(task, observed)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        fitting = self.fitting(observed.output_type)
        if not fitting:
            raise NotApplicable(f"no transform for outputs of type {_short(observed.output_type)}")
        try:
            signature = signature_of(task.reference, str(task.entry_point))
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        letter = next((letter for letter in _LETTERS if letter not in signature.names), None)
        if letter is None:
            raise NotApplicable("no free letter for the parent's value")
        source = NameSource(rng, words_of(texts_of(task)))
        made = []
        for transform in _ranked(fitting, rng):
            parameters: dict[str, Any] = {
                "transform": transform.name,
                "arguments": transform.draw(rng),
                "entry_point": source.function(),
                "helper": source.function(),
                "letter": letter,
                "parent_type": observed.output_type,
                "output_type": transform.output_type(observed.output_type),
                **self.noted(),
            }
            made.append(self._candidate(task, parameters, observed.inputs, comparator))
        return made

    def fitting(self, deep_type: str) -> list[Transform]:
        """The transforms for values of a type."""
        return transforms_for(deep_type)

    def transform(self, parameters: Mapping[str, Any]) -> Transform:
        """The transform that was drawn."""
        return BY_NAME[str(parameters["transform"])]

    def noted(self) -> dict[str, Any]:
        """What goes into the lineage beside what was drawn."""
        return {}

    def reading(self, text: str) -> Reading:
        """What a prompt's text says, read without a look at the transforms. ValueError when it has not one reading."""
        return read(text)

    def _candidate(
        self,
        parent: CodeTask,
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Rows],
        comparator: Comparator,
    ) -> Candidate:
        transform = self.transform(parameters)
        wrapper = _wrapper(parent, parameters, transform)
        task = replace(
            parent,
            prompt=wrapped_prompt(parent, wrapper, ()),
            entry_point=wrapper.name,
            reference=wrapped_reference(
                parent, wrapper, str(parameters["helper"]), transform.code(parameters["arguments"])
            ),
            tests=(CasesTest((), comparator),),
            metadata={},
        )
        return Candidate(task, (parent,), parameters, calls=inputs)

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with tests, and examples in its prompt."""
        (parent,) = candidate.parents
        wrapper = _wrapper(parent, candidate.parameters, self.transform(candidate.parameters))
        tests = cases_tests(candidate, rows)
        return replace(candidate.task, prompt=wrapped_prompt(parent, wrapper, examples), tests=tests)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parent's text and program are untouched, the sentence has exactly one reading."""
        (parent,) = parents
        return (verbatim_gate(task, parent), self._reading_gate(task, parent, parameters))

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt alone; ValueError when the prompt is outside the controlled language."""
        (parent,) = parents
        name, text = definition_in(task)
        reading = self.reading(text)
        return witness_program(parent, name, reading.inner, reading.body)

    def _reading_gate(self, task: CodeTask, parent: CodeTask, parameters: Mapping[str, Any]) -> Gate:
        signature = signature_of(parent.reference, str(parent.entry_point))
        try:
            name, text = definition_in(task)
            reading = self.reading(text)
        except ValueError as error:
            return Gate("one_reading", False, {"problem": str(error)[:80]})
        holds = (
            name == task.entry_point
            and reading.inner == parent.entry_point
            and reading.inner_arguments == signature.arguments
            and reading.letter == parameters["letter"]
            and reading.letter not in signature.names
        )
        return Gate("one_reading", holds, {"body": text_digest(reading.body)})


def _short(deep_type: str) -> str:
    return deep_type if len(deep_type) <= 20 else deep_type.partition("[")[0] + "[...]"


def _ranked(fitting: Sequence[Transform], rng: random.Random) -> list[Transform]:
    """A random order in which an injective transform comes before a weak one most of the time."""
    scored = [(rng.random() - (_INJECTIVE_FIRST if transform.injective else 0.0), transform) for transform in fitting]
    return [transform for _, transform in sorted(scored, key=lambda pair: pair[0])]


def _wrapper(parent: CodeTask, parameters: Mapping[str, Any], transform: Transform) -> Wrapper:
    signature = signature_of(parent.reference, str(parent.entry_point))
    letter, inner = str(parameters["letter"]), parent.entry_point
    definition = (
        f"Let {letter} be the value that `{inner}({signature.arguments})`, as specified above, returns. "
        f"{transform.say(letter, parameters['arguments'])}\n\n"
        f"Only the specification of `{inner}` is given above: implement it as well."
    )
    returns = annotation_of(str(parameters["output_type"]))
    return Wrapper(str(parameters["entry_point"]), signature, returns, definition)

"""Definitional wrapping of one argument: ``new(x) = f(T(x))`` with T from a typed library.

Semantics-altering. The parent's prompt stays verbatim as the specification of an inner function; one generated
sentence says what is handed to it. The hidden inputs are those of the parent whose transformed arguments still lie in
the parent's input envelope, so that the parent's function is never asked what its specification leaves open.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CasesTest, CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ...benchmarks.plain import dumps
from ..deeptypes import annotation_of
from ..expectations import comparator_of
from ..inputs.envelope import Envelope, infer
from ..language.pre_transforms import BY_NAME, PreTransform, Undefined, transforms_for
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool, Rows
from ..readings.frames import read_before, subject_in
from ..readings.pre_sentences import body_of
from ..subjects import Subject, subjects_of, with_argument
from ..texts import text_of, texts_of
from ..words import NameSource, words_of
from ..wrapping import (
    Wrapper,
    calls_from,
    cases_tests,
    definition_in,
    extended_reference,
    handed_on,
    signature_of,
    verbatim_gate,
    witness_on_parameter,
    wrapped_prompt,
)

_LETTERS = "vwyz"
MOST = 12
"""How many candidates are offered."""
LEAST_KEPT = 0.5
"""The share of the parent's inputs that must stay in its envelope when they are transformed."""
LEAST_CHANGED = 0.4
"""The share of the inputs that the transform must change."""
LEAST_INPUTS = 4


class ComposePre:
    """See the module's docstring."""

    name = "compose_pre"
    version = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a new function that hands a transformed argument to the parent's function"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """Candidates for every parameter and every transform that fits it, those that change the results most first."""
        observed = pool.observed(task)
        comparator = comparator_of(task, observed)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        try:
            signature = signature_of(task.reference, str(task.entry_point))
            subjects = subjects_of(task.reference, str(task.entry_point), observed.calls)
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        letter = next((letter for letter in _LETTERS if letter not in signature.names), None)
        if letter is None:
            raise NotApplicable("no free letter for the parameter's new value")
        plans = _plans(observed, subjects, rng, self.fitting)
        source = NameSource(rng, words_of(texts_of(task)))
        return [
            self._candidate(
                task,
                {
                    "transform": plan.transform.name,
                    "arguments": plan.drawn,
                    "parameter": plan.subject.name,
                    "entry_point": source.function(),
                    "helper": source.function(),
                    "letter": letter,
                    "output_type": observed.output_type,
                    **self.noted(),
                },
                plan.calls,
                comparator,
            )
            for plan in plans
        ]

    def fitting(self, deep_type: str) -> list[PreTransform]:
        """The transforms for arguments of a type."""
        return transforms_for(deep_type)

    def transform(self, parameters: Mapping[str, Any]) -> PreTransform:
        """The transform that was drawn."""
        return BY_NAME[str(parameters["transform"])]

    def noted(self) -> dict[str, Any]:
        """What goes into the lineage beside what was drawn."""
        return {}

    def body_of(self, phrase: str, parameter: str) -> str:
        """Statements in ``value`` that a phrase says. ValueError unless it has exactly one reading."""
        return body_of(phrase, parameter)

    def _candidate(
        self, parent: CodeTask, parameters: Mapping[str, Any], calls: Mapping[str, Rows], comparator: Comparator
    ) -> Candidate:
        transform, helper = self.transform(parameters), str(parameters["helper"])
        wrapper = _wrapper(parent, parameters, transform)
        argument = f"{helper}({parameters['parameter']})"
        handed = handed_on(wrapper.signature, str(parameters["parameter"]), argument)
        task = replace(
            parent,
            prompt=wrapped_prompt(parent, wrapper, ()),
            entry_point=wrapper.name,
            reference=extended_reference(
                parent,
                wrapper,
                helper,
                transform.code(parameters["arguments"]),
                f"return {parent.entry_point}({handed})",
            ),
            tests=(CasesTest((), comparator),),
            metadata={},
        )
        return Candidate(task, (parent,), parameters, calls=calls, base=parent.reference)

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
        frame = read_before(text)
        parameter = subject_in(frame.said)
        statements = f"{frame.letter} = READ({parameter})\nreturn {frame.inner}({frame.arguments})"
        return witness_on_parameter(parent, name, self.body_of(frame.said, parameter), statements)

    def _reading_gate(self, task: CodeTask, parent: CodeTask, parameters: Mapping[str, Any]) -> Gate:
        signature = signature_of(parent.reference, str(parent.entry_point))
        try:
            name, text = definition_in(task)
            frame = read_before(text)
            parameter = subject_in(frame.said)
            body = self.body_of(frame.said, parameter)
        except ValueError as error:
            return Gate("one_reading", False, {"problem": str(error)[:80]})
        holds = (
            name == task.entry_point
            and frame.inner == parent.entry_point
            and frame.letter not in signature.names
            and parameter in signature.names
            and frame.arguments == handed_on(signature, parameter, frame.letter)
        )
        return Gate("one_reading", holds, {"body": text_digest(body), "parameter": parameters["parameter"]})


@dataclass(frozen=True, slots=True)
class _Plan:
    """A transform of one parameter, the inputs that it leaves in the envelope, and how likely it changes results."""

    subject: Subject
    transform: PreTransform
    drawn: dict[str, Any]
    calls: dict[str, Rows]
    score: float


def _plans(
    observed: Observation,
    subjects: Sequence[Subject],
    rng: random.Random,
    fitting_for: Callable[[str], Sequence[PreTransform]],
) -> list[_Plan]:
    """The best plans. NotApplicable when no transform fits, or none stays in the envelope and changes enough."""
    envelope = infer(observed.calls)
    known = {dumps(row.args): dumps(row.returns) for row in observed.executed}
    fitting = [(subject, transform) for subject in subjects for transform in fitting_for(subject.deep_type)]
    if not fitting:
        raise NotApplicable("no transform for any parameter's type")
    found = []
    for subject, transform in fitting:
        drawn = transform.draw(rng, subject.values)
        if drawn is not None:
            plan = _plan(observed, envelope, known, subject, transform, drawn)
            noise = rng.uniform(0.0, 0.4)
            if plan is not None:
                found.append(replace(plan, score=plan.score + noise))
    if not found:
        raise NotApplicable("no transform stays in the envelope and changes enough inputs")
    return sorted(found, key=lambda plan: -plan.score)[:MOST]


def _plan(
    observed: Observation,
    envelope: Envelope,
    known: Mapping[str, str],
    subject: Subject,
    transform: PreTransform,
    drawn: dict[str, Any],
) -> _Plan | None:
    calls: dict[str, Rows] = {}
    total, changed, likely = 0, 0, 0.0
    for name, rows in calls_from(observed).items():
        kept = []
        for args in rows:
            total += 1
            try:
                new = with_argument(args, subject.place, transform.apply(args[subject.place], drawn))
            except Undefined:
                continue
            before, after = text_of(args), dumps(new)
            if after not in known and not envelope.admits(new):
                continue
            kept.append(args)
            changed += before != after
            if before != after:
                likely += float(known[before] != known[after]) if after in known else transform.odds
        if kept:
            calls[name] = tuple(kept)
    count = sum(map(len, calls.values()))
    if count < min(LEAST_INPUTS, total) or count < LEAST_KEPT * total or changed < LEAST_CHANGED * count:
        return None
    return _Plan(subject, transform, drawn, calls, likely / count)


def _wrapper(parent: CodeTask, parameters: Mapping[str, Any], transform: PreTransform) -> Wrapper:
    signature = signature_of(parent.reference, str(parent.entry_point))
    letter, parameter, inner = str(parameters["letter"]), str(parameters["parameter"]), parent.entry_point
    definition = (
        f"Let {letter} be {transform.say(parameter, parameters['arguments'])}. Return the value that "
        f"`{inner}({handed_on(signature, parameter, letter)})`, as specified above, returns.\n\n"
        f"Only the specification of `{inner}` is given above: implement it as well."
    )
    returns = annotation_of(str(parameters["output_type"]))
    return Wrapper(str(parameters["entry_point"]), signature, returns, definition)

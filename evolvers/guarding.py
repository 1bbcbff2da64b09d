"""Guards: which predicates on which parameter divide a parent's inputs well, and the frame that both guards share.

A guard is worth having when it is true on some of the inputs and not on most of them, and when there are hidden inputs
on both sides of its constant, so that an answer with the wrong comparison or constant is found out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from ..benchmarks import CasesTest, CodeTask, Comparator
from ..benchmarks.jsonio import text_digest
from ..benchmarks.plain import dumps
from .deeptypes import annotation_of
from .examples import choose_examples
from .expectations import comparator_of
from .language.pre_transforms import Undefined
from .language.predicates import BY_NAME, Predicate, predicates_for
from .literals import literal
from .protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool, Rows, spread
from .readings.frames import read_guard, subject_in
from .readings.predicate_sentences import body_of
from .subjects import Subject, subjects_of
from .syntax import dumped
from .texts import text_of, texts_of
from .words import NameSource, words_of
from .wrapping import (
    Wrapper,
    calls_from,
    cases_tests,
    definition_in,
    extended_reference,
    signature_of,
    verbatim_gate,
    witness_on_parameter,
    wrapped_prompt,
)

LEAST_SHARE, BEST_SHARE, MOST_SHARE = 0.12, 0.35, 0.7
"""On which share of the inputs a guard is true."""
LEAST_KEPT = 0.9
"""Which share of the parent's mutants the inputs without a guard must still tell from it."""
MOST_ALIKE = 0.9
"""On which share of the inputs the new function may end in one way."""
_OLD_MUTANTS = 10
_TRIED = 12
ENOUGH_INPUTS = 5
MOST = 10
"""How many candidates are offered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a guarded call ends in: a value, or (``raises``) the exception of that name."""

    returns: Any = None
    raises: str | None = None

    @property
    def statement(self) -> str:
        """The statement that does it. ValueError for a value without a literal."""
        return f"return {literal(self.returns)}" if self.raises is None else f"raise {self.raises}"

    def instead_of(self, row: Executed) -> Executed:
        """The call as it ends where the guard is true."""
        return Executed(row.args, self.returns, self.raises)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A guard: its parameter, predicate and constant, and what the call ends in where it is true."""

    subject: Subject
    predicate: Predicate
    constant: Any
    outcome: Outcome
    score: float


class Guard:
    """The common part of both guards: everything but what a guarded call ends in."""

    name = ""
    version = "1"
    kind: Kind = "altering"
    least_delta = LEAST_SHARE

    def predicates(self, deep_type: str) -> Sequence[Predicate]:
        """The predicates for arguments of a type."""
        return predicates_for(deep_type)

    def predicate(self, parameters: Mapping[str, Any]) -> Predicate:
        """The predicate that was drawn."""
        return BY_NAME[str(parameters["predicate"])]

    def noted(self) -> dict[str, Any]:
        """What goes into the lineage beside what was drawn."""
        return {}

    def body_of(self, clause: str, parameter: str) -> str:
        """Statements in ``value`` that a clause says. ValueError unless it has exactly one reading."""
        return body_of(clause, parameter)

    def guarded(
        self,
        task: CodeTask,
        rng: random.Random,
        pool: Pool,
        outcomes: Callable[[Observation], Sequence[Outcome]],
    ) -> list[Candidate]:
        """Candidates, the best first. ``outcomes``: what a guard may end in. NotApplicable when no predicate divides
        the inputs.
        """
        observed = pool.observed(task)
        comparator = comparator_of(task, observed)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        calls = calls_from(observed)
        seen = _seen(observed, calls)
        try:
            signature_of(task.reference, str(task.entry_point))
            subjects = subjects_of(task.reference, str(task.entry_point), tuple(row.args for row in seen.rows))
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        plans = _plans(seen, subjects, outcomes(observed), rng, self.predicates)
        source = NameSource(rng, words_of(texts_of(task)))
        return [
            self._candidate(
                task,
                {
                    "predicate": plan.predicate.name,
                    "constant": plan.constant,
                    "parameter": plan.subject.name,
                    "outcome": plan.outcome.statement,
                    "entry_point": source.function(),
                    "helper": source.function(),
                    "output_type": observed.output_type,
                    **self.noted(),
                },
                calls,
                comparator,
            )
            for plan in plans
        ]

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with tests, and examples in its prompt."""
        (parent,) = candidate.parents
        predicate = self.predicate(candidate.parameters)
        prompt = wrapped_prompt(parent, _wrapper(parent, candidate.parameters, predicate), examples)
        return replace(candidate.task, prompt=prompt, tests=cases_tests(candidate, rows))

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parent's text and program are untouched, the sentence has exactly one reading."""
        (parent,) = parents
        return (verbatim_gate(task, parent), self._reading_gate(task, parent, parameters))

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt alone; ValueError when the prompt is outside the controlled language."""
        (parent,) = parents
        name, text = definition_in(task)
        frame = read_guard(text)
        parameter = subject_in(frame.said)
        otherwise = f"return {frame.inner}({frame.arguments})"
        statements = f"if READ({parameter}):\n    {frame.outcome}\nelse:\n    {otherwise}"
        return witness_on_parameter(parent, name, self.body_of(frame.said, parameter), statements)

    def _candidate(
        self, parent: CodeTask, parameters: Mapping[str, Any], calls: Mapping[str, Rows], comparator: Comparator
    ) -> Candidate:
        helper, predicate = str(parameters["helper"]), self.predicate(parameters)
        wrapper = _wrapper(parent, parameters, predicate)
        body = (
            f"if {helper}({parameters['parameter']}):\n    {parameters['outcome']}\n"
            f"return {parent.entry_point}({wrapper.signature.arguments})"
        )
        task = replace(
            parent,
            prompt=wrapped_prompt(parent, wrapper, ()),
            entry_point=wrapper.name,
            reference=extended_reference(parent, wrapper, helper, predicate.code(parameters["constant"]), body),
            tests=(CasesTest((), comparator),),
            metadata={},
        )
        verb, _, what = str(parameters["outcome"]).partition(" ")
        raises = (what,) if verb == "raise" else ()
        return Candidate(task, (parent,), parameters, calls=calls, base=parent.reference, raises=raises)

    def _reading_gate(self, task: CodeTask, parent: CodeTask, parameters: Mapping[str, Any]) -> Gate:
        signature = signature_of(parent.reference, str(parent.entry_point))
        try:
            name, text = definition_in(task)
            frame = read_guard(text)
            parameter = subject_in(frame.said)
            body = self.body_of(frame.said, parameter)
            same = _same_statement(frame.outcome, str(parameters["outcome"]))
        except (ValueError, SyntaxError) as error:
            return Gate("one_reading", False, {"problem": str(error)[:80]})
        holds = (
            same
            and name == task.entry_point
            and frame.inner == parent.entry_point
            and frame.arguments == signature.arguments
            and parameter in signature.names
        )
        return Gate("one_reading", holds, {"body": text_digest(body), "outcome": text_digest(frame.outcome)})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The parent's calls in the order in which the engine will make them, and which of them tell its mutants apart."""

    rows: tuple[Executed, ...]
    killers: tuple[frozenset[int], ...]
    given: tuple[str, ...]
    """The arguments as texts."""
    returned: tuple[str, ...]
    """The values as texts."""


def _seen(observed: Observation, calls: Mapping[str, Rows]) -> _Seen:
    known = {text_of(row.args): (place, row) for place, row in enumerate(observed.executed)}
    given = tuple(dict.fromkeys(text_of(args) for each in calls.values() for args in each))
    found = [known[text] for text in given]
    returned = tuple(text_of(row.returns) for _, row in found)
    killers = []
    for mutant in spread(observed.mutants, _OLD_MUTANTS):
        differs = [
            mutant.results[place].raised is not None or text_of(mutant.results[place].returns) != text
            for (place, _), text in zip(found, returned, strict=True)
        ]
        killers.append(frozenset(number for number, other in enumerate(differs) if other))
    return _Seen(tuple(row for _, row in found), tuple(each for each in killers if each), given, returned)


def _plans(
    seen: _Seen,
    subjects: Sequence[Subject],
    outcomes: Sequence[Outcome],
    rng: random.Random,
    predicates: Callable[[str], Sequence[Predicate]],
) -> list[_Plan]:
    fitting = [(subject, predicate) for subject in subjects for predicate in predicates(subject.deep_type)]
    if not fitting:
        raise NotApplicable("no predicate for any parameter's type")
    found = []
    for subject, predicate in fitting:
        best = _best(seen, subject, predicate, outcomes, rng)
        found += [] if best is None else [best]
    if not found:
        raise NotApplicable("no predicate divides the inputs")
    return sorted(found, key=lambda plan: -plan.score)[:MOST]


def _best(
    seen: _Seen, subject: Subject, predicate: Predicate, outcomes: Sequence[Outcome], rng: random.Random
) -> _Plan | None:
    """The constant and the outcome with which a predicate divides the inputs best and holds up."""
    plans = []
    for constant in _near_the_middle(predicate.constants(subject.values)):
        try:
            share = sum(predicate.holds(value, constant) for value in subject.values) / len(subject.values)
        except Undefined:
            continue
        if LEAST_SHARE <= share <= MOST_SHARE:
            for outcome in rng.sample(outcomes, min(2, len(outcomes))):
                score = rng.uniform(0.0, 0.6) - abs(share - BEST_SHARE)
                plans.append(_Plan(subject, predicate, constant, outcome, score))
    plans.sort(key=lambda plan: -plan.score)
    return next((plan for plan in plans[:_TRIED] if _holds_up(plan, seen)), None)


def _holds_up(plan: _Plan, seen: _Seen) -> bool:
    """Whether the hidden inputs show the guard, every slip of it, and enough mutants of the parent.

    All that the new function returns is known beforehand, and so is which calls become examples.
    """
    values = plan.subject.values
    truth = [plan.predicate.holds(value, plan.constant) for value in values]
    rows = [plan.outcome.instead_of(row) if holds else row for holds, row in zip(truth, seen.rows, strict=True)]
    examples = choose_examples(rows)
    shown = {text_of(row.args) for row in examples} if len(rows) >= ENOUGH_INPUTS else set()
    hidden = [place for place, text in enumerate(seen.given) if text not in shown]
    instead = None if plan.outcome.raises else dumps(plan.outcome.returns)
    tells = {place for place in hidden if seen.returned[place] != instead}
    if len(examples) < 2 or sum(truth[place] for place in tells) < max(2, ceil(LEAST_SHARE * len(hidden))):
        return False
    endings = [instead if holds else text for holds, text in zip(truth, seen.returned, strict=True)]
    most = max(Counter(endings).values())
    if most > MOST_ALIKE * len(rows):
        return False
    slips = plan.predicate.nearby(plan.constant)
    if any(all(slip(values[place]) == truth[place] for place in tells) for slip in slips):
        return False
    open_to = frozenset(place for place in hidden if not truth[place])
    return sum(bool(killers & open_to) for killers in seen.killers) >= LEAST_KEPT * len(seen.killers)


def _near_the_middle(constants: Sequence[Any]) -> Sequence[Any]:
    """The constants around the median of those that were seen."""
    middle, most = len(constants) // 2, 12
    return constants[max(0, middle - most) : middle + most + 1]


def _wrapper(parent: CodeTask, parameters: Mapping[str, Any], predicate: Predicate) -> Wrapper:
    signature = signature_of(parent.reference, str(parent.entry_point))
    inner = parent.entry_point
    clause = predicate.say(str(parameters["parameter"]), parameters["constant"])
    verb, _, what = str(parameters["outcome"]).partition(" ")
    ending = f"raise {what}" if verb == "raise" else f"return `{what}`"
    definition = (
        f"If {clause}, {ending}. Otherwise return the value that `{inner}({signature.arguments})`, as specified "
        f"above, returns.\n\nOnly the specification of `{inner}` is given above: implement it as well."
    )
    returns = annotation_of(str(parameters["output_type"]))
    return Wrapper(str(parameters["entry_point"]), signature, returns, definition)


def _same_statement(left: str, right: str) -> bool:
    """Whether two statements are the same but for the layout of a literal."""
    return dumped(left) == dumped(right)

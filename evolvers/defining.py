"""New functions that are defined in terms of given ones: what every operator that wraps one or more parents shares.

The parents' prompts stay verbatim; one definition is added to them, and a few lines to their references. An operator
says what these are (``plan``) and how the definition is read back (``program``); the rest is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..benchmarks import CasesTest, CodeTask, Comparator
from ..benchmarks.jsonio import text_digest
from .expectations import comparator_of
from .protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Rows
from .syntax import parsable_prompt, shared
from .texts import texts_of
from .words import words_of
from .wrapping import Signature, Wrapper, cases_tests, definition_in, signature_of, wrapped_prompt


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a new task is made of.

    given: the parents as one task (``merged``). wrapper: the new function and the text that defines it. new_part: what
    follows the parents' programs in the reference.
    """

    given: CodeTask
    wrapper: Wrapper
    new_part: str


class Defining:
    """The common part of operators that define a new function by given ones."""

    name = ""
    version = "1"
    kind: Kind = "altering"

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts, from the parents and what was drawn."""
        raise NotImplementedError

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as an independent parser reads it out of the prompt's text; ValueError when it cannot."""
        raise NotImplementedError

    def drafted(
        self,
        parents: tuple[CodeTask, ...],
        parameters: Mapping[str, Any],
        calls: Mapping[str, Rows],
        comparator: Comparator,
    ) -> Candidate:
        """A candidate whose tests say no more than how values are compared."""
        plan = self.plan(parents, parameters)
        task = replace(
            plan.given,
            prompt=self.prompt(plan, ()),
            entry_point=plan.wrapper.name,
            reference=f"{ended(plan.given.reference)}\n\n{plan.new_part}",
            tests=(CasesTest((), comparator),),
            metadata={},
            lineage=None,
        )
        return Candidate(task, parents, parameters, calls=calls, base=plan.given.reference)

    def prompt(self, plan: Plan, examples: Sequence[Executed]) -> str:
        """The prompt with executed examples."""
        return wrapped_prompt(plan.given, plan.wrapper, examples)

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with tests, and examples in its prompt."""
        plan = self.plan(candidate.parents, candidate.parameters)
        return replace(candidate.task, prompt=self.prompt(plan, examples), tests=cases_tests(candidate, rows))

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parents' texts and programs are untouched, the definition has exactly one reading."""
        return (self._verbatim_gate(task, parents, parameters), self._reading_gate(task, parents, parameters))

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt; ValueError when the prompt is outside the controlled language."""
        name, text = definition_in(task)
        given = merged(parents).reference
        return f"{ended(given)}\n\n{self.program(name, text, parents)}"

    def _verbatim_gate(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Gate:
        """Prompt and reference begin with the parents'; only definitions with fresh names were added."""
        given = self.plan(parents, parameters).given
        old, new = shared(given.reference).body, shared(task.reference).body
        names = {getattr(node, "name", "") for node in new[len(old) :]}
        taken = words_of(text for parent in parents for text in texts_of(parent))
        holds = task.prompt.startswith(given.prompt.rstrip()) and task.reference.startswith(given.reference)
        holds = holds and "" not in names and task.entry_point in names and not names & taken
        evidence = {
            "parent_prompts": [text_digest(parent.prompt) for parent in parents],
            "parent_references": [text_digest(parent.reference) for parent in parents],
        }
        return Gate("parent_verbatim", holds, evidence)

    def _reading_gate(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Gate:
        """The prompt ends in the definition that was drawn, and the independent parser reads it in one way."""
        wrapper = self.plan(parents, parameters).wrapper
        try:
            name, text = definition_in(task)
            program = self.program(name, text, parents)
        except ValueError as error:
            return Gate("one_reading", False, {"problem": str(error)[:80]})
        holds = name == task.entry_point == wrapper.name and _spaced(wrapper.definition) in _spaced(text)
        return Gate("one_reading", holds, {"program": text_digest(program)})


def _spaced(text: str) -> str:
    return " ".join(text.split())


def ended(source: str) -> str:
    """A source with its text untouched that ends in a line break."""
    return source if source.endswith("\n") else source + "\n"


def merged(parents: Sequence[CodeTask]) -> CodeTask:
    """Parents as one task: prompts and references one after the other, each verbatim; named after the last."""
    if len(parents) == 1:
        return parents[0]
    prompts, references = "", []
    for number, parent in enumerate(parents, 1):
        prompt = parent.prompt
        if number < len(parents):
            prompt = (parsable_prompt(prompt) if parent.form == "completion" else prompt).rstrip() + "\n"
            if parent.form != "completion":
                prompt += f"\nThe function specified above is `{parent.entry_point}`.\n"
        prompts += "\n" * max(0, 2 - (len(prompt) - len(prompt.lstrip("\n")))) * (number > 1) + prompt
        references.append(parent.reference if number == len(parents) else ended(parent.reference))
    return replace(parents[-1], prompt=prompts, reference="\n\n".join(references), metadata={}, lineage=None)


def exact_comparator(tasks: Iterable[tuple[CodeTask, Observation]]) -> Comparator:
    """The comparator for values made from several tasks'; NotApplicable unless each demands one exact value and leaves
    its arguments as they are."""
    kinds = []
    for task, observed in tasks:
        kinds.append(comparator_of(task, observed).types)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
    return Comparator(types="exact" if all(kind == "exact" for kind in kinds) else "python")


def plain_signature(task: CodeTask) -> Signature:
    """The signature of a function that takes a fixed number of positional arguments; NotApplicable otherwise."""
    try:
        signature = signature_of(task.reference, str(task.entry_point))
    except SyntaxError as error:
        raise NotApplicable("a program of the task does not parse") from error
    if not signature.arguments or any(sign in signature.arguments for sign in "*="):
        raise NotApplicable("the parameters are not plain positional ones")
    return signature


def parameters_of(signature: Signature) -> list[str]:
    """The parameters' names in order."""
    return signature.arguments.split(", ")


def whole_calls(observed: Observation, count: int) -> Rows:
    """All observed and generated calls; NotApplicable when some leave out an argument."""
    rows = (*observed.calls, *observed.generated)
    if any(len(args) != count for args in rows):
        raise NotApplicable("some inputs leave out an argument")
    return rows


def free_letters(taken: Iterable[str], count: int) -> list[str]:
    """Distinct one-letter names; NotApplicable when too few are free."""
    free = [letter for letter in "vwyz" if letter not in set(taken)]
    if len(free) < count:
        raise NotApplicable("no free letter for the parent's value")
    return free[:count]


def declared(deep_type: str) -> str:
    """The type to declare: none where the observed values do not settle it."""
    return "" if any(word in deep_type for word in ("mixed", "nothing")) else deep_type

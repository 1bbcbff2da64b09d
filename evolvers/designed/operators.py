"""Definitions at work: the operators on code tasks that they are.

They are ``compose_post``, ``compose_pre`` and the guards with another library and another reader, and go through the
same gates. A task's lineage holds the whole definition, so that nobody needs a file to verify it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import BadInput, Lineage
from ..guarding import Guard, Outcome
from ..language.pre_transforms import PreTransform, Undefined
from ..language.predicates import Predicate, Test
from ..language.transforms import Transform
from ..operators.compose_post import ComposePost
from ..operators.compose_pre import ComposePre
from ..operators.guard_clause import constants_of
from ..operators.guard_raise import EXCEPTIONS
from ..protocol import Candidate, Observation, Operator, Pool, operator_named
from ..readings.phrases import body_of
from ..readings.sentences import Reading, read_with
from .definition import GRAMMAR, Definition, filled
from .flaws import Flaw
from .primitives import BY_NAME
from .trees import Node
from .wording import code_of, value_of

PREFIX = "designed."
_MOST_CONSTANTS = 25
_TWINS = {
    "greater": "at_least",
    "at_least": "greater",
    "less": "at_most",
    "at_most": "less",
    "even": "odd",
    "odd": "even",
}


class DesignedPost(ComposePost):
    """``new(x) = T(f(x))`` with T from a definition."""

    def __init__(self, name: str, version: str, definition: Definition) -> None:
        self.name, self.version, self.definition = name, version, definition

    def describe(self) -> str:
        """One line for people."""
        return _described(self.definition, "a transform of what the parent's function returns")

    def fitting(self, deep_type: str) -> list[Transform]:
        """The one transform, where it is for values of this type."""
        transform = self.transform({})
        return [transform] if transform.accepts(deep_type) else []

    def transform(self, parameters: Mapping[str, Any]) -> Transform:
        """The one transform."""
        own = self.definition
        return Transform(
            own.name, own.takes, own.gives, f"Return {own.phrase}.", code_of(own.tree), injective=False, draw=own.draw
        )

    def noted(self) -> dict[str, Any]:
        """The whole definition."""
        return {"definition": self.definition.to_json()}

    def reading(self, text: str) -> Reading:
        """What a prompt's text says, by the reader of phrases."""
        return read_with(text, _returned)


class DesignedPre(ComposePre):
    """``new(x) = f(T(x))`` with T from a definition."""

    def __init__(self, name: str, version: str, definition: Definition) -> None:
        self.name, self.version, self.definition = name, version, definition

    def describe(self) -> str:
        """One line for people."""
        return _described(self.definition, "a transform of an argument of the parent's function")

    def fitting(self, deep_type: str) -> list[PreTransform]:
        """The one transform, where it is for arguments of this type."""
        transform = self.transform({})
        return [transform] if transform.accepts(deep_type) else []

    def transform(self, parameters: Mapping[str, Any]) -> PreTransform:
        """The one transform."""
        own = self.definition
        return PreTransform(
            own.name,
            (own.takes,),
            own.phrase.replace("{v}", "{x}"),
            code_of(own.tree),
            lambda value, drawn: value_of(own.tree, value, drawn),
            draw=lambda rng, values: own.draw(rng),
        )

    def noted(self) -> dict[str, Any]:
        """The whole definition."""
        return {"definition": self.definition.to_json()}

    def body_of(self, phrase: str, parameter: str) -> str:
        """What a phrase says, by the reader of phrases."""
        return body_of(phrase, f"`{parameter}`", False)


@dataclass(frozen=True, slots=True)
class _DesignedPredicate(Predicate):
    """A predicate whose constant is an assignment to the definition's parameters."""

    def say(self, parameter: str, constant: Any) -> str:
        """The clause, for a parameter of this name."""
        return filled(self.clause, {"v": f"`{parameter}`", **constant})

    def code(self, constant: Any) -> str:
        """The expression in ``v``."""
        text = self.expression
        for name, value in constant.items():
            text = text.replace(f"<{name}>", repr(value))
        return text


class DesignedGuard(Guard):
    """A value or an error where the condition of a definition holds, the parent's value elsewhere."""

    def __init__(self, name: str, version: str, definition: Definition) -> None:
        self.name, self.version, self.definition = name, version, definition

    def describe(self) -> str:
        """One line for people."""
        return _described(self.definition, "a guard on an argument of the parent's function")

    def propose(self, task: Any, rng: random.Random, pool: Pool) -> list[Candidate]:
        """The guards that divide the parent's inputs best."""
        return self.guarded(task, rng, pool, self._outcomes(rng))

    def _outcomes(self, rng: random.Random) -> Callable[[Observation], Sequence[Outcome]]:
        if self.definition.outcome == "error":
            return lambda observed: [Outcome(raises=rng.choice(EXCEPTIONS))]
        return lambda observed: constants_of(observed, rng)

    def predicates(self, deep_type: str) -> Sequence[Predicate]:
        """The one predicate, where it is for arguments of this type."""
        predicate = self.predicate({})
        return [predicate] if predicate.accepts(deep_type) else []

    def predicate(self, parameters: Mapping[str, Any]) -> Predicate:
        """The one predicate."""
        own = self.definition
        return _DesignedPredicate(
            own.name,
            (own.takes,),
            own.phrase,
            code_of(own.tree),
            lambda value, drawn: bool(value_of(own.tree, value, drawn)),
            lambda values: own.draws(_MOST_CONSTANTS),
            lambda drawn: [_test(tree, drawn) for tree in slips(own.tree)],
        )

    def noted(self) -> dict[str, Any]:
        """The whole definition."""
        return {"definition": self.definition.to_json()}

    def body_of(self, clause: str, parameter: str) -> str:
        """What a clause says, by the reader of phrases."""
        return body_of(clause, f"`{parameter}`", True)


def operator_of_definition(definition: Definition) -> Operator:
    """The operator that a definition describes."""
    name, version = definition.operator_name, str(GRAMMAR)
    if definition.kind == "post":
        return DesignedPost(name, version, definition)
    if definition.kind == "pre":
        return DesignedPre(name, version, definition)
    return DesignedGuard(name, version, definition)


def operator_of(lineage: Lineage) -> Operator:
    """The operator that made a task: a registered one, or the one whose definition the lineage holds.

    BadInput when there is none, or when the name is not that of the definition.
    """
    if not lineage.operator.startswith(PREFIX):
        return operator_named(lineage.operator)
    try:
        definition = Definition.from_json(lineage.parameters.get("definition"))
    except Flaw as flaw:
        raise BadInput(f"the lineage holds no definition of {lineage.operator[:60]}: {flaw}") from flaw
    if definition.operator_name != lineage.operator:
        raise BadInput(f"the definition in the lineage is not that of {lineage.operator[:60]}")
    return operator_of_definition(definition)


def slips(tree: Node) -> list[Node]:
    """What a careless reader would take a condition for: a number by one off, one comparison instead of another."""
    found = []
    if tree.leaf == "number" or (tree.leaf == "parameter" and tree.type == "int"):
        found += [_shifted(tree, 1), _shifted(tree, -1)]
    if tree.primitive is not None and tree.primitive.name in _TWINS:
        found.append(replace(tree, primitive=BY_NAME[_TWINS[tree.primitive.name]]))
    for place, operand in enumerate(tree.operands):
        for other in slips(operand):
            found.append(replace(tree, operands=(*tree.operands[:place], other, *tree.operands[place + 1 :])))
    return found


def _shifted(tree: Node, by: int) -> Node:
    return Node("int", BY_NAME["plus"], (tree, Node("int", leaf="number", value=by)))


def _test(tree: Node, drawn: Mapping[str, Any]) -> Test:
    """A slip as a test; where it has no value, it is told from whatever has one."""

    def holds(value: Any) -> Any:
        try:
            return bool(value_of(tree, value, drawn))
        except Undefined:
            return None

    return holds


def _returned(sentence: str, letter: str) -> str:
    if not sentence.startswith("Return ") or not sentence.endswith("."):
        raise ValueError("the sentence does not say what to return")
    return body_of(sentence[len("Return ") : -1], letter, False)


def _described(definition: Definition, what: str) -> str:
    return f"{what}: {filled(definition.phrase, _plain(definition))}"


def _plain(definition: Definition) -> dict[str, str]:
    return {"v": "it", **{each.name: each.name for each in definition.parameters}}

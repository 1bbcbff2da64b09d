"""An operator as data: its kind, its types, the ranges of its parameters, its tree and its phrase."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any, Literal

from ...benchmarks.jsonio import digest
from .flaws import Flaw
from .primitives import TYPES
from .trees import MAX_NUMBER, TEXT, Node, Parameter, read_tree
from .wording import phrase_of

GRAMMAR = 1
"""Counts up when a definition would mean something else, or be read in another way."""
KINDS = ("post", "pre", "guard")
OUTCOMES = ("value", "error")
MAX_PARAMETERS = 3
MAX_VALUES = 40
MAX_PHRASE = 600
_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]{0,11}")
_TAKEN = frozenset({"v", "item", "index", "inner_item", "inner_index", "text"})
_FIELDS = frozenset({"name", "kind", "takes", "gives", "parameters", "expression", "phrase", "outcome"})
_WRITTEN = re.compile(r"[A-Za-z0-9 ,.%()'{}_|;/+~#*!?=&$^:@-]*")
Drawn = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """One operator.

    kind: ``post`` transforms what the parent's function returns, ``pre`` an argument of it, ``guard`` decides about an
    argument. phrase: what stands in the operator's one sentence, with ``{v}`` and ``{parameter}`` to be filled in: a
    noun phrase, of a guard a clause. outcome: what a guarded call ends in, a value or an error.
    expression: the tree as JSON; tree: the same, typed.
    """

    name: str
    kind: Literal["post", "pre", "guard"]
    takes: str
    gives: str
    parameters: tuple[Parameter, ...]
    expression: Any
    tree: Node
    phrase: str
    outcome: str = ""

    @staticmethod
    def from_json(data: Any) -> Definition:
        """Read and check a definition. Flaw says what is wrong with it."""
        if not isinstance(data, Mapping):
            raise Flaw("malformed", "a definition is a JSON object")
        unknown = sorted(str(key) for key in data.keys() - _FIELDS)
        if unknown:
            raise Flaw(
                "malformed", f"a definition has no field {unknown[0][:40]!r}; it has: {', '.join(sorted(_FIELDS))}"
            )
        name, kind, takes = (_text(data, field) for field in ("name", "kind", "takes"))
        if not _NAME.fullmatch(name):
            raise Flaw("malformed", f"the name {name[:60]!r} is not 3 to 40 lower-case letters, digits and _")
        if kind not in KINDS:
            raise Flaw("malformed", f"the kind {kind[:40]!r} is none of {', '.join(KINDS)}")
        if takes not in TYPES:
            raise Flaw("ill-typed", f"takes: {takes[:60]!r} is none of {', '.join(TYPES)}")
        parameters = _parameters(data.get("parameters", {}))
        tree = read_tree(data.get("expression"), takes, {each.name: each for each in parameters})
        _check_types(data, str(kind), takes, tree)
        _check_names(tree, parameters)
        phrase = data.get("phrase") or phrase_of(tree, kind == "guard")
        _check_phrase(phrase, parameters)
        return Definition(
            name, kind, takes, tree.type, parameters, data["expression"], tree, phrase, _outcome(data, str(kind))
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form; the same for the same definition."""
        told = {
            "name": self.name,
            "kind": self.kind,
            "takes": self.takes,
            "gives": self.gives,
            "parameters": {each.name: {"one_of": list(each.values)} for each in self.parameters},
            "expression": self.expression,
            "phrase": self.phrase,
        }
        return {**told, "outcome": self.outcome} if self.outcome else told

    @property
    def digest(self) -> str:
        """SHA-256 of the definition's JSON and of the grammar's version."""
        return digest([GRAMMAR, self.to_json()])

    @property
    def operator_name(self) -> str:
        """The name of the operator, which tells it from others of the same short name."""
        return f"designed.{self.name}.{self.digest[:8]}"

    def draw(self, rng: random.Random) -> Drawn:
        """A value for each parameter."""
        return {each.name: rng.choice(each.values) for each in self.parameters}

    def draws(self, most: int) -> list[Drawn]:
        """Different assignments: all of them, or the two extreme ones and others evenly spread."""
        names = [each.name for each in self.parameters]
        whole = product(*(each.values for each in self.parameters))
        count = prod(len(each.values) for each in self.parameters)
        if count <= most:
            return [dict(zip(names, values, strict=True)) for values in whole]
        wanted = {place * (count - 1) // (most - 1) for place in range(most)}
        return [
            dict(zip(names, values, strict=True))
            for place, values in enumerate(islice(whole, count))
            if place in wanted
        ]

    def say(self, subject: str, drawn: Mapping[str, Any]) -> str:
        """The phrase, for a value that is called so."""
        return filled(self.phrase, {"v": subject, **drawn})


def filled(phrase: str, words: Mapping[str, Any]) -> str:
    """A phrase with its placeholders filled in."""
    return re.sub(r"\{(\w+)\}", lambda match: str(words[match[1]]), phrase)


def _text(data: Mapping[Any, Any], field: str) -> Any:
    value = data.get(field)
    if not isinstance(value, str):
        raise Flaw("malformed", f"{field} is missing or no text")
    return value


def _outcome(data: Mapping[Any, Any], kind: str) -> str:
    outcome = data.get("outcome", "")
    if kind != "guard":
        if outcome:
            raise Flaw("malformed", "only a guard has an outcome")
        return ""
    if (outcome or "value") not in OUTCOMES:
        raise Flaw("malformed", f"the outcome of a guard is one of {', '.join(OUTCOMES)}")
    return str(outcome or "value")


def _parameters(data: Any) -> tuple[Parameter, ...]:
    if not isinstance(data, Mapping) or len(data) > MAX_PARAMETERS:
        raise Flaw("malformed", f"parameters is an object with at most {MAX_PARAMETERS} of them")
    return tuple(_parameter(name, data[name]) for name in sorted(data, key=str))


def _parameter(name: Any, data: Any) -> Parameter:
    if not isinstance(name, str) or not _PARAMETER.fullmatch(name) or name in _TAKEN:
        raise Flaw("malformed", f"the parameter name {str(name)[:40]!r} is taken, or no short lower-case word")
    told = f'parameter {name}: write {{"from": 2, "to": 9}} or {{"one_of": [...]}}'
    if isinstance(data, Mapping) and data.keys() == {"from", "to"}:
        low, high = data["from"], data["to"]
        if type(low) is not int or type(high) is not int or not low < high:
            raise Flaw("malformed", f"{told}, with whole numbers, the smaller first")
        if max(abs(low), abs(high)) > MAX_NUMBER:  # a range of more than 2**63 has no length that Python would tell
            raise Flaw("malformed", f"{told}, with numbers from -{MAX_NUMBER} to {MAX_NUMBER}")
        values: Sequence[Any] = range(low, high + 1)
    elif isinstance(data, Mapping) and data.keys() == {"one_of"} and isinstance(data["one_of"], list):
        values = data["one_of"]
    else:
        raise Flaw("malformed", told)
    if not 2 <= len(values) <= MAX_VALUES:
        raise Flaw("malformed", f"parameter {name} has {len(values)} values; 2 to {MAX_VALUES} are wanted")
    if all(type(each) is int and abs(each) <= MAX_NUMBER for each in values):
        kind = "int"
    elif all(isinstance(each, str) and TEXT.fullmatch(each) and each.strip() for each in values):
        kind = "str"
    else:
        raise Flaw("malformed", f"the values of {name} are not all small whole numbers, or all plain short texts")
    if len(set(values)) < len(values):
        raise Flaw("malformed", f"the values of {name} are not all different")
    return Parameter(name, tuple(values), kind)


def _check_types(data: Mapping[Any, Any], kind: str, takes: str, tree: Node) -> None:
    gives = data.get("gives", tree.type)
    if gives != tree.type:
        raise Flaw("ill-typed", f"gives is {str(gives)[:60]!r}, and the expression gives {tree.type}")
    if kind == "pre" and tree.type != takes:
        raise Flaw("ill-typed", f"a pre operator gives the type that it takes ({takes}), this one gives {tree.type}")
    if kind == "guard" and tree.type != "bool":
        raise Flaw("ill-typed", f"the expression of a guard gives bool, this one gives {tree.type}")


def _check_names(tree: Node, parameters: Sequence[Parameter]) -> None:
    used = {node.value for node in tree.walk() if node.leaf in ("variable", "parameter")}
    if "v" not in used:
        raise Flaw("constant", "the expression does not speak of v")
    for each in parameters:
        if each.name not in used:
            raise Flaw("malformed", f"the parameter {each.name} is not used in the expression")


def _check_phrase(phrase: Any, parameters: Sequence[Parameter]) -> None:
    if not isinstance(phrase, str) or not _WRITTEN.fullmatch(phrase) or not phrase.strip():
        raise Flaw("unreadable sentence", "the phrase is no line of plain letters, numbers, brackets and commas")
    if len(phrase) > MAX_PHRASE:
        raise Flaw("too large", f"the phrase has more than {MAX_PHRASE} characters")
    named = re.findall(r"\{(\w*)\}", phrase)
    if phrase.count("{") != len(named) or phrase.count("}") != len(named):
        raise Flaw("unreadable sentence", "a brace in the phrase belongs to no placeholder like {v}")
    known = {"v", *(each.name for each in parameters)}
    unknown = sorted(set(named) - known)
    if unknown:
        raise Flaw(
            "unreadable sentence", f"the phrase has the placeholder {unknown[0][:30]!r}, which is none of its own"
        )
    missing = sorted(known - set(named))
    if missing:
        raise Flaw("unreadable sentence", f"the phrase does not say {{{missing[0]}}}")

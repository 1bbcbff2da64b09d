"""What definitions and the operators that exist already do with the probes: by that alone are duplicates known."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from ...benchmarks.jsonio import text_digest
from ...harness.sandbox.api import Sandbox
from ..language import pre_transforms, predicates, transforms
from ..language.predicates import Predicate
from ..protocol import Executed
from ..prover import Trial, run_trials
from ..prover.rows import key
from .definition import Definition
from .probes import probes_of
from .wording import code_of

ENTRY = "designed"
_DRAWS = 400
"""Draws of an existing operator's parameters; few of them have more different ones."""
_KINDS = {"post": "compose_post", "pre": "compose_pre", "guard": "guard_clause"}


def program_of_code(code: str) -> str:
    """A program whose function ENTRY computes an expression in ``v``."""
    return f"def {ENTRY}(v):\n    return {code}\n"


def code_with(definition: Definition, drawn: Mapping[str, Any]) -> str:
    """The definition's expression with values for its parameters."""
    text = code_of(definition.tree)
    for name, value in drawn.items():
        text = text.replace(f"<{name}>", repr(value))
    return text


def behaviour_of(kind: str, takes: str, values: list[Any]) -> str:
    """A digest of what a program gives for the probes of a type."""
    return text_digest("\0".join([kind, takes, *map(key, values)]))


class Known:
    """Behaviours that operators have already: those of the libraries, and of the definitions admitted so far."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._library: dict[tuple[str, str], dict[str, str]] = {}
        self._admitted: dict[str, str] = {}

    def add(self, definition: Definition, behaviours: list[str]) -> None:
        """Keep what an admitted definition does."""
        for each in behaviours:
            self._admitted.setdefault(each, definition.name)

    def named(self, kind: str, takes: str, behaviour: str) -> str | None:
        """Which operator has a behaviour, None where none is known."""
        if (kind, takes) not in self._library:
            self._library[kind, takes] = dict(self._found(kind, takes))
        return self._library[kind, takes].get(behaviour) or self._admitted.get(behaviour)

    def _found(self, kind: str, takes: str) -> Iterator[tuple[str, str]]:
        if kind == "pre":
            yield from _of_pre_transforms(takes)
        elif kind == "guard":
            yield from _of_predicates(takes)
        else:
            yield from self._of_transforms(takes)

    def _of_transforms(self, takes: str) -> Iterator[tuple[str, str]]:
        programs: dict[str, str] = {}
        for transform in transforms.transforms_for(takes):
            for seed in range(_DRAWS):
                code = transform.code(transform.draw(random.Random(seed)))
                programs.setdefault(program_of_code(code), transform.name)
        calls = tuple((value,) for value in probes_of(takes))
        trials = [Trial((program,), ENTRY, calls) for program in programs]
        for name, (result,) in zip(
            programs.values(), run_trials([[trial] for trial in trials], self._sandbox), strict=True
        ):
            if result.problem is None and not any(row.raised for row in result.rows):
                yield behaviour_of("post", takes, _values(result.rows)), f"{name} of {_KINDS['post']}"


def _values(rows: tuple[Executed, ...]) -> list[Any]:
    return [row.returns for row in rows]


def _of_pre_transforms(takes: str) -> Iterator[tuple[str, str]]:
    values = probes_of(takes)
    for transform in pre_transforms.transforms_for(takes):
        seen = set()
        for seed in range(_DRAWS):
            drawn = transform.draw(random.Random(seed), values)
            if drawn is None or repr(drawn) in seen:
                continue
            seen.add(repr(drawn))
            try:
                made = [transform.apply(value, drawn) for value in values]
            except (ValueError, IndexError, pre_transforms.Undefined):
                continue
            yield behaviour_of("pre", takes, made), f"{transform.name} of {_KINDS['pre']}"


def _of_predicates(takes: str) -> Iterator[tuple[str, str]]:
    values = probes_of(takes)
    for predicate in predicates.predicates_for(takes):
        for constant in _constants(predicate, values):
            held = [bool(predicate.holds(value, constant)) for value in values]
            yield behaviour_of("guard", takes, held), f"{predicate.name} of {_KINDS['guard']}"


def _constants(predicate: Predicate, values: tuple[Any, ...]) -> list[Any]:
    return list(predicate.constants(values))

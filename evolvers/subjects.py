"""What is seen of a function's parameters: the argument that each got in every recorded call, and its deep type.

Shared by the operators that say something about one parameter (its *subject*).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from .deeptypes import type_of_all
from .protocol import NotApplicable, Rows
from .syntax import shared


@dataclass(frozen=True, slots=True)
class Subject:
    """A parameter: its place among the arguments, its name, what it got in each call, the deep type of all that."""

    place: int
    name: str
    values: tuple[Any, ...]
    deep_type: str


def subjects_of(source: str, entry: str, calls: Rows) -> tuple[Subject, ...]:
    """The positional parameters that every call gave a value to; NotApplicable when there is none."""
    definitions = [node for node in shared(source).body if isinstance(node, ast.FunctionDef) and node.name == entry]
    if not definitions:
        raise NotApplicable("the entry point is not a plain top-level function")
    arguments = definitions[-1].args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    given = min((len(args) for args in calls), default=0)
    found = []
    for place, name in enumerate(names[:given]):
        values = tuple(args[place] for args in calls)
        found.append(Subject(place, name, values, type_of_all(values)))
    if not found:
        raise NotApplicable("no parameter that every call gives")
    return tuple(found)


def with_argument(args: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """The arguments of a call with one of them replaced."""
    return (*args[:place], value, *args[place + 1 :])

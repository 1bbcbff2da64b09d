"""A program under other names: its parameters' and variables' names change, and nothing that it does.

The function under test and other functions keep theirs, because tests and prompts call them by name.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..alpha import same_scopes, same_tree
from ..bindings import bindings_of
from ..edits import renamed_program
from ..positions import CannotEdit
from ..protocol import Gate, NotApplicable
from ..syntax import shared
from ..words import NameSource, words_of

MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Renamed:
    """A program under new names, old name to new name."""

    program: str
    names: Mapping[str, str]


def renamed(program: str, entry_point: str | None, texts: Sequence[str], rng: random.Random) -> Renamed:
    """A program with some of its variables renamed; no new name occurs in ``texts``.

    Parameters keep their names, because calls may name them. NotApplicable when there is nothing to rename or names
    may be seen by the program itself.
    """
    source = program.strip("\n") + "\n"
    try:
        known = bindings_of(source, shared(source))
    except SyntaxError as error:
        raise NotApplicable("a program cannot be parsed") from error
    if known.sees_names or known.runs_text:
        raise NotApplicable("the program looks at its own variables' names")
    functions, kept = set(known.functions), set(known.kept)
    names = sorted(known.variables - functions - kept - known.parameters - known.module_level - {str(entry_point)})
    if not names:
        raise NotApplicable("the program has no variables to rename")
    drawn = NameSource(rng, words_of([program, *texts]))
    chosen = sorted(rng.sample(names, min(len(names), MOST_NAMES)))
    fresh = {name: drawn.variable() for name in chosen}
    try:
        return Renamed(renamed_program(source, fresh, {}), fresh)
    except CannotEdit as error:
        raise NotApplicable(str(error)) from error


def alpha_gates(new: str, old: str, parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
    """``fresh_names``, ``same_tree`` and ``same_scopes``: a program is another under the names of ``parameters``.

    An empty map of names asks for the same program.
    """
    told = parameters.get("names")
    names = {str(key): str(value) for key, value in told.items()} if isinstance(told, Mapping) else {}
    inverse = {value: key for key, value in names.items()}
    fresh = len(inverse) == len(names) and not set(inverse) & words_of([old])
    try:
        new, old = new.strip("\n") + "\n", old.strip("\n") + "\n"
        tree, scopes = same_tree(new, old, inverse), same_scopes(new, old, names)
    except SyntaxError:
        tree = scopes = False
    return (
        Gate("fresh_names", fresh, {"names": len(names)}),
        Gate("same_tree", tree),
        Gate("same_scopes", scopes),
    )

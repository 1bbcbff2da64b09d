"""Other names: variables and helper functions of all programs get new names.

Preserving: under the inverse map every program is the one it was. The function under test, parameters, classes, imports
and whatever a caller or the program itself could look up by its name keep theirs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...alpha import same_scopes, same_tree
from ...bindings import bindings_of
from ...edits import renamed_program
from ...positions import CannotEdit
from ...syntax import shared
from ...words import BUILTIN_NAMES, NameSource, words_of
from ..insertions import with_texts
from ..programs_in import placed_programs, same_around
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate


@dataclass(frozen=True, slots=True)
class RenameIdentifiers:
    """See the module's docstring."""

    name: str = "rename_identifiers"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "new names for variables and helper functions of all programs"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        programs = placed_programs(task)
        told = words_of([*(message.content for message in task.messages), str(task.proof and task.proof.to_json())])
        source = NameSource(rng, told | words_of(response.text for response in task.responses))
        names = {name: _new_names(placed.program, told, source) for name, placed in programs.items()}
        if not any(names.values()):
            raise NotApplicable("the programs have no names that may change")
        try:
            texts = {name: placed.text_with(_renamed(placed.program, names[name])) for name, placed in programs.items()}
        except CannotEdit as error:
            raise NotApplicable(str(error)) from error
        return [PreferenceCandidate(with_texts(task, texts, self.name), (task,), {"names": names})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: fresh names; each program its parent's under the inverse map, with equal scopes; the same text
        around the programs.
        """
        (parent,) = parents
        new, old = placed_programs(task), placed_programs(parent)
        same = task.messages == parent.messages and list(new) == list(old) and set(new) == set(parameters["names"])
        same = same and all(same_around(new[name], old[name]) for name in old)
        words = words_of(response.text for response in parent.responses)
        fresh = trees = scopes = same
        for name in old if same else ():
            names = parameters["names"][name]
            inverse = {told: was for was, told in names.items()}
            fresh = fresh and len(inverse) == len(names) and not set(inverse) & (words | BUILTIN_NAMES)
            now, before = f"{new[name].program}\n", f"{old[name].program}\n"
            trees = trees and same_tree(now, before, inverse)
            scopes = scopes and same_scopes(now, before, names)
        return (
            Gate("fresh_names", fresh, {"names": sum(map(len, parameters["names"].values()))}),
            Gate("inverse_tree", trees),
            Gate("same_scopes", scopes),
            Gate("same_around", same),
        )


def _new_names(program: str, told: set[str], source: NameSource) -> dict[str, str]:
    """New names for all of a program's names that may change; none of them stands in the question or the proof."""
    text = f"{program}\n"
    known = bindings_of(text, shared(text))
    if known.sees_names or known.runs_text:
        return {}
    functions = {name for name in known.functions if name in known.module_level}
    free = (known.bound - known.module_level) | functions
    free -= set(known.kept) | known.parameters | told
    return {name: source.function() if name in functions else source.variable() for name in sorted(free)}


def _renamed(program: str, names: Mapping[str, str]) -> str:
    return renamed_program(f"{program}\n", names, {}).removesuffix("\n") if names else program

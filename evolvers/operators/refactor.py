"""The reference written differently: mirrored comparisons, flipped branches, loops for comprehensions, ...

Semantics-preserving; prompt and tests stay as they are. For tasks that read or repair code, whose text
is then another one.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CodeTask
from ..bindings import bindings_of
from ..docstrings import begins_alike, entry_node
from ..places import Edit, Offsets, spliced
from ..protocol import Candidate, Gate, Kind, NotApplicable, Pool
from ..rewrites import RULES, Place
from ..sameness import program_digest, refuse_mirrors
from ..syntax import nodes_of, parse, shared
from ..texts import texts_of
from ..words import NameSource, words_of

_MOST = 3


@dataclass(frozen=True, slots=True)
class Refactor:
    """See the module's docstring."""

    name: str = "refactor"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the reference rewritten without changing what it does"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate: up to three rewrites at drawn places that do not overlap."""
        refuse_mirrors(task)
        try:
            place = _place(task)
            known = bindings_of(task.reference, shared(task.reference))
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        if known.sees_names or "range" in known.bound:
            raise NotApplicable("the program looks at its own variables' names")
        names = NameSource(rng, words_of(texts_of(task)))
        found = [(rule, edits) for rule, make in RULES.items() for edits in make(place, names)]
        first = len(task.prompt) if task.reference.startswith(task.prompt) else 0
        found = [(rule, edits) for rule, edits in found if all(start >= first for start, _, _ in edits)]
        if not found:
            raise NotApplicable("no rewrite fits the reference")
        chosen = _chosen(found, rng)
        reference = spliced(task.reference, [edit for _, edits in chosen for edit in edits])
        new = replace(task, reference=reference, metadata={})
        parameters = {"rules": [rule for rule, _ in chosen]}
        return [Candidate(new, (task,), parameters, self.prove(new, (task,), parameters))]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: another tree, the same signature, calls and constants but for what the rules add."""
        (parent,) = parents
        try:
            old, new = program_digest(parent.reference), program_digest(task.reference)
        except SyntaxError:
            return (Gate("another_program", False, {"problem": "the new reference does not parse"}),)
        same = (task.prompt, task.tests, task.entry_point) == (parent.prompt, parent.tests, parent.entry_point)
        calls = _calls(parent, task, parameters)
        return (
            Gate("another_program", old != new and same and begins_alike(task, parent), {"program": new}),
            Gate("same_calls", calls is not None, {"calls": calls or 0}),
        )


def _place(task: CodeTask) -> Place:
    return Place(task.reference, Offsets(task.reference), entry_node(parse(task.reference), task.entry_point))


def _chosen(found: Sequence[tuple[str, list[Edit]]], rng: random.Random) -> list[tuple[str, list[Edit]]]:
    """Some of the rewrites, of different rules first, none of which touches another's lines."""
    wanted = rng.randint(1, _MOST)
    chosen: list[tuple[str, list[Edit]]] = []
    spans: list[tuple[int, int]] = []
    order = rng.sample(list(found), len(found))
    order.sort(key=lambda each: each[0] == "named_result")  # it fits nearly everywhere
    for rule, edits in order:
        start, end = min(edit[0] for edit in edits), max(edit[1] for edit in edits)
        if len(chosen) < wanted and all(end < first or start > last for first, last in spans):
            chosen.append((rule, edits))
            spans.append((start, end))
    return chosen


def _calls(parent: CodeTask, task: CodeTask, parameters: Mapping[str, Any]) -> int | None:
    """The number of calls when both programs have the same ones; a loop adds ``append`` and drops ``range``."""
    old, new = _called(parent), _called(task)
    rules = list(parameters["rules"])
    for _ in range(rules.count("loop_for_comprehension")):
        new = _without(new, ".append")
    for _ in range(rules.count("while_for_range")):
        old = _without(old, "range")
    return len(new) if sorted(old) == sorted(new) else None


def _without(names: list[str], name: str) -> list[str]:
    return [each for at, each in enumerate(names) if at != names.index(name)] if name in names else names


def _called(task: CodeTask) -> list[str]:
    found = []
    for node in nodes_of(task.reference):
        if isinstance(node, ast.Call):
            found.append(node.func.id if isinstance(node.func, ast.Name) else f".{getattr(node.func, 'attr', '')}")
    return found

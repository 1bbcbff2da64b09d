"""What matters of a task to whoever combines it with others: its types, its envelope, its words. Made once for each."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..benchmarks import CodeTask, Comparator
from ..benchmarks.plain import dumps
from .bindings import bindings_of
from .deeptypes import type_of_all
from .defining import exact_comparator, parameters_of, plain_signature, whole_calls
from .inputs.envelope import Envelope, infer
from .protocol import NotApplicable, Observation, Rows
from .syntax import parse
from .wrapping import Signature


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What is known of one task.

    signature: plain positional parameters. types: the deep type of each argument. calls: the recorded inputs, then the
    generated ones; named: the same by their tests' names. values: the known value of each of them, by their text.
    words: those of the prompt. defines, uses: names that the reference binds at module level, or looks up there.
    imports: what each imported name stands for. comparator: how values made of its values are compared.
    """

    signature: Signature
    types: tuple[str, ...]
    output_type: str
    calls: Rows
    named: dict[str, Rows]
    values: dict[str, Any]
    envelope: Envelope
    words: frozenset[str]
    defines: frozenset[str]
    uses: frozenset[str]
    imports: dict[str, tuple[str, str]]
    comparator: Comparator

    @property
    def arguments(self) -> list[str]:
        """The parameters' names."""
        return parameters_of(self.signature)

    def only(self, calls: Rows) -> dict[str, Rows]:
        """The inputs under their tests' names and the generated ones, as far as they are among these calls."""
        wanted = set(map(dumps, calls))
        kept = {name: tuple(args for args in rows if dumps(args) in wanted) for name, rows in self.named.items()}
        return {name: rows for name, rows in kept.items() if rows}


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A task with its observation; equal to itself only (the cache keeps both alive, so ids are not used again)."""

    task: CodeTask
    observed: Observation

    def __hash__(self) -> int:
        return hash((id(self.task), id(self.observed)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.task is other.task and self.observed is other.observed


def profile_of(task: CodeTask, observed: Observation) -> Profile:
    """The profile of a task; NotApplicable unless its function takes a fixed number of positional arguments, leaves
    them as they are, and has one right value for each input."""
    found = _profile(_Same(task, observed))
    if isinstance(found, str):
        raise NotApplicable(found)
    return found


@lru_cache(maxsize=2048)
def _profile(key: _Same) -> Profile | str:
    """The profile, or why there is none (a cache keeps no exceptions)."""
    task, observed = key.task, key.observed
    try:
        comparator = exact_comparator([(task, observed)])
        signature = plain_signature(task)
        count = len(parameters_of(signature))
        calls = whole_calls(observed, count)
    except NotApplicable as error:
        return str(error)
    tree = parse(task.reference)
    names = bindings_of(task.reference, tree)
    return Profile(
        signature=signature,
        types=tuple(type_of_all(args[place] for args in calls) for place in range(count)),
        output_type=type_of_all((*observed.outputs, *observed.generated_outputs)),
        calls=calls,
        named={**observed.inputs, "generated": observed.generated},
        values={dumps(row.args): row.returns for row in observed.executed},
        envelope=infer(observed.calls),
        words=frozenset(re.findall(r"[a-z]{3,}", task.prompt.lower())),
        defines=frozenset(names.module_level),
        uses=frozenset({*names.free, *names.module_level}),
        imports=_imports(tree),
        comparator=comparator,
    )


def _imports(tree: ast.Module) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: ("", alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: (str(node.module), alias.name) for alias in node.names}
    return found


def clash(first: Profile, second: Profile) -> bool:
    """Whether one program would change the meaning of a name in the other. The same import in both is no clash."""
    shared = (first.defines & second.uses) | (second.defines & first.uses)
    if any(module == "__future__" for each in (first, second) for module, _ in each.imports.values()):
        return True
    return any(name not in first.imports or first.imports[name] != second.imports.get(name) for name in shared)


def distance(first: Profile, second: Profile) -> float:
    """How little two tasks have in common, from 0 to 1: one minus the Jaccard index of their prompts' words, and
    different output types count a quarter."""
    union = first.words | second.words
    words = 1 - len(first.words & second.words) / len(union) if union else 0.0
    return 0.75 * words + 0.25 * (first.output_type != second.output_type)

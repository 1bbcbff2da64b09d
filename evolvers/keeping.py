"""Kept seeds: a set share of the human-made tasks that every generation holds untouched, beside its evolved ones.

They are the anchors: a model that does well on them and badly on their children has seen the former. Which are kept
follows from the seed alone: tasks in the order of ``SHA-256("evalrun kept seed 1\\n" || seed || "/" || task digest)``,
as many of those that hold as the share wants. A code task holds when its reference passes its tests; what it means for
preference tasks is in ``preferences.labels``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any, Protocol, TypeVar

from ..benchmarks import BadInput, CodeTask
from ..benchmarks.taskset import TaskSet
from ..harness.oracle import each_with_expected
from ..harness.sandbox.api import Sandbox
from .observe import Progress, passing

DEFAULT_SHARE = 0.1
_FIELD = "kept_seeds"
SetT = TypeVar("SetT", bound=TaskSet[Any])


class Prover(Protocol):
    """Says of each task how it is to be kept, and why it does not hold, or None."""

    def __call__(self, tasks: Sequence[Any], sandbox: Sandbox, progress: Progress) -> list[tuple[Any, str | None]]:
        """In the order of the tasks; those of which nothing can be said are left out."""


def references_pass(tasks: Sequence[CodeTask], sandbox: Sandbox, progress: Progress) -> list[tuple[Any, str | None]]:
    """The ``Prover`` of code tasks, which are kept with their expected values."""
    known = [task for task in each_with_expected(tasks, sandbox) if not isinstance(task, BadInput)]
    return [
        (task, None if holds else "its reference fails its own tests")
        for task, holds in zip(known, passing(known, sandbox, progress), strict=True)
    ]


def with_kept_seeds(
    evolved: SetT,
    source: SetT,
    share: float,
    seed: int,
    sandbox: Sandbox,
    progress: Progress,
    prove: Prover = references_pass,
) -> SetT:
    """The evolved suite with this share (0 to 1) of the source's human-made tasks, rounded up, after its own tasks."""
    if share == 0:
        return evolved
    kept = chosen(source, share, seed, sandbox, progress, prove)
    facts = {"share": share, "seed": seed, "tasks": [task.id for task in kept]}
    return replace(evolved, tasks=(*evolved.tasks, *kept), evolution={**evolved.evolution, _FIELD: facts})


def chosen(
    source: TaskSet[Any],
    share: float,
    seed: int,
    sandbox: Sandbox,
    progress: Progress,
    prove: Prover = references_pass,
) -> list[Any]:
    """The tasks that are kept, in the source's order."""
    roots = roots_of(source)
    wanted = ceil(share * len(roots))
    waiting = sorted(roots, key=lambda task: _rank(task, seed))
    kept: dict[str, Any] = {}
    while waiting and len(kept) < wanted:
        missing = wanted - len(kept)
        batch, waiting = waiting[:missing], waiting[missing:]
        kept |= {task.id: task for task, problem in prove(batch, sandbox, progress) if problem is None}
    return [kept[task.id] for task in roots if task.id in kept]


def roots_of(source: TaskSet[Any]) -> list[Any]:
    """A suite's human-made tasks: its own, and those that its evolved tasks descend from."""
    found = {task.id: task for task in (*source.ancestors, *source.tasks) if task.lineage is None}
    return list(found.values())


def kept_in(suite: TaskSet[Any]) -> tuple[Any, ...]:
    """The tasks of a suite that its manifest calls kept seeds."""
    names = _names(suite)
    return tuple(task for task in suite.tasks if task.lineage is None and task.id in names)


def broken_seeds(
    suite: TaskSet[Any], sandbox: Sandbox, progress: Progress, prove: Prover = references_pass
) -> list[tuple[str, str]]:
    """(task id, what is wrong) for tasks that were neither evolved nor kept, and for kept seeds that do not hold."""
    kept = kept_in(suite)
    known = {task.id for task in kept}
    found = [
        (task.id, "it was not evolved from any ancestor and is no kept seed, so nothing about it is proven")
        for task in suite.tasks
        if task.lineage is None and task.id not in known
    ]
    missing = sorted(_names(suite) - known)
    found += [
        (name, "gate kept_seed: the manifest names it, and no untouched task of that id is here") for name in missing
    ]
    proven = {task.id: problem for task, problem in prove(kept, sandbox, progress)}
    ancestors = {task.id: task for task in suite.ancestors}
    for task in kept:
        problem = proven.get(task.id, "nothing can be said of it")
        if problem is not None:
            found.append((task.id, f"gate kept_seed: {problem}"))
        if task.id in ancestors and ancestors[task.id].to_json() != task.to_json():
            found.append((task.id, "gate kept_seed: it is not the ancestor of that id"))
    return found


def foreign_seeds(suite: TaskSet[Any], roots: TaskSet[Any]) -> list[tuple[str, str]]:
    """(task id, what is wrong) for kept seeds that are not, digest for digest, tasks of the suite that is trusted."""
    trusted = {task.id: task.digest for task in roots_of(roots)}
    return [
        (task.id, f"this kept seed is not the task of that id in {roots.ref}")
        for task in kept_in(suite)
        if trusted.get(task.id) != task.digest
    ]


def _names(suite: TaskSet[Any]) -> set[str]:
    facts = suite.evolution.get(_FIELD)
    names = facts.get("tasks") if isinstance(facts, dict) else None
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _rank(task: Any, seed: int) -> str:
    return hashlib.sha256(f"evalrun kept seed 1\n{seed}/{task.digest}".encode()).hexdigest()

"""Kept seeds: a set share of the human-made tasks that every generation holds untouched, beside its evolved ones.

They are the anchors: a model that does well on them and badly on their children has seen the former. Which are kept
follows from the seed alone: tasks in the order of ``SHA-256("evalrun kept seed 1\\n" || seed || "/" || task digest)``,
as many of those whose reference passes as the share wants.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from math import ceil

from ..benchmarks import BadInput, CodeTask, Suite
from ..harness.oracle import each_with_expected
from ..harness.sandbox.api import Sandbox
from .observe import Progress, passing

DEFAULT_SHARE = 0.1
_FIELD = "kept_seeds"


def with_kept_seeds(
    evolved: Suite, source: Suite, share: float, seed: int, sandbox: Sandbox, progress: Progress
) -> Suite:
    """The evolved suite with this share (0 to 1) of the source's human-made tasks, rounded up, after its own tasks."""
    if share == 0:
        return evolved
    kept = chosen(source, share, seed, sandbox, progress)
    facts = {"share": share, "seed": seed, "tasks": [task.id for task in kept]}
    return replace(evolved, tasks=(*evolved.tasks, *kept), evolution={**evolved.evolution, _FIELD: facts})


def chosen(source: Suite, share: float, seed: int, sandbox: Sandbox, progress: Progress) -> list[CodeTask]:
    """The tasks that are kept, in the source's order, with their expected values."""
    roots = roots_of(source)
    wanted = ceil(share * len(roots))
    waiting = sorted(roots, key=lambda task: _rank(task, seed))
    kept: dict[str, CodeTask] = {}
    while waiting and len(kept) < wanted:
        missing = wanted - len(kept)
        known = each_with_expected(waiting[:missing], sandbox)
        batch = [task for task in known if not isinstance(task, BadInput)]
        waiting = waiting[missing:]
        kept |= {task.id: task for task, holds in zip(batch, passing(batch, sandbox, progress), strict=True) if holds}
    return [kept[task.id] for task in roots if task.id in kept]


def roots_of(source: Suite) -> list[CodeTask]:
    """A suite's human-made tasks: its own, and those that its evolved tasks descend from."""
    found = {task.id: task for task in (*source.ancestors, *source.tasks) if task.lineage is None}
    return list(found.values())


def kept_in(suite: Suite) -> tuple[CodeTask, ...]:
    """The tasks of a suite that its manifest calls kept seeds."""
    names = _names(suite)
    return tuple(task for task in suite.tasks if task.lineage is None and task.id in names)


def broken_seeds(suite: Suite, sandbox: Sandbox, progress: Progress) -> list[tuple[str, str]]:
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
    ancestors = {task.id: task for task in suite.ancestors}
    for task, holds in zip(kept, passing(kept, sandbox, progress), strict=True):
        if not holds:
            found.append((task.id, "gate kept_seed: its reference fails its own tests"))
        if task.id in ancestors and ancestors[task.id].digest != task.digest:
            found.append((task.id, "gate kept_seed: it is not the ancestor of that id"))
    return found


def foreign_seeds(suite: Suite, roots: Suite) -> list[tuple[str, str]]:
    """(task id, what is wrong) for kept seeds that are not, digest for digest, tasks of the suite that is trusted."""
    trusted = {task.id: task.digest for task in roots_of(roots)}
    return [
        (task.id, f"this kept seed is not the task of that id in {roots.ref}")
        for task in kept_in(suite)
        if trusted.get(task.id) != task.digest
    ]


def _names(suite: Suite) -> set[str]:
    facts = suite.evolution.get(_FIELD)
    names = facts.get("tasks") if isinstance(facts, dict) else None
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _rank(task: CodeTask, seed: int) -> str:
    return hashlib.sha256(f"evalrun kept seed 1\n{seed}/{task.digest}".encode()).hexdigest()

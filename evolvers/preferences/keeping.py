"""Kept seeds of a preference suite: a set share of its roots that every generation holds untouched.

Which are kept follows from the seed alone, as for code tasks (``evolvers.keeping``): by the order of
``SHA-256("evalrun kept seed 1\\n" || seed || "/" || task digest)``, of those whose label holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from math import ceil

from ...benchmarks.preference import PreferenceSuite, PreferenceTask
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from .proofs import reverify_all

_FIELD = "kept_seeds"


def with_kept_seeds(
    evolved: PreferenceSuite, source: PreferenceSuite, share: float, seed: int, sandbox: Sandbox, progress: Progress
) -> PreferenceSuite:
    """The evolved suite with this share (0 to 1) of the source's roots, rounded up, after its own tasks."""
    if share == 0:
        return evolved
    kept = _chosen(source, share, seed, sandbox, progress)
    facts = {"share": share, "seed": seed, "tasks": [task.id for task in kept]}
    return replace(evolved, tasks=(*evolved.tasks, *kept), evolution={**evolved.evolution, _FIELD: facts})


def _chosen(
    source: PreferenceSuite, share: float, seed: int, sandbox: Sandbox, progress: Progress
) -> list[PreferenceTask]:
    roots = roots_of(source)
    wanted = ceil(share * len(roots))
    waiting = sorted(roots, key=lambda task: _rank(task, seed))
    kept = set[str]()
    while waiting and len(kept) < wanted:
        batch, waiting = waiting[: wanted - len(kept)], waiting[wanted - len(kept) :]
        labels = reverify_all(batch, sandbox, progress)
        kept |= {task.id for task, label in zip(batch, labels, strict=True) if label.holds}
    return [task for task in roots if task.id in kept]


def roots_of(source: PreferenceSuite) -> list[PreferenceTask]:
    """A suite's roots: its own tasks that were not evolved, and those that its evolved tasks descend from."""
    found = {task.id: task for task in (*source.ancestors, *source.tasks) if task.lineage is None}
    return list(found.values())


def kept_in(suite: PreferenceSuite) -> tuple[PreferenceTask, ...]:
    """The tasks of a suite that its manifest calls kept seeds."""
    names = _names(suite)
    return tuple(task for task in suite.tasks if task.lineage is None and task.id in names)


def broken_seeds(suite: PreferenceSuite, sandbox: Sandbox, progress: Progress) -> list[tuple[str, str]]:
    """(task id, what is wrong) for tasks that were neither evolved nor kept, and for kept seeds that do not hold."""
    kept = kept_in(suite)
    known = {task.id for task in kept}
    found = [
        (task.id, "gate kept_seed: it was not evolved from any ancestor and is no kept seed")
        for task in suite.tasks
        if task.lineage is None and task.id not in known
    ]
    missing = sorted(_names(suite) - known)
    found += [
        (name, "gate kept_seed: the manifest names it, and no untouched task of that id is here") for name in missing
    ]
    ancestors = {task.id: task for task in suite.ancestors}
    for task, label in zip(kept, reverify_all(kept, sandbox, progress), strict=True):
        if not label.holds:
            found.append((task.id, f"gate kept_seed: gate {label.gate} does not hold"))
        if task.id in ancestors and ancestors[task.id].to_json() != task.to_json():
            found.append((task.id, "gate kept_seed: it is not the ancestor of that id"))
    return found


def foreign_seeds(suite: PreferenceSuite, roots: PreferenceSuite) -> list[tuple[str, str]]:
    """(task id, what is wrong) for kept seeds that are not, digest for digest, tasks of the suite that is trusted."""
    trusted = {task.id: task.digest for task in roots_of(roots)}
    return [
        (task.id, f"this kept seed is not the task of that id in {roots.ref}")
        for task in kept_in(suite)
        if trusted.get(task.id) != task.digest
    ]


def _names(suite: PreferenceSuite) -> set[str]:
    facts = suite.evolution.get(_FIELD)
    names = facts.get("tasks") if isinstance(facts, dict) else None
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _rank(task: PreferenceTask, seed: int) -> str:
    return hashlib.sha256(f"evalrun kept seed 1\n{seed}/{task.digest}".encode()).hexdigest()

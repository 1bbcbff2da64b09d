"""The suites behind a site's runs: what runs and, where it was given, the suite itself tell of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...benchmarks import Suite
from ..records.table import RunTable
from .content import Content


@dataclass(frozen=True)
class SuiteFacts:
    """One suite, identified by its digest.

    digests: digest by task id, of every task that some run or the suite itself holds. partial: the runs are of a part
    of the suite, and the rest is not known. parents: refs of the suites that its tasks were evolved from.
    """

    ref: str
    name: str
    digest: str
    digests: Mapping[str, str]
    roots: int
    operators: tuple[str, ...]
    parents: tuple[str, ...]
    runs: tuple[RunTable, ...]
    suite: Suite | None
    partial: bool

    @property
    def tasks(self) -> int:
        """How many tasks are known."""
        return len(self.digests)

    @property
    def evolved(self) -> bool:
        """Whether its tasks descend from others that are known."""
        return bool(self.operators or self.parents)

    @property
    def certified(self) -> int | None:
        """How many of its tasks come with a certificate (its ancestors have some too); None where it was not given."""
        return None if self.suite is None else sum(task in self.suite.certificates for task in self.digests)

    @property
    def since(self) -> str:
        """The time of its first run, as recorded."""
        return min(run.created for run in self.runs)


@dataclass(frozen=True, slots=True)
class Change:
    """Two suites of one name, the older first (by the time of their first run), task by task."""

    old: SuiteFacts
    new: SuiteFacts
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    kept: int


def suite_facts(content: Content) -> list[SuiteFacts]:
    """Every suite that a run names, original ones first, then by ref."""
    groups: dict[str, list[RunTable]] = {}
    for run in content.runs:
        groups.setdefault(str(run.section("suite").get("digest")), []).append(run)
    facts = [_facts(digest, runs, content) for digest, runs in groups.items()]
    return sorted(facts, key=lambda one: (one.evolved, one.ref, one.digest))


def _facts(digest: str, runs: Sequence[RunTable], content: Content) -> SuiteFacts:
    suite = content.suites.get(digest)
    if suite is not None:
        digests = {task.id: task.digest for task in suite}
        roots = {task.root for task in suite}
        operators = {task.lineage.operator for task in suite if task.lineage}
    else:
        digests = {str(task): str(own) for run in runs for task, own in run.tasks["digest"].items()}
        roots = {root for run in runs for root in run.root.values()}
        operators = {str(name) for run in runs for name in run.tasks["operator"] if name is not None}
    whole = runs[0].section("suite").get("suite_tasks")
    parents = {one.original_suite for one in content.evolutions if one.evolved_key in {run.board_key for run in runs}}
    return SuiteFacts(
        ref=runs[0].suite,
        name=runs[0].suite_name,
        digest=digest,
        digests=digests,
        roots=len(roots),
        operators=tuple(sorted(operators)),
        parents=tuple(sorted(parents)),
        runs=tuple(runs),
        suite=suite,
        partial=suite is None and type(whole) is int and whole > len(digests),
    )


def changes(facts: Sequence[SuiteFacts]) -> list[Change]:
    """What changed between successive suites of one name."""
    by_name: dict[str, list[SuiteFacts]] = {}
    for one in facts:
        by_name.setdefault(one.name, []).append(one)
    ordered = (sorted(group, key=lambda one: (one.since, one.ref, one.digest)) for group in by_name.values())
    return [_change(old, new) for group in ordered for old, new in pairwise(group)]


def _change(old: SuiteFacts, new: SuiteFacts) -> Change:
    both = [task for task in new.digests if task in old.digests]
    changed = tuple(task for task in both if old.digests[task] != new.digests[task])
    return Change(
        old=old,
        new=new,
        added=tuple(task for task in new.digests if task not in old.digests),
        removed=tuple(task for task in old.digests if task not in new.digests),
        changed=changed,
        kept=len(both) - len(changed),
    )

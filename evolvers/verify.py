"""Verifying an evolved suite: every task is made again from its ancestors, every proof is run again.

Nothing that the suite says of itself is believed: a task must come out of operator, seed and ancestors with the same
digest, and the proofs must give what the certificate says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..benchmarks import BadInput, CodeTask, Lineage, Suite
from ..harness.sandbox.api import Sandbox
from .authored.lineages import is_authored
from .authored.verify import operator_problem, verify_authored
from .certificate import certificate_of, differences
from .designed.operators import operator_of
from .gates import Evaluated, evaluate
from .keeping import broken_seeds, foreign_seeds
from .observe import Progress, observe, read_off
from .pipeline import mates_of, proposals, reads_off, silent
from .protocol import Candidate, NotApplicable, Observation, Operator, Pool


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one task's certificate does not hold."""

    task: str
    problem: str


def verify(
    suite: Suite, sandbox: Sandbox, progress: Progress = silent, *, replies: Path | None = None
) -> list[Failure]:
    """Every failure, in the order of the suite; none means that all certificates hold.

    replies: the store of a panel's replies, where those are to be checked as well. BadInput when the suite holds no
    evolved task, or there is no such store; InfraError when the sandbox fails.
    """
    evolved = [task for task in (*suite.ancestors, *suite.tasks) if task.lineage is not None]
    if not evolved:
        raise BadInput(f"suite {suite.ref}: no task in it was evolved, so there is nothing to verify")
    check = _Check(suite, sandbox, progress)
    check.failures += [Failure(*each) for each in broken_seeds(suite, sandbox, progress)]
    for name in suite.certificates.keys() - {task.id for task in evolved}:
        check.failures.append(Failure(name, "a certificate of no evolved task in the suite"))
    ready = [task for task in evolved if check.lineage_holds(task)]
    ready = check.authored(ready, replies)
    for operator, tasks in _by_operator(ready, check).items():
        check.replay(check.operators[operator], tasks)
    order = {task.id: place for place, task in enumerate((*suite.tasks, *suite.ancestors))}
    return sorted(check.failures, key=lambda failure: order.get(failure.task, -1))


def foreign_roots(suite: Suite, roots: Suite) -> list[Failure]:
    """The suite's root tasks that are not, digest for digest, tasks of the suite it claims to descend from."""
    trusted = {task.id: task.digest for task in roots}
    found = [
        Failure(task.id, f"this root is not the task of that id in {roots.ref}")
        for task in suite.ancestors
        if task.lineage is None and trusted.get(task.id) != task.digest
    ]
    return found + [Failure(*each) for each in foreign_seeds(suite, roots)]


def _by_operator(tasks: Sequence[CodeTask], check: _Check) -> dict[str, list[CodeTask]]:
    groups: dict[str, list[CodeTask]] = {}
    for task in tasks:
        if task.lineage is not None and task.lineage.operator in check.operators:
            groups.setdefault(task.lineage.operator, []).append(task)
    return groups


class _Check:
    """The state of one verification."""

    def __init__(self, suite: Suite, sandbox: Sandbox, progress: Progress) -> None:
        self._suite, self._sandbox, self._progress = suite, sandbox, progress
        self._known: Mapping[str, CodeTask] = {task.id: task for task in suite.ancestors}
        self._observed: dict[str, Observation] = {}
        self.operators: dict[str, Operator] = {}
        self.failures: list[Failure] = []

    def fail(self, task: CodeTask, problem: str) -> None:
        """Note a failure."""
        self.failures.append(Failure(task.id, problem))

    def lineage_holds(self, task: CodeTask) -> bool:
        """Whether the parents are there, unchanged, and the operator is the one that made the task."""
        lineage = task.lineage
        if lineage is None or len(lineage.parents) != len(lineage.parent_digests) or not lineage.parents:
            self.fail(task, "the lineage names no parents")
            return False
        parents = [self._known.get(parent) for parent in lineage.parents]
        for name, parent, digest in zip(lineage.parents, parents, lineage.parent_digests, strict=True):
            if parent is None or parent.digest != digest:
                state = "is not among the ancestors" if parent is None else "is not the one in the lineage"
                self.fail(task, f"the parent {name} {state}")
                return False
        first = parents[0]
        if first is not None and (first.root != lineage.root or lineage.depth != 1 + _depth(parents)):
            self.fail(task, "root or depth of the lineage do not follow from its parents")
            return False
        return self._operator_stands(task, lineage)

    def _operator_stands(self, task: CodeTask, lineage: Lineage) -> bool:
        if is_authored(task):
            problem = operator_problem(task)
            if problem is not None:
                self.fail(task, problem)
            return problem is None
        name, version = lineage.operator, lineage.operator_version
        if name not in self.operators:
            try:
                self.operators[name] = operator_of(lineage)
            except BadInput as error:
                self.fail(task, str(error))
                return False
        if self.operators[name].version != version:
            here = self.operators[name].version
            self.fail(task, f"made by version {version[:20]} of {name}; version {here} is installed")
            return False
        return True

    def _pool(self, operator: Operator, tasks: Sequence[CodeTask]) -> Pool:
        """What the operator saw of these tasks' parents; each parent is observed once."""
        parents = {self._known[p].digest: self._known[p] for t in tasks if t.lineage for p in t.lineage.parents}
        light = {digest: read_off(task) for digest, task in parents.items() if reads_off(operator, task)}
        mates = mates_of(operator, self._known)
        wanted = {**parents, **{mate.digest: mate for mate in mates}}
        new = [task for digest, task in wanted.items() if digest not in light and digest not in self._observed]
        self._observed.update(observe(new, self._sandbox, self._progress))
        return Pool(mates, {**self._observed, **light})

    def authored(self, tasks: Sequence[CodeTask], replies: Path | None) -> list[CodeTask]:
        """Check those that a model wrote; the others, without those that descend from one that does not hold.

        They come first: until its certificate holds, a model's program must not share a process with others'.
        """
        failed = {failure.task for failure in self.failures}
        mine = [task for task in tasks if is_authored(task)]
        found = verify_authored(self._suite, mine, self._sandbox, self._progress, replies, failed) if mine else []
        self.failures += [Failure(*each) for each in found]
        broken = {task.id for task in self._suite.ancestors if is_authored(task)} & {
            each.task for each in self.failures
        }
        rest = []
        for task in tasks:
            if not is_authored(task):
                if self._ancestry(task) & broken:
                    self.fail(task, "a task that it descends from does not hold")
                else:
                    rest.append(task)
        return rest

    def _ancestry(self, task: CodeTask) -> set[str]:
        found: set[str] = set()
        queue = list(task.lineage.parents) if task.lineage else []
        while queue:
            name = queue.pop()
            above = self._known.get(name)
            if name not in found:
                found.add(name)
                queue += above.lineage.parents if above is not None and above.lineage else ()
        return found

    def replay(self, operator: Operator, tasks: Sequence[CodeTask]) -> None:
        """Make the tasks again, run their proofs again, compare."""
        pool = self._pool(operator, tasks)
        made: list[tuple[CodeTask, Candidate]] = []
        for task in tasks:
            candidate = self._candidate(operator, task, pool)
            if candidate is not None:
                made.append((task, candidate))
        # Those of one parent are run together.
        made.sort(key=lambda pair: pair[1].parents[0].digest)
        results = evaluate(operator, [c for _, c in made], pool, self._sandbox, self._progress)
        for (task, _), result in zip(made, results, strict=True):
            self._compare(operator, task, result)

    def _candidate(self, operator: Operator, task: CodeTask, pool: Pool) -> Candidate | None:
        lineage = task.lineage
        if lineage is None:
            return None
        slot, choice = lineage.parameters.get("slot"), lineage.parameters.get("choice")
        if type(slot) is not int or type(choice) is not int or choice < 0:
            self.fail(task, "the lineage does not say which proposal the task was")
            return None
        try:
            found = proposals(operator, self._known[lineage.parents[0]], lineage.seed, slot, pool)
        except NotApplicable as error:
            self.fail(task, f"the operator proposes nothing: {error}")
            return None
        if choice >= len(found) or found[choice].parameters != dict(lineage.parameters):
            self.fail(task, "the parameters are not what operator and seed give")
            return None
        return found[choice]

    def _compare(self, operator: Operator, task: CodeTask, result: Evaluated) -> None:
        if result.task.digest != task.digest:
            self.fail(task, f"made again, the task is another one: {', '.join(_changed(task, result.task))} differ")
            return
        if result.task.tags != task.tags:  # they are no part of the digest
            self.fail(task, "made again, the task has other tags")
        for gate in result.gates:
            if not gate.holds:
                self.fail(task, f"gate {gate.gate} does not hold")
        found = certificate_of(operator, replace(result, task=task), self._sandbox.info)
        for problem in differences(self._suite.certificates.get(task.id), found):
            self.fail(task, problem)


def _depth(parents: Sequence[CodeTask | None]) -> int:
    return max(parent.lineage.depth if parent and parent.lineage else 0 for parent in parents)


def _changed(stored: CodeTask, made: CodeTask) -> list[str]:
    names: list[Any] = ["prompt", "form", "entry_point", "reference", "tests", "time_limit_s"]
    return [name for name in names if getattr(stored, name) != getattr(made, name)]

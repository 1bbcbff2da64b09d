"""Verifying preference suites: every task is made again from its ancestors, every proof of a label is run again.

Nothing that the suite says of itself is believed: a task must come out of operator, seed and ancestors as it is stored,
field for field, and the proofs must give what the certificate says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.preference import PreferenceSuite, PreferenceTask
from ...harness.sandbox.api import Sandbox
from ..authored.preferences.registry import model_preference_operator
from ..authored.preferences.verify import is_authored, verify_authored_preferences
from ..keeping import broken_seeds, foreign_seeds
from ..observe import Progress
from ..pipeline import silent
from ..verify import Failure
from .certificate import certificate_of, differences
from .engine import admitted, proposals
from .judging import Judged, judge
from .labels import Labels, labels_hold
from .proofs import reverify_all
from .protocol import Gate, NotApplicable, PreferenceCandidate, PreferenceOperator
from .registry import operator_named


def verify(
    suite: PreferenceSuite, sandbox: Sandbox, progress: Progress = silent, replies: Path | None = None
) -> list[Failure]:
    """Every failure, in the order of the suite; none means that all certificates and labels hold.

    Of a suite that was not evolved, the labels alone are verified. replies: the store of what models replied, for tasks
    that they wrote. InfraError when the sandbox fails.
    """
    if not is_evolved(suite):
        labels = reverify_all(suite.tasks, sandbox, progress)
        found = [Failure(task.id, text) for task, gate in zip(suite, labels, strict=True) for text in _broken([gate])]
        return found + [Failure(name, "a certificate of no evolved task in the suite") for name in suite.certificates]
    check = _Check(suite, sandbox, progress)
    check.suite_holds()
    check.roots_hold()
    evolved = [task for task in (*suite.ancestors, *suite.tasks) if task.lineage is not None]
    for operator, tasks in check.by_operator(evolved):
        check.replay(operator, tasks)
    check.authored(evolved, replies)
    order = {task.id: place for place, task in enumerate((*suite.tasks, *suite.ancestors))}
    return sorted(check.failures, key=lambda failure: order.get(failure.task, -1))


def is_evolved(suite: PreferenceSuite) -> bool:
    """Whether the suite holds evolved tasks, or claims anything that only such a suite does."""
    return bool(suite.ancestors or suite.evolution) or any(task.lineage is not None for task in suite)


def foreign_roots(suite: PreferenceSuite, roots: PreferenceSuite) -> list[Failure]:
    """The suite's root tasks that are not, digest for digest, tasks of the suite it claims to descend from."""
    trusted = {task.id: task.digest for task in roots}
    found = [
        Failure(task.id, f"this root is not the task of that id in {roots.ref}")
        for task in suite.ancestors
        if task.lineage is None and trusted.get(task.id) != task.digest
    ]
    return found + [Failure(*each) for each in foreign_seeds(suite, roots)]


class _Check:
    """The state of one verification."""

    def __init__(self, suite: PreferenceSuite, sandbox: Sandbox, progress: Progress) -> None:
        self._suite, self._sandbox, self._progress = suite, sandbox, progress
        self._known: Mapping[str, PreferenceTask] = {task.id: task for task in suite.ancestors}
        self._prover = Labels(sandbox, progress)
        labels = self._prover.verified(suite.ancestors)
        self._labels = {task.id: gate for task, gate in zip(suite.ancestors, labels, strict=True)}
        self._operators: dict[str, PreferenceOperator] = {}
        self.failures: list[Failure] = []

    def fail(self, task: PreferenceTask, problem: str) -> None:
        """Note a failure."""
        self.failures.append(Failure(task.id, problem))

    def suite_holds(self) -> None:
        """What concerns more than one task: certificates of none, tasks that are there twice, the recorded seed."""
        evolved = [task for task in (*self._suite.ancestors, *self._suite.tasks) if task.lineage is not None]
        for name in sorted(self._suite.certificates.keys() - {task.id for task in evolved}):
            self.failures.append(Failure(name, "a certificate of no evolved task in the suite"))
        if len(self._known) < len(self._suite.ancestors):
            self.failures.append(Failure(self._suite.name, "an ancestor is there twice"))
        seen: dict[str, str] = {}
        for task in self._suite.tasks:
            other = seen.setdefault(task.digest, task.id)
            if other != task.id:
                self.fail(task, f"gate novelty: it is the same as {other}")
            if task.lineage is not None and task.lineage.seed != self._suite.evolution.get("seed"):
                self.fail(task, "gate seed: the seed in its lineage is not the suite's")
        wanted = set(_above(self._suite.tasks, self._known))
        for name in sorted(self._known.keys() - wanted):
            self.failures.append(Failure(name, "an ancestor of no task in the suite"))

    def roots_hold(self) -> None:
        """The labels of the roots, and the kept seeds."""
        for task in self._suite.ancestors:
            if task.lineage is None:
                for problem in _broken([self._labels[task.id]]):
                    self.fail(task, problem)
        self.failures += [
            Failure(*each) for each in broken_seeds(self._suite, self._sandbox, self._progress, labels_hold)
        ]

    def by_operator(self, tasks: Sequence[PreferenceTask]) -> list[tuple[PreferenceOperator, list[PreferenceTask]]]:
        """The tasks whose lineage holds, by the operator that made them."""
        groups: dict[str, list[PreferenceTask]] = {}
        for task in tasks:
            if task.lineage is not None and not is_authored(task.lineage.operator) and self._lineage_holds(task):
                groups.setdefault(task.lineage.operator, []).append(task)
        return [(self._operators[name], found) for name, found in groups.items()]

    def authored(self, tasks: Sequence[PreferenceTask], replies: Path | None) -> None:
        """Check the tasks that a model wrote."""
        own = [task for task in tasks if task.lineage is not None and is_authored(task.lineage.operator)]
        sound = [task for task in own if self._lineage_holds(task)]
        if sound:
            found = verify_authored_preferences(self._suite, sound, self._sandbox, self._prover, replies)
            self.failures += [Failure(task.id, problem) for task, problem in found]

    def _lineage_holds(self, task: PreferenceTask) -> bool:
        """Whether the parents are there, unchanged, and the operator is the one that made the task."""
        lineage = task.lineage
        if lineage is None or len(lineage.parents) != len(lineage.parent_digests) or not lineage.parents:
            self.fail(task, "gate lineage: it names no parents")
            return False
        parents = []
        for name, digest in zip(lineage.parents, lineage.parent_digests, strict=True):
            parent = self._known.get(name)
            if parent is None or parent.digest != digest:
                state = "is not among the ancestors" if parent is None else "is not the one in the lineage"
                self.fail(task, f"gate lineage: the parent {name} {state}")
                return False
            parents.append(parent)
        depth = 1 + max(parent.lineage.depth if parent.lineage else 0 for parent in parents)
        if parents[0].root != lineage.root or lineage.depth != depth:
            self.fail(task, "gate lineage: root or depth do not follow from its parents")
            return False
        return self._operator_stands(task, lineage.operator, lineage.operator_version)

    def _operator_stands(self, task: PreferenceTask, name: str, version: str) -> bool:
        try:
            if is_authored(name):
                here = model_preference_operator(name).version
            else:
                if name not in self._operators:
                    self._operators[name] = operator_named(name)
                here = self._operators[name].version
        except BadInput as error:
            self.fail(task, f"gate lineage: {error}")
            return False
        if here != version:
            self.fail(task, f"gate lineage: made by version {version[:20]} of {name}; version {here} is installed")
        return here == version

    def replay(self, operator: PreferenceOperator, tasks: Sequence[PreferenceTask]) -> None:
        """Make the tasks again, run their proofs again, compare."""
        made = [(task, found) for task in tasks if (found := self._candidate(operator, task)) is not None]
        results = judge(operator, [candidate for _, candidate in made], self._prover)
        for (task, _), result in zip(made, results, strict=True):
            self._compare(operator, task, result)

    def _candidate(self, operator: PreferenceOperator, task: PreferenceTask) -> PreferenceCandidate | None:
        lineage = task.lineage
        if lineage is None:
            return None
        slot, choice = lineage.parameters.get("slot"), lineage.parameters.get("choice")
        if type(slot) is not int or type(choice) is not int or choice < 0:
            self.fail(task, "gate replay: the lineage does not say which proposal the task was")
            return None
        parent = self._known[lineage.parents[0]]
        try:
            found = proposals(operator, parent, lineage.seed, slot, self._labels[parent.id])
        except NotApplicable as error:
            self.fail(task, f"gate replay: the operator proposes nothing: {error}")
            return None
        if choice >= len(found) or found[choice].parameters != dict(lineage.parameters):
            self.fail(task, "gate replay: the parameters are not what operator and seed give")
            return None
        return found[choice]

    def _compare(self, operator: PreferenceOperator, task: PreferenceTask, result: Judged) -> None:
        seed = task.lineage.seed if task.lineage else 0
        made = admitted(operator, result.candidate, task.id, self._suite.name, seed, self._known)
        changed = _changed(task.to_json(), made.to_json())
        if changed:
            self.fail(task, f"gate replay: made again, the task is another one: {', '.join(changed)} differ")
        slot = result.candidate.parameters["slot"]
        if not task.id.endswith(f"-{operator.name}-{slot}"):
            self.fail(task, "gate replay: its id is not that of its proposal")
        for problem in _broken(result.gates):
            self.fail(task, problem)
        found = certificate_of(operator, made, result.candidate.parents, result.gates, self._sandbox.info)
        for problem in differences(self._suite.certificates.get(task.id), found):
            self.fail(task, f"gate certificate: {problem}")


def _broken(gates: Sequence[Gate]) -> Iterator[str]:
    for gate in gates:
        if not gate.holds:
            why = gate.evidence.get("problem")
            yield f"gate {gate.gate} does not hold" + (f": {str(why)[:300]}" if why else "")


def _above(tasks: Sequence[PreferenceTask], known: Mapping[str, PreferenceTask]) -> Iterator[str]:
    """The ids of all tasks above these."""
    queue = [parent for task in tasks if task.lineage for parent in task.lineage.parents]
    seen: set[str] = set()
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            yield name
            lineage = known[name].lineage if name in known else None
            queue += lineage.parents if lineage else ()


def _changed(stored: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    return [name for name in dict.fromkeys([*made, *stored]) if stored.get(name) != made.get(name)]

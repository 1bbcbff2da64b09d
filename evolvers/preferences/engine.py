"""Evolving a suite of preference tasks: operators propose, proofs decide, survivors become a new suite.

Everything is decided by (suite, operators, seed, count) alone: proposals come from a seed tree, candidates are judged
in batches whose results come in order, so the number of workers changes nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import BadInput, InfraError, Lineage
from ...benchmarks.jsonio import canonical_json, text_digest
from ...benchmarks.preference import PreferenceSuite, PreferenceTask
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from ..pipeline import MAX_DEPTH, Tally, silent
from .certificate import certificate_of
from .judging import Judged, judge, one_line
from .labels import Labels
from .protocol import Gate, Kind, NotApplicable, PreferenceCandidate, PreferenceOperator, seeded
from .registry import Chain, label_of, operator_named
from .twins import twin_facts

_LONGEST_LABEL = 60
Known = Mapping[str, PreferenceTask]


@dataclass(frozen=True, slots=True)
class Evolution:
    """The new suite and how it came about."""

    suite: PreferenceSuite
    tallies: tuple[Tally, ...]


def default_name(suite: PreferenceSuite, chains: Sequence[Chain], seed: int) -> str:
    """The name when none is given; it holds the operators and the seed, so that task ids stay unique across suites."""
    labels = ".".join(label_of(chain) for chain in chains)
    if len(labels) > _LONGEST_LABEL:  # many operators: how many, and a digest that tells their sets apart
        labels = f"{len(chains)}-operators-{text_digest(labels)[:6]}"
    return f"{suite.name}-{labels}-s{seed}"


def evolve(
    suite: PreferenceSuite,
    chains: Sequence[Chain],
    seed: int,
    sandbox: Sandbox,
    *,
    count: int = 1,
    depth: int = MAX_DEPTH,
    name: str | None = None,
    progress: Progress = silent,
) -> Evolution:
    """Up to ``count`` new tasks for each task and chain of operators.

    depth: how many altering operators may lie between a task and its root. InfraError when the sandbox fails (never a
    rejection); BadInput when no task at all survives.
    """
    chosen = default_name(suite, chains, seed) if name is None else name
    run = _Run(suite, seed, sandbox, count, depth, chosen, progress)
    tasks = [task for chain in chains for task in run.chain(chain)]
    if not tasks:
        reasons = Counter[str]()
        for tally in run.tallies:
            reasons += tally.refused + tally.rejected
        shown = "; ".join(f"{reason} ({number})" for reason, number in reasons.most_common(3))
        raise BadInput(f"suite {suite.ref}: no task could be evolved: {shown}")
    ancestors = run.ancestors_of(tasks)
    new = PreferenceSuite(
        name=chosen,
        version=suite.version,
        tasks=tuple(tasks),
        description=f"{', '.join(map(label_of, chains))} applied to {suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates=run.certificates_of([*tasks, *ancestors]),
        evolution={"seed": seed},
    )
    return Evolution(new, tuple(run.tallies))


def proposals(
    operator: PreferenceOperator, parent: PreferenceTask, seed: int, slot: int, label: Gate
) -> list[PreferenceCandidate]:
    """An operator's candidates for one slot, each with its place (slot, choice) among its parameters.

    label: of the parent; nothing is built on one that does not hold.
    """
    if not label.holds:
        raise NotApplicable("the task's own label does not hold")
    try:
        found = operator.propose(parent, seeded(seed, operator, parent, slot))
        if not found:
            raise NotApplicable("the operator proposed nothing")
        return [_placed(candidate, parent, slot, choice) for choice, candidate in enumerate(found)]
    except BadInput as error:  # it tried to make a task that cannot be one
        raise NotApplicable(str(error)) from error
    except (NotApplicable, InfraError):
        raise
    except Exception as error:  # operators can be anybody's: one that breaks must not take the others along
        raise NotApplicable(f"the operator failed: {one_line(error)}") from error


def _placed(candidate: PreferenceCandidate, parent: PreferenceTask, slot: int, choice: int) -> PreferenceCandidate:
    """A candidate with its place among its parameters; TypeError or ValueError where it is none, or another's."""
    if not isinstance(candidate, PreferenceCandidate) or not isinstance(candidate.task, PreferenceTask):
        raise TypeError("a candidate is a PreferenceCandidate with a PreferenceTask")
    if not candidate.parents or candidate.parents[0] != parent:
        raise ValueError("a candidate's first parent is the task that the operator was given")
    return replace(candidate, parameters={**_plain(candidate.parameters), "slot": slot, "choice": choice})


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as they come back from a file, so that a replay can be compared with what was stored."""
    plain: dict[str, Any] = json.loads(canonical_json(dict(parameters)))
    return plain


def admitted(
    operator: PreferenceOperator, candidate: PreferenceCandidate, task_id: str, suite_name: str, seed: int, known: Known
) -> PreferenceTask:
    """A candidate as a task of a suite: with its id, family, lineage, and what makes it a twin."""
    parents = candidate.parents
    task = replace(
        candidate.task,
        id=task_id,
        family=parents[0].unit,
        lineage=Lineage(
            root=parents[0].root,
            parents=tuple(parent.id for parent in parents),
            parent_digests=tuple(parent.digest for parent in parents),
            operator=operator.name,
            operator_version=operator.version,
            parameters=candidate.parameters,
            seed=seed,
            depth=1 + max(parent.lineage.depth if parent.lineage else 0 for parent in parents),
        ),
    )
    return replace(task, metadata=twin_facts(operator, task, parents[0], suite_name, known) if candidate.twin else {})


class _Run:
    """The state of one evolution: what was proven, certified and counted so far."""

    def __init__(
        self, suite: PreferenceSuite, seed: int, sandbox: Sandbox, count: int, depth: int, name: str, progress: Progress
    ) -> None:
        self._suite, self._seed, self._sandbox = suite, seed, sandbox
        self._count, self._depth, self._name, self._progress = count, depth, name, progress
        self._known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
        self._locals = local_names(suite)
        self._certificates: dict[str, Mapping[str, Any]] = dict(suite.certificates)
        self._digests = {task.digest for task in self._known.values()}
        self._made: dict[str, list[PreferenceTask]] = {}
        self._kinds: dict[str, Kind] = {}
        self._depths: dict[str, int] = {}
        self._prover = Labels(sandbox, progress)
        self._labels = dict(zip((task.id for task in suite), self._prover.verified(suite), strict=True))
        self.tallies: list[Tally] = []

    def chain(self, chain: Chain) -> list[PreferenceTask]:
        """The tasks that come out of a stack of operators."""
        tasks: Sequence[PreferenceTask] = self._suite.tasks
        for place, operator in enumerate(chain):
            label = label_of(chain[: place + 1])
            if label not in self._made:  # chains that begin alike share what they begin with
                tally = Tally(label)
                self.tallies.append(tally)
                self._made[label] = self._stage(operator, tasks, tally, self._count if place == 0 else 1)
            tasks = self._made[label]
        return list(tasks)

    def _stage(
        self, operator: PreferenceOperator, parents: Sequence[PreferenceTask], tally: Tally, count: int
    ) -> list[PreferenceTask]:
        self._kinds[operator.name] = operator.kind
        waiting = self._proposed(operator, parents, tally, count)
        accepted: dict[tuple[str, int], Judged] = {}
        # Round by round: each slot's best candidate that is left, until one is admitted or none is left.
        while waiting:
            places = list(waiting)
            results = judge(operator, [waiting[place].pop(0) for place in places], self._prover)
            for place, result in zip(places, results, strict=True):
                reason = result.rejected
                if reason is None and result.candidate.task.digest in self._digests:
                    reason = "the same task is there already"
                tally.proposed += 1
                if reason is None:
                    accepted[place] = result
                    self._digests.add(result.candidate.task.digest)
                    tally.accepted += 1
                else:
                    tally.rejected[reason] += 1
                if reason is None or not waiting[place]:
                    del waiting[place]
        order = [(parent.id, slot) for parent in parents for slot in range(count)]
        return [self._admit(operator, place, accepted[place]) for place in order if place in accepted]

    def _proposed(
        self, operator: PreferenceOperator, parents: Sequence[PreferenceTask], tally: Tally, count: int
    ) -> dict[tuple[str, int], list[PreferenceCandidate]]:
        waiting = {}
        for parent in parents:
            for slot in range(count):
                try:
                    if operator.kind == "altering" and self._altered(parent) >= self._depth:
                        raise NotApplicable(f"altered {self._depth} times already")
                    label = self._labels[parent.id]
                    waiting[parent.id, slot] = proposals(operator, parent, self._seed, slot, label)
                except NotApplicable as error:
                    tally.refused[str(error)] += 1
            self._progress("proposals", 1)
        return waiting

    def _altered(self, task: PreferenceTask) -> int:
        """How many altering operators lie between a task and its root, on the longest way.

        The lineages of a suite are what its author wrote: BadInput where one leads back to its own task.
        """
        waiting, under_way = [task], set[str]()
        while waiting:
            here = waiting[-1]
            parents = [
                self._known[name] for name in (here.lineage.parents if here.lineage else ()) if name in self._known
            ]
            missing = [parent for parent in parents if parent.id not in self._depths]
            if here.id in self._depths or not missing:
                waiting.pop()
                under_way.discard(here.id)
                above = max((self._depths[parent.id] for parent in parents if parent.id in self._depths), default=0)
                self._depths.setdefault(here.id, self._alters(here) + above)
                continue
            under_way.add(here.id)
            circle = next((parent.id for parent in missing if parent.id in under_way), None)
            if circle is not None:
                raise BadInput(f"suite {self._suite.ref}: the task {circle[:80]!r} is among its own ancestors")
            waiting += missing
        return self._depths[task.id]

    def _alters(self, task: PreferenceTask) -> bool:
        """Whether the operator that made a task is an altering one."""
        if task.lineage is None:
            return False
        name = task.lineage.operator
        if name not in self._kinds:
            self._kinds[name] = kind_in_lineages(name)
        return self._kinds[name] == "altering"

    def _admit(self, operator: PreferenceOperator, place: tuple[str, int], judged: Judged) -> PreferenceTask:
        parent = judged.candidate.parents[0]
        local = f"{self._locals[parent.id]}-{operator.name}-{place[1]}"
        task = admitted(operator, judged.candidate, f"{self._name}/{local}", self._name, self._seed, self._known)
        if task.id in self._known:
            raise BadInput(f"--name {self._name[:60]!r}: a task {task.id[:80]!r} is there already; choose another name")
        self._locals[task.id] = local
        self._known[task.id] = task
        self._labels[task.id] = judged.gates[-1] if judged.gates else Gate("label", True)
        found = certificate_of(operator, task, judged.candidate.parents, judged.gates, self._sandbox.info)
        self._certificates[task.id] = found
        return task

    def ancestors_of(self, tasks: Sequence[PreferenceTask]) -> tuple[PreferenceTask, ...]:
        """Every task that these descend from, in a stable order."""
        wanted: dict[str, PreferenceTask] = {}
        queue = [parent for task in tasks for parent in (task.lineage.parents if task.lineage else ())]
        while queue:
            found = self._known.get(queue.pop())
            if found is not None and found.id not in wanted:
                wanted[found.id] = found
                queue += found.lineage.parents if found.lineage else ()
        return tuple(wanted[key] for key in sorted(wanted))

    def certificates_of(self, tasks: Sequence[PreferenceTask]) -> dict[str, Mapping[str, Any]]:
        """The certificates of those of the tasks that were evolved."""
        return {task.id: self._certificates[task.id] for task in tasks if task.id in self._certificates}


def kind_in_lineages(name: str) -> Kind:
    """The kind of the operator that a lineage names, be it one through a model. BadInput where there is none."""
    from ..authored.preferences.registry import PREFIX, model_preference_operator

    return model_preference_operator(name).kind if name.startswith(PREFIX) else operator_named(name).kind


def local_names(suite: PreferenceSuite) -> dict[str, str]:
    """Task id to the part of it that new ids are made of; the whole id where the local parts are not unique."""
    parts = Counter(task.id.partition("/")[2] or task.id for task in suite)
    names = {}
    for task in suite:
        local = task.id.partition("/")[2] or task.id
        names[task.id] = (local if parts[local] == 1 else task.id).replace("/", ".")
    return names

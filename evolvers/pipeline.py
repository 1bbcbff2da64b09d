"""Evolving a suite: operators propose, the sandbox proves, survivors become a new suite with lineage and certificates.

Everything is decided by (suite, operators, seed, count) alone: proposals come from a seed tree, candidates are
judged in batches whose results come in order, so the number of workers changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..benchmarks import BadInput, CodeTask, Lineage, Suite
from ..harness.oracle import with_expected
from ..harness.sandbox.api import Sandbox
from .certificate import certificate_of
from .gates import Evaluated, evaluate
from .observe import Progress, observe
from .protocol import Candidate, Kind, NotApplicable, Observation, Operator, Pool, operator_named, seeded

MAX_DEPTH = 3
DEFAULT_OPERATORS = "rename,compose_post+rename"
_SHORT = {"compose_post": "post"}


@dataclass
class Tally:
    """What became of one operator's proposals. ``refused``: tasks for which it proposed nothing, by reason."""

    operator: str
    proposed: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Evolution:
    """The new suite and how it came about."""

    suite: Suite
    tallies: tuple[Tally, ...]


def silent(what: str, steps: int) -> None:
    """Progress that nobody watches."""


def parse_operators(text: str) -> list[list[Operator]]:
    """``rename,compose_post+rename``: chains between commas, their operators stacked by ``+``; BadInput if unknown."""
    chains = [[operator_named(name.strip()) for name in chain.split("+")] for chain in text.split(",") if chain.strip()]
    labels = [label_of(chain) for chain in chains]
    if not chains or len(set(labels)) < len(labels):
        raise BadInput(f"--operators {text[:80]!r}: give one or more different operators, like {DEFAULT_OPERATORS!r}")
    if any(len(chain) > MAX_DEPTH for chain in chains):
        raise BadInput(
            f"--operators {text[:80]!r}: more than {MAX_DEPTH} stacked operators make prompts that nobody can read"
        )
    return chains


def label_of(chain: Sequence[Operator]) -> str:
    """A chain's name, ``compose_post+rename``."""
    return "+".join(operator.name for operator in chain)


def default_name(suite: Suite, chains: Sequence[Sequence[Operator]], seed: int) -> str:
    """The name when none is given; it holds the operators and the seed, so that task ids stay unique across suites."""
    return f"{suite.name}-{'.'.join(label_of(chain) for chain in chains)}-s{seed}"


def evolve(
    suite: Suite,
    chains: Sequence[Sequence[Operator]],
    seed: int,
    sandbox: Sandbox,
    *,
    count: int = 1,
    name: str | None = None,
    progress: Progress = silent,
) -> Evolution:
    """Up to ``count`` new tasks for each task and chain of operators.

    InfraError when the sandbox fails (never a rejection); BadInput when no task at all survives.
    """
    suite = with_expected(suite, sandbox)
    run = _Run(suite, seed, sandbox, count, default_name(suite, chains, seed) if name is None else name, progress)
    run.observe(suite.tasks)
    tasks: list[CodeTask] = []
    for chain in chains:
        tasks += run.chain(chain)
    if not tasks:
        reasons = Counter[str]()
        for tally in run.tallies:
            reasons += tally.refused + tally.rejected
        shown = "; ".join(f"{reason} ({number})" for reason, number in reasons.most_common(3))
        raise BadInput(f"suite {suite.ref}: no task could be evolved: {shown}")
    ancestors = run.ancestors_of(tasks)
    new = Suite(
        name=run.name,
        version=suite.version,
        tasks=tuple(tasks),
        description=f"{', '.join(label_of(chain) for chain in chains)} applied to {suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates=run.certificates_of([*tasks, *ancestors]),
        requires=suite.requires,
    )
    return Evolution(new, tuple(run.tallies))


class _Run:
    """The state of one evolution: what was observed, certified and counted so far."""

    def __init__(self, suite: Suite, seed: int, sandbox: Sandbox, count: int, name: str, progress: Progress) -> None:
        self._suite, self._seed, self._sandbox = suite, seed, sandbox
        self._count, self.name, self._progress = count, name, progress
        self._observations: dict[str, Observation] = {}
        self._known: dict[str, CodeTask] = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
        self._locals = _local_names(suite)
        self._certificates: dict[str, Mapping[str, Any]] = dict(suite.certificates)
        self.tallies: list[Tally] = []

    def observe(self, tasks: Sequence[CodeTask]) -> None:
        """Learn what these tasks do, unless it is known."""
        new = {task.digest: task for task in tasks if task.digest not in self._observations}
        self._observations.update(observe(list(new.values()), self._sandbox, self._progress))

    def chain(self, chain: Sequence[Operator]) -> list[CodeTask]:
        """The tasks that come out of a stack of operators."""
        tasks: Sequence[CodeTask] = self._suite.tasks
        for depth, operator in enumerate(chain):
            self.observe(tasks)
            tally = Tally(operator.name if len(chain) == 1 else f"{label_of(chain[: depth + 1])}")
            self.tallies.append(tally)
            tasks = self._stage(operator, tasks, tally, self._count if depth == 0 else 1)
        return list(tasks)

    def _stage(self, operator: Operator, parents: Sequence[CodeTask], tally: Tally, count: int) -> list[CodeTask]:
        pool = Pool(tuple(parents), self._observations)
        accepted: dict[tuple[str, int], Evaluated] = {}
        waiting: dict[tuple[str, int], list[Candidate]] = {}
        for parent in parents:
            for slot in range(count):
                try:
                    waiting[parent.id, slot] = proposals(operator, parent, self._seed, slot, pool)
                except NotApplicable as error:
                    tally.refused[str(error)] += 1
        # Round by round: each slot's best candidate that is left, until one is admitted or none is left.
        while waiting:
            places = list(waiting)
            results = evaluate(operator, [waiting[p].pop(0) for p in places], pool, self._sandbox, self._progress)
            for place, result in zip(places, results, strict=True):
                reason = result.rejected or _twin(operator.kind, place, result, accepted)
                tally.proposed += 1
                if reason is None:
                    accepted[place] = result
                    tally.accepted += 1
                else:
                    tally.rejected[reason] += 1
                if reason is None or not waiting[place]:
                    del waiting[place]
        order = [(parent.id, slot) for parent in parents for slot in range(count)]
        return [self._admit(operator, place, accepted[place]) for place in order if place in accepted]

    def _admit(self, operator: Operator, place: tuple[str, int], proven: Evaluated) -> CodeTask:
        parent = proven.candidate.parents[0]
        local = f"{self._locals[parent.id]}-{_SHORT.get(operator.name, operator.name)}-{place[1]}"
        task = replace(
            proven.task,
            id=f"{self.name}/{local}",
            metadata={},
            lineage=Lineage(
                root=parent.root,
                parents=tuple(each.id for each in proven.candidate.parents),
                parent_digests=tuple(each.digest for each in proven.candidate.parents),
                operator=operator.name,
                operator_version=operator.version,
                parameters=proven.candidate.parameters,
                seed=self._seed,
                depth=1 + max(each.lineage.depth if each.lineage else 0 for each in proven.candidate.parents),
            ),
        )
        self._locals[task.id] = local
        self._known[task.id] = task
        self._certificates[task.id] = certificate_of(operator, proven, self._sandbox.info)
        return task

    def ancestors_of(self, tasks: Sequence[CodeTask]) -> tuple[CodeTask, ...]:
        """Every task that these descend from, in a stable order."""
        wanted: dict[str, CodeTask] = {}
        queue = [parent for task in tasks for parent in (task.lineage.parents if task.lineage else ())]
        while queue:
            found = self._known.get(queue.pop())
            if found is not None and found.id not in wanted:
                wanted[found.id] = found
                queue += found.lineage.parents if found.lineage else ()
        return tuple(wanted[key] for key in sorted(wanted))

    def certificates_of(self, tasks: Sequence[CodeTask]) -> dict[str, Mapping[str, Any]]:
        """The certificates of those of the tasks that were evolved."""
        return {task.id: self._certificates[task.id] for task in tasks if task.id in self._certificates}


def proposals(operator: Operator, parent: CodeTask, seed: int, slot: int, pool: Pool) -> list[Candidate]:
    """An operator's candidates for one slot, each with its place (slot, choice) among its parameters."""
    problem = pool.observed(parent).problem
    if problem is not None:
        raise NotApplicable(problem)
    found = operator.propose(parent, seeded(seed, operator, parent, slot), pool)
    if not found:
        raise NotApplicable("the operator proposed nothing")
    return [
        replace(candidate, parameters={**candidate.parameters, "slot": slot, "choice": choice})
        for choice, candidate in enumerate(found)
    ]


def _twin(
    kind: Kind, place: tuple[str, int], result: Evaluated, accepted: Mapping[tuple[str, int], Evaluated]
) -> str | None:
    """A sibling of the same parent with the same prompt, or (for an altering operator) the same outputs."""
    siblings = [other for (parent, _), other in accepted.items() if parent == place[0]]
    if any(other.task.digest == result.task.digest for other in siblings):
        return "duplicate of a sibling"
    if kind == "altering" and any(other.outputs_digest == result.outputs_digest for other in siblings):
        return "duplicate of a sibling"
    return None


def _local_names(suite: Suite) -> dict[str, str]:
    """Task id to the part of it that new ids are made of; the whole id where the local parts are not unique."""
    parts = Counter(task.id.partition("/")[2] or task.id for task in suite)
    names = {}
    for task in suite:
        local = task.id.partition("/")[2] or task.id
        names[task.id] = (local if parts[local] == 1 else task.id).replace("/", ".")
    return names

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
from ..benchmarks.jsonio import text_digest
from ..harness.oracle import with_expected
from ..harness.sandbox.api import Sandbox
from .ahead import Ahead, Place, prove_ahead
from .altering import MAX_STEPS
from .archive import Archive
from .certificate import certificate_of
from .chains import label_of
from .gates import Evaluated, evaluate
from .novelty import new_part
from .observe import Progress, observe, read_off
from .protocol import AlteringOperator, Candidate, Kind, NotApplicable, Observation, Operator, Pool, seeded
from .published import MAX_PUBLISHED, NOTHING, Published

MAX_DEPTH = 2
_SHORT = {"compose_post": "post"}
_LONGEST_LABEL = 60


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


class NothingEvolved(BadInput):
    """No task came of an evolution; ``tallies`` says what became of all proposals."""

    def __init__(self, message: str, tallies: Sequence[Tally]) -> None:
        super().__init__(message)
        self.tallies = tuple(tallies)


def nothing_of(suite: Suite, tallies: Sequence[Tally], more: str = "") -> NothingEvolved:
    """What to raise where no task of a suite could be evolved, with the most frequent reasons. more: another one."""
    reasons = sum((tally.refused + tally.rejected for tally in tallies), Counter[str]())
    shown = [f"{reason} ({number})" for reason, number in reasons.most_common(3)]
    said = "; ".join([*shown, *([more] if more else [])])
    return NothingEvolved(f"suite {suite.ref}: no task could be evolved: {said}", tallies)


def silent(what: str, steps: int) -> None:
    """Progress that nobody watches."""


def default_name(suite: Suite, chains: Sequence[Sequence[Operator]], seed: int) -> str:
    """The name when none is given; it holds the operators and the seed, so that task ids stay unique across suites."""
    labels = ".".join(label_of(chain) for chain in chains)
    if len(labels) > _LONGEST_LABEL:  # many operators: how many, and a digest that tells their sets apart
        labels = f"{len(chains)}-operators-{text_digest(labels)[:6]}"
    return f"{suite.name}-{labels}-s{seed}"


def evolve(
    suite: Suite,
    chains: Sequence[Sequence[Operator]],
    seed: int,
    sandbox: Sandbox,
    *,
    count: int = 1,
    depth: int = MAX_DEPTH,
    name: str | None = None,
    progress: Progress = silent,
    published: Published = NOTHING,
) -> Evolution:
    """Up to ``count`` new tasks for each task and chain of operators.

    depth: how many altering operators may lie between a task and its root; a task that has them all is not altered.
    published: texts of which no new part may hold much.
    InfraError when the sandbox fails (never a rejection); BadInput when no task at all survives.
    """
    suite = with_expected(suite, sandbox)
    chosen = default_name(suite, chains, seed) if name is None else name
    run = Evolving(suite, seed, sandbox, count, depth, chosen, progress, published)
    run.observe(suite.tasks)
    run.look_ahead([chain[0] for chain in chains])
    tasks: list[CodeTask] = []
    for chain in chains:
        tasks += run.chain(chain)
    if not tasks:
        raise nothing_of(suite, run.tallies)
    ancestors = run.ancestors_of(tasks)
    new = Suite(
        name=run.name,
        version=suite.version,
        tasks=tuple(tasks),
        description=f"{', '.join(map(label_of, chains))} applied to {suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates=run.certificates_of([*tasks, *ancestors]),
        requires=suite.requires,
    )
    return Evolution(new, tuple(run.tallies))


def tried(
    suite: Suite, operators: Sequence[Operator], seed: int, sandbox: Sandbox, progress: Progress = silent
) -> list[Tally]:
    """What becomes of each operator's proposals for the tasks of a suite, whatever the other operators make of them.

    Nothing is kept. InfraError when the sandbox fails.
    """
    suite = with_expected(suite, sandbox)
    observations = observe(suite.tasks, sandbox, progress)
    tallies = []
    for operator in operators:
        run = Evolving(suite, seed, sandbox, 1, MAX_DEPTH, "tried", progress)
        run.know(observations)
        run.chain([operator])
        tallies += run.tallies
    return tallies


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one wish: the task, or why there is none (``refused``: nothing was even proposed)."""

    task: CodeTask | None = None
    reason: str = ""
    refused: bool = False
    functional_hash: str | None = None


Wish = tuple[CodeTask, int]
"""A parent, and the slot: which of its children by one operator."""


class Evolving:
    """The state of one evolution: what was observed, certified and counted so far."""

    def __init__(
        self,
        suite: Suite,
        seed: int,
        sandbox: Sandbox,
        count: int,
        depth: int,
        name: str,
        progress: Progress,
        published: Published = NOTHING,
    ) -> None:
        self._suite, self._seed, self._sandbox, self._published = suite, seed, sandbox, published
        self._count, self._depth, self.name, self._progress = count, depth, name, progress
        self._observations: dict[str, Observation] = {}
        self._archive = Archive(sandbox)
        self._known: dict[str, CodeTask] = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
        self._locals = _local_names(suite)
        self._certificates: dict[str, Mapping[str, Any]] = dict(suite.certificates)
        self._mates: tuple[CodeTask, ...] = ()
        self._made: dict[str, list[CodeTask]] = {}
        self._ahead: dict[str, Ahead] = {}
        self.tallies: list[Tally] = []

    def observe(self, tasks: Sequence[CodeTask]) -> None:
        """Learn what these tasks do, unless it is known."""
        new = {task.digest: task for task in tasks if task.digest not in self._observations}
        self._learn(new, observe(list(new.values()), self._sandbox, self._progress))

    def know(self, observations: Mapping[str, Observation]) -> None:
        """Take over what was learnt of the suite's tasks already."""
        self._learn({task.digest: task for task in self._suite.tasks}, observations)

    def _learn(self, tasks: Mapping[str, CodeTask], found: Mapping[str, Observation]) -> None:
        self._observations.update(found)
        for digest, task in tasks.items():
            self._archive.add_task(task, found[digest])

    @property
    def _wishes(self) -> list[Wish]:
        return [(parent, slot) for parent in self._suite.tasks for slot in range(self._count)]

    def look_ahead(self, operators: Sequence[Operator]) -> None:
        """Prove what these altering operators make of the suite's tasks together, before their turn comes.

        Those that are to join tasks which are not observed yet wait: the archive knows no task before its time.
        """
        known: list[tuple[AlteringOperator, Ahead]] = []
        for operator in operators:
            mates = mates_of(operator, self._known)
            if (
                isinstance(operator, AlteringOperator)
                and operator.kind == "altering"
                and label_of([operator]) not in self._ahead
                and all(task.digest in self._observations for task in (*mates, *self._suite.tasks))
            ):
                ahead = self._proposed(operator, self._wishes, Pool(mates, self._observations))
                self._ahead[label_of([operator])] = ahead
                known.append((operator, ahead))
        prove_ahead(known, self._suite.tasks, self._observations, self._sandbox, self._progress)

    def chain(self, chain: Sequence[Operator]) -> list[CodeTask]:
        """The tasks that come out of a stack of operators."""
        wishes = self._wishes
        tasks: list[CodeTask] = []
        for place, operator in enumerate(chain):
            label = label_of(chain[: place + 1])
            if label not in self._made:  # chains that begin alike share what they begin with
                tally = Tally(label)
                self.tallies.append(tally)
                ended = self.stage(operator, wishes, tally, self._ahead.pop(label, None))
                self._made[label] = [end.task for end in ended if end.task is not None]
            tasks = self._made[label]
            wishes = [(task, 0) for task in tasks]
        return tasks

    def add(self, tasks: Sequence[CodeTask]) -> None:
        """Take tasks that were made elsewhere as possible parents."""
        for task in tasks:
            self._known.setdefault(task.id, task)
            self._locals.setdefault(task.id, task.id.replace("/", "."))

    def _pool(self, operator: Operator, parents: Sequence[CodeTask]) -> Pool:
        """What an operator sees: of evolved tasks that it only rewrites, what their own tests say."""
        light = [task for task in parents if reads_off(operator, task)]
        mates = mates_of(operator, self._known)
        self._mates = mates or self._mates
        self.observe([*mates, *(task for task in parents if not reads_off(operator, task))])
        return Pool(mates, {**self._observations, **{task.digest: read_off(task) for task in light}})

    def _proposed(self, operator: Operator, wishes: Sequence[Wish], pool: Pool) -> Ahead:
        """Each wish's candidates, or why there are none."""
        found = Ahead()
        for parent, slot in wishes:
            try:
                if operator.kind == "altering" and altered(parent, self._known) >= self._depth:
                    raise NotApplicable(f"altered {self._depth} times already")
                found.waiting[parent.id, slot] = proposals(operator, parent, self._seed, slot, pool)
            except NotApplicable as error:
                found.refused[parent.id, slot] = str(error)
            self._progress("proposals", 1)
        return found

    def _evaluated(
        self, operator: Operator, candidates: Sequence[tuple[Place, Candidate]], known: Ahead, pool: Pool
    ) -> list[Evaluated]:
        """What the proofs of each candidate show, which may be known already."""
        ready = [known.proven.pop((place, each.parameters["choice"]), None) for place, each in candidates]
        left = [each for (_, each), found in zip(candidates, ready, strict=True) if found is None]
        rest = iter(evaluate(operator, left, pool, self._sandbox, self._progress) if left else ())
        return [next(rest) if found is None else found for found in ready]

    def stage(
        self, operator: Operator, wishes: Sequence[Wish], tally: Tally, ahead: Ahead | None = None
    ) -> list[Ended]:
        """What becomes of each wish, in order; no wish stands there twice. ahead: what is known of them already."""
        pool = self._pool(operator, list({parent.id: parent for parent, _ in wishes}.values()))
        known = self._proposed(operator, wishes, pool) if ahead is None else ahead
        accepted: dict[Place, Evaluated] = {}
        waiting = known.waiting
        tally.refused.update(known.refused.values())
        ended = {place: Ended(reason=reason, refused=True) for place, reason in known.refused.items()}
        # Round by round: each slot's best candidate that is left, until one is admitted or none is left.
        while waiting:
            places = list(waiting)
            results = self._evaluated(operator, [(p, waiting[p].pop(0)) for p in places], known, pool)
            for place, result in zip(places, results, strict=True):
                reason = result.rejected or _twin(operator.kind, place, result, accepted)
                reason = reason or self._archive.twin(operator.kind, result) or self._copied(result)
                tally.proposed += 1
                if reason is None:
                    accepted[place] = result
                    self._archive.add(operator.kind, result)
                    tally.accepted += 1
                else:
                    tally.rejected[reason] += 1
                    ended[place] = Ended(reason=reason, functional_hash=result.functional_hash)
                if reason is None or not waiting[place]:
                    del waiting[place]
        for place in [(parent.id, slot) for parent, slot in wishes if (parent.id, slot) in accepted]:
            found = accepted[place]
            ended[place] = Ended(self._admit(operator, place, found), functional_hash=found.functional_hash)
        return [ended[parent.id, slot] for parent, slot in wishes]

    def _copied(self, result: Evaluated) -> str | None:
        """What a task adds to its parents stands in published texts."""
        parents = result.candidate.parents
        if self._published and self._published.share(new_part(result.task, parents), parents) > MAX_PUBLISHED:
            return "published"
        return None

    def _admit(self, operator: Operator, place: Place, proven: Evaluated) -> CodeTask:
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
        # It is of nothing that was replaced, and takes long to make.
        task.__dict__["digest"] = proven.task.digest
        self._locals[task.id] = local
        self._known[task.id] = task
        self._certificates[task.id] = certificate_of(operator, proven, self._sandbox.info)
        return task

    def ancestors_of(self, tasks: Sequence[CodeTask]) -> tuple[CodeTask, ...]:
        """Every task that these descend from or could have been joined to, in a stable order."""
        wanted: dict[str, CodeTask] = {}
        queue = [parent for task in tasks for parent in (task.lineage.parents if task.lineage else ())]
        queue += [mate.id for mate in self._mates]
        while queue:
            found = self._known.get(queue.pop())
            if found is not None and found.id not in wanted:
                wanted[found.id] = found
                queue += found.lineage.parents if found.lineage else ()
        return tuple(wanted[key] for key in sorted(wanted))

    def certificates_of(self, tasks: Sequence[CodeTask]) -> dict[str, Mapping[str, Any]]:
        """The certificates of those of the tasks that were evolved."""
        return {task.id: self._certificates[task.id] for task in tasks if task.id in self._certificates}


def reads_off(operator: Operator, task: CodeTask) -> bool:
    """Whether an operator needs no more of a task than what its own tests say: it rewrites what was evolved already."""
    return operator.kind == "preserving" and task.lineage is not None


def mates_of(operator: Operator, known: Mapping[str, CodeTask]) -> tuple[CodeTask, ...]:
    """The tasks that an operator may join to a parent, by id: the human-made ones; none where it joins nothing.

    Evolved tasks are no mates, so that a suite which holds all its roots holds all that is needed to replay it.
    """
    if not getattr(operator, "mates", False):
        return ()
    return tuple(known[name] for name in sorted(known) if known[name].lineage is None)


def altered(task: CodeTask, known: Mapping[str, CodeTask]) -> int:
    """How many altering operators lie between a task and its root, on the longest way."""
    if task.lineage is None:
        return 0
    above = [altered(known[parent], known) for parent in task.lineage.parents if parent in known]
    from .authored.lineages import kind_of

    own = kind_of(task.lineage) == "altering"
    return own + max(above, default=0)


def proposals(operator: Operator, parent: CodeTask, seed: int, slot: int, pool: Pool) -> list[Candidate]:
    """An operator's candidates for one slot, each with its place (slot, choice) among its parameters."""
    problem = pool.observed(parent).problem
    if problem is not None:
        raise NotApplicable(problem)
    if pool.observed(parent).untrue_examples and not getattr(operator, "mends_examples", False):
        raise NotApplicable("an example of its prompt contradicts its reference")
    if operator.kind == "altering" and pool.observed(parent).steps >= MAX_STEPS:
        raise NotApplicable(f"a call of its reference takes {MAX_STEPS:,} steps or more")
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

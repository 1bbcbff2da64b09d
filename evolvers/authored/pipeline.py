"""Making tasks through models: proposals become drafts, drafts are proven, what is left becomes a suite.

The results are those of the proposals, in their order, whatever the number of workers and of requests in flight: a
proposal is developed by itself, and what depends on others (is the task new?) is settled afterwards, one proposal after
the other. A model's fault rejects its candidate; an outage, or the end of the budget, rejects nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from ...benchmarks import CodeTask, Suite
from ...benchmarks.jsonio import text_digest
from ...harness.endpoint.api import RequestRefused
from ...harness.oracle import with_expected
from ...harness.sandbox.api import Sandbox
from ..loop.protocol import Made, Proposal, Spent
from ..observe import Progress
from ..pipeline import MAX_DEPTH, Evolution, Tally, altered, nothing_of, silent
from ..protocol import NotApplicable, Observation
from .calls import Answer, Asker, OutOfBudget, Panel
from .certificate import certificate_of, lineage_of, panel_json
from .developing import Developed, Settings, Subject, develop, settle
from .drafting import Rejected
from .lineages import observe_apart
from .mating import mates_for
from .protocol import Hints, ModelOperator
from .registry import model_operator_named
from .sources import Live
from .twins import Twins

TOGETHER = 8
"""Proposals that are developed side by side: enough to keep an endpoint busy, and few that a budget's end leaves
unfinished."""
REFUSED = "not_applicable"
FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, AttributeError, AssertionError)
"""What a hostile text might bring about in whoever reads it. Its candidate falls out, and says so; no other does."""
log = logging.getLogger("evalrun.evolve")
Result = TypeVar("Result")


class PanelAsker(Asker, Protocol):
    """What asks, and runs what asks."""

    @property
    def panel(self) -> Panel:
        """Who is asked."""

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine that asks."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A proposal that can be worked on."""

    proposal: Proposal
    found: Developed
    source: Live


class Authoring:
    """The maker (``loop.protocol.Maker``) of code tasks through models.

    name: what task ids begin with. operators: those that are not asked for by a registered name. Certificates and
    functional hashes come with what is made.
    """

    def __init__(
        self,
        asker: PanelAsker,
        sandbox: Sandbox,
        *,
        name: str,
        settings: Settings | None = None,
        operators: Mapping[str, ModelOperator] | None = None,
        progress: Progress = silent,
    ) -> None:
        self._asker, self._sandbox, self._name = asker, sandbox, name
        self._settings = Settings() if settings is None else settings
        self._operators = dict(operators or {})
        self._progress = progress
        self._observed: dict[str, Observation] = {}
        self._twins = Twins(sandbox)

    def know(self, tasks: Sequence[CodeTask]) -> None:
        """Observe tasks: as parents, and as what new tasks must differ from."""
        new = {task.digest: task for task in tasks if task.digest not in self._observed}
        found = observe_apart(list(new.values()), self._sandbox, self._progress)
        self._observed.update(found)
        for digest, task in new.items():
            self._twins.add_observed(task, found[digest])

    def remember(self, made: Sequence[Made]) -> None:
        """Know again what an earlier maker made, in its order, so that new tasks must differ from it."""
        for each in made:
            if each.task is not None:
                self._twins.add(each.task, each.functional_hash)

    def observation(self, task: CodeTask) -> Observation:
        """What was seen of a task."""
        self.know([task])
        return self._observed[task.digest]

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        """What became of each, in the order of the proposals.

        Raises:
            OutOfBudget: nothing of this batch counts; what was paid for is kept and is not paid for again.
            EndpointRefused, EndpointDown, InfraError: an endpoint or the sandbox failed; never a rejection.
        """
        made = self.attempt(proposals)
        ended = next((each for each in made if isinstance(each, OutOfBudget)), None)
        if ended is not None:
            raise ended
        return [each for each in made if isinstance(each, Made)]

    def attempt(self, proposals: Sequence[Proposal]) -> list[Made | OutOfBudget]:
        """The same, with what was finished before the budget was used up.

        Which proposals were finished depends on the replies that there are and not on the clock.
        """
        self.know([parent for proposal in proposals for parent in proposal.parents])
        return self._asker.run(self._all(proposals))

    async def _all(self, proposals: Sequence[Proposal]) -> list[Made | OutOfBudget]:
        turns = asyncio.Semaphore(TOGETHER)
        ready = [self._ready(proposal) for proposal in proposals]
        tasks = [asyncio.ensure_future(self._developed(each, turns)) for each in ready if isinstance(each, _Work)]
        try:
            results = iter(await asyncio.gather(*tasks))
        except BaseException:  # an outage: nothing further is begun
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        made: list[Made | OutOfBudget] = []
        for each in ready:
            made.append(await self._settled(each, next(results)) if isinstance(each, _Work) else each)
        return made

    def _ready(self, proposal: Proposal) -> _Work | Made:
        operator = self._operator(proposal.operator)
        observed = tuple(self._observed[parent.digest] for parent in proposal.parents)
        try:
            for parent, seen in zip(proposal.parents, observed, strict=True):
                _usable(operator, parent, seen)
            operator.applies(proposal.parents, observed)
        except NotApplicable as error:
            self._progress("candidates", 1)
            return Made(proposal, None, rejected=REFUSED, said=str(error))
        subject = Subject(operator, proposal.parents, observed, proposal.seed)
        source = Live(subject, proposal.hints, self._asker.panel, self._asker, self._settings)
        return _Work(proposal, Developed(subject), source)

    def _operator(self, name: str) -> ModelOperator:
        if name not in self._operators:
            self._operators[name] = model_operator_named(name)
        return self._operators[name]

    async def _developed(self, work: _Work, turns: asyncio.Semaphore) -> Rejected | OutOfBudget | None:
        async with turns:
            try:
                await develop(work.found, work.source, self._settings, self._sandbox, self._twins)
            except OutOfBudget as out:
                return out
            except Rejected as rejected:
                end: Rejected | None = rejected
            except RequestRefused as error:
                end = Rejected("request_refused", str(error)[:200])
            except FAULTS as error:
                log.exception("a candidate of %s could not be judged", work.proposal.operator)
                end = Rejected("fault", f"it could not be judged ({type(error).__name__}); this is a fault of evalrun")
            else:
                end = None
        self._progress("candidates", 1)
        if end is not None:
            self._progress(f"rejected by {end.reason}", 1)
        return end

    async def _settled(self, work: _Work, end: Rejected | OutOfBudget | None) -> Made | OutOfBudget:
        if isinstance(end, OutOfBudget):
            return end
        found, source = work.found, work.source
        spent = _spent(source.asked.answers)
        known = found.evidence.functional_hash if found.evidence else None
        calls = [answer.call.to_json() for asked in (source.asked, source.asked_of_parent) for answer in asked.answers]
        panel = panel_json(self._asker.panel)
        if end is None:
            try:
                task = self._named(work, await settle(found, self._twins), panel, calls)
                self._twins.add(task, known)
                self._progress("admitted", 1)
            except Rejected as rejected:
                end = rejected
                self._progress(f"rejected by {end.reason}", 1)
        if end is not None:
            return Made(
                work.proposal, None, rejected=end.reason, said=end.said[:300], functional_hash=known, spent=spent
            )
        certificate = certificate_of(found, task, panel, calls, self._settings, self._sandbox.info)
        return Made(work.proposal, task, certificate, functional_hash=known, spent=spent, facts=_facts(found))

    def _named(
        self, work: _Work, task: CodeTask, panel: dict[str, Any], calls: Sequence[Mapping[str, Any]]
    ) -> CodeTask:
        proposal = work.proposal
        local = proposal.parents[0].id.partition("/")[2].replace("/", ".") or proposal.parents[0].id
        place = f"{proposal.generation}.{proposal.slot}"
        parameters = {"generation": proposal.generation, "slot": proposal.slot, "strategy": proposal.strategy}
        return replace(
            task,
            id=f"{self._name}/{local}-{proposal.operator.replace(':', '.')}-{place}",
            metadata={},
            tags=tags_of(self._asker.panel.independent),
            lineage=lineage_of(work.found, parameters, panel, calls, self._settings),
        )


def tags_of(independent: bool) -> tuple[str, ...]:
    """The tags of an authored task: whoever shows it can tell that no other model bore witness."""
    return ("authored",) if independent else ("authored", "own-witness")


def _usable(operator: ModelOperator, parent: CodeTask, seen: Observation) -> None:
    if seen.problem is not None:
        raise NotApplicable(seen.problem)
    if operator.kind == "preserving" and seen.untrue_examples:
        raise NotApplicable("an example of its prompt contradicts its reference")


def _spent(answers: Sequence[Answer]) -> Spent:
    """What a proposal takes, whether or not it is paid for now: a replay must come to the same."""
    tokens = sum(answer.input_tokens + answer.output_tokens for answer in answers)
    return Spent(calls=len(answers), tokens=tokens)


def _facts(found: Developed) -> dict[str, Any]:
    """What fitness may want to know of an admitted task."""
    facts: dict[str, Any] = {"clarified": len(found.said)}
    if found.agreement is not None:
        facts["solve_rate"] = found.agreement.share
    elif found.evidence is not None and found.evidence.solved:
        facts["solve_rate"] = sum(found.evidence.solved) / len(found.evidence.solved)
    return facts


def evolve_authored(
    suite: Suite,
    operators: Sequence[ModelOperator],
    asker: PanelAsker,
    sandbox: Sandbox,
    *,
    seed: int,
    count: int = 1,
    depth: int = MAX_DEPTH,
    name: str | None = None,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> Evolution:
    """Up to ``count`` new tasks for each task and operator; the suite, and what became of all proposals.

    Where the budget ends, what is proven by then makes the suite. NothingEvolved when no task at all survives; see
    ``Authoring.make`` for outages.
    """
    suite = with_expected(suite, sandbox)
    chosen = default_name(suite, operators, seed) if name is None else name
    named = {operator.name: operator for operator in operators}
    maker = Authoring(asker, sandbox, name=chosen, settings=settings, operators=named, progress=progress)
    maker.know(suite.tasks)
    proposals, tallies = _proposals(suite, operators, maker, seed, count, depth)
    made = maker.attempt(proposals)
    ended = next((each for each in made if isinstance(each, OutOfBudget)), None)
    admitted = [each for each in made if isinstance(each, Made)]
    for each in admitted:
        _count(tallies[each.proposal.operator], each)
    tasks = [each.task for each in admitted if each.task is not None]
    if not tasks:
        raise nothing_of(suite, list(tallies.values()), str(ended or ""))
    ancestors = _ancestors(tasks, suite)
    certificates = {each.task.id: each.certificate for each in admitted if each.task and each.certificate}
    certificates |= {task.id: suite.certificates[task.id] for task in ancestors if task.id in suite.certificates}
    new = Suite(
        name=chosen,
        version=suite.version,
        tasks=tuple(tasks),
        description=f"{', '.join(named)} through {asker.panel.author.model} applied to {suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates=certificates,
        requires=suite.requires,
    )
    return Evolution(new, tuple(tallies.values()))


def default_name(suite: Suite, operators: Sequence[ModelOperator], seed: int) -> str:
    """The name when none is given."""
    labels = ".".join(operator.name.replace(":", ".") for operator in operators)
    if len(labels) > 60:
        labels = f"{len(operators)}-operators-{text_digest(labels)[:6]}"
    return f"{suite.name}-{labels}-s{seed}"


def _proposals(
    suite: Suite, operators: Sequence[ModelOperator], maker: Authoring, seed: int, count: int, depth: int
) -> tuple[list[Proposal], dict[str, Tally]]:
    """Each operator on each parent, ``count`` times; an operator that joins tasks gets the most dissimilar mates."""
    known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
    tallies = {operator.name: Tally(operator.name) for operator in operators}
    proposals: list[Proposal] = []
    for operator in operators:
        for parent in suite.tasks:
            if operator.kind == "altering" and altered(parent, known) >= depth:
                tallies[operator.name].refused[f"altered {depth} times already"] += count
                continue
            groups = mates_for(operator, parent, suite.tasks, maker.observation, count)
            if len(groups) < count:
                tallies[operator.name].refused["no other task to join it to"] += count - len(groups)
            for slot, group in enumerate(groups):
                path = f"{seed}/{operator.name}/{operator.version}/{parent.digest}/{slot}"
                place = len(proposals)
                leaf = int(text_digest(path)[:12], 16)
                proposals.append(Proposal(0, place, operator.name, "plain", (parent, *group), Hints(), leaf))
    return proposals, tallies


def _count(tally: Tally, made: Made) -> None:
    if made.rejected == REFUSED:
        tally.refused[made.said] += 1
        return
    tally.proposed += 1
    if made.rejected is None:
        tally.accepted += 1
    else:
        tally.rejected[made.rejected] += 1


def _ancestors(tasks: Sequence[CodeTask], suite: Suite) -> tuple[CodeTask, ...]:
    """Every task that these descend from, by id."""
    known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
    wanted: dict[str, CodeTask] = {}
    queue = [parent for task in tasks for parent in (task.lineage.parents if task.lineage else ())]
    while queue:
        found = known.get(queue.pop())
        if found is not None and found.id not in wanted:
            wanted[found.id] = found
            queue += found.lineage.parents if found.lineage else ()
    return tuple(wanted[name] for name in sorted(wanted))

"""The one way from a proposal to a proven task, whoever answers: models now, or what a certificate kept of them.

A ``Source`` gives what models say. The live one asks them; the stored one (``verify``) hands out the draft and the
solutions of a certificate, and everything else here is done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ...benchmarks import CodeTask
from ...harness.sandbox.api import Sandbox
from ..protocol import Executed, Gate, NotApplicable, Observation, Rows
from ..published import MAX_PUBLISHED, NOTHING, Published
from ..sameness import same_program_gate
from .calls import Panel
from .clarifying import Clarification, clarified
from .consensus import Consensus, consensus, contradicted, separating
from .drafting import Rejected
from .inputs import ENOUGH, Gathered, gather
from .paired import paired
from .protocol import Draft, Evidence, ModelOperator
from .proving import (
    beyond_gate,
    consensus_gate,
    dynamic_gates,
    evidence_of,
    form,
    gathered_gates,
    places_of,
    untested,
)
from .restating import bare, restated
from .screening import screened
from .solving import Solution, rows_of, solved
from .studying import Studied, study
from .twins import Twins


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides whether a candidate is admitted, beside the gates' own numbers.

    solutions: blind solutions of each new prompt, five at least. clarifications: rounds in which the author may say one
    thing more, two at most. published: texts of which a new one may hold no great part.
    """

    solutions: int = 5
    clarifications: int = 1
    published: Published = NOTHING

    def __post_init__(self) -> None:
        if not 5 <= self.solutions <= 50:
            raise ValueError("solutions: 5 to 50")
        if not 0 <= self.clarifications <= 2:
            raise ValueError("clarifications: 0 to 2")


@dataclass(frozen=True, slots=True)
class Subject:
    """What one proposal is about. observed: of each parent. seed: decides which inputs are made up."""

    operator: ModelOperator
    parents: tuple[CodeTask, ...]
    observed: tuple[Observation, ...]
    seed: int


class Source(Protocol):
    """What models say of one proposal. OutOfBudget, and an endpoint's outage, pass through."""

    @property
    def panel(self) -> Panel:
        """Whose models they are."""

    async def draft(self) -> Draft:
        """The author's draft; Rejected where there is none."""

    async def more_inputs(self, draft: Draft, places: Sequence[str]) -> Rows:
        """Further inputs, where the draft's are too few, or do not lead to these places of its reference."""

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """Blind solutions of a new task."""

    async def parent_solutions(self, parent: CodeTask) -> list[Solution]:
        """Blind solutions of the parent, by the same members."""

    def said_before(self) -> tuple[Clarification, ...]:
        """Clarifications that are known already."""

    async def clarify(self, draft: Draft, row: Executed, others: Sequence[Executed]) -> Clarification:
        """What the author says where readers part; Rejected where it says nothing of use."""


@dataclass
class Developed:
    """A candidate on its way, and at the end. task: without id and lineage."""

    subject: Subject
    draft: Draft | None = None
    extra: Rows = ()
    said: list[Clarification] = field(default_factory=list)
    task: CodeTask | None = None
    rows: tuple[Executed, ...] = ()
    studied: Studied | None = None
    agreement: Consensus | None = None
    solutions: list[Solution] = field(default_factory=list)
    parent_solutions: list[Solution] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    evidence: Evidence | None = None
    published: float | None = None

    def hold(self, gates: Iterable[Gate]) -> None:
        """Note gates; Rejected at the first that does not hold."""
        for gate in gates:
            self.gates.append(gate)
            if not gate.holds:
                raise Rejected(gate.gate, said_of(gate))


def said_of(gate: Gate) -> str:
    """One line on a gate that does not hold, which an author may be told."""
    problem = gate.evidence.get("problem")
    if problem:
        return str(problem)
    return f"{gate.gate}: " + ", ".join(f"{name} {value}" for name, value in gate.evidence.items())


async def develop(
    found: Developed, source: Source, settings: Settings, sandbox: Sandbox, twins: Twins | None = None
) -> None:
    """Everything up to the archive and the operator's own proofs, which need what came before (``settle``).

    twins: what is known already, so that nobody is asked to solve what falls out in any case. Rejected with the gate or
    reason; what is known by then stands in ``found``.
    """
    subject = found.subject
    draft = found.draft = await source.draft()
    if draft.preserved != (subject.operator.kind == "preserving"):
        raise Rejected("malformed", "the draft is of another kind than its operator")
    if draft.preserved:
        await _preserve(found, draft, source, settings, sandbox)
    else:
        await _alter(found, draft, source, settings, sandbox, twins)


async def _alter(
    found: Developed, draft: Draft, source: Source, settings: Settings, sandbox: Sandbox, twins: Twins | None
) -> None:
    subject = found.subject
    found.hold(screened(draft, subject.parents))
    gathered = await _inputs(found, draft, source, sandbox)
    studied = found.studied = await study(subject.operator, draft, subject.parents, gathered, sandbox)
    found.said = list(source.said_before())
    while True:
        now = clarified(draft, found.said)
        found.gates = []
        found.hold(screened(now, subject.parents))
        found.hold(gathered_gates(gathered))
        task = form(now, studied, [each.args for each in found.said])
        found.hold(dynamic_gates(now, task, studied, gathered.reach))
        _not_published(found, now, settings)
        twin = twins and await twins.twin(task.task, studied.functional_hash, anew=True)
        if twin:
            raise Rejected(twin, twin)
        found.solutions = await source.solutions(task.task)
        tests, beyond = task.rows, untested(task, studied)
        calls = tuple(row.args for row in (*tests, *beyond))
        rows = await rows_of(found.solutions, now.entry_point, calls, sandbox)
        told = [None if each is None else each[: len(tests)] for each in rows]
        agreement = found.agreement = consensus(tests, told, studied.how)
        place = separating(tests, told, agreement, studied.how) if agreement.why == "ambiguous" else None
        elsewhere = contradicted(beyond, [None if each is None else each[len(tests) :] for each in rows], studied.how)
        if not agreement.why and elsewhere is not None:
            place = len(tests) + elsewhere
        if place is None or len(found.said) >= settings.clarifications:
            break
        others = [each[place] for each in rows if each is not None]
        found.said.append(await source.clarify(now, (*tests, *beyond)[place], others))
    agreeing = [found.solutions[number] for number in agreement.agreeing]
    found.hold([consensus_gate(agreement), beyond_gate(beyond, elsewhere), other_witness(source.panel, agreeing)])
    found.task, found.rows = task.task, task.rows
    solves = tuple(number in agreement.agreeing for number in range(agreement.asked))
    found.evidence = evidence_of(now, task, studied, solves, frozenset())


def _not_published(found: Developed, draft: Draft, settings: Settings) -> None:
    """No gate of the certificate: whoever verifies it later may not have the published texts."""
    if settings.published:
        found.published = settings.published.share(draft.spec, found.subject.parents)
        if found.published > MAX_PUBLISHED:
            raise Rejected("published", f"{found.published:.0%} of the text stands in published tasks")


async def _inputs(found: Developed, draft: Draft, source: Source, sandbox: Sandbox) -> Gathered:
    subject = found.subject
    gathered = await gather(draft, (), subject.observed, subject.seed, sandbox)
    if gathered.problem is None and (len(gathered.rows) < ENOUGH or gathered.reach.missed):
        found.extra = await source.more_inputs(draft, places_of(draft, gathered.reach))
        gathered = await gather(draft, found.extra, subject.observed, subject.seed, sandbox)
    found.hold(gathered_gates(gathered))
    return gathered


async def _preserve(found: Developed, draft: Draft, source: Source, settings: Settings, sandbox: Sandbox) -> None:
    """The parent in other words: its tests stay, and solvers must not do worse than on its own text."""
    parent = found.subject.parents[0]
    try:
        task = restated(parent, draft.spec)
        known = bare(parent)
    except NotApplicable as error:
        raise Rejected("malformed", str(error)) from error
    found.hold(screened(draft, found.subject.parents, known))
    found.hold([same_program_gate(task, parent)])
    _not_published(found, draft, settings)
    found.solutions = await source.solutions(task)
    found.parent_solutions = await source.parent_solutions(parent)
    after = await solved(task, found.solutions, sandbox)
    before = await solved(parent, found.parent_solutions, sandbox)
    pairs = paired(before, after)
    found.hold(
        [
            Gate("witness", any(after), {"asked": len(after), "solved": sum(after)}),
            other_witness(source.panel, [each for each, passes in zip(found.solutions, after, strict=True) if passes]),
            Gate("solve_rate", pairs.not_lower, pairs.to_json()),
        ]
    )
    found.task = replace(task, lineage=None, metadata={})
    found.evidence = Evidence(draft, delta=0.0, solved=after, parent_solved=before)


def other_witness(panel: Panel, solutions: Sequence[Solution]) -> Gate:
    """A model is not its own only witness: where there are solvers of another family than the author's, some solution
    of one of theirs is among those that bear the task out."""
    families = sorted({solution.member.family for solution in solutions})
    holds = not panel.independent or any(panel.is_other(each.member.model, each.member.family) for each in solutions)
    return Gate("other_witness", holds, {"independent": panel.independent, "families": families})


async def settle(found: Developed, twins: Twins) -> CodeTask:
    """The operator's own proofs, and whether the task is new, with what is known by then; the task.

    Rejected where one does not hold. To be called in the order of the proposals; then ``twins.add`` is told the task.
    """
    task, evidence = found.task, found.evidence
    if task is None or evidence is None:
        raise AssertionError("it was not developed")
    evidence = replace(evidence, archive=twins.hashes)
    try:
        found.hold(found.subject.operator.prove(task, found.subject.parents, evidence))
    except NotApplicable as error:
        raise Rejected("not_applicable", str(error)) from error
    twin = await twins.twin(task, evidence.functional_hash, anew=found.subject.operator.kind == "altering")
    if twin:
        raise Rejected(twin, twin)
    return task

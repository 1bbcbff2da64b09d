"""A proposal's way to a task: the author writes, a machine proves what it can, judges and solvers bear witness.

Where the draft, the judges' verdicts and the solutions come from is a ``Source``: the panel, or what a certificate keeps
of it, so that what makes a task and what verifies it are the same steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ....benchmarks import BadInput, CodeTask, InfraError
from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceTask, Proof
from ....harness.endpoint.api import RequestRefused
from ....harness.sandbox.api import Sandbox
from ...preferences.judging import one_line
from ...preferences.labels import Labels
from ...preferences.proofs import is_proven
from ...preferences.protocol import PreferenceCandidate
from ...preferences.structure import label_kept, structural_gates
from ...protocol import Gate, NotApplicable
from ..calls import Answer, Asker, Member, OutOfBudget, Panel
from ..drafting import Asked, Rejected
from ..protocol import UnusableReply
from ..solving import Solution, solve, solved
from .drafting import checked, drafted
from .jury import Ballot, Jury, ballot_of, gate_of, jury_of, rendered, witnesses
from .protocol import Draft, ModelPreferenceOperator, Question
from .surface import no_injection

AGREEING = 0.6
"""The least share of blind solutions that must pass the tests."""
JUDGED, OPEN = "judged", "open"
VOTERS = "judges"
"""The group of raters as which judges' votes stand in an open task."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a proposal is made of. label: the parent's, proven again. seed: of the suite; leaf: of the proposal."""

    operator: ModelPreferenceOperator
    parent: PreferenceTask
    label: Gate
    seed: int
    slot: int

    @property
    def leaf(self) -> int:
        """The proposal's own seed, leaf ``SHA-256(seed/operator/version/parent digest/slot)`` of the seed tree."""
        operator = self.operator
        return int(
            text_digest(f"{self.seed}/{operator.name}/{operator.version}/{self.parent.digest}/{self.slot}")[:12], 16
        )


class Source(Protocol):
    """Where everything that models say comes from."""

    async def draft(self) -> Draft:
        """The author's draft; Rejected where there is none."""

    async def ballots(self, question: Question, judges: Sequence[Member]) -> list[Ballot]:
        """What these judges say."""

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """Blind solutions."""


@dataclass
class Work:
    """One proposal and how far it came. end: why it is no task. choice: which of the operator's candidates it is."""

    subject: Subject
    source: Source
    draft: Draft | None = None
    candidate: PreferenceCandidate | None = None
    choice: int = 0
    gates: list[Gate] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)
    solutions: list[Solution] = field(default_factory=list)
    end: Rejected | OutOfBudget | None = None

    @property
    def task(self) -> PreferenceTask:
        """The candidate's task."""
        assert self.candidate is not None
        return self.candidate.task

    def take(self, gate: Gate) -> None:
        """Note a gate; Rejected where it does not hold."""
        self.gates.append(gate)
        if not gate.holds:
            raise _rejected(gate)


async def written(work: Work) -> None:
    """The first step: the author's draft."""
    try:
        work.draft = await work.source.draft()
    except (Rejected, OutOfBudget) as end:
        work.end = end
    except RequestRefused as error:
        work.end = Rejected("request_refused", str(error)[:200])


def placed(works: Sequence[Work], labels: Labels, only: int | None = None) -> None:
    """The second step: of each draft's candidates the first whose texts and label hold.

    only: of which candidate alone (to verify). All labels are proven in as few batches as can be. InfraError when the
    sandbox fails.
    """
    waiting = {place: found for place, work in enumerate(works) if (found := _candidates(work, only))}
    while waiting:
        tried = [(works[place], *found.pop(0)) for place, found in waiting.items()]
        results = _gates_of([(work, candidate) for work, _, candidate in tried], labels)
        for place, gates, (work, choice, candidate) in zip(list(waiting), results, tried, strict=True):
            broken = _broken(gates)
            if broken is None:
                work.candidate, work.choice, work.gates, work.end = candidate, choice, gates, None
            elif work.end is None:  # of several, the one with the strongest proof says why
                work.end = _rejected(broken)
            if broken is None or not waiting[place]:
                del waiting[place]


def _gates_of(tried: Sequence[tuple[Work, PreferenceCandidate]], labels: Labels) -> list[list[Gate]]:
    """Of each candidate the gates of its texts, and where these hold, what its label and its parent's show."""
    gates = [_static(work, candidate) for work, candidate in tried]
    sound = [
        place for place, (_, candidate) in enumerate(tried) if not _broken(gates[place]) and not _waits(candidate.task)
    ]
    for place, label in zip(sound, labels.verified(tried[place][1].task for place in sound), strict=True):
        (work, candidate), subject = tried[place], tried[place][0].subject
        gates[place].append(label)
        if label.holds:
            gates[place] += subject.operator.confirm(candidate.task, label, subject.parent, subject.label)
    return gates


async def witnessed(work: Work, jury: Jury, sandbox: Sandbox) -> None:
    """The third step: judges, round by round, and blind solutions, whichever the operator wants."""
    if work.end is not None:
        return
    try:
        await _judged(work, jury)
        await _solved(work, sandbox)
    except (Rejected, OutOfBudget) as end:
        work.end = end
    except RequestRefused as error:
        work.end = Rejected("request_refused", str(error)[:200])


def settled(works: Sequence[Work], jury: Jury, labels: Labels) -> None:
    """The last step: labels that judges gave are written down, and shown as far as they can be."""
    late = [work for work in works if work.end is None and _waits(work.task)]
    for work in late:
        assert work.candidate is not None
        work.candidate = replace(work.candidate, task=_labelled(work, jury))
    for work, gate in zip(late, labels.verified(work.task for work in late), strict=True):
        try:
            work.take(gate)
        except Rejected as end:
            work.end = end


def independent(work: Work, panel: Panel) -> bool:
    """Whether those who bore witness to a task are not all relatives of its author; True where a machine does."""
    jury = jury_of(panel)
    return (not work.ballots or jury.independent) and (not work.solutions or panel.independent)


def _candidates(work: Work, only: int | None) -> list[tuple[int, PreferenceCandidate]]:
    subject, draft = work.subject, work.draft
    if work.end is not None or draft is None:
        return []
    try:
        checked(subject.operator, draft, subject.parent, subject.leaf)
        found = list(enumerate(subject.operator.make(draft, subject.parent, subject.leaf)))
        if not found:
            raise NotApplicable("the operator made nothing of the draft")
    except UnusableReply as error:
        work.end = Rejected(error.reason, str(error))
    except (NotApplicable, BadInput) as error:
        work.end = Rejected("no_candidate", str(error))
    else:
        return found if only is None else found[only : only + 1]
    return []


def _static(work: Work, candidate: PreferenceCandidate) -> list[Gate]:
    """The gates of the texts alone."""
    subject, task = work.subject, candidate.task
    gates = [*structural_gates(task, candidate.parents)]
    if subject.operator.kind == "preserving":
        gates.append(label_kept(task, subject.parent, candidate.parameters))
    else:
        gates.append(Gate("label_has_proof", is_proven(task) or _waits(task)))
    gates.append(no_injection(list((work.draft or {}).values()), subject.parent))
    try:
        return [*gates, *subject.operator.prove(task, candidate.parents, candidate.parameters)]
    except (NotApplicable, BadInput) as error:
        return [*gates, Gate("operator", False, {"problem": str(error)})]
    except InfraError:
        raise
    except Exception as error:  # operators can be anybody's: what cannot be proven is not admitted
        return [*gates, Gate("operator", False, {"problem": f"the operator failed: {one_line(error)}"})]


def _broken(gates: Sequence[Gate]) -> Gate | None:
    return next((gate for gate in gates if not gate.holds), None)


def _rejected(gate: Gate) -> Rejected:
    told = gate.evidence.get("problem") or ", ".join(f"{name} {value}" for name, value in gate.evidence.items())
    return Rejected(f"gate {gate.gate}", f"{gate.gate} does not hold: {told}"[:300])


def _waits(task: PreferenceTask) -> bool:
    """Whether the label waits for judges."""
    return task.proof is not None and task.proof.kind in (JUDGED, OPEN)


async def _judged(work: Work, jury: Jury) -> None:
    """Round by round; those who found in one round what is wanted are asked in the next."""
    subject = work.subject
    assert work.draft is not None
    judges: Sequence[Member] = jury.counted
    for asked in subject.operator.rounds(work.task, subject.parent, work.draft):
        found = await asyncio.gather(*(work.source.ballots(question, judges) for question in asked))
        for ballots in found:
            work.ballots += ballots
        for question, ballots in zip(asked, found, strict=True):
            work.take(gate_of(question, ballots, jury))
            of_both = witnesses(question, ballots, jury)
            judges = [judge for judge in judges if judge in of_both]


async def _solved(work: Work, sandbox: Sandbox) -> None:
    """Solutions written from the question alone, run with the label's tests."""
    task = work.subject.operator.blind(work.task, work.subject.parent)
    if task is None:
        return
    work.solutions = await work.source.solutions(task)
    passed = await solved(task, work.solutions, sandbox)
    share = sum(passed) / len(passed) if passed else 0.0
    evidence: dict[str, Any] = {"passed": [bool(each) for each in passed], "least": AGREEING}
    work.take(Gate("blind_solutions", share >= AGREEING, evidence))


def _labelled(work: Work, jury: Jury) -> PreferenceTask:
    task = work.task
    assert task.proof is not None
    if task.proof.kind == OPEN:
        return replace(task, votes={VOTERS: _votes(work)})
    gate = next(gate for gate in work.gates if gate.evidence.get("wanted") == "better")
    data = {
        "agree": gate.evidence["found"],
        "judges": gate.evidence["judges"],
        "families": gate.evidence["families"],
        "independent": jury.independent,
    }
    return replace(task, proof=Proof(JUDGED, data))


def _votes(work: Work) -> dict[str, int]:
    """One vote for each judge: for the response that it chose in both orders, else a tie."""
    ranking = work.subject.parent.ranking
    names = {"better": ranking[0][0], "worse": ranking[1][0]}
    votes: dict[str, int] = {}
    for ballot in work.ballots:
        if ballot.key == "votes" and ballot.verdict != "none":
            name = names.get(ballot.verdict, "tie")
            votes[name] = votes.get(name, 0) + 1
    return dict(sorted(votes.items()))


class Live:
    """The panel as a source; remembers what it was told, so that a certificate can name it."""

    def __init__(self, subject: Subject, panel: Panel, asker: Asker, solutions: int) -> None:
        self._subject, self._panel, self._asker, self._count = subject, panel, asker, solutions
        self._drafted = Asked()
        self._heard: dict[tuple[str, str, str], tuple[Answer, Answer]] = {}
        self._solved: list[Answer] = []

    def answers(self, work: Work) -> list[Answer]:
        """All that was told, in the order of the proposal and not of the clock."""
        heard = [self._heard[ballot.key, ballot.model, ballot.family] for ballot in work.ballots]
        return [*self._drafted.answers, *(answer for both in heard for answer in both), *self._solved]

    async def draft(self) -> Draft:
        """See ``Source``."""
        subject = self._subject
        return await drafted(subject.operator, subject.parent, self._panel, self._asker, subject.leaf, self._drafted)

    async def ballots(self, question: Question, judges: Sequence[Member]) -> list[Ballot]:
        """Each judge in both orders; one whose server refuses the question says nothing."""
        found = await asyncio.gather(*(self._ballot(question, judge) for judge in judges))
        return [ballot for ballot in found if ballot is not None]

    async def _ballot(self, question: Question, judge: Member) -> Ballot | None:
        purpose, seed = f"judge {question.key}", self._subject.leaf
        asked = [self._asker.ask("judge", judge, purpose, prompt, seed=seed) for prompt in rendered(question)]
        try:
            forward, backward = await asyncio.gather(*asked)
        except RequestRefused:
            return None
        self._heard[question.key, judge.model, judge.family] = (forward, backward)
        return ballot_of(question, judge, forward, backward)

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """See ``Source``."""
        found = await solve(task, self._panel, self._asker, self._subject.leaf, self._count)
        self._solved = [answer for _, answer in found if answer is not None]
        return [solution for solution, _ in found]

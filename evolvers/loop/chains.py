"""Deterministic operators as a maker: chains such as ``compose_post+rename`` for the loop's proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask, Suite
from ...harness.sandbox.api import Sandbox
from ..authored.lineages import is_authored
from ..chains import parse_operators
from ..observe import Progress
from ..pipeline import MAX_DEPTH, Ended, Evolving, Tally, silent
from ..protocol import Operator
from ..published import NOTHING, Published
from .protocol import Made, Proposal


class ChainMaker:
    """Makes proposals of deterministic chains, those of one chain together.

    suite: with its expected values. seed: of the whole evolution; what tells proposals apart is their place, which the
    lineage holds as its slot, so that `evalrun verify` replays each.
    """

    def __init__(
        self,
        suite: Suite,
        seed: int,
        sandbox: Sandbox,
        *,
        name: str,
        depth: int = MAX_DEPTH,
        progress: Progress = silent,
        published: Published = NOTHING,
    ) -> None:
        self._run = Evolving(suite, seed, sandbox, 1, depth, name, progress, published)
        self._chains: dict[str, list[Operator]] = {}
        self._by_models: set[str] = set()

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        """See ``Maker.make``. What descends from a model's program shares no process with anything else."""
        self.add([parent for proposal in proposals for parent in proposal.parents])
        groups: dict[tuple[str, str], list[Proposal]] = {}
        for proposal in proposals:
            parent = proposal.parents[0]
            alone = parent.digest if parent.id in self._by_models else ""
            groups.setdefault((proposal.operator, alone), []).append(proposal)
        found: dict[int, Made] = {}
        for (name, _), mine in groups.items():
            found |= {proposal.slot: made for proposal, made in zip(mine, self._made(name, mine), strict=True)}
        made = [found[proposal.slot] for proposal in proposals]
        self._by_models |= {
            each.task.id for each in made if each.task and each.proposal.parents[0].id in self._by_models
        }
        return made

    def add(self, tasks: Sequence[CodeTask]) -> None:
        """Take tasks that were made elsewhere as possible parents."""
        self._run.add(tasks)
        self._by_models |= {task.id for task in tasks if is_authored(task)}

    def ancestors_of(self, tasks: Sequence[CodeTask]) -> tuple[CodeTask, ...]:
        """What these descend from or could have been joined to."""
        return self._run.ancestors_of(tasks)

    def certificates_of(self, tasks: Sequence[CodeTask]) -> dict[str, Mapping[str, Any]]:
        """Those of the tasks that were made here, and of those on the way to them."""
        return self._run.certificates_of(tasks)

    def _made(self, name: str, proposals: Sequence[Proposal]) -> list[Made]:
        if name not in self._chains:
            self._chains[name] = list(parse_operators(name)[0])
        chain = self._chains[name]
        ends = self._run.stage(chain[0], [(each.parents[0], _slot(each)) for each in proposals], Tally(name))
        for operator in chain[1:]:
            ends = self._next(operator, ends, name)
        return [_told(proposal, end, self._run) for proposal, end in zip(proposals, ends, strict=True)]

    def _next(self, operator: Operator, ends: Sequence[Ended], name: str) -> list[Ended]:
        alive = [(end.task, 0) for end in ends if end.task is not None]
        further = iter(self._run.stage(operator, alive, Tally(name)) if alive else [])
        # what the last link makes does what its parent does, so the hash stays
        found = []
        for end in ends:
            if end.task is None:
                found.append(end)
                continue
            last = next(further)
            found.append(Ended(last.task, last.reason, last.refused, last.functional_hash or end.functional_hash))
        return found


def _slot(proposal: Proposal) -> int:
    """A number that no other proposal of the evolution has."""
    return proposal.generation * 1_000_000 + proposal.slot


def _told(proposal: Proposal, end: Ended, run: Evolving) -> Made:
    if end.task is None:
        reason = "not_applicable" if end.refused else end.reason
        return Made(proposal, None, rejected=reason, said=end.reason, functional_hash=end.functional_hash)
    certificate = run.certificates_of([end.task])[end.task.id]
    return Made(proposal, end.task, certificate, functional_hash=end.functional_hash)

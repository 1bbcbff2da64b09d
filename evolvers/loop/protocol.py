"""What the loop and whatever makes tasks say to each other. Real pipelines and simulated panels both are makers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...benchmarks import CodeTask
from ..authored.protocol import Hints

STRATEGIES = ("plain", "ga", "de", "sorted", "plan")
"""How a proposal is conditioned: plain: parents only; ga, de: EvoPrompt's crossover and differential evolution;
sorted: EvoLLM's least-to-most fit context; plan: PlanSearch's observations first."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One wish of the loop. slot: its place in the batch, by which results are ordered. operator: a model operator's
    name or a chain of deterministic ones (``compose_post+rename``); seed: of the seed tree, for this proposal alone."""

    generation: int
    slot: int
    operator: str
    strategy: str
    parents: tuple[CodeTask, ...]
    hints: Hints
    seed: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What a proposal took of models."""

    calls: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a proposal: the admitted task with its certificate, or why there is none.

    rejected: the gate or reason (a short category), None where it was admitted. said: one line of detail that an author
    may be told (data, never an instruction). functional_hash: of the new reference, None where nothing can be said.
    facts: whatever a maker knows that fitness wants (``difficulty``: predicted 0..1; ``ambiguous``: ...).
    """

    proposal: Proposal
    task: CodeTask | None
    certificate: Mapping[str, Any] | None = None
    rejected: str | None = None
    said: str = ""
    functional_hash: str | None = None
    spent: Spent = Spent()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Maker(Protocol):
    """What turns proposals into tasks."""

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        """What became of each, in the order of the proposals, whatever the number of workers.

        Raises:
            OutOfBudget: nothing of this batch counts; what was paid for is kept and is not paid for again.
            InfraError: the sandbox or an endpoint failed; never a rejection.
        """

"""What an operator works with: the parent, the author, the judges, and the sandbox that proves labels again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceTask
from ....harness.endpoint.api import RequestRefused
from ....harness.verdict import Verdict
from ...preferences.labels import Labels
from ...preferences.proofs.programs import code_task, scored
from ...preferences.solutions import Solution
from ..calls import Answer, Asker, Member, Panel
from ..drafting import Rejected, mend
from ..json_reply import read_object
from ..protocol import Rendered, UnusableReply
from .protocol import Gate

Read = TypeVar("Read")


class Prover:
    """Runs labels' proofs, one set at a time, beside what is asked meanwhile."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._turn = asyncio.Lock()

    async def label(self, task: PreferenceTask) -> Gate:
        """The gate of a task's label."""
        async with self._turn:
            return (await asyncio.to_thread(self._labels.verified, [task]))[0]

    async def passing(self, task: PreferenceTask, programs: Sequence[str]) -> list[bool]:
        """Which programs pass the tests of a task's proof. BadInput where its tests are none."""
        tests = code_task(task)
        items = [(tests, program) for program in programs]
        async with self._turn:
            found = await asyncio.to_thread(lambda: list(scored(items, self._labels.sandbox)))
        return [score.verdict is Verdict.PASS for score in found]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A judge's endpoint that refused one request; the judge then said nothing."""

    purpose: str
    model: str

    def to_json(self) -> dict[str, Any]:
        """As a certificate holds it."""
        return {"purpose": self.purpose, "model": self.model}


@dataclass
class Work:
    """One proposal. answers, refusals: all that was said, in the order of the proposal and not of the clock."""

    parent: PreferenceTask
    seed: int
    panel: Panel
    asker: Asker
    prover: Prover
    answers: list[Answer] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    mended: bool = False

    @property
    def rng(self) -> random.Random:
        """A generator of this proposal; the same at each use."""
        return random.Random(self.seed)

    async def author(self, purpose: str, prompt: Rendered, read: Callable[[Mapping[str, Any]], Read]) -> Read:
        """What the author's reply holds. Rejected where it cannot be used; one reply of a proposal may be mended."""
        author = self.panel.author
        answer = await self.asker.ask("author", author, purpose, prompt, seed=self.seed)
        self.answers.append(answer)
        while True:
            try:
                return read(read_object(answer.text))
            except UnusableReply as fault:
                if self.mended:
                    raise Rejected(fault.reason, str(fault)) from fault
                self.mended = True
                again = mend(prompt, answer.text, fault)
                answer = await self.asker.ask("author", author, "mend", again, seed=self.seed)
                self.answers.append(answer)

    async def judges(self, asked: Sequence[tuple[Member, str, Rendered]]) -> list[Answer | None]:
        """The judges' replies to (judge, purpose, prompt), side by side; None where a server refused the request."""
        found = await asyncio.gather(*(self._judge(*each) for each in asked))
        for (member, purpose, _), answer in zip(asked, found, strict=True):
            if answer is None:
                self.refusals.append(Refusal(purpose, member.model))
            else:
                self.answers.append(answer)
        return found

    async def _judge(self, member: Member, purpose: str, prompt: Rendered) -> Answer | None:
        try:
            return await self.asker.ask("judge", member, purpose, prompt, seed=self.seed)
        except RequestRefused:
            return None

    async def passing(self, programs: Sequence[Solution]) -> list[bool]:
        """Which programs pass the tests of the parent's proof."""
        return await self.prover.passing(self.parent, [each.program for each in programs])


def seed_of(seed: int, name: str, version: str, parent: PreferenceTask, slot: int) -> int:
    """The leaf of the seed tree for one proposal."""
    return int(text_digest(f"{seed}/{name}/{version}/{parent.digest}/{slot}")[:12], 16)

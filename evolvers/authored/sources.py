"""What models say of a proposal, asked of them now."""

from __future__ import annotations

from collections.abc import Sequence

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..protocol import Executed, Rows
from .calls import Asker, Panel
from .clarifying import Clarification, read, request
from .developing import Settings, Subject
from .drafting import Asked, Rejected, drafted, more_inputs
from .json_reply import read_object
from .planning import PLAN, planned
from .protocol import Draft, Hints, UnusableReply
from .solving import Solution, solve


class Live:
    """Asks the panel; see ``developing.Source``. asked: everything that was asked, for certificate and bill."""

    def __init__(self, subject: Subject, hints: Hints, panel: Panel, asker: Asker, settings: Settings) -> None:
        self._subject, self._hints, self._panel = subject, hints, panel
        self._asker, self._settings = asker, settings
        self.asked = Asked()
        # Solutions of a parent, and observations on it, are the same for all of its children, and are not part of one
        # proposal's bill.
        self.asked_of_parent = Asked()

    @property
    def panel(self) -> Panel:
        """Who is asked."""
        return self._panel

    async def draft(self) -> Draft:
        """The author's, mended at most once."""
        subject, hints = self._subject, self._hints
        if hints.strategy == PLAN:
            hints = await planned(
                subject.operator,
                subject.parents,
                subject.observed,
                hints,
                self._panel,
                self._asker,
                subject.seed,
                self.asked_of_parent,
            )
        return await drafted(
            subject.operator,
            subject.parents,
            subject.observed,
            hints,
            self._panel,
            self._asker,
            subject.seed,
            self.asked,
        )

    async def more_inputs(self, draft: Draft, places: Sequence[str]) -> Rows:
        """The author's."""
        return await more_inputs(draft, places, self._panel, self._asker, self._subject.seed, self.asked)

    async def solutions(self, task: CodeTask) -> list[Solution]:
        """The solvers', in turn."""
        return await self._solutions(task, self._subject.seed, "solve", self.asked)

    async def parent_solutions(self, parent: CodeTask) -> list[Solution]:
        """The solvers', in turn; the same for every proposal of one parent."""
        seed = int(text_digest(f"solutions of {parent.digest}")[:12], 16)
        return await self._solutions(parent, seed, "solve parent", self.asked_of_parent)

    async def _solutions(self, task: CodeTask, seed: int, purpose: str, asked: Asked) -> list[Solution]:
        found = await solve(task, self._panel, self._asker, seed, self._settings.solutions, purpose)
        asked.answers += [answer for _, answer in found if answer is not None]
        return [solution for solution, _ in found]

    def said_before(self) -> tuple[Clarification, ...]:
        """Nothing yet."""
        return ()

    async def clarify(self, draft: Draft, row: Executed, others: Sequence[Executed]) -> Clarification:
        """The author's; a reply that cannot be used leaves the task ambiguous."""
        prompt = request(draft, row, others)
        author = self._panel.author
        answer = await self._asker.ask("author", author, "clarify", prompt, seed=self._subject.seed)
        self.asked.answers.append(answer)
        try:
            return read(draft, row, read_object(answer.text))
        except UnusableReply as fault:
            raise Rejected("ambiguous", f"the clarification cannot be used: {fault}") from fault

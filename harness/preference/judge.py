"""Asking for a written verdict on two responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks.preference import PreferenceTask
from ..endpoint.api import Endpoint, RequestRefused, Sampling
from .api import Said
from .forced_choice import chat_messages
from .labels import labels_for
from .loglik import refused
from .question_layout import LABELS
from .questions import JUDGE, Labels, Question
from .verdicts import ends_with_verdict, last_verdict, why_unreadable


@dataclass(frozen=True, slots=True)
class Judge:
    """Shows two responses and reads the last verdict of the reply (see ``Chooser``).

    What a model thinks aloud is told apart first, so a verdict that it only considers there does not count. system,
    fields: the system message, and further fields of each request.
    """

    endpoint: Endpoint
    model: str
    sampling: Sampling = Sampling()
    labels: Labels = LABELS
    question: Question = JUDGE
    system: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def body(self, task: PreferenceTask, first: str, second: str, epoch: int = 0) -> dict[str, Any]:
        """The JSON of the request."""
        asked = chat_messages(self.system, self.question.text(task, first, second, labels_for(task, self.labels)))
        return {"model": self.model, "messages": asked, **self.sampling.fields(epoch), **self.fields}

    async def choose(self, task: PreferenceTask, first: str, second: str, *, epoch: int = 0) -> Said:
        """See ``Chooser.choose``."""
        try:
            response = await self.endpoint.ask(self.body(task, first, second, epoch), epoch=epoch)
        except RequestRefused as refusal:
            raise refused(refusal) from refusal
        reply = response.replies[0]
        choice = last_verdict(reply.text, labels_for(task, self.labels))
        if reply.finish_reason == "length" and not ends_with_verdict(reply.text):
            choice = "none"  # what it would have come to is not known
        return Said(
            choice,
            reply.text,
            None,
            why_unreadable(reply.text, reply.finish_reason) if choice == "none" else "",
            reply.reasoning,
            reply.finish_reason,
            response.input_tokens,
            response.output_tokens,
        )

"""Asking for the label of one of two responses: by its probability where the server tells it, else by what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks.preference import PreferenceTask
from ..endpoint.api import EndpointDown, RequestRefused, Sampling
from ..endpoint.responses import UnusableResponse, read_response
from .api import Choice, NotScorable, Said
from .label_shares import first_share
from .labels import labels_for
from .loglik import Fetcher, refused
from .question_layout import LABELS
from .questions import FORCED_CHOICE, Labels, Question
from .verdicts import stated_label, why_unreadable

TOPS = (20, 5)
"""Alternatives that a server is asked for at each token: as many as OpenAI allows, else as few as most do."""


@dataclass(frozen=True, slots=True)
class ForcedChoice:
    """Shows two responses and asks for a label (see ``Chooser``).

    top: alternatives that the server tells at each token; 0 where it tells no log-probabilities. labels: by position,
    for tasks that ask for none of their own. system, fields: the system message, and further fields of each request.
    """

    client: Fetcher
    model: str
    sampling: Sampling = Sampling()
    top: int = 0
    labels: Labels = LABELS
    question: Question = FORCED_CHOICE
    system: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def body(self, task: PreferenceTask, first: str, second: str, epoch: int = 0) -> dict[str, Any]:
        """The JSON of the request."""
        told = {"logprobs": True, "top_logprobs": self.top} if self.top else {}
        asked = chat_messages(self.system, self.question.text(task, first, second, labels_for(task, self.labels)))
        return {"model": self.model, "messages": asked, **told, **self.sampling.fields(epoch), **self.fields}

    async def choose(self, task: PreferenceTask, first: str, second: str, *, epoch: int = 0) -> Said:
        """See ``Chooser.choose``."""
        try:
            payload = await self.client.fetch("/chat/completions", self.body(task, first, second, epoch))
        except RequestRefused as refusal:
            raise refused(refusal) from refusal
        try:
            response = read_response(payload, "chat", 1)
        except UnusableResponse as error:
            raise EndpointDown(f"{error}{f': {error.said}' if error.said else ''}") from error
        reply, labels = response.replies[0], labels_for(task, self.labels)
        if reply.finish_reason == "content_filter":
            raise NotScorable("refused: the reply was withheld by a content filter")
        # after thinking aloud the first token of the text is not the first that was said
        share = None if reply.reasoning or not self.top else first_share(payload, labels)
        cut = reply.finish_reason == "length"
        choice = stated_label(reply.text, labels, cut=cut) if share is None else _by_share(share)
        return Said(
            choice,
            reply.text,
            share,
            why_unreadable(reply.text, reply.finish_reason) if choice == "none" else "",
            reply.reasoning,
            reply.finish_reason,
            response.input_tokens,
            response.output_tokens,
        )


def _by_share(share: float) -> Choice:
    return "first" if share > 0.5 else "second" if share < 0.5 else "tie"


def chat_messages(system: str | None, question: str) -> list[dict[str, str]]:
    """The messages of a request: the question, after the system message where there is one."""
    head = [] if system is None else [{"role": "system", "content": system}]
    return [*head, {"role": "user", "content": question}]

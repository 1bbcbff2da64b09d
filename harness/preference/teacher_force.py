"""llama.cpp's /completion, one token of the response at a time: each is made the only choice, and its own
log-probability, which the server computes before any bias, is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks.preference import Message
from .api import NotScorable
from .loglik import Fetcher, PromptTokens, checked_logprob, member, whole

_FORCE = 10_000.0
"""Added to the logit of the one token that is to come."""


@dataclass(frozen=True, slots=True)
class TeacherForceReader:
    """See ``Reader``: it needs token ids, and asks once for each token from ``start`` on, in order, so that the server
    can keep what it has computed.
    """

    client: Fetcher
    model: str
    sampling: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 1})
    cache_prompt: bool = True

    async def read(self, text: str, ids: Sequence[int] | None, start: int) -> PromptTokens:
        """See ``Reader``."""
        if ids is None:
            raise NotScorable("no_tokens: one token at a time can only be asked for by their ids")
        found = [await self._one(ids[:place], ids[place]) for place in range(start, len(ids))]
        values = [value for _, value in found]
        if len(values) > 1 and not any(values):
            raise NotScorable("zeros: every log-probability is exactly 0 (that of the forced choice, not the model's)")
        before = tuple(map(str, ids[:start]))
        return PromptTokens((*before, *(token for token, _ in found)), (*([None] * start), *values), tuple(ids))

    async def _one(self, before: Sequence[int], wanted: int) -> tuple[str, float]:
        body = {
            "model": self.model,
            "prompt": list(before),
            "n_predict": 1,
            "n_probs": 1,
            "post_sampling_probs": False,
            "logit_bias": [[wanted, _FORCE]],
            "cache_prompt": self.cache_prompt,
            **self.sampling,
        }
        return read_forced(await self.client.fetch("../completion", body), len(before), wanted)


def read_forced(payload: Any, before: int, wanted: int) -> tuple[str, float]:
    """Text and log-probability of the token that was forced; NotScorable where the reply does not tell them."""
    counted = whole(member(payload, "tokens_evaluated"))
    if member(payload, "truncated") is True or (counted is not None and counted < before):
        raise NotScorable(f"too_long: the server cut a prompt of {before} tokens")
    entry = member(payload, "completion_probabilities", 0)
    value = member(entry, "logprob")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotScorable("no_logprobs: /completion tells no log-probability of the token that it sampled")
    if member(entry, "id") != wanted:
        raise NotScorable("not_forced: another token was sampled than the one that logit_bias left")
    token = member(entry, "token")
    return token if isinstance(token, str) else str(wanted), checked_logprob(value)


@dataclass(frozen=True, slots=True)
class ServerPrompting:
    """The model's own chat template, by llama.cpp's /apply-template (see ``Prompting``)."""

    client: Fetcher
    model: str

    async def prompt(self, messages: Sequence[Message]) -> str:
        """See ``Prompting``."""
        body = {"model": self.model, "messages": [each.to_json() for each in messages]}
        text = member(await self.client.fetch("../apply-template", body), "prompt")
        if not isinstance(text, str) or not text:
            raise NotScorable("no_template: /apply-template gives no prompt")
        return text

    def continuation(self, response: str) -> str:
        """See ``Prompting``."""
        return response

"""``echo`` and ``logprobs`` on /v1/completions: the prompt comes back with the log-probabilities of its tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .api import NotScorable
from .boundary import aligned_ends
from .loglik import Fetcher, PromptTokens, checked_logprobs, member, whole, whole_numbers

_TOKEN_ID = re.compile(r"token_id:(\d{1,9})")
_LEAK = 1
"""Some servers return a token more than was asked for."""
_NO_LOGPROBS = "no_logprobs: the reply holds no log-probabilities of the prompt (the server does not know echo)"


@dataclass(frozen=True, slots=True)
class EchoReader:
    """See ``Reader``.

    max_tokens: 1, or 0 for servers that generate nothing; what is generated is cut off. sampling: more fields of the
    request; temperature 1 leaves log-probabilities alone also where a server applies it to them.
    """

    client: Fetcher
    model: str
    max_tokens: int = 1
    sampling: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 1})

    async def read(self, text: str, ids: Sequence[int] | None, start: int) -> PromptTokens:
        """See ``Reader``."""
        body: dict[str, Any] = {"model": self.model, "echo": True, "logprobs": 1, "max_tokens": self.max_tokens}
        body |= self.sampling
        if ids is None:
            body["prompt"] = text
        else:
            body |= {"prompt": list(ids), "return_token_ids": True}
        return read_echo(await self.client.fetch("/completions", body), text, ids, self.max_tokens)


def read_echo(payload: Any, text: str, ids: Sequence[int] | None, max_tokens: int) -> PromptTokens:
    """The prompt's tokens in a reply, verified to be those that were sent.

    Raises:
        NotScorable: it holds no log-probabilities, or not those of the whole prompt and nothing else.
    """
    choice = member(payload, "choices", 0)
    tokens, values = member(choice, "logprobs", "tokens"), member(choice, "logprobs", "token_logprobs")
    if not isinstance(tokens, list) or not isinstance(values, list) or not tokens:
        raise NotScorable(_NO_LOGPROBS)
    if len(tokens) != len(values) or not all(isinstance(token, str) for token in tokens):
        raise NotScorable(f"length: {len(tokens)} tokens and {len(values)} log-probabilities came back")
    counted = whole(member(payload, "usage", "prompt_tokens"))
    count = _prompt_length(tokens, text, ids, counted, max_tokens)
    tokens, logprobs = tuple(tokens[:count]), checked_logprobs(values[:count])
    if ids is not None:
        _check_ids(tokens, whole_numbers(member(choice, "prompt_token_ids")), text, ids)
    return PromptTokens(tokens, logprobs, None if ids is None else tuple(ids))


def _prompt_length(
    tokens: Sequence[str], text: str, ids: Sequence[int] | None, counted: int | None, max_tokens: int
) -> int:
    """How many of the tokens are the prompt's; what follows was generated."""
    if ids is not None:
        expected = len(ids)
        if counted is not None and counted != expected:
            kind = "too_long" if counted < expected else "length"
            raise NotScorable(f"{kind}: {expected} tokens were sent, the server counts {counted}")
    else:
        last = len(tokens)
        possible = [counted] if counted is not None else [last - max_tokens, last, last - max_tokens - _LEAK]
        fitting = [count for count in possible if count > 0 and aligned_ends(tokens[:count], text) is not None]
        if not fitting:
            raise _not_the_text(tokens, text, counted, max_tokens)
        expected = fitting[0]
    if len(tokens) < expected:
        if len(tokens) <= max_tokens:
            raise NotScorable(_NO_LOGPROBS)
        raise NotScorable(f"too_long: {len(tokens)} log-probabilities came back for a prompt of {expected} tokens")
    if len(tokens) > expected + max_tokens + _LEAK:
        raise NotScorable(f"length: {len(tokens)} log-probabilities came back for a prompt of {expected} tokens")
    return expected


def _not_the_text(tokens: Sequence[str], text: str, counted: int | None, max_tokens: int) -> NotScorable:
    """Why tokens that are not the text's are not: no echo, a cut text, or something that cannot be told."""
    if len(tokens) <= max_tokens:
        return NotScorable(_NO_LOGPROBS)
    if counted and any(aligned_ends(tokens[:count], text) is not None for count in range(max(1, counted - 2), counted)):
        return NotScorable(
            f"length: the server counts {counted} tokens, more than the text has; a generated one leaked"
        )
    kept = [tokens[:count] for count in {counted or 0, len(tokens), len(tokens) - max_tokens} if count > 0]
    cut = {"".join(part) for part in kept} | {"".join(part[1:]) for part in kept}
    if any(len(part) < len(text) and part and (text.startswith(part) or text.endswith(part)) for part in cut):
        return NotScorable("too_long: the server cut the prompt and scored what was left")
    return NotScorable("shifted: the tokens that came back are not those of the text that was sent")


def _check_ids(tokens: Sequence[str], told: Sequence[int] | None, text: str, ids: Sequence[int]) -> None:
    """NotScorable unless the reply is about the ids that were sent: by its own ids, or by the texts of its tokens."""
    if told is not None:
        if list(told) != list(ids):
            raise NotScorable("shifted: the token ids that came back are not those that were sent")
        return
    written = [_TOKEN_ID.fullmatch(token) for token in tokens]
    if all(written):
        if [int(found[1]) for found in written if found] != list(ids):
            raise NotScorable("shifted: the token ids that came back are not those that were sent")
    elif aligned_ends(tokens, text) is None:
        raise NotScorable("shifted: the tokens that came back are not those of the text that was sent")

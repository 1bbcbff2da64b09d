"""vLLM's ``prompt_logprobs``: log-probabilities of a prompt's tokens, on completions and, alone of all ways, on chat.

On chat the response is put into a last message of the assistant's, so that the server's own template makes the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks.preference import Message
from ..endpoint.api import RequestRefused
from .api import NotScorable, TokenScores
from .boundary import aligned_ends, covered, shared_start
from .loglik import Fetcher, PromptTokens, all_of, byte_count, checked_logprobs, member, refused, whole_numbers
from .loglik_tokenizer import ServerTokenizer

_UNTOLD = -1
"""Stands for the id of a first token, which the field has no entry for."""
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class PromptLogprobsReader:
    """See ``Reader``: by /v1/completions. top: likeliest tokens that are asked for beside the prompt's own."""

    client: Fetcher
    model: str
    top: int = 0
    sampling: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 1})

    async def read(self, text: str, ids: Sequence[int] | None, start: int) -> PromptTokens:
        """See ``Reader``."""
        prompt = text if ids is None else list(ids)
        body = {"model": self.model, "prompt": prompt, **_fields(self.top, self.sampling)}
        found = read_prompt_logprobs(await self.client.fetch("/completions", body), ids)
        if ids is None and aligned_ends(found.tokens, text) is None:
            raise NotScorable("shifted: the tokens that came back are not those of the text that was sent")
        return found


def _fields(top: int, sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {"prompt_logprobs": top, "max_tokens": 1, "return_token_ids": True, **sampling}


def read_prompt_logprobs(payload: Any, sent: Sequence[int] | None = None) -> PromptTokens:
    """The prompt's tokens in a reply.

    sent: the ids that were sent, where they were. Each entry holds the prompt's own token, perhaps beside likelier
    ones; the ids tell which it is.

    Raises:
        NotScorable: it holds none, or not those that were sent.
    """
    rows = member(payload, "choices", 0, "prompt_logprobs") or member(payload, "prompt_logprobs")
    if not isinstance(rows, list) or not rows:
        raise NotScorable("no_logprobs: the reply has no prompt_logprobs (the server does not know the field)")
    told = member(payload, "choices", 0, "prompt_token_ids") or member(payload, "prompt_token_ids")
    ids = whole_numbers(told)
    if sent is not None:
        if ids is not None and list(ids) != list(sent):
            kind = "too_long" if len(ids) < len(sent) else "shifted"
            raise NotScorable(f"{kind}: the token ids that came back are not those that were sent")
        ids = tuple(sent)
    if ids is not None and len(rows) != len(ids):
        kind = "too_long" if len(rows) < len(ids) else "length"
        raise NotScorable(f"{kind}: {len(rows)} log-probabilities came back for a prompt of {len(ids)} tokens")
    found = [_own(row, None if ids is None else ids[place]) for place, row in enumerate(rows)]
    logprobs = checked_logprobs([value for _, _, value in found])
    return PromptTokens(tuple(text for _, text, _ in found), logprobs, ids or tuple(number for number, _, _ in found))


def _own(row: Any, number: int | None) -> tuple[int, str, Any]:
    """Id, text and log-probability of the prompt's own token in an entry."""
    if row is None:
        return (_UNTOLD, "", None) if number is None else (number, "", None)
    if not isinstance(row, Mapping) or not row:
        raise NotScorable("no_logprobs: an entry of prompt_logprobs is no object of tokens")
    key = str(number) if number is not None else next(iter(row)) if len(row) == 1 else None
    if key is None:
        raise NotScorable("no_tokens: several tokens in an entry, and the server does not tell which is the prompt's")
    if key not in row:
        raise NotScorable("shifted: an entry of prompt_logprobs does not hold the prompt's own token")
    text = member(row, key, "decoded_token")
    told = int(key) if key.isdecimal() and len(key) <= _MOST_DIGITS else _UNTOLD
    return told, text if isinstance(text, str) else key, member(row, key, "logprob")


@dataclass(frozen=True, slots=True)
class ChatLogLikelihoods:
    """Scores responses as the assistant's last message (see ``LogLikelihoods``), by the server's chat template.

    continues: the server leaves the last message open where ``continue_final_message`` asks for it. end_of_turn: score
    the token that closes it as well. tokenizer: the server's, where it has one; it saves a request for each task.
    """

    client: Fetcher
    model: str
    top: int = 0
    continues: bool = True
    end_of_turn: bool = False
    tokenizer: ServerTokenizer | None = None
    sampling: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 1})

    async def score(self, messages: Sequence[Message], responses: Sequence[str]) -> tuple[TokenScores, ...]:
        """See ``LogLikelihoods.score``."""
        try:
            return await self._score(messages, responses)
        except RequestRefused as refusal:
            raise refused(refusal) from refusal

    async def _score(self, messages: Sequence[Message], responses: Sequence[str]) -> tuple[TokenScores, ...]:
        prompt, *reads = await all_of(
            [self.prompt(messages), *(self.read(messages, response) for response in responses)]
        )
        fulls = [_ids(read) for read in reads]
        start = shared_start(_like(_ids(prompt), fulls), fulls)
        if start.place < len(_ids(prompt)) and not prompt.tokens:
            prompt = await self._request(messages, {"add_generation_prompt": True})
        tail = "".join(prompt.tokens[start.place :]) if any(start.merged) or prompt.tokens else ""
        scores = []
        for read, response, merged in zip(reads, responses, start.merged, strict=True):
            end, text = self._end(read.tokens, start.place, tail, response)
            scores.append(read.scores(start.place, end, byte_count(text), merged))
        return tuple(scores)

    async def prompt(self, messages: Sequence[Message]) -> PromptTokens:
        """The tokens before the response; without texts where the tokenizer tells them."""
        ids = await self.tokenizer.chat_ids(messages) if self.tokenizer is not None else None
        if ids is not None:
            return PromptTokens((), (), ids)
        return await self._request(messages, {"add_generation_prompt": True})

    async def read(self, messages: Sequence[Message], response: str) -> PromptTokens:
        """The tokens of the conversation with the response, and perhaps what closes it."""
        fields: dict[str, Any] = {"add_generation_prompt": False}
        if self.continues and not self.end_of_turn:
            fields["continue_final_message"] = True
        return await self._request([*messages, Message("assistant", response)], fields)

    async def _request(self, messages: Sequence[Message], fields: Mapping[str, Any]) -> PromptTokens:
        rows = [each.to_json() for each in messages]
        body = {"model": self.model, "messages": rows, **fields, **_fields(self.top, self.sampling)}
        return read_prompt_logprobs(await self.client.fetch("/chat/completions", body))

    def _end(self, tokens: Sequence[str], start: int, tail: str, response: str) -> tuple[int, str]:
        """The place after the last token that is scored, and the response as the template left it."""
        for text in dict.fromkeys((response, response.strip())):  # many templates trim
            count = covered(tokens[start:], tail + text)
            if count is not None:
                break
        else:
            raise NotScorable("altered: the server's chat template does not leave the response as it is")
        if not self.end_of_turn:
            return start + count, text
        if len(tokens) <= start + count:
            raise NotScorable("end_of_turn: the server's chat template does not close the assistant's message")
        return start + count + 1, text


def _ids(read: PromptTokens) -> tuple[int, ...]:
    return read.ids or ()


def _like(prompt: tuple[int, ...], fulls: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The prompt's ids, without that of the first token where the others do not tell it."""
    return (_UNTOLD, *prompt[1:]) if prompt and any(full[:1] == (_UNTOLD,) for full in fulls) else prompt

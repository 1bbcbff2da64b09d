"""Log-likelihoods of responses from what a server says about the tokens of a prompt, whichever way it says it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ...benchmarks.preference import Message
from ..endpoint.api import EndpointRefused, RequestRefused
from .api import LEAST_LOGPROB, NotScorable, TokenScores
from .boundary import Start, aligned_ends, shared_start, shared_start_by_text
from .loglik_template import PlainTemplate
from .loglik_tokenizer import ServerTokenizer

Value = TypeVar("Value")
_ROUNDING = 1e-6
"""A log-probability of a certain token may be so little above 0."""


class Fetcher(Protocol):
    """What is needed of a client: ``OpenAIEndpoint.fetch``."""

    async def fetch(self, path: str, body: Mapping[str, Any]) -> Any:
        """See ``OpenAIEndpoint.fetch``."""


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """The tokens of one prompt: their texts, their log-probabilities (None where none was asked for, as of the first),
    and their ids where the server told them.
    """

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    ids: tuple[int, ...] | None = None

    def scores(self, start: int, end: int, utf8_bytes: int, merged: bool) -> TokenScores:
        """Those of a part; NotScorable where one of it has no log-probability."""
        part = [value for value in self.logprobs[start:end] if value is not None]
        if len(part) != end - start:
            raise NotScorable("no_logprobs: a token of the response has none")
        return TokenScores(self.tokens[start:end], tuple(part), start, utf8_bytes, merged)


class Reader(Protocol):
    """A way of asking for the log-probabilities of a given text."""

    async def read(self, text: str, ids: Sequence[int] | None, start: int) -> PromptTokens:
        """The tokens of a text, all of them and nothing else.

        ids: the text's tokens where they are known; they are what is sent then. start: log-probabilities before this
        token need not be there.

        Raises:
            NotScorable: the server cannot score this text, or what it says cannot be true.
            InfraError: it failed.
        """


class Prompting(Protocol):
    """How a conversation becomes text."""

    async def prompt(self, messages: Sequence[Message]) -> str:
        """All that precedes the response."""

    def continuation(self, response: str) -> str:
        """The response as it follows it, with the end of its turn where that is scored."""


@dataclass(frozen=True, slots=True)
class PlainPrompting:
    """By a plain template. end_of_turn: score what ends the turn as well."""

    template: PlainTemplate
    end_of_turn: bool = False

    async def prompt(self, messages: Sequence[Message]) -> str:
        """See ``Prompting``."""
        return self.template.prompt(messages)

    def continuation(self, response: str) -> str:
        """See ``Prompting``."""
        return self.template.continuation(response) + (self.template.end_of_turn if self.end_of_turn else "")


@dataclass(frozen=True, slots=True)
class TextLogLikelihoods:
    """Scores responses as continuations of a text (see ``LogLikelihoods``).

    tokenizer: the server's own, where it has one: prompts are sent as token ids then, and the boundary is exact.
    """

    reader: Reader
    prompting: Prompting
    tokenizer: ServerTokenizer | None = None

    async def score(self, messages: Sequence[Message], responses: Sequence[str]) -> tuple[TokenScores, ...]:
        """See ``LogLikelihoods.score``."""
        try:
            return await self._score(messages, responses)
        except RequestRefused as refusal:
            raise refused(refusal) from refusal

    async def _score(self, messages: Sequence[Message], responses: Sequence[str]) -> tuple[TokenScores, ...]:
        prompt = await self.prompting.prompt(messages)
        texts = [prompt + self.prompting.continuation(response) for response in responses]
        if self.tokenizer is None:
            reads = await all_of(self.reader.read(text, None, 1) for text in texts)
            start = _start_by_text(prompt, texts, reads)
        else:
            tokenizer = self.tokenizer
            of_prompt, *of_texts = await all_of(tokenizer.ids(text) for text in (prompt, *texts))
            start = shared_start(of_prompt, of_texts)
            for ids in of_texts:
                tokenizer.check_fits(len(ids))
            reads = await all_of(
                self.reader.read(text, ids, start.place) for text, ids in zip(texts, of_texts, strict=True)
            )
        return tuple(
            read.scores(start.place, len(read.tokens), byte_count(response), merged)
            for read, response, merged in zip(reads, responses, start.merged, strict=True)
        )


def _start_by_text(prompt: str, texts: Sequence[str], reads: Sequence[PromptTokens]) -> Start:
    ends = []
    for text, read in zip(texts, reads, strict=True):
        found = aligned_ends(read.tokens, text)
        if found is None:
            raise NotScorable("shifted: the tokens that came back are not those of the text that was sent")
        ends.append(found)
    return shared_start_by_text(ends, [read.tokens for read in reads], byte_count(prompt))


async def all_of(works: Iterable[Awaitable[Value]]) -> list[Value]:
    """All results in order; where some failed, the first failure, once all have ended."""
    found = await asyncio.gather(*works, return_exceptions=True)
    results = []
    for each in found:
        if isinstance(each, BaseException):
            raise each
        results.append(each)
    return results


def refused(refusal: RequestRefused) -> NotScorable:
    """The refusal of one request, as the reason why its task has no score."""
    return NotScorable(f"{'too_long' if refusal.too_long else 'refused'}: {refusal}")


def byte_count(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def checked_logprobs(values: Sequence[Any]) -> tuple[float | None, ...]:
    """The log-probabilities of a whole prompt as a server gives them: None for the first, numbers for all others.

    Raises:
        NotScorable: they cannot be log-probabilities of a prompt; the first word says how.
    """
    if not values or values[0] is not None:
        raise NotScorable("shifted: the first token has a log-probability, though nothing precedes it")
    found: list[float | None] = [None]
    for place, value in enumerate(values[1:], 1):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise NotScorable(f"no_logprobs: token {place} of {len(values)} has no log-probability")
        found.append(checked_logprob(value))
    if len(found) > 1 and not any(found[1:]):
        raise NotScorable("zeros: every log-probability is exactly 0")
    return tuple(found)


def checked_logprob(value: float) -> float:
    """One log-probability; NotScorable where it is none. JSON knows whole numbers that no float can hold."""
    number = as_float(value)
    if not math.isfinite(number):
        raise NotScorable(f"not_a_number: a log-probability is {number}")
    if number > _ROUNDING:
        raise NotScorable(f"positive: a log-probability is {number:g}, above 0")
    if number < LEAST_LOGPROB:
        raise NotScorable(f"not_a_number: a log-probability is {number:g}, which no model computes")
    return min(number, 0.0)


def as_float(value: float) -> float:
    """A number of decoded JSON; infinite where it is a whole number beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def member(value: Any, *path: str | int) -> Any:
    """What stands at a path in decoded JSON, None where the path ends early."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def whole(value: Any) -> int | None:
    """A whole number that is not negative, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def whole_numbers(value: Any) -> tuple[int, ...] | None:
    """Token ids, None for anything else."""
    if not isinstance(value, list) or any(whole(each) is None for each in value):
        return None
    return tuple(value)


__all__ = [
    "EndpointRefused",
    "Fetcher",
    "PlainPrompting",
    "PromptTokens",
    "Prompting",
    "Reader",
    "TextLogLikelihoods",
]

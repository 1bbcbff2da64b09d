"""Where a response begins among the tokens of prompt and response together.

A tokenizer may merge the end of the prompt with the beginning of the response, so the tokens of "prompt + response"
need not begin with those of the prompt. Scoring then starts at the longest common prefix, which is before the response
itself, and it starts at one place for all responses of a task: P(rest of the prompt and response | common beginning) is
comparable, sums from different places are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from .api import NotScorable
from .boundary_trail import Trail

Token = TypeVar("Token")


@dataclass(frozen=True, slots=True)
class Start:
    """place: of the first token that is scored. merged: for each response, whether the prompt's end merged into it."""

    place: int
    merged: tuple[bool, ...]


def common_prefix(one: Sequence[Token], other: Sequence[Token]) -> int:
    """Number of tokens that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def shared_start(prompt: Sequence[Token], fulls: Sequence[Sequence[Token]]) -> Start:
    """Where to start, from the tokens of the prompt alone and of the prompt with each response.

    Raises:
        NotScorable: a response adds no token, or nothing precedes it that it could be conditioned on.
    """
    common = [common_prefix(prompt, full) for full in fulls]
    return _start(min(common), [each < len(prompt) for each in common], [len(full) for full in fulls])


def shared_start_by_text(ends: Sequence[Sequence[int]], tokens: Sequence[Sequence[str]], prompt_bytes: int) -> Start:
    """The same where the prompt's own tokens are not known.

    ends: for each response, the byte where each token of prompt and response ends (``aligned_ends``). Starts at the
    last place that is no later than the prompt's end and up to which all responses have the same tokens.
    """
    within = [sum(1 for _ in takewhile(lambda end: end <= prompt_bytes, each)) for each in ends]
    place = min(within)
    for other in tokens[1:]:
        place = min(place, common_prefix(tokens[0], other))
    merged = [count == 0 or each[count - 1] < prompt_bytes for count, each in zip(within, ends, strict=True)]
    return _start(place, merged, [len(each) for each in ends])


def _start(place: int, merged: Iterable[bool], lengths: Sequence[int]) -> Start:
    if place < 1:
        raise NotScorable("boundary: no token precedes the response, so that its first one has no log-probability")
    if min(lengths) <= place:
        raise NotScorable("boundary: a response adds no token to the prompt")
    return Start(place, tuple(merged))


def aligned_ends(tokens: Sequence[str], text: str) -> list[int] | None:
    """For each token the latest byte of the text (in UTF-8) where it can end; None where the tokens are not the text.

    Servers write tokens down in several ways, and all of them are followed: pieces of a character as ``bytes:\\xe2``
    (OpenAI) or as U+FFFD (vLLM), a first token that has no text (``<s>``), pieces that lost a leading space. Tokens
    beyond the text's end are not allowed.
    """
    trail = Trail(text)
    if not tokens or trail.follow(tokens) < len(tokens):
        return None
    return trail.latest()


def covered(tokens: Sequence[str], text: str) -> int | None:
    """How many of the tokens make up a text that stands inside a prompt, more following; None where no number does."""
    trail = Trail(text, inside=True)
    followed = trail.follow(tokens)
    found = [number for number in range(1, followed + 1) if trail.may_end(number)]
    # the end of a character may come in several pieces, each of which could be the last; a token without text is none
    return next((number for number in reversed(found) if tokens[number - 1]), found[0] if found else None)

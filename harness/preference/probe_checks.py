"""What log-probabilities of a prompt must be like, whatever the model: tests of a way to ask for them.

Each test makes a fault of real servers visible: values that are all 0 or all the same, that belong to another prompt (a
cache), to the next or the previous token, that sampling has altered, or that are another's at every request.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..endpoint.api import RequestRefused
from .api import NotScorable
from .boundary import common_prefix
from .loglik import PromptTokens

Read = Callable[[str, Mapping[str, Any]], Awaitable[PromptTokens]]
"""Reads the log-probabilities of a text, with more fields in the request."""

SENTENCE = "The step of boiling water is: 100"
_BEGINNINGS = ("The step", "The step of boiling water")
_ENDINGS = ("a", "b", "c", "7")
_REPEATED = "red fox, blue hat, red fox, blue hat, red fox, blue hat, red fox, blue hat"
_SCRAMBLED = "hat fox red, blue, fox blue hat red blue, red, hat fox hat, fox blue red,"
_MEAN, _MOST = 0.01, 0.25
"""Differences in nats that are still the same value: on average over a text's tokens, and at any one. Half-precision
logits are multiples of up to 1/8.
"""
EQUAL = "equal:"
"""Begins the note on a model whose tokens are all equally likely: a control, or a server that computes nothing. Whoever
wants it must ask for it by name.
"""
_WHOLE, _LARGEST = 0.05, 20.0
"""How far from a whole number the size of a vocabulary may be, for rounding; and the logarithm of the largest."""
_PLAIN: Mapping[str, Any] = {"temperature": 1}
_LONG = 3_000


async def check(read: Read) -> list[str]:
    """Test a way of asking; what is worth knowing about it.

    Raises:
        NotScorable: its values cannot be trusted; the first word says what is wrong with them.
    """
    whole = await read(SENTENCE, _PLAIN)
    constant = _constant(whole)
    if constant is not None:
        return [f"{EQUAL} every token has the same log-probability ({constant:g}), so that shorter is likelier"]
    notes = [_require_same(whole, await read(SENTENCE, _PLAIN), "noise: the same request gives other values")]
    await _check_last_token(read)
    notes.append(_require_same(whole, await read(SENTENCE, _PLAIN), "stale: values change when other texts are asked"))
    await _check_beginnings(read, whole)
    notes.append(await _check_temperature(read, whole))
    notes.append(await _context_note(read))
    return list(dict.fromkeys(note for note in notes if note))


def _constant(read: PromptTokens) -> float | None:
    """The one value of all tokens, None where there are several.

    NotScorable where it is not the logarithm of one share of a whole number of tokens, which no model can have.
    """
    values = {value for value in read.logprobs[1:] if value is not None}
    if len(read.logprobs) <= 4 or len(values) > 1:
        return None
    value = values.pop()
    size = math.exp(min(-value, _LARGEST))
    if round(size) < 2 or abs(size - round(size)) > _WHOLE:
        raise NotScorable(f"equal: every token has the same log-probability ({value:g})")
    return value


def _require_same(one: PromptTokens, other: PromptTokens, fault: str) -> str:
    """A note of a difference that is small enough."""
    if one.tokens != other.tokens:
        raise NotScorable(f"{fault} (the tokens differ)")
    most = _require_close(one.logprobs[1:], other.logprobs[1:], fault)
    return f"log-probabilities vary by up to {most:.2g} nats from request to request" if most > 1e-4 else ""


def _require_close(one: Sequence[float | None], other: Sequence[float | None], fault: str) -> float:
    """The greatest difference; NotScorable where it cannot be rounding."""
    gaps = [abs((left or 0.0) - (right or 0.0)) for left, right in zip(one, other, strict=True)]
    most, mean = max(gaps, default=0.0), sum(gaps) / max(1, len(gaps))
    if mean > _MEAN or most > _MOST:
        raise NotScorable(f"{fault} (by {most:.3g} nats at one token, {mean:.3g} on average)")
    return most


async def _check_last_token(read: Read) -> None:
    """Texts that differ in their last token alone differ in its value alone, and each keeps its values."""
    texts = [f"{SENTENCE} {ending}" for ending in _ENDINGS]
    reads = [await read(text, _PLAIN) for text in texts]
    first = reads[0]
    places = [common_prefix(first.tokens, other.tokens) for other in reads[1:]]
    if all(_same_at(place, first, other) for place, other in zip(places, reads[1:], strict=True)):
        raise NotScorable(await _why_last_is_lost(read))
    for place, other in zip(places, reads[1:], strict=True):
        _require_close(
            first.logprobs[1:place], other.logprobs[1:place], "stale: what follows a text changes its own values"
        )
    for text, before in zip(texts, reads, strict=True):
        _require_same(
            before, await read(text, _PLAIN), "stale: values change when a text with the same beginning is asked"
        )


def _same_at(place: int, one: PromptTokens, other: PromptTokens) -> bool:
    return one.logprobs[place : place + 1] == other.logprobs[place : place + 1]


async def _why_last_is_lost(read: Read) -> str:
    """Different last tokens have one value: it is a cache's, or each value stands one place too late."""
    reads = [await read(f"{SENTENCE} {ending} x", _PLAIN) for ending in _ENDINGS]
    if all(other.logprobs == reads[0].logprobs for other in reads[1:]):
        return "stale: texts that differ have the same values (of a cache that knows only their beginning)"
    return "shifted: the last token's log-probability is missing, the others stand one place too late"


async def _check_beginnings(read: Read, whole: PromptTokens) -> None:
    """A text's values add up across a split: its beginning has the values alone that it has in the whole text."""
    for text in _BEGINNINGS:
        part = await read(text, _PLAIN)
        common = common_prefix(part.tokens, whole.tokens)
        _require_close(
            part.logprobs[1:common],
            whole.logprobs[1:common],
            "shifted: the values of a text's beginning are not those that it has alone",
        )


async def _check_temperature(read: Read, whole: PromptTokens) -> str:
    try:
        warm = await read(SENTENCE, {"temperature": 0.5})
    except RequestRefused:
        return "whether temperature alters log-probabilities could not be tested: the server takes no other"
    _require_same(whole, warm, "temperature: it alters the log-probabilities")
    return ""


async def _context_note(read: Read) -> str:
    """A model that uses its context finds a text that repeats itself likelier than the same words scrambled."""
    repeated, scrambled = await read(_REPEATED, _PLAIN), await read(_SCRAMBLED, _PLAIN)
    if _tail_mean(repeated) > _tail_mean(scrambled) + 0.1:
        return ""
    return "a text that repeats itself is no likelier than a scrambled one: this model does not use its context"


def _tail_mean(read: PromptTokens) -> float:
    """Mean log-probability of the second half."""
    values = [value for value in read.logprobs[len(read.logprobs) // 2 :] if value is not None]
    return sum(values) / max(1, len(values))


async def long_note(read: Read) -> str:
    """What happens to a text of some thousand tokens: nothing, a refusal, or a cut, which scoring would notice."""
    try:
        await read("one more " * (_LONG // 2) + "end", _PLAIN)
    except NotScorable as error:
        if str(error).startswith(("too_long", "shifted", "length")):
            return f"a prompt of {_LONG} tokens is cut short without a word; such tasks are skipped"
        raise
    except RequestRefused as refusal:
        return (
            f"a prompt of {_LONG} tokens is refused{' as too long' if refusal.too_long else ''}; such tasks are skipped"
        )
    return ""

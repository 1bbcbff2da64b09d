"""Replies that came with a good status and are still not taken at their word.

An empty text may be the model's own answer or a server's mishap; only a server that says the same again and again is
believed. A text that a filter withheld or cut is not the model's.
"""

from __future__ import annotations

from enum import Enum

from .api import Reply

TIMES = 3
"""So many responses in a row must say the same before it is believed."""
_FILTERED = frozenset({"content_filter", "content_filtered", "safety", "recitation", "prohibited_content", "blocklist"})
_ENDED = frozenset(
    {"stop", "length", "eos", "eos_token", "end_turn", "stop_sequence", "max_tokens", "max_length", "model_length"}
)
_CUT = frozenset({"length", "max_tokens", "max_length", "model_length"})


class Doubt(Enum):
    """Why a reply is not an answer yet."""

    EMPTY = "the reply is empty"
    UNEXPLAINED = "the reply is empty and does not say that it is finished"
    FILTERED = "the reply was withheld by a content filter"


def doubt(reply: Reply, output_tokens: int | None) -> Doubt | None:
    """What speaks against taking a reply for the model's answer, None for nothing.

    output_tokens: of the whole response. An empty text for which tokens were spent on reasoning, up to the limit, is
    the model's: asking again would cost as much again.
    """
    finish = (reply.finish_reason or "").lower()
    if finish in _FILTERED:
        return Doubt.FILTERED
    if reply.text.strip() or (reply.reasoning and finish in _ENDED) or (finish in _CUT and output_tokens):
        return None
    return Doubt.EMPTY if finish in _ENDED else Doubt.UNEXPLAINED


def worst(replies: tuple[Reply, ...], output_tokens: int | None) -> Doubt | None:
    """The doubt about a response none of whose replies is beyond doubt; None where one is."""
    found = {doubt(reply, output_tokens) for reply in replies}
    if None in found:
        return None
    return next(each for each in (Doubt.FILTERED, Doubt.UNEXPLAINED, Doubt.EMPTY) if each in found)

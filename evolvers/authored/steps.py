"""Asking an operator, whether it asks once or several times: what is asked next, and the draft in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask
from .protocol import Draft, ModelOperator, Step, Stepped

MAX_ASKS = 8
"""More requests than any operator makes for one draft; whoever asks more is stopped."""


def next_step(
    operator: ModelOperator, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]
) -> Step | None:
    """The request after these replies (one at least, to ``operator.ask``), None when ``draft_of`` can be called.

    UnusableReply is about the last of the replies.
    """
    if not isinstance(operator, Stepped) or len(replies) >= MAX_ASKS:
        return None
    return operator.follow(replies, parents)


def draft_of(operator: ModelOperator, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Draft:
    """The draft that all of an operator's replies make; UnusableReply is about the last of them."""
    if isinstance(operator, Stepped):
        return operator.gather(replies, parents)
    return operator.read(replies[-1], parents)

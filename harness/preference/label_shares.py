"""How likely each label is as the answer, from the log-probabilities of the first token that is one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from .loglik import as_float, member
from .questions import Labels

LEAST_SHARE = 0.5
"""Of both labels together. Below it the answer probably does not begin with a label, and says nothing yet."""
_MARKS = " \t\r\n\u0120\u010a\u2581*_#>`\"'“”‘’()[]{}.,:;!"
_MOST_MARKS = 6
_ROUNDING = 1e-6
_MOST_TOGETHER = 1.02
"""What different tokens can have together, with the rounding of servers that tell few digits."""
Position = tuple[str, dict[str, float]]
"""The token that was said, and the log-probabilities of what might have been said there, itself among them."""


def first_share(payload: Any, labels: Labels) -> float | None:
    """P(first label) / (P(first label) + P(second label)), at the first token of a chat reply that decides it.

    All surface forms of a label count together (``A``, `` A``, ``**A``, ``A.``). Tokens that are marks only are passed
    over. None where the server tells no log-probabilities, where they cannot be true, or where the labels have less
    than half of the probability there: then the reply must be read.

    A label that is not among the tokens that the server tells has the share 0; the error is below its least one.
    """
    for said, rivals in _positions(payload)[:_MOST_MARKS]:
        if any(not _can_be(value) for value in rivals.values()):
            return None
        if math.fsum(map(math.exp, rivals.values())) > _MOST_TOGETHER:  # a server that tells 0 for all of them
            return None
        first, second = (
            math.fsum(math.exp(value) for token, value in rivals.items() if token.strip(_MARKS) == label)
            for label in labels
        )
        if first + second >= LEAST_SHARE:
            return first / (first + second)
        if said.strip(_MARKS):
            return None
    return None


def tells_shares(payload: Any) -> bool:
    """Whether a chat reply comes with the log-probabilities of what might have been said instead."""
    return any(rivals for _, rivals in _positions(payload))


def _can_be(value: float) -> bool:
    return not math.isnan(value) and value <= _ROUNDING


def _positions(payload: Any) -> list[Position]:
    told = member(payload, "choices", 0, "logprobs")
    content = member(told, "content")
    if isinstance(content, list):
        return list(_of_chat(content))
    return list(_of_completions(told))


def _of_chat(content: Sequence[Any]) -> Iterator[Position]:
    """``logprobs.content[].top_logprobs[]``, as OpenAI documents it."""
    for row in content:
        said = member(row, "token")
        top = member(row, "top_logprobs")
        if not isinstance(said, str) or not isinstance(top, list):
            return
        yield said, _rivals([row, *top])


def _rivals(rows: Sequence[Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        token, value = member(row, "token"), member(row, "logprob")
        if isinstance(token, str) and isinstance(value, int | float) and not isinstance(value, bool):
            found.setdefault(token, as_float(value))
    return found


def _of_completions(told: Any) -> Iterator[Position]:
    """``logprobs.tokens`` and ``.top_logprobs``: the older form, which some servers use on chat as well."""
    tokens, top = member(told, "tokens"), member(told, "top_logprobs")
    if not isinstance(tokens, list) or not isinstance(top, list):
        return
    for said, rivals in zip(tokens, top, strict=False):
        if not isinstance(said, str) or not isinstance(rivals, dict):
            return
        yield said, _rivals([{"token": token, "logprob": value} for token, value in rivals.items()])

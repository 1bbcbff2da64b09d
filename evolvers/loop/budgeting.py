"""How large a generation may be within a budget.

Of a batch in which the budget ends nothing counts (which of its proposals were finished depends on the clock). So a
budget must hold several batches, or what is paid for the last one is most of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...harness.runs.budget import Prices
from ..authored.budget import Limits

BATCHES = 4
"""A budget holds at least so many batches."""
TOKENS_IN, TOKENS_OUT = 1_200, 500
"""Of one request, without thinking; assumed."""


def requests_of(solutions: int) -> int:
    """Requests that one proposal takes on average: the draft, blind solutions, and now and then one thing more."""
    return solutions + 2


def batch_within(batch: int, limits: Limits, prices: Iterable[Prices], solutions: int) -> int:
    """The batch, or as much of it as the budget has room for ``BATCHES`` times; 1 at the least.

    Minutes say nothing of it. prices: of the panel's models; the dearest counts.
    """
    each = requests_of(solutions)
    room = [float(batch)]
    if limits.calls is not None:
        room.append(limits.calls / (BATCHES * each))
    if limits.tokens is not None:
        room.append(limits.tokens / (BATCHES * each * (TOKENS_IN + TOKENS_OUT)))
    dearest = max((price.cost(TOKENS_IN, TOKENS_OUT) for price in prices), default=0.0)
    if limits.money is not None and dearest > 0:
        room.append(limits.money / (BATCHES * each * dearest))
    return max(1, int(min(room)))

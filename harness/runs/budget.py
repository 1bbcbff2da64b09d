"""What a run may cost: counted as replies come, reserved before a request is sent, never exceeded.

A request is sent only if what was spent, what all requests in flight may cost at worst, and what it may cost at worst
stay within the budget together. At worst: every reply is as long as ``max_tokens`` allows; the question has as many
tokens as its characters and the most tokens a character that the server has counted so far (before it has counted any:
one token for two characters), and a little for the chat template. No second request is sent before the first has
brought a count. A request that fails counts as free; but a response that was paid for and is not believed counts at
once, and is asked for again only if that fits beside all that is set aside.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...benchmarks import BadInput
from ..endpoint.api import Response
from .ledger import Spent

CHARS_PER_TOKEN = 4
"""Where no server has counted: tokens are estimated at four characters each, rounded up."""
_FIRST_RATIO = 0.5
_TEMPLATE_TOKENS = 64
_MILLION = 1_000_000
_LIMITS = ("max_tokens", "max_completion_tokens", "max_new_tokens")
_REPLIES = ("n", "best_of")


def estimated_tokens(chars: int) -> int:
    """Tokens of a text of so many characters, estimated."""
    return -(-chars // CHARS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens (or any other money: it is only multiplied)."""

    per_million_in: float
    per_million_out: float

    def cost(self, input_tokens: float, output_tokens: float) -> float:
        """The price of so many tokens."""
        return (input_tokens * self.per_million_in + output_tokens * self.per_million_out) / _MILLION

    def of(self, spent: Spent) -> float:
        """The price of what a run's records say was paid for; replies without a count are estimated."""
        return self.cost(spent.input_tokens, spent.output_tokens + _uncounted(spent))


def tokens_of(spent: Spent) -> int:
    """Tokens that a run's records say were paid for; replies without a count are estimated."""
    return spent.input_tokens + spent.output_tokens + _uncounted(spent)


def _uncounted(spent: Spent) -> int:
    # where the server counts at all, what has no count shared the request of a reply that has it
    counts = spent.input_tokens or spent.output_tokens
    return 0 if counts else estimated_tokens(spent.uncounted_chars)


def input_chars(body: Mapping[str, Any]) -> int:
    """Characters of the question in a request."""
    messages = body.get("messages")
    if isinstance(messages, list):
        return sum(len(str(message.get("content", ""))) for message in messages if isinstance(message, Mapping))
    return len(str(body.get("prompt", "")))


@dataclass(frozen=True, slots=True)
class Caps:
    """What all runs of one command may come to. cost: money. tokens: of questions and answers. None: no limit."""

    cost: float | None = None
    tokens: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.cost is not None or self.tokens is not None


@dataclass(slots=True)
class _Worst:
    """What a request may take at worst."""

    tokens: float
    cost: float


_NOTHING = _Worst(0.0, 0.0)


class Budget:
    """The account of one command: ``spent`` so far, ``reserved`` by requests in flight. Without a limit nothing needs
    to be counted, and nothing is.
    """

    def __init__(self, caps: Caps) -> None:
        self.caps = caps
        self.cost = 0.0
        self.tokens = 0
        self._in_flight = 0
        self._reserved = _Worst(0.0, 0.0)
        self._ratio = 0.0
        self._held: dict[int, _Worst] = {}  # by the id of the request's body, which lives as long
        self._began = False  # whether a first request has come back
        self._changed = asyncio.Event()

    def charge(self, spent: Spent, prices: Prices | None) -> None:
        """Count what a resumed run has cost before."""
        self.tokens += tokens_of(spent)
        self.cost += 0.0 if prices is None else prices.of(spent)

    async def reserve(self, body: Mapping[str, Any], prices: Prices | None) -> _Worst | None:
        """Set aside what a request may cost at worst, waiting for others to end if need be; None: it does not fit."""
        if not self.caps.any:
            return _NOTHING
        while True:
            worst = self._worst(body, prices)
            if self._fits(worst) and (self._began or not self._in_flight):
                self._in_flight += 1
                self._add(worst, 1)
                self._held[id(body)] = worst
                return worst
            if not self._in_flight:
                return None
            await self._changed.wait()

    def settle(self, body: Mapping[str, Any], worst: _Worst, response: Response | None, prices: Prices | None) -> None:
        """Count what a request has cost instead of what was set aside. response: None where it failed."""
        if not self.caps.any:
            return
        self._in_flight -= 1
        self._add(worst, -1)
        self._held.pop(id(body), None)
        self._began = True
        if response is not None and not response.cached:
            self._pay(body, worst, response, prices)
        self._wake()

    def repeat(self, body: Mapping[str, Any], response: Response, prices: Prices | None) -> bool:
        """Count a response that is not believed, whose request is still in flight; whether it may be repeated."""
        if not self.caps.any:
            return True
        held = self._held.get(id(body), _Worst(0.0, 0.0))
        self._add(held, -1)
        self._began = True
        self._pay(body, self._worst(body, prices), response, prices)
        again = self._worst(body, prices)
        fits = self._fits(again)
        held.tokens, held.cost = (again.tokens, again.cost) if fits else (0.0, 0.0)
        self._add(held, 1)
        self._wake()
        return fits

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()  # a new one: the next may be of another event loop
        changed.set()

    def _pay(self, body: Mapping[str, Any], worst: _Worst, response: Response, prices: Prices | None) -> None:
        if response.input_tokens is None or response.output_tokens is None:  # then it counts as the worst
            self.tokens += math.ceil(worst.tokens)
            self.cost += worst.cost
            return
        self.tokens += response.input_tokens + response.output_tokens
        if prices is not None:
            self.cost += prices.cost(response.input_tokens, response.output_tokens)
        chars = input_chars(body)
        if chars:
            self._ratio = max(self._ratio, response.input_tokens / chars)

    def words(self) -> str:
        """What was spent of what, for people."""
        spent = []
        if self.caps.cost is not None:
            spent.append(f"{self.cost:.6g} of {self.caps.cost:g} spent")
        if self.caps.tokens is not None:
            spent.append(f"{self.tokens} of {self.caps.tokens} tokens")
        return ", ".join(spent)

    def _add(self, worst: _Worst, sign: int) -> None:
        self._reserved.tokens += sign * worst.tokens
        self._reserved.cost += sign * worst.cost
        if not self._in_flight:  # no dust of adding and subtracting fractions
            self._reserved = _Worst(0.0, 0.0)

    def _fits(self, worst: _Worst) -> bool:
        tokens, cost = self.caps.tokens, self.caps.cost
        within = tokens is None or self.tokens + self._reserved.tokens + worst.tokens <= tokens
        return within and (cost is None or self.cost + self._reserved.cost + worst.cost <= cost)

    def _worst(self, body: Mapping[str, Any], prices: Prices | None) -> _Worst:
        asked = input_chars(body) * (self._ratio or _FIRST_RATIO) + _TEMPLATE_TOKENS
        answered = _largest(body, _LIMITS) * max(1, _largest(body, _REPLIES))
        return _Worst(asked + answered, 0.0 if prices is None else prices.cost(asked, answered))


def _largest(body: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return max(int(body.get(name) or 0) for name in names)


def check_caps(caps: Caps, reply_limit: int | None, prices: Prices | None) -> None:
    """Refuse a limit that could not be kept. reply_limit: tokens of one reply."""
    if caps.any and reply_limit is None:
        raise BadInput("--max-cost and --max-tokens-total need --max-tokens: without it one reply may cost anything")
    if caps.cost is not None and prices is None:
        raise BadInput("--max-cost needs prices: --price-in and --price-out (per million tokens), or --prices FILE")

"""What an evolution may cost: requests, tokens, money, minutes; set aside before a request is sent, never exceeded.

What the store of replies holds already counts as spent, so that a command which goes on after a kill, or several with
one store, keep within one budget. Tokens and money are held to as in a run (``harness.runs.budget``): what a
request may take at worst is set aside, and it waits while others are in flight and it might not fit. Minutes are those
of this process.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...benchmarks import BadInput
from ...harness.endpoint.api import Response
from ...harness.runs.budget import Budget, Caps, Prices, estimated_tokens, input_chars
from ...harness.runs.ledger import Spent
from .calls import Member, OutOfBudget
from .store import Kept

_NAMES = ("calls", "tokens", "money", "minutes")
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)([kM]?)")
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be used up; None: no limit. calls: requests. tokens: in and out."""

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    minutes: float | None = None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return any(getattr(self, name) is not None for name in _NAMES)


def parse_limits(text: str) -> Limits:
    """``calls=500,tokens=2M,money=5,minutes=30``; BadInput says what is wrong with it."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals or name not in _NAMES:
            raise BadInput(f"--budget {part.strip()[:60]!r}: expected NAME=NUMBER with NAME one of {', '.join(_NAMES)}")
        if name in found:
            raise BadInput(f"--budget: {name} is given twice")
        number = _NUMBER.fullmatch(value)
        amount = float(number[1]) * _FACTORS[number[2]] if number else 0.0
        if not 0 < amount < 1e15:
            raise BadInput(f"--budget {part.strip()[:60]!r}: expected a number above 0, such as 500, 2M or 1.5")
        if name in ("calls", "tokens") and amount != int(amount):
            raise BadInput(f"--budget {part.strip()[:60]!r}: expected a whole number")
        found[name] = amount
    whole = {name: int(value) if name in ("calls", "tokens") else value for name, value in found.items()}
    return Limits(**whole)  # type: ignore[arg-type]


@dataclass(slots=True)
class Bill:
    """What the replies that an evolution used come to, each counted once. paid_*: of those that came now; the others
    were in the store. money: NaN where a model's prices are not known.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    paid_calls: int = 0
    paid_tokens: int = 0
    paid_money: float = 0.0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens


def _spent(response: Response) -> Spent:
    """What a response has cost, with the earlier ones that were not believed."""
    return Spent(
        (response.input_tokens or 0) + response.spent_input_tokens,
        (response.output_tokens or 0) + response.spent_output_tokens,
    )


def counted(body: Mapping[str, Any], response: Response) -> Response:
    """The response with tokens for both sides: as the server counts them, estimated from the lengths where it does
    not."""
    asked, said = response.input_tokens, response.output_tokens
    if asked is None:
        asked = estimated_tokens(input_chars(body))
    if said is None:
        said = estimated_tokens(sum(len(reply.text) + len(reply.reasoning or "") for reply in response.replies))
    return replace(response, input_tokens=asked, output_tokens=said)


@dataclass(slots=True)
class Reserved:
    """What was set aside for one request; handed back with what it has come to."""

    body: Mapping[str, Any]
    prices: Prices | None
    worst: Any = field(repr=False, default=None)


class Purse:
    """The account of one evolution.

    prices: by model; a limit of money needs those of every member. clock: seconds, monotonic.
    """

    def __init__(
        self, limits: Limits, prices: Mapping[str, Prices] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits, self.prices = limits, dict(prices or {})
        self.bill = Bill()
        self._budget = Budget(Caps(limits.money, limits.tokens))
        self._clock, self._began = clock, clock()
        self._calls = 0  # with those in flight

    def check(self, members: tuple[Member, ...]) -> None:
        """BadInput where money is limited and somebody's prices are not known."""
        if self.limits.money is None:
            return
        unknown = [each.model for each in members if each.model not in self.prices]
        if unknown:
            raise BadInput(
                f"--budget money needs the prices of {', '.join(unknown)}: --prices FILE, or --price-in and --price-out"
            )

    def count_before(self, kept: Iterable[Kept]) -> None:
        """Count what is in the store before anything is asked."""
        for each in kept:
            self._calls += 1
            self._budget.charge(_spent(each.response), self.prices.get(each.asked.model))

    def use(self, model: str, response: Response) -> None:
        """Note on the bill that a reply of the store is used."""
        self._note(_spent(response), self.prices.get(model), paid=False)

    async def reserve(self, model: str, body: Mapping[str, Any]) -> Reserved:
        """Set aside what a request may take at worst, waiting for others to end if need be; OutOfBudget."""
        self._check_time()
        self._take_call()
        prices = self.prices.get(model)
        worst = await self._budget.reserve(body, prices)
        if worst is None:
            self._calls -= 1
            raise OutOfBudget(self.words())
        return Reserved(body, prices, worst)

    def repeat(self, model: str, body: Mapping[str, Any], response: Response) -> bool:
        """Count a response that is not believed; whether it may be asked for again (``OpenAIEndpoint.unbelieved``)."""
        prices = self.prices.get(model)
        spent = Spent(response.input_tokens or 0, response.output_tokens or 0)
        self._note(spent, prices, paid=True, calls=0)
        return self._budget.repeat(body, counted(body, response), prices)

    def settle(self, held: Reserved, response: Response | None) -> None:
        """Count what a request has come to (``counted``) instead of what was set aside; None where nothing came."""
        self._budget.settle(held.body, held.worst, response, held.prices)
        if response is None:
            self._calls -= 1
            return
        # what was not believed is on the bill already
        self._note(Spent(response.input_tokens or 0, response.output_tokens or 0), held.prices, paid=True)

    def words(self) -> str:
        """What was used of what, for people."""
        limits, said = self.limits, []
        if limits.calls is not None:
            said.append(f"{self._calls} of {limits.calls} calls")
        if self._budget.words():
            said.append(self._budget.words())
        if limits.minutes is not None:
            said.append(f"{self._minutes():.1f} of {limits.minutes:g} minutes")
        return f"the budget is used up ({', '.join(said)})"

    def _minutes(self) -> float:
        return (self._clock() - self._began) / 60

    def _check_time(self) -> None:
        if self.limits.minutes is not None and self._minutes() >= self.limits.minutes:
            raise OutOfBudget(self.words())

    def _take_call(self) -> None:
        if self.limits.calls is not None and self._calls >= self.limits.calls:
            raise OutOfBudget(self.words())
        self._calls += 1

    def _note(self, spent: Spent, prices: Prices | None, *, paid: bool, calls: int = 1) -> None:
        bill = self.bill
        money = math.nan if prices is None else prices.cost(spent.input_tokens, spent.output_tokens)
        bill.calls += calls
        bill.input_tokens += spent.input_tokens
        bill.output_tokens += spent.output_tokens
        bill.money += money
        if paid:
            bill.paid_calls += calls
            bill.paid_tokens += spent.input_tokens + spent.output_tokens
            bill.paid_money += money

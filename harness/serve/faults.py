"""What goes wrong on purpose, for drills: the same seed and order of requests bring the same faults."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from ...benchmarks import BadInput

Fault = Literal["error", "rate", "hang", "truncate", "drop"]


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a server.

    fail_after: answers after which every connection is dropped without a reply. latency_s: seconds before each reply;
    token_latency_s: seconds before each token of a streamed one. overload_above: requests in work at a time, above
    which one gets HTTP 429.

    Shares of all requests, at most 1 together, drawn with ``seed`` in the order of arrival: error_rate gets HTTP 500;
    rate_limit_rate HTTP 429; hang_rate no reply at all, until the client leaves; truncate_rate half the reply under the
    Content-Length of the whole (of a stream: half the events), and then the end of the connection. retry_after_s: what
    a 429 asks the client to wait, in seconds; None asks nothing.
    """

    fail_after: int | None = None
    error_rate: float = 0.0
    latency_s: float = 0.0
    seed: int = 0
    rate_limit_rate: float = 0.0
    retry_after_s: float | None = 1.0
    hang_rate: float = 0.0
    truncate_rate: float = 0.0
    overload_above: int | None = None
    token_latency_s: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.error_rate, self.rate_limit_rate, self.hang_rate, self.truncate_rate)
        if min(shares) < 0 or sum(shares) > 1 + 1e-9:
            raise BadInput(f"the shares of faults must be 0 to 1 and at most 1 together; they are {sum(shares):g}")


NO_FAULTS = Faults()


class Draw:
    """Says of each request, as it arrives, what goes wrong with it."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._rng = random.Random(faults.seed)
        self._answered = 0
        self._bands: list[tuple[float, Fault]] = []
        edge = 0.0
        shares: tuple[tuple[float, Fault], ...] = (
            (faults.error_rate, "error"),
            (faults.rate_limit_rate, "rate"),
            (faults.hang_rate, "hang"),
            (faults.truncate_rate, "truncate"),
        )
        for share, fault in shares:
            edge += share
            self._bands.append((edge, fault))

    def next(self, in_work: int) -> Fault | None:
        """The fault of the next request, None where there is none. in_work: requests in work, this one counted in."""
        faults = self.faults
        if faults.fail_after is not None and self._answered >= faults.fail_after:
            return "drop"
        if faults.overload_above is not None and in_work > faults.overload_above:
            return "rate"
        drawn = self._rng.random()
        for edge, fault in self._bands:
            if drawn < edge:
                return fault
        self._answered += 1
        return None

"""What is asked of an endpoint, what it answers, and how it fails; every endpoint speaks these types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Protocol

from ...benchmarks import BadInput, InfraError


class EndpointRefused(BadInput):
    """The server says that the request itself is wrong (no such model, no access, ...): asking again cannot help."""


class EndpointDown(InfraError):
    """No usable reply after every attempt that was allowed; the sample is owed."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model samples; what is None is left to the server and not sent.

    max_tokens: tokens of one reply. seed: epoch e is asked with seed + e, since repetitions with one seed
    would be one answer.
    """

    epochs: int = 1
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return asdict(self)

    def fields(self, epoch: int) -> dict[str, Any]:
        """The fields of the request for one epoch."""
        seed = None if self.seed is None else self.seed + epoch
        values = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens, "seed": seed}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished reply. ``latency_s``: seconds of the attempt that succeeded. ``attempts``: it and those before."""

    text: str
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    latency_s: float
    attempts: int


class Endpoint(Protocol):
    """Something that answers."""

    async def ask(self, body: Mapping[str, Any]) -> Reply:
        """Send one request (the JSON the server is to see) and wait for its reply.

        Raises:
            EndpointRefused: the server refuses such requests; no other will do better.
            EndpointDown: no usable reply within the attempts and the time allowed.
        """

    async def __aenter__(self) -> Endpoint:
        """Open connections."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Close them."""

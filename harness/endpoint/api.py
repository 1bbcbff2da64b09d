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


class RequestRefused(InfraError):
    """The server refuses this one request (too long, filtered, ...); others may do. The sample is owed."""


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
    """One choice of a finished response.

    text: what counts as the answer. reasoning: thinking that the server tells apart from it, None where there is none.
    finish_reason: as the server words it (``stop``, ``length``, ``content_filter``, ...), None where it says nothing.
    """

    text: str
    finish_reason: str | None = None
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What one request brought.

    replies: in the server's order; at least one, and never more than were asked for. input_tokens, output_tokens: as
    the server counts them, of all replies together; None where it does not say. reasoning_tokens: the part of the
    output that is thinking. model: the name that the server says it used. latency_s: seconds of the attempt that
    succeeded. attempts: it and those before it. cached: it came from the response cache, and nothing was paid for it.
    """

    replies: tuple[Reply, ...]
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    model: str | None = None
    latency_s: float = 0.0
    attempts: int = 1
    cached: bool = False


class Endpoint(Protocol):
    """Something that answers."""

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """Send one request (the JSON the server is to see) and wait for its response.

        epoch: which repetition of the request this is. It is not sent; it keeps a cache from answering two samples with
        one reply. Where it is not told, no cache answers and none keeps the response.

        Raises:
            EndpointRefused: the server refuses such requests; no other will do better.
            RequestRefused: the server refuses this request alone.
            EndpointDown: no usable reply within the attempts and the time allowed.
        """

    async def __aenter__(self) -> Endpoint:
        """Open connections."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Close them."""

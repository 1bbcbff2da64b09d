"""What is asked of an endpoint, what it answers, and how it fails; every endpoint speaks these types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from ...benchmarks import BadInput, InfraError
from ...benchmarks.jsonio import canonical_json


class EndpointRefused(BadInput):
    """The server refuses all requests of this kind (no such model, no access, ...): asking any further cannot help.

    status: of the HTTP response that said so, None where another thing did.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(InfraError):
    """A request that brought no usable reply; what it has cost all the same, in responses that were not believed."""

    spent_input_tokens = 0
    spent_output_tokens = 0


class RequestRefused(Unanswered):
    """The server refuses this one request (its context is too long, its content is filtered, ...): asking it again
    cannot help, others may do better. The sample is owed, with this reason.

    too_long: because it does not fit the model's context.
    """

    def __init__(self, message: str, *, too_long: bool = False) -> None:
        super().__init__(message)
        self.too_long = too_long


class EndpointDown(Unanswered):
    """No usable reply after every attempt that was allowed; the sample is owed."""


class Unaffordable(Unanswered):
    """A response is in doubt, and the budget does not allow to ask for it again; the sample is owed."""


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


class Body(dict[str, Any]):
    """The JSON of a request together with the bytes that are sent, which also its digest is made of: encoding is dear
    enough to be done once. It must not be changed.
    """

    __slots__ = ("content",)

    def __init__(self, fields: Mapping[str, Any], content: bytes | None = None) -> None:
        super().__init__(fields)
        self.content = canonical_json(dict(fields)).encode("ascii") if content is None else content

    def copy(self) -> Body:
        """Another one, nothing encoded again."""
        return Body(self, self.content)


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice of a finished response.

    text: what counts as the answer. reasoning: thinking, told apart from it; None where there is none. finish_reason:
    ``stop``, ``length``, ``content_filter`` or ``tool_calls`` whatever the server's word for it is, its own word where
    it means something else, None where it says nothing. finish_raw: its own word, where that is another.
    """

    text: str
    finish_reason: str | None = None
    reasoning: str | None = None
    finish_raw: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What one request brought.

    replies: in the server's order; at least one, and never more than were asked for. input_tokens, output_tokens: as
    the server counts them, of all replies together; None where it does not say. reasoning_tokens: the part of the
    output that is thinking. model: the name that the server says it used. latency_s: seconds of the attempt that
    succeeded. attempts: it and those before it. cached: it came from the response cache, and nothing was paid for it.
    spent_input_tokens, spent_output_tokens: of earlier responses that were paid for and not believed.
    """

    replies: tuple[Reply, ...]
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    model: str | None = None
    latency_s: float = 0.0
    attempts: int = 1
    cached: bool = False
    spent_input_tokens: int = 0
    spent_output_tokens: int = 0


@runtime_checkable
class Stoppable(Protocol):
    """An endpoint that can be told to send nothing further; not every one needs to."""

    def stop(self) -> None:
        """Send no further request. What is sent is received; what waits to be sent, or sent again, is EndpointDown."""


class Endpoint(Protocol):
    """Something that answers."""

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        """Send one request (the JSON the server is to see) and wait for its response.

        epoch: which repetition of the request this is. It is not sent; it keeps a cache from answering two samples with
        one reply. Where it is not told, no cache answers and none keeps the response.

        Raises:
            EndpointRefused: the server refuses such requests; no other will do better.
            RequestRefused: the server refuses this request; others may do better.
            EndpointDown: no usable reply within the attempts and the time allowed.
            Unaffordable: no reply that is believed within the budget.
        """

    async def __aenter__(self) -> Endpoint:
        """Open connections."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Close them."""

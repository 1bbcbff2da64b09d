"""Asking an endpoint for samples: a bounded number of requests at a time, each reply handed over as it comes."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks import CodeTask, InfraError
from ..endpoint.api import (
    Body,
    Endpoint,
    EndpointDown,
    EndpointRefused,
    RequestRefused,
    Response,
    Sampling,
    Unaffordable,
    Unanswered,
)
from ..endpoint.extract import extract_reply
from ..endpoint.prompt import EndpointForm
from ..endpoint.settings import PromptSettings
from .budget import Budget, Caps, Prices
from .records import Key, SampleRow, SpentRow, Usage, now

_MIN_GIVE_UPS = 4
_REFUSED_AT_FIRST = 8
Wanted = tuple[CodeTask, tuple[int, ...]]
"""A task, and the epochs of it that one request is to bring."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the endpoint is asked: the model's name there, chat or completions, the sampling, and the prompts.

    batch: samples of one task that one request may ask for (the field ``n``).
    """

    model: str
    form: EndpointForm
    sampling: Sampling
    batch: int = 1
    prompts: PromptSettings = field(default_factory=PromptSettings)

    def body(self, task: CodeTask, epoch: int, count: int = 1) -> dict[str, Any]:
        """The JSON of the request, exactly as the server sees it."""
        several = {"n": count} if count > 1 else {}
        return {
            "model": self.model, **self.sampling.fields(epoch), **several, **self.prompts.fields(task, self.form),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """A response to a request for samples. Iterating over it brings their records, in the order of their epochs.

    The code is looked for only then: half of what a reply costs can so wait until further requests are sent.
    """

    task: CodeTask
    epochs: tuple[int, ...]
    response: Response
    request_digest: str

    def __len__(self) -> int:
        return min(len(self.epochs), len(self.response.replies))

    def __iter__(self) -> Iterator[SampleRow]:
        return iter(sample_rows(self.task, self.epochs, self.response, self.request_digest))


class _Bodies:
    """The request bodies of one run and their digests. Requests come task by task and often differ in nothing else."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._task: CodeTask | None = None
        self._decisive: tuple[int, int] | None = None
        self._body = Body({})
        self._digest = ""

    def of(self, task: CodeTask, epochs: tuple[int, ...]) -> tuple[Body, str]:
        """A body of its own for the request, and its digest."""
        seed = self._asking.sampling.seed
        decisive = len(epochs), 0 if seed is None else seed + epochs[0]
        if task is not self._task or decisive != self._decisive:
            self._body = Body(self._asking.body(task, epochs[0], len(epochs)))
            self._digest = hashlib.sha256(self._body.content).hexdigest()
            self._task, self._decisive = task, decisive
        return self._body.copy(), self._digest


class Stop:
    """Asked, by a signal or by a failure, to send no further request; ``why`` says so to people."""

    def __init__(self) -> None:
        self.why = ""

    def __bool__(self) -> bool:
        return bool(self.why)

    def now(self, why: str) -> None:
        """Stop; the first reason stands."""
        self.why = self.why or why


@dataclass(slots=True)
class Tally:
    """What became of the asking.

    stopped: so many requests failed in a row that the endpoint was taken for down. exhausted: the next request might
    have gone beyond the budget. failures: why a sample was not got, by (task, epoch).
    """

    answered: int = 0
    gave_up: int = 0
    refused: int = 0
    in_a_row: int = 0
    last_failure: str = ""
    stopped: bool = False
    exhausted: bool = False
    failures: dict[Key, str] = field(default_factory=dict)


async def _no_wait() -> None:
    return


class Asker:
    """Asks for everything that is wanted, until it is there or there is a reason to stop.

    Only as many coroutines exist as there are connections, however much is wanted. What the endpoint does not answer is
    left out, and so owed. After max(4, connections) failures in a row the rest is not asked for any more.

    record: is given each response as soon as it is there, and answers for its samples from then on. room: awaited
    before each request; it makes asking wait for what comes after it. unanswered: is given what was paid for without an
    answer. changed: called after each response and failure.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        asking: Asking,
        record: Callable[[Answered], None],
        *,
        connections: int,
        stop: Stop | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
        room: Callable[[], Awaitable[None]] = _no_wait,
        unanswered: Callable[[SpentRow], None] = lambda row: None,
        changed: Callable[[Tally], None] = lambda tally: None,
    ) -> None:
        self.tally = Tally()
        self._endpoint = endpoint
        self._asking = asking
        self._bodies = _Bodies(asking)
        self._record = record
        self._connections = connections
        self._patience = max(_MIN_GIVE_UPS, connections)
        self._stop = Stop() if stop is None else stop
        self._budget = Budget(Caps()) if budget is None else budget
        self._prices = prices
        self._room = room
        self._unanswered = unanswered
        self._changed = changed
        self._singly: deque[Wanted] = deque()  # what a request for several did not bring
        self._batches = 0  # requests for several that were answered

    async def ask_all(self, wanted: Iterable[Wanted]) -> Tally:
        """Ask for each item.

        Raises:
            EndpointRefused: the server refuses the requests; what was recorded stays.
            InfraError: the samples cannot be recorded.
        """
        queue = iter(wanted)
        workers = [asyncio.ensure_future(self._work(queue)) for _ in range(self._connections)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return self.tally

    async def _work(self, queue: Iterator[Wanted]) -> None:
        while True:
            await self._room()
            if self._stop or self.tally.stopped or self.tally.exhausted:
                return
            item = self._singly.popleft() if self._singly else next(queue, None)
            if item is None:
                return
            await self._ask(*item)

    async def _ask(self, task: CodeTask, epochs: tuple[int, ...]) -> None:
        body, body_digest = self._bodies.of(task, epochs)
        worst = await self._budget.reserve(body, self._prices)
        if worst is None:
            self.tally.exhausted = True
            return
        response: Response | None = None
        try:
            if not self._stop:  # it may have come while the budget kept this waiting
                response = await self._endpoint.ask(body, epoch=epochs[0])
        except (EndpointDown, RequestRefused, EndpointRefused) as failure:
            self._note_spent(task, epochs, failure)
            self._failed(task, epochs, failure)
        except Unaffordable as failure:
            self._note_spent(task, epochs, failure)
            self.tally.exhausted = True
            self.tally.failures.update(((task.id, each), str(failure)) for each in epochs)
        finally:
            self._budget.settle(body, worst, response, self._prices)
        if response is not None:
            self._note_answer(Answered(task, epochs, response, body_digest))
        self._changed(self.tally)

    def _note_answer(self, answered: Answered) -> None:
        self.tally.in_a_row = 0
        self._record(answered)
        self.tally.answered += len(answered)
        if len(answered.epochs) > 1:
            self._batches += 1
            self._singly.extend((answered.task, (epoch,)) for epoch in answered.epochs[len(answered) :])

    def _note_spent(self, task: CodeTask, epochs: tuple[int, ...], failure: Exception) -> None:
        if isinstance(failure, Unanswered) and (failure.spent_input_tokens or failure.spent_output_tokens):
            self._unanswered(
                SpentRow(task.id, epochs[0], failure.spent_input_tokens, failure.spent_output_tokens, now())
            )

    def _failed(self, task: CodeTask, epochs: tuple[int, ...], failure: InfraError | EndpointRefused) -> None:
        tally = self.tally
        if not isinstance(failure, EndpointDown) and len(epochs) > 1 and not self._batches:
            self._singly.extend((task, (epoch,)) for epoch in epochs)  # it may be `n` that the server refuses
            return
        if isinstance(failure, EndpointRefused):
            raise failure
        tally.last_failure = str(failure)
        tally.failures.update(((task.id, epoch), str(failure)) for epoch in epochs)
        if isinstance(failure, EndpointDown):
            tally.gave_up += 1
            tally.in_a_row += 1
            tally.stopped = tally.stopped or (not self._stop and tally.in_a_row >= self._patience)
            return
        tally.refused += 1
        tally.in_a_row = 0  # it is there
        if not tally.answered and tally.refused >= _REFUSED_AT_FIRST:
            raise EndpointRefused(f"the first {tally.refused} requests were all refused, the last with: {failure}")


def requests(keys: Iterable[Key], tasks: Mapping[str, CodeTask], batch: int) -> Iterator[Wanted]:
    """The requests that bring the samples with these keys, which come task by task: up to ``batch`` with each."""
    held: list[int] = []
    last = ""
    for task, epoch in keys:
        if held and (task != last or len(held) >= batch):
            yield tasks[last], tuple(held)
            held = []
        last = task
        held.append(epoch)
    if held:
        yield tasks[last], tuple(held)


def sample_rows(task: CodeTask, epochs: tuple[int, ...], response: Response, request_digest: str) -> list[SampleRow]:
    """The records of a response's replies, with the code found in each.

    The tokens of all, and those of earlier responses that were not believed, stand with the first.
    """
    usage = None
    if response.input_tokens is not None and response.output_tokens is not None:
        usage = Usage(
            response.input_tokens + response.spent_input_tokens, response.output_tokens + response.spent_output_tokens
        )
    rows = []
    for number, (epoch, reply) in enumerate(zip(epochs, response.replies, strict=False)):
        found = extract_reply(reply, task)
        rows.append(
            SampleRow(
                task=task.id,
                epoch=epoch,
                text=reply.text,
                code=found.code,
                assembly=found.assembly,
                finish_reason=reply.finish_reason,
                usage=None if number else usage,
                latency_s=round(response.latency_s, 4),
                attempts=response.attempts,
                request_digest=request_digest,
                created=now(),
                reason=found.reason,
                reasoning=reply.reasoning,
                reasoning_tokens=None if number else response.reasoning_tokens,
                cached=response.cached,
                model=response.model,
            )
        )
    return rows

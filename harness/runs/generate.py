"""Asking an endpoint for every sample that a run lacks: a bounded number at a time, each on disk before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import digest
from ..endpoint.api import Endpoint, EndpointDown, RequestRefused, Response, Sampling
from ..endpoint.extract import extract_reply
from ..endpoint.prompt import EndpointForm
from ..endpoint.settings import PromptSettings
from .appending import Progress, appending
from .records import SAMPLES, Key, SampleRow, Usage, load_run, now

_MIN_GIVE_UPS = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """How the endpoint is asked: the model's name there, chat or completions, the sampling, and the prompts."""

    model: str
    form: EndpointForm
    sampling: Sampling
    prompts: PromptSettings = field(default_factory=PromptSettings)

    def body(self, task: CodeTask, epoch: int) -> dict[str, Any]:
        """The JSON of the request, exactly as the server sees it."""
        return {"model": self.model, **self.sampling.fields(epoch), **self.prompts.fields(task, self.form)}


@dataclass(slots=True)
class Tally:
    """What became of the asking. ``stopped``: so many requests failed in a row that the endpoint was taken for down."""

    answered: int = 0
    gave_up: int = 0
    in_a_row: int = 0
    last_failure: str = ""
    stopped: bool = False


async def generate(
    endpoint: Endpoint,
    wanted: Iterable[tuple[CodeTask, int]],
    asking: Asking,
    record: Callable[[SampleRow], None],
    *,
    connections: int,
) -> Tally:
    """Ask for each (task, epoch) with ``connections`` requests at a time, and ``record`` each reply as it comes.

    Only as many coroutines exist as there are connections, however long ``wanted`` is. What the endpoint does not
    answer is left out, and so owed. After max(4, connections) failures in a row the rest is not asked for any more.

    Raises:
        EndpointRefused: the server refuses the request; what was recorded stays.
    """
    tally = Tally()
    queue = iter(wanted)
    workers = [
        asyncio.ensure_future(_work(endpoint, queue, asking, record, tally, max(_MIN_GIVE_UPS, connections)))
        for _ in range(connections)
    ]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return tally


async def _work(
    endpoint: Endpoint,
    queue: Iterator[tuple[CodeTask, int]],
    asking: Asking,
    record: Callable[[SampleRow], None],
    tally: Tally,
    patience: int,
) -> None:
    while not tally.stopped and (item := next(queue, None)) is not None:
        task, epoch = item
        body = asking.body(task, epoch)
        try:
            response = await endpoint.ask(body, epoch=epoch)
        except (EndpointDown, RequestRefused) as failure:
            tally.gave_up += 1
            tally.last_failure = str(failure)
            tally.in_a_row += 1
            tally.stopped = tally.stopped or tally.in_a_row >= patience
            continue
        tally.answered += 1
        tally.in_a_row = 0
        record(sample_row(task, epoch, response, digest(body)))


def sample_row(task: CodeTask, epoch: int, response: Response, request_digest: str) -> SampleRow:
    """The record of a response's first reply, with the code found in it."""
    reply = response.replies[0]
    found = extract_reply(reply, task)
    usage = None
    if response.input_tokens is not None and response.output_tokens is not None:
        usage = Usage(response.input_tokens, response.output_tokens)
    return SampleRow(
        task=task.id,
        epoch=epoch,
        text=reply.text,
        code=found.code,
        assembly=found.assembly,
        finish_reason=reply.finish_reason,
        usage=usage,
        latency_s=round(response.latency_s, 4),
        attempts=response.attempts,
        request_digest=request_digest,
        created=now(),
        reason=found.reason,
    )


async def generate_missing(
    folder: Path,
    tasks: Mapping[str, CodeTask],
    endpoint: Endpoint,
    asking: Asking,
    *,
    connections: int,
    progress: Progress,
) -> Tally:
    """Ask for what the run in ``folder`` has no sample of yet. The caller holds the run's lock.

    ``progress(total, done)`` is entered once and gives what to call for each further reply.
    """
    # opened before the records are read: opening cuts off a torn last line, which must count as owed
    with appending(folder / SAMPLES) as samples:
        run = load_run(folder)
        missing: tuple[Key, ...] = run.unanswered
        wanted = ((tasks[task], epoch) for task, epoch in missing)
        with progress(len(run.planned), len(run.planned) - len(missing)) as advance:

            def record(row: SampleRow) -> None:
                samples.append([row.to_json()])
                advance()

            async with endpoint:
                return await generate(endpoint, wanted, asking, record, connections=connections)

"""Asking the panel: each reply is in the store before anybody sees it, and within the budget before it is asked for."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from ...benchmarks import BadInput, InfraError
from ...benchmarks.jsonio import digest, text_digest
from ...benchmarks.visible import visible
from ...harness.endpoint.api import Endpoint, EndpointDown, EndpointRefused, RequestRefused, Response, Stoppable
from ...harness.runs.budget import input_chars
from ...harness.runs.signals import handling_signals
from .budget import Purse, counted
from .calls import Answer, Call, Member, OutOfBudget, Panel, Role
from .panel import everyone
from .protocol import Rendered
from .store import FORM, Asked, Kept, ReplyStore, entries, key_of

log = logging.getLogger("evalrun.evolve")
Result = TypeVar("Result")
_SEED_BITS = 31


class ReplyMissing(BadInput):
    """A replay wants a reply that the store does not hold."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one role is asked. temperature: None leaves it to the server. max_tokens: of one reply."""

    temperature: float | None
    max_tokens: int


DEFAULT_SAMPLING: Mapping[Role, Sampling] = {
    "author": Sampling(0.8, 8_192),
    "solver": Sampling(0.8, 8_192),
    "judge": Sampling(0.0, 4_096),
    "designer": Sampling(0.8, 8_192),
}
"""Five blind solutions of one model must differ to be five, so solvers are asked with some temperature."""


@dataclass(frozen=True, slots=True)
class AskSettings:
    """How the panel is asked.

    sampling: by role. send_seed: whether the request holds a seed (some servers refuse the field). fields: further
    fields of each request. connections, retries, timeout_s, total_s, adaptive: of each server, as in ``evalrun run``.
    key_variables: base URL to the name of the environment variable with its key; the author's URL is sent the usual key
    where none is named, any other is sent none: a key is for the server that it was given for.
    """

    sampling: Mapping[Role, Sampling] = field(default_factory=lambda: DEFAULT_SAMPLING)
    send_seed: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    connections: int = 16
    retries: int = 6
    timeout_s: float = 300.0
    total_s: float = 1_800.0
    adaptive: bool = True
    key_variables: Mapping[str, str] = field(default_factory=dict)


def request(
    member: Member, role: Role, prompt: Rendered, settings: AskSettings, seed: int, epoch: int
) -> dict[str, Any]:
    """The JSON that the server sees."""
    sampling = settings.sampling.get(role, DEFAULT_SAMPLING[role])
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    body: dict[str, Any] = {
        "model": member.model,
        "messages": [*system, {"role": "user", "content": prompt.text}],
        **settings.fields,
    }
    if "max_completion_tokens" not in settings.fields:  # the newer name of the same field; no server takes both
        body["max_tokens"] = sampling.max_tokens
    if sampling.temperature is not None:
        body["temperature"] = sampling.temperature
    if settings.send_seed:
        body["seed"] = sent_seed(seed, epoch)
    return body


def sent_seed(seed: int, epoch: int) -> int:
    """The seed of a request: of the seed tree's and the epoch, and no longer than servers take (31 bits)."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{epoch}".encode()).digest()[:4], "big") >> (32 - _SEED_BITS)


class ModelAsker:
    """The panel behind its endpoints, with the store and the budget (see ``calls.Asker``).

    It has an event loop of its own. Synchronous code makes many requests at a time with
    ``asker.run(work())``, where ``work`` awaits ``asker.ask(...)`` as often as it likes. Ctrl-C during ``run`` sends
    nothing further, waits for what is in flight (it is paid for), and then is a KeyboardInterrupt; a second one does
    not wait.

    replay: answer from the store alone, and end where the evolution ended; the budget plays no part. changed: called
    after each reply.
    """

    def __init__(
        self,
        panel: Panel,
        store: ReplyStore,
        purse: Purse,
        settings: AskSettings | None = None,
        *,
        replay: bool = False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.panel, self.store, self.purse, self.replay = panel, store, purse, replay
        self.settings = AskSettings() if settings is None else settings
        self._changed = changed
        self._labels = _labels(everyone(panel))
        self._endpoints: dict[str, Endpoint] = {}
        self._flights: dict[bytes, asyncio.Task[Response]] = {}
        self._used: set[bytes] = set()
        self._halted = ""
        self._exhausted = ""
        self._noted = False
        purse.check(everyone(panel))
        if not replay:
            purse.count_before(entries(store.path))
        self._loop = asyncio.new_event_loop()

    @property
    def ended(self) -> str:
        """Why nothing further is asked, where it is for want of budget; else ""."""
        return self._exhausted

    def __enter__(self) -> ModelAsker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the loop; the store stays open."""
        if self._loop.is_closed():
            return
        try:
            self._loop.run_until_complete(self._close())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine that asks; see the class.

        Raises:
            KeyboardInterrupt: it was interrupted; every reply that came is in the store.
        """
        return self._loop.run_until_complete(self._whole(work))

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """See ``calls.Asker.ask``.

        Raises:
            OutOfBudget: nothing further may be spent.
            RequestRefused: the server refuses this one request, now and in each replay.
            ReplyMissing: a replay wants a reply that the store does not hold.
            EndpointRefused, EndpointDown, Unaffordable, InfraError: no fault of the proposal; what came is kept.
        """
        body = request(member, role, prompt, self.settings, seed, epoch)
        key = key_of(self._label(member), body, seed, epoch)
        asked = Asked(role, purpose, member.model, prompt.template, prompt.version, input_chars(body))
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._fetch(key, member, body, asked))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        # who asked may be cancelled, since something else failed: what is sent is paid for, and goes on to the store
        response = await asyncio.shield(flight)
        reply = response.replies[0]
        return Answer(
            text=reply.text,
            call=Call(
                role=role,
                purpose=purpose,
                model=member.model,
                family=member.family,
                template=prompt.template,
                template_version=prompt.version,
                temperature=body.get("temperature"),
                seed=body.get("seed"),
                epoch=epoch,
                request_digest=digest(body),
                reply_digest=text_digest(reply.text),
            ),
            finish_reason=reply.finish_reason,
            input_tokens=response.input_tokens or 0,
            output_tokens=response.output_tokens or 0,
            cached=response.cached,
        )

    async def _whole(self, work: Coroutine[Any, Any, Result]) -> Result:
        task = asyncio.ensure_future(work)
        watched: asyncio.Future[None] = asyncio.ensure_future(_outcome(task))
        with handling_signals(asyncio.get_running_loop(), self._interrupt, watched):
            try:
                await watched
            except asyncio.CancelledError:  # by the second signal
                self._halt("interrupted")
                await self._drop([task, *self._flights.values()])
            else:
                if task.cancelled() or task.exception() is not None:
                    self._halt("what asked has failed")
                await self._settled()
        if self._halted == "interrupted":
            if not task.cancelled():
                task.exception()  # seen: it is what the interruption brought about
            raise KeyboardInterrupt
        return task.result()

    def _interrupt(self) -> None:
        self._halt("interrupted")

    def _halt(self, why: str) -> None:
        """Send nothing further; what is sent is received."""
        self._halted = self._halted or why
        for endpoint in self._endpoints.values():
            if isinstance(endpoint, Stoppable):
                endpoint.stop()

    async def _settled(self) -> None:
        """Wait for what is in flight."""
        while self._flights:
            await asyncio.wait(list(self._flights.values()))
            await asyncio.sleep(0)  # their callbacks

    async def _drop(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: bytes, flight: asyncio.Task[Response]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # seen, also where nobody waits for it any more

    async def _fetch(self, key: bytes, member: Member, body: dict[str, Any], asked: Asked) -> Response:
        async with self.store.claim(key, lambda: bool(self._halted)):
            kept = await self.store.get(key)
            if kept is None:
                kept = await self._new(key, member, body, asked)
            elif key not in self._used:
                self._used.add(key)
                self.purse.use(member.model, kept.response)
        self._changed()
        return kept.result()

    async def _new(self, key: bytes, member: Member, body: dict[str, Any], asked: Asked) -> Kept:
        if self._exhausted:
            raise OutOfBudget(self._exhausted)
        if self.replay:
            await self._missing(asked)
        await self._note_going_on()
        try:
            held = await self.purse.reserve(member.model, body)
        except OutOfBudget as end:
            await self._end(end)
            raise
        response: Response | None = None
        try:
            # either may have come while the budget kept this waiting
            if self._exhausted:
                raise OutOfBudget(self._exhausted)
            if self._halted:
                raise EndpointDown(f"{member.base_url}: not asked ({self._halted})")
            kept = await self._answer(member, body, asked)
            response = kept.response
            await self.store.put(key, kept)
            self._used.add(key)
        finally:
            self.purse.settle(held, response)
        return kept

    async def _answer(self, member: Member, body: dict[str, Any], asked: Asked) -> Kept:
        try:
            return Kept(asked, counted(body, await self._endpoint(member).ask(body)))
        except RequestRefused as refusal:
            spent = Response(
                (), 0, 0,
                spent_input_tokens=refusal.spent_input_tokens, spent_output_tokens=refusal.spent_output_tokens,
            )  # fmt: skip
            return Kept(asked, spent, str(refusal), refusal.too_long)

    async def _missing(self, asked: Asked) -> None:
        ended = await self.store.ended()
        if ended:
            self._exhausted = ended
            raise OutOfBudget(ended)
        raise ReplyMissing(
            f"{self.store.path}: holds no reply to this request ({visible(asked.purpose)}, {visible(asked.model)}, "
            f"prompt {asked.template} {asked.template_version}): it is of another command, or was not recorded to its "
            "end; leave out --replay to ask for what is missing"
        )

    async def _note_going_on(self) -> None:
        """Where more is asked for than before, an earlier end holds no longer."""
        if not self._noted:
            self._noted = True
            await self.store.end("")

    async def _end(self, end: OutOfBudget) -> None:
        """Note it, so that nothing further is asked, and a replay ends here too."""
        self._exhausted = self._exhausted or str(end)
        await self.store.end(self._exhausted)

    def _label(self, member: Member) -> str:
        label = self._labels.get((member.model, member.base_url))
        if label is None:
            raise BadInput(f"the model {visible(member.model)} is not of the panel")
        return label

    def _endpoint(self, member: Member) -> Endpoint:
        """One for each URL, opened when it is first needed."""
        found = self._endpoints.get(member.base_url)
        if found is None:
            found = self._endpoints[member.base_url] = self._opened(member.base_url)
        return found

    def _opened(self, base_url: str) -> Endpoint:
        from ...harness.endpoint.opening import open_endpoint

        settings = self.settings
        options = {
            "base_url": base_url,
            "form": FORM,
            "max_connections": settings.connections,
            "max_retries": settings.retries,
            "timeout": settings.timeout_s,
            "total_timeout": settings.total_s,
            "no_adaptive": not settings.adaptive,
            "api_key_env": settings.key_variables.get(base_url),
        }
        has_key = base_url == self.panel.author.base_url or base_url in settings.key_variables
        return open_endpoint(
            options,
            unbelieved=lambda body, response: self.purse.repeat(str(body["model"]), body, response),
            environment=os.environ if has_key else {},
        )

    async def _close(self) -> None:
        self._halt("closed")
        await self._drop(list(self._flights.values()))
        for endpoint in self._endpoints.values():
            await endpoint.__aexit__(None, None, None)


async def _outcome(task: asyncio.Task[Any]) -> None:
    """Wait for a task, whatever becomes of it; being cancelled cancels the wait alone."""
    await asyncio.wait([task])


def _labels(members: tuple[Member, ...]) -> dict[tuple[str, str], str]:
    """Names for the members that hold wherever they are asked; of several with one model's name each has its own."""
    labels: dict[tuple[str, str], str] = {}
    seen: dict[str, int] = {}
    for each in members:
        place = (each.model, each.base_url)
        if place not in labels:
            number = seen[each.model] = seen.get(each.model, 0) + 1
            labels[place] = each.model if number == 1 else f"{each.model} #{number}"
    return labels


__all__ = [
    "DEFAULT_SAMPLING",
    "AskSettings",
    "EndpointDown",
    "EndpointRefused",
    "InfraError",
    "ModelAsker",
    "ReplyMissing",
    "Sampling",
    "request",
    "sent_seed",
]

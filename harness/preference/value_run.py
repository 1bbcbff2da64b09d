"""A run of value questions: a folder with a manifest, the timeline and one line for each answer; resumable.

``values.json`` says what is asked of whom, ``timeline.jsonl`` is a copy of the timeline, ``answers.jsonl`` holds the
answers, each on disk before the next is recorded. What the endpoint did not answer is owed and asked on resuming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, InfraError, Owed
from ...benchmarks.jsonio import JsonlAppender, digest, read_json, read_jsonl, write_json, writing
from ...benchmarks.preference import Message, PreferenceTask, Response
from ...benchmarks.preference.timeline import Timeline, read_timeline
from ..endpoint.api import Endpoint, RequestRefused, Sampling
from ..runs.lock import LOCK, run_lock
from ..runs.records import now
from .api import Chooser, NotScorable
from .folder import refuse_links
from .value_answers import Answer, of_pick, of_positions
from .value_questions import Question, picked, prompt, situation

SCHEMA = 1
MANIFEST, TIMELINE, ANSWERS = "values.json", "timeline.jsonl", "answers.jsonl"
_MIN_GIVE_UPS = 4


@dataclass(frozen=True, slots=True)
class Given:
    """What came back for one question: shares by option in the item's own order, None where nothing was picked; the
    reply as it came (untrusted); the model's name as the server says it; why it cannot be asked, "" where it could.
    """

    shares: tuple[float, ...] | None
    text: str = ""
    model: str | None = None
    why: str = ""


Ask = Callable[[Question, int], Awaitable[Given]]
"""Asks one question, in one epoch. Raises NotScorable (recorded, nothing picked), InfraError (owed), EndpointRefused
(ends the run).
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One answer of a run."""

    key: str
    kind: str
    target: str
    item: str
    form: str
    epoch: int
    answer: Answer


def asks_endpoint(endpoint: Endpoint, model: str, sampling: Sampling) -> Ask:
    """Ask a chat endpoint in words and read the choice from the reply."""

    async def ask(question: Question, epoch: int) -> Given:
        messages = [{"role": "user", "content": prompt(question)}]
        body = {"model": model, **sampling.fields(epoch), "messages": messages}
        response = await endpoint.ask(body, epoch=epoch)
        text = response.replies[0].text
        return Given(of_pick(question.order, picked(question, text)).shares, text, response.model)

    return ask


def asks_chooser(chooser: Chooser) -> Ask:
    """Ask a chooser between two responses, with the probability of its choice where it gives one. Two options only."""

    async def ask(question: Question, epoch: int) -> Given:
        if len(question.order) != 2:
            raise NotScorable("options: a chooser is shown two responses, and the item has more options")
        first, second = question.shown
        said = await chooser.choose(_as_task(question), first, second, epoch=epoch)
        if said.choice == "none":
            return Given(None, said.text)
        by_choice = {"first": 1.0, "tie": 0.5, "second": 0.0}[said.choice]
        p_first = by_choice if said.p_first is None else said.p_first
        return Given(of_positions(question.order, (p_first, 1 - p_first)).shares, said.text)

    return ask


def _as_task(question: Question) -> PreferenceTask:
    item = question.item
    best = item.majority
    names = [(name,) for name in item.names]
    ranking = (tuple(item.names),) if best is None else (names[best], names[1 - best])
    whose = f"what most of the people of {question.target} prefer" if question.target else "what you prefer"
    return PreferenceTask(
        id=item.id,
        messages=(Message("user", situation(question)),),
        responses=tuple(Response(name, text) for name, text in zip(item.names, item.options, strict=True)),
        ranking=ranking,
        criterion=whose,
    )


class ValueRun:
    """The folder of a run, opened for writing."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], timeline: Timeline, *, resume: bool) -> None:
        """Begin a run, or go on with one.

        settings: everything that decides what is asked, as plain JSON. BadInput where the folder holds another run, or
        this one and ``resume`` is not given.
        """
        self.folder = folder
        config = {"settings": dict(settings), "timeline": {"name": timeline.name, "digest": timeline.digest}}
        self._digest = digest(config)
        path = folder / MANIFEST
        refuse_links(folder, (MANIFEST, TIMELINE, ANSWERS, LOCK))
        if path.exists():
            self._check(path, resume)
        else:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                if (folder / ANSWERS).exists():
                    raise BadInput(f"{folder}: holds answers and no {MANIFEST}; choose another folder")
                timeline.save(folder / TIMELINE)
                write_json(path, {"schema": SCHEMA, "created": now(), "config_digest": self._digest, **config})
        self.done = {(row.key, row.epoch): row for row in read_answers(folder)}

    def remembered(self) -> dict[str, Any] | None:
        """How the endpoint is asked, as it was found out when the run began (``remember``); None where it was not."""
        found = read_manifest(self.folder).get("how")
        return found if isinstance(found, dict) else None

    def remember(self, how: Mapping[str, Any]) -> None:
        """Write down how the endpoint is asked, so that a run that is resumed asks as it began."""
        write_json(self.folder / MANIFEST, {**read_manifest(self.folder), "how": dict(how)})

    def _check(self, path: Path, resume: bool) -> None:
        manifest = read_manifest(self.folder)
        if manifest.get("config_digest") != self._digest:
            raise BadInput(f"{path}: a run of other questions, settings or another model; choose another folder")
        if not resume:
            raise BadInput(f"{self.folder}: holds this run already; --resume goes on with it")

    def ask_all(
        self, wanted: Iterable[tuple[Question, int]], ask: Ask, connections: int, advance: Callable[[], None]
    ) -> Callable[[], Awaitable[None]]:
        """What asks for all that is not there yet when it is awaited; Owed in the end where something is owed."""
        asked = list(wanted)

        async def run() -> None:
            with run_lock(self.folder), JsonlAppender(self.folder / ANSWERS) as stream:
                # read again: opening cuts off a last line without its end, and another process may have gone on
                self.done = {(row.key, row.epoch): row for row in read_answers(self.folder)}
                missing = [(question, epoch) for question, epoch in asked if (question.key, epoch) not in self.done]
                failures = await _ask_missing(missing, ask, connections, self._recorder(stream, advance))
            if failures:
                example = "; ".join(sorted(set(failures.values()))[:3]) or "not asked"
                raise Owed(
                    f"{self.folder}: {len(failures)} of {len(missing)} answers are owed ({example}); "
                    "the same command with --resume asks for them"
                )

        return run

    def _recorder(self, stream: JsonlAppender, advance: Callable[[], None]) -> Callable[[Question, int, Given], None]:
        def record(question: Question, epoch: int, given: Given) -> None:
            row = {
                "question": question.key,
                "kind": question.kind,
                "target": question.target,
                "item": question.item.id,
                "order": list(question.order),
                "form": question.form,
                "epoch": epoch,
                "shares": None if given.shares is None else list(given.shares),
                "text": given.text,
                "model": given.model,
                **({"why": given.why} if given.why else {}),
                "created": now(),
            }
            stream.append(row)
            self.done[question.key, epoch] = _recorded(row)
            advance()

        return record


async def _ask_missing(
    missing: Sequence[tuple[Question, int]],
    ask: Ask,
    connections: int,
    record: Callable[[Question, int, Given], None],
) -> dict[tuple[str, int], str]:
    """Why each answer that is still missing was not got. After max(4, connections) failures in a row the rest is not
    asked for.
    """
    failures = {(question.key, epoch): "not asked" for question, epoch in missing}
    queue = iter(missing)
    in_a_row = 0

    async def work() -> None:
        nonlocal in_a_row
        for question, epoch in queue:
            try:
                given = await ask(question, epoch)
            except NotScorable as error:
                given = Given(None, why=str(error))  # asking again cannot help: it is an answer that picks nothing
            except InfraError as error:
                failures[question.key, epoch] = str(error)
                in_a_row += not isinstance(error, RequestRefused)  # a server that refuses one request is up
                if in_a_row >= max(_MIN_GIVE_UPS, connections):
                    return
                continue
            in_a_row = 0
            record(question, epoch, given)
            del failures[question.key, epoch]

    workers = [asyncio.ensure_future(work()) for _ in range(min(connections, len(missing)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*workers, return_exceptions=True)
    return failures


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run; BadInput where the folder holds none."""
    path = folder / MANIFEST
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA or "settings" not in manifest:
        raise BadInput(f"{path}: not the manifest of a run of values (schema {SCHEMA})")
    timeline = manifest.get("timeline")
    if not isinstance(timeline, dict) or not isinstance(timeline.get("digest"), str):
        raise BadInput(f"{path}: timeline: the digest is missing; get a clean copy of the folder")
    return manifest


def read_run_timeline(folder: Path) -> Timeline:
    """The timeline of a run; BadInput where it is not the one that the run was made with."""
    timeline = read_timeline(folder / TIMELINE)
    if timeline.digest != read_manifest(folder)["timeline"]["digest"]:
        raise BadInput(f"{folder / TIMELINE}: not the timeline of this run; get a clean copy of the folder")
    return timeline


def read_answers(folder: Path) -> Iterator[Recorded]:
    """The answers of a run; of one that was recorded twice the first."""
    path = folder / ANSWERS
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(read_jsonl(path, torn_tail=True) if path.exists() else (), 1):
        try:
            recorded = _recorded(row)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"{path}: answer {number}: a field is missing or wrong ({error})") from error
        if (recorded.key, recorded.epoch) not in seen:
            seen.add((recorded.key, recorded.epoch))
            yield recorded


def _recorded(row: Mapping[str, Any]) -> Recorded:
    order = tuple(int(place) for place in row["order"])
    shares = None if row["shares"] is None else tuple(float(share) for share in row["shares"])
    if sorted(order) != list(range(len(order))) or (shares is not None and len(shares) != len(order)):
        raise ValueError("order and shares do not fit each other")
    if shares is not None and not all(0 <= share <= 1 for share in shares):
        raise ValueError("shares: expected numbers from 0 to 1")
    return Recorded(
        key=str(row["question"]),
        kind=str(row["kind"]),
        target=str(row["target"]),
        item=str(row["item"]),
        form=str(row["form"]),
        epoch=int(row["epoch"]),
        answer=Answer(order, shares),
    )

"""What all formats of preference data share: rows, conversations, responses in an order that tells nothing, and tasks
whose ids are made unique.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ...errors import BadInput
from ...formats.rows import Row
from ...jsonio import text_digest
from ...visible import visible
from ..suite import Skipped
from ..task import Message, PreferenceTask, Response, Role, Tiers


@dataclass(frozen=True, slots=True)
class PreferenceRow(Row):
    """One row of a file; place: its number, from 1, which names what has no id of its own."""

    place: int

    def first(self, *names: str) -> Any:
        """The value of the first of these fields that is there and not null; BadInput when none is."""
        for name in names:
            if self.data.get(name) is not None:
                return self.data[name]
        raise BadInput(f"{self.where}: the field {' or '.join(map(repr, names))} is missing")

    def optional(self, name: str) -> str:
        """A text or a number as text; "" where it is missing or null."""
        value = self.data.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(name, "a text")
        return str(value)

    def fault(self, why: str) -> BadInput:
        """The error that this row is wrong."""
        return BadInput(f"{self.where}: {why}")

    def skipped(self, why: object) -> Skipped:
        """The row left out; the reason is made printable, since it may hold the row's own words."""
        return Skipped(self.where, visible(str(why).removeprefix(f"{self.where}: "), 300))


@dataclass(frozen=True, slots=True)
class Made:
    """A task and the row that it was made of (the last of several)."""

    where: str
    task: PreferenceTask


Reading = Iterator[Made | Skipped]
Reader = Callable[[Sequence[PreferenceRow], str], Reading]
"""From all rows of a file and the suite's name to tasks and rows left out."""
RowReader = Callable[[PreferenceRow, str], Iterable[PreferenceTask | Skipped]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of preference data.

    fields: what its rows hold, for messages. matches: whether a row is of this format, told by its fields alone.
    own_ids: ids in the file are promised to be unique, so that one that occurs again is a mistake; elsewhere it becomes
    a second task.
    """

    name: str
    fields: str
    matches: Callable[[Mapping[str, Any]], bool]
    read: Reader
    own_ids: bool = False


def row_by_row(read: RowReader) -> Reader:
    """A reader for formats whose rows are tasks (or several) of their own; a bad row is left out, the others stay."""

    def read_all(rows: Sequence[PreferenceRow], name: str) -> Reading:
        for row in rows:
            try:
                # A list first: a row that is found to be bad halfway is left out whole.
                found = list(read(row, name))
            except BadInput as error:
                yield row.skipped(error)
                continue
            yield from (item if isinstance(item, Skipped) else Made(row.where, item) for item in found)

    return read_all


def unique(reading: Iterable[Made | Skipped], own_ids: bool) -> tuple[tuple[PreferenceTask, ...], tuple[Skipped, ...]]:
    """The tasks with ids of their own, and what was left out.

    A row that repeats another's id and content is a copy and left out. One with another content is left out where ids
    are promised to be unique; elsewhere it gets the id ``ID#2`` and the family of the first: both are kept.
    """
    tasks: dict[str, PreferenceTask] = {}
    wheres: dict[str, str] = {}
    times: dict[str, int] = {}
    copies: dict[tuple[str, str], str] = {}
    skipped: list[Skipped] = []
    for item in reading:
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        task, name = item.task, item.task.id
        copy = copies.get((name, task.digest))
        if copy is not None:
            skipped.append(Skipped(item.where, f"a copy of {copy}, with the same id {visible(name, 80)!r}"))
            continue
        if name in tasks and own_ids:
            why = f"the id {visible(name, 80)!r} occurred in {wheres[name]} already; ids must be unique"
            skipped.append(Skipped(item.where, why))
            continue
        copies[name, task.digest] = item.where
        while task.id in tasks:
            times[name] = times.get(name, 1) + 1
            task = replace(task, id=f"{name}#{times[name]}", family=task.family or name)
        tasks[task.id], wheres[task.id] = task, item.where
    return tuple(tasks.values()), tuple(skipped)


@dataclass(frozen=True, slots=True)
class Side:
    """One response before it has an id: its text and who wrote it."""

    text: str
    source: str = ""


def in_neutral_order(tiers: Sequence[Sequence[Side]]) -> tuple[tuple[Response, ...], Tiers]:
    """Responses whose order and ids (``1``, ``2``, ...) say nothing about the ranking, and the ranking.

    Files that list the better response first would give the label away by position: the order is that of the texts'
    digests.
    """
    placed = [(place, side) for place, tier in enumerate(tiers) for side in tier]
    placed.sort(key=lambda item: text_digest(item[1].text))
    responses = tuple(Response(str(number), side.text, side.source) for number, (_, side) in enumerate(placed, 1))
    ranking = tuple(
        tuple(str(number) for number, (place, _) in enumerate(placed, 1) if place == wanted)
        for wanted in range(len(tiers))
    )
    return responses, ranking


def tiers_by_score(scores: Mapping[str, float]) -> Tiers:
    """Response ids in tiers of equal score, the highest first."""
    levels = sorted(set(scores.values()), reverse=True)
    return tuple(tuple(name for name, score in scores.items() if score == level) for level in levels)


def number_of(row: PreferenceRow, value: Any, what: str) -> float:
    """A finite number; a text that spells one is one. BadInput for anything else, null included."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise row.fault(f"{what}: expected a number, found {value[:40]!r}") from None
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # a whole number that no float can hold
        pass
    raise row.fault(f"{what}: expected a number, found {str(value)[:40]!r}")


def conversation(row: PreferenceRow, value: Any, what: str, system: str = "") -> tuple[Message, ...]:
    """A text as one turn of the user's, or a list of turns (``role`` and ``content``), after the system's text."""
    before = (Message("system", system),) if system.strip() else ()
    if isinstance(value, str):
        return (*before, Message("user", value))
    if not isinstance(value, list) or not value:
        raise row.fault(f"{what}: expected a text or a list of messages")
    turns = []
    for turn in value:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if not isinstance(role, str) or not isinstance(content, str):
            raise row.fault(f"{what}: expected messages with the texts 'role' and 'content'")
        turns.append(Message(cast("Role", role), content))
    return (*before, *turns)


def task_id(suite: str, *parts: object) -> str:
    """``suite/part/part``."""
    return "/".join([suite, *(str(part) for part in parts if part != "")])


def has(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a row has all of these fields (null counts as missing, as Parquet's empty columns do)."""
    return lambda row: all(row.get(name) is not None for name in names)

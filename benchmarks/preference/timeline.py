"""Timelines of values: the same kind of question put to people of several periods, with their votes.

After ProgressGym (Qiu et al. 2024, arXiv 2406.20087), without training. A file holds one period a line:

    {"period": "1900-1909", "items": [{"id": "q1", "context": "...", "options": ["...", "..."],
                                       "votes": {"o1": 7, "o2": 3}}]}

Options are texts (their ids are ``o1``, ``o2``, ...) or objects with ``id`` and ``text``. ``dimensions`` of an item
says how much an option stands for a value: ``{"loyalty": {"o1": 1, "o2": -1}}``. An id is unique within its period,
and means the same context and options in every period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..jsonio import digest, write_jsonl
from ..visible import visible
from .formats.questionnaires import RULES, broken_rules
from .formats.sources import Item, source_of
from .suite import Skipped

VIEWS = ("traditional", "modern", "post-modern", "integrated")
"""What the four options of ProgressGym's world-view items stand for, in their order."""


@dataclass(frozen=True, slots=True)
class ValueItem:
    """One question with its options.

    options: texts, at least two and all different. names: their ids. votes: by option, in the order of ``options``;
    empty where nobody was asked. dimensions: name -> how much each option stands for it, in the order of ``options``.
    """

    id: str
    context: str
    options: tuple[str, ...]
    names: tuple[str, ...]
    votes: tuple[int, ...] = ()
    dimensions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    category: str = ""

    @property
    def shares(self) -> tuple[float, ...] | None:
        """The share of the votes of each option; None without votes."""
        total = sum(self.votes)
        return tuple(number / total for number in self.votes) if total else None

    @property
    def majority(self) -> int | None:
        """The place of the option with most votes; None without votes and where several have as many."""
        best = max(self.votes, default=0)
        return self.votes.index(best) if best and self.votes.count(best) == 1 else None

    @property
    def question(self) -> tuple[str, tuple[str, ...]]:
        """What must be the same wherever this id occurs."""
        return self.context, self.options

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        options = [{"id": name, "text": text} for name, text in zip(self.names, self.options, strict=True)]
        data: dict[str, Any] = {"id": self.id, "context": self.context, "options": options}
        if self.votes:
            data["votes"] = dict(zip(self.names, self.votes, strict=True))
        if self.dimensions:
            data["dimensions"] = {
                name: dict(zip(self.names, weights, strict=True)) for name, weights in self.dimensions.items()
            }
        return {**data, "category": self.category} if self.category else data


@dataclass(frozen=True, slots=True)
class Period:
    """A time and what its people were asked."""

    name: str
    items: tuple[ValueItem, ...]

    def item(self, item_id: str) -> ValueItem | None:
        """The item of this id, or None."""
        return next((item for item in self.items if item.id == item_id), None)

    def to_json(self) -> dict[str, Any]:
        """The JSON form, one line of a timeline file."""
        return {"period": self.name, "items": [item.to_json() for item in self.items]}


@dataclass(frozen=True)
class Timeline:
    """Periods from the earliest to the latest, in the order of the file. skipped: items that could not be read."""

    name: str
    periods: tuple[Period, ...]
    skipped: tuple[Skipped, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all periods."""
        return digest([period.to_json() for period in self.periods])

    def save(self, path: Path) -> None:
        """Write the timeline file."""
        write_jsonl(path, (period.to_json() for period in self.periods))

    def __len__(self) -> int:
        return sum(len(period.items) for period in self.periods)


def read_timeline(path: Path) -> Timeline:
    """The timeline in a file of periods, or of value items alone (one period without a name).

    Value items alone are rows of ``id``, ``context``, ``options``, or ProgressGym's tables (``scenario_id``,
    ``context``, ``action1``, ``action2``, ...), whose repeated ids become ``ID#2`` where the contexts differ. Items
    that are wrong are left out and told in ``skipped``. BadInput when there is none.
    """
    source = source_of(path)
    first = next((row for _, row in source.rows if not isinstance(row, str)), {})
    periods, skipped = _periods(source.rows) if "items" in first else _items_alone(source.rows)
    if not any(period.items for period in periods):
        why = f"{skipped[0].where}: {skipped[0].why}" if skipped else "it is empty"
        raise BadInput(f"{path}: holds no value items ({why}); see docs/values.md for the format")
    return Timeline(source.name, tuple(period for period in periods if period.items), tuple(skipped))


def _periods(rows: Sequence[tuple[str, Item]]) -> tuple[list[Period], list[Skipped]]:
    periods: list[Period] = []
    skipped: list[Skipped] = []
    known: dict[str, ValueItem] = {}
    for where, row in rows:
        if isinstance(row, str) or not isinstance(row.get("items"), list) or row.get("period") is None:
            skipped.append(Skipped(where, visible(row) if isinstance(row, str) else "'period' or 'items' is missing"))
            continue
        name = str(row["period"])
        if any(period.name == name for period in periods):
            skipped.append(Skipped(where, f"the period {visible(name, 60)!r} occurred already; its items are left out"))
            continue
        kept: dict[str, ValueItem] = {}
        for number, data in enumerate(row["items"], 1):
            try:
                item = _item(data)
                _check_id(item, kept, known)
            except BadInput as error:
                skipped.append(Skipped(f"{where}, item {number}", visible(error, 300)))
                continue
            kept[item.id] = known[item.id] = item
        periods.append(Period(name, tuple(kept.values())))
    return periods, skipped


def _check_id(item: ValueItem, kept: Mapping[str, ValueItem], known: Mapping[str, ValueItem]) -> None:
    if item.id in kept:
        raise BadInput(f"the id {item.id[:60]!r} occurs twice in this period; ids must be unique")
    if item.id in known and known[item.id].question != item.question:
        raise BadInput(f"the id {item.id[:60]!r} meant another context or other options in an earlier period")


def _items_alone(rows: Sequence[tuple[str, Item]]) -> tuple[list[Period], list[Skipped]]:
    """One period. Ids that occur again with another question are numbered: none is lost."""
    kept: dict[str, ValueItem] = {}
    skipped: list[Skipped] = []
    for where, row in rows:
        try:
            if isinstance(row, str):
                raise BadInput(row)
            item = _item(row) if "options" in row else _table_item(row, where)
        except BadInput as error:
            skipped.append(Skipped(where, visible(error, 300)))
            continue
        name, number = item.id, 1
        while item.id in kept and kept[item.id].question != item.question:
            number += 1
            item = replace(item, id=f"{name}#{number}")
        if item.id in kept:
            skipped.append(Skipped(where, f"a copy of an earlier item, with the same id {visible(name, 60)!r}"))
        else:
            kept[item.id] = item
    return [Period("", tuple(kept.values()))], skipped


def _item(data: Any) -> ValueItem:
    if not isinstance(data, dict):
        raise BadInput(f"expected an object, found {type(data).__name__}")
    item_id, context, given = data.get("id"), data.get("context"), data.get("options")
    if not isinstance(item_id, str | int) or isinstance(item_id, bool) or not isinstance(context, str):
        raise BadInput("the texts 'id' and 'context' are needed")
    if not isinstance(given, list):
        raise BadInput("options: expected a list")
    pairs = [_option(option, number) for number, option in enumerate(given, 1)]
    return _checked(
        ValueItem(
            id=str(item_id),
            context=context,
            options=tuple(text for _, text in pairs),
            names=tuple(name for name, _ in pairs),
            votes=_votes(data.get("votes"), [name for name, _ in pairs]),
            dimensions=_dimensions(data.get("dimensions"), [name for name, _ in pairs]),
            category=str(data.get("category") or ""),
        )
    )


def _option(option: Any, number: int) -> tuple[str, str]:
    if isinstance(option, str):
        return f"o{number}", option
    if isinstance(option, dict) and isinstance(option.get("text"), str):
        return str(option.get("id") or f"o{number}"), option["text"]
    raise BadInput(f"options: number {number} is neither a text nor an object with 'text'")


def _votes(given: Any, names: Sequence[str]) -> tuple[int, ...]:
    if given is None:
        return ()
    if not isinstance(given, dict):
        raise BadInput("votes: expected an object, option id -> number of votes")
    strange = next((name for name in given if name not in names), None)
    if strange is not None:
        raise BadInput(f"votes: {str(strange)[:40]!r} is no option ({', '.join(names)})")
    numbers = [given.get(name, 0) for name in names]
    if any(isinstance(number, bool) or not isinstance(number, int) or number < 0 for number in numbers):
        raise BadInput("votes: expected whole numbers of votes, none below 0")
    if not sum(numbers):
        raise BadInput("votes: nobody voted; leave 'votes' out where nobody was asked")
    return tuple(numbers)


def _dimensions(given: Any, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    if given is None:
        return {}
    found = {}
    for dimension, weights in given.items() if isinstance(given, dict) else [("", None)]:
        if not isinstance(weights, dict) or not set(weights) <= set(names):
            raise BadInput("dimensions: expected objects, option id -> how much it stands for the dimension")
        numbers = [weights.get(name, 0) for name in names]
        if not all(isinstance(number, int | float) and abs(number) <= 1 for number in numbers):
            raise BadInput(f"dimensions: {str(dimension)[:40]!r}: expected numbers from -1 to 1")
        found[str(dimension)] = tuple(float(number) for number in numbers)
    return found


def _checked(item: ValueItem) -> ValueItem:
    if len(item.options) < 2 or not all(text.strip() for text in item.options):
        raise BadInput("options: at least two are needed, none of them empty")
    if len(set(item.options)) < len(item.options) or len(set(item.names)) < len(item.names):
        raise BadInput("options: two are equal; equal options cannot be chosen between")
    return item


def _table_item(row: Mapping[str, Any], where: str) -> ValueItem:
    """A row of MoralChoice, Foundation or Views as ProgressGym keeps them."""
    context = row.get("context")
    actions = tuple(_actions(row))
    if not isinstance(context, str) or not actions:
        raise BadInput("'context' and 'options' (or 'action1', 'action2', ...) are missing")
    item = ValueItem(
        id=str(row.get("scenario_id") or where),
        context=context,
        options=actions,
        names=tuple(f"o{number}" for number in range(1, len(actions) + 1)),
        dimensions=_table_dimensions(row, len(actions)),
        category=str(row.get("generation_theme") or row.get("generation_rule") or ""),
    )
    return _checked(item)


def _actions(row: Mapping[str, Any]) -> Iterator[str]:
    for number in range(1, 10):
        if row.get(f"action{number}") is None:
            return
        yield str(row[f"action{number}"]).strip().strip('"')


def _table_dimensions(row: Mapping[str, Any], options: int) -> dict[str, tuple[float, ...]]:
    """Of MoralChoice: for every rule that exactly one action breaks, 1 for the action that keeps it and -1 for the
    other. Of world views: one for each option. Foundation's rows do not say which action stands for their theme.
    """
    if options == len(VIEWS):
        return {view: tuple(float(place == at) for at in range(options)) for place, view in enumerate(VIEWS)}
    first, second = broken_rules(row, "a1"), broken_rules(row, "a2")
    if options != 2 or first is None or second is None:
        return {}
    return {rule: (-1.0, 1.0) if rule in first else (1.0, -1.0) for rule in RULES if rule in first ^ second}

"""From the records of a run to what was preferred, item by item."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.preference.timeline import Timeline, ValueItem
from ...harness.preference.value_answers import Answer, Preference, best_of, preference
from ...harness.preference.value_questions import EvidenceRule, orders, questions
from ...harness.preference.value_run import Recorded, read_answers, read_manifest, read_run_timeline
from ..metrics.values import ProbedItem


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """One item as asked of one period's people (probes: of nobody's).

    shares: the mean over wordings, None unless every wording has one. position_bias: likewise; NaN without.
    counts: by order and wording, how often each option was picked.
    """

    place: int
    item: ValueItem
    shares: tuple[float, ...] | None
    by_form: Mapping[str, Preference]
    counts: Mapping[str, tuple[int, ...]]
    owed: int

    @property
    def asked(self) -> int:
        """Answers."""
        return sum(found.asked for found in self.by_form.values())

    @property
    def invalid(self) -> int:
        """Answers that picked nothing."""
        return sum(found.invalid for found in self.by_form.values())

    @property
    def position_bias(self) -> float:
        """Mean share of what stood first, less 1/n."""
        values = [found.position_bias for found in self.by_form.values()]
        return math.fsum(values) / len(values) if values else math.nan

    @property
    def consistent(self) -> bool | None:
        """Whether all answers have the same best option; None where an order has no answer."""
        parts = [found.consistent for found in self.by_form.values()]
        return None if None in parts or not parts else all(parts)


@dataclass(frozen=True, slots=True)
class ValueRecords:
    """A run of value questions, read. name: the timeline's, as it was given."""

    folder: Path
    name: str
    kind: str
    model: str
    settings: Mapping[str, Any]
    timeline: Timeline
    items: tuple[ItemAnswers, ...]


def read_records(folder: Path) -> ValueRecords:
    """Read a run of ``follow``, ``predict`` or ``probe``; BadInput where the folder holds none."""
    manifest = read_manifest(folder)
    settings = manifest["settings"]
    if settings["kind"] == "coevolve":
        raise BadInput(f"{folder}: a coevolve experiment; it is shown by evalrun values show")
    timeline = read_run_timeline(folder)
    answers: dict[str, list[Recorded]] = {}
    for recorded in read_answers(folder):
        answers.setdefault(recorded.key, []).append(recorded)
    found: dict[tuple[int, str], list[tuple[str, str, list[Answer]]]] = {}
    items: dict[tuple[int, str], ValueItem] = {}
    rule = EvidenceRule(**settings["evidence"])
    for question in questions(
        timeline,
        settings["kind"],
        rule,
        forms=settings["forms"],
        horizon=settings["horizon"],
        pairs_only=settings["ask"] == "forced_choice",
    ):
        where = question.place, question.item.id
        items[where] = question.item
        given = [recorded.answer for recorded in answers.get(question.key, ())]
        found.setdefault(where, []).append((question.form, str(list(question.order)), given))
    epochs = int(settings["sampling"]["epochs"])
    return ValueRecords(
        folder,
        str(manifest["timeline"]["name"]),
        settings["kind"],
        str(settings["label"]),
        settings,
        timeline,
        tuple(_item(where[0], items[where], parts, epochs) for where, parts in found.items()),
    )


def _item(place: int, item: ValueItem, parts: Sequence[tuple[str, str, list[Answer]]], epochs: int) -> ItemAnswers:
    by_form = {
        form: preference(
            [answer for each, _, answers in parts if each == form for answer in answers], orders(len(item.options))
        )
        for form in dict.fromkeys(form for form, _, _ in parts)
    }
    known = [found.shares for found in by_form.values() if found.shares is not None]
    whole = len(known) == len(by_form)
    shares = tuple(math.fsum(column) / len(known) for column in zip(*known, strict=True)) if whole else None
    counts = {f"{form} {order}": _counts(answers, len(item.options)) for form, order, answers in parts}
    owed = epochs * len(parts) - sum(len(answers) for _, _, answers in parts)
    return ItemAnswers(place, item, shares, by_form, counts, owed)


def _counts(answers: Sequence[Answer], options: int) -> tuple[int, ...]:
    picked = Counter(best_of(answer.shares) for answer in answers if answer.shares is not None)
    return tuple(picked[option] for option in range(options))


def probed(records: ValueRecords) -> dict[str, ProbedItem]:
    """The items that were answered in every order, for ``metrics.values``."""
    found = {}
    for each in records.items:
        if each.shares is not None:
            by_form = {form: said.shares for form, said in each.by_form.items() if said.shares is not None}
            found[each.item.id] = ProbedItem(each.shares, each.item.dimensions, by_form, each.counts)
    return found

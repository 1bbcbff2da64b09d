"""The records of a preference run: a folder of plain files that survive a kill at any instant.

    run.json        the manifest ("kind": "preference"), there before anything is asked
    tasks.jsonl     one task of the run a line: its label and what reports group by, no texts
    answers.jsonl   one result a line, as it came: the log-probability of every token, or a choice with the reply's
                    text; of several for one item the first counts. It may be gzipped when the run is done
    pairs.jsonl     scored pairs (docs/formats.md), made anew from the above whenever the run ends
    owed.jsonl      what the last command could not get, and why; for people, no part of the records

A last line that is not whole (its writer was killed) is left out: what it held is owed again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from ...benchmarks import BadInput
from ...benchmarks.jsonio import read_json, read_jsonl, write_json, write_jsonl
from ...benchmarks.preference import PreferenceTask
from .api import LEAST_LOGPROB, Choice, Said, TokenScores

SCHEMA = 1
KIND = "preference"
MANIFEST = "run.json"
TASKS = "tasks.jsonl"
ANSWERS = "answers.jsonl"
PAIRS = "pairs.jsonl"
OWED = "owed.jsonl"

Role = Literal["policy", "reference"]
"""Whose log-likelihoods: the model's that is measured, or its reference's."""
_EFFECTS = ("preserve", "invert", "new", "tie")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ask: how likely all responses of a task are (role), or which of two is better (role is "").

    first, second: ids of the responses in the order in which they are shown. epoch: which repetition.
    """

    task: str
    role: Role | Literal[""] = ""
    first: str = ""
    second: str = ""
    epoch: int = 0

    def to_json(self) -> dict[str, Any]:
        """Its fields; those that do not matter are left out."""
        if self.role:
            return {"task": self.task, "role": self.role}
        return {"task": self.task, "first": self.first, "second": self.second, "epoch": self.epoch}

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> Item:
        """Read the fields; KeyError, TypeError or ValueError where they are not there."""
        if row.get("role") is not None:
            if row["role"] not in get_args(Role):
                raise ValueError(f"role: expected policy or reference, found {str(row['role'])[:40]!r}")
            return Item(_text(row["task"]), row["role"])
        return Item(_text(row["task"]), "", _text(row["first"]), _text(row["second"]), _count(row["epoch"]))


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What asking for one item brought: scores of responses by id, or what was said, or why there is neither."""

    item: Item
    scores: Mapping[str, TokenScores] = field(default_factory=dict)
    said: Said | None = None
    skipped: str = ""
    created: str = ""

    def to_json(self) -> dict[str, Any]:
        """One line of ``answers.jsonl``."""
        row: dict[str, Any] = {**self.item.to_json(), "created": self.created}
        if self.skipped:
            row["skipped"] = self.skipped
        elif self.said is not None:
            row.update({name: getattr(self.said, name) for name in Said.__slots__})
        else:
            row["responses"] = [
                {"id": name, **{field: getattr(each, field) for field in TokenScores.__slots__}}
                for name, each in self.scores.items()
            ]
        return row

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> AnswerRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        item, created = Item.from_json(row), _text(row.get("created", ""))
        if row.get("skipped") is not None:
            return AnswerRow(item, skipped=_text(row["skipped"]) or "unknown", created=created)
        if item.role:
            scores = {_text(each["id"]): _token_scores(each) for each in row["responses"]}
            return AnswerRow(item, scores=scores, created=created)
        return AnswerRow(item, said=_said(row), created=created)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """What a reader of records needs to know of a task, so that it needs no suite.

    sizes: UTF-8 bytes of the responses by id, in the task's order. twin: parent, operator and effect of a task that is
    read beside another.
    """

    id: str
    digest: str
    family: str
    category: str
    criterion: str
    ranking: tuple[tuple[str, ...], ...]
    sizes: Mapping[str, int]
    votes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    agreement: float | None = None
    twin: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(task: PreferenceTask) -> TaskRow:
        """The row of a task."""
        return TaskRow(
            id=task.id,
            digest=task.digest,
            family=task.unit,
            category=task.category,
            criterion=task.criterion,
            ranking=task.ranking,
            sizes={each.id: len(each.text.encode("utf-8", "surrogatepass")) for each in task.responses},
            votes=task.votes,
            agreement=task.agreement(),
            twin=_twin(task),
        )

    def pairs(self) -> Iterator[tuple[str, str, bool]]:
        """(better, worse, whether they tie) of every two responses, by id, the best first."""
        places = [(place, name) for place, tier in enumerate(self.ranking) for name in tier]
        for number, (place, better) in enumerate(places):
            for other, worse in places[number + 1 :]:
                yield better, worse, place == other

    def to_json(self) -> dict[str, Any]:
        """One line of ``tasks.jsonl``."""
        row: dict[str, Any] = {name: getattr(self, name) for name in TaskRow.__slots__}
        return {
            **row,
            "ranking": [list(tier) for tier in self.ranking],
            "sizes": list(self.sizes.items()),
            "votes": {group: dict(votes) for group, votes in self.votes.items()},
            "twin": dict(self.twin),
        }

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> TaskRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        ranking = tuple(tuple(_text(name) for name in tier) for tier in row["ranking"])
        sizes = {_text(name): _count(size) for name, size in row["sizes"]}
        if sorted(sizes) != sorted(name for tier in ranking for name in tier):
            raise ValueError("ranking and sizes name different responses")
        agreement = row.get("agreement")
        return TaskRow(
            **{name: _text(row[name]) for name in ("id", "digest", "family", "category", "criterion")},
            ranking=ranking,
            sizes=sizes,
            votes={
                _text(group): {_text(choice): _count(number) for choice, number in votes.items()}
                for group, votes in row.get("votes", {}).items()
            },
            agreement=None if agreement is None else float(agreement),
            twin={_text(name): _text(value) for name, value in row.get("twin", {}).items()},
        )


def _twin(task: PreferenceTask) -> dict[str, str]:
    found = {name: task.metadata.get(name) for name in ("parent", "operator", "effect")}
    if not all(isinstance(value, str) and value for value in found.values()) or found["effect"] not in _EFFECTS:
        return {}
    return cast("dict[str, str]", found)


def start_run(folder: Path, manifest: Mapping[str, Any], tasks: Iterable[PreferenceTask]) -> None:
    """Write a new run's tasks and last, as a sign that all is there, its manifest."""
    write_jsonl(folder / TASKS, (TaskRow.of(task).to_json() for task in tasks))
    write_json(folder / MANIFEST, dict(manifest))


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a preference run; BadInput where there is none of this schema."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(f"{folder}: not a run folder (it has no {MANIFEST})")
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA or manifest.get("kind") != KIND:
        raise BadInput(f"{path}: not the manifest of a preference run of schema {SCHEMA} (`evalrun prefer` makes one)")
    for section in ("model", "suite", "sampling", "endpoint", "how"):
        if not isinstance(manifest.get(section), dict):
            raise BadInput(f"{path}: the section {section!r} is missing; the folder is damaged")
    if not isinstance(manifest.get("reference"), dict | None):
        raise BadInput(f"{path}: reference: expected an object or null; the folder is damaged")
    epochs = manifest["sampling"].get("epochs")
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        raise BadInput(f"{path}: sampling.epochs: expected a positive number, found {str(epochs)[:40]!r}")
    return manifest


def load_tasks(folder: Path) -> dict[str, TaskRow]:
    """The tasks of a run by id; BadInput where they cannot be read."""
    return {row.id: row for row in _rows(folder / TASKS, TaskRow.from_json, torn_tail=False)}


def check_tasks(folder: Path, rows: Mapping[str, TaskRow], tasks: Iterable[PreferenceTask]) -> None:
    """BadInput where what a run wrote down of its tasks is no longer what they are: a line is gone, or was changed."""
    wanted = {task.id: TaskRow.of(task) for task in tasks}
    wrong = next((name for name in (*wanted, *rows) if rows.get(name) != wanted.get(name)), None)
    if wrong is not None:
        raise BadInput(f"{folder / TASKS}: {wrong[:80]!r}: not the task that the run asks; the folder is damaged")


def read_answers(folder: Path, tasks: Mapping[str, TaskRow], planned: Container[Item]) -> Iterator[AnswerRow]:
    """Every answer, one at a time, the first of each item only.

    Raises:
        BadInput: a line is malformed, or of an item or response that is not of this run.
    """
    seen: set[Item] = set()
    for path in (folder / f"{ANSWERS}.gz", folder / ANSWERS):
        if not path.exists():
            continue
        for row in _rows(path, AnswerRow.from_json):
            known = row.item in planned
            if not known or (row.scores and row.scores.keys() != tasks[row.item.task].sizes.keys()):
                where = " ".join(f"{name}={str(value)[:60]!r}" for name, value in row.item.to_json().items())
                what = "the responses are not the task's" if known else "not asked for in this run"
                raise BadInput(f"{path}: {where}: {what}; the folder is damaged")
            if row.item not in seen:
                seen.add(row.item)
                yield row


def planned_items(tasks: Iterable[TaskRow], manifest: Mapping[str, Any]) -> Iterator[Item]:
    """Everything that a run is to ask for, task by task."""
    reference = manifest.get("reference") is not None
    choices = manifest["how"].get("mode") in ("forced_choice", "judge")
    for task in tasks:
        if not choices:
            yield Item(task.id, "policy")
            if reference:
                yield Item(task.id, "reference")
            continue
        for better, worse, _ in task.pairs():
            for epoch in range(manifest["sampling"]["epochs"]):
                yield Item(task.id, "", better, worse, epoch)
                yield Item(task.id, "", worse, better, epoch)


def _rows(path: Path, read: Callable[[Mapping[str, Any]], Row], *, torn_tail: bool = True) -> Iterator[Row]:
    for number, row in enumerate(read_jsonl(path, torn_tail=torn_tail), 1):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise BadInput(f"{path}: record {number} is malformed ({type(error).__name__}: {error})") from error


def _token_scores(row: Mapping[str, Any]) -> TokenScores:
    tokens, logprobs = _texts(row["tokens"]), tuple(_logprob(value) for value in row["logprobs"])
    if len(tokens) != len(logprobs):
        raise ValueError(f"{len(tokens)} tokens, but {len(logprobs)} log-probabilities")
    return TokenScores(
        tokens, logprobs, _count(row["start"]), _count(row["utf8_bytes"]), bool(row.get("boundary_merge", False))
    )


def _said(row: Mapping[str, Any]) -> Said:
    if row["choice"] not in get_args(Choice):
        raise ValueError(f"choice: expected one of {', '.join(get_args(Choice))}, found {str(row['choice'])[:40]!r}")
    share, reasoning, finish = row.get("p_first"), row.get("reasoning"), row.get("finish_reason")
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"p_first: expected a probability, found {str(share)[:40]!r}")
    counts = [None if row.get(name) is None else _count(row[name]) for name in ("input_tokens", "output_tokens")]
    return Said(
        row["choice"],
        _text(row.get("text", "")),
        None if share is None else float(share),
        _text(row.get("why", "")),
        None if reasoning is None else _text(reasoning),
        None if finish is None else _text(finish),
        *counts,
    )


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"expected 0, 1, ..., found {str(value)[:40]!r}")
    return value


def _logprob(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not LEAST_LOGPROB <= value <= 0:
        raise ValueError(f"expected a finite log-probability, found {str(value)[:40]!r}")
    return float(value)

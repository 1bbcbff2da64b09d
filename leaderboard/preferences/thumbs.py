"""A file of scored answers that were liked or not (thumbs up, thumbs down), one JSON object a line, and its numbers.

The fields are described in docs/formats.md. Everything in the file is untrusted; here it is only typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...benchmarks.errors import BadInput
from ...benchmarks.visible import visible
from ..metrics.calibration import BinaryPreference, binary_preference
from ..metrics.intervals import SEED
from .line import Line, json_objects, shown

SCHEMA = 1
MODE = "thumbs"
Kind = Literal["reward", "probability"]
"""reward: any numbers, higher is better; probability: the chance that the answer is liked."""
KINDS = get_args(Kind)
_HEADER = ("schema", "model", "mode", "suite", "score_kind", "created", "metadata")
_ROW = ("id", "score", "label", "category", "family", "skipped", "metadata")
_LABELS = {"up": True, "down": False}


@dataclass(frozen=True, slots=True)
class Thumb:
    """One answer: whether it was liked, and the model's score of it (NaN where it was skipped)."""

    id: str
    category: str
    family: str
    score: float
    liked: bool
    skipped: str


@dataclass(frozen=True, slots=True)
class ThumbsRun:
    """The answers one model scored; every text is untrusted."""

    path: Path
    label: str
    suite: str
    kind: Kind
    created: str
    rows: tuple[Thumb, ...]


@dataclass(frozen=True, slots=True)
class ThumbsSummary:
    """All numbers of a run, and of each category of answers (empty where no answer names one)."""

    label: str
    suite: str
    kind: Kind
    created: str
    all: BinaryPreference
    by_category: Mapping[str, BinaryPreference]


def is_thumbs(path: Path) -> bool:
    """Whether the first line of a file is that of scored thumbs: it says so, or has an id and a label."""
    for _, fields in json_objects(path):
        if "schema" in fields:
            return fields.get("mode") == MODE
        return "label" in fields and "pair" not in fields
    return False


def read_thumbs(path: str | Path) -> ThumbsRun:
    """Read a file of scored thumbs, plain or gzipped; BadInput names the line and the field."""
    path = Path(path)
    lines = list(json_objects(path))
    header = Line(path, 1, {})
    if lines and "schema" in lines[0][1]:
        header = Line(path, *lines.pop(0))
    if not lines:
        raise BadInput(f"{path}: no answers in it; one JSON object a line is expected, see docs/formats.md")
    kind = _kind(header)
    rows: dict[str, Thumb] = {}
    for number, fields in lines:
        line = Line(path, number, fields)
        row = _row(line, kind)
        if row.id in rows:
            raise line.wrong(f"id: {visible(row.id, 80)} is there already; every answer needs an id of its own")
        rows[row.id] = row
    return ThumbsRun(
        path=path,
        label=header.text("model", path.name.removesuffix(".gz").removesuffix(".jsonl")),
        suite=header.text("suite", "thumbs"),
        kind=kind,
        created=header.text("created"),
        rows=tuple(rows.values()),
    )


def summarise_thumbs(run: ThumbsRun, *, seed: int = SEED) -> ThumbsSummary:
    """AUROC, threshold and calibration of a run. Skipped answers are counted and are in no number."""

    def numbers(rows: list[Thumb]) -> BinaryPreference:
        return binary_preference(
            [row.score for row in rows],
            [row.liked for row in rows],
            [row.family for row in rows],
            are_probabilities=run.kind == "probability",
            seed=seed,
        )

    groups: dict[str, list[Thumb]] = {}
    for row in run.rows:
        groups.setdefault(row.category, []).append(row)
    by_category = {name: numbers(rows) for name, rows in groups.items()} if set(groups) != {""} else {}
    return ThumbsSummary(run.label, run.suite, run.kind, run.created, numbers(list(run.rows)), by_category)


def _kind(header: Line) -> Kind:
    header.only(_HEADER)
    schema = header.number_of("schema")
    if header.has("schema") and schema != SCHEMA:
        raise header.wrong(f"schema: this version reads {SCHEMA}, found {schema:g}")
    header.one_of("mode", (MODE,))
    return cast("Kind", header.one_of("score_kind", KINDS) or "reward")


def _row(line: Line, kind: Kind) -> Thumb:
    line.only(_ROW)
    if not line.has("id"):
        raise line.wrong("id: missing; every line needs the id of its answer")
    if not line.has("score") and not line.has("skipped"):
        raise line.wrong("score: missing (or say why in skipped)")
    name = line.text("id")
    score = line.share("score", "a probability") if kind == "probability" else line.number_of("score")
    skipped = line.text("skipped")
    return Thumb(
        id=name,
        category=line.text("category"),
        family=line.text("family", name),
        score=float("nan") if skipped else score,
        liked=_liked(line, line.fields.get("label")),
        skipped=skipped,
    )


def _liked(line: Line, label: Any) -> bool:
    if isinstance(label, str) and label in _LABELS:
        return _LABELS[label]
    if isinstance(label, bool) or (isinstance(label, int) and label in (0, 1)):
        return bool(label)
    raise line.wrong(f'label: "up" or "down" (or true or false, 1 or 0) is expected, found {shown(label)}')

"""A file of scored preference pairs, which any tool can write: one JSON object a line, checked field by field.

The first line may be a header, known by its ``schema``. The fields are described in docs/formats.md. Everything in the
file is untrusted; here it is only typed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import read_lines
from ...benchmarks.visible import visible
from ..metrics.preferences import Choice

SCHEMA = 1
Mode = Literal["loglikelihood", "reward", "judge"]
"""loglikelihood: scores are log-probabilities of the answers; reward: a reward model's scores; judge: choices."""
Unit = Literal["sequence", "token"]
"""Of log-probabilities: summed over an answer's tokens, or their mean."""

CHOICES = get_args(Choice)
MODES = get_args(Mode)
UNITS = get_args(Unit)
_HEADER = ("schema", "model", "mode", "suite", "score_unit", "created", "metadata")
_ROW = (
    "pair", "category", "criterion", "family", "chosen_score", "rejected_score", "reference_chosen_score",
    "reference_rejected_score", "chosen_tokens", "rejected_tokens", "chosen_bytes", "rejected_bytes", "choice_forward",
    "choice_backward", "agreement", "skipped", "metadata",
)  # fmt: skip
_TWINS = (
    ("chosen_score", "rejected_score"),
    ("reference_chosen_score", "reference_rejected_score"),
    ("chosen_tokens", "rejected_tokens"),
    ("chosen_bytes", "rejected_bytes"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair: an answer that is preferred (chosen) and one that is not, and what a model made of them.

    Scores and lengths are NaN where the file has none. family: what the pair was derived from, by default its own id:
    the unit of resampling. forward, backward: a judge's choice with the preferred answer shown first and second; None
    where it was not asked. agreement: share of the raters that prefer the preferred answer, NaN where unknown. skipped:
    why the pair could not be scored; "" where it was.
    """

    pair: str
    category: str
    criterion: str
    family: str
    chosen_score: float
    rejected_score: float
    reference_chosen_score: float
    reference_rejected_score: float
    chosen_tokens: float
    rejected_tokens: float
    chosen_bytes: float
    rejected_bytes: float
    forward: Choice | None
    backward: Choice | None
    agreement: float
    skipped: str


@dataclass(frozen=True, slots=True)
class PreferenceRun:
    """The pairs one model was scored on; every text is untrusted. score_unit matters for log-likelihoods only."""

    path: Path
    label: str
    mode: Mode
    suite: str
    score_unit: Unit
    created: str
    rows: tuple[Pair, ...]


class _Line:
    """One line of the file: gives its fields typed, and names itself in every complaint."""

    def __init__(self, path: Path, number: int, fields: Mapping[str, Any]) -> None:
        self.number = number
        self._path = path
        self._fields = fields

    def wrong(self, what: str) -> BadInput:
        return BadInput(f"{self._path}:{self.number}: {what}")

    def only(self, known: tuple[str, ...]) -> None:
        strange = [name for name in self._fields if name not in known]
        if strange:
            raise self.wrong(
                f"{visible(strange[0], 80)}: not a field; there are {', '.join(known)} (your own go into metadata)"
            )

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{name}: a text that is not empty is expected, found {_shown(value)}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self._fields.get(name)
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        raise self.wrong(f"{name}: one of {', '.join(allowed)} is expected, found {_shown(value)}")

    def number_of(self, name: str) -> float:
        value = self._fields.get(name)
        if value is None:
            return math.nan
        try:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError
            return float(value)
        except (ValueError, OverflowError):
            raise self.wrong(f"{name}: a finite number is expected, found {_shown(value)}") from None

    def count(self, name: str) -> float:
        """A length; as a float, for it may be missing (NaN)."""
        value = self._fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53):
            raise self.wrong(f"{name}: a whole number from 0 up is expected, found {_shown(value)}")
        return math.nan if value is None else float(value)


def _shown(value: object) -> str:
    return visible(json.dumps(value), 80)


def read_preferences(path: str | Path) -> PreferenceRun:
    """Read a file of scored pairs, plain or gzipped; BadInput names the line and the field."""
    path = Path(path)
    lines = list(_objects(path))
    header = _Line(path, 1, {})
    if lines and "schema" in lines[0][1]:
        header = _Line(path, *lines.pop(0))
    if not lines:
        raise BadInput(f"{path}: no pairs in it; one JSON object a line is expected, see docs/formats.md")
    mode, unit = _header(header, lines[0][1])
    pairs: dict[str, Pair] = {}
    for number, fields in lines:
        line = _Line(path, number, fields)
        pair = _pair(line, mode)
        if pair.pair in pairs:
            raise line.wrong(f"pair: {visible(pair.pair, 80)} is there already; every pair needs an id of its own")
        pairs[pair.pair] = pair
    return PreferenceRun(
        path=path,
        label=header.text("model", path.name.removesuffix(".gz").removesuffix(".jsonl")),
        mode=mode,
        suite=header.text("suite", "pairs"),
        score_unit=unit,
        created=header.text("created"),
        rows=tuple(pairs.values()),
    )


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            fault = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            raise BadInput(f"{path}:{number}: not a JSON object ({fault})") from error
        if not isinstance(row, dict):
            raise BadInput(f"{path}:{number}: not a JSON object (found {type(row).__name__})")
        yield number, row


def _header(header: _Line, first: Mapping[str, Any]) -> tuple[Mode, Unit]:
    """The mode and unit that the header states; without one, what the first pair shows."""
    header.only(_HEADER)
    schema = header.number_of("schema")
    if not math.isnan(schema) and schema != SCHEMA:
        raise header.wrong(f"schema: this version reads {SCHEMA}, found {schema:g}")
    judged = first.get("choice_forward") is not None or first.get("choice_backward") is not None
    mode = header.one_of("mode", MODES) or ("judge" if judged else "loglikelihood")
    return cast("Mode", mode), cast("Unit", header.one_of("score_unit", UNITS) or "sequence")


def _pair(line: _Line, mode: Mode) -> Pair:
    line.only(_ROW)
    if not line.has("pair"):
        raise line.wrong("pair: missing; every line needs the id of its pair")
    for ours, theirs in _TWINS:
        if line.has(ours) != line.has(theirs):
            raise line.wrong(
                f"{theirs if line.has(ours) else ours}: missing beside {ours if line.has(ours) else theirs}"
            )
    if not line.has("skipped"):
        _require_what_the_mode_needs(line, mode)
    pair = Pair(
        pair=line.text("pair"),
        category=line.text("category"),
        criterion=line.text("criterion"),
        family=line.text("family", line.text("pair")),
        chosen_score=line.number_of("chosen_score"),
        rejected_score=line.number_of("rejected_score"),
        reference_chosen_score=line.number_of("reference_chosen_score"),
        reference_rejected_score=line.number_of("reference_rejected_score"),
        chosen_tokens=line.count("chosen_tokens"),
        rejected_tokens=line.count("rejected_tokens"),
        chosen_bytes=line.count("chosen_bytes"),
        rejected_bytes=line.count("rejected_bytes"),
        forward=cast("Choice | None", line.one_of("choice_forward", CHOICES)),
        backward=cast("Choice | None", line.one_of("choice_backward", CHOICES)),
        agreement=line.number_of("agreement"),
        skipped=line.text("skipped"),
    )
    if not (math.isnan(pair.agreement) or 0 <= pair.agreement <= 1):
        raise line.wrong(f"agreement: a share of raters from 0 to 1 is expected, found {pair.agreement:g}")
    if mode == "loglikelihood":
        for name in ("chosen_score", "rejected_score", "reference_chosen_score", "reference_rejected_score"):
            if getattr(pair, name) > 0:
                raise line.wrong(f'{name}: a log-likelihood is never above 0; for a reward model say "mode": "reward"')
    return pair


def _require_what_the_mode_needs(line: _Line, mode: Mode) -> None:
    if mode == "judge" and not (line.has("choice_forward") or line.has("choice_backward")):
        raise line.wrong("choice_forward or choice_backward: missing, and the mode is judge (or say why in skipped)")
    if mode != "judge" and not line.has("chosen_score"):
        raise line.wrong(f"chosen_score: missing, and the mode is {mode} (or say why in skipped)")

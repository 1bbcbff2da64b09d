"""A file of comparisons of a model's answers with a baseline's, one JSON object a line, and its win rates.

The fields are described in docs/formats.md. Everything in the file is untrusted; here it is only typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...benchmarks.errors import BadInput
from ...benchmarks.visible import visible
from ..metrics.intervals import SEED
from ..metrics.winrate import LengthControlled, WinRate, length_controlled_win_rate, win_rate
from .line import Line, json_objects

SCHEMA = 1
MODE = "comparisons"
_HEADER = ("schema", "model", "mode", "baseline", "suite", "created", "metadata")
_ROW = ("id", "preference", "length", "baseline_length", "category", "family", "skipped", "metadata")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the preference for the model's answer (NaN where skipped), and both lengths (NaN if unknown)."""

    id: str
    category: str
    family: str
    preference: float
    length: float
    baseline_length: float


@dataclass(frozen=True, slots=True)
class ComparisonsRun:
    """The comparisons of one model with one baseline; every text is untrusted."""

    path: Path
    label: str
    baseline: str
    suite: str
    created: str
    rows: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class ComparisonsSummary:
    """Win rates of all comparisons, at equal length (None where no comparison has lengths), and by category."""

    label: str
    baseline: str
    suite: str
    created: str
    all: WinRate
    controlled: LengthControlled | None
    by_category: dict[str, WinRate]


def is_comparisons(path: Path) -> bool:
    """Whether the first line of a file is that of comparisons: it says so, or has an id and a preference."""
    for _, fields in json_objects(path):
        return fields.get("mode") == MODE if "schema" in fields else "preference" in fields
    return False


def read_comparisons(path: str | Path) -> ComparisonsRun:
    """Read a file of comparisons, plain or gzipped; BadInput names the line and the field."""
    path = Path(path)
    lines = list(json_objects(path))
    header = Line(path, 1, {})
    if lines and "schema" in lines[0][1]:
        header = Line(path, *lines.pop(0))
    if not lines:
        raise BadInput(f"{path}: no comparisons in it; one JSON object a line is expected, see docs/formats.md")
    header.only(_HEADER)
    if header.has("schema") and header.number_of("schema") != SCHEMA:
        raise header.wrong(f"schema: this version reads {SCHEMA}, found {header.number_of('schema'):g}")
    header.one_of("mode", (MODE,))
    rows: dict[str, Comparison] = {}
    for number, fields in lines:
        line = Line(path, number, fields)
        row = _row(line)
        if row.id in rows:
            raise line.wrong(f"id: {visible(row.id, 80)} is there already; every comparison needs an id of its own")
        rows[row.id] = row
    return ComparisonsRun(
        path=path,
        label=header.text("model", path.name.removesuffix(".gz").removesuffix(".jsonl")),
        baseline=header.text("baseline", "baseline"),
        suite=header.text("suite", "comparisons"),
        created=header.text("created"),
        rows=tuple(rows.values()),
    )


def summarise_comparisons(run: ComparisonsRun, *, seed: int = SEED) -> ComparisonsSummary:
    """Win rates of a run. Skipped comparisons are counted and are in no share."""
    preferences, families = [row.preference for row in run.rows], [row.family for row in run.rows]
    level = length_controlled_win_rate(
        preferences,
        [row.length for row in run.rows],
        [row.baseline_length for row in run.rows],
        families,
        seed=seed,
    )
    groups: dict[str, list[Comparison]] = {}
    for row in run.rows:
        groups.setdefault(row.category, []).append(row)
    named = set(groups) != {""}
    return ComparisonsSummary(
        label=run.label,
        baseline=run.baseline,
        suite=run.suite,
        created=run.created,
        all=win_rate(preferences, families, seed=seed),
        controlled=level if level.n else None,
        by_category={
            name: win_rate([row.preference for row in rows], [row.family for row in rows], seed=seed)
            for name, rows in groups.items()
            if named
        },
    )


def _row(line: Line) -> Comparison:
    line.only(_ROW)
    if not line.has("id"):
        raise line.wrong("id: missing; every line needs the id of its comparison")
    if not line.has("preference") and not line.has("skipped"):
        raise line.wrong("preference: missing (or say why in skipped)")
    if line.has("length") != line.has("baseline_length"):
        raise line.wrong("length and baseline_length come together or not at all")
    name = line.text("id")
    preference = line.share("preference", "1 for the model's answer, 0 for the baseline's, or a number")
    return Comparison(
        id=name,
        category=line.text("category"),
        family=line.text("family", name),
        preference=float("nan") if line.text("skipped") else preference,
        length=line.count("length"),
        baseline_length=line.count("baseline_length"),
    )

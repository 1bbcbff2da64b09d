"""A file of scored preference pairs, which any tool can write: one JSON object a line, checked field by field.

The first line may be a header, known by its ``schema``. The fields are described in docs/formats.md. Everything in the
file is untrusted; here it is only typed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...benchmarks.errors import BadInput
from ...benchmarks.families import Author, authors_from
from ...benchmarks.visible import visible
from ..metrics.contrast import Effect
from ..metrics.groups import Votes
from ..metrics.preferences import Choice
from .line import Line, json_objects, shown

SCHEMA = 1
Mode = Literal["loglikelihood", "reward", "judge"]
"""loglikelihood: scores are log-probabilities of the answers; reward: a reward model's scores; judge: choices."""
Unit = Literal["sequence", "token"]
"""Of log-probabilities: summed over an answer's tokens, or their mean."""

PAIRS = "pairs.jsonl"
"""The file of scored pairs in the folder of a preference run."""

CHOICES = get_args(Choice)
EFFECTS = get_args(Effect)
MODES = get_args(Mode)
UNITS = get_args(Unit)
_HEADER = ("schema", "model", "mode", "how", "suite", "score_unit", "conditioned_on", "created", "metadata")
_ROW = (
    "pair", "category", "criterion", "family", "chosen_score", "rejected_score", "reference_chosen_score",
    "reference_rejected_score", "chosen_tokens", "rejected_tokens", "chosen_bytes", "rejected_bytes", "chosen_l2",
    "rejected_l2", "chosen_distance", "rejected_distance", "choice_forward", "choice_backward", "p_forward",
    "p_backward", "tied", "task", "chosen_id", "rejected_id", "parent", "operator", "effect", "votes", "agreement",
    "skipped", "metadata",
)  # fmt: skip
_TWINS = (
    ("chosen_score", "rejected_score"),
    ("reference_chosen_score", "reference_rejected_score"),
    ("chosen_tokens", "rejected_tokens"),
    ("chosen_bytes", "rejected_bytes"),
    ("chosen_l2", "rejected_l2"),
    ("chosen_distance", "rejected_distance"),
    ("chosen_id", "rejected_id"),
)
_NAMED = (("task", "chosen_id"), ("chosen_id", "task"), ("operator", "parent"), ("effect", "parent"))
"""Fields that say nothing without another one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair: an answer that is preferred (chosen) and one that is not, and what a model made of them.

    Scores and lengths are NaN where the file has none. family: what the pair was derived from, by default its own id:
    the unit of resampling. forward, backward: a judge's choice with the preferred answer shown first and second; None
    where it was not asked. p_forward, p_backward: the probability that it gave the preferred answer then. agreement:
    share of the raters that prefer the preferred answer, NaN where unknown. skipped: why the pair could not be scored;
    "" where it was.

    chosen_l2, ...: Euclidean norm of the answer's token log-probabilities. chosen_distance, ...: their mean distance
    from the reference's, in nats a token. tied: neither answer is better; which one is called chosen says nothing.
    task, chosen_id, rejected_id: of a task with more than two answers, which of them this pair is of; "" elsewhere.
    parent, operator, effect: the pair that this one was made from, how, and what became of the label. votes: of each
    group of raters, how many are for the preferred answer, the other, and neither.
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
    p_forward: float = math.nan
    p_backward: float = math.nan
    chosen_l2: float = math.nan
    rejected_l2: float = math.nan
    chosen_distance: float = math.nan
    rejected_distance: float = math.nan
    tied: bool = False
    task: str = ""
    chosen_id: str = ""
    rejected_id: str = ""
    parent: str = ""
    operator: str = ""
    effect: Effect | None = None
    votes: Mapping[str, Votes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreferenceRun:
    """The pairs one model was scored on; every text is untrusted. score_unit matters for log-likelihoods only.

    how: the way it was asked (``echo``, ``prompt_logprobs``, ``judge``, ...), "" where the file does not say.
    conditioned_on: the group of raters whose views it was shown or told of; "" for none. kin: the models that wrote
    some of the tasks and are this model or of its family, as one of ``names`` says.
    """

    path: Path
    label: str
    mode: Mode
    suite: str
    score_unit: Unit
    created: str
    rows: tuple[Pair, ...]
    how: str = ""
    conditioned_on: str = ""
    names: tuple[str, ...] = ()
    kin: tuple[Author, ...] = ()


def read_preferences(path: str | Path) -> PreferenceRun:
    """Read a file of scored pairs, plain or gzipped, or that of a run folder; BadInput names the line and the field."""
    path = pairs_file(Path(path))
    lines = list(json_objects(path))
    header = Line(path, 1, {})
    if lines and "schema" in lines[0][1]:
        header = Line(path, *lines.pop(0))
    if not lines:
        raise BadInput(f"{path}: no pairs in it; one JSON object a line is expected, see docs/formats.md")
    mode, unit = _header(header, lines[0][1])
    pairs: dict[str, Pair] = {}
    for number, fields in lines:
        line = Line(path, number, fields)
        pair = _pair(line, mode)
        if pair.pair in pairs:
            raise line.wrong(f"pair: {visible(pair.pair, 80)} is there already; every pair needs an id of its own")
        pairs[pair.pair] = pair
    label = header.text("model", path.name.removesuffix(".gz").removesuffix(".jsonl"))
    about = header.fields.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    names = (label, str(about.get("model_name") or ""))
    return PreferenceRun(
        path=path,
        label=label,
        mode=mode,
        suite=header.text("suite", "pairs"),
        score_unit=unit,
        created=header.text("created"),
        rows=tuple(pairs.values()),
        how=header.text("how"),
        conditioned_on=header.text("conditioned_on"),
        names=names,
        kin=tuple(author for author in authors_from(about.get("authors")) if author.is_kin_of(*names)),
    )


def pairs_file(path: Path) -> Path:
    """The file itself, or the one of a run folder; BadInput for a folder without one."""
    if not path.is_dir():
        return path
    if not (path / PAIRS).is_file():
        raise BadInput(f"{path}: no folder of a preference run, for it has no {PAIRS}; name a file of scored pairs")
    return path / PAIRS


def _header(header: Line, first: Mapping[str, Any]) -> tuple[Mode, Unit]:
    """The mode and unit that the header states; without one, what the first pair shows."""
    header.only(_HEADER)
    schema = header.number_of("schema")
    if not math.isnan(schema) and schema != SCHEMA:
        raise header.wrong(f"schema: this version reads {SCHEMA}, found {schema:g}")
    judged = first.get("choice_forward") is not None or first.get("choice_backward") is not None
    mode = header.one_of("mode", MODES) or ("judge" if judged else "loglikelihood")
    return cast("Mode", mode), cast("Unit", header.one_of("score_unit", UNITS) or "sequence")


def _pair(line: Line, mode: Mode) -> Pair:
    line.only(_ROW)
    if not line.has("pair"):
        raise line.wrong("pair: missing; every line needs the id of its pair")
    for ours, theirs in _TWINS:
        if line.has(ours) != line.has(theirs):
            raise line.wrong(
                f"{theirs if line.has(ours) else ours}: missing beside {ours if line.has(ours) else theirs}"
            )
    for name, needed in _NAMED:
        if line.has(name) and not line.has(needed):
            raise line.wrong(f"{needed}: missing beside {name}")
    if not line.has("skipped"):
        _require_what_the_mode_needs(line, mode)
    votes = _votes(line)
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
        agreement=_agreement(line, votes),
        skipped=line.text("skipped"),
        p_forward=line.share("p_forward", "a probability"),
        p_backward=line.share("p_backward", "a probability"),
        chosen_l2=line.number_of("chosen_l2"),
        rejected_l2=line.number_of("rejected_l2"),
        chosen_distance=line.number_of("chosen_distance"),
        rejected_distance=line.number_of("rejected_distance"),
        tied=line.flag("tied"),
        task=line.text("task"),
        chosen_id=line.text("chosen_id"),
        rejected_id=line.text("rejected_id"),
        parent=line.text("parent"),
        operator=line.text("operator"),
        effect=cast("Effect | None", line.one_of("effect", EFFECTS)),
        votes=votes,
    )
    for name in ("chosen_l2", "rejected_l2", "chosen_distance", "rejected_distance"):
        if getattr(pair, name) < 0:
            raise line.wrong(f"{name}: a number from 0 up is expected, found {getattr(pair, name):g}")
    if pair.chosen_id and pair.chosen_id == pair.rejected_id:
        raise line.wrong("rejected_id: the same as chosen_id; a pair is of two answers")
    if mode == "loglikelihood":
        for name in ("chosen_score", "rejected_score", "reference_chosen_score", "reference_rejected_score"):
            if getattr(pair, name) > 0:
                raise line.wrong(f'{name}: a log-likelihood is never above 0; for a reward model say "mode": "reward"')
    return pair


def _votes(line: Line) -> dict[str, Votes]:
    given = line.fields.get("votes")
    if given is None:
        return {}
    expected = 'votes: {"GROUP": {"chosen": 3, "rejected": 1, "tie": 0}} is expected'
    if not isinstance(given, dict):
        raise line.wrong(f"{expected}, found {shown(given)}")
    found = {}
    for group, counts in given.items():
        if not isinstance(counts, dict) or not set(counts) <= {"chosen", "rejected", "tie"}:
            raise line.wrong(f"{expected}, found {shown(counts)} for {visible(group, 40) or 'the nameless group'}")
        for number in counts.values():
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31:
                raise line.wrong(f"votes: whole numbers from 0 up are expected, found {shown(number)}")
        found[group] = Votes(counts.get("chosen", 0), counts.get("rejected", 0), counts.get("tie", 0))
    return found


def _agreement(line: Line, votes: Mapping[str, Votes]) -> float:
    """As stated, else the share of all votes, a tie counting half; BadInput where the two differ."""
    stated = line.share("agreement", "a share of raters")
    counted = sum(votes.values(), Votes(0, 0, 0)).agreement
    if math.isnan(stated):
        return counted
    if abs(stated - counted) > 0.005:
        raise line.wrong(f"agreement: {stated:g} contradicts the votes, of which {counted:.3g} are for the answer")
    return stated


def _require_what_the_mode_needs(line: Line, mode: Mode) -> None:
    if mode == "judge" and not (line.has("choice_forward") or line.has("choice_backward")):
        raise line.wrong("choice_forward or choice_backward: missing, and the mode is judge (or say why in skipped)")
    if mode != "judge" and not line.has("chosen_score"):
        raise line.wrong(f"chosen_score: missing, and the mode is {mode} (or say why in skipped)")

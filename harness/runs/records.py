"""The records of a run: a folder of plain files that anything can read, and that survive a kill at any instant.

    run.json         the manifest, there before anything is asked or scored
    tasks.jsonl      one task of the run a line
    samples.jsonl    one finished reply a line; of several for one (task, epoch) the first counts
    limits.jsonl     what each test may use, one task a line; there before the first verdict
    verdicts.jsonl   one scored sample a line; of several for one (task, epoch) the last counts,
                     and none that is on other code than the sample's
    spent.jsonl      tokens that were paid for without an answer; absent where there are none
    owed.jsonl       what the last `evalrun run` could not get, and why; for people, no part of the records

A last line that is not whole (its writer was killed) is left out: what it held is owed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from ...benchmarks import BadInput, CodeTask
from ...benchmarks.formats.evoeval import PARENT
from ...benchmarks.jsonio import read_json, read_jsonl, text_digest, write_json, write_jsonl
from ..verdict import Verdict
from .manifest_types import check_types
from .shard import Shard

SCHEMA = 1
MANIFEST = "run.json"
TASKS = "tasks.jsonl"
SAMPLES = "samples.jsonl"
LIMITS = "limits.jsonl"
VERDICTS = "verdicts.jsonl"
OWED = "owed.jsonl"
SPENT = "spent.jsonl"
GIVEN = ".given.tmp"

Assembly = Literal["append", "alone"]
Key = tuple[str, int]
"""(task id, epoch): what names one sample of a run."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """What a reader of records needs to know of a task, so that it needs no suite."""

    id: str
    digest: str
    root: str
    parents: tuple[str, ...] = ()
    operator: str | None = None
    tags: tuple[str, ...] = ()

    @staticmethod
    def of(task: CodeTask) -> TaskRow:
        """The row of a task.

        A published set that names a task's parent (EvoEval does) is as good a witness of where the task comes from as
        is needed to set scores side by side; the set's name then stands for the operator.
        """
        lineage = task.lineage
        named = tuple(tag.removeprefix(PARENT) for tag in task.tags if tag.startswith(PARENT))
        if lineage is None and named:
            return TaskRow(task.id, task.digest, named[0], named, task.id.rpartition("/")[0] or None, task.tags)
        return TaskRow(
            id=task.id,
            digest=task.digest,
            root=task.root,
            parents=lineage.parents if lineage else (),
            operator=lineage.operator if lineage else None,
            tags=task.tags,
        )

    def to_json(self) -> dict[str, Any]:
        """One line of ``tasks.jsonl``."""
        return asdict(self)

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> TaskRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        operator = row.get("operator")
        return TaskRow(
            id=_text(row["id"]),
            digest=_text(row["digest"]),
            root=_text(row["root"]),
            parents=tuple(_text(parent) for parent in row.get("parents", ())),
            operator=None if operator is None else _text(operator),
            tags=tuple(_text(tag) for tag in row.get("tags", ())),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them."""

    input_tokens: int
    output_tokens: int

    def to_json(self) -> dict[str, int]:
        """The JSON form."""
        return {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens}


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One finished reply: the raw text, and the code found in it (``reason`` says why there is none).

    latency_s: the time of the attempt that succeeded, in seconds; attempts: it and those before it. Where one request
    brought several samples, ``usage`` and ``reasoning_tokens`` are of all and stand with the first. usage: all that was
    paid, also for earlier responses that were not believed. reasoning: thinking that came apart from the text. cached:
    it came from the response cache, and nothing was paid for it. model: the name that the server said it used.
    """

    task: str
    epoch: int
    text: str
    code: str
    assembly: Assembly
    finish_reason: str | None = None
    usage: Usage | None = None
    latency_s: float | None = None
    attempts: int = 1
    request_digest: str | None = None
    created: str = ""
    reason: str = ""
    reasoning: str | None = None
    reasoning_tokens: int | None = None
    cached: bool = False
    model: str | None = None

    @property
    def key(self) -> Key:
        """(task id, epoch)."""
        return self.task, self.epoch

    def to_json(self) -> dict[str, Any]:
        """One line of ``samples.jsonl``."""
        row = {name: getattr(self, name) for name in SampleRow.__slots__}  # asdict would copy all of it, deeply
        return {**row, "usage": None if self.usage is None else self.usage.to_json()}

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> SampleRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        assembly = row.get("assembly", "alone")
        if assembly not in ("append", "alone"):
            raise ValueError(f"assembly: expected append or alone, found {str(assembly)[:40]!r}")
        usage, latency, finish = row.get("usage"), row.get("latency_s"), row.get("finish_reason")
        request, reasoning, model = row.get("request_digest"), row.get("reasoning"), row.get("model")
        thought = row.get("reasoning_tokens")
        return SampleRow(
            task=_text(row["task"]),
            epoch=_epoch(row["epoch"]),
            text=_text(row["text"]),
            code=_text(row["code"]),
            assembly=assembly,
            finish_reason=None if finish is None else _text(finish),
            usage=None if usage is None else Usage(int(usage["input_tokens"]), int(usage["output_tokens"])),
            latency_s=None if latency is None else float(latency),
            attempts=int(row.get("attempts", 1)),
            request_digest=None if request is None else _text(request),
            created=_text(row.get("created", "")),
            reason=_text(row.get("reason", "")),
            reasoning=None if reasoning is None else _text(reasoning),
            reasoning_tokens=None if thought is None else int(thought),
            cached=bool(row.get("cached", False)),
            model=None if model is None else _text(model),
        )


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What scoring one sample found; ``detail`` is untrusted text. ``infra`` is owed, never a wrong answer."""

    task: str
    epoch: int
    verdict: Verdict
    detail: str = ""
    tests: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    shielded: bool = True
    code_digest: str = ""
    created: str = ""

    @property
    def key(self) -> Key:
        """(task id, epoch)."""
        return self.task, self.epoch

    def to_json(self) -> dict[str, Any]:
        """One line of ``verdicts.jsonl``."""
        row = {name: getattr(self, name) for name in VerdictRow.__slots__}
        return {**row, "verdict": self.verdict.value, "tests": dict(self.tests)}

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> VerdictRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        return VerdictRow(
            task=_text(row["task"]),
            epoch=_epoch(row["epoch"]),
            verdict=Verdict(_text(row["verdict"])),
            detail=_text(row.get("detail", "")),
            tests={_text(name): _text(verdict) for name, verdict in row.get("tests", {}).items()},
            wall_s=float(row.get("wall_s", 0.0)),
            cpu_s=float(row.get("cpu_s", 0.0)),
            shielded=bool(row.get("shielded", True)),
            code_digest=_text(row.get("code_digest", "")),
            created=_text(row.get("created", "")),
        )


@dataclass(frozen=True, slots=True)
class SpentRow:
    """Tokens of responses that were paid for and not believed, where no answer came in the end. epoch: the first of
    those that the request was for.
    """

    task: str
    epoch: int
    input_tokens: int
    output_tokens: int
    created: str = ""

    def to_json(self) -> dict[str, Any]:
        """One line of ``spent.jsonl``."""
        return asdict(self)

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> SpentRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        tokens = _count(row["input_tokens"]), _count(row["output_tokens"])
        return SpentRow(_text(row["task"]), _epoch(row["epoch"]), *tokens, _text(row.get("created", "")))


@dataclass(frozen=True)
class Run:
    """A run as its records tell it. ``manifest`` is the JSON of ``run.json`` (see ``runs.manifest``)."""

    folder: Path
    manifest: Mapping[str, Any]
    tasks: Mapping[str, TaskRow]
    samples: Mapping[Key, SampleRow]
    verdicts: Mapping[Key, VerdictRow]

    @property
    def planned(self) -> tuple[Key, ...]:
        """Every (task, epoch) the run is to have, task by task.

        A run made from recorded answers plans the answers it was given; any other plans each task times each epoch, or
        its share of them.
        """
        if self.manifest.get("source") is not None:
            return tuple(sorted(self.samples))
        return tuple(planned_keys(self.tasks, self.manifest))

    @property
    def unanswered(self) -> tuple[Key, ...]:
        """What the endpoint has yet to answer."""
        return tuple(key for key in self.planned if key not in self.samples)

    @property
    def unscored(self) -> tuple[Key, ...]:
        """Answered, but without a verdict that counts."""
        return tuple(key for key in self.planned if key in self.samples and not self.is_scored(key))

    @property
    def owed(self) -> tuple[Key, ...]:
        """What is planned and has no verdict that counts."""
        return tuple(key for key in self.planned if not self.is_scored(key))

    def is_answered(self, key: Key) -> bool:
        """True where there is a sample."""
        return key in self.samples

    def is_scored(self, key: Key) -> bool:
        """True where there is a verdict, and it is not ``infra``."""
        return self.verdict_of(key) not in (None, Verdict.INFRA)

    def verdict_of(self, key: Key) -> Verdict | None:
        """The verdict, ``infra`` included; None where there is none."""
        found = self.verdicts.get(key)
        return None if found is None else found.verdict


def planned_keys(tasks: Iterable[str], manifest: Mapping[str, Any]) -> Iterator[Key]:
    """Each task times each epoch that a run is to ask for, task by task."""
    epochs, shard = int(manifest["sampling"]["epochs"]), Shard.of(manifest)
    return ((task, epoch) for task in tasks for epoch in range(epochs) if shard is None or (task, epoch) in shard)


def load_run(path: str | Path) -> Run:
    """Read a run's folder.

    Raises:
        BadInput: it is no run folder, a record is malformed, or a sample or verdict is of no task of the run.
    """
    folder = Path(path)
    manifest = load_manifest(folder)
    tasks = load_tasks(folder)
    samples: dict[Key, SampleRow] = {}
    for sample in read_samples(folder, tasks):
        samples.setdefault(sample.key, sample)
    verdicts = {row.key: row for row in read_verdicts(folder, tasks)}
    return Run(folder, manifest, tasks, samples, {k: v for k, v in verdicts.items() if _is_of(v, samples.get(k))})


def load_tasks(folder: Path) -> dict[str, TaskRow]:
    """The tasks of a run by id; BadInput where they cannot be read."""
    return {row.id: row for row in _rows(folder / TASKS, TaskRow.from_json, required=True)}


def read_samples(folder: Path, tasks: Mapping[str, TaskRow]) -> Iterator[SampleRow]:
    """Every line of ``samples.jsonl``, one at a time; BadInput where one is malformed or of no task of the run."""
    return _of_tasks(folder / SAMPLES, _rows(folder / SAMPLES, SampleRow.from_json), tasks)


def read_verdicts(folder: Path, tasks: Mapping[str, TaskRow]) -> Iterator[VerdictRow]:
    """Every line of ``verdicts.jsonl``, one at a time; BadInput as for samples."""
    return _of_tasks(folder / VERDICTS, _rows(folder / VERDICTS, VerdictRow.from_json), tasks)


def read_spent(folder: Path) -> Iterable[SpentRow]:
    """Every line of ``spent.jsonl``, one at a time; BadInput where one is malformed."""
    return _rows(folder / SPENT, SpentRow.from_json)


Recorded = TypeVar("Recorded", SampleRow, VerdictRow)


def _of_tasks(path: Path, rows: Iterable[Recorded], tasks: Mapping[str, TaskRow]) -> Iterator[Recorded]:
    for row in rows:
        if row.task not in tasks:
            raise BadInput(f"{path}: {row.task[:80]!r} is no task of this run (see {TASKS}); the folder is damaged")
        yield row


def _is_of(verdict: VerdictRow, sample: SampleRow | None) -> bool:
    """Whether a verdict is on this sample; one on other code (the samples were replaced since) counts for nothing."""
    if not verdict.code_digest:
        return True
    return sample is not None and text_digest(sample.code) == verdict.code_digest


def load_manifest(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` of a run's folder; BadInput where there is none of this schema."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(f"{folder}: not a run folder (it has no {MANIFEST})")
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise BadInput(f"{path}: not a run manifest of schema {SCHEMA}")
    if manifest.get("kind") == "preference":
        raise BadInput(f"{folder}: a preference run; `evalrun preferences` and `leaderboard --preferences` read it")
    for section in ("model", "suite", "sampling"):
        if manifest.get(section) is None:
            raise BadInput(f"{path}: the section {section!r} is missing; the folder is damaged")
    check_types(path, manifest)
    if manifest["sampling"].get("epochs") is None or manifest["sampling"]["epochs"] < 1:
        raise BadInput(
            f"{path}: sampling.epochs: expected a positive number, found {manifest['sampling'].get('epochs')!r}"
        )
    try:
        Shard.of(manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: shard: expected index and count; the folder is damaged") from error
    return manifest


def start_run(
    folder: Path,
    manifest: Mapping[str, Any],
    tasks: Iterable[CodeTask],
    samples: Iterable[SampleRow] | None = None,
) -> None:
    """Write a new run's tasks, its samples if it is given them, and last, as a sign that all is there, its manifest.

    While ``GIVEN`` is there, samples without a manifest are copies that a kill left, not replies that were paid for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if samples is None:
        (folder / SAMPLES).unlink(missing_ok=True)
    else:
        (folder / GIVEN).touch()
        write_jsonl(folder / SAMPLES, (row.to_json() for row in samples))
    write_jsonl(folder / TASKS, (TaskRow.of(task).to_json() for task in tasks))
    write_json(folder / MANIFEST, dict(manifest))
    (folder / GIVEN).unlink(missing_ok=True)


def now() -> str:
    """The time as the records hold it: UTC, ISO 8601, whole seconds."""
    return _written(int(time.time()))


@lru_cache(maxsize=1)  # thousands of records have the same second
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rows(path: Path, read: Callable[[Mapping[str, Any]], Row], *, required: bool = False) -> Iterable[Row]:
    if not path.exists() and not required:
        return
    for number, row in enumerate(read_jsonl(path, torn_tail=True), 1):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise BadInput(f"{path}: record {number} is malformed ({type(error).__name__}: {error})") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}")
    return value


def _epoch(value: object) -> int:
    return _count(value, "epoch")


def _count(value: object, what: str = "tokens") -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{what}: expected 0, 1, ..., found {str(value)[:40]!r}")
    return value

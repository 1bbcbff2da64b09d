"""The records of a run: a folder of plain files that anything can read, and that survive a kill at any instant.

    run.json         the manifest, there before anything is asked or scored
    tasks.jsonl      one task of the run a line
    samples.jsonl    one finished reply a line; of several for one (task, epoch) the first counts
    limits.jsonl     what each test may use, one task a line; there before the first verdict
    verdicts.jsonl   one scored sample a line; of several for one (task, epoch) the last counts,
                     and none that is on other code than the sample's

A last line that is not whole (its writer was killed) is left out: what it held is owed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, TypeVar

from ...benchmarks import BadInput, CodeTask
from ...benchmarks.jsonio import read_json, read_jsonl, text_digest, write_json, write_jsonl
from ..verdict import Verdict
from .manifest_types import check_types

SCHEMA = 1
MANIFEST = "run.json"
TASKS = "tasks.jsonl"
SAMPLES = "samples.jsonl"
LIMITS = "limits.jsonl"
VERDICTS = "verdicts.jsonl"

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
        """The row of a task."""
        lineage = task.lineage
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


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One finished reply: the raw text, and the code found in it (``reason`` says why there is none).

    ``latency_s`` is the time of the attempt that succeeded, in seconds; ``attempts`` counts it and those before it.
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

    @property
    def key(self) -> Key:
        """(task id, epoch)."""
        return self.task, self.epoch

    def to_json(self) -> dict[str, Any]:
        """One line of ``samples.jsonl``."""
        return asdict(self)

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> SampleRow:
        """Read one line; KeyError, TypeError or ValueError where it is not one."""
        assembly = row.get("assembly", "alone")
        if assembly not in ("append", "alone"):
            raise ValueError(f"assembly: expected append or alone, found {str(assembly)[:40]!r}")
        usage, latency, finish = row.get("usage"), row.get("latency_s"), row.get("finish_reason")
        request = row.get("request_digest")
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
        return {**asdict(self), "verdict": self.verdict.value, "tests": dict(self.tests)}

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

        A run made from recorded answers plans the answers it was given; any other plans each task times each epoch.
        """
        if self.manifest.get("source") is not None:
            return tuple(sorted(self.samples))
        epochs = int(self.manifest["sampling"]["epochs"])
        return tuple((task, epoch) for task in self.tasks for epoch in range(epochs))

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

    def is_scored(self, key: Key) -> bool:
        """True where there is a verdict, and it is not ``infra``."""
        found = self.verdicts.get(key)
        return found is not None and found.verdict is not Verdict.INFRA


def load_run(path: str | Path) -> Run:
    """Read a run's folder.

    Raises:
        BadInput: it is no run folder, a record is malformed, or a sample or verdict is of no task of the run.
    """
    folder = Path(path)
    manifest = load_manifest(folder)
    tasks = {row.id: row for row in _rows(folder / TASKS, TaskRow.from_json, required=True)}
    samples: dict[Key, SampleRow] = {}
    for sample in _rows(folder / SAMPLES, SampleRow.from_json):
        samples.setdefault(sample.key, sample)
    verdicts = {row.key: row for row in _rows(folder / VERDICTS, VerdictRow.from_json)}
    for name, keys in ((SAMPLES, samples), (VERDICTS, verdicts)):
        stray = next((key for key in keys if key[0] not in tasks), None)
        if stray is not None:
            raise BadInput(
                f"{folder / name}: {stray[0][:80]!r} is no task of this run (see {TASKS}); the folder is damaged"
            )
    return Run(folder, manifest, tasks, samples, {k: v for k, v in verdicts.items() if _is_of(v, samples.get(k))})


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
    for section in ("model", "suite", "sampling"):
        if manifest.get(section) is None:
            raise BadInput(f"{path}: the section {section!r} is missing; the folder is damaged")
    check_types(path, manifest)
    if manifest["sampling"].get("epochs") is None or manifest["sampling"]["epochs"] < 1:
        raise BadInput(
            f"{path}: sampling.epochs: expected a positive number, found {manifest['sampling'].get('epochs')!r}"
        )
    return manifest


def start_run(
    folder: Path,
    manifest: Mapping[str, Any],
    tasks: Iterable[CodeTask],
    samples: Iterable[SampleRow] | None = None,
) -> None:
    """Write a new run's tasks, its samples if it is given them, and last, as a sign that all is there, its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    if samples is None:
        (folder / SAMPLES).unlink(missing_ok=True)  # of another run, killed before its manifest was written
    else:
        write_jsonl(folder / SAMPLES, (row.to_json() for row in samples))
    write_jsonl(folder / TASKS, (TaskRow.of(task).to_json() for task in tasks))
    write_json(folder / MANIFEST, dict(manifest))


def now() -> str:
    """The time as the records hold it: UTC, ISO 8601, whole seconds."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rows(path: Path, read: Callable[[Mapping[str, Any]], Row], *, required: bool = False) -> Iterable[Row]:
    if not path.exists() and not required:
        return
    for number, row in enumerate(read_jsonl(path, torn_tail=True), 1):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(f"{path}: record {number} is malformed ({type(error).__name__}: {error})") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}")
    return value


def _epoch(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"epoch: expected 0, 1, ..., found {str(value)[:40]!r}")
    return value

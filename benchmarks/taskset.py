"""What suites of every kind of task have in common: identity, parts, the seal, and the folder they are stored in.

A suite folder holds ``suite.json`` (manifest), ``tasks.jsonl`` (one task a line), ``digests.jsonl`` (one line for each
row, see ``sealing``), and for an evolved suite ``ancestors.jsonl`` (the tasks it descends from, so that every step can
be replayed) and ``certificates.jsonl`` (the evidence for each task).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from . import sealing
from .errors import BadInput
from .jsonio import digest, read_json, read_jsonl, write_json, write_jsonl

SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_BUILT_IN = Path(__file__).parent / "suites"


class StoredTask(Protocol):
    """What a set of tasks needs to know of one."""

    @property
    def id(self) -> str:
        """Unique across suites."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that decides a verdict."""

    def to_json(self) -> dict[str, Any]:
        """The JSON form, one line of ``tasks.jsonl``."""


TaskT = TypeVar("TaskT", bound=StoredTask)
SetT = TypeVar("SetT", bound="TaskSet[Any]")


@dataclass(frozen=True)
class TaskSet(Generic[TaskT]):
    """A named, versioned, immutable set of tasks of one kind.

    certificates: maps a task id to the evidence that it is valid. evolution: how the suite was evolved, as plain JSON
    (``seed``, ``commitment``, ``kept_seeds``), empty for others.
    """

    KIND: ClassVar[str]
    """The manifest's word for the tasks."""

    name: str
    version: str
    tasks: tuple[TaskT, ...]
    description: str = ""
    license: str = ""
    source: str = ""
    ancestors: tuple[TaskT, ...] = ()
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evolution: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_name(self.name, self.version)
        seen: set[str] = set()
        for task in self.tasks:
            if task.id in seen:
                raise BadInput(f"suite {self.name}: the task id {task.id!r} occurs twice; ids must be unique")
            seen.add(task.id)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sorted (id, task digest) pairs: the suite's identity, whatever its name or order."""
        return digest(sorted([task.id, task.digest] for task in self.tasks))

    @property
    def ref(self) -> str:
        """``name@version#digest`` with the first twelve digits of the digest."""
        return f"{self.name}@{self.version}#{self.digest[:12]}"

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[TaskT]:
        return iter(self.tasks)

    def task(self, task_id: str) -> TaskT:
        """The task with this id; BadInput if there is none."""
        found = self._by_id.get(task_id)
        if found is None:
            raise BadInput(f"suite {self.ref} has no task {task_id!r}")
        return found

    @cached_property
    def _by_id(self) -> dict[str, TaskT]:
        return {task.id: task for task in self.tasks}

    def subset(self: SetT, tasks: Iterable[TaskT]) -> SetT:
        """The same suite with some of its tasks; its digest differs, as it should."""
        kept = tuple(tasks)
        ids = {task.id for task in kept}
        certificates = {key: value for key, value in self.certificates.items() if key in ids}
        return replace(self, tasks=kept, certificates=certificates)

    def save(self, folder: Path) -> None:
        """Write the suite folder; the manifest is written last, so that a folder with one is whole."""
        if (folder / "suite.json").exists():
            raise BadInput(f"{folder}: holds a suite already; suites are immutable, choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_jsonl(folder / "tasks.jsonl", (task.to_json() for task in self.tasks))
        if self.ancestors:
            write_jsonl(folder / "ancestors.jsonl", (task.to_json() for task in self.ancestors))
        if self.certificates:
            write_jsonl(folder / "certificates.jsonl", self._certificate_rows())
        leaves = self.leaves()
        write_jsonl(folder / sealing.FILE, sealing.rows_of(leaves))
        write_json(folder / "suite.json", sealing.sealed(self.manifest(), leaves))

    def _certificate_rows(self) -> Iterator[dict[str, Any]]:
        return ({"task": key, **value} for key, value in self.certificates.items())

    def leaves(self) -> list[sealing.Leaf]:
        """The rows of the Merkle tree that the folder is sealed with, without the manifest's."""
        tasks = (task.to_json() for task in self.tasks)
        return sealing.leaves_of(tasks, (task.to_json() for task in self.ancestors), self._certificate_rows())

    @cached_property
    def merkle_root(self) -> str:
        """The seal: it covers every row and the manifest, where ``digest`` covers what decides verdicts."""
        return str(sealing.sealed(self.manifest(), self.leaves())[sealing.ROOT])

    def inclusion(self, task_id: str) -> sealing.Inclusion:
        """The proof that a task belongs to the suite with this seal; BadInput if there is no such task."""
        return sealing.inclusion_of(self.manifest(), self.leaves(), self.task(task_id).id)

    def manifest(self) -> dict[str, Any]:
        """The content of ``suite.json``, without the seal."""
        manifest: dict[str, Any] = {"schema": SCHEMA}
        if self.KIND != "code":  # what says nothing is a suite of code tasks
            manifest["kind"] = self.KIND
        manifest.update(
            name=self.name,
            version=self.version,
            digest=self.digest,
            tasks=len(self.tasks),
            description=self.description,
            license=self.license,
            source=self.source,
            **self._own_fields(),
        )
        if self.evolution:
            manifest["evolution"] = dict(self.evolution)
        return manifest

    def _own_fields(self) -> dict[str, Any]:
        """Fields of the manifest that suites of this kind alone have."""
        return {}


def require_name(name: str, version: str) -> None:
    """BadInput unless a suite can have this name and version."""
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(version):
        raise BadInput(f"suite {name[:60]!r} version {version[:20]!r}: use only letters, digits, '.', '_', '+', '-'")


def built_in_suites() -> tuple[str, ...]:
    """Names of the suites that come with the package."""
    return tuple(sorted(path.parent.name for path in _BUILT_IN.glob("*/suite.json")))


def built_in_folder(name: str) -> Path:
    """Where a suite that comes with the package is stored."""
    return _BUILT_IN / name


def suite_folder(ref: str | Path) -> Path | None:
    """The folder of a built-in suite of that name, or of the suite stored at that path; None where there is none."""
    if str(ref) in built_in_suites():
        return built_in_folder(str(ref))
    return Path(ref) if (Path(ref) / "suite.json").is_file() else None


def no_such_suite(ref: str | Path) -> BadInput:
    """What to say where nothing stands under a reference."""
    names = ", ".join(built_in_suites())
    return BadInput(
        f"suite {str(ref)[:200]!r}: no such file or folder, nor a built-in suite ({names}), nor hf:owner/dataset"
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a suite folder; BadInput when it is none. Seal and kind are looked at elsewhere."""
    manifest = read_json(folder / "suite.json")
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise BadInput(f"{folder / 'suite.json'}: not a suite manifest of schema {SCHEMA}")
    return manifest


def load_folder(
    kind: type[SetT], folder: Path, manifest: Mapping[str, Any], read: Callable[[Any], Any], **own: Any
) -> SetT:
    """The suite of a folder whose manifest was read; ``own`` are fields that suites of its kind alone have.

    BadInput when a row is no task or the content is not what manifest and seal say.
    """
    sealing.check_seal(folder, manifest)
    certificates_path, ancestors_path = folder / "certificates.jsonl", folder / "ancestors.jsonl"
    certificates = read_jsonl(certificates_path) if certificates_path.exists() else ()
    evolution = manifest.get("evolution", {})
    if not isinstance(evolution, dict):
        raise BadInput(f"{folder / 'suite.json'}: evolution: expected an object, found {type(evolution).__name__}")
    suite = kind(
        name=str(manifest.get("name")),
        version=str(manifest.get("version")),
        tasks=_read_tasks(folder / "tasks.jsonl", read),
        description=str(manifest.get("description", "")),
        license=str(manifest.get("license", "")),
        source=str(manifest.get("source", "")),
        ancestors=_read_tasks(ancestors_path, read) if ancestors_path.exists() else (),
        certificates={str(row.get("task")): {k: v for k, v in row.items() if k != "task"} for row in certificates},
        evolution=evolution,
        **own,
    )
    if suite.digest != manifest.get("digest"):
        raise BadInput(
            f"{folder}: the tasks do not match the digest in suite.json (found {suite.digest[:12]}, "
            f"expected {str(manifest.get('digest'))[:12]}); the suite was changed, get a clean copy"
        )
    return suite


def _read_tasks(path: Path, read: Callable[[Any], TaskT]) -> tuple[TaskT, ...]:
    tasks = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            tasks.append(read(row))
        except BadInput as error:
            raise BadInput(f"{path}:{number}: {error}") from error
    return tuple(tasks)

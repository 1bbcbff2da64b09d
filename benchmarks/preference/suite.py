"""A named, versioned, immutable set of preference tasks; its folder is laid out as a suite of code tasks is.

``suite.json`` says ``"kind": "preference"``; ``tasks.jsonl``, ``ancestors.jsonl``, ``certificates.jsonl`` and the seal
(``digests.jsonl``) are as in ``benchmarks.suite``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import sealing
from ..errors import BadInput
from ..jsonio import digest, read_json, read_jsonl, write_json, write_jsonl
from ..suite import SCHEMA, built_in_folder, built_in_suites, require_name
from .task import PreferenceTask

KIND = "preference"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row of a foreign file that is no preference task: where it stands and why it was left out."""

    where: str
    why: str


@dataclass(frozen=True)
class PreferenceSuite:
    """A named, versioned set of preference tasks.

    skipped: rows of the file it was read from that could not become tasks; never stored. The rest is as ``Suite``'s.
    """

    name: str
    version: str
    tasks: tuple[PreferenceTask, ...]
    description: str = ""
    license: str = ""
    source: str = ""
    ancestors: tuple[PreferenceTask, ...] = ()
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evolution: Mapping[str, Any] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        require_name(self.name, self.version)
        seen: set[str] = set()
        for task in self.tasks:
            if task.id in seen:
                raise BadInput(f"suite {self.name}: the task id {task.id!r} occurs twice; ids must be unique")
            seen.add(task.id)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sorted (id, task digest) pairs."""
        return digest(sorted([task.id, task.digest] for task in self.tasks))

    @property
    def ref(self) -> str:
        """``name@version#digest`` with the first twelve digits of the digest."""
        return f"{self.name}@{self.version}#{self.digest[:12]}"

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[PreferenceTask]:
        return iter(self.tasks)

    def task(self, task_id: str) -> PreferenceTask:
        """The task with this id; BadInput if there is none."""
        found = self._by_id.get(task_id)
        if found is None:
            raise BadInput(f"suite {self.ref} has no task {task_id!r}")
        return found

    @cached_property
    def _by_id(self) -> dict[str, PreferenceTask]:
        return {task.id: task for task in self.tasks}

    def subset(self, tasks: Iterable[PreferenceTask]) -> PreferenceSuite:
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
        """The seal: it covers every row and the manifest, where ``digest`` covers what decides who is right."""
        return str(sealing.sealed(self.manifest(), self.leaves())[sealing.ROOT])

    def inclusion(self, task_id: str) -> sealing.Inclusion:
        """The proof that a task belongs to the suite with this seal; BadInput if there is no such task."""
        return sealing.inclusion_of(self.manifest(), self.leaves(), self.task(task_id).id)

    def manifest(self) -> dict[str, Any]:
        """The content of ``suite.json``, without the seal."""
        manifest: dict[str, Any] = {
            "schema": SCHEMA,
            "kind": KIND,
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "tasks": len(self.tasks),
            "description": self.description,
            "license": self.license,
            "source": self.source,
        }
        if self.evolution:
            manifest["evolution"] = dict(self.evolution)
        return manifest

    @staticmethod
    def load(ref: str | Path) -> PreferenceSuite:
        """Load a suite of preference tasks: the name of a built-in one (``align``), a suite folder, a file in a
        foreign format (JSON Lines, JSON, CSV or Parquet, recognised by its fields; see docs/formats.md), a folder of
        such files, or ``hf:owner/dataset[:split]``.

        Rows of a file that are no tasks are left out and told in ``skipped``. BadInput when there is no such suite,
        when it holds code tasks or no task at all, or when its content does not match its manifest.
        """
        folder = _folder(ref)
        if folder is not None:
            return _load_folder(folder)
        if not str(ref).startswith("hf:") and not Path(ref).exists():
            raise BadInput(
                f"suite {str(ref)[:200]!r}: no such file or folder, nor a built-in suite "
                f"({', '.join(built_in_suites())}), nor hf:owner/dataset"
            )
        from .authored import is_authored, read_authored
        from .formats import read_preferences

        if is_authored(ref):
            return read_authored(Path(ref))
        return read_preferences(ref)


def is_preference_suite(ref: str | Path) -> bool:
    """Whether this names a stored suite of preference tasks."""
    folder = _folder(ref)
    if folder is None:
        return False
    manifest = read_json(folder / "suite.json")
    return isinstance(manifest, dict) and manifest.get("kind") == KIND


def _folder(ref: str | Path) -> Path | None:
    if str(ref) in built_in_suites():
        return built_in_folder(str(ref))
    return Path(ref) if (Path(ref) / "suite.json").is_file() else None


def _load_folder(folder: Path) -> PreferenceSuite:
    path = folder / "suite.json"
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise BadInput(f"{path}: not a suite manifest of schema {SCHEMA}")
    if manifest.get("kind") != KIND:
        raise BadInput(f"{path}: a suite of code tasks; preference tasks are needed here (the built-in one is align)")
    sealing.check_seal(folder, manifest)
    certificates_path, ancestors_path = folder / "certificates.jsonl", folder / "ancestors.jsonl"
    certificates = read_jsonl(certificates_path) if certificates_path.exists() else ()
    evolution = manifest.get("evolution", {})
    if not isinstance(evolution, dict):
        raise BadInput(f"{path}: evolution: expected an object, found {type(evolution).__name__}")
    suite = PreferenceSuite(
        name=str(manifest.get("name")),
        version=str(manifest.get("version")),
        tasks=_read_tasks(folder / "tasks.jsonl"),
        description=str(manifest.get("description", "")),
        license=str(manifest.get("license", "")),
        source=str(manifest.get("source", "")),
        ancestors=_read_tasks(ancestors_path) if ancestors_path.exists() else (),
        certificates={str(row.get("task")): {k: v for k, v in row.items() if k != "task"} for row in certificates},
        evolution=evolution,
    )
    if suite.digest != manifest.get("digest"):
        raise BadInput(
            f"{folder}: the tasks do not match the digest in suite.json (found {suite.digest[:12]}, "
            f"expected {str(manifest.get('digest'))[:12]}); the suite was changed, get a clean copy"
        )
    return suite


def _read_tasks(path: Path) -> tuple[PreferenceTask, ...]:
    tasks = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            tasks.append(PreferenceTask.from_json(row))
        except BadInput as error:
            raise BadInput(f"{path}:{number}: {error}") from error
    return tuple(tasks)

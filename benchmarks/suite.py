"""What a suite is: a named, versioned, immutable set of tasks whose identity is a digest; and how one is found and
stored.

A suite folder holds ``suite.json`` (manifest), ``tasks.jsonl`` (one task a line), ``digests.jsonl`` (one line for each
row, see ``sealing``), and for an evolved suite ``ancestors.jsonl`` (the tasks it descends from, so that every step can
be replayed) and ``certificates.jsonl`` (the evidence for each task).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from . import sealing
from .errors import BadInput
from .jsonio import digest, read_json, read_jsonl, write_json, write_jsonl
from .task import CodeTask
from .visible import visible

SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_BUILT_IN = Path(__file__).parent / "suites"


@dataclass(frozen=True)
class Suite:
    """A named, versioned set of tasks.

    certificates: maps a task id to the evidence that it is valid. evolution: how the suite was evolved, as plain JSON
    (``seed``, ``commitment``, ``kept_seeds``), empty for others. requires: what its references, tests and answers may
    import beside the standard library, as PEP 508 requirements (``numpy``, ``pandas>=2``).
    """

    name: str
    version: str
    tasks: tuple[CodeTask, ...]
    description: str = ""
    license: str = ""
    source: str = ""
    ancestors: tuple[CodeTask, ...] = ()
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
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

    def __iter__(self) -> Iterator[CodeTask]:
        return iter(self.tasks)

    def task(self, task_id: str) -> CodeTask:
        """The task with this id; BadInput if there is none."""
        found = self._by_id.get(task_id)
        if found is None:
            raise BadInput(f"suite {self.ref} has no task {task_id!r}")
        return found

    @cached_property
    def _by_id(self) -> dict[str, CodeTask]:
        return {task.id: task for task in self.tasks}

    def subset(self, tasks: Iterable[CodeTask]) -> Suite:
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
        manifest: dict[str, Any] = {
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "tasks": len(self.tasks),
            "description": self.description,
            "license": self.license,
            "source": self.source,
        }
        if self.requires:
            manifest["requires"] = list(self.requires)
        if self.evolution:
            manifest["evolution"] = dict(self.evolution)
        return manifest

    @staticmethod
    def load(ref: str | Path) -> Suite:
        """Load a suite.

        ``ref`` is the name of a built-in suite (``core``), a suite folder, a file in a foreign format (HumanEval,
        EvalPlus, MBPP, EvoEval; recognised by its fields), a Parquet file or a folder written for a hub, or
        ``hf:owner/dataset[:split]``. BadInput when there is no such suite or its content does not match its manifest.
        """
        text = str(ref)
        if text in built_in_suites():
            return _load_folder(built_in_folder(text))
        if text.startswith("hf:"):
            from .formats.hub import load_hub

            return load_hub(text.removeprefix("hf:"))
        path = Path(text)
        if (path / "suite.json").is_file():
            return _load_folder(path)
        if path.exists():
            from .formats import read_foreign

            return read_foreign(path)
        names = ", ".join(built_in_suites())
        raise BadInput(
            f"suite {text[:200]!r}: no such file or folder, nor a built-in suite ({names}), nor hf:owner/dataset"
        )


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


def _load_folder(folder: Path) -> Suite:
    manifest = read_json(folder / "suite.json")
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise BadInput(f"{folder / 'suite.json'}: not a suite manifest of schema {SCHEMA}")
    if manifest.get("kind", "code") != "code":
        raise BadInput(f"{folder}: a suite of {visible(str(manifest['kind']), 40)} tasks; code tasks are needed here")
    sealing.check_seal(folder, manifest)
    certificates_path, ancestors_path = folder / "certificates.jsonl", folder / "ancestors.jsonl"
    certificates = read_jsonl(certificates_path) if certificates_path.exists() else ()
    suite = Suite(
        name=str(manifest.get("name")),
        version=str(manifest.get("version")),
        tasks=_read_tasks(folder / "tasks.jsonl"),
        description=str(manifest.get("description", "")),
        license=str(manifest.get("license", "")),
        source=str(manifest.get("source", "")),
        ancestors=_read_tasks(ancestors_path) if ancestors_path.exists() else (),
        requires=read_requires(manifest.get("requires", []), folder / "suite.json"),
        evolution=_evolution(manifest, folder / "suite.json"),
        certificates={str(row.get("task")): {k: v for k, v in row.items() if k != "task"} for row in certificates},
    )
    if suite.digest != manifest.get("digest"):
        raise BadInput(
            f"{folder}: the tasks do not match the digest in suite.json (found {suite.digest[:12]}, "
            f"expected {str(manifest.get('digest'))[:12]}); the suite was changed, get a clean copy"
        )
    return suite


def _evolution(manifest: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    found = manifest.get("evolution", {})
    if not isinstance(found, dict):
        raise BadInput(f"{path}: evolution: expected an object, found {type(found).__name__}")
    return found


def read_requires(value: Any, path: Path) -> tuple[str, ...]:
    """The requirements in a file's field; BadInput when it is no list of them."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInput(f'{path}: requires: expected a list of requirements such as "numpy" or "pandas>=2"')
    if value:
        from .requires import parse_requirements

        try:
            parse_requirements(value)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
    return tuple(value)


def _read_tasks(path: Path) -> tuple[CodeTask, ...]:
    tasks = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            tasks.append(CodeTask.from_json(row))
        except BadInput as error:
            raise BadInput(f"{path}:{number}: {error}") from error
    return tuple(tasks)

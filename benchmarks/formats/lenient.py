"""Reading a suite for those who look for what is wrong with it: a bad row is told, and the others are read all the
same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..jsonio import read_json, read_lines
from ..suite import Suite, read_requires
from ..task import CodeTask
from ..taskset import built_in_suites
from . import read_foreign, reader_of
from .rows import Row, suite_name


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no task: where it stands (``line 3``), what it calls itself, and why."""

    where: str
    name: str
    problem: str


def load_leniently(ref: str) -> tuple[Suite, tuple[BadRow, ...]]:
    """The tasks that can be read, as a suite, and the rows that cannot.

    Takes what ``Suite.load`` takes; JSON Lines, JSON and suite folders are read row by row, everything else as a whole.
    BadInput when nothing can be read at all.
    """
    path = Path(ref)
    if ref in built_in_suites() or ref.startswith("hf:") or not path.exists():
        return Suite.load(ref), ()
    if path.is_dir():
        return _folder(path)
    if _is_parquet(path):
        return read_foreign(path), ()
    return _rows_read(path, suite_name(path.name), "1", ())


def _folder(folder: Path) -> tuple[Suite, tuple[BadRow, ...]]:
    """A suite folder; a manifest that its tasks do not match is told as a bad row."""
    if not (folder / "suite.json").is_file():
        return read_foreign(folder), ()
    try:
        return Suite.load(folder), ()
    except BadInput as error:
        manifest = read_json(folder / "suite.json")
        if not isinstance(manifest, dict):
            raise
        requires = read_requires(manifest.get("requires", []), folder / "suite.json")
        name, version = str(manifest.get("name")), str(manifest.get("version"))
        suite, bad = _rows_read(folder / "tasks.jsonl", name, version, requires)
        return suite, bad or (BadRow("suite.json", "", str(error)),)


def _rows_read(path: Path, name: str, version: str, requires: tuple[str, ...]) -> tuple[Suite, tuple[BadRow, ...]]:
    tasks: list[CodeTask] = []
    bad: list[BadRow] = []
    seen: dict[str, str] = {}
    reader = None
    for where, row in _rows(path):
        if isinstance(row, str):
            bad.append(BadRow(where, "", row))
            continue
        label = str(row.get("task_id", row.get("id", row.get("name", ""))))[:80]
        try:
            reader = reader or reader_of(row, name, f"{path}: {where}")
            task = reader(Row(where, row))
            if task.id in seen:
                raise BadInput(f"{where}: the task id {task.id!r} occurred in {seen[task.id]} already")
        except BadInput as error:
            bad.append(BadRow(where, label, str(error).removeprefix(f"{where}: ").removeprefix(f"{path}: {where}: ")))
            continue
        seen[task.id] = where
        tasks.append(task)
    if not tasks:
        why = f"{bad[0].where}: {bad[0].problem}" if bad else "it is empty"
        raise BadInput(f"{path}: holds no task that can be read ({why})")
    return Suite(name=name, version=version, tasks=tuple(tasks), source=path.name, requires=requires), tuple(bad)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each row, or why it is none."""
    lines = list(read_lines(path))
    if next((line.lstrip()[:1] for line in lines if line.strip()), b"") == b"[":
        try:
            items = json.loads(b"".join(lines))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{path}: not valid JSON ({error})") from error
        for number, item in enumerate(items, 1):
            yield f"row {number}", item if isinstance(item, dict) else f"a {type(item).__name__}, not an object"
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"line {number}", _object(line)


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not a JSON object ({error})"
    return row if isinstance(row, dict) else f"a {type(row).__name__}, not an object"


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error

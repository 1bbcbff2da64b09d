"""Suites through Hugging Face ``datasets``: a folder ready to be uploaded, read back offline, and datasets of a hub.

A folder holds ``README.md`` (the card), ``data/test.parquet`` (one task a row) and, for an evolved suite,
``data/ancestors.parquet``. What has no fixed columns (tests, lineage, certificates) is kept as JSON text, so that the
columns' types are the same for every suite and every release of ``datasets``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..jsonio import canonical_json, write_atomic
from ..suite import Suite
from ..task import CodeTask
from .card import card_text, suite_of_card
from .rows import suite_name
from .tables import data_files, datasets_library, quiet, rows_of_files, rows_of_hub

_JSON_COLUMNS = ("tests", "lineage", "metadata")
COLUMNS = (
    "task_id",
    "prompt",
    "form",
    "entry_point",
    "reference",
    "tests",
    "tags",
    "time_limit_s",
    "lineage",
    "metadata",
    "digest",
    "certificate",
)


def save_hub(suite: Suite, folder: Path) -> None:
    """Write a folder ready to be uploaded; BadInput if it exists and is not empty, or a task has text that is no
    Unicode.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists and is not an empty folder; choose another")
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    _write_parquet(data / "test.parquet", suite.tasks, suite.certificates)
    if suite.ancestors:
        _write_parquet(data / "ancestors.parquet", suite.ancestors, {})
    # Last, so that a folder with a card is whole.
    write_atomic(folder / "README.md", card_text(suite))


def _write_parquet(path: Path, tasks: Sequence[CodeTask], certificates: Mapping[str, Mapping[str, Any]]) -> None:
    datasets = datasets_library()
    text = datasets.Value("string")
    features = datasets.Features(dict.fromkeys(COLUMNS, text))
    features["tags"] = [text]
    features["time_limit_s"] = datasets.Value("float64")
    rows = [_row(task, certificates.get(task.id)) for task in tasks]
    try:
        dataset = datasets.Dataset.from_dict({name: [row[name] for row in rows] for name in COLUMNS}, features=features)
    except UnicodeEncodeError as error:
        raise BadInput(f"{path}: a text has a lone surrogate, which Parquet cannot hold ({error.reason})") from error
    with quiet():
        dataset.to_parquet(str(path))


def _row(task: CodeTask, certificate: Mapping[str, Any] | None) -> dict[str, Any]:
    content = task.to_json()
    return {
        "task_id": task.id,
        "prompt": task.prompt,
        "form": task.form,
        "entry_point": task.entry_point,
        "reference": task.reference,
        "tests": canonical_json(content["tests"]),
        "tags": list(task.tags),
        "time_limit_s": task.time_limit_s,
        "lineage": canonical_json(content["lineage"]) if task.lineage else None,
        "metadata": canonical_json(content["metadata"]) if task.metadata else None,
        "digest": task.digest,
        "certificate": None if certificate is None else canonical_json(dict(certificate)),
    }


def read_folder(folder: Path) -> Suite:
    """The suite in a local folder of data files, with or without a card; nothing outside the folder is read.

    The card's own ``data_files`` are not followed: a card is data, and could name any path or address.
    """
    tests, ancestors = data_files(folder)
    suite = _suite_from_files(tests, suite_name(folder.resolve().name))
    if ancestors:
        suite = replace(suite, ancestors=_suite_from_files(ancestors, "ancestors").tasks)
    return suite_of_card(folder / "README.md", suite)


def read_parquet(path: Path) -> Suite:
    """The suite in one Parquet file: a hub folder's, or rows of a foreign format."""
    return _suite_from_files([path], suite_name(path.name))


def _suite_from_files(files: Sequence[Path], name: str) -> Suite:
    return _suite_from_rows(rows_of_files(files), name, str(files[0]))


def load_hub(ref: str) -> Suite:
    """The suite in a dataset of the Hugging Face hub: ``owner/name`` or ``owner/name:split``; errors as
    ``rows_of_hub``'s.
    """
    rows, name, where = rows_of_hub(ref)
    return _suite_from_rows(rows, name, where)


def _suite_from_rows(rows: Sequence[Mapping[str, Any]], name: str, where: str) -> Suite:
    from . import suite_from_rows

    if not rows or not {"task_id", "prompt", "form", "reference", "tests"} <= set(rows[0]):
        # Columns that a row lacks come back as None.
        return suite_from_rows([{k: v for k, v in row.items() if v is not None} for row in rows], name, where)
    tasks, certificates = [], {}
    for number, row in enumerate(rows, 1):
        task = _task(row, f"{where}: row {number}")
        tasks.append(task)
        if row.get("certificate"):
            certificates[task.id] = _json(row, "certificate", where)
    return Suite(name=name, version="1", tasks=tuple(tasks), certificates=certificates)


def _task(row: Mapping[str, Any], where: str) -> CodeTask:
    data = {name: value for name, value in row.items() if name in COLUMNS and value is not None}
    data["id"] = data.pop("task_id", None)
    for name in _JSON_COLUMNS:
        if name in data:
            data[name] = _json(row, name, where)
    claimed = data.pop("digest", None)
    data.pop("certificate", None)
    try:
        task = CodeTask.from_json(data)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    if claimed is not None and claimed != task.digest:
        raise BadInput(f"{where}: task {task.id} does not match its digest; the file was changed, get a clean copy")
    return task


def _json(row: Mapping[str, Any], name: str, where: str) -> Any:
    try:
        return json.loads(row[name])
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"{where}: the column {name!r} must hold JSON text ({error})") from error

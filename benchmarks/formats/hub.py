"""Suites through Hugging Face ``datasets``: a folder ready to be uploaded, read back offline, and datasets of a hub.

A folder holds ``README.md`` (the card), ``data/test.parquet`` (one task a row) and, for an evolved suite,
``data/ancestors.parquet``. What has no fixed columns (tests, lineage, certificates) is kept as JSON text, so that the
columns' types are the same for every suite and every release of ``datasets``.
"""

from __future__ import annotations

import glob
import json
import logging
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import BadInput, InfraError
from ..jsonio import canonical_json, write_atomic
from ..suite import Suite
from ..task import CodeTask
from .card import card_text, suite_of_card
from .rows import suite_name

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_BUILDERS = {".parquet": "parquet", ".jsonl": "json", ".json": "json"}
_NOISY = ("datasets", "huggingface_hub", "fsspec", "filelock", "urllib3", "httpx")
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
    datasets = _datasets()
    text = datasets.Value("string")
    features = datasets.Features(dict.fromkeys(COLUMNS, text))
    features["tags"] = [text]
    features["time_limit_s"] = datasets.Value("float64")
    rows = [_row(task, certificates.get(task.id)) for task in tasks]
    try:
        dataset = datasets.Dataset.from_dict({name: [row[name] for row in rows] for name in COLUMNS}, features=features)
    except UnicodeEncodeError as error:
        raise BadInput(f"{path}: a text has a lone surrogate, which Parquet cannot hold ({error.reason})") from error
    with _quiet():
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
    files = [path for path in sorted(folder.rglob("*")) if _is_data_file(path, folder)]
    ancestors = [path for path in files if path.name == "ancestors.parquet"]
    tasks = [path for path in files if path not in ancestors]
    tests = [path for path in tasks if "test" in re.split(r"[^a-z]+", path.name.lower())] or tasks
    if not tests:
        raise BadInput(f"{folder}: holds neither suite.json nor data files (.parquet, .jsonl, .json)")
    if len({path.suffix for path in tests}) > 1:
        raise BadInput(f"{folder}: holds data files of several formats; name the file that is meant")
    suite = _suite_from_files(tests, suite_name(folder.resolve().name))
    if ancestors:
        suite = replace(suite, ancestors=_suite_from_files(ancestors, "ancestors").tasks)
    return suite_of_card(folder / "README.md", suite)


def _is_data_file(path: Path, folder: Path) -> bool:
    inner = path.relative_to(folder)
    if path.suffix not in _BUILDERS or any(part.startswith((".", "_")) for part in inner.parts):
        return False
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def read_parquet(path: Path) -> Suite:
    """The suite in one Parquet file: a hub folder's, or rows of a foreign format."""
    return _suite_from_files([path], suite_name(path.name))


def _suite_from_files(files: Sequence[Path], name: str) -> Suite:
    datasets = _datasets()
    builder = _BUILDERS.get(files[0].suffix, "parquet")
    paths = [glob.escape(str(path.resolve())) for path in files]
    # A cache of its own, gone afterwards: the files are local already, and a stale copy would be worse than none.
    with tempfile.TemporaryDirectory(prefix="evalrun-") as cache, _quiet():
        try:
            loaded = datasets.load_dataset(builder, data_files={"test": paths}, split="test", cache_dir=cache)
            rows = list(loaded)
        except Exception as error:
            # datasets lets every reader's own errors through; all of them mean that the file is not what it says.
            raise BadInput(f"{files[0]}: cannot be read as {builder} ({_one_line(error)})") from error
        del loaded
    return _suite_from_rows(rows, name, str(files[0]))


def load_hub(ref: str) -> Suite:
    """The suite in a dataset of the Hugging Face hub: ``owner/name`` or ``owner/name:split``.

    Without a split: ``test`` where there is one, else the only one. BadInput for a name, split or dataset that does
    not exist; InfraError when the hub cannot be reached (with ``HF_HUB_OFFLINE=1`` only what was downloaded before is
    found).
    """
    name, _, split = ref.partition(":")
    if not _HUB_NAME.fullmatch(name):
        raise BadInput(f"hf:{ref[:80]}: expected hf:owner/dataset or hf:owner/dataset:split")
    datasets = _datasets()
    with _quiet():
        try:
            found = datasets.load_dataset(name)
        except Exception as error:
            # datasets lets the errors of its readers and of two HTTP libraries through.
            if _is_outage(error):
                raise InfraError(
                    f"hf:{name}: the hub cannot be reached ({_one_line(error)}); check the network"
                ) from error
            if isinstance(error, datasets.exceptions.DatasetNotFoundError):
                raise BadInput(f"hf:{name}: the hub has no such dataset for you ({_one_line(error)})") from error
            raise BadInput(f"hf:{name}: not a dataset that can be read ({_one_line(error)})") from error
    splits = sorted(map(str, found))
    chosen = split or ("test" if "test" in splits else splits[0] if len(splits) == 1 else "")
    if chosen not in splits:
        raise BadInput(f"hf:{name}: name one of its splits: {', '.join(f'hf:{name}:{one}' for one in splits)}")
    return _suite_from_rows(list(found[chosen]), suite_name(name.replace("/", "-")), f"hf:{name}:{chosen}")


def _is_outage(error: BaseException) -> bool:
    """Whether an error is the network's or the hub's, and not one about what was asked for."""
    from datasets.exceptions import DatasetNotFoundError

    while True:
        if isinstance(error, DatasetNotFoundError):
            return False
        # A file that was not found is one that the hub does not have, unless a connection that failed stands behind it.
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            return True
        if type(error).__module__.split(".")[0] in ("httpx", "httpcore"):
            return True
        behind = error.__cause__ or error.__context__
        if behind is None:
            return False
        error = behind


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


def _datasets() -> Any:
    import datasets

    return datasets


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of ``datasets`` on the user's terminal, and no log lines of what it uses, but with ``-vv``."""
    datasets = _datasets()
    hidden = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    silenced = [] if logging.getLogger("evalrun").isEnabledFor(logging.DEBUG) else list(map(logging.getLogger, _NOISY))
    levels = [logger.level for logger in silenced]
    for logger in silenced:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(silenced, levels, strict=True):
            logger.setLevel(level)
        if not hidden:
            datasets.enable_progress_bars()


def _one_line(error: Exception) -> str:
    text: Iterable[str] = str(error).split()
    return f"{type(error).__name__}: {' '.join(text)[:200]}"

"""Rows of preference data, wherever they stand: JSON Lines, JSON, CSV, Parquet, folders of them, hub datasets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...formats.rows import suite_name
from ...jsonio import read_lines

Item = Mapping[str, Any] | str
"""A row, or why there is none."""
_GENERIC = frozenset({"data", "dataset", "final", "test", "train", "validation", "rows", "tasks"})


@dataclass(frozen=True, slots=True)
class Source:
    """Rows with the places where they stand; name: a suite's name for them; where: leads messages."""

    rows: tuple[tuple[str, Item], ...]
    name: str
    where: str


def source_of(ref: str | Path) -> Source:
    """The rows that a file, a folder of data files or ``hf:owner/dataset[:split]`` holds; BadInput when it cannot be
    read at all.
    """
    text = str(ref)
    if text.startswith("hf:"):
        from ...formats.tables import rows_of_hub

        rows, name, where = rows_of_hub(text.removeprefix("hf:"))
        return Source(tuple(_tabular(rows)), name, where)
    path = Path(ref)
    if path.is_dir():
        return _folder(path)
    return Source(tuple(_file(path)), _name_of(path), str(path))


def _folder(folder: Path) -> Source:
    from ...formats.tables import data_files, rows_of_saved, saved_files

    if saved_files(folder):
        return Source(tuple(_tabular(rows_of_saved(folder))), _name_of(folder), str(folder))
    files, _ = data_files(folder)
    rows: list[tuple[str, Item]] = []
    for path in files:
        prefix = f"{path.relative_to(folder)} " if len(files) > 1 else ""
        rows += [(prefix + where, item) for where, item in _file(path)]
    return Source(tuple(rows), _name_of(folder), str(folder))


def _file(path: Path) -> Iterator[tuple[str, Item]]:
    lines = read_lines(path)
    first = next((line for line in lines if line.strip()), b"")
    if first.startswith(b"PAR1"):
        from ...formats.tables import rows_of_files

        yield from _tabular(rows_of_files([path], "parquet"))
        return
    begins = first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begins == b"[":
        yield from _json_list(path)
    elif begins == b"{":
        for number, line in enumerate(read_lines(path), 1):
            if line.strip():
                yield f"line {number}", _object(line)
    elif b"," in first:
        yield from _csv(path)
    elif first:
        raise BadInput(f"{path}: neither JSON Lines, JSON, CSV nor Parquet")


def _json_list(path: Path) -> Iterator[tuple[str, Item]]:
    try:
        items = json.loads(b"".join(read_lines(path)))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not valid JSON ({error})") from error
    for number, item in enumerate(items, 1):
        yield f"row {number}", item if isinstance(item, dict) else f"a {type(item).__name__}, not an object"


def _object(line: bytes) -> Item:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not a JSON object ({error})"
    return row if isinstance(row, dict) else f"a {type(row).__name__}, not an object"


def _csv(path: Path) -> Iterator[tuple[str, Item]]:
    """Rows of a table with a header; a header that occurs again among the rows is told, not taken for a row."""
    try:
        text = b"".join(read_lines(path)).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header = list(reader.fieldnames or ())
        for number, row in enumerate(reader, 1):
            yield f"row {number}", _cells(row, header)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 text ({error.reason})") from error
    except csv.Error as error:
        raise BadInput(f"{path}: not valid CSV ({error})") from error


def _cells(row: Mapping[Any, Any], header: Sequence[str]) -> Item:
    if None in row:
        return f"more than the {len(header)} columns of the header"
    if [row[name] for name in header] == list(header):
        return "the header once more"
    # An absent column and an empty one are the same.
    return {name: value for name, value in row.items() if value}


def _tabular(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Item]]:
    for number, row in enumerate(rows, 1):
        # Columns that a row lacks come back as None.
        yield f"row {number}", {name: value for name, value in row.items() if value is not None}


def _name_of(path: Path) -> str:
    """A suite's name: the file's, or the folder's where the file's says nothing (``data.jsonl``)."""
    path = path.resolve()
    name = suite_name(path.name)
    return suite_name(path.parent.name) if name.lower() in _GENERIC else name

"""Tables as files: what a page shows, as CSV for spreadsheets and as JSON for programs, in the folder data/."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence

from ..data import spreadsheet_safe
from .render import Asset

Value = str | int | float | bool | None


def table(name: str, rows: Sequence[Mapping[str, Value]]) -> Iterator[Asset]:
    """data/NAME.csv and data/NAME.json; every row has the same columns, and a table without rows gives empty files.

    Undefined numbers (None, NaN) are empty in CSV and null in JSON, never 0. Texts are made visible in CSV, where no
    cell can be taken for a formula; in JSON they stand exactly as recorded, in ASCII escapes. Links to both are made by
    the macro ``files``.
    """
    yield Asset(f"data/{name}.csv", _csv(rows).encode("utf-8"))
    plain = [{key: None if _undefined(value) else value for key, value in row.items()} for row in rows]
    yield Asset(f"data/{name}.json", (json.dumps(plain, indent=1, allow_nan=False) + "\n").encode("ascii"))


def _csv(rows: Sequence[Mapping[str, Value]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = list(rows[0]) if rows else []
    writer.writerow(map(spreadsheet_safe, columns))
    for row in rows:
        if list(row) != columns:
            raise ValueError(f"rows of one table with different columns: {list(row)} and {columns}")
        writer.writerow([_cell(value) for value in row.values()])
    return stream.getvalue()


def _cell(value: Value) -> str:
    if _undefined(value):
        return ""
    if isinstance(value, str):
        return spreadsheet_safe(value)
    return repr(value) if isinstance(value, float) else str(value)


def _undefined(value: Value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))

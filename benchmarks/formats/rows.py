"""Rows of a foreign file: fields checked as they are read, what is not understood kept for writing back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import plain
from ..errors import BadInput
from ..task import CodeTask


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``where`` (file and row number) leads every error message."""

    where: str
    data: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """The field's value; BadInput if it is missing."""
        if name not in self.data:
            raise BadInput(f"{self.where}: the field {name!r} is missing")
        return self.data[name]

    def text(self, name: str) -> str:
        """A field that must be a text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def name(self, name: str) -> str:
        """A field that must be a Python identifier."""
        value = self.text(name)
        if not value.isidentifier():
            raise self.wrong(name, "the name of a Python function")
        return value

    def items(self, name: str) -> list[Any]:
        """A field that must be a list."""
        value = self.value(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value

    def texts(self, name: str) -> list[str]:
        """A field that must be a list of texts."""
        value = self.items(name)
        if not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of texts")
        return value

    def number(self, name: str, default: float) -> float:
        """A field that must be a number of at least 0; ``default`` if it is missing."""
        value = self.data.get(name, default)
        if type(value) not in (int, float) or not 0 <= value < float("inf"):
            raise self.wrong(name, "a number of at least 0")
        return float(value)

    def argument_lists(self, name: str) -> list[list[Any]]:
        """A field that must be a list of argument lists; MBPP+ writes an empty object where there are none."""
        value = [] if self.value(name) == {} else self.items(name)
        if not all(isinstance(item, list) for item in value):
            raise self.wrong(name, "a list of argument lists")
        return value

    def wrong(self, name: str, expected: str) -> BadInput:
        """The error for a field with the wrong type or value."""
        value = self.data[name]
        shown = type(value).__name__ if not isinstance(value, str) else repr(value[:40])
        return BadInput(f"{self.where}: the field {name!r} must be {expected}, found {shown}")

    def metadata(self, form: str, source_id: str, used: Iterable[str]) -> dict[str, Any]:
        """What a task keeps of its row: the format, the row's own id, the order of the fields, and every field not
        ``used``.
        """
        known = set(used)
        rest = {key: self.data[key] for key in sorted(self.data) if key not in known}
        try:
            # Plain-encoded, because foreign JSON may hold NaN, which metadata must not.
            kept = plain.encode(rest)
        except plain.PlainError as error:
            raise BadInput(f"{self.where}: a field is not plain data ({error})") from error
        return {"format": form, "source_id": source_id, "fields": list(self.data), "row": kept}


def kept_fields(task: CodeTask, form: str) -> dict[str, Any]:
    """The fields of the row that the task was read from and that its own content does not cover.

    Empty for a task of another format and for an evolved task: what its parent's row said (a contract, another test)
    need not hold for it.
    """
    if task.metadata.get("format") != form or task.lineage is not None:
        return {}
    try:
        kept = plain.decode(task.metadata.get("row", {}))
    except plain.PlainError as error:
        raise BadInput(f"task {task.id}: its metadata is not plain data ({error})") from error
    return dict(kept) if isinstance(kept, dict) else {}


def in_source_order(task: CodeTask, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its fields in the order of the file that the task came from; new fields last."""
    order = task.metadata.get("fields", ())
    known = [name for name in order if name in row] if isinstance(order, Sequence) else []
    return {name: row[name] for name in [*known, *(name for name in row if name not in known)]}


def rows_of(tasks: Iterable[CodeTask], row: Callable[[CodeTask], dict[str, Any]], form: str) -> list[dict[str, Any]]:
    """Every task's row in the format ``form``; BadInput that names the tasks it cannot hold, with the reasons."""
    rows, problems = [], {}
    for task in tasks:
        try:
            rows.append(row(task))
        except BadInput as error:
            problems[task.id] = str(error)
    if not problems:
        return rows
    shown = "; ".join(f"{task_id}: {reason}" for task_id, reason in list(problems.items())[:5])
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    raise BadInput(
        f"the format {form} cannot hold {len(problems)} of the tasks ({shown}{more}); leave them out (--tasks '!ID')"
    )


def suite_name(text: str) -> str:
    """A valid suite name from a file or dataset name."""
    stem = re.sub(r"(\.(jsonl|json|csv|parquet|gz))+$", "", text, flags=re.IGNORECASE)
    return re.sub(r"^[^A-Za-z0-9]+", "", re.sub(r"[^A-Za-z0-9._+-]+", "-", stem)).rstrip("-.") or "suite"

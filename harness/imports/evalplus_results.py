"""EvalPlus's (and EvoEval's) ``*_eval_results.json``: every solution with its status on the base and the plus tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from .api import Claim, ForeignSample, Imported
from .document import Document, settings_of
from .evalplus_names import named_by_evalplus

_TESTS = {"base_status": "base", "plus_status": "plus"}
_STATUSES = {"pass": True, "fail": False, "timeout": False}


class EvalPlusResults:
    """``{"eval": {task id: [{"solution", "base_status", "plus_status", ...}]}}``."""

    name = "evalplus"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        value = document.first
        found = value.get("eval") if document.kind == "json" and isinstance(value, dict) else None
        if not isinstance(found, dict) or not found:
            return False
        rows = next(iter(found.values()))
        return (isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and "base_status" in rows[0]) or (
            isinstance(rows, dict) and "nfiles" in rows
        )

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        value = document.value
        if not isinstance(value, dict) or not isinstance(value.get("eval"), dict):
            raise BadInput(f"{document.path}: expected an object with the field eval, as EvalPlus writes it")
        samples = tuple(
            _sample(task, row, order, f"{document.path}: eval[{visible(task, 60)!r}][{order}]")
            for task, rows in value["eval"].items()
            for order, row in enumerate(_rows(task, rows, document))
        )
        settings = settings_of(value, ("date", "hash"))
        return named_by_evalplus(document.path, Imported("EvalPlus", samples, settings=settings))


def _rows(task: str, rows: object, document: Document) -> Iterator[Mapping[str, Any]]:
    where = f"{document.path}: eval[{visible(task, 60)!r}]"
    if isinstance(rows, dict) and "nfiles" in rows:
        raise BadInput(f"{where}: results of EvalPlus before 0.2, which hold no answers; import the samples themselves")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{where}: expected a list of objects")
    yield from rows


def _sample(task: str, row: Mapping[str, Any], order: int, where: str) -> ForeignSample:
    text = row.get("solution")
    if not isinstance(text, str):
        raise BadInput(f"{where}: the field solution must be a text, found {type(text).__name__}")
    tests = {ours: _STATUSES[row[theirs]] for theirs, ours in _TESTS.items() if row.get(theirs) in _known(row, theirs)}
    claim = Claim(all(tests.values()), tests, _said(row)) if "base" in tests else None
    return ForeignSample(text, "solution", (task,), order=order, claim=claim)


def _known(row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(_STATUSES) if isinstance(row.get(field), str) else ()


def _said(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{ours} {visible(row[theirs], 20)}" for theirs, ours in _TESTS.items() if row.get(theirs))

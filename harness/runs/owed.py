"""The list of what a run could not get, and why, for people: ``owed.jsonl``, written when `evalrun run` ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ...benchmarks.jsonio import canonical_json
from ..verdict import Verdict
from .appending import as_outage
from .ledger import Ledger
from .records import OWED

NOT_ASKED = "not asked"


def write_owed(ledger: Ledger, failures: dict[tuple[str, int], str], why_not_asked: str, *, scored: bool) -> None:
    """Write the list anew, one line a sample; remove it where nothing is owed.

    failures: why requests failed. why_not_asked: what kept the rest from being asked. scored: whether samples that have
    no verdict are owed as well.
    """
    path = ledger.folder / OWED
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with as_outage(path):
        try:
            lines = 0
            with temporary.open("w", encoding="ascii") as stream:
                for row in _rows(ledger, failures, why_not_asked, scored):
                    stream.write(canonical_json(row) + "\n")
                    lines += 1
            if lines:
                os.replace(temporary, path)
            else:
                path.unlink(missing_ok=True)
        finally:
            temporary.unlink(missing_ok=True)


def _rows(
    ledger: Ledger, failures: dict[tuple[str, int], str], why_not_asked: str, scored: bool
) -> Iterator[dict[str, Any]]:
    for task, epoch in ledger.planned:
        if not ledger.is_answered((task, epoch)):
            reason = failures.get((task, epoch), f"{NOT_ASKED}{': ' if why_not_asked else ''}{why_not_asked}")
            yield {"task": task, "epoch": epoch, "owed": "sample", "reason": reason}
        elif scored and not ledger.is_scored((task, epoch)):
            infra = ledger.verdict_of((task, epoch)) is Verdict.INFRA
            yield {
                "task": task,
                "epoch": epoch,
                "owed": "verdict",
                "reason": "the sandbox failed" if infra else "not scored",
            }

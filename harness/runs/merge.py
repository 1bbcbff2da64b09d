"""Joining runs of one configuration, such as the shares of a split run, into a new one: records are streamed, never
held."""

from __future__ import annotations

import hashlib
import os
import shutil
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import JsonlAppender, canonical_json, write_json, write_jsonl, writing
from ..verdict import Verdict
from .ledger import Ledger, read_ledger
from .lock import not_at_work
from .manifest import differences, scoring_differences
from .records import (
    MANIFEST,
    SAMPLES,
    SPENT,
    TASKS,
    VERDICTS,
    SampleRow,
    load_manifest,
    read_samples,
    read_spent,
    read_verdicts,
)

_DIGEST = 16
_BATCH = 1000


def merge_runs(folders: Sequence[Path], output: Path) -> Ledger:
    """Write a new run that holds the samples and verdicts of all.

    Raises:
        BadInput: they are not runs of one configuration, two hold different answers or verdicts for one sample, one is
            still at work, or the output is in the way; nothing is left of the output then.
    """
    with ExitStack() as stack:
        for folder in folders:
            load_manifest(folder)  # first: what is no run is to be called so
            stack.enter_context(not_at_work(folder))
        manifest = _common_manifest(folders)
        with _whole_or_nothing(output) as building, writing(output):
            shutil.copyfile(folders[0] / TASKS, building / TASKS)
            _Merging(building, manifest).take(folders)
            write_json(building / MANIFEST, manifest)
    return read_ledger(output)


def _common_manifest(folders: Sequence[Path]) -> dict[str, Any]:
    manifests = [load_manifest(folder) for folder in folders]
    first, scoring = manifests[0], None
    for folder, manifest in zip(folders, manifests, strict=True):
        found = differences(first, manifest)
        if found:
            raise BadInput(f"{folder} is of another configuration than {folders[0]} ({'; '.join(found)})")
        mine = manifest.get("scoring")
        if scoring is not None and mine is not None:
            found = scoring_differences(scoring, mine)
            if found:
                raise BadInput(
                    f"{folder} was scored otherwise than the others ({'; '.join(found)}); score it as they were"
                )
        scoring = scoring or mine
    merged = [
        {"folder": folder.name, "shard": each.get("shard"), "created": each.get("created")}
        for folder, each in zip(folders, manifests, strict=True)
    ]
    created = min(str(each.get("created", "")) for each in manifests)
    return {**first, "shard": None, "scoring": scoring, "created": created, "merged": merged}


@contextmanager
def _whole_or_nothing(output: Path) -> Iterator[Path]:
    """A folder to build in, which gets the output's name at the end; removed where something goes wrong."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise BadInput(f"{output}: holds something already; choose a new folder with -o")
    building = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        building.mkdir()
    try:
        yield building
        with writing(output):
            os.replace(building, output)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


class _Merging:
    """Copies records one run after another; of what it has seen it keeps a digest a sample."""

    def __init__(self, building: Path, manifest: Mapping[str, Any]) -> None:
        self._building = building
        self._epochs = int(manifest["sampling"]["epochs"])
        self._seen: dict[str, bytearray] = {}  # digests of samples, by task
        self._verdicts: dict[str, bytearray] = {}  # 1 + number of the verdict that counts, by task

    def take(self, folders: Sequence[Path]) -> None:
        """Copy the samples and verdicts that count."""
        with (
            JsonlAppender(self._building / SAMPLES) as samples,
            JsonlAppender(self._building / VERDICTS) as verdicts,
        ):
            for folder in folders:
                ledger = read_ledger(folder)
                _copy(self._samples(ledger), samples)
                _copy(self._scored(ledger), verdicts)
            samples.sync()
            verdicts.sync()
        spent = [row.to_json() for folder in folders for row in read_spent(folder)]
        if spent:
            write_jsonl(self._building / SPENT, spent)

    def _samples(self, ledger: Ledger) -> Iterator[SampleRow]:
        mine: dict[str, bytearray] = {}
        for row in read_samples(ledger.folder, ledger.tasks):
            met = mine.setdefault(row.task, bytearray(self._epochs))
            if row.epoch >= self._epochs or met[row.epoch]:
                continue  # of several in one run the first counts
            met[row.epoch] = 1
            digest = hashlib.sha256(canonical_json([row.text, row.code, row.assembly]).encode("ascii")).digest()[
                :_DIGEST
            ]
            kept = self._seen.setdefault(row.task, bytearray(self._epochs * _DIGEST))
            place = slice(row.epoch * _DIGEST, (row.epoch + 1) * _DIGEST)
            if not any(kept[place]):
                kept[place] = digest
                yield row
            elif kept[place] != digest:
                raise BadInput(_conflict(ledger, row.task, row.epoch, "another answer"))

    def _scored(self, ledger: Ledger) -> Iterator[Any]:
        last: dict[str, array[int]] = {}  # the line of the verdict that counts
        for number, row in enumerate(read_verdicts(ledger.folder, ledger.tasks), 1):
            if row.epoch < self._epochs:
                last.setdefault(row.task, array("q", bytes(8 * self._epochs)))[row.epoch] = number
        for number, row in enumerate(read_verdicts(ledger.folder, ledger.tasks), 1):
            counts = row.epoch < self._epochs and last[row.task][row.epoch] == number
            found = ledger.verdict_of(row.key) if counts else None
            if found is not None and self._is_new(ledger, row.task, row.epoch, found):
                yield row

    def _is_new(self, ledger: Ledger, task: str, epoch: int, found: Verdict) -> bool:
        kept = self._verdicts.setdefault(task, bytearray(self._epochs))
        numbers = list(Verdict)
        before = numbers[kept[epoch] - 1] if kept[epoch] else None
        if before is None or before is Verdict.INFRA:
            kept[epoch] = 1 + numbers.index(found)
            return before is not found
        if found not in (before, Verdict.INFRA):
            raise BadInput(_conflict(ledger, task, epoch, f"the verdict {found}, another {before}"))
        return False


def _conflict(ledger: Ledger, task: str, epoch: int, what: str) -> str:
    return (
        f"{ledger.folder}: holds {what} for {task[:80]!r}, epoch {epoch}, than a run before it; "
        "runs that asked for the same samples cannot be merged"
    )


def _copy(rows: Iterator[Any], target: JsonlAppender) -> None:
    batch = []
    for row in rows:
        batch.append(row.to_json())
        if len(batch) >= _BATCH:
            target.write_all(batch)
            batch = []
    target.write_all(batch)

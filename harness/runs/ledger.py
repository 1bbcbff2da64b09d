"""Which samples of a run are answered and scored, and what they cost, without holding their texts.

A ledger takes 17 bytes a sample, so that a run of a million samples is resumed and summed up in little memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ..verdict import Verdict
from .records import (
    Key,
    SampleRow,
    SpentRow,
    TaskRow,
    VerdictRow,
    load_manifest,
    load_tasks,
    planned_keys,
    read_samples,
    read_spent,
    read_verdicts,
)

_VERDICTS = tuple(Verdict)
_ANSWERED = 0x80
_AWAITED = 0x40  # to be read back from the disk
_VERDICT = 0x3F
_DIGEST = 16  # bytes of a code's SHA-256 that are kept


@dataclass(slots=True)
class Spent:
    """Tokens that were paid for (none for what came from the cache), as the server counted them.

    uncounted: replies without a count; uncounted_chars: the length of their texts.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    uncounted: int = 0
    uncounted_chars: int = 0

    def add(self, row: SampleRow) -> None:
        """Count one sample."""
        if row.cached:
            return
        if row.usage is None:
            self.uncounted += 1
            self.uncounted_chars += len(row.text) + len(row.reasoning or "")
        else:
            self.input_tokens += row.usage.input_tokens
            self.output_tokens += row.usage.output_tokens

    def add_unanswered(self, row: SpentRow) -> None:
        """Count what brought no sample."""
        self.input_tokens += row.input_tokens
        self.output_tokens += row.output_tokens


class Ledger:
    """The state of every sample of a run; ``add_sample`` and ``add_verdict`` keep it true as records are appended.

    The two may be called from two threads: a verdict is only added after its sample.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any], tasks: Mapping[str, TaskRow]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.tasks = tasks
        self.spent = Spent()
        self._given = manifest.get("source") is not None
        self._epochs = int(manifest["sampling"]["epochs"])
        self._states: dict[str, bytearray] = {}
        self._digests: dict[str, bytearray] = {}

    def add_sample(self, row: SampleRow) -> bool:
        """Note a sample; False where there is one already (of several the first counts), or none was planned."""
        self.spent.add(row)
        if row.epoch >= self._epochs:
            return False
        states = self._of(row.task)
        if states[row.epoch] & _ANSWERED:
            return False
        start = row.epoch * _DIGEST
        self._digests[row.task][start : start + _DIGEST] = _code_digest(row.code)
        states[row.epoch] |= _ANSWERED
        return True

    def add_verdict(self, row: VerdictRow) -> None:
        """Note a verdict: of several the last counts, and none that is on other code than the sample's."""
        if row.epoch >= self._epochs:
            return
        states = self._of(row.task)
        states[row.epoch] &= ~_VERDICT
        start = row.epoch * _DIGEST
        kept = bytes(self._digests[row.task][start : start + _DIGEST])
        answered = bool(states[row.epoch] & _ANSWERED)
        if not row.code_digest or (answered and row.code_digest[: 2 * _DIGEST] == kept.hex()):
            states[row.epoch] |= 1 + _VERDICTS.index(row.verdict)

    @property
    def planned(self) -> Iterator[Key]:
        """Every (task, epoch) the run is to have, in the order of ``Run.planned``."""
        if not self._given:
            return planned_keys(self.tasks, self.manifest)
        return (
            (task, epoch)
            for task in sorted(self._states)
            for epoch, state in enumerate(self._states[task])
            if state & _ANSWERED
        )

    def is_answered(self, key: Key) -> bool:
        """True where there is a sample."""
        return bool(self._state(key) & _ANSWERED)

    def verdict_of(self, key: Key) -> Verdict | None:
        """The verdict, ``infra`` included; None where there is none."""
        number = self._state(key) & _VERDICT
        return _VERDICTS[number - 1] if number else None

    def is_scored(self, key: Key) -> bool:
        """True where there is a verdict, and it is not ``infra``."""
        return self.verdict_of(key) not in (None, Verdict.INFRA)

    def unanswered(self) -> Iterator[Key]:
        """What the endpoint has yet to answer; it may be answered meanwhile."""
        return (key for key in self.planned if not self.is_answered(key))

    def unscored_samples(self, tasks: Container[str] | None = None) -> Iterator[SampleRow]:
        """Read back from the disk, one at a time, the samples (of all tasks, or these) that have no verdict that counts
        at this moment.

        What is appended later, be it while this reads, is for who appends it.
        """
        awaited = 0
        for task, epoch in self.planned:
            if tasks is not None and task not in tasks:
                continue
            if self.is_answered((task, epoch)) and not self.is_scored((task, epoch)):
                self._states[task][epoch] |= _AWAITED
                awaited += 1
        return self._read_back(awaited)

    def _read_back(self, left: int) -> Iterator[SampleRow]:
        if not left:
            return
        for row in read_samples(self.folder, self.tasks):
            if self._state(row.key) & _AWAITED:
                self._states[row.task][row.epoch] &= ~_AWAITED  # of several samples the first counts
                left -= 1
                yield row
            if not left:  # and not one line further, where another thread may be writing
                return

    def count(self) -> tuple[int, int, int]:
        """How many samples are planned, answered and scored."""
        planned = answered = scored = 0
        for key in self.planned:
            planned += 1
            answered += self.is_answered(key)
            scored += self.is_scored(key)
        return planned, answered, scored

    def _state(self, key: Key) -> int:
        states = self._states.get(key[0])
        return states[key[1]] if states is not None and key[1] < len(states) else 0

    def _of(self, task: str) -> bytearray:
        states = self._states.get(task)
        if states is None:
            self._digests[task] = bytearray(self._epochs * _DIGEST)
            states = self._states[task] = bytearray(self._epochs)
        return states


def _code_digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]


def read_ledger(folder: Path) -> Ledger:
    """Read a run's folder, line by line.

    Raises:
        BadInput: it is no run folder, a record is malformed, or a sample or verdict is of no task of the run.
    """
    manifest, tasks = load_manifest(folder), load_tasks(folder)
    if int(manifest["sampling"]["epochs"]) * len(tasks) > 2**31:
        raise BadInput(f"{folder}: more than two thousand million samples in one run; split it into several")
    ledger = Ledger(folder, manifest, tasks)
    for sample in read_samples(folder, tasks):
        ledger.add_sample(sample)
    for verdict in read_verdicts(folder, tasks):
        ledger.add_verdict(verdict)
    for spent in read_spent(folder):
        ledger.spent.add_unanswered(spent)
    return ledger

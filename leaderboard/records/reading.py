"""One run's records read line by line into counts: a million samples are counted without their texts in memory.

The verdicts are read before the samples, so that each sample's text is there when it is known whether it is wanted.
What counts is what ``harness.runs.records.load_run`` says: of several samples the first, of several verdicts the last,
and only where it is on the sample's code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import text_digest
from ...harness.runs.records import (
    SampleRow,
    TaskRow,
    VerdictRow,
    load_manifest,
    load_tasks,
    read_samples,
    read_verdicts,
)
from ...harness.runs.shard import Shard
from ...harness.verdict import Verdict
from .answers import (
    LIMITS,
    NO_NOTE,
    Answer,
    Keep,
    Note,
    Spending,
    Spent,
    Tests,
    answer_of,
    cut,
    tests_of,
)

VERDICTS = tuple(verdict.value for verdict in Verdict)
"""Every kind of verdict; its place here is the byte that stands for it in ``Reading.judged``."""

_NUMBER = {verdict: number for number, verdict in enumerate(Verdict)}
_PASS, _INFRA = _NUMBER[Verdict.PASS], _NUMBER[Verdict.INFRA]
_UNSCORED = len(VERDICTS)
_MOST_SAMPLES = 2**31
_DETAIL = 4_000  # characters


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run's records say, small enough to be passed between processes.

    judged: by task, a byte (an index of VERDICTS) for each planned sample that has a verdict, in the order of epochs.
    unscored, missing: by task, planned samples without a verdict, and without an answer. details: by task, what
    scoring said of the first sample that did not pass, where it said anything. answers: as ``RunTable``. tests: by
    task, for each byte of ``judged`` the verdicts of the sample's tests; absent where no sample names any.
    """

    path: Path
    manifest: Mapping[str, Any]
    tasks: Mapping[str, TaskRow]
    judged: Mapping[str, bytes]
    unscored: Mapping[str, int]
    missing: Mapping[str, int]
    details: Mapping[str, str]
    spent: Spent
    answers: Mapping[str, tuple[Answer, ...]]
    tests: Mapping[str, tuple[Tests, ...]]


def read_records(path: str | Path, keep: Keep = "none") -> Reading:
    """Read a run's folder.

    Raises:
        BadInput: it is no run folder, it has no tasks, a record is malformed or of no task of the run.
    """
    folder = Path(path)
    manifest, tasks = load_manifest(folder), load_tasks(folder)
    if not tasks:
        raise BadInput(f"{folder}: the run has no tasks, so there is nothing to count")
    plan = _Plan(folder, manifest, tasks)
    alike: dict[Tests, Tests] = {}
    counting = {task: _Task(task, plan, keep, alike) for task in tasks}
    spending = Spending()
    for verdict in read_verdicts(folder, tasks):
        counting[verdict.task].add_verdict(verdict)
    for sample in read_samples(folder, tasks):
        if counting[sample.task].add_sample(sample):
            spending.add(sample)
    found = {name: task.found() for name, task in counting.items()}
    return Reading(
        path=folder,
        manifest=manifest,
        tasks=tasks,
        judged={name: one.judged for name, one in found.items()},
        unscored={name: one.unscored for name, one in found.items()},
        missing={name: one.missing for name, one in found.items()},
        details={name: one.detail for name, one in found.items() if one.detail},
        spent=spending.total(),
        answers={name: one.answers for name, one in found.items() if one.answers},
        tests={name: one.tests for name, one in found.items() if any(one.tests)},
    )


class _Plan:
    """Which samples a run is to have; one made from recorded answers plans those it was given."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], tasks: Mapping[str, TaskRow]) -> None:
        self.given = manifest.get("source") is not None
        self._epochs, self._shard = int(manifest["sampling"]["epochs"]), Shard.of(manifest)
        if not self.given and self._epochs * len(tasks) > _MOST_SAMPLES:
            raise BadInput(f"{folder}: more than two thousand million samples in one run; split it into several")

    def has(self, task: str, epoch: int, answered: bool) -> bool:
        """Whether a sample, or a verdict without one, is planned."""
        if self.given:
            return answered
        return epoch < self._epochs and (self._shard is None or (task, epoch) in self._shard)

    def count(self, task: str) -> int:
        """How many samples of a task are planned, unless the answers were given."""
        if self._shard is None:
            return self._epochs
        return sum((task, epoch) in self._shard for epoch in range(self._epochs))


class _Found(NamedTuple):
    judged: bytes
    unscored: int
    missing: int
    detail: str
    answers: tuple[Answer, ...]
    tests: tuple[Tests, ...]


class _Task:
    """The samples of one task while they are read."""

    __slots__ = ("_alike", "_answers", "_judged", "_keep", "_limits", "_name", "_notes", "_plan", "_states", "_tests")

    def __init__(self, name: str, plan: _Plan, keep: Keep, alike: dict[Tests, Tests]) -> None:
        self._name, self._plan, self._keep, self._limits = name, plan, keep, LIMITS[keep]
        self._alike = alike  # equal ones are one object: a million samples have few that differ
        self._tests: dict[int, Tests] = {}
        self._judged: dict[int, tuple[int, str]] = {}  # last verdict and its code's digest, until its sample is read
        self._notes: dict[int, Note] = {}
        self._states: dict[int, int] = {}  # of every sample read, and at last of every verdict that counts
        self._answers: list[Answer] = []  # in the order of epochs

    def add_verdict(self, row: VerdictRow) -> None:
        number = _NUMBER[row.verdict]
        self._judged[row.epoch] = (number, row.code_digest)
        tests = tests_of(row.tests)
        self._tests[row.epoch] = self._alike.setdefault(tests, tests)
        if number != _PASS or self._keep == "all":
            detail, left_out = cut(row.detail, max(_DETAIL, self._limits.characters))
            self._notes[row.epoch] = Note(detail, left_out, len(row.tests))
        else:
            self._notes.pop(row.epoch, None)

    def add_sample(self, row: SampleRow) -> bool:
        """Note a sample; False where there is one of this epoch already."""
        if row.epoch in self._states:
            return False
        number, code_digest = self._judged.pop(row.epoch, (_UNSCORED, ""))
        if code_digest and text_digest(row.code) != code_digest:  # the sample was replaced since
            number = _UNSCORED
            self._notes.pop(row.epoch, None)
        self._states[row.epoch] = number
        if self._wants(number) and self._plan.has(self._name, row.epoch, True):
            self._keep_answer(row, number)
        return True

    def _wants(self, number: int) -> bool:
        return self._keep == "all" or (self._keep == "failures" and number not in (_PASS, _INFRA, _UNSCORED))

    def _keep_answer(self, row: SampleRow, number: int) -> None:
        most, kept = self._limits.answers, self._answers
        if most is not None and len(kept) >= most and row.epoch > kept[-1].epoch:
            return
        verdict = None if number == _UNSCORED else VERDICTS[number]
        # A verdict that does not count says nothing of this answer.
        note, tests = (NO_NOTE, ()) if verdict is None else (self._notes[row.epoch], self._tests[row.epoch])
        kept.append(answer_of(row, verdict, note, tests, self._limits))
        if most is not None:
            kept.sort(key=_epoch)
            del kept[most:]

    def found(self) -> _Found:
        """What there is, when all is read."""
        # Verdicts that name no code count without their sample.
        self._states.update((epoch, number) for epoch, (number, digest) in self._judged.items() if not digest)
        planned = [
            epoch for epoch in sorted(self._states) if self._plan.has(self._name, epoch, epoch not in self._judged)
        ]
        numbers = [self._states[epoch] for epoch in planned]
        judged = [epoch for epoch in planned if self._states[epoch] != _UNSCORED]
        failed = next((epoch for epoch in planned if self._states[epoch] not in (_PASS, _UNSCORED)), None)
        return _Found(
            judged=bytes(self._states[epoch] for epoch in judged),
            unscored=numbers.count(_UNSCORED),
            missing=0 if self._plan.given else self._plan.count(self._name) - len(planned),
            detail="" if failed is None else _said(self._notes[failed]),
            answers=tuple(sorted(self._answers, key=_epoch)),
            tests=tuple(self._tests[epoch] for epoch in judged),
        )


def _epoch(answer: Answer) -> int:
    return answer.epoch


def _said(note: Note) -> str:
    text, cut_here = cut(note.detail, _DETAIL)
    left_out = cut_here + note.detail_cut
    return f"{text}… ({left_out:,} more characters)" if left_out else text
